// Package sensitivity is part 3-4: how strongly a network's outputs change with its input, against the
// batch size.
package sensitivity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// Sensitivity says how strongly the outputs of a run's networks change with their inputs on the
// test set, with a course for each replica.
type Sensitivity struct {
	Run     *experiment.Run
	Courses []Course
}

// Course holds a replica's sensitivities after those epochs whose weights were kept and, on
// images, which were evaluated; the last entry is for the trained network. Both sensitivities
// are means, over the test set, of a norm for each example (Novak et al. 2018). A prediction is
// the softmax; for two classes with one logit, the probability; for a regression, the value;
// and with the mean squared error, the outputs.
type Course struct {
	Epoch        []int
	TrainLoss    []float64
	LossGradient []float64 // L2 norm of the gradient of the loss by the input
	Jacobian     []float64 // Frobenius norm of the Jacobian of the prediction by the input
}

// Measure returns the sensitivities of runs, at the weights of every snapshot and at the final
// weights.
func Measure(runs ...*experiment.Run) ([]Sensitivity, error) {
	if err := check.Args("sensitivity.Measure", runs...); err != nil {
		return nil, err
	}
	keys, version := num.Map(runs, (*experiment.Run).Identity), 1
	if slices.ContainsFunc(runs, func(run *experiment.Run) bool { return !run.AsMade() }) {
		version = 2 // version 1 took the last snapshots for the final weights
	}
	if slices.ContainsFunc(runs, func(run *experiment.Run) bool { return run.Spec.Task.IsFunction() && run.Spec.EvaluateEach > 0 }) {
		version = 3 // before, snapshots of a function between two evaluations were left out
	}
	a := analysis.Question{Name: "sensitivity", Version: version, Inputs: map[string]any{"runs": keys}}
	courses, err := analysis.OfReplicas(a, runs, newSensor, course)
	return num.Make(len(courses), func(i int) Sensitivity { return Sensitivity{runs[i], courses[i]} }), err
}

// trainLosses returns the training losses at points of a replica. On images, if its history holds evaluations of these weights, it
// takes those, and NaN for epochs without one.
func trainLosses(ctx context.Context, run *experiment.Run, h experiment.History, points []experiment.Snapshot) ([]float64, error) {
	if !run.Spec.Task.IsFunction() && len(h.Epoch) > 0 && run.AsMade() {
		return num.Map(points, func(p experiment.Snapshot) float64 {
			if i := slices.Index(h.Epoch, p.Epoch); i >= 0 {
				return h.TrainLoss[i]
			}
			return math.NaN()
		}), nil
	}
	if err := experiment.NeedSharedLabels("sensitivity.Measure", run); err != nil {
		return nil, err
	}
	sweep, err := eval.NewSweep(run.Spec)
	if err != nil {
		return nil, err
	}
	scores, _, err := sweep.Scores(ctx, len(points), func(i int) ([]float64, error) { return points[i].Theta, nil }, func(float64) {})
	return num.Map(scores, func(s experiment.Score) float64 { return s.Loss }), err
}

// course measures a replica at its snapshots and at the end of its training.
func course(ctx context.Context, s *sensor, r analysis.Replica) (Course, error) {
	var c Course
	before := slices.DeleteFunc(slices.Clone(r.Snapshots), func(s experiment.Snapshot) bool { return s.Epoch == r.Epochs })
	points := append(before, experiment.Snapshot{Epoch: r.Epochs, Theta: r.Theta})
	losses, err := trainLosses(ctx, r.Run, r.History, points)
	if err != nil {
		return c, err
	}
	for i, point := range points {
		if math.IsNaN(losses[i]) {
			continue
		}
		if ctx.Err() != nil {
			return c, ctx.Err()
		}
		gradients, err1 := s.gradientNorms(ctx, point.Theta, s.test, sensorBatch)
		jacobians, err2 := s.jacobianNorms(ctx, point.Theta, s.test, sensorBatch)
		if err := cmp.Or(err1, err2); err != nil {
			return c, err
		}
		c.Epoch, c.TrainLoss = append(c.Epoch, point.Epoch), append(c.TrainLoss, losses[i])
		c.LossGradient = append(c.LossGradient, stat.Mean(gradients, nil))
		c.Jacobian = append(c.Jacobian, stat.Mean(jacobians, nil))
	}
	return c, nil
}

// Final returns the two sensitivities of the trained networks, [R]; none if the courses are not
// complete.
func (s Sensitivity) Final() (lossGradient, jacobian []float64) {
	if !s.complete() {
		return nil, nil
	}
	for _, c := range s.Courses {
		last := len(c.Epoch) - 1
		lossGradient, jacobian = append(lossGradient, c.LossGradient[last]), append(jacobian, c.Jacobian[last])
	}
	return lossGradient, jacobian
}

// AtLoss returns the two sensitivities of the replicas at a training loss, interpolated in the
// logarithm of the loss between the kept epochs before and after it. Replicas that do not cross
// it between two kept epochs are left out; all are left out if the courses are not complete, or if the loss is not above 0.
func (s Sensitivity) AtLoss(loss float64) (lossGradient, jacobian []float64) {
	if !s.complete() || !check.IsPositive(loss) {
		return nil, nil
	}
	for _, c := range s.Courses {
		for i := 1; i < len(c.Epoch); i++ {
			before, after := c.TrainLoss[i-1], c.TrainLoss[i]
			if before < loss || after > loss {
				continue
			}
			share := 0.0
			if before > after {
				share = math.Log(before/loss) / math.Log(before/after)
			}
			between := func(values []float64) float64 { return values[i-1] + share*(values[i]-values[i-1]) }
			lossGradient, jacobian = append(lossGradient, between(c.LossGradient)), append(jacobian, between(c.Jacobian))
			break
		}
	}
	return lossGradient, jacobian
}

// CommonLoss returns the lowest training loss that every replica reaches: the highest of their
// lowest losses; NaN if one of the courses is not complete.
func CommonLoss(ss ...Sensitivity) float64 {
	common := math.Inf(-1)
	for _, s := range ss {
		if !s.complete() {
			return math.NaN()
		}
		for _, c := range s.Courses {
			common = max(common, slices.Min(c.TrainLoss))
		}
	}
	return common
}

// Valid checks that there is a course for each replica.
func (s Sensitivity) Valid() error {
	if err := experiment.Complete("sensitivity", "sensitivity.Measure", s.Run, len(s.Courses)); err != nil {
		return err
	}
	for _, course := range s.Courses {
		if err := course.Valid(); err != nil {
			return fmt.Errorf("the sensitivity of %s: %w; take one that sensitivity.Measure returned", s.Run.Label(), err)
		}
	}
	return nil
}

// Valid checks that a course has a value for each epoch.
func (c Course) Valid() error {
	n := len(c.Epoch)
	if n == 0 {
		return errors.New("a course has no epochs")
	}
	return cmp.Or(check.Vector("the losses of a course", c.TrainLoss, n),
		check.Vector("the loss gradients of a course", c.LossGradient, n), check.Vector("the Jacobians of a course", c.Jacobian, n))
}

// Valid checks that there are sensitivities, that they are complete, and that all are for one
// task.
func (r Group) Valid() error {
	name := fmt.Sprintf("the group %q", r.Title)
	if err := check.Args(name, r.Sensitivities...); err != nil {
		return err
	}
	return cmp.Or(experiment.NeedOneTask(name, r.runs()...), experiment.NeedScores(name, r.runs()...))
}

// complete reports whether all courses are complete.
func (s Sensitivity) complete() bool {
	return !slices.ContainsFunc(s.Courses, func(c Course) bool { return c.Valid() != nil })
}
