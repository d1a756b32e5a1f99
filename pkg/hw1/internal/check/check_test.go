package check

import (
	"errors"
	"math"
	"strings"
	"testing"
)

type thing struct{ err error }

func (t thing) Valid() error { return t.err }

// What is right passes, and of what is wrong the message says what, and where.
func TestChecksSayWhatIsWrong(t *testing.T) {
	inf, nan := math.Inf(-1), math.NaN()
	for says, err := range map[string]error{
		"":                               Args("f", thing{}, thing{}),
		"f got no arguments":             Args[thing]("f"),
		"f: too small":                   Args("f", thing{}, thing{errors.New("too small")}),
		" ":                              Numbers("rates", []float64{0, -1, math.MaxFloat64}),
		"rates: number 2 of 3 is -Inf":   Numbers("rates", []float64{0, inf, 2}),
		"rates: number 1 of 1 is NaN":    Numbers("rates", []float64{nan}),
		"  ":                             Matrix("rows", [][]float64{{1, 2}, {3, 4}, {5, 6}}, 3, 2),
		"rows: 1 rows instead of 2":      Matrix("rows", [][]float64{{1, 2}}, 2, 2),
		"rows: 3 numbers instead of 2":   Matrix("rows", [][]float64{{1, 2}, {1, 2, 3}}, 2, 2),
		"theta: 2 numbers instead of 3":  Vector("theta", []float64{1, 2}, 3),
		"theta: number 2 of 2 is NaN; a": Vector("theta", []float64{1, nan}, 2),
	} {
		says = strings.TrimSpace(says)
		if (err == nil) != (says == "") || err != nil && !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}

func TestBounds(t *testing.T) {
	for n, count := range map[int]bool{-1: false, 0: false, 1: true, Most: true, Most + 1: false} {
		if IsCount(n) != count {
			t.Errorf("%d is a count: %v", n, !count)
		}
	}
	tiny, huge := math.SmallestNonzeroFloat64, math.MaxFloat32
	for v, is := range map[float64][2]bool{-1: {false, true}, 0: {false, true}, tiny: {true, true}, huge: {true, true}, 2 * huge: {false, true}, math.Inf(1): {}, math.Inf(-1): {}, math.NaN(): {}} {
		if got := [2]bool{IsPositive(v), IsFinite(v)}; got != is {
			t.Errorf("%g is positive and finite: %v", v, got)
		}
	}
	for text, is := range map[string]bool{"": true, "ä→π": true, "a\tb\nc\r": true, "a\x1fb": false, "\x00": false, "\ufffe": false, "\uffff": false, "\xff": false, " ": true} {
		if IsText(text) != is {
			t.Errorf("%q is text: %v", text, !is)
		}
	}
}
