package paths

import (
	"math"
	"testing"

	"hw1/pkg/hw1/internal/hw1test"
)

// Two parallel straight paths of 150 even steps, 2 apart and 3 long, have a variance of 1 between
// their means and of 9 · 1/12 · 151/149 along each; their straight lines are themselves.
func TestStraightPathsAreTheirLines(t *testing.T) {
	lines, err := StraightLines(handmadePaths(2, 3))
	if err != nil {
		t.Fatal(err)
	}
	steps := 9. / 12 * 151 / 149
	hw1test.CheckNear(t, "along the lines, and chords", append(lines.Along, lines.Chord...), []float64{1, 1, 1, 1}, 1e-12)
	hw1test.CheckNear(t, "shares", append(lines.Pooled[:2:2], lines.Means), []float64{1 / (1 + steps), steps / (1 + steps), 1 / (1 + steps)}, 1e-12)
}

// Half a circle has a variance of 1/2 along the line between its ends and of 1/2 - (2/π)² across, and
// is π/2 times as long as it; a straight path that slows down is as it is.
func TestFormOfHalfACircle(t *testing.T) {
	var circle, slowing [][]float64
	for i := range 2001 {
		s, c := math.Sincos(math.Pi * float64(i) / 2000)
		circle = append(circle, []float64{5, c, s})
		slowing = append(slowing, []float64{math.Sqrt(float64(i)), 1, 2 * math.Sqrt(float64(i))})
	}
	s, err := straighten([][][]float64{circle, slowing})
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "along", s.Along, []float64{0.5 / (1 - 4/(math.Pi*math.Pi)), 1}, 1e-3)
	hw1test.CheckNear(t, "chord", s.Chord, []float64{2 / math.Pi, 1}, 1e-6)
	for i, point := range straightened(slowing) {
		hw1test.CheckNear(t, "point of a straight path", point, slowing[i], 1e-12)
	}
	corner := straightened([][]float64{{0, 1}, {1, 3}, {4, 1}})
	hw1test.CheckNear(t, "points of a corner", append(append(corner[0], corner[1]...), corner[2]...), []float64{0, 1, 1, 1, 4, 1}, 1e-12)
	still := [][]float64{{1, 2}, {1, 2}, {1, 2}}
	if s, err = straighten([][][]float64{still, still}); err != nil || s.Along[0] != 1 {
		t.Errorf("paths that do not move have the form %+v, %v", s, err)
	}
}
