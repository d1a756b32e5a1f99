package num

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/internal/hw1test"
)

// An eigenvalue that is not found to the tolerance is not returned, unless the
// iteration has been through the whole space, where there is no better one.
func TestEigenvalueThatIsNotFound(t *testing.T) {
	hw1test.Slow(t)
	const n = 200
	crowded := make([]float64, n) // all between 1 and 2
	for i := range crowded {
		crowded[i] = 1 + float64(i)/(n-1)
	}
	multiply := func(v []float64) ([]float64, error) { return floats.MulTo(make([]float64, n), crowded, v), nil }
	_, err := LargestEigenvalue(n, 5, 1e-9, multiply)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "largest eigenvalue was not found in 5 products", "give or take")
	got, err := LargestEigenvalue(n, n, 0, multiply)
	if err != nil || math.Abs(got-2) > 1e-9 {
		t.Errorf("from the whole space: %g, %v", got, err)
	}
}

// The largest eigenvalue is not the one of the largest magnitude.
func TestLargestEigenvalueOfAnIndefiniteMatrix(t *testing.T) {
	diagonal := []float64{-50, 3, 2.9, 0, 0, -1, 1, 0.5}
	got, err := LargestEigenvalue(len(diagonal), 60, 1e-9, func(v []float64) ([]float64, error) {
		return floats.MulTo(make([]float64, len(v)), diagonal, v), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "eigenvalue", []float64{got}, []float64{3}, 1e-9)
}
