package words

import (
	"math"
	"testing"
)

func TestSignificantKeepsZeros(t *testing.T) {
	for value, want := range map[float64]string{2.1: "2.10", 0.0123: "0.0123", 0: "0.00", 194.2: "194", 2e-5: "2.00e-05", -1: "-1.00"} {
		if got := Significant(3, value); got != want {
			t.Errorf("%g is written %q, not %q", value, got, want)
		}
	}
}

func TestSprintfOfLists(t *testing.T) {
	args := []any{[]float64{1, 2.25}, "m"}
	for range 2 {
		if got := Sprintf("%.1f %s", args...); got != "1.0, 2.2 m" {
			t.Errorf("written %q", got)
		}
	}
	if _, ok := args[0].([]float64); !ok {
		t.Errorf("the argument has become a %T", args[0])
	}
}

// No number but 0 is written as 0.
func TestDecimalsOfSmallNumbers(t *testing.T) {
	for value, want := range map[float64]string{0.25: "0.250", 0: "0.000", 0.0006: "0.001", 0.0004: "0.00040", -2e-8: "-2.0e-08", 1234.5: "1234.500", math.NaN(): "–"} {
		if got := Decimals(3, value); got != want {
			t.Errorf("%g is written %q, not %q", value, got, want)
		}
	}
}
