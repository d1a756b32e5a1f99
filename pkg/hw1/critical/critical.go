// Package critical is part 2-3: it searches for points where the gradient vanishes, and classifies each
// by the exact Hessian.
package critical

import (
	"cmp"
	"context"
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

// Search says how to search for points where the gradient vanishes. Each replica of a run has one search,
// which starts from its weights at a random epoch, so that the searches begin and end at various losses.
// There are two methods. The default one drives the gradient to zero, whatever the loss does, and ends at
// saddles as well as at minima: it finds whatever is there. With Descend, every step lowers the loss: it
// finds what training would meet.
type Search struct {
	FirstEpoch int     `json:"first_epoch"` // default 1; an epoch is drawn log-uniformly between it and the last, and the search starts from the nearest snapshot, which may lie before FirstEpoch
	Iterations int     `json:"iterations"`  // at most, in the second stage; default 1500
	Tolerance  float64 `json:"tolerance"`   // gradient norm below which it counts as zero; default 1e-8
	Stall      int     `json:"stall"`       // steps within which the norm has to fall by a tenth; default 150
	Neighbours int     `json:"neighbours"`  // random neighbours a point is compared with; default 1000
	Radius     float64 `json:"radius"`      // their distance from the point; default 1e-3
	Plain      bool    `json:"plain"`       // without geodesic acceleration

	// With Descend, every step lowers the loss; Stall and Plain then have no effect.
	Descend bool `json:"descend,omitempty"`
}

// Find searches for a critical point from every replica of a run, and returns where the
// searches ended, in the order of the replicas. The run must have snapshots
// (Spec.SnapshotEach), from which the searches start.
//
// The search solves gradient = 0 by the Levenberg-Marquardt method, with the Hessian as the derivative
// of the gradient; so it is attracted to saddles as well as to minima. With Search.Descend it minimizes
// the loss by the saddle-free Newton method (Dauphin et al. 2014), which escapes from saddles downhill.
func Find(run *experiment.Run, search Search) ([]Point, error) {
	if err := experiment.NeedNoMask("critical.Find", run); err != nil {
		return nil, err
	}
	search = search.resolved(run.Spec.Epochs)
	if err := cmp.Or(search.fits(run.Spec, len(run.Replicas[0].Theta)), experiment.NeedSnapshots("critical.Find", 1, run)); err != nil {
		return nil, err
	}
	question := analysis.Question{Name: "search for critical points", Version: 2 + 2*num.Int(run.Spec.Arch.BatchNorm), Inputs: map[string]any{"runs": run.Identity(), "search": search}}
	return analysis.Of(question, func(ctx context.Context, w *analysis.Work) ([]Point, error) {
		precise := *run
		precise.Spec.Float64 = true // in single precision no gradient gets below the tolerance
		objective, err := eval.NewObjective(&precise)
		if err != nil {
			return nil, err
		}
		return analysis.EachPart(ctx, w, len(run.Replicas), func(ctx context.Context, i int) (Point, error) {
			return search.from(ctx, objective, run.Replicas[i], w.Watch(i, fmt.Sprintf("gradient of seed %d", run.Replicas[i].Seed)))
		})
	})
}

// hessianMost is the largest number of parameters for which Hessians are decomposed: at this size
// it takes a second, in each of hundreds of steps.
const hessianMost = 1000

// resolved returns the search with its defaults filled in, for runs with a number of epochs.
func (s Search) resolved(epochs int) Search {
	s.FirstEpoch = cmp.Or(s.FirstEpoch, 1)
	s.Iterations = cmp.Or(s.Iterations, 1500)
	s.Tolerance = cmp.Or(s.Tolerance, 1e-8)
	s.Stall = cmp.Or(s.Stall, 150)
	s.Neighbours = cmp.Or(s.Neighbours, 1000)
	s.Radius = cmp.Or(s.Radius, 1e-3)
	if env.Quick() {
		s.FirstEpoch, s.Iterations, s.Neighbours = min(s.FirstEpoch, epochs), min(s.Iterations, 30), min(s.Neighbours, 50)
	}
	return s
}

// fits returns an error unless the search is possible from runs of a Spec with a number of parameters.
func (s Search) fits(spec experiment.Spec, params int) error {
	switch {
	case s.FirstEpoch < 1 || s.FirstEpoch > spec.Epochs || !check.IsPositive(s.Tolerance) || !check.IsPositive(s.Radius):
		return fmt.Errorf("a search for critical points from epoch %d of %d, with tolerance %g and radius %g, makes no sense; give it an epoch of the run, and numbers above 0",
			s.FirstEpoch, spec.Epochs, s.Tolerance, s.Radius)
	case params > hessianMost:
		return fmt.Errorf("a search for critical points of %v needs Hessians of %d × %d numbers; take a network of at most %d parameters", spec.Arch, params, params, hessianMost)
	case !check.IsCount(s.Iterations) || !check.IsCount(s.Stall) || !check.IsCount(s.Neighbours) || s.Neighbours*params > nn.MaxParams:
		return fmt.Errorf("a search for critical points of %v with %d iterations, %d steps to stall and %d neighbours cannot be done; give it fewer, and one of each at least",
			spec.Arch, s.Iterations, s.Stall, s.Neighbours)
	}
	return nil
}

// flatRatio bounds |Hg| / (|H| |g|) of a gradient-flat point.
const flatRatio = 1e-2

// from searches from a random snapshot of one replica, and reports the gradient norm at each step to
// watch.
func (s Search) from(ctx context.Context, o *eval.Objective, replica experiment.Replica, watch func(step int, norm float64)) (Point, error) {
	start := s.start(replica)
	p := Point{Seed: replica.Seed, StartEpoch: start.Epoch}
	solve := num.FindRoot
	if s.Descend {
		solve = num.Descend
	}
	end, err := solve(ctx, smooth(o), start.Theta, num.LMSettings{Iterations: s.Iterations, Tolerance: s.Tolerance, Stall: s.Stall, Plain: s.Plain, Watch: watch})
	if err != nil {
		return p, err
	}
	losses, err := o.Values(start.Theta, end.X)
	if err != nil {
		return p, err
	}
	p.StartLoss, p.Loss, p.Theta = losses[0], losses[1], end.X
	trained := num.At(end.X, o.Net.Arch.TrainedAt()) // the L2 term covers these alone
	p.DataLoss = p.Loss - o.Decay/2*floats.Dot(trained, trained)
	p.Iterations, p.Norms = end.Iterations, end.Norms
	hessian := end.At.(num.Symmetric)
	p.Eigenvalues = ofTrained(hessian.Values, o.Net.Arch)
	norm := floats.Norm(end.F, 2)
	if norm > 0 {
		p.Kernel = floats.Norm(hessian.Times(end.F), 2) / (math.Sqrt(hessian.Scale()) * norm)
	}
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

// ofTrained returns the eigenvalues of the Hessian with respect to the trained parameters, ascending. Each running
// statistic of batch normalization adds an eigenvalue of 0; these are the ones nearest to 0, and are left out.
func ofTrained(values []float64, arch nn.Arch) []float64 {
	fixed := len(values) - arch.Trained()
	nearest := slices.SortedStableFunc(slices.Values(values), func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	return slices.Sorted(slices.Values(nearest[fixed:]))
}

// start picks a snapshot at random, seeded by the replica's seed.
func (s Search) start(replica experiment.Replica) experiment.Snapshot {
	rng := rand.New(rand.NewPCG(uint64(replica.Seed), num.StreamStart))
	last := replica.Snapshots[len(replica.Snapshots)-1].Epoch
	epoch := float64(s.FirstEpoch) * math.Pow(float64(last)/float64(s.FirstEpoch), rng.Float64())
	distance := func(s experiment.Snapshot) float64 { return math.Abs(float64(s.Epoch) - epoch) }
	return slices.MinFunc(replica.Snapshots, func(a, b experiment.Snapshot) int { return cmp.Compare(distance(a), distance(b)) })
}

// smooth returns the objective in the form that second-order methods take.
func smooth(o *eval.Objective) num.Smooth {
	return num.Smooth{
		Value: func(theta []float64) (float64, []float64, error) {
			values, gradients, err := o.Gradients(theta)
			if err != nil {
				return 0, nil, err
			}
			return values[0], gradients[0], nil
		},
		Hessian: func(theta []float64) (num.Symmetric, error) {
			hessian, err := o.Hessian(theta)
			if err != nil {
				return num.Symmetric{}, err
			}
			return num.NewSymmetric(hessian)
		},
	}
}

// sampled returns the share of a point's random neighbours that have a higher loss.
func (s Search) sampled(o *eval.Objective, p Point) (float64, error) {
	rng := rand.New(rand.NewPCG(uint64(p.Seed), num.StreamNeighbours))
	trained := o.Net.Arch.TrainedAt()
	losses, err := o.Values(num.Make(s.Neighbours, func(int) []float64 {
		direction := num.Put(num.Normals(rng, len(trained)), trained, len(p.Theta))
		floats.Scale(s.Radius/floats.Norm(direction, 2), direction)
		return floats.AddTo(direction, direction, p.Theta)
	})...)
	if err != nil {
		return 0, err
	}
	return float64(floats.Count(func(loss float64) bool { return loss > p.Loss }, losses)) / float64(len(losses)), nil
}
