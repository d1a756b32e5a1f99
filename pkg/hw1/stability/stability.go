// Package stability is part 2-5: how the curvature grows during training, until steps with the learning rate are
// at the edge of stability.
package stability

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/curvature"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
	"hw1/pkg/hw1/optim"
)

// Course holds the curvature in the course of a training with full-batch steps.
type Course struct {
	curvature.Course
	Preconditioned [][]float64 // largest eigenvalue of the Hessian preconditioned by what Adam divides its steps by, [R][epochs]; none for gradient descent
}

// Follow returns the courses of runs, measured at every n-th of their snapshots (n is every) and at the last. The optimizer is
// gradient descent, possibly with momentum (Cohen et al. 2021), or Adam (Cohen et al. 2022). Adam's preconditioner
// depends on the gradients of all steps so far, which are computed again at the snapshots; so there must be one
// after every epoch. The results are kept in the run store.
func Follow(every int, runs ...*experiment.Run) ([]Course, error) {
	if err := check.Args("stability.Follow", runs...); err != nil {
		return nil, err
	}
	courses := make([]Course, len(runs))
	for i, run := range runs {
		if err := needSteadySteps(run); err != nil {
			return nil, err
		}
		course, err := curvature.Follow(every, run)
		if err != nil {
			return nil, err
		}
		courses[i].Course = course
		if run.Spec.Optimizer == optim.Adam {
			if courses[i].Preconditioned, err = preconditioned(every, run); err != nil {
				return nil, err
			}
		}
	}
	return courses, nil
}

// needSteadySteps returns an error unless the same stability threshold holds for all steps of a run.
func needSteadySteps(run *experiment.Run) error {
	s := run.Spec
	what := ""
	switch {
	case s.StepsPerEpoch() != 1 || s.Batch != 0 && s.Batch != s.TrainSize:
		what = fmt.Sprintf("the whole training set in each step; set Batch to %d", s.TrainSize)
	case s.Dropout > 0 || s.Arch.BatchNorm:
		what = "the same network in each step; leave dropout and batch normalization out"
	case s.Task.IsFunction() && s.Regime().Evaluated:
		what = "the loss of each step; leave EvaluateEach and Validation out"
	case !s.Schedule.Constant() || s.ClipNorm > 0 || s.Mask != "":
		what = "one learning rate for all steps and weights; leave Schedule, ClipNorm and Mask out"
	case math.IsNaN(s.Rule().Threshold()):
		what = "gradient descent or Adam; set Optimizer to one of them"
	case s.Optimizer == optim.Adam && s.SnapshotEach != 1:
		what = "Adam's gradients of all steps; set SnapshotEach to 1"
	case run.Count(func(r experiment.Replica) bool { return r.Epochs != run.Replicas[0].Epochs }) > 0:
		what = "seeds that end in the same epoch; leave Patience and TargetAccuracy out"
	case run.Count(func(r experiment.Replica) bool {
		return len(losses(r)) == 0 || len(losses(r)) != run.Replicas[0].Epochs
	}) > 0:
		what = "the loss of each step, which a history of 4,000 epochs or more does not have; set Epochs lower"
	default:
		return nil
	}
	return fmt.Errorf("stability.Follow cannot follow %s: it needs %s", s.Describe(), what)
}

// preconditioned returns the largest eigenvalues of the preconditioned Hessian at every n-th snapshot
// (n is every) and at the last, [R][epochs].
func preconditioned(every int, run *experiment.Run) ([][]float64, error) {
	last := num.Int((len(run.Replicas[0].Snapshots)-1)%every != 0) // version 1 left out such a last snapshot
	question := analysis.Question{Name: "preconditioned curvature", Version: 1 + last, Inputs: map[string]any{"runs": run.Identity(), "every": every}}
	return analysis.Of(question, func(ctx context.Context, w *analysis.Work) ([][]float64, error) {
		objective, err := eval.NewObjective(run)
		if err != nil {
			return nil, err
		}
		return analysis.EachPart(ctx, w, len(run.Replicas), func(ctx context.Context, r int) ([]float64, error) {
			return alongAdam(ctx, objective, run.Spec.Rule(), every, run.Replicas[r].Snapshots)
		})
	})
}

// alongAdam returns the eigenvalues along one training, which has a snapshot of every step. A step from a
// snapshot divides by a preconditioner that already includes the gradient there.
func alongAdam(ctx context.Context, o *eval.Objective, adam optim.Rule, every int, snapshots []experiment.Snapshot) ([]float64, error) {
	p := optim.Preconditioner{Rule: adam}
	var eigenvalues []float64
	places := curvature.Places(len(snapshots), every)
	ends := append(slices.Clone(places[1:]), len(snapshots))
	for k, first := range places {
		thetas := num.Map(snapshots[first:ends[k]], func(s experiment.Snapshot) []float64 { return s.Theta })
		_, gradients, err := o.Gradients(thetas...)
		if err != nil || ctx.Err() != nil {
			return nil, cmp.Or(err, ctx.Err())
		}
		p.Add(gradients[0])
		value, err := o.PreconditionedEigenvalue(thetas[0], p.Diagonal())
		if err != nil {
			return nil, err
		}
		eigenvalues = append(eigenvalues, value)
		for _, gradient := range gradients[1:] {
			p.Add(gradient)
		}
	}
	return eigenvalues, nil
}

// losses returns the training loss before each step.
func losses(r experiment.Replica) []float64 {
	if len(r.Steps) > 0 {
		return num.Map(r.Steps, func(s experiment.Step) float64 { return s.Loss })
	}
	return r.History.TrainLoss
}

// Threshold returns the eigenvalue above which the steps of the run are no longer stable.
func (c Course) Threshold() float64 {
	if c.Valid() != nil {
		return math.NaN()
	}
	return c.Run.Spec.Rule().Threshold()
}

// Ratios returns the largest eigenvalue over the threshold, [R][epochs]; with Adam, the eigenvalue is that
// of the preconditioned Hessian. Above 1, a step along its direction overshoots by more than it corrects.
func (c Course) Ratios() [][]float64 {
	if c.Valid() != nil {
		return nil
	}
	rows, threshold := c.Eigenvalues, c.Threshold()
	if c.Preconditioned != nil {
		rows = c.Preconditioned
	}
	return num.Map(rows, func(row []float64) []float64 {
		return num.Map(row, func(v float64) float64 { return v / threshold })
	})
}

// Start returns the ratio of each replica at its initial weights, [R].
func (c Course) Start() []float64 {
	return num.Map(c.Ratios(), func(ratios []float64) float64 { return ratios[0] })
}

// End returns the last ratio that was measured of each replica, [R].
func (c Course) End() []float64 {
	return num.Map(c.Ratios(), func(ratios []float64) float64 { return ratios[len(ratios)-1] })
}

// Peak returns the largest ratio of each replica, [R].
func (c Course) Peak() []float64 { return num.Map(c.Ratios(), slices.Max) }

// Settled returns the median ratio of each replica over the second half of its training, [R].
func (c Course) Settled() []float64 {
	return num.Map(c.Ratios(), func(ratios []float64) float64 { return num.Median(ratios[len(ratios)/2:]) })
}

// Growth returns the largest eigenvalue of each replica at the end over that at the start, without a preconditioner, [R].
func (c Course) Growth() []float64 {
	if c.Valid() != nil {
		return nil
	}
	return num.Map(c.Eigenvalues, func(values []float64) float64 { return values[len(values)-1] / values[0] })
}

// Rises returns the share of the steps in the second half of the training in which the loss rises, [R].
func (c Course) Rises() []float64 {
	return c.ofLosses(func(losses []float64) float64 {
		half, rises := losses[len(losses)/2:], 0
		for i := range half[1:] {
			rises += num.Int(half[i+1] > half[i])
		}
		return float64(rises) / float64(len(half)-1) // 0/0 is NaN
	})
}

// Falls returns the loss in the last quarter of the training over that in the third quarter, medians over the steps, [R].
func (c Course) Falls() []float64 {
	return c.ofLosses(func(losses []float64) float64 {
		quarter := len(losses) / 4
		last := losses[len(losses)-quarter:]
		before := losses[len(losses)-2*quarter : len(losses)-quarter]
		return num.Median(last) / num.Median(before)
	})
}

func (c Course) ofLosses(of func(losses []float64) float64) []float64 {
	if c.Valid() != nil {
		return nil
	}
	return num.Map(c.Run.Replicas, func(r experiment.Replica) float64 { return of(losses(r)) })
}

// Valid checks that there are eigenvalues and losses for each replica.
func (c Course) Valid() error {
	if err := c.Course.Valid(); err != nil {
		return err
	}
	if err := needSteadySteps(c.Run); err != nil {
		return err
	}
	if c.Preconditioned == nil && c.Run.Spec.Optimizer == optim.SGD {
		return nil
	}
	return check.Matrix("the preconditioned curvature of "+c.Run.Label(), c.Preconditioned, len(c.Run.Replicas), len(c.Epochs))
}

// Plot returns the largest eigenvalue over its threshold, with a line at 1, and the loss of all steps (log),
// against steps. With Adam, a panel between the two shows the eigenvalue without the preconditioner (log). Lines
// are medians over the seeds with their range.
func Plot(caption string, courses ...Course) (*figure.Figure, error) {
	if err := check.Args("stability.Plot", courses...); err != nil {
		return nil, err
	}
	ratio, raw, loss := figure.NewPanel("", "", "eigenvalue / threshold"), figure.NewPanel("", "", "largest eigenvalue"), figure.NewPanel("", "step", "training loss")
	raw.LogY()
	loss.LogY()
	panels, longest, adam := [][]*figure.Panel{{ratio}}, 0, false
	names := experiment.Labels(num.Map(courses, func(c Course) *experiment.Run { return c.Run })...)
	for i, c := range courses {
		at := num.Map(c.Epochs, func(e int) float64 { return float64(e) })
		stroke := figure.Stroke{Color: figure.Color(i)}
		ratio.Named(names[i], figure.CurveOf(at, c.Ratios()), stroke)
		raw.Curve(names[i], figure.CurveOf(at, c.Eigenvalues), stroke)
		steps := len(losses(c.Run.Replicas[0]))
		drawn := figure.Thinned(steps)
		rows := num.Map(c.Run.Replicas, func(r experiment.Replica) []float64 { return num.At(losses(r), drawn) })
		loss.Curve(names[i], figure.CurveOf(num.Map(drawn, func(i int) float64 { return float64(i) }), rows), stroke)
		longest, adam = max(longest, steps), adam || c.Preconditioned != nil
	}
	ratio.Legend.Add("threshold", ratio.Line(figure.XYs([]float64{0, float64(longest)}, []float64{1, 1}), figure.TruthColor, 1, figure.TestDashes...))
	ratio.Y.Min = 0
	figure.Headroom(&ratio.Y, 0.05)
	raw.X.Max = ratio.X.Max // the last eigenvalue may come before the last step
	if adam {
		panels = append(panels, []*figure.Panel{raw})
	}
	return figure.New(figure.Figure{
		Name: "edge-of-stability", Caption: caption,
		Alt: "Largest eigenvalue of the Hessian over the threshold of stability, and the loss, against steps",
	}, append(panels, []*figure.Panel{loss})...)
}

// Table returns a row for each course: the threshold of the eigenvalue; the ratio of the eigenvalue (preconditioned
// with Adam) to it, at the start and over the second half, with the range of the seeds; the share of steps in the
// second half in which the loss rises; and the largest eigenvalue of the Hessian itself at the start and at the end.
// Values are medians over the seeds.
func Table(caption string, courses ...Course) (*figure.Table, error) {
	if err := check.Args("stability.Table", courses...); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "edge-of-stability", "training", "threshold", "ratio at the start", "in the second half", "loss rises in", "largest eigenvalue")
	for i, name := range experiment.Labels(num.Map(courses, func(c Course) *experiment.Run { return c.Run })...) {
		c := courses[i]
		eigenvalues, _, _ := num.Spread(c.Eigenvalues)
		settled := c.Settled()
		t.Add(name, plain(c.Threshold()), fmt.Sprintf("%.2f", num.Median(c.Start())),
			fmt.Sprintf("%.2f (%.2f – %.2f)", num.Median(settled), slices.Min(settled), slices.Max(settled)),
			words.Fixed(0, 100*num.Median(c.Rises()), " %"), plain(eigenvalues[0])+" → "+plain(eigenvalues[len(eigenvalues)-1]))
	}
	return t, nil
}

// plain writes an eigenvalue without an exponent.
func plain(v float64) string {
	if v < 999.5 { // from there on, three digits have an exponent
		return fmt.Sprintf("%.3g", v)
	}
	return words.Thousands(int(math.Round(v)))
}
