// Package capacity is part 3-2: loss and error against the number of parameters, and random features.
package capacity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// fittedShare is the training accuracy at or above which a network counts as interpolating its
// training set.
const fittedShare = 0.999

// Threshold returns the interpolation threshold: the run with the smallest network that fits
// its training set, as do all larger ones, at a median training accuracy of 99.9 %. It returns
// false if the largest network does not fit, or if one of the runs is not complete.
func Threshold(runs ...*experiment.Run) (*experiment.Run, bool) {
	if check.Args("capacity.Threshold", runs...) != nil {
		return nil, false
	}
	var threshold *experiment.Run
	for _, run := range slices.Backward(bySize(runs)) {
		if !(num.Median(run.TrainAccuracies()) >= fittedShare) { // a regression has no accuracy
			break
		}
		threshold = run
	}
	return threshold, threshold != nil
}

// bySize returns the runs sorted by their number of parameters.
func bySize(runs []*experiment.Run) []*experiment.Run {
	return slices.SortedStableFunc(slices.Values(runs), func(a, b *experiment.Run) int {
		return cmp.Compare(a.Spec.Arch.Trained(), b.Spec.Arch.Trained())
	})
}

// Bump returns the height of the highest bump in a curve, and its index. The height is how far
// a value lies above both the lowest one before it and the lowest one after it. It is 0 if the
// curve only falls, only rises, or falls and then rises: a test error without double descent
// has no bump.
func Bump(values []float64) (at int, height float64) {
	for i, v := range values {
		if i == 0 || i == len(values)-1 {
			continue
		}
		if h := v - max(slices.Min(values[:i]), slices.Min(values[i+1:])); h > height {
			at, height = i, h
		}
	}
	return at, height
}

// Bumps returns where the median of some curves, rows [R][n], has its highest bump, and how high the bump of each
// row is there: above the row's values at the two places where the median is lowest, before and after the peak.
// So the places are the same for all rows, and no row's noise is taken for a bump. A row without a bump there has
// a height of 0 or less.
func Bumps(rows [][]float64) (at int, heights []float64) {
	if len(rows) == 0 || len(rows[0]) == 0 || slices.ContainsFunc(rows, func(row []float64) bool { return len(row) != len(rows[0]) }) {
		return 0, nil
	}
	median, _, _ := num.Spread(rows)
	at, height := Bump(median)
	if height == 0 {
		return 0, make([]float64, len(rows))
	}
	before := num.Order(median[:at])[0]
	after := at + 1 + num.Order(median[at+1:])[0]
	return at, num.Map(rows, func(row []float64) float64 { return row[at] - max(row[before], row[after]) })
}

// Plot returns loss, accuracy, and generalization gap (training minus test accuracy) of runs
// against their numbers of parameters: training solid and test dashed, medians over the seeds
// with their range.
func Plot(caption string, runs ...*experiment.Run) (*figure.Figure, error) {
	if err := cmp.Or(experiment.NeedOneTask("capacity.Plot", runs...), needSizes(runs)); err != nil {
		return nil, err
	}
	loss, accuracy, gap := parameterPanel("loss"), parameterPanel("accuracy"), parameterPanel("accuracy, train − test")
	loss.LogY()
	addCurve(loss, "training", runs, 0, nil, func(r experiment.Replica) float64 { return r.Train.Loss })
	addCurve(loss, "test", runs, 0, figure.TestDashes, func(r experiment.Replica) float64 { return r.Test.Loss })
	addCurve(accuracy, "training", runs, 0, nil, func(r experiment.Replica) float64 { return r.Train.Accuracy })
	addCurve(accuracy, "test", runs, 0, figure.TestDashes, func(r experiment.Replica) float64 { return r.Test.Accuracy })
	addCurve(gap, "gap", runs, 0, nil, func(r experiment.Replica) float64 { return r.Train.Accuracy - r.Test.Accuracy })
	gap.NoLegend()
	return figure.New(figure.Figure{
		Name: "parameters", Caption: caption, Alt: "Loss, accuracy and generalization gap against the number of parameters",
	}, []*figure.Panel{loss, accuracy, gap})
}

// DescentPlot returns loss and classification error against the number of parameters, a colour per panel of runs: training
// solid and test dashed. A further panel shows only the test error of networks whose error is low. A dotted line marks the
// interpolation threshold of each panel of runs.
func DescentPlot(caption string, series ...curves.Panel) (*figure.Figure, error) {
	all := slices.Concat(num.Map(series, func(p curves.Panel) []*experiment.Run { return p.Runs })...)
	if err := cmp.Or(check.Args("capacity.DescentPlot", series...), experiment.NeedOneTask("capacity.DescentPlot", all...)); err != nil {
		return nil, err
	}
	loss, wrong, near := parameterPanel("loss"), parameterPanel("classification error"), parameterPanel("classification error, test")
	loss.LogY()
	bound := 0.0 // twice the test error of the largest network: below it, a bump is visible
	for _, s := range series {
		if err := needSizes(s.Runs); err != nil {
			return nil, err
		}
		runs := bySize(s.Runs)
		bound = max(bound, 2*runs[len(runs)-1].Median(testError))
	}
	for i, s := range series {
		addCurve(loss, s.Title+", training", s.Runs, i, nil, func(r experiment.Replica) float64 { return r.Train.Loss })
		addCurve(loss, s.Title+", test", s.Runs, i, figure.TestDashes, func(r experiment.Replica) float64 { return r.Test.Loss })
		addCurve(wrong, s.Title+", training", s.Runs, i, nil, func(r experiment.Replica) float64 { return 1 - r.Train.Accuracy })
		addCurve(wrong, s.Title+", test", s.Runs, i, figure.TestDashes, testError)
		low := slices.DeleteFunc(slices.Clone(s.Runs), func(run *experiment.Run) bool { return run.Median(testError) > bound })
		addCurve(near, s.Title+", test", low, i, figure.TestDashes, testError)
	}
	loss.NoLegend()
	near.NoLegend()
	if loss.Y.Min > 0 {
		loss.Y.Min = max(loss.Y.Min, 1e-5)
	}
	for i, s := range series {
		if threshold, ok := Threshold(s.Runs...); ok {
			size := float64(threshold.Spec.Arch.Trained())
			loss.Upright(size, "", figure.Color(i))
			wrong.Upright(size, s.Title+", fits", figure.Color(i))
			near.Upright(size, "", figure.Color(i))
		}
	}
	return figure.New(figure.Figure{
		Name: "descent", Caption: caption, Alt: "Loss and error against the number of parameters, with the interpolation thresholds",
	}, []*figure.Panel{loss, wrong, near})
}

// testError returns the share of test examples that a replica gets wrong.
func testError(r experiment.Replica) float64 { return 1 - r.Test.Accuracy }

// Table returns a row per run: its size, its scores, and by what share its training loss still
// fell in the last tenth of its epochs, a measure of how far it is from convergence; medians
// over the seeds.
func Table(caption string, runs ...*experiment.Run) (*figure.Table, error) {
	if err := cmp.Or(experiment.NeedImages("capacity.Table", runs...), experiment.NeedScores("capacity.Table", runs...)); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "capacity",
		"model", "random labels", "parameters", "train loss", "test loss", "train accuracy", "test accuracy", "loss fell at the end")
	for i, name := range experiment.Labels(runs...) {
		run := runs[i]
		t.Add(name, fmt.Sprintf("%.0f %%", 100*run.Spec.LabelNoise), words.Thousands(run.Spec.Arch.Trained()),
			words.Significant(3, num.Median(run.TrainLosses())), words.Significant(3, num.Median(run.TestLosses())),
			words.Percent(num.Median(run.TrainAccuracies())), words.Percent(num.Median(run.TestAccuracies())), words.Fixed(1, 100*run.Median(lateFall), " %"))
	}
	return t, nil
}

// lateFall returns the relative fall of the training loss in about the last tenth of the
// epochs; NaN if it was not evaluated near the beginning of that, with few epochs or evaluations.
func lateFall(r experiment.Replica) float64 {
	before := math.NaN()
	for i, epoch := range r.History.Epoch {
		if left := r.Epochs - epoch; 10*left >= r.Epochs && 5*left <= r.Epochs {
			before = r.History.TrainLoss[i]
		}
	}
	return (before - r.Train.Loss) / math.Abs(before)
}

func parameterPanel(y string) *figure.Panel {
	p := figure.NewPanel("", "parameters", y)
	p.LogX()
	return p
}

// needSizes returns an error unless runs can be drawn against their sizes.
func needSizes(runs []*experiment.Run) error {
	const function = "a plot against the parameters"
	return cmp.Or(experiment.NeedImages(function, runs...), experiment.NeedSameSeeds(function, runs...), experiment.NeedScores(function, runs...))
}

// addCurve draws a quantity of some runs against their sizes, in the colour with an index.
func addCurve(p *figure.Panel, name string, runs []*experiment.Run, index int, dashes []vg.Length, of func(experiment.Replica) float64) {
	sorted := bySize(runs)
	x := num.Map(sorted, func(run *experiment.Run) float64 { return float64(run.Spec.Arch.Trained()) })
	c := figure.Across(x, sorted, func(run *experiment.Run) []float64 { return run.Values(of) })
	p.Named(name, c, figure.Stroke{Color: figure.Color(index), Dashes: dashes, Marked: true})
}
