package hw1

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/floats"
)

// Connection holds the scores along a curve in the space of weights that leads from one
// network to another. It has a row for each pair of replicas.
type Connection struct {
	Label       string    // of the curve
	From, To    *Run      // the networks at 0 and at 1
	At          []float64 // positions on the curve, [n]
	Train, Test [][]Score // [R][n], on the whole sets in evaluation mode
}

// Positions returns n evenly spaced positions from first to last, whole numbers
// exactly. There are none where n is below 2 or above a million, or where an end is
// not finite.
func Positions(first, last float64, n int) []float64 {
	if n < 2 || !isCount(n) || !isFinite(last-first) {
		return nil
	}
	at := make([]float64, n)
	for i := range at {
		at[i] = first + (last-first)*float64(i)/float64(n-1)
	}
	return at
}

// Interpolate returns the scores along the straight line
// theta(a) = (1-a)·theta1 + a·theta2 through two networks of one architecture
// (Goodfellow, Vinyals & Saxe 2015). At 0 and 1 they are the networks' own.
func Interpolate(from, to *Run, at []float64) (*Connection, error) {
	if err := check("Interpolate", from, to); err != nil {
		return nil, err
	}
	if err := checkEnds(from, to, at); err != nil {
		return nil, err
	}
	path := &Connection{Label: "straight line", From: from, To: to, At: at}
	a := analysis{"interpolation", 1, map[string]any{"from": from.Keys, "to": to.Keys, "at": at}}
	return path, path.fill(a, func(_ context.Context, replica int) (func(t float64) []float64, error) {
		ends := [2][]float64{from.Replicas[replica].Theta, to.Replicas[replica].Theta}
		return func(t float64) []float64 { return combine([]float64{1 - t, t}, ends[0], ends[1]) }, nil
	})
}

func checkEnds(from, to *Run, at []float64) error {
	if err := needImages("a path", from, to); err != nil {
		return err
	}
	switch {
	case from.Spec.Task != to.Spec.Task:
		return fmt.Errorf("a path leads between two networks on the same images, not from %s to %s", from.Spec.Task, to.Spec.Task)
	case from.Spec.Arch.String() != to.Spec.Arch.String() || from.Spec.Activation != to.Spec.Activation:
		return fmt.Errorf("%v and %v are no networks of one architecture: there is no path between them", from.Spec.Arch, to.Spec.Arch)
	case from.Spec.trainingSet() != to.Spec.trainingSet():
		return fmt.Errorf("%s and %s were trained on different examples or labels: there is no loss along a path between them", from.Label(), to.Label())
	case len(from.Replicas) != len(to.Replicas):
		return fmt.Errorf("%d seeds and %d seeds can not be paired", len(from.Replicas), len(to.Replicas))
	case !slices.IsSorted(at) || !slices.Contains(at, 0) || !slices.Contains(at, 1):
		return fmt.Errorf("a path needs positions in their order, with 0 and 1, the networks' own, among them")
	}
	return cmp.Or(needSharedLabels("a path", from, to), validNumbers("the positions of a path", at))
}

// combine returns the sum of vectors, each times its factor. A factor of 0 leaves
// its vector out, and with one of 1 alone the result is that vector exactly.
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

// connectionScores is what is stored of a path.
type connectionScores struct {
	Train [][]Score `json:"train"`
	Test  [][]Score `json:"test"`
}

// fill computes the path's scores, or reads them. Curve returns the theta at each
// position, for one pair of replicas.
func (p *Connection) fill(a analysis, curve func(ctx context.Context, replica int) (func(t float64) []float64, error)) error {
	scores, err := analyze(a, func(ctx context.Context, w *work) (connectionScores, error) {
		var scores connectionScores
		sweep, err := newSweep(p.From.Spec)
		if err != nil {
			return scores, err
		}
		replicas := len(p.From.Replicas)
		for r := range replicas {
			theta, err := curve(ctx, r)
			if err != nil {
				return scores, err
			}
			train, test, err := sweep.scores(ctx, len(p.At), func(i int) []float64 { return theta(p.At[i]) },
				func(share float64) { w.report((float64(r) + share) / float64(replicas)) })
			if err != nil {
				return scores, err
			}
			scores.Train, scores.Test = append(scores.Train, train), append(scores.Test, test)
		}
		return scores, nil
	})
	p.Train, p.Test = scores.Train, scores.Test
	return err
}

// sweep evaluates many thetas of one network on the training and the test set.
type sweep struct {
	eval        *evaluator
	train, test Examples
}

func newSweep(spec Spec) (*sweep, error) {
	train, test, err := spec.examples()
	if err != nil {
		return nil, err
	}
	e, err := newEvaluator(spec.describe(), spec.network())
	return &sweep{e, train, test}, err
}

// tensor returns theta as the evaluator takes it, [1, P].
func (s *sweep) tensor(theta []float64) *tensors.Tensor {
	return floatTensor(theta, s.eval.net.dtype, 1, len(theta))
}

// scores returns the scores at n thetas, several at a time. Each is evaluated as
// training does, in the same batches, so that equal thetas have equal scores.
func (s *sweep) scores(ctx context.Context, n int, theta func(i int) []float64, report func(share float64)) (train, test []Score, err error) {
	train, test = make([]Score, n), make([]Score, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	var done atomic.Int64
	for i := range n {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			at := s.tensor(theta(i))
			for set, scores := range map[*Examples][]Score{&s.train: train, &s.test: test} {
				score, err := s.eval.scores(ctx, at, *set)
				if err != nil {
					return err
				}
				if !isFinite(score[0].Loss) {
					return fmt.Errorf("the loss at position %d of %d is %g; take positions nearer to the networks", i+1, n, score[0].Loss)
				}
				scores[i] = score[0]
			}
			report(float64(done.Add(1)) / float64(n))
			return nil
		})
	}
	return train, test, group.Wait()
}

// Barriers returns, for scores of the path (its Train or Test), by how much the
// largest loss between the networks exceeds the larger of their own, a number for
// each pair of replicas; none for scores that are not those of its positions.
func (p *Connection) Barriers(scores [][]Score) []float64 {
	if p == nil || !p.fits(scores) {
		return nil
	}
	barriers := make([]float64, len(scores))
	for r, row := range scores {
		top, ends := math.Inf(-1), math.Inf(-1)
		for i, t := range p.At {
			switch {
			case t == 0 || t == 1:
				ends = max(ends, row[i].Loss)
			case t > 0 && t < 1:
				top = max(top, row[i].Loss)
			}
		}
		barriers[r] = max(0, top-ends)
	}
	return barriers
}

// Lowest returns the lowest accuracy between the networks and where it is, the
// median over the pairs of replicas; NaN for scores that are not those of its
// positions.
func (p *Connection) Lowest(scores [][]Score) (accuracy, at float64) {
	if p == nil || !p.fits(scores) {
		return math.NaN(), math.NaN()
	}
	var accuracies, positions []float64
	for _, row := range scores {
		lowest := -1
		for i, t := range p.At {
			if t >= 0 && t <= 1 && (lowest < 0 || row[i].Accuracy < row[lowest].Accuracy) {
				lowest = i
			}
		}
		accuracies, positions = append(accuracies, row[lowest].Accuracy), append(positions, p.At[lowest])
	}
	return Median(accuracies), Median(positions)
}
