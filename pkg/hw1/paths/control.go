package paths

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// Controls are what a set of paths is compared with: the principal components of paths that know nothing of the
// loss, from the same starts. Training paths are low-dimensional only if their first components hold more of
// the variance than those of both controls.
type Controls struct {
	Walks Walks // of [RandomWalks]
	Lines Lines // of [StraightLines], beside the same paths
}

// Walks holds each principal component's share of the variance for random walks.
type Walks struct {
	Beside Trajectories `json:"-"`
	Pooled []float64    // the shares of all walks in one PCA
	Starts float64      // variance of the starts alone, over that of all points
	Own    []float64    // the shares of each walk in its own PCA, mean
}

// Lines holds the same shares for straight lines, and how straight the paths beside them are. A single line has
// only one component.
type Lines struct {
	Beside Trajectories `json:"-"`
	Pooled []float64    // the shares of all lines in one PCA
	Starts float64      // variance of the starts alone, over that of all points
	Along  []float64    // for each path, the share of its variance along the line between its ends
	Chord  []float64    // for each path, the distance between its ends over its length, from snapshot to snapshot
	Means  float64      // variance of the paths' means, over that of all their points
}

// RandomWalks returns the shares for Gaussian random walks, one for each path: with the same
// number of points, from the same start, and scaled to end equally far from it. A long walk in
// many dimensions has 6/π² = 61 % of its variance along its first component, and 76 % along two
// (Antognini & Sohl-Dickstein 2018): a path is low-dimensional only if its first components
// hold more than that.
func RandomWalks(t Trajectories, seed int) (Walks, error) {
	walks, err := ask("paths.RandomWalks", t.Runs, t.Of, "principal components of random walks", 2, map[string]any{"seed": seed}, func(paths [][][]float64) (Walks, error) {
		return walksBeside(paths, seed)
	})
	walks.Beside = t
	return walks, err
}

// StraightLines returns the shares for the straightened paths: each point is moved to the nearest point on the line
// through the ends of its path, so that the lines start and end where the paths do, and advance at the same pace.
func StraightLines(t Trajectories) (Lines, error) {
	lines, err := ask("paths.StraightLines", t.Runs, t.Of, "principal components of straight lines", 1, map[string]any{}, straighten)
	lines.Beside = t
	return lines, err
}

// straighten returns the shares for the straightened paths [path][point], and how straight the paths are.
func straighten(paths [][][]float64) (l Lines, err error) {
	var lines [][][]float64
	var means [][]float64
	for _, path := range paths {
		line := straightened(path)
		length := 0.0
		for i := range path[1:] {
			length += floats.Distance(path[i], path[i+1], 2)
		}
		l.Along = append(l.Along, ratio(num.Variance(line), num.Variance(path)))
		l.Chord = append(l.Chord, ratio(floats.Distance(path[0], path[len(path)-1], 2), length))
		lines, means = append(lines, line), append(means, num.Mean(path))
	}
	l.Means, l.Starts = ratio(num.Variance(means), num.Variance(slices.Concat(paths...))), startShare(lines)
	l.Pooled, _, err = num.PrincipalComponents(slices.Concat(lines...))
	return l, err
}

// straightened returns, for each point of a path, the nearest point on the line through its
// ends.
func straightened(path [][]float64) [][]float64 {
	start := path[0]
	chord := floats.SubTo(make([]float64, len(start)), path[len(path)-1], start)
	return num.Map(path, func(point []float64) []float64 {
		from := floats.SubTo(make([]float64, len(start)), point, start)
		return floats.AddScaledTo(from, start, ratio(floats.Dot(from, chord), floats.Dot(chord, chord)), chord)
	})
}

// ratio returns a/b, and 1 for a path that has not moved at all.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 1
	}
	return a / b
}

// startShare returns the variance of the starts of paths over that of all their points.
func startShare(paths [][][]float64) float64 {
	all := num.Variance(slices.Concat(paths...))
	if all == 0 {
		return 0
	}
	starts := num.Map(paths, func(path [][]float64) []float64 { return path[0] })
	return num.Variance(starts) / all
}

// walksBeside returns the shares for random walks, one for each path [point]: with as many points, from the same
// start, and scaled to end equally far from it.
func walksBeside(paths [][][]float64, seed int) (w Walks, err error) {
	rng := rand.New(rand.NewPCG(uint64(seed), num.StreamWalk))
	var walks [][][]float64
	for _, path := range paths {
		walk := randomWalk(rng, len(path), path[0], path[len(path)-1])
		shares, _, err := num.PrincipalComponents(walk)
		if err != nil {
			return w, err
		}
		for k, share := range shares {
			if k == len(w.Own) {
				w.Own = append(w.Own, 0)
			}
			w.Own[k] += share / float64(len(paths))
		}
		walks = append(walks, walk)
	}
	w.Pooled, _, err = num.PrincipalComponents(slices.Concat(walks...))
	w.Starts = startShare(walks)
	return w, err
}

// randomWalk returns the points of a random walk whose last point is as far from the start as
// the given end is.
func randomWalk(rng *rand.Rand, points int, start, end []float64) [][]float64 {
	at, walk := make([]float64, len(start)), make([][]float64, points)
	for s := range walk {
		walk[s] = slices.Clone(at)
		for i := range at {
			at[i] += rng.NormFloat64()
		}
	}
	scale := floats.Distance(start, end, 2) / floats.Norm(walk[points-1], 2)
	for _, point := range walk {
		floats.Scale(scale, point)
		floats.Add(point, start)
	}
	return walk
}

// Valid checks that there are shares for two components.
func (w Walks) Valid() error {
	if len(w.Pooled) < 2 || len(w.Own) < 2 {
		return errors.New("the random walks have fewer than two components; take those that RandomWalks returned")
	}
	return cmp.Or(w.Beside.Valid(), check.Numbers("the shares of random walks", w.Pooled), check.Numbers("the shares of random walks", w.Own))
}

// Valid checks that there are shares for two components, and how straight each path is.
func (l Lines) Valid() error {
	if len(l.Pooled) < 2 {
		return errors.New("the straight lines have fewer than two components; take those that StraightLines returned")
	}
	n := len(l.Beside.Paths)
	return cmp.Or(l.Beside.Valid(), check.Numbers("the shares of straight lines", l.Pooled), check.Vector("the shares along the lines", l.Along, n), check.Vector("the chords", l.Chord, n))
}

// Valid checks that both controls are complete and belong to the same paths.
func (c Controls) Valid() error {
	if err := cmp.Or(c.Walks.Valid(), c.Lines.Valid()); err != nil {
		return err
	}
	if names := labelsOf(c.Walks.Beside, c.Lines.Beside); names[0] != names[1] {
		return fmt.Errorf("the random walks belong to paths of the %s, the straight lines to paths of the %s; give both for the same paths", names[0], names[1])
	}
	return nil
}
