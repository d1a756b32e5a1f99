// Package critical is part 2-3: searches for points where the gradient vanishes, and what kind of point
// each is by the exact Hessian.
package critical

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/nn"
)

// Search says how points where the gradient vanishes are searched for:
// from one iterate of each replica of a training run, at a random epoch, so that
// the searches begin and end at many heights.
type Search struct {
	FirstEpoch int     `json:"first_epoch"` // earliest start; the epochs are log-uniform from it to the last
	Iterations int     `json:"iterations"`  // of the second stage, at most; default 1500
	Tolerance  float64 `json:"tolerance"`   // norm of the gradient that counts as zero; default 1e-8
	Stall      int     `json:"stall"`       // steps in which the norm has to fall by a tenth; default 150
	Neighbours int     `json:"neighbours"`  // random neighbours a point is compared with; default 1000
	Radius     float64 `json:"radius"`      // their distance from the point; default 1e-3
	Plain      bool    `json:"plain"`       // without geodesic acceleration
}

// Class says how a search ended.
type Class string

// The ends of a search. Only converged points are critical points.
const (
	Converged    Class = "converged"     // the gradient's norm is below the tolerance
	GradientFlat Class = "gradient-flat" // the norm no longer falls, as the gradient lies in the kernel of the Hessian (Frye et al. 2021)
	OutOfBudget  Class = "out of budget"
)

// flatRatio bounds |Hg| / (|H| |g|) of a gradient-flat point.
const flatRatio = 1e-2

// Point is where the search from one replica ended. Loss, gradient and
// Hessian are those of the [eval.Objective], with its L2 term.
type Point struct {
	Seed, StartEpoch int
	StartLoss        float64
	Loss             float64
	MSE              float64 // the loss without its L2 term
	Class            Class
	Iterations       int
	Norms            []float64 // of the gradient, after each accepted step from the start on
	Kernel           float64   // |Hg| / (|H| |g|)
	Flatness         float64   // Frye's index, of the Newton step; near 1 where the gradient is flat
	Eigenvalues      []float64 // of the exact Hessian, ascending
	Sampled          float64   // share of random neighbours with a higher loss
	Theta            []float64
}

// GradNorm returns the gradient's norm at the point, NaN where it is not known.
func (c Point) GradNorm() float64 {
	if len(c.Norms) == 0 {
		return math.NaN()
	}
	return c.Norms[len(c.Norms)-1]
}

// ZeroTolerance returns P · eps · max|λ|, below which an eigenvalue of a Hessian
// with these eigenvalues can not be told from zero.
func ZeroTolerance(eigenvalues []float64) float64 {
	const eps = 0x1p-52
	return float64(len(eigenvalues)) * eps * floats.Norm(eigenvalues, math.Inf(1))
}

// Signs returns the shares of negative, zero and positive eigenvalues. The last is
// the minimal ratio.
func (c Point) Signs() (negative, zero, positive float64) {
	below, within, above := c.signCounts()
	n := float64(len(c.Eigenvalues))
	return float64(below) / n, float64(within) / n, float64(above) / n
}

// signCounts returns the numbers of negative, zero and positive eigenvalues.
func (c Point) signCounts() (below, within, above int) {
	tolerance := ZeroTolerance(c.Eigenvalues)
	for _, lambda := range c.Eigenvalues {
		switch {
		case lambda > tolerance:
			above++
		case lambda < -tolerance:
			below++
		default:
			within++
		}
	}
	return below, within, above
}

// MinimalRatio returns the share of positive eigenvalues.
func (c Point) MinimalRatio() float64 {
	_, _, positive := c.Signs()
	return positive
}

// NaiveRatio returns the share of eigenvalues above 0 without a tolerance, which
// counts rounding errors wherever the Hessian has a kernel.
func (c Point) NaiveRatio() float64 {
	above := floats.Count(func(lambda float64) bool { return lambda > 0 }, c.Eigenvalues)
	return float64(above) / float64(len(c.Eigenvalues))
}

// Find searches for a critical point from every replica of a run, and
// returns where the searches ended, in the replicas' order. The run has to have snapshots
// (Spec.SnapshotEach), which are the starts.
//
// The search solves gradient = 0 by [num.LevenbergMarquardt], with the Hessian
// as the derivative of the gradient; so it is drawn to saddles as to minima.
func Find(run *experiment.Run, search Search) ([]Point, error) {
	if err := check.Args("critical.Find", run); err != nil {
		return nil, err
	}
	search = search.resolved()
	if err := cmp.Or(search.fits(run.Spec, len(run.Replicas[0].Theta)), experiment.NeedSnapshots("critical.Find", run, 1)); err != nil {
		return nil, err
	}
	question := analysis.Question{Name: "search for critical points", Version: 2, Inputs: map[string]any{"runs": run.Identity(), "search": search}}
	return analysis.Of(question, func(ctx context.Context, w *analysis.Work) ([]Point, error) {
		precise := *run
		precise.Spec.Float64 = true // in single precision no gradient gets below the tolerance
		objective, err := eval.NewObjective(&precise)
		if err != nil {
			return nil, err
		}
		return analysis.EachPart(ctx, w, len(run.Replicas), func(ctx context.Context, i int) (Point, error) {
			return search.from(ctx, objective, run.Replicas[i])
		})
	})
}

// hessianMost bounds the parameters of networks whose Hessians are decomposed: that takes a second
// of so many, in each of hundreds of steps.
const hessianMost = 1000

func (s Search) resolved() Search {
	s.FirstEpoch = cmp.Or(s.FirstEpoch, 1)
	s.Iterations = cmp.Or(s.Iterations, 1500)
	s.Tolerance = cmp.Or(s.Tolerance, 1e-8)
	s.Stall = cmp.Or(s.Stall, 150)
	s.Neighbours = cmp.Or(s.Neighbours, 1000)
	s.Radius = cmp.Or(s.Radius, 1e-3)
	if env.Quick() {
		s.Iterations, s.Neighbours = min(s.Iterations, 30), min(s.Neighbours, 50)
	}
	return s
}

// fits returns an error unless runs of a Spec, with so many parameters, can be searched like this.
func (s Search) fits(spec experiment.Spec, params int) error {
	switch {
	case s.FirstEpoch < 1 || s.FirstEpoch > spec.Epochs || !check.IsPositive(s.Tolerance) || !check.IsPositive(s.Radius):
		return fmt.Errorf("a search for critical points from epoch %d of %d, with tolerance %g and radius %g, makes no sense",
			s.FirstEpoch, spec.Epochs, s.Tolerance, s.Radius)
	case params > hessianMost:
		return fmt.Errorf("a search for critical points of %v takes Hessians of %d × %d numbers; take a network of at most %d parameters", spec.Arch, params, params, hessianMost)
	case !check.IsCount(s.Iterations) || !check.IsCount(s.Stall) || !check.IsCount(s.Neighbours) || s.Neighbours*params > nn.MaxParams:
		return fmt.Errorf("a search for critical points of %v with %d iterations, %d steps to stall and %d neighbours can not be done; give it fewer, and one of each at least",
			spec.Arch, s.Iterations, s.Stall, s.Neighbours)
	}
	return nil
}

// from searches from a random snapshot of one replica.
func (s Search) from(ctx context.Context, o *eval.Objective, replica experiment.Replica) (Point, error) {
	start := s.start(replica)
	p := Point{Seed: replica.Seed, StartEpoch: start.Epoch}
	end, err := num.LevenbergMarquardt(ctx, gradientAsResiduals(o), start.Theta,
		num.LMSettings{Iterations: s.Iterations, Tolerance: s.Tolerance, Stall: s.Stall, Plain: s.Plain})
	if err != nil {
		return p, err
	}
	losses, err := o.Values(start.Theta, end.X)
	if err != nil {
		return p, err
	}
	p.StartLoss, p.Loss, p.Theta = losses[0], losses[1], end.X
	p.MSE = p.Loss - o.Decay/2*floats.Dot(end.X, end.X)
	p.Iterations, p.Norms = end.Iterations, end.Norms
	hessian := end.At.(num.Symmetric)
	p.Eigenvalues = hessian.Values
	norm := floats.Norm(end.F, 2)
	if norm > 0 {
		p.Kernel = floats.Norm(hessian.Times(end.F), 2) / (math.Sqrt(hessian.Scale()) * norm)
	}
	p.Flatness = flatnessIndex(hessian, end.F)
	switch {
	case norm < s.Tolerance:
		p.Class = Converged
	case end.Iterations < s.Iterations && p.Kernel < flatRatio:
		p.Class = GradientFlat
	default:
		p.Class = OutOfBudget
	}
	p.Sampled, err = s.sampled(o, p)
	return p, err
}

// start picks a snapshot; the seed decides which.
func (s Search) start(replica experiment.Replica) experiment.Snapshot {
	rng := rand.New(rand.NewPCG(uint64(replica.Seed), num.StreamStart))
	last := replica.Snapshots[len(replica.Snapshots)-1].Epoch
	epoch := float64(s.FirstEpoch) * math.Pow(float64(last)/float64(s.FirstEpoch), rng.Float64())
	best := replica.Snapshots[0]
	for _, snapshot := range replica.Snapshots {
		if math.Abs(float64(snapshot.Epoch)-epoch) < math.Abs(float64(best.Epoch)-epoch) {
			best = snapshot
		}
	}
	return best
}

// gradientAsResiduals returns the problem gradient = 0.
func gradientAsResiduals(o *eval.Objective) num.LeastSquares {
	return num.LeastSquares{
		Residuals: func(theta []float64) ([]float64, error) {
			_, gradients, err := o.Gradients(theta)
			if err != nil {
				return nil, err
			}
			return gradients[0], nil
		},
		Linearize: func(theta []float64) (num.Linearization, error) {
			hessian, err := o.Hessian(theta)
			if err != nil {
				return nil, err
			}
			return num.NewSymmetric(hessian)
		},
	}
}

// flatnessIndex returns r = |Hp + g| / (|H|_F |p| + |g|) of the Newton step p, the
// shortest that minimizes |Hp + g| (Frye et al. 2021). It is 0 where Newton's
// method could go on, and near 1 where the gradient lies in the Hessian's kernel.
func flatnessIndex(h num.Symmetric, g []float64) float64 {
	tolerance := ZeroTolerance(h.Values)
	p := h.Apply(func(lambda float64) float64 {
		if math.Abs(lambda) <= tolerance {
			return 0
		}
		return -1 / lambda
	}, g)
	rest := floats.AddTo(make([]float64, len(g)), h.Times(p), g)
	size := floats.Norm(h.Values, 2)*floats.Norm(p, 2) + floats.Norm(g, 2)
	if size == 0 {
		return 0
	}
	return floats.Norm(rest, 2) / size
}

// sampled returns the share of random neighbours of a point with a higher loss.
func (s Search) sampled(o *eval.Objective, p Point) (float64, error) {
	rng := rand.New(rand.NewPCG(uint64(p.Seed), num.StreamNeighbours))
	neighbours := make([][]float64, s.Neighbours)
	for i := range neighbours {
		direction := num.Normals(rng, len(p.Theta))
		floats.Scale(s.Radius/floats.Norm(direction, 2), direction)
		neighbours[i] = floats.AddTo(direction, direction, p.Theta)
	}
	losses, err := o.Values(neighbours...)
	if err != nil {
		return 0, err
	}
	return float64(floats.Count(func(loss float64) bool { return loss > p.Loss }, losses)) / float64(len(losses)), nil
}

// OfClass returns the points that ended in a class.
func OfClass(points []Point, class Class) []Point {
	return slices.DeleteFunc(slices.Clone(points), func(p Point) bool { return p.Class != class })
}

// Losses returns the points' losses.
func Losses(points []Point) []float64 {
	return num.Map(points, func(p Point) float64 { return p.Loss })
}

// LossRange returns the points' lowest and highest loss, NaN of none.
func LossRange(points []Point) (lowest, highest float64) {
	if len(points) == 0 {
		return math.NaN(), math.NaN()
	}
	losses := Losses(points)
	return slices.Min(losses), slices.Max(losses)
}

// MinimalRatios returns the points' minimal ratios.
func MinimalRatios(points []Point) []float64 {
	return num.Map(points, Point.MinimalRatio)
}

// Valid checks that a point is complete, and its numbers finite.
func (c Point) Valid() error {
	if len(c.Norms) == 0 || len(c.Eigenvalues) == 0 {
		return errors.New("a critical point has no gradient norms, or no eigenvalues; take one that critical.Find returned")
	}
	return cmp.Or(check.Numbers("the gradient norms of a critical point", c.Norms), check.Numbers("the eigenvalues of a critical point", c.Eigenvalues),
		check.Numbers("loss and ratios of a critical point", []float64{c.StartLoss, c.Loss, c.MSE, c.Kernel, c.Flatness, c.Sampled}))
}
