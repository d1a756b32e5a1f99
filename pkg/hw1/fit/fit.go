// Package fit is part 1-1: what networks predict for a function, and how far polishing takes them.
package fit

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// nearZero is the part of the signed decay that is left out of an error, and
// nearJump the part of a function beside each of its jumps.
const (
	nearZero = 0.02
	nearJump = 0.02
)

// Fit is what a run predicts for its function, by its median replica: values, or of
// two classes the probability of class 1.
type Fit struct {
	Run        *experiment.Run
	Seed       int         // of the replica with the median training loss
	X          []float64   // points, [n, inputs]: of one input the training and test points in order, of two a square grid, of more the test points
	Y, Truth   []float64   // the predictions and the function there, [n]
	TestErrors []TestError // of every replica
}

// TestError is a replica's error on the test points of a function, in parts; OffZero and
// OffJumps of the functions of the homework alone, else NaN.
type TestError struct {
	MSE       float64
	Relative  float64 // MSE over the variance of the target
	OffZero   float64 // MSE where |x| >= 0.02, where the signed decay does not diverge
	OffJumps  float64 // MSE farther than 0.02 from every jump
	Overshoot float64 // how far predictions beside jumps leave the range of the target
}

// Evaluate evaluates runs on their functions.
func Evaluate(runs ...*experiment.Run) ([]Fit, error) {
	if err := check.Args("fit.Evaluate", runs...); err != nil {
		return nil, err
	}
	fits := make([]Fit, len(runs))
	for i, run := range runs {
		xs, test, err := points(run.Spec.Task)
		if err != nil {
			return nil, err
		}
		all, err := predictions(run, xs)
		if err != nil {
			return nil, err
		}
		tested, err := predictions(run, test)
		if err != nil {
			return nil, err
		}
		fit := Fit{Run: run, X: xs, Truth: run.Spec.Task.Truth(xs)}
		for _, predictions := range tested {
			fit.TestErrors = append(fit.TestErrors, testError(run.Spec.Task, test, predictions))
		}
		median := medianReplica(run)
		fit.Seed, fit.Y = run.Replicas[median].Seed, all[median]
		fits[i] = fit
	}
	return fits, nil
}

// gridSide is the number of points on a side of the grid on which functions of two inputs
// are drawn.
const gridSide = 60

// points returns the points at which networks that learnt a function are evaluated, and the
// test points, all [n, inputs].
func points(task data.Task) (xs, test []float64, err error) {
	train, tested, err := task.Load()
	if err != nil {
		return nil, nil, err
	}
	if test = tested.X; len(test) == 0 || !check.IsFinite(task.At(test[:tested.Features()]...)) {
		return nil, nil, fmt.Errorf("%s is no function that is known between its examples; take a task that hw1.Function made", task)
	}
	switch tested.Features() {
	case 1:
		return slices.Sorted(slices.Values(slices.Concat(train.X, test))), test, nil
	case 2:
		side := floats.Span(make([]float64, gridSide), slices.Min(train.X), slices.Max(train.X))
		for _, a := range side {
			for _, b := range side {
				xs = append(xs, a, b)
			}
		}
		return xs, test, nil
	}
	return test, test, nil
}

// predictions returns the outputs of a run, [R][n]; of two classes, whose output is a
// logit, the probability of class 1.
func predictions(run *experiment.Run, xs []float64) ([][]float64, error) {
	all, err := eval.Predict(run, xs)
	for _, outputs := range all {
		for i, output := range outputs {
			outputs[i] = run.Spec.Loss.Prediction(output)
		}
	}
	return all, err
}

// medianReplica returns the index of the replica with the median training loss.
func medianReplica(run *experiment.Run) int {
	order := num.Order(run.TrainLosses())
	return order[(len(order)-1)/2]
}

func testError(task data.Task, xs, predictions []float64) TestError {
	truth := task.Truth(xs)
	var all, offZero, offJumps []float64
	overshoot := 0.0
	low, high := slices.Min(truth), slices.Max(truth)
	for i := range truth {
		squared := (predictions[i] - truth[i]) * (predictions[i] - truth[i])
		all = append(all, squared)
		if task.Formula() == "" { // none of the homework
			continue
		}
		x := xs[i]
		if math.Abs(x) >= nearZero {
			offZero = append(offZero, squared)
		}
		if task == data.Sinc || jumpDistance(x) > nearJump {
			offJumps = append(offJumps, squared)
		}
		if task == data.SquareWave && jumpDistance(x) <= 5*nearJump {
			overshoot = max(overshoot, predictions[i]-high, low-predictions[i])
		}
	}
	_, variance := stat.PopMeanVariance(truth, nil)
	mse := stat.Mean(all, nil)
	return TestError{mse, mse / variance, stat.Mean(offZero, nil), stat.Mean(offJumps, nil), overshoot}
}

// jumpDistance returns how far x is from the nearest zero of sin(5πx) other than
// 0, where the signed functions change their sign.
func jumpDistance(x float64) float64 {
	k := math.Max(1, math.Round(math.Abs(x)*5))
	return math.Abs(math.Abs(x) - k/5)
}

// Valid checks that there is a prediction for each point.
func (f Fit) Valid() error {
	if err := f.Run.Valid(); err != nil {
		return fmt.Errorf("a fit: %w", err)
	}
	n := len(f.Y)
	if n == 0 || len(f.TestErrors) == 0 || f.Run.Spec.Regime().Evaluated {
		return fmt.Errorf("the fit of %s has %d points and %s; take one that fit.Evaluate returned", f.Run.Label(), n, words.Plural(len(f.TestErrors), "test error"))
	}
	return cmp.Or(check.Vector("the points of a fit", f.X, n*f.Run.Spec.Arch.Features()), check.Vector("the predictions of a fit", f.Y, n), check.Vector("the truth of a fit", f.Truth, n))
}
