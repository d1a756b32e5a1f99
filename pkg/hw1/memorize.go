package hw1

import (
	"cmp"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// EarlyStop returns the index, in the history of a replica on images, of the
// lowest test loss: where one who watches it would have stopped. It is -1 where
// the test loss was never measured.
func (h History) EarlyStop() int {
	best := -1
	for i, loss := range h.TestLoss {
		if isFinite(loss) && (best < 0 || loss < h.TestLoss[best]) {
			best = i
		}
	}
	return best
}

// EpochsToFit returns the epochs that each replica took to the TargetAccuracy of
// its Spec, and +Inf for one that did not reach it.
func (r *Run) EpochsToFit() []float64 {
	return r.Values(func(r Replica) float64 {
		if r.Stop != StopFitted {
			return math.Inf(1)
		}
		return float64(r.Epochs)
	})
}

// MemorizePlot returns loss and accuracy against epochs, all axes but that of the
// accuracy logarithmic: a colour per run, training drawn solid and test dashed, medians
// over the seeds. A ring marks the epoch of the lowest test loss, also a median.
func MemorizePlot(caption string, runs ...*Run) (*Figure, error) {
	if err := check("MemorizePlot", runs...); err != nil {
		return nil, err
	}
	if err := needImages("MemorizePlot", runs...); err != nil {
		return nil, err
	}
	loss, accuracy := newPanel("", "epoch", "loss"), newPanel("", "epoch", "accuracy")
	f, err := curvesFigure("memorize", caption, loss, accuracy, runs)
	if err != nil {
		return nil, err
	}
	for j, run := range runs {
		if err := addEarlyStop(loss, accuracy, run, j); err != nil {
			return nil, err
		}
	}
	logX(loss)
	logX(accuracy)
	accuracy.Y.Min, accuracy.Y.Max = 0, 1
	accuracy.Legend.Left, accuracy.Legend.XOffs, accuracy.Legend.YOffs = true, 6, -2*vg.Centimeter
	return f, nil
}

// addEarlyStop marks the lowest test loss of a run in its colour, on each of its curves.
func addEarlyStop(loss, accuracy *plot.Plot, run *Run, index int) error {
	if run.Count(func(r Replica) bool { return r.History.EarlyStop() < 0 }) > 0 {
		return fmt.Errorf("the run of %s has no test loss; MemorizePlot is for images", run.Spec.describe())
	}
	stop := Median(run.Values(func(r Replica) float64 { return float64(r.History.Epoch[r.History.EarlyStop()]) }))
	for _, q := range quantities(loss, accuracy) {
		b, err := bandOf(run, q.of)
		if err != nil {
			return err
		}
		at := floats.NearestIdx(b.epoch, stop)
		ring, err := plotter.NewScatter(xys(b.epoch[at:at+1], b.median[at:at+1]))
		if err != nil {
			return err
		}
		ring.Color, ring.Radius, ring.Shape = colorOf(index), vg.Points(5), draw.RingGlyph{}
		q.panel.Add(ring)
		if q.panel == accuracy && q.test && index == 0 {
			accuracy.Legend.Add("lowest test loss", ring)
		}
	}
	return nil
}

// MemorizeTable returns a row per run on images: the epochs to its TargetAccuracy, the
// final accuracies, and those at the lowest test loss; medians over the seeds.
func MemorizeTable(caption string, runs ...*Run) (*Table, error) {
	if err := check("MemorizeTable", runs...); err != nil {
		return nil, err
	}
	if err := needImages("MemorizeTable", runs...); err != nil {
		return nil, err
	}
	t := &Table{Caption: caption, Name: "memorize", Header: []string{
		"labels", "epochs to fit", "train accuracy", "test accuracy", "lowest test loss", "train / test accuracy there",
	}}
	for _, run := range runs {
		if run.Count(func(r Replica) bool { return r.History.EarlyStop() < 0 }) > 0 {
			return nil, fmt.Errorf("the run of %s has no test loss; MemorizeTable is for images", run.Spec.describe())
		}
		there := func(of func(h History, stop int) float64) float64 {
			return Median(run.Values(func(r Replica) float64 { return of(r.History, r.History.EarlyStop()) }))
		}
		fit := "not reached"
		if epochs := Median(run.EpochsToFit()); isFinite(epochs) {
			fit = fmt.Sprintf("%.3g", epochs)
		}
		t.Rows = append(t.Rows, []string{
			run.Label(), fit, percent(Median(run.TrainAccuracies())), percent(Median(run.TestAccuracies())),
			fmt.Sprintf("epoch %.3g", there(func(h History, stop int) float64 { return float64(h.Epoch[stop]) })),
			percent(there(func(h History, stop int) float64 { return h.TrainAccuracy[stop] })) + " / " +
				percent(there(func(h History, stop int) float64 { return h.TestAccuracy[stop] })),
		})
	}
	return t, nil
}

// NoisePlot returns what fitting random labels costs: the test accuracy and the
// epochs to fit (all there were, where a network does not fit) against the share of
// random labels, of runs in that order, with their range over the seeds. Others'
// accuracies [runs] stand beside them.
func NoisePlot(caption, othersName string, others []float64, runs ...*Run) (*Figure, error) {
	if err := check("NoisePlot", runs...); err != nil {
		return nil, err
	}
	if err := cmp.Or(needImages("NoisePlot", runs...), needSameSeeds("NoisePlot", runs), validNumbers("the accuracies of others", others)); err != nil {
		return nil, err
	}
	if len(others) != len(runs) {
		return nil, fmt.Errorf("NoisePlot needs an accuracy of others for each of the %d runs, not %d", len(runs), len(others))
	}
	accuracy, epochs := newPanel("", "random labels (%)", "test accuracy"), newPanel("", "random labels (%)", "epochs to fit")
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
		style stroke
	}{
		{accuracy, "here", tested, stroke{color: colorOf(0), marked: true}},
		{accuracy, othersName, [][]float64{others}, stroke{color: colorOf(1), dashes: testDashes, marked: true}},
		{epochs, "here", fitted, stroke{color: colorOf(0), marked: true}},
	} {
		l, err := addMedian(line.panel, noise, line.rows, line.style)
		if err != nil {
			return nil, err
		}
		if line.panel == accuracy {
			accuracy.Legend.Add(line.name, l)
		}
	}
	accuracy.Y.Min, epochs.Y.Min = 0, 0
	f := newFigure("label-noise", caption, "Test accuracy and epochs to fit against the share of random labels", [][]*plot.Plot{{accuracy, epochs}})
	f.CSV = noiseCSV(noise, tested, fitted, others)
	return f, nil
}

func noiseCSV(noise []float64, tested, fitted [][]float64, others []float64) string {
	accuracy, low, high := spread(tested)
	epochs, _, _ := spread(fitted)
	var rows [][]string
	for i := range noise {
		row := []string{}
		for _, v := range []float64{noise[i], accuracy[i], low[i], high[i], epochs[i], others[i]} {
			row = append(row, formatFloat(v))
		}
		rows = append(rows, row)
	}
	return csvText([]string{"random labels (%)", "test accuracy", "lowest", "highest", "epochs to fit", "test accuracy of others"}, rows)
}
