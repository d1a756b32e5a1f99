package formula

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is that of a token.
type kind int

const (
	end kind = iota
	number
	name
	symbol // one of + - * / ^ ( ) ,
)

// token is a word of a formula.
type token struct {
	kind  kind
	text  string
	value float64 // of a number
	at    int     // the place of its first character, from 1 on
}

// longest is the most characters of a formula.
const longest = 1000

// others are signs as people write them, and what they are here.
var others = strings.NewReplacer("·", "*", "×", "*", "−", "-", "–", "-", "÷", "/", "**", "^", "²", "^2", "³", "^3")

// word is a symbol, a number such as 0.5 or 1e-3 (of 2exp(x) it is the 2), or a name, at the beginning. A π is a name of its own.
var word = regexp.MustCompile(`^(?:([-+*/^(),])|((?:\d+\.?\d*|\.\d*)(?:e[-+]?\d+)?)|(?:π|[^\PLπ]+))`)

// scan returns the tokens of a formula, with the signs of multiplication that are left out, and the end behind them.
func scan(text string) ([]token, error) {
	text = others.Replace(text)
	if n := utf8.RuneCountInString(text); n > longest {
		return nil, fmt.Errorf("the formula has %d characters; at most %d can be read", n, longest)
	}
	var tokens []token
	var before token
	for rest := text; ; {
		if rest = strings.TrimLeftFunc(rest, unicode.IsSpace); rest == "" {
			return append(tokens, token{kind: end}), nil
		}
		t := token{kind: name, at: 1 + utf8.RuneCountInString(strings.TrimSuffix(text, rest))}
		parts := word.FindStringSubmatch(rest)
		if parts == nil {
			r, _ := utf8.DecodeRuneInString(rest)
			return nil, fmt.Errorf("character %d of the formula: %q has no meaning here", t.at, r)
		}
		t.text, rest = parts[0], rest[len(parts[0]):]
		if parts[1] != "" {
			t.kind = symbol
		} else if parts[2] != "" {
			var err error
			if t.value, err = strconv.ParseFloat(t.text, 64); err != nil || math.IsInf(t.value, 0) {
				return nil, fmt.Errorf("character %d of the formula: %s is no number", t.at, t.text)
			}
			t.kind = number
		}
		if before.ends() && (t.kind != symbol || t.text == "(") {
			tokens = append(tokens, token{kind: symbol, text: "*", at: t.at})
		}
		tokens, before = append(tokens, t), t
	}
}

// ends reports whether a factor can end with the token, so that another one behind it multiplies it.
func (t token) ends() bool {
	_, constant := constants[t.text]
	return t.kind == number || constant || t.text == ")"
}
