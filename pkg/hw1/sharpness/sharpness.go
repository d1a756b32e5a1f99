// Package sharpness is part 3-5: how fast the loss grows around the trained weights, against the batch
// size.
package sharpness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/nn"
)

// Ascent says how the sharpness of a minimum is measured.
type Ascent struct {
	Eps      []float64 `json:"eps"`      // relative sizes of the box around the weights
	Steps    int       `json:"steps"`    // of projected ascent
	Examples int       `json:"examples"` // the loss is measured on the first so many training examples, or on evenly spread ones of a function
}

// Sharpness says how fast the training loss grows around the weights of a run.
type Sharpness struct {
	Run      *experiment.Run
	Ascent   Ascent
	Replicas []ReplicaSharpness // one per seed
}

// ReplicaSharpness is the sharpness of one replica, on the examples of the ascent.
type ReplicaSharpness struct {
	Loss       float64
	Keskar     []float64 // for each size of the box, in percent
	Eigenvalue float64   // the largest eigenvalue of the Hessian
}

// Measure returns the sharpness of runs by Keskar et al. (2017), 100 · (max L(theta + y) - L(theta)) / (1 + L(theta)) over
// the box |y_i| ≤ eps · (|theta_i| + 1), where L is the objective with its L2 term, and the largest eigenvalue of the
// Hessian, both in the weights that a mask, if there is one, did not leave as they were. The maximum is the highest loss that the
// ascent meets, which may miss a higher one. It does not change the weights of the runs.
func Measure(ascent Ascent, runs ...*experiment.Run) ([]Sharpness, error) {
	if err := cmp.Or(check.Args("sharpness.Measure", ascent),
		experiment.NeedSharedLabels("sharpness.Measure", runs...), experiment.NeedExamples("sharpness.Measure", ascent.Examples, runs...)); err != nil {
		return nil, err
	}
	for _, run := range runs {
		ascent.Examples = min(ascent.Examples, run.Spec.TrainSize) // a tiny budget may have fewer
	}
	a := analysis.Question{Name: "sharpness", Version: 1 + num.Int(masked(runs)), Inputs: map[string]any{"runs": num.Map(runs, (*experiment.Run).Identity), "ascent": ascent}}
	measured, err := analysis.OfReplicas(a, runs, objectivesOn(ascent.Examples), ascent.measure)
	return num.Make(len(measured), func(i int) Sharpness { return Sharpness{runs[i], ascent, measured[i]} }), err
}

// masked reports whether a mask leaves weights of some run as they are: version 1 looked at all weights.
func masked(runs []*experiment.Run) bool {
	return slices.ContainsFunc(runs, func(run *experiment.Run) bool { return run.Spec.Mask != "" })
}

// objectivesOn returns a function that makes the objective of a Spec on count training
// examples. Runs of the same network on the same examples share an objective, and so its
// memory.
func objectivesOn(count int) func(experiment.Spec) (*eval.Objective, error) {
	made := map[string]*eval.Objective{}
	return func(s experiment.Spec) (*eval.Objective, error) {
		key := s.Network().Tell("objective", s.L2(), s.TrainingSet(), s.Mask)
		if made[key] == nil {
			train, _, err := s.Shared()
			if err != nil {
				return nil, err
			}
			if made[key], err = eval.ObjectiveOn(s, s.Task.Part(train, min(count, train.Len()))); err != nil {
				return nil, err
			}
		}
		return made[key], nil
	}
}

func (a Ascent) measure(ctx context.Context, o *eval.Objective, r analysis.Replica) (ReplicaSharpness, error) {
	var s ReplicaSharpness
	values, err := o.Values(r.Theta)
	if err != nil {
		return s, err
	}
	if s.Loss = values[0]; s.Loss <= -1 {
		return s, fmt.Errorf("the sharpness is relative to 1 + the loss, and the loss is %.3g; add a number to your loss, which leaves its gradient as it is", s.Loss)
	}
	for _, eps := range a.Eps {
		top, err := a.climb(ctx, o, r.Theta, eps)
		if err != nil {
			return s, err
		}
		s.Keskar = append(s.Keskar, 100*(top-s.Loss)/(1+s.Loss))
	}
	s.Eigenvalue, err = o.LargestEigenvalue(r.Theta)
	return s, err
}

// climb returns the highest value of the objective that projected ascent finds in the box of
// size eps around theta [P], which stays unchanged.
//
// In the units u_i = y_i / box_i the box is a cube. A step has the same length in every
// coordinate, and the direction of the gradient's sign (as Madry et al. 2018 search for the
// worst input): at first to a corner, then less and less far.
func (a Ascent) climb(ctx context.Context, o *eval.Objective, theta []float64, eps float64) (float64, error) {
	box, u := num.Map(theta, func(v float64) float64 { return eps * (math.Abs(v) + 1) }), make([]float64, len(theta))
	at := func() []float64 {
		point := floats.MulTo(make([]float64, len(u)), box, u)
		floats.Add(point, theta)
		return point
	}
	top := math.Inf(-1)
	for step := range a.Steps {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		values, gradients, err := o.Gradients(at())
		if err != nil {
			return 0, err
		}
		top = max(top, values[0])
		size := 1 - float64(step)/float64(a.Steps)
		for i, g := range gradients[0] {
			if g != 0 {
				u[i] = min(1, max(-1, u[i]+math.Copysign(size, g)))
			}
		}
	}
	values, err := o.Values(at())
	if err != nil {
		return 0, err
	}
	return max(top, values[0]), nil
}

// Rescale returns the run with the weights and biases of one hidden layer multiplied by a
// factor, and the weights of the next layer divided by it: with ReLU, since relu(c·z) =
// c·relu(z) for c > 0, that is the same function at another point in weight space (Dinh et al.
// 2017). If the factor is a power of two, it is the same to the last bit. With batch normalization, which undoes any
// rescaling of the weights before it, its scales and shifts are multiplied instead. Initial weights and snapshots are rescaled
// alike. Beyond factors of 1e-12 and 1e12, single precision would not give the same function.
func Rescale(run *experiment.Run, layer int, factor float64) (*experiment.Run, error) {
	if err := check.Args("sharpness.Rescale", run); err != nil {
		return nil, err
	}
	arch := run.Spec.Arch
	slope, offset := "weight", "bias"
	if arch.BatchNorm {
		slope, offset = "norm scale", "norm shift"
	}
	slopes, err := arch.Weight(fmt.Sprintf("dense %d %s", layer, slope))
	offsets, err2 := arch.Weight(fmt.Sprintf("dense %d %s", layer, offset))
	next, err3 := arch.Weight(fmt.Sprintf("dense %d weight", layer+1))
	if err = cmp.Or(err, err2, err3); err != nil || !run.Spec.Activation.Homogeneous() || !(factor >= 1e-12 && factor <= 1e12) {
		return nil, fmt.Errorf("layer %d of %v cannot be rescaled by %g: that needs a dense hidden layer of a ReLU network, and a factor from 1e-12 to 1e12", layer, arch, factor)
	}
	how := fmt.Sprintf("layer %d × %g", layer, factor)
	made := how
	if run.Count(func(r experiment.Replica) bool { return len(r.Snapshots) > 0 }) > 0 {
		made += ", snapshots, too" // those of earlier versions were not rescaled
	}
	scaled := eval.Changed(run, run.Label()+", "+how, made, func(_ int, theta []float64) []float64 {
		theta = slices.Clone(theta)
		for _, p := range []nn.Param{slopes, offsets} {
			floats.Scale(factor, theta[p.Offset:p.Offset+p.Size])
		}
		floats.Scale(1/factor, theta[next.Offset:next.Offset+next.Size])
		return run.Spec.Rounded(theta)
	})
	return scaled, check.Args("sharpness.Rescale", scaled)
}

// LargestDifference returns the largest difference between two runs' outputs on the test
// examples.
func LargestDifference(a, b *experiment.Run) (float64, error) {
	if err := experiment.NeedSameSeeds("sharpness.LargestDifference", a, b); err != nil || a.Spec.Task != b.Spec.Task {
		return 0, cmp.Or(err, errors.New("sharpness.LargestDifference compares two runs on the same task; give it two such runs"))
	}
	_, test, err := a.Spec.Shared()
	if err != nil {
		return 0, err
	}
	ofA, err1 := eval.Logits(a, test)
	ofB, err2 := eval.Logits(b, test)
	if err := cmp.Or(err1, err2); err != nil {
		return 0, err
	}
	largest := 0.0
	for r := range ofA {
		largest = max(largest, floats.Distance(ofA[r], ofB[r], math.Inf(1)))
	}
	return largest, nil
}

// Label returns the run's label.
func (s Sharpness) Label() string { return s.Run.Label() }

// Keskar returns the replicas' sharpness in percent for the e-th size of the box, counted from
// 0, [R]; none if there is no such size.
func (s Sharpness) Keskar(e int) []float64 {
	if e < 0 || slices.ContainsFunc(s.Replicas, func(r ReplicaSharpness) bool { return e >= len(r.Keskar) }) {
		return nil
	}
	return num.Map(s.Replicas, func(r ReplicaSharpness) float64 { return r.Keskar[e] })
}

// Eigenvalues returns the replicas' largest eigenvalues, [R].
func (s Sharpness) Eigenvalues() []float64 {
	return num.Map(s.Replicas, func(r ReplicaSharpness) float64 { return r.Eigenvalue })
}

// Valid checks that an ascent can be taken.
func (a Ascent) Valid() error {
	tooFar := func(eps float64) bool { return !check.IsPositive(eps) || eps > 1000 }
	if len(a.Eps) == 0 || slices.ContainsFunc(a.Eps, tooFar) || !check.IsCount(a.Steps) || a.Examples < 1 {
		return fmt.Errorf("the ascent %+v cannot be taken; give it sizes of the box above 0, 1 to %d steps, and examples", a, check.Most)
	}
	return nil
}

// Valid checks that there is a sharpness for each replica and size of the box.
func (s Sharpness) Valid() error {
	if err := cmp.Or(experiment.Complete("sharpness", "sharpness.Measure", s.Run, len(s.Replicas)), s.Ascent.Valid()); err != nil {
		return err
	}
	for _, r := range s.Replicas {
		if err := cmp.Or(check.Vector("the sharpness of "+s.Run.Label(), r.Keskar, len(s.Ascent.Eps)), check.Numbers("loss and eigenvalue of "+s.Run.Label(), []float64{r.Loss, r.Eigenvalue})); err != nil {
			return err
		}
	}
	return nil
}

// needSameBoxes returns an error unless the results are complete and were measured in boxes of
// the same sizes.
func needSameBoxes(function string, ss []Sharpness) error {
	if err := check.Args(function, ss...); err != nil {
		return err
	}
	for _, s := range ss {
		if !slices.Equal(s.Ascent.Eps, ss[0].Ascent.Eps) {
			return fmt.Errorf("%s: %s was measured in boxes of %v and %s of %v; measure all in the same", function, s.Run.Label(), s.Ascent.Eps, ss[0].Run.Label(), ss[0].Ascent.Eps)
		}
	}
	return nil
}
