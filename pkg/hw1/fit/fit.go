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

// nearZero is how far around 0 the signed decay is left out of an error, and nearJump how far a
// function is left out beside each of its jumps. The only points at a jump are the training
// points 0.002 from it and the test point on it.
const (
	nearZero = 0.02
	nearJump = 0.02
	atJump   = 0.003
)

// Fit is what the median replica of a run predicts for its function: values or, for two
// classes, the probability of class 1.
type Fit struct {
	Run      *experiment.Run
	Output   int       // which of several outputs, from 1; 0 if there is only one
	Seed     int       // of the replica with the median training loss
	X        []float64 // points, [n, inputs]: for one input the training and test points in order, with others between them if they are few; for two inputs a grid; for more the test points
	Y, Truth []float64 // the predictions and the function there, [n]

	TrainErrors, TestErrors []Errors // of each replica
}

// Errors are a replica's mean squared errors against the noise-free function, on its training or test points, in
// total and in parts. The fields after Relative are only for the functions of the homework. A part without points
// is NaN.
type Errors struct {
	MSE       float64
	Relative  float64 // MSE over the variance of the target
	OffZero   float64 // at |x| >= 0.02, away from the pole of the signed decay
	OffJumps  float64 // farther than 0.02 from every jump and, for the signed decay, from its pole at 0
	AtJumps   float64 // within 0.003 of a jump: training points beside it, test points on it
	Elsewhere float64 // all but AtJumps
	Overshoot float64 // how far predictions beside jumps exceed the range of the target
}

// Evaluate evaluates runs on their functions. It returns a Fit for each output of each run, with the outputs as they are, also where a
// loss of your own takes them for something else, such as logits.
func Evaluate(runs ...*experiment.Run) (fits []Fit, err error) {
	if err := check.Args("fit.Evaluate", runs...); err != nil {
		return nil, err
	}
	for _, run := range runs {
		if !run.Spec.Task.IsFunction() {
			return nil, fmt.Errorf("fit.Evaluate takes networks whose outputs are values of a function, and %s has %d classes; take classify.Images", run.Spec.Describe(), run.Spec.Arch.Outputs())
		}
		xs, train, test, err := points(run.Spec)
		if err != nil {
			return nil, err
		}
		every := slices.Concat(xs, train, test) // all at once: each number of points is compiled separately
		all, err := predictions(run, every)
		if err != nil {
			return nil, err
		}
		truth, outputs := run.Spec.Task.Truth(every), run.Spec.Arch.Outputs()
		if i := slices.IndexFunc(truth, func(y float64) bool { return !check.IsFinite(y) }); i >= 0 {
			inputs := run.Spec.Arch.Features()
			at := every[i/outputs*inputs:][:inputs]
			return nil, fmt.Errorf("fit.Evaluate needs the values of %s between its examples, too, and at %.4g it has none; change the function, or its interval", run.Spec.Task, at)
		}
		for k := range outputs {
			of := func(values []float64) []float64 { return num.Column(values, k, outputs) } // of this output, [n]
			fit := Fit{Run: run, X: xs}
			if outputs > 1 {
				fit.Output = k + 1
			}
			fit.add(train, test, of(truth), num.Map(all, of))
			fits = append(fits, fit)
		}
	}
	return fits, nil
}

// add adds the truth [n], and the predictions of each replica [R][n], at the fit's points and at the training and test points after them.
func (f *Fit) add(train, test, truth []float64, predictions [][]float64) {
	n, features := len(truth), f.Run.Spec.Arch.Features()
	trained, tested := n-(len(train)+len(test))/features, n-len(test)/features // where they begin
	errors := func(points []float64, from, to int) []Errors {
		return num.Map(predictions, func(of []float64) Errors { return errorsAt(f.Run.Spec.Task, points, truth[from:to], of[from:to]) })
	}
	f.TrainErrors, f.TestErrors = errors(train, trained, tested), errors(test, tested, n)
	losses := f.Run.TrainLosses()
	if experiment.NeedScores("fit.Evaluate", f.Run) != nil { // they are of weights that a cell has changed
		losses = num.Map(f.TrainErrors, func(e Errors) float64 { return e.MSE })
	}
	order := num.Order(losses)
	median := order[(len(order)-1)/2]
	f.Seed, f.Truth, f.Y = f.Run.Replicas[median].Seed, truth[:trained], predictions[median][:trained]
}

// gridSide is the number of points per side of the grid on which functions of two inputs are
// drawn, and linePoints the least number of points at which functions of one input are drawn.
const gridSide, linePoints = 60, 300

// points returns the points at which fits of a function are drawn, and the training and test
// points of the Spec, all [n, inputs].
func points(s experiment.Spec) (xs, train, test []float64, err error) {
	task := s.Task
	trained, tested, err := s.Shared()
	if err != nil {
		return nil, nil, nil, err
	}
	xs, train, test = tested.X, trained.X, tested.X
	if len(test) == 0 || !task.HasTruth() {
		return nil, nil, nil, fmt.Errorf("%s is not a function that can be evaluated between its examples; take a task that hw1.Function, hw1.FunctionOf or data.VectorFunction made, or eval.Predict for what the network predicts", task)
	}
	switch tested.Features() {
	case 1:
		xs = slices.Concat(train, test)
		if len(xs) < linePoints {
			between := floats.Span(make([]float64, linePoints), slices.Min(xs), slices.Max(xs))
			xs = append(xs, slices.DeleteFunc(between, func(x float64) bool { return check.Numbers("values", task.Truth([]float64{x})) != nil })...)
		}
		slices.Sort(xs)
	case 2:
		xs = nil
		side := floats.Span(make([]float64, gridSide), slices.Min(train), slices.Max(train))
		for _, a := range side {
			for _, b := range side {
				xs = append(xs, a, b)
			}
		}
	}
	return xs, train, test, nil
}

// predictions returns the outputs of a run, [R][n·outputs]; for two classes, where the output is a
// logit, the probability of class 1.
func predictions(run *experiment.Run, xs []float64) ([][]float64, error) {
	all, err := eval.Predict(run, xs)
	for _, outputs := range all {
		for i, output := range outputs {
			outputs[i] = run.Spec.Loss.Prediction(output, run.Spec.Arch.Outputs())
		}
	}
	return all, err
}

// errorsAt returns the errors of predictions [n] at points [n, inputs], where the function has the values truth [n].
func errorsAt(task data.Task, xs, truth, predictions []float64) Errors {
	var all, offZero, offJumps, atJumps, elsewhere []float64
	overshoot := math.NaN()
	if task.Formula() != "" {
		overshoot = 0
	}
	low, high := slices.Min(truth), slices.Max(truth)
	for i := range truth {
		squared := (predictions[i] - truth[i]) * (predictions[i] - truth[i])
		all = append(all, squared)
		if task.Formula() == "" { // not a function of the homework
			continue
		}
		x, jump := xs[i], math.Inf(1)
		if task != data.Sinc {
			jump = jumpDistance(xs[i])
		}
		if math.Abs(x) >= nearZero {
			offZero = append(offZero, squared)
		}
		if jump > nearJump && (task != data.SignedDecay || math.Abs(x) >= nearZero) {
			offJumps = append(offJumps, squared)
		}
		if jump < atJump {
			atJumps = append(atJumps, squared)
		} else {
			elsewhere = append(elsewhere, squared)
		}
		if task == data.SquareWave && jump <= 5*nearJump {
			overshoot = max(overshoot, predictions[i]-high, low-predictions[i])
		}
	}
	_, variance := stat.PopMeanVariance(truth, nil)
	mse := stat.Mean(all, nil)
	return Errors{mse, mse / variance, stat.Mean(offZero, nil), stat.Mean(offJumps, nil), stat.Mean(atJumps, nil), stat.Mean(elsewhere, nil), overshoot}
}

// jumpDistance returns how far x is from the nearest zero of sin(5πx) within (-1, 1) other than
// 0, where the signed functions change sign.
func jumpDistance(x float64) float64 {
	k := min(4, max(1, math.Round(math.Abs(x)*5)))
	return math.Abs(math.Abs(x) - k/5)
}

// Valid checks that there is a prediction for each point.
func (f Fit) Valid() error {
	if err := f.Run.Valid(); err != nil {
		return fmt.Errorf("a fit: %w", err)
	}
	n := len(f.Y)
	if n == 0 || len(f.TestErrors) == 0 || len(f.TrainErrors) != len(f.TestErrors) || !f.Run.Spec.Task.IsFunction() {
		return fmt.Errorf("the fit of %s has %d points and %s; take one that fit.Evaluate returned", f.Run.Label(), n, words.Plural(len(f.TestErrors), "test error"))
	}
	return cmp.Or(check.Vector("the points of a fit", f.X, n*f.Run.Spec.Arch.Features()), check.Vector("the predictions of a fit", f.Y, n), check.Vector("the truth of a fit", f.Truth, n))
}
