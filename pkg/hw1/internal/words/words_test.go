package words

import (
	"testing"
)

func TestSignificantKeepsZeros(t *testing.T) {
	for value, want := range map[float64]string{2.1: "2.10", 0.0123: "0.0123", 0: "0.00", 194.2: "194", 2e-5: "2.00e-05", -1: "-1.00"} {
		if got := Significant(3, value); got != want {
			t.Errorf("%g is written %q, not %q", value, got, want)
		}
	}
}
