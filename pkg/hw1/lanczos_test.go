package hw1

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// An eigenvalue that is not found to the tolerance is not returned, unless the
// iteration has been through the whole space, where there is no better one.
func TestEigenvalueThatIsNotFound(t *testing.T) {
	const n = 200
	crowded := make([]float64, n) // all between 1 and 2
	for i := range crowded {
		crowded[i] = 1 + float64(i)/(n-1)
	}
	multiply := func(v []float64) ([]float64, error) { return floats.MulTo(make([]float64, n), crowded, v), nil }
	_, err := largestEigenvalue(n, 5, 1e-9, multiply)
	checkMessage(t, messageOf(err), "largest eigenvalue was not found in 5 products", "give or take")
	got, err := largestEigenvalue(n, n, 0, multiply)
	if err != nil || math.Abs(got-2) > 1e-9 {
		t.Errorf("from the whole space: %g, %v", got, err)
	}
}
