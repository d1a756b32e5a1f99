package hw1

import (
	"math"
	"testing"
)

// stopEpoch returns the first epoch at which training on a loss curve stops, 0
// for never.
func stopEpoch(targets []float64, patience, epochs int, loss func(epoch int) float64) int {
	c := newConvergence(targets)
	for e := 1; e <= epochs; e++ {
		c.add(e, loss(e))
		if c.converged(e, patience) {
			return e
		}
	}
	return 0
}

func TestConvergence(t *testing.T) {
	targets := []float64{-1, 1} // variance 1, plateau 1/2
	for _, c := range []struct {
		name     string
		patience int
		loss     func(epoch int) float64
		want     int
	}{
		{"flat below the plateau", 100, func(int) float64 { return 0.1 }, 101},
		{"on the plateau", 100, func(int) float64 { return 0.99 }, 0},
		{"leaves the plateau late", 100, func(e int) float64 {
			if e < 500 {
				return 0.99
			}
			return 0.1
		}, 600},
		{"falls steadily", 100, func(e int) float64 { return 0.4 * math.Pow(0.999, float64(e)) }, 0},
		{"creeps below the gain", 100, func(e int) float64 { return 0.1 * (1 - 1e-7*float64(e)) }, 101},
		{"creeps, and gains in the sum", 100, func(e int) float64 { return 0.1 * math.Pow(1-2e-6, float64(e)) }, 0},
		{"rises after its best", 100, func(e int) float64 { return 0.1 + math.Abs(float64(e)-50)/1000 }, 150},
		{"no patience", 0, func(int) float64 { return 0.1 }, 0},
	} {
		if got := stopEpoch(targets, c.patience, 1000, c.loss); got != c.want {
			t.Errorf("%s: stopped in epoch %d, want %d", c.name, got, c.want)
		}
	}
	if got := stopEpoch(nil, 10, 100, func(int) float64 { return 2.3 }); got != 11 {
		t.Errorf("images have no plateau: stopped in epoch %d, want 11", got)
	}
}
