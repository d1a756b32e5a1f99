package hw1

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// CriticalSearch says how points where the gradient vanishes are searched for:
// from one iterate of each replica of a training run, at a random epoch, so that
// the searches begin and end at many heights.
type CriticalSearch struct {
	FirstEpoch int     `json:"first_epoch"` // earliest start; the epochs are log-uniform from it to the last
	Iterations int     `json:"iterations"`  // of the second stage, at most; default 1500
	Tolerance  float64 `json:"tolerance"`   // norm of the gradient that counts as zero; default 1e-8
	Stall      int     `json:"stall"`       // steps in which the norm has to fall by a tenth; default 150
	Neighbours int     `json:"neighbours"`  // random neighbours a point is compared with; default 1000
	Radius     float64 `json:"radius"`      // their distance from the point; default 1e-3
	Plain      bool    `json:"plain"`       // without geodesic acceleration
}

// CriticalClass says how a search ended.
type CriticalClass string

// The ends of a search. Only converged points are critical points.
const (
	Converged    CriticalClass = "converged"     // the gradient's norm is below the tolerance
	GradientFlat CriticalClass = "gradient-flat" // the norm no longer falls, as the gradient lies in the kernel of the Hessian (Frye et al. 2021)
	OutOfBudget  CriticalClass = "out of budget"
)

// flatRatio bounds |Hg| / (|H| |g|) of a gradient-flat point.
const flatRatio = 1e-2

// CriticalPoint is where the search from one replica ended. Loss, gradient and
// Hessian are those of the [Objective], with its L2 term.
type CriticalPoint struct {
	Seed, StartEpoch int
	StartLoss        float64
	Loss             float64
	MSE              float64 // the loss without its L2 term
	Class            CriticalClass
	Iterations       int
	Norms            []float64 // of the gradient, after each accepted step from the start on
	Kernel           float64   // |Hg| / (|H| |g|)
	Flatness         float64   // Frye's index, of the Newton step; near 1 where the gradient is flat
	Eigenvalues      []float64 // of the exact Hessian, ascending
	Sampled          float64   // share of random neighbours with a higher loss
	Theta            []float64
}

// GradNorm returns the gradient's norm at the point, NaN where it is not known.
func (c CriticalPoint) GradNorm() float64 {
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
func (c CriticalPoint) Signs() (negative, zero, positive float64) {
	below, within, above := c.signCounts()
	n := float64(len(c.Eigenvalues))
	return float64(below) / n, float64(within) / n, float64(above) / n
}

// signCounts returns the numbers of negative, zero and positive eigenvalues.
func (c CriticalPoint) signCounts() (below, within, above int) {
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
func (c CriticalPoint) MinimalRatio() float64 {
	_, _, positive := c.Signs()
	return positive
}

// NaiveRatio returns the share of eigenvalues above 0 without a tolerance, which
// counts rounding errors wherever the Hessian has a kernel.
func (c CriticalPoint) NaiveRatio() float64 {
	above := floats.Count(func(lambda float64) bool { return lambda > 0 }, c.Eigenvalues)
	return float64(above) / float64(len(c.Eigenvalues))
}

// FindCritical searches for a critical point from every replica of a run on a
// function, and returns where the searches ended, in the replicas' order. The run
// has to have snapshots (Spec.SnapshotEach), which are the starts.
//
// The search solves gradient = 0 by [levenbergMarquardt], with the Hessian
// as the derivative of the gradient; so it is drawn to saddles as to minima.
func FindCritical(run *Run, search CriticalSearch) ([]CriticalPoint, error) {
	if err := check("FindCritical", run); err != nil {
		return nil, err
	}
	search = search.resolved()
	if err := cmp.Or(needFunction("FindCritical", run), search.fits(run.Spec), needSnapshots("FindCritical", run, 1)); err != nil {
		return nil, err
	}
	question := analysis{"search for critical points", 2, map[string]any{"runs": run.Keys, "search": search}}
	return analyze(question, func(ctx context.Context, w *work) ([]CriticalPoint, error) {
		objective, err := NewObjective(run)
		if err != nil {
			return nil, err
		}
		return eachPart(ctx, w, len(run.Replicas), func(ctx context.Context, i int) (CriticalPoint, error) {
			return search.from(ctx, objective, run.Replicas[i])
		})
	})
}

func (s CriticalSearch) resolved() CriticalSearch {
	s.FirstEpoch = cmp.Or(s.FirstEpoch, 1)
	s.Iterations = cmp.Or(s.Iterations, 1500)
	s.Tolerance = cmp.Or(s.Tolerance, 1e-8)
	s.Stall = cmp.Or(s.Stall, 150)
	s.Neighbours = cmp.Or(s.Neighbours, 1000)
	s.Radius = cmp.Or(s.Radius, 1e-3)
	if Quick() {
		s.Iterations, s.Neighbours = min(s.Iterations, 30), min(s.Neighbours, 50)
	}
	return s
}

// fits returns an error unless runs of a Spec can be searched like this.
func (s CriticalSearch) fits(spec Spec) error {
	switch {
	case s.FirstEpoch < 1 || s.FirstEpoch > spec.Epochs || !isPositive(s.Tolerance) || !isPositive(s.Radius):
		return fmt.Errorf("a search for critical points from epoch %d of %d, with tolerance %g and radius %g, makes no sense",
			s.FirstEpoch, spec.Epochs, s.Tolerance, s.Radius)
	case !isCount(s.Iterations) || !isCount(s.Stall) || !isCount(s.Neighbours) || s.Neighbours*spec.Arch.ParamCount() > maxParams:
		return fmt.Errorf("a search for critical points of %v with %d iterations, %d steps to stall and %d neighbours can not be done; give it fewer, and one of each at least",
			spec.Arch, s.Iterations, s.Stall, s.Neighbours)
	}
	return nil
}

// from searches from a random snapshot of one replica.
func (s CriticalSearch) from(ctx context.Context, o *Objective, replica Replica) (CriticalPoint, error) {
	start := s.start(replica)
	p := CriticalPoint{Seed: replica.Seed, StartEpoch: start.Epoch}
	end, err := levenbergMarquardt(ctx, gradientAsResiduals(o), start.Theta,
		lmSettings{iterations: s.Iterations, tolerance: s.Tolerance, stall: s.Stall, plain: s.Plain})
	if err != nil {
		return p, err
	}
	losses, err := o.Values(start.Theta, end.x)
	if err != nil {
		return p, err
	}
	p.StartLoss, p.Loss, p.Theta = losses[0], losses[1], end.x
	p.MSE = p.Loss - o.decay/2*floats.Dot(end.x, end.x)
	p.Iterations, p.Norms = end.iterations, end.norms
	hessian := end.at.(symmetric)
	p.Eigenvalues = hessian.values
	norm := floats.Norm(end.f, 2)
	if norm > 0 {
		p.Kernel = floats.Norm(hessian.times(end.f), 2) / (math.Sqrt(hessian.scale()) * norm)
	}
	p.Flatness = flatnessIndex(hessian, end.f)
	switch {
	case norm < s.Tolerance:
		p.Class = Converged
	case end.iterations < s.Iterations && p.Kernel < flatRatio:
		p.Class = GradientFlat
	default:
		p.Class = OutOfBudget
	}
	p.Sampled, err = s.sampled(o, p)
	return p, err
}

// start picks a snapshot; the seed decides which.
func (s CriticalSearch) start(replica Replica) Snapshot {
	rng := rand.New(rand.NewPCG(uint64(replica.Seed), streamStart))
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
func gradientAsResiduals(o *Objective) leastSquares {
	return leastSquares{
		residuals: func(theta []float64) ([]float64, error) {
			_, gradients, err := o.Gradients(theta)
			if err != nil {
				return nil, err
			}
			return gradients[0], nil
		},
		linearize: func(theta []float64) (linearization, error) {
			hessian, err := o.Hessian(theta)
			if err != nil {
				return nil, err
			}
			return newSymmetric(hessian)
		},
	}
}

// flatnessIndex returns r = |Hp + g| / (|H|_F |p| + |g|) of the Newton step p, the
// shortest that minimizes |Hp + g| (Frye et al. 2021). It is 0 where Newton's
// method could go on, and near 1 where the gradient lies in the Hessian's kernel.
func flatnessIndex(h symmetric, g []float64) float64 {
	tolerance := ZeroTolerance(h.values)
	p := h.apply(func(lambda float64) float64 {
		if math.Abs(lambda) <= tolerance {
			return 0
		}
		return -1 / lambda
	}, g)
	rest := floats.AddTo(make([]float64, len(g)), h.times(p), g)
	size := floats.Norm(h.values, 2)*floats.Norm(p, 2) + floats.Norm(g, 2)
	if size == 0 {
		return 0
	}
	return floats.Norm(rest, 2) / size
}

// sampled returns the share of random neighbours of a point with a higher loss.
func (s CriticalSearch) sampled(o *Objective, p CriticalPoint) (float64, error) {
	rng := rand.New(rand.NewPCG(uint64(p.Seed), streamNeighbours))
	neighbours := make([][]float64, s.Neighbours)
	for i := range neighbours {
		direction := make([]float64, len(p.Theta))
		for j := range direction {
			direction[j] = rng.NormFloat64()
		}
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
func OfClass(points []CriticalPoint, class CriticalClass) []CriticalPoint {
	return slices.DeleteFunc(slices.Clone(points), func(p CriticalPoint) bool { return p.Class != class })
}

// valuesOf returns one number of every point.
func valuesOf(points []CriticalPoint, of func(CriticalPoint) float64) []float64 {
	values := make([]float64, len(points))
	for i, p := range points {
		values[i] = of(p)
	}
	return values
}

// Losses returns the points' losses.
func Losses(points []CriticalPoint) []float64 {
	return valuesOf(points, func(p CriticalPoint) float64 { return p.Loss })
}

// MinimalRatios returns the points' minimal ratios.
func MinimalRatios(points []CriticalPoint) []float64 {
	return valuesOf(points, CriticalPoint.MinimalRatio)
}
