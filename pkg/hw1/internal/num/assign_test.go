package num

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/combin"
)

// costOf returns the cost of columns, one a row, and fails unless each is there once.
func costOf(t *testing.T, cost *mat.Dense, columns []int) float64 {
	t.Helper()
	sum := 0.0
	for i, j := range columns {
		sum += cost.At(i, j)
	}
	for j, column := range slices.Sorted(slices.Values(columns)) {
		if j != column {
			t.Fatalf("the columns are %v", columns)
		}
	}
	return sum
}

// Small problems are solved by trying all permutations; some have ties.
func TestAssignAgainstAllPermutations(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for n := 1; n <= 7; n++ {
		for trial := range 20 {
			cost := mat.NewDense(n, n, Normals(rng, n*n))
			if trial%2 == 0 {
				cost.Apply(func(_, _ int, v float64) float64 { return math.Round(v) }, cost)
			}
			least := math.Inf(1)
			for _, columns := range combin.Permutations(n, n) {
				least = min(least, costOf(t, cost, columns))
			}
			if got := costOf(t, cost, Assign(cost)); math.Abs(got-least) > 1e-12 {
				t.Errorf("%d rows: cost %g, and the least is %g", n, got, least)
			}
		}
	}
	if got := Assign(&mat.Dense{}); len(got) != 0 {
		t.Errorf("no rows have columns %v", got)
	}
}

// An assignment is the best where no rows can pass their columns on in a ring and gain by it: by
// Floyd and Warshall, no ring of the graph of the gains has a negative length.
func TestAssignLeavesNothingToGain(t *testing.T) {
	const n = 100
	cost := mat.NewDense(n, n, Normals(rand.New(rand.NewPCG(2, 2)), n*n))
	columns := Assign(cost)
	costOf(t, cost, columns)
	length := mat.NewDense(n, n, nil) // of row i taking row k's column
	length.Apply(func(i, k int, _ float64) float64 { return cost.At(i, columns[k]) - cost.At(i, columns[i]) }, length)
	for via := range n {
		length.Apply(func(i, k int, v float64) float64 { return min(v, length.At(i, via)+length.At(via, k)) }, length)
	}
	for i := range n {
		if gain := length.At(i, i); gain < -1e-12 {
			t.Fatalf("a ring through row %d gains %g", i, -gain)
		}
	}
}

func BenchmarkAssign(b *testing.B) {
	cost := mat.NewDense(512, 512, Normals(rand.New(rand.NewPCG(3, 3)), 512*512))
	for b.Loop() {
		Assign(cost)
	}
}
