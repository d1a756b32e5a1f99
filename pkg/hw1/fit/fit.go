// Package fit is part 1-1: what networks predict for a function, and how far polishing takes them.
package fit

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
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
	if err := check.Args("Fits", runs...); err != nil {
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
	order := make([]int, len(run.Replicas))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(run.Replicas[a].Train.Loss, run.Replicas[b].Train.Loss)
	})
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
		return nil, fmt.Errorf("FunctionPlot needs at least one function")
	}
	row := make([]*plot.Plot, len(tasks))
	xs, _ := data.FunctionGrid()
	var rows [][]string
	for i, task := range tasks {
		if task.Formula() == "" {
			return nil, fmt.Errorf("%q is no function that can be drawn", task)
		}
		p := figure.NewPanel(string(task)+":  "+task.Formula(), "x", "f(x)")
		points := make(plotter.XYs, len(xs))
		for j, x := range xs {
			points[j] = plotter.XY{X: x, Y: task.At(x)}
			rows = append(rows, []string{string(task), words.Float(x), words.Float(points[j].Y)})
		}
		dots, err := plotter.NewScatter(points)
		if err != nil {
			return nil, err
		}
		dots.Color, dots.Radius, dots.Shape = figure.Color(0), vg.Points(1.1), figure.Circle
		p.Add(dots)
		row[i] = p
	}
	f := figure.New("functions", caption, "The 500 training points of each function", [][]*plot.Plot{row})
	f.CSV = figure.CSV([]string{"function", "x", "y"}, rows)
	return f, nil
}

// Plot returns the predictions of runs on one function against the truth, and
// below it the residuals.
func Plot(caption string, fits ...Fit) (*figure.Figure, error) {
	if err := check.Args("FitPlot", fits...); err != nil {
		return nil, err
	}
	task := fits[0].Run.Spec.Task
	for _, fit := range fits {
		if other := fit.Run.Spec.Task; other != task {
			return nil, fmt.Errorf("FitPlot draws one function, not %s and %s", task, other)
		}
	}
	curves, residuals := figure.NewPanel(string(task), "", "f(x)"), figure.NewPanel("", "x", "prediction − truth")
	truth, err := plotter.NewScatter(figure.XYs(fits[0].X, fits[0].Truth))
	if err != nil {
		return nil, err
	}
	truth.Color, truth.Radius, truth.Shape = figure.TruthColor, vg.Points(1), figure.Circle
	curves.Add(truth)
	curves.Legend.Add("truth", truth)
	var rows [][]string
	for i, fit := range fits {
		difference := make([]float64, len(fit.X))
		for j := range fit.X {
			difference[j] = fit.Y[j] - fit.Truth[j]
			rows = append(rows, []string{fit.Run.Label(), words.Float(fit.X[j]), words.Float(fit.Truth[j]), words.Float(fit.Y[j])})
		}
		for p, values := range map[*plot.Plot][]float64{curves: fit.Y, residuals: difference} {
			line, err := plotter.NewLine(figure.XYs(fit.X, values))
			if err != nil {
				return nil, err
			}
			line.Color, line.Width = figure.Faded(figure.Color(i), 0.9), vg.Points(1.3)
			p.Add(line)
			if p == curves {
				p.Legend.Add(fmt.Sprintf("%s (seed %d)", fit.Run.Label(), fit.Seed), line)
			}
		}
	}
	figure.Headroom(&curves.Y, 0.45) // for the legend
	f := figure.New("fit-"+words.Slug(string(task)), caption, "Predictions of each network for "+string(task)+" against the truth, and the residuals",
		[][]*plot.Plot{{curves}, {residuals}})
	f.Height = 14 * vg.Centimeter
	f.CSV = figure.CSV([]string{"model", "x", "truth", "prediction"}, rows)
	return f, nil
}

// SummaryTable returns a row per run: parameters, epochs, why it stopped, and the
// losses as median and range over the seeds.
func SummaryTable(caption string, runs ...*experiment.Run) (*figure.Table, error) {
	if err := check.Args("SummaryTable", runs...); err != nil {
		return nil, err
	}
	t := &figure.Table{Caption: caption, Name: "summary", Header: []string{
		"model", "task", "weight decay", "parameters", "epochs", "converged", "dead starts", "train MSE", "test MSE",
	}}
	for _, run := range runs {
		epochs := run.Values(func(r experiment.Replica) float64 { return float64(r.Epochs) })
		converged := run.Count(func(r experiment.Replica) bool { return r.Stop == experiment.StopConverged })
		dead := run.Count(func(r experiment.Replica) bool { return r.DeadStart })
		t.Rows = append(t.Rows, []string{
			run.Label(), string(run.Spec.Task), fmt.Sprintf("%g", run.Spec.WeightDecay), words.Thousands(run.Spec.Arch.ParamCount()),
			words.Thousands(int(num.Median(epochs))), fmt.Sprintf("%d of %d", converged, len(run.Replicas)),
			fmt.Sprintf("%d of %d", dead, len(run.Replicas)), words.MedianRange(run.TrainLosses()), words.MedianRange(run.TestLosses()),
		})
	}
	return t, nil
}

// ErrorTable returns a row per fit: the parts of the test error, medians over the seeds.
func ErrorTable(caption string, fits ...Fit) (*figure.Table, error) {
	if err := check.Args("ErrorTable", fits...); err != nil {
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
		t.Rows = append(t.Rows, []string{
			fit.Run.Label(), string(fit.Run.Spec.Task), fmt.Sprintf("%g", fit.Run.Spec.WeightDecay),
			median(func(e TestError) float64 { return e.MSE }), median(func(e TestError) float64 { return e.Relative }),
			median(func(e TestError) float64 { return e.OffZero }), median(func(e TestError) float64 { return e.OffJumps }), overshoot,
		})
	}
	return t, nil
}

// This file says what the results of analyses have to be like to be drawn, to be
// tabulated, or to be analyzed further.

func (f Fit) Valid() error {
	if err := f.Run.Valid(); err != nil {
		return fmt.Errorf("a fit: %w", err)
	}
	n := len(f.X)
	if n == 0 || len(f.TestErrors) == 0 || f.Run.Spec.Task.Formula() == "" {
		return fmt.Errorf("the fit of %s has %d points and %s; take one that Fits returned", f.Run.Label(), n, words.Plural(len(f.TestErrors), "test error"))
	}
	return cmp.Or(check.Vector("the points of a fit", f.X, n), check.Vector("the predictions of a fit", f.Y, n), check.Vector("the truth of a fit", f.Truth, n))
}
