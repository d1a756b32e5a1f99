// Package formula reads functions of one variable x as people write them, such as "sin(5 pi x) / (5 pi x)".
package formula

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Formula is a function of x, or a part of one: its value, and its text in Go.
type Formula struct {
	value func(x float64) float64
	text  string
}

// At returns the formula's value at x; it is not finite where the formula has no value.
func (f Formula) At(x float64) float64 { return f.value(x) }

// Go returns the formula as a Go expression in a variable x of type float64, using the
// package math.
func (f Formula) Go() string { return f.text }

// function is a function of one or two arguments, or an operator.
type function struct {
	text string // in Go, with a verb for each argument
	one  func(float64) float64
	two  func(a, b float64) float64
}

// of applies the function to its arguments; a function of one argument ignores the second.
func (f function) of(a, b Formula) Formula {
	if f.two == nil {
		return Formula{func(x float64) float64 { return f.one(a.value(x)) }, fmt.Sprintf(f.text, a.text)}
	}
	return Formula{func(x float64) float64 { return f.two(a.value(x), b.value(x)) }, fmt.Sprintf(f.text, a.text, b.text)}
}

var functions = map[string]function{
	"sin": {text: "math.Sin(%s)", one: math.Sin}, "cos": {text: "math.Cos(%s)", one: math.Cos}, "tan": {text: "math.Tan(%s)", one: math.Tan},
	"asin": {text: "math.Asin(%s)", one: math.Asin}, "acos": {text: "math.Acos(%s)", one: math.Acos}, "atan": {text: "math.Atan(%s)", one: math.Atan},
	"sinh": {text: "math.Sinh(%s)", one: math.Sinh}, "cosh": {text: "math.Cosh(%s)", one: math.Cosh}, "tanh": {text: "math.Tanh(%s)", one: math.Tanh},
	"exp": {text: "math.Exp(%s)", one: math.Exp}, "ln": {text: "math.Log(%s)", one: math.Log}, "log": {text: "math.Log(%s)", one: math.Log},
	"sqrt": {text: "math.Sqrt(%s)", one: math.Sqrt}, "abs": {text: "math.Abs(%s)", one: math.Abs},
	"floor": {text: "math.Floor(%s)", one: math.Floor}, "round": {text: "math.Round(%s)", one: math.Round},
	"sgn": {text: "math.Max(-1, math.Min(1, 1e12*(%s)))", one: sign},
	"min": {text: "math.Min(%s, %s)", two: math.Min}, "max": {text: "math.Max(%s, %s)", two: math.Max},
}

var operators = map[string]function{
	"+": {text: "(%s + %s)", two: func(a, b float64) float64 { return a + b }},
	"-": {text: "(%s - %s)", two: func(a, b float64) float64 { return a - b }},
	"*": {text: "(%s * %s)", two: func(a, b float64) float64 { return a * b }},
	"/": {text: "(%s / %s)", two: func(a, b float64) float64 { return a / b }},
	"^": {text: "math.Pow(%s, %s)", two: math.Pow},
}

var negative = function{text: "(-%s)", one: func(a float64) float64 { return -a }}

// sign returns the sign of v, and about 0 if v is 0 up to rounding, as at the zeros of sin(5πx).
func sign(v float64) float64 { return math.Max(-1, math.Min(1, 1e12*v)) }

var constants = map[string]Formula{
	"x":  {func(x float64) float64 { return x }, "x"},
	"pi": {func(float64) float64 { return math.Pi }, "math.Pi"},
	"π":  {func(float64) float64 { return math.Pi }, "math.Pi"},
	"e":  {func(float64) float64 { return math.E }, "math.E"},
}

// Parse reads a formula of numbers, x, pi and e, with + - * / and ^ for powers, brackets, and functions
// such as sin and max. A multiplication sign can be left out, as in 5 pi x. The error says what is
// wrong, and where.
func Parse(text string) (Formula, error) {
	tokens, err := scan(text)
	if err != nil {
		return Formula{}, err
	}
	p := &parser{tokens: tokens}
	read, err := p.sum()
	if err == nil && p.next().kind != end {
		err = p.wrong("the end, or an operator such as +")
	}
	return read, err
}

// parser goes through the tokens, of which the last is the end.
type parser struct {
	tokens []token
	depth  int
}

// most is how deeply brackets, signs and powers can be nested.
const most = 100

func (p *parser) next() token { return p.tokens[0] }

// take consumes the next token if it is one of some symbols.
func (p *parser) take(signs ...string) (string, bool) {
	if t := p.next(); t.kind == symbol && slices.Contains(signs, t.text) {
		p.tokens = p.tokens[1:]
		return t.text, true
	}
	return "", false
}

// wrong returns an error that says what was found instead of what was expected.
func (p *parser) wrong(expected string) error {
	t := p.next()
	if t.kind == end {
		return fmt.Errorf("the formula ends where %s should be", expected)
	}
	return fmt.Errorf("character %d of the formula: found %q instead of %s", t.at, t.text, expected)
}

// chain reads parts with these operators between them, from left to right.
func (p *parser) chain(part func() (Formula, error), signs ...string) (Formula, error) {
	left, err := part()
	for err == nil {
		sign, found := p.take(signs...)
		if !found {
			break
		}
		var right Formula
		right, err = part()
		left = operators[sign].of(left, right)
	}
	return left, err
}

// sum reads a sum of products, that is, a whole expression.
func (p *parser) sum() (Formula, error) { return p.chain(p.product, "+", "-") }

// product reads a product of signed powers.
func (p *parser) product() (Formula, error) { return p.chain(p.signed, "*", "/") }

// signed reads a power with or without a sign; a power binds more tightly than the sign: -x^2 is -(x^2).
func (p *parser) signed() (Formula, error) {
	if p.depth++; p.depth > most {
		return Formula{}, fmt.Errorf("the formula has more than %d nested brackets, signs and powers; simplify it", most)
	}
	defer func() { p.depth-- }()
	if sign, found := p.take("-", "+"); found {
		inner, err := p.signed()
		if sign == "-" {
			inner = negative.of(inner, Formula{})
		}
		return inner, err
	}
	base, err := p.single()
	if _, found := p.take("^"); err != nil || !found {
		return base, err
	}
	exponent, err := p.signed()
	return operators["^"].of(base, exponent), err
}

// single reads a number, a constant, a call, or an expression in brackets.
func (p *parser) single() (Formula, error) {
	t := p.next()
	switch t.kind {
	case number:
		p.tokens = p.tokens[1:]
		return Formula{func(float64) float64 { return t.value }, decimal(t.value)}, nil
	case name:
		p.tokens = p.tokens[1:]
		if constant, known := constants[t.text]; known {
			return constant, nil
		}
		return p.call(t)
	}
	if _, bracket := p.take("("); !bracket {
		return Formula{}, p.wrong("a number, x, or a function")
	}
	inner, err := p.sum()
	return inner, cmp.Or(err, p.close())
}

func (p *parser) close() error {
	if _, found := p.take(")"); !found {
		return p.wrong("an operator such as +, or a closing bracket")
	}
	return nil
}

// call reads a call of the function that a token names.
func (p *parser) call(t token) (Formula, error) {
	f, known := functions[t.text]
	if !known {
		return Formula{}, fmt.Errorf("character %d of the formula: there is no %q; use x, pi, e, %s", t.at, t.text, strings.Join(slices.Sorted(maps.Keys(functions)), ", "))
	}
	if _, found := p.take("("); !found {
		return Formula{}, fmt.Errorf("character %d of the formula: %s needs brackets around its argument, as in %s(x)", t.at, t.text, t.text)
	}
	a, err := p.sum()
	var b Formula
	if err == nil && f.two != nil {
		if _, found := p.take(","); !found {
			return Formula{}, p.wrong("a comma, as " + t.text + " takes two numbers")
		}
		b, err = p.sum()
	}
	return f.of(a, b), cmp.Or(err, p.close())
}

// decimal returns a number as a Go literal that is not an integer, because integer division truncates.
func decimal(v float64) string {
	text := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}
