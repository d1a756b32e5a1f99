package formula

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
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

// scan returns the tokens of a formula, and the end behind them.
func scan(text string) ([]token, error) {
	runes := []rune(others.Replace(text))
	if len(runes) > longest {
		return nil, fmt.Errorf("the formula has %d characters; at most %d can be read", len(runes), longest)
	}
	var tokens []token
	for i := 0; i < len(runes); {
		r := runes[i]
		if unicode.IsSpace(r) {
			i++
			continue
		}
		t := token{at: i + 1}
		switch {
		case strings.ContainsRune("+-*/^(),", r):
			t.kind, t.text = symbol, string(r)
		case r == '.' || r >= '0' && r <= '9':
			t.kind, t.text = number, numeral(runes[i:])
			value, err := strconv.ParseFloat(t.text, 64)
			if err != nil || math.IsInf(value, 0) {
				return nil, fmt.Errorf("character %d of the formula: %s is no number", t.at, t.text)
			}
			t.value = value
		case r == 'π':
			t.kind, t.text = name, "π"
		case unicode.IsLetter(r):
			t.kind, t.text = name, word(runes[i:])
		default:
			return nil, fmt.Errorf("character %d of the formula: %q has no meaning here", t.at, r)
		}
		tokens = append(tokens, t)
		i += len([]rune(t.text))
	}
	return append(tokens, token{kind: end}), nil
}

// word returns the letters at the beginning, without a π.
func word(runes []rune) string {
	n := 0
	for n < len(runes) && unicode.IsLetter(runes[n]) && runes[n] != 'π' {
		n++
	}
	return string(runes[:n])
}

// numeral returns the number at the beginning, such as 0.5 or 1e-3; of 2exp(x) it is the 2.
func numeral(runes []rune) string {
	digits := func(n int) int {
		for n < len(runes) && runes[n] >= '0' && runes[n] <= '9' {
			n++
		}
		return n
	}
	n := digits(0)
	if n < len(runes) && runes[n] == '.' {
		n = digits(n + 1)
	}
	if m := n + 1; n < len(runes) && runes[n] == 'e' {
		if m < len(runes) && (runes[m] == '-' || runes[m] == '+') {
			m++
		}
		if after := digits(m); after > m {
			n = after
		}
	}
	return string(runes[:n])
}
