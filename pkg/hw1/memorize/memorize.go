// Package memorize is part 3-1: networks that learn random labels by heart.
package memorize

import (
	"cmp"
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Plot returns loss and accuracy against epochs, all axes but that of the
// accuracy logarithmic: a colour per run, training drawn solid and test dashed, medians
// over the seeds. A ring marks the epoch of the lowest test loss, also a median.
func Plot(caption string, runs ...*experiment.Run) (*figure.Figure, error) {
	if err := check.Args("MemorizePlot", runs...); err != nil {
		return nil, err
	}
	if err := experiment.NeedImages("MemorizePlot", runs...); err != nil {
		return nil, err
	}
	loss, accuracy := figure.NewPanel("", "epoch", "loss"), figure.NewPanel("", "epoch", "accuracy")
	f, err := curves.Figure("memorize", caption, loss, accuracy, runs)
	if err != nil {
		return nil, err
	}
	for j, run := range runs {
		if err := addEarlyStop(loss, accuracy, run, j); err != nil {
			return nil, err
		}
	}
	figure.LogX(loss)
	figure.LogX(accuracy)
	accuracy.Y.Min, accuracy.Y.Max = 0, 1
	accuracy.Legend.Left, accuracy.Legend.XOffs, accuracy.Legend.YOffs = true, 6, -2*vg.Centimeter
	return f, nil
}

// addEarlyStop marks the lowest test loss of a run in its colour, on each of its curves.
func addEarlyStop(loss, accuracy *plot.Plot, run *experiment.Run, index int) error {
	if run.Count(func(r experiment.Replica) bool { return r.History.EarlyStop() < 0 }) > 0 {
		return fmt.Errorf("the run of %s has no test loss; MemorizePlot is for images", run.Spec.Describe())
	}
	stop := num.Median(run.Values(func(r experiment.Replica) float64 { return float64(r.History.Epoch[r.History.EarlyStop()]) }))
	for _, q := range curves.Quantities(loss, accuracy) {
		b, err := curves.BandOf(run, q.Of)
		if err != nil {
			return err
		}
		at := floats.NearestIdx(b.Epoch, stop)
		ring, err := plotter.NewScatter(figure.LogXYs(b.Epoch[at:at+1], b.Median[at:at+1]))
		if err != nil {
			return err
		}
		ring.Color, ring.Radius, ring.Shape = figure.Color(index), vg.Points(5), draw.RingGlyph{}
		q.Panel.Add(ring)
		if q.Panel == accuracy && q.Test && index == 0 {
			accuracy.Legend.Add("lowest test loss", ring)
		}
	}
	return nil
}

// Table returns a row per run on images: the epochs to its TargetAccuracy, the
// final accuracies, and those at the lowest test loss; medians over the seeds.
func Table(caption string, runs ...*experiment.Run) (*figure.Table, error) {
	if err := check.Args("MemorizeTable", runs...); err != nil {
		return nil, err
	}
	if err := experiment.NeedImages("MemorizeTable", runs...); err != nil {
		return nil, err
	}
	t := &figure.Table{Caption: caption, Name: "memorize", Header: []string{
		"labels", "epochs to fit", "train accuracy", "test accuracy", "lowest test loss", "train / test accuracy there",
	}}
	for _, run := range runs {
		if run.Count(func(r experiment.Replica) bool { return r.History.EarlyStop() < 0 }) > 0 {
			return nil, fmt.Errorf("the run of %s has no test loss; MemorizeTable is for images", run.Spec.Describe())
		}
		there := func(of func(h experiment.History, stop int) float64) float64 {
			return num.Median(run.Values(func(r experiment.Replica) float64 { return of(r.History, r.History.EarlyStop()) }))
		}
		fit := "not reached"
		if epochs := num.Median(run.EpochsToFit()); check.IsFinite(epochs) {
			fit = fmt.Sprintf("%.3g", epochs)
		}
		t.Rows = append(t.Rows, []string{
			run.Label(), fit, words.Percent(num.Median(run.TrainAccuracies())), words.Percent(num.Median(run.TestAccuracies())),
			fmt.Sprintf("epoch %.3g", there(func(h experiment.History, stop int) float64 { return float64(h.Epoch[stop]) })),
			words.Percent(there(func(h experiment.History, stop int) float64 { return h.TrainAccuracy[stop] })) + " / " +
				words.Percent(there(func(h experiment.History, stop int) float64 { return h.TestAccuracy[stop] })),
		})
	}
	return t, nil
}

// NoisePlot returns what fitting random labels costs: the test accuracy and the
// epochs to fit (all there were, where a network does not fit) against the share of
// random labels, of runs in that order, with their range over the seeds. Others'
// accuracies [runs] stand beside them.
func NoisePlot(caption, othersName string, others []float64, runs ...*experiment.Run) (*figure.Figure, error) {
	if err := check.Args("NoisePlot", runs...); err != nil {
		return nil, err
	}
	if err := cmp.Or(experiment.NeedImages("NoisePlot", runs...), experiment.NeedSameSeeds("NoisePlot", runs), check.Numbers("the accuracies of others", others)); err != nil {
		return nil, err
	}
	if len(others) != len(runs) {
		return nil, fmt.Errorf("NoisePlot needs an accuracy of others for each of the %d runs, not %d", len(runs), len(others))
	}
	accuracy, epochs := figure.NewPanel("", "random labels (%)", "test accuracy"), figure.NewPanel("", "random labels (%)", "epochs to fit")
	noise := make([]float64, len(runs))
	tested, fitted := make([][]float64, len(runs[0].Replicas)), make([][]float64, len(runs[0].Replicas))
	for i, run := range runs {
		noise[i] = 100 * run.Spec.LabelNoise
		for r, replica := range run.Replicas {
			tested[r] = append(tested[r], replica.Test.Accuracy)
			fitted[r] = append(fitted[r], float64(replica.Epochs))
		}
	}
	for _, line := range []struct {
		panel *plot.Plot
		name  string
		rows  [][]float64
		style figure.Stroke
	}{
		{accuracy, "here", tested, figure.Stroke{Color: figure.Color(0), Marked: true}},
		{accuracy, othersName, [][]float64{others}, figure.Stroke{Color: figure.Color(1), Dashes: figure.TestDashes, Marked: true}},
		{epochs, "here", fitted, figure.Stroke{Color: figure.Color(0), Marked: true}},
	} {
		l, err := figure.AddMedian(line.panel, noise, line.rows, line.style)
		if err != nil {
			return nil, err
		}
		if line.panel == accuracy {
			accuracy.Legend.Add(line.name, l)
		}
	}
	accuracy.Y.Min, epochs.Y.Min = 0, 0
	f := figure.New("label-noise", caption, "Test accuracy and epochs to fit against the share of random labels", [][]*plot.Plot{{accuracy, epochs}})
	f.CSV = noiseCSV(noise, tested, fitted, others)
	return f, nil
}

func noiseCSV(noise []float64, tested, fitted [][]float64, others []float64) string {
	accuracy, low, high := num.Spread(tested)
	epochs, _, _ := num.Spread(fitted)
	var rows [][]string
	for i := range noise {
		row := []string{}
		for _, v := range []float64{noise[i], accuracy[i], low[i], high[i], epochs[i], others[i]} {
			row = append(row, words.Float(v))
		}
		rows = append(rows, row)
	}
	return figure.CSV([]string{"random labels (%)", "test accuracy", "lowest", "highest", "epochs to fit", "test accuracy of others"}, rows)
}
