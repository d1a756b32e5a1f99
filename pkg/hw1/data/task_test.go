package data

import (
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1/internal/num"
)

func TestFunctionGrid(t *testing.T) {
	train, test := FunctionGrid()
	if len(train) != 500 || len(test) != 498 {
		t.Fatalf("%d and %d points, want 500 and 498", len(train), len(test))
	}
	for _, points := range [][]float64{train, test} {
		if !slices.IsSorted(points) || points[0] < -1 || points[len(points)-1] > 1 || slices.Contains(points, 0) {
			t.Error("points are not sorted, not in [-1, 1], or 0 is one")
		}
	}
	nearest := math.Inf(1)
	for _, x := range train {
		for _, y := range test {
			nearest = min(nearest, math.Abs(x-y))
		}
	}
	if nearest < 0.0019 {
		t.Errorf("a test point lies %g from a training point", nearest)
	}
}

func TestFunctions(t *testing.T) {
	for _, c := range []struct {
		task    Task
		x, want float64
	}{
		{Sinc, 0.1, 2 / math.Pi},
		{Sinc, -0.1, 2 / math.Pi},
		{Sinc, 0, 1},
		{Sinc, 0.3, -2 / (3 * math.Pi)},
		{SignedDecay, 0.1, 2 / math.Pi},
		{SignedDecay, 0.3, -2 / (3 * math.Pi)},
		{SignedDecay, -0.3, -2 / (3 * math.Pi)},
		{SignedDecay, 0.2, 0},
		{SquareWave, 0.1, 1},
		{SquareWave, 0.3, -1},
		{SquareWave, -0.3, -1},
		{SquareWave, 0.4, 0},
		{WaveSign, 0.3, 0},
		{WaveSign, 0.5, 1},
	} {
		if got := c.task.At(c.x); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s at %g is %g, want %g", c.task, c.x, got, c.want)
		}
	}
	if !math.IsNaN(MNIST.At(0)) || !math.IsNaN(Task("x").At(0)) {
		t.Error("images and unknown tasks have values")
	}
}

func TestNoisyLabels(t *testing.T) {
	const n = 50_000
	clean := make([]uint8, n)
	for i := range clean {
		clean[i] = uint8(i % 10)
	}
	for _, share := range []float64{0, 0.2, 0.5, 1} {
		noisy := NoisyLabels(clean, share, 10, 1)
		changed := 0
		for i := range noisy {
			if noisy[i] > 9 {
				t.Fatal("a label beyond 9")
			}
			changed += num.Int(noisy[i] != clean[i])
		}
		if got := float64(changed) / n; math.Abs(got-0.9*share) > 0.01 { // a tenth is drawn as it was
			t.Errorf("share %g changes %g of the labels", share, got)
		}
		if !slices.Equal(noisy, NoisyLabels(clean, share, 10, 1)) {
			t.Error("one seed gives two noises")
		}
	}
	if slices.Equal(NoisyLabels(clean, 0.5, 10, 1), NoisyLabels(clean, 0.5, 10, 2)) {
		t.Error("two seeds give one noise")
	}
}
