// Package check checks arguments: an exported function begins with a
// check of the values that it is given.
package check

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// Validator is a value that can say what is wrong with it, if anything is.
type Validator interface{ Valid() error }

// Args returns an error that says what is wrong with the arguments of an exported
// function, if anything is. Having none is wrong, too.
func Args[T Validator](function string, args ...T) error {
	if len(args) == 0 {
		return fmt.Errorf("%s got no arguments; give it at least one", function)
	}
	for _, arg := range args {
		if err := arg.Valid(); err != nil {
			return fmt.Errorf("%s: %w", function, err)
		}
	}
	return nil
}

// Numbers returns an error unless all values are finite.
func Numbers(what string, values []float64) error {
	for i, v := range values {
		if !IsFinite(v) {
			return fmt.Errorf("%s: number %d of %d is %g; all must be finite", what, i+1, len(values), v)
		}
	}
	return nil
}

// Matrix returns an error unless there are so many rows of so many finite values.
func Matrix(what string, rows [][]float64, n, width int) error {
	if len(rows) != n {
		return fmt.Errorf("%s: %d rows instead of %d", what, len(rows), n)
	}
	for _, row := range rows {
		if err := Vector(what, row, width); err != nil {
			return err
		}
	}
	return nil
}

// Vector returns an error unless there are so many finite values.
func Vector(what string, values []float64, n int) error {
	if len(values) != n {
		return fmt.Errorf("%s: %d numbers instead of %d", what, len(values), n)
	}
	return Numbers(what, values)
}

// Most bounds counts that a user sets, so that a typing error does not cost
// endless time or all memory.
const Most = 1_000_000

// IsCount reports whether a number is a count between 1 and [Most].
func IsCount(n int) bool { return n >= 1 && n <= Most }

// IsText reports whether a name is UTF-8 and has only characters that XML allows, as figures are SVG.
func IsText(name string) bool { return utf8.ValidString(name) && !strings.ContainsFunc(name, NotXML) }

// NotXML reports whether XML does not allow a character.
func NotXML(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff
}

// IsPositive reports whether a value is above 0, and not so large that computing
// with it overflows.
func IsPositive(v float64) bool { return v > 0 && v <= math.MaxFloat32 }

// IsFinite reports whether a value is neither NaN nor infinite.
func IsFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
