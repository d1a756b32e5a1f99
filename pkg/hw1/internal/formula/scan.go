package formula

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is the kind of a token.
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
	at    int     // the position of its first character, from 1
}

// longest is the largest number of characters in a formula.
const longest = 1000

// others replaces symbols as people write them by those used here.
var others = strings.NewReplacer("·", "*", "×", "*", "−", "-", "–", "-", "÷", "/", "**", "^", "²", "^2", "³", "^3")

// scan returns the tokens of a formula, with omitted multiplication signs put in, followed by the end.
func scan(text string) ([]token, error) {
	text = others.Replace(text)
	if n := utf8.RuneCountInString(text); n > longest {
		return nil, fmt.Errorf("the formula has %d characters; use at most %d", n, longest)
	}
	var tokens []token
	var before token
	for rest := text; ; {
		if rest = strings.TrimLeftFunc(rest, unicode.IsSpace); rest == "" {
			return append(tokens, token{kind: end}), nil
		}
		t := word(rest)
		t.at = 1 + utf8.RuneCountInString(strings.TrimSuffix(text, rest))
		switch rest = rest[len(t.text):]; {
		case t.kind == end:
			r, _ := utf8.DecodeRuneInString(rest)
			return nil, fmt.Errorf("character %d of the formula: %q has no meaning here", t.at, r)
		case t.kind == number && (math.IsNaN(t.value) || math.IsInf(t.value, 0)):
			return nil, fmt.Errorf("character %d of the formula: %s is not a number that can be used", t.at, t.text)
		}
		if before.ends() && (t.kind != symbol || t.text == "(") {
			tokens = append(tokens, token{kind: symbol, text: "*", at: t.at})
		}
		tokens, before = append(tokens, t), t
	}
}

// word returns the first word of a text: a symbol, a number such as 0.5 or 1e-3 (in 2exp(x) it is just the 2), or a name, where π is always
// a separate one; or the end if there is none. (A regular expression would make the playground's program half a megabyte larger.)
func word(text string) token {
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case strings.ContainsRune("+-*/^(),", r):
		return token{kind: symbol, text: text[:size]}
	case r == '.' || r >= '0' && r <= '9':
		value, err := strconv.ParseFloat(numeral(text), 64)
		if err != nil {
			value = math.NaN()
		}
		return token{kind: number, text: numeral(text), value: value}
	case r == 'π':
		return token{kind: name, text: text[:size]}
	}
	rest := strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsLetter(r) && r != 'π' })
	if rest == text {
		return token{kind: end}
	}
	return token{kind: name, text: text[:len(text)-len(rest)]}
}

// numeral returns the number at the beginning of a text.
func numeral(text string) string {
	digits := func(from int) (to int) { return len(text) - len(strings.TrimLeft(text[from:], "0123456789")) }
	n := digits(0)
	if strings.HasPrefix(text[n:], ".") {
		n = digits(n + 1)
	}
	if strings.HasPrefix(text[n:], "e") {
		from := n + 1
		if from < len(text) && (text[from] == '+' || text[from] == '-') {
			from++
		}
		if to := digits(from); to > from {
			n = to
		}
	}
	return text[:n]
}

// ends reports whether a factor can end with the token, so that a factor right after it multiplies it.
func (t token) ends() bool {
	_, constant := constants[t.text]
	return t.kind == number || constant || t.text == ")"
}
