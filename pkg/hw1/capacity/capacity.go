// Package capacity is part 3-2: loss and error against the number of parameters, and random features.
package capacity

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// fittedShare is the training accuracy from which a network counts as one that
// interpolates its training set.
const fittedShare = 0.999

// Threshold returns the smallest of the runs' networks from which on every larger
// one fits its training set: the interpolation threshold, at a median training
// accuracy of 99.9 %. There is none where the largest does not fit, or where
// one of the runs is not complete.
func Threshold(runs ...*experiment.Run) (*experiment.Run, bool) {
	if check.Args("Threshold", runs...) != nil {
		return nil, false
	}
	sorted := bySize(runs)
	var threshold *experiment.Run
	for _, run := range slices.Backward(sorted) {
		if num.Median(run.TrainAccuracies()) < fittedShare {
			break
		}
		threshold = run
	}
	return threshold, threshold != nil
}

// bySize returns the runs by their number of parameters.
func bySize(runs []*experiment.Run) []*experiment.Run {
	return slices.SortedStableFunc(slices.Values(runs), func(a, b *experiment.Run) int {
		return cmp.Compare(a.Spec.Arch.ParamCount(), b.Spec.Arch.ParamCount())
	})
}

// Bump returns the height of the highest bump in a curve, and its index: how far
// a value lies above both the lowest one before it and the lowest one after it.
// The height is 0 where the curve only falls, only rises, or falls and then rises:
// a test error without double descent has no bump.
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

// Plot returns loss, accuracy, and generalization gap (the training
// accuracy less the test's) of runs against their numbers of parameters: the
// training drawn solid and the test dashed, medians over the seeds with their range.
func Plot(caption string, runs ...*experiment.Run) (*figure.Figure, error) {
	if err := check.Args("CapacityPlot", runs...); err != nil {
		return nil, err
	}
	c := newCapacity(runs)
	loss, accuracy, gap := parameterPanel("loss"), parameterPanel("accuracy"), parameterPanel("accuracy, train − test")
	figure.LogY(loss)
	accuracy.Legend.Top = false
	for _, curve := range []capacityCurve{
		{loss, "train loss", "training", nil, func(r experiment.Replica) float64 { return r.Train.Loss }},
		{loss, "test loss", "test", figure.TestDashes, func(r experiment.Replica) float64 { return r.Test.Loss }},
		{accuracy, "train accuracy", "training", nil, func(r experiment.Replica) float64 { return r.Train.Accuracy }},
		{accuracy, "test accuracy", "test", figure.TestDashes, func(r experiment.Replica) float64 { return r.Test.Accuracy }},
		{gap, "accuracy gap", "", nil, func(r experiment.Replica) float64 { return r.Train.Accuracy - r.Test.Accuracy }},
	} {
		if err := c.add(curve, 0); err != nil {
			return nil, err
		}
	}
	return c.figure("parameters", caption, "Loss, accuracy and generalization gap against the number of parameters", loss, accuracy, gap), nil
}

// DescentPlot returns loss and share of wrong classes against the number of
// parameters, a colour per panel of runs: the training drawn solid and the test
// dashed. A dotted line marks each panel's interpolation threshold.
func DescentPlot(caption string, series ...curves.Panel) (*figure.Figure, error) {
	if err := check.Args("DescentPlot", series...); err != nil {
		return nil, err
	}
	loss, wrong := parameterPanel("loss"), parameterPanel("classified wrong")
	figure.LogY(loss)
	var c capacity
	for i, s := range series {
		c.sorted = bySize(s.Runs)
		for _, curve := range []capacityCurve{
			{loss, s.Title + ", train loss", "", nil, func(r experiment.Replica) float64 { return r.Train.Loss }},
			{loss, s.Title + ", test loss", "", figure.TestDashes, func(r experiment.Replica) float64 { return r.Test.Loss }},
			{wrong, s.Title + ", train error", s.Title + ", training", nil, func(r experiment.Replica) float64 { return 1 - r.Train.Accuracy }},
			{wrong, s.Title + ", test error", s.Title + ", test", figure.TestDashes, func(r experiment.Replica) float64 { return 1 - r.Test.Accuracy }},
		} {
			if err := c.add(curve, i); err != nil {
				return nil, err
			}
		}
	}
	loss.Y.Min = max(loss.Y.Min, 1e-5)
	for i, s := range series {
		if threshold, ok := Threshold(s.Runs...); ok {
			size := float64(threshold.Spec.Arch.ParamCount())
			figure.AddUpright(loss, size, "", figure.Color(i))
			figure.AddUpright(wrong, size, s.Title+", fits", figure.Color(i))
		}
	}
	return c.figure("descent", caption, "Loss and error against the number of parameters, with the interpolation thresholds", loss, wrong), nil
}

// Table returns a row per run: its size, its scores, and the share by which
// its training loss still fell in the last tenth of its epochs, a measure of how
// far it is from convergence; medians over the seeds.
func Table(caption string, runs ...*experiment.Run) (*figure.Table, error) {
	if err := check.Args("CapacityTable", runs...); err != nil {
		return nil, err
	}
	if err := experiment.NeedImages("CapacityTable", runs...); err != nil {
		return nil, err
	}
	t := &figure.Table{Caption: caption, Name: "capacity", Header: []string{
		"model", "random labels", "parameters", "train loss", "test loss", "train accuracy", "test accuracy", "loss fell at the end",
	}}
	for _, run := range runs {
		median := func(of func(experiment.Replica) float64) float64 { return num.Median(run.Values(of)) }
		t.Rows = append(t.Rows, []string{
			run.Label(), fmt.Sprintf("%.0f %%", 100*run.Spec.LabelNoise), words.Thousands(run.Spec.Arch.ParamCount()),
			words.Significant(3, median(func(r experiment.Replica) float64 { return r.Train.Loss })),
			words.Significant(3, median(func(r experiment.Replica) float64 { return r.Test.Loss })),
			words.Percent(num.Median(run.TrainAccuracies())), words.Percent(num.Median(run.TestAccuracies())),
			fmt.Sprintf("%.1f %%", 100*median(lateFall)),
		})
	}
	return t, nil
}

// lateFall returns the share by which the training loss fell in about the last
// tenth of the epochs.
func lateFall(r experiment.Replica) float64 {
	before := r.Train.Loss
	for i, epoch := range r.History.Epoch {
		if epoch <= r.Epochs*9/10 {
			before = r.History.TrainLoss[i]
		}
	}
	return 1 - r.Train.Loss/before
}

// capacity draws runs against their sizes and gathers what it draws.
type capacity struct {
	sorted []*experiment.Run
	table  [][]string
}

func newCapacity(runs []*experiment.Run) *capacity { return &capacity{sorted: bySize(runs)} }

// capacityCurve is one quantity of the runs, and where it is drawn.
type capacityCurve struct {
	panel        *plot.Plot
	name, legend string
	dashes       []vg.Length
	of           func(experiment.Replica) float64
}

func parameterPanel(y string) *plot.Plot {
	p := figure.NewPanel("", "parameters", y)
	figure.LogX(p)
	return p
}

func (c *capacity) figure(name, caption, alt string, panels ...*plot.Plot) *figure.Figure {
	f := figure.New(name, caption, alt, [][]*plot.Plot{panels})
	f.CSV = figure.CSV([]string{"quantity", "model", "parameters", "median", "lowest", "highest"}, c.table)
	return f
}

// add draws a curve in the colour of an index.
func (c *capacity) add(curve capacityCurve, index int) error {
	what := "a plot of the " + curve.name
	if err := cmp.Or(experiment.NeedImages(what, c.sorted...), experiment.NeedSameSeeds(what, c.sorted)); err != nil {
		return err
	}
	x := make([]float64, len(c.sorted))
	rows := make([][]float64, len(c.sorted[0].Replicas))
	for i, run := range c.sorted {
		x[i] = float64(run.Spec.Arch.ParamCount())
		for r, replica := range run.Replicas {
			rows[r] = append(rows[r], curve.of(replica))
		}
	}
	line, err := figure.AddMedian(curve.panel, x, rows, figure.Stroke{Color: figure.Color(index), Dashes: curve.dashes, Marked: true})
	if err != nil {
		return err
	}
	if curve.legend != "" {
		curve.panel.Legend.Add(curve.legend, line)
	}
	median, low, high := num.Spread(rows)
	for i, run := range c.sorted {
		row := []string{curve.name, run.Label()}
		for _, v := range []float64{x[i], median[i], low[i], high[i]} {
			row = append(row, words.Float(v))
		}
		c.table = append(c.table, row)
	}
	return nil
}
