// Package fit is part 1-1: what networks predict for a function, and how far polishing takes them.
package fit

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot/vg"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
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
	Seed       int       // of the replica with the median training loss
	X, Y       []float64 // training and test points in order, and the predictions there
	Truth      []float64
	TestErrors []TestError // of every replica
}

// TestError is a replica's error on the test points of a function, in parts.
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
	train, test := data.FunctionGrid()
	xs := slices.Sorted(slices.Values(slices.Concat(train, test)))
	fits := make([]Fit, len(runs))
	for i, run := range runs {
		all, err := predictions(run, xs)
		if err != nil {
			return nil, err
		}
		tested, err := predictions(run, test)
		if err != nil {
			return nil, err
		}
		fit := Fit{Run: run, X: xs, Truth: data.Sample(run.Spec.Task.At, xs).Y}
		for _, predictions := range tested {
			fit.TestErrors = append(fit.TestErrors, testError(run.Spec.Task, test, predictions))
		}
		median := medianReplica(run)
		fit.Seed, fit.Y = run.Replicas[median].Seed, all[median]
		fits[i] = fit
	}
	return fits, nil
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
	truth := data.Sample(task.At, xs).Y
	var all, offZero, offJumps []float64
	overshoot := 0.0
	low, high := slices.Min(truth), slices.Max(truth)
	for i, x := range xs {
		squared := (predictions[i] - truth[i]) * (predictions[i] - truth[i])
		all = append(all, squared)
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

// FunctionPlot returns the graphs of functions, a panel each.
func FunctionPlot(caption string, tasks ...data.Task) (*figure.Figure, error) {
	if len(tasks) == 0 {
		return nil, fmt.Errorf("fit.FunctionPlot needs at least one function")
	}
	var row []*figure.Panel
	xs, _ := data.FunctionGrid()
	table := figure.NewData("function", "x", "y")
	for _, task := range tasks {
		if task.Formula() == "" {
			return nil, fmt.Errorf("%q is no function that can be drawn", task)
		}
		ys := data.Sample(task.At, xs).Y
		for j, x := range xs {
			table.Add(task, x, ys[j])
		}
		p := figure.NewPanel(string(task)+":  "+task.Formula(), "x", "f(x)")
		p.Dots(figure.XYs(xs, ys), figure.Color(0), 1.1, figure.Circle)
		row = append(row, p)
	}
	return figure.New(figure.Figure{Name: "functions", Caption: caption, Alt: "The 500 training points of each function", CSV: table.CSV()}, row)
}

// Plot returns the predictions of runs on one function against the truth, and
// below it the residuals.
func Plot(caption string, fits ...Fit) (*figure.Figure, error) {
	if err := check.Args("fit.Plot", fits...); err != nil {
		return nil, err
	}
	task := fits[0].Run.Spec.Task
	for _, fit := range fits {
		if other := fit.Run.Spec.Task; other != task {
			return nil, fmt.Errorf("fit.Plot draws one function, not %s and %s", task, other)
		}
	}
	curves, residuals := figure.NewPanel(string(task), "", "f(x)"), figure.NewPanel("", "x", "prediction − truth")
	curves.Legend.Add("truth", curves.Dots(figure.XYs(fits[0].X, fits[0].Truth), figure.TruthColor, 1, figure.Circle))
	table := figure.NewData("model", "x", "truth", "prediction")
	for i, fit := range fits {
		for j, x := range fit.X {
			table.Add(fit.Run.Label(), x, fit.Truth[j], fit.Y[j])
		}
		c := figure.Faded(figure.Color(i), 0.9)
		line := curves.Line(figure.XYs(fit.X, fit.Y), c, 1.3)
		curves.Legend.Add(fmt.Sprintf("%s (seed %d)", fit.Run.Label(), fit.Seed), line)
		residuals.Line(figure.XYs(fit.X, floats.SubTo(make([]float64, len(fit.X)), fit.Y, fit.Truth)), c, 1.3)
	}
	figure.Headroom(&curves.Y, 0.45) // for the legend
	return figure.New(figure.Figure{
		Name: "fit-" + words.Slug(string(task)), Caption: caption, Height: 14 * vg.Centimeter, CSV: table.CSV(),
		Alt: "Predictions of each network for " + string(task) + " against the truth, and the residuals",
	}, []*figure.Panel{curves}, []*figure.Panel{residuals})
}

// SummaryTable returns a row per run: parameters, epochs, why it stopped, and the
// losses as median and range over the seeds.
func SummaryTable(caption string, runs ...*experiment.Run) (*figure.Table, error) {
	if err := check.Args("fit.SummaryTable", runs...); err != nil {
		return nil, err
	}
	t := &figure.Table{Caption: caption, Name: "summary", Header: []string{
		"model", "task", "weight decay", "parameters", "epochs", "converged", "dead starts", "train MSE", "test MSE",
	}}
	for _, run := range runs {
		of := func(is func(experiment.Replica) bool) string {
			return fmt.Sprintf("%d of %d", run.Count(is), len(run.Replicas))
		}
		t.Add(run.Label(), run.Spec.Task, run.Spec.WeightDecay, words.Thousands(run.Spec.Arch.ParamCount()),
			words.Thousands(int(run.Median(func(r experiment.Replica) float64 { return float64(r.Epochs) }))),
			of(func(r experiment.Replica) bool { return r.Stop == experiment.StopConverged }),
			of(func(r experiment.Replica) bool { return r.DeadStart }),
			words.MedianRange(run.TrainLosses()), words.MedianRange(run.TestLosses()))
	}
	return t, nil
}

// ErrorTable returns a row per fit: the parts of the test error, medians over the seeds.
func ErrorTable(caption string, fits ...Fit) (*figure.Table, error) {
	if err := check.Args("fit.ErrorTable", fits...); err != nil {
		return nil, err
	}
	t := &figure.Table{Caption: caption, Name: "test-error", Header: []string{
		"model", "task", "weight decay", "test MSE", "MSE / variance", "MSE, |x| ≥ 0.02", "MSE away from jumps", "overshoot at jumps",
	}}
	for _, fit := range fits {
		median := func(of func(TestError) float64) string {
			var values []float64
			for _, e := range fit.TestErrors {
				values = append(values, of(e))
			}
			return words.Significant(2, num.Median(values))
		}
		overshoot := "–"
		if fit.Run.Spec.Task == data.SquareWave {
			overshoot = median(func(e TestError) float64 { return e.Overshoot })
		}
		t.Add(fit.Run.Label(), fit.Run.Spec.Task, fit.Run.Spec.WeightDecay,
			median(func(e TestError) float64 { return e.MSE }), median(func(e TestError) float64 { return e.Relative }),
			median(func(e TestError) float64 { return e.OffZero }), median(func(e TestError) float64 { return e.OffJumps }), overshoot)
	}
	return t, nil
}

// Valid checks that there is a prediction for each point.
func (f Fit) Valid() error {
	if err := f.Run.Valid(); err != nil {
		return fmt.Errorf("a fit: %w", err)
	}
	n := len(f.X)
	if n == 0 || len(f.TestErrors) == 0 || f.Run.Spec.Task.Formula() == "" {
		return fmt.Errorf("the fit of %s has %d points and %s; take one that fit.Evaluate returned", f.Run.Label(), n, words.Plural(len(f.TestErrors), "test error"))
	}
	return cmp.Or(check.Vector("the points of a fit", f.X, n), check.Vector("the predictions of a fit", f.Y, n), check.Vector("the truth of a fit", f.Truth, n))
}
