// Package memorize is part 3-1: networks that memorize random labels.
package memorize

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Plot returns loss and accuracy against epochs; all axes except accuracy are logarithmic.
// There is a colour per run, training solid and test dashed, medians over the seeds. A ring
// marks the epoch of the lowest test loss, also a median.
func Plot(caption string, runs ...*experiment.Run) (*figure.Figure, error) {
	if err := experiment.NeedImages("memorize.Plot", runs...); err != nil {
		return nil, err
	}
	loss, accuracy := figure.NewPanel("", "epoch", "loss"), figure.NewPanel("", "epoch", "accuracy")
	loss.LogX()
	accuracy.LogX()
	f, err := curves.Figure("memorize", caption, loss, accuracy, runs)
	if err != nil {
		return nil, err
	}
	for j, run := range runs {
		if err := addEarlyStop(loss, accuracy, run, j); err != nil {
			return nil, err
		}
	}
	accuracy.Y.Min, accuracy.Y.Max = 0, 1
	return f, nil
}

// earlyStop names the epoch at which early stopping would have stopped by the test loss, or by the validation loss if there is
// one.
func earlyStop(runs ...*experiment.Run) string {
	if slices.ContainsFunc(runs, func(run *experiment.Run) bool { return run.Spec.Validation > 0 }) {
		return "early stop"
	}
	return "lowest test loss"
}

// addEarlyStop marks the epoch of a run's lowest test loss on each of its curves, in the run's colour.
func addEarlyStop(loss, accuracy *figure.Panel, run *experiment.Run, index int) error {
	if err := needTestLosses("memorize.Plot", run); err != nil {
		return err
	}
	stop := run.Median(func(r experiment.Replica) float64 { return float64(r.History.Epoch[r.History.EarlyStop()]) })
	for _, q := range curves.Quantities(run, loss, accuracy) {
		c, err := curves.Of(run, q.Of, q.Panel.Thinned)
		if err != nil {
			return err
		}
		at := floats.NearestIdx(c.X, stop)
		ring := q.Panel.Dots(q.Panel.Points(c.X[at:at+1], c.Median[at:at+1]), figure.Color(index), 5, draw.RingGlyph{})
		if q.Panel == accuracy && q.Test && index == 0 {
			accuracy.Legend.Add(earlyStop(run), ring)
		}
	}
	return nil
}

// needTestLosses returns an error unless a run has test losses during training.
func needTestLosses(function string, run *experiment.Run) error {
	if run.Count(func(r experiment.Replica) bool { return r.History.EarlyStop() < 0 }) > 0 {
		return fmt.Errorf("%s needs test losses during training, and the run of %s has none; give it a run as training left it", function, run.Spec.Describe())
	}
	return nil
}

// Table returns a row per run on images: the epochs until its TargetAccuracy, the final
// accuracies, and those at the lowest test or validation loss; medians over the seeds.
func Table(caption string, runs ...*experiment.Run) (*figure.Table, error) {
	if err := cmp.Or(experiment.NeedImages("memorize.Table", runs...), experiment.NeedScores("memorize.Table", runs...)); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "memorize", "labels", "epochs to fit", "train accuracy", "test accuracy", earlyStop(runs...), "train / test accuracy there")
	for i, name := range experiment.Labels(runs...) {
		run := runs[i]
		if err := needTestLosses("memorize.Table", run); err != nil {
			return nil, err
		}
		there := func(of func(h experiment.History, stop int) float64) float64 {
			return run.Median(func(r experiment.Replica) float64 { return of(r.History, r.History.EarlyStop()) })
		}
		fit := "not reached"
		if epochs := num.Median(run.EpochsToFit()); check.IsFinite(epochs) {
			fit = fmt.Sprintf("%.3g", epochs)
		}
		t.Add(name, fit, words.Percent(num.Median(run.TrainAccuracies())), words.Percent(num.Median(run.TestAccuracies())),
			fmt.Sprintf("epoch %.3g", there(func(h experiment.History, stop int) float64 { return float64(h.Epoch[stop]) })),
			words.Percent(there(func(h experiment.History, stop int) float64 { return h.TrainAccuracy[stop] }))+" / "+
				words.Percent(there(func(h experiment.History, stop int) float64 { return h.TestAccuracy[stop] })))
	}
	return t, nil
}

// NoisePlot returns what fitting random labels costs: the test accuracy and the epochs to fit
// (all epochs, if a network does not fit) against the share of random labels, for runs in
// ascending order of that share, with the range over the seeds. Beside them are the accuracies
// [runs] that others report, NaN if there is none.
func NoisePlot(caption, othersName string, others []float64, runs ...*experiment.Run) (*figure.Figure, error) {
	if err := experiment.NeedImages("memorize.NoisePlot", runs...); err != nil {
		return nil, err
	}
	noise := noiseOf(runs)
	if err := cmp.Or(experiment.NeedOneTask("memorize.NoisePlot", runs...), experiment.NeedScores("memorize.NoisePlot", runs...), curves.NeedRising("memorize.NoisePlot", "share of random labels in %", noise, runs)); err != nil {
		return nil, err
	}
	if len(others) != len(runs) {
		return nil, fmt.Errorf("memorize.NoisePlot needs one accuracy of others for each of the %d runs, not %d", len(runs), len(others))
	}
	accuracy, epochs := figure.NewPanel("", "random labels (%)", "test accuracy"), figure.NewPanel("", "random labels (%)", "epochs to fit")
	var at, known []float64 // of others
	for i, accuracy := range others {
		if accuracy < 0 || accuracy > 1 {
			return nil, fmt.Errorf("memorize.NoisePlot takes accuracies of others as shares, and got %g; give it a number from 0 to 1, or NaN where there is none", accuracy)
		}
		if !math.IsNaN(accuracy) {
			at, known = append(at, noise[i]), append(known, accuracy)
		}
	}
	here := figure.Stroke{Color: figure.Color(0), Marked: true}
	accuracy.Named("here", figure.Across(noise, runs, (*experiment.Run).TestAccuracies), here)
	if len(known) > 0 {
		accuracy.Named(othersName, figure.Curve{X: at, Median: known}, figure.Stroke{Color: figure.Color(1), Dashes: figure.TestDashes, Marked: true})
	}
	epochs.Curve("here", figure.Across(noise, runs, func(run *experiment.Run) []float64 {
		return run.Values(func(r experiment.Replica) float64 { return float64(r.Epochs) })
	}), here)
	accuracy.Y.Min, epochs.Y.Min = 0, 0
	return figure.New(figure.Figure{
		Name: "label-noise", Caption: caption, Alt: "Test accuracy and epochs to fit against the share of random labels",
	}, []*figure.Panel{accuracy, epochs})
}

// noiseOf returns the share of random labels of each run, in percent.
func noiseOf(runs []*experiment.Run) []float64 {
	return num.Map(runs, func(run *experiment.Run) float64 { return 100 * run.Spec.LabelNoise })
}
