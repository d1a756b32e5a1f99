// Package connect is part 3-3: scores on the straight line between two networks, and on a Bézier curve.
package connect

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Connection holds the scores along a curve in weight space from one network to another. It has
// a row for each pair of replicas.
type Connection struct {
	Label    string               `json:"-"`     // of the curve
	From, To *experiment.Run      `json:"-"`     // the networks at 0 and at 1
	At       []float64            `json:"-"`     // positions on the curve, [n]
	Train    [][]experiment.Score `json:"train"` // [R][n], on the whole set in evaluation mode
	Test     [][]experiment.Score `json:"test"`
}

// Positions returns n evenly spaced positions from first to last; whole numbers are exact. It
// returns none if n is below 2 or above a million, or if an end is not finite.
func Positions(first, last float64, n int) []float64 {
	if n < 2 || !check.IsCount(n) || !check.IsFinite(last-first) {
		return nil
	}
	return num.Make(n, func(i int) float64 { return first + (last-first)*float64(i)/float64(n-1) })
}

// Interpolate returns the scores along the straight line theta(a) = (1-a)·theta1 + a·theta2
// through two networks of one architecture (Goodfellow, Vinyals & Saxe 2015). The scores at 0
// and 1 are those of the networks themselves. Elsewhere the running statistics of batch normalization are
// measured anew, as between statistics there are none that fit the weights (Jordan et al. 2023).
func Interpolate(from, to *experiment.Run, at []float64) (Connection, error) {
	if err := checkEnds(from, to, at); err != nil {
		return Connection{}, err
	}
	path := Connection{Label: "straight line", From: from, To: to, At: at}
	a := analysis.Question{Name: "interpolation", Version: version(from), Inputs: map[string]any{"from": from.Identity(), "to": to.Identity(), "at": at}}
	return path.filled(a, func(_ context.Context, replica int) (func(t float64) []float64, error) {
		ends := [2][]float64{from.Replicas[replica].Theta, to.Replicas[replica].Theta}
		return func(t float64) []float64 { return combine([]float64{1 - t, t}, ends[0], ends[1]) }, nil
	})
}

// version returns the version of the analyses of this package: 2 with batch normalization, whose running statistics were
// interpolated in version 1.
func version(run *experiment.Run) int { return 1 + num.Int(run.Spec.Arch.BatchNorm) }

func checkEnds(from, to *experiment.Run, at []float64) error {
	if err := check.Args("an end of a path", from, to); err != nil {
		return err
	}
	switch {
	case from.Spec.Task != to.Spec.Task || from.Spec.Loss != to.Spec.Loss:
		return fmt.Errorf("a path leads between two networks with the same task and loss, not from %s with %s to %s with %s", from.Spec.Task, from.Spec.Loss, to.Spec.Task, to.Spec.Loss)
	case !from.Spec.Arch.SameAs(to.Spec.Arch) || from.Spec.Activation != to.Spec.Activation:
		return fmt.Errorf("%v with %s and %v with %s do not have the same architecture: there is no path between them", from.Spec.Arch, from.Spec.Activation, to.Spec.Arch, to.Spec.Activation)
	case from.Spec.TrainingSet() != to.Spec.TrainingSet():
		return fmt.Errorf("%s and %s were trained on different examples or labels: there is no loss along a path between them", from.Label(), to.Label())
	case len(from.Replicas) != len(to.Replicas):
		return fmt.Errorf("%s and %s cannot be paired", words.Plural(len(from.Replicas), "seed"), words.Plural(len(to.Replicas), "seed"))
	case !slices.IsSorted(at) || !slices.Contains(at, 0) || !slices.Contains(at, 1):
		return fmt.Errorf("a path needs positions in ascending order, including 0 and 1, which are the networks")
	}
	return cmp.Or(experiment.NeedSharedLabels("a path between networks", from, to), check.Numbers("the positions of a path", at))
}

// combine returns the sum of vectors, each times its factor. A vector with factor 0 is left
// out, and if the only other factor is 1, the result is exactly its vector.
func combine(factors []float64, vectors ...[]float64) []float64 {
	sum := make([]float64, len(vectors[0]))
	for k, v := range vectors {
		if factors[k] == 0 {
			continue
		}
		floats.AddScaled(sum, factors[k], v)
	}
	return sum
}

// filled returns the path with its scores, which are computed or read from the store. Curve returns a
// function from a position to theta, for one pair of replicas.
func (p Connection) filled(a analysis.Question, curve func(ctx context.Context, replica int) (func(t float64) []float64, error)) (Connection, error) {
	scores, err := analysis.Of(a, func(ctx context.Context, w *analysis.Work) (scores Connection, err error) {
		sweep, err := eval.NewSweep(p.From.Spec)
		if err != nil {
			return scores, err
		}
		replicas := len(p.From.Replicas)
		for r := range replicas {
			theta, err := curve(ctx, r)
			if err != nil {
				return scores, err
			}
			point := func(i int) ([]float64, error) {
				if t := p.At[i]; t != 0 && t != 1 {
					return sweep.UpdateBatchNorm(ctx, theta(t))
				}
				return theta(p.At[i]), nil
			}
			train, test, err := sweep.Scores(ctx, len(p.At), point,
				func(share float64) { w.Report((float64(r) + share) / float64(replicas)) })
			if err != nil {
				return scores, err
			}
			scores.Train, scores.Test = append(scores.Train, train), append(scores.Test, test)
		}
		return scores, nil
	})
	p.Train, p.Test = scores.Train, scores.Test
	return p, err
}

// Barriers returns, for scores of the path (its Train or Test), by how much the largest loss
// between the networks exceeds the larger of the two networks' losses, a number for each pair
// of replicas; none if the scores do not match its positions.
func (p Connection) Barriers(scores [][]experiment.Score) []float64 {
	return p.above(scores, func(_, from, to float64) float64 { return max(from, to) })
}

// ChordBarriers returns by how much the loss at most exceeds the chord (1-t)·L1 + t·L2 between the
// networks' losses (Entezari et al. 2022): if these are unequal, a hump below the larger one counts,
// too.
func (p Connection) ChordBarriers(scores [][]experiment.Score) []float64 {
	return p.above(scores, chord)
}

func chord(t, from, to float64) float64 { return (1-t)*from + t*to }

// above returns by how much the losses between the networks at most exceed a level, a function
// of the position and of the losses of the two networks; 0 if they never do.
func (p Connection) above(scores [][]experiment.Score, level func(t, from, to float64) float64) []float64 {
	if !p.fits(scores) {
		return nil
	}
	first, last := slices.Index(p.At, 0), slices.Index(p.At, 1)
	return num.Map(scores, func(row []experiment.Score) float64 {
		barrier := 0.0
		for i := first + 1; i < last; i++ {
			barrier = max(barrier, row[i].Loss-level(p.At[i], row[first].Loss, row[last].Loss))
		}
		return barrier
	})
}

// Widths returns how far a line can be followed beyond each of its networks, away from the other, until the
// training loss is twice that of the network: distances between weights (L2), a number for each pair of
// replicas; NaN if the path ends before that, or if the loss of the network is not above 0.
func (p Connection) Widths() (beyondFrom, beyondTo []float64) {
	if p.Valid() != nil {
		return nil, nil
	}
	for r, distance := range p.distances() {
		beyondFrom = append(beyondFrom, distance*p.reach(p.Train[r], slices.Index(p.At, 0), -1))
		beyondTo = append(beyondTo, distance*p.reach(p.Train[r], slices.Index(p.At, 1), 1))
	}
	return beyondFrom, beyondTo
}

// reach returns how far it is along the path, in units of its positions, from the network at index i until
// the loss has doubled, in the direction of step (1 or -1); between two positions, the logarithm of the
// loss is interpolated linearly.
func (p Connection) reach(row []experiment.Score, i, step int) float64 {
	level := 2 * row[i].Loss
	if level <= 0 {
		return math.NaN()
	}
	for k := i + step; k >= 0 && k < len(row); k += step {
		if loss, before := row[k].Loss, row[k-step].Loss; loss >= level {
			share := math.Log(level/before) / math.Log(loss/before)
			return math.Abs(p.At[k-step] + share*(p.At[k]-p.At[k-step]) - p.At[i])
		}
	}
	return math.NaN()
}

// Lowest returns the lowest accuracy between the networks and its position, a number each for
// every pair of replicas; NaN for a regression, which has no accuracy, and none if the scores do
// not match its positions.
func (p Connection) Lowest(scores [][]experiment.Score) (accuracies, at []float64) {
	if !p.fits(scores) {
		return nil, nil
	}
	for _, row := range scores {
		lowest, where := math.NaN(), math.NaN()
		for i, t := range p.At {
			if a := row[i].Accuracy; t >= 0 && t <= 1 && !math.IsNaN(a) && !(a >= lowest) {
				lowest, where = a, t
			}
		}
		accuracies, at = append(accuracies, lowest), append(at, where)
	}
	return accuracies, at
}

// Valid checks the positions of a curve and the scores there, if it has any.
func (p Connection) Valid() error {
	if err := checkEnds(p.From, p.To, p.At); err != nil {
		return err
	}
	for _, scores := range [][][]experiment.Score{p.Train, p.Test} {
		if len(scores) != len(p.From.Replicas) || !p.fits(scores) {
			return fmt.Errorf("the path %q has no score of each replica at each of its %d positions; take one that Interpolate or connect.Bezier returned", p.Label, len(p.At))
		}
	}
	return nil
}

// fits reports whether there is a score at each of the path's positions.
func (p Connection) fits(scores [][]experiment.Score) bool {
	for _, row := range scores {
		if len(row) != len(p.At) || slices.ContainsFunc(row, func(s experiment.Score) bool { return s.Valid() != nil }) {
			return false
		}
	}
	return len(scores) > 0 && slices.Contains(p.At, 0) && slices.Contains(p.At, 1)
}
