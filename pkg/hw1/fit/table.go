package fit

import (
	"fmt"
	"math"
	"slices"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// SummaryTable returns a row per run: its weight decay, if any run has one, its parameters, its
// epochs, how many seeds converged or were dead starts, and the losses as median and range over
// the seeds.
func SummaryTable(caption string, runs ...*experiment.Run) (*figure.Table, error) {
	if err := experiment.NeedScores("fit.SummaryTable", runs...); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "summary", "model", "task", "weight decay", "parameters", "epochs", "converged", "dead starts", "train MSE", "test MSE")
	names := experiment.Labels(runs...)
	for i, run := range runs {
		of := func(is func(experiment.Replica) bool) string {
			return fmt.Sprintf("%d of %d", run.Count(is), len(run.Replicas))
		}
		dead := of(func(r experiment.Replica) bool { return r.DeadStart })
		if run.Spec.Loss.IsOwn() { // what a constant prediction would cost is unknown
			dead = "–"
		}
		t.Add(names[i], run.Spec.Task, run.Spec.WeightDecay, words.Thousands(run.Spec.Arch.Trained()),
			words.Thousands(int(run.Median(func(r experiment.Replica) float64 { return float64(r.Epochs) }))),
			of(func(r experiment.Replica) bool { return r.Stop == experiment.StopConverged }),
			dead, words.MedianRange(run.TrainLosses()), words.MedianRange(run.TestLosses()))
	}
	dropDecay(t, runs)
	if slices.ContainsFunc(runs, func(run *experiment.Run) bool { return !run.Spec.Loss.LeastSquares() }) {
		t.Header = append(t.Header[:len(t.Header)-2], "train loss", "test loss")
	}
	return t, nil
}

// dropDecay drops the column of the weight decay if no run has one.
func dropDecay(t *figure.Table, runs []*experiment.Run) {
	if !slices.ContainsFunc(runs, func(run *experiment.Run) bool { return run.Spec.WeightDecay != 0 }) {
		t.Drop("weight decay")
	}
}

// ErrorTable returns a row per fit: the training error, and those parts of the test error that its function has; medians over
// the seeds. All errors are against the function itself, so that the training error of targets with noise is not their loss.
func ErrorTable(caption string, fits ...Fit) (*figure.Table, error) {
	if err := check.Args("fit.ErrorTable", fits...); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "test-error",
		"model", "task", "weight decay", "train MSE", "test MSE", "test MSE / variance", "test, |x| ≥ 0.02", "test, off jumps and pole", "overshoot at jumps")
	names := labels(fits)
	for i, fit := range fits {
		test, overshoot := fit.TestErrors, "–"
		if fit.Run.Spec.Task == data.SquareWave {
			overshoot = median(test, func(e Errors) float64 { return e.Overshoot })
		}
		t.Add(names[i], fit.Run.Spec.Task, fit.Run.Spec.WeightDecay, median(fit.TrainErrors, func(e Errors) float64 { return e.MSE }),
			median(test, func(e Errors) float64 { return e.MSE }), median(test, func(e Errors) float64 { return e.Relative }),
			median(test, func(e Errors) float64 { return e.OffZero }), median(test, func(e Errors) float64 { return e.OffJumps }), overshoot)
	}
	if slices.ContainsFunc(fits, func(f Fit) bool { return f.Run.Spec.Task.IsNoisy() }) {
		t.Header[slices.Index(t.Header, "train MSE")] = "train MSE, without noise"
	}
	t.DropDashes()
	dropDecay(t, runsOf(fits))
	return t, nil
}

// JumpTable returns a row per fit of a function with jumps: the training and test errors at all points, at
// those near a jump, and at the others; medians over the seeds.
func JumpTable(caption string, fits ...Fit) (*figure.Table, error) {
	if err := check.Args("fit.JumpTable", fits...); err != nil {
		return nil, err
	}
	for _, fit := range fits {
		if !slices.ContainsFunc(fit.TestErrors, func(e Errors) bool { return !math.IsNaN(e.AtJumps) }) {
			return nil, fmt.Errorf("fit.JumpTable is for functions whose jumps it knows, hw1.SignedDecay and hw1.SquareWave, and not for %s; leave it out", fit.Run.Spec.Task)
		}
	}
	t := figure.NewTable(caption, "jumps",
		"model", "task", "weight decay", "train MSE", "test MSE", "train, beside jumps", "test, on jumps", "train, elsewhere", "test, elsewhere")
	names := labels(fits)
	for i, fit := range fits {
		row := []any{names[i], fit.Run.Spec.Task, fit.Run.Spec.WeightDecay}
		for _, of := range []func(Errors) float64{func(e Errors) float64 { return e.MSE }, func(e Errors) float64 { return e.AtJumps }, func(e Errors) float64 { return e.Elsewhere }} {
			row = append(row, median(fit.TrainErrors, of), median(fit.TestErrors, of))
		}
		t.Add(row...)
	}
	dropDecay(t, runsOf(fits))
	return t, nil
}

// median writes the median of one part of the errors, or a dash if it has no points or no variance to be divided
// by.
func median(errors []Errors, of func(Errors) float64) string {
	if m := num.Median(num.Map(errors, of)); check.IsFinite(m) {
		return words.Significant(2, m)
	}
	return "–"
}
