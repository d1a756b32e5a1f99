package curves

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

// A share of the shared range is free above the late values, for the legend; what is higher needs no more room, and a legend that
// would take most of it gets none, as it stands beside the panel.
func TestRangeIsSharedWithTheLegend(t *testing.T) {
	for name, c := range map[string]struct {
		first, second [2]float64 // the ranges of two panels
		late, share   float64
		want          [2]float64
	}{
		"half of a logarithmic range": {[2]float64{1e-4, 1e-2}, [2]float64{1e-3, 1e-2}, 1e-2, 0.5, [2]float64{1e-4, 1}},
		"what is high before":         {[2]float64{1e-4, 10}, [2]float64{1e-3, 1}, 1e-2, 0.5, [2]float64{1e-4, 10}},
		"half of a plain range":       {[2]float64{-1, 2}, [2]float64{0, 3}, 3, 0.5, [2]float64{-1, 7}},
		"as many as fit":              {[2]float64{1e-4, 1e-2}, [2]float64{1e-3, 1e-2}, 1e-2, 0.72, [2]float64{1e-4, 10}},
		"too many names":              {[2]float64{1e-4, 1e-2}, [2]float64{1e-3, 1e-2}, 1e-2, 0.81, [2]float64{1e-4, 1e-2}},
		"nothing late":                {[2]float64{1e-4, 1e-2}, [2]float64{1e-3, 1e-2}, math.Inf(-1), 0.5, [2]float64{1e-4, 1e-2}},
	} {
		panels := []*figure.Panel{figure.NewPanel("", "", ""), figure.NewPanel("", "", "")}
		for i, r := range [][2]float64{c.first, c.second} {
			panels[i].LogY()
			panels[i].Y.Min, panels[i].Y.Max = r[0], r[1]
		}
		shareY(panels, c.late, c.share)
		for _, p := range panels {
			if p.Y.Min != c.want[0] || math.Abs(p.Y.Max/c.want[1]-1) > 1e-12 {
				t.Errorf("%s: the range is %g to %g, want %v", name, p.Y.Min, p.Y.Max, c.want)
			}
		}
	}
	if got := lateHigh(figure.Curve{High: []float64{9, 8, 3, 4}}); got != 4 {
		t.Errorf("the highest late value is %g", got)
	}
}

// A seed that stopped counts with its last value from there on.
func TestSeedsThatStopCountOn(t *testing.T) {
	run := &experiment.Run{Spec: experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 2, 1)}}
	for seed, losses := range [][]float64{{5, 1}, {6, 4, 3}, {7, math.NaN(), 9}} {
		r := experiment.Replica{Seed: seed + 1, Epochs: len(losses)}
		for i, loss := range losses {
			r.History.Epoch, r.History.TrainLoss = append(r.History.Epoch, 10*i+10), append(r.History.TrainLoss, loss)
		}
		run.Replicas = append(run.Replicas, r)
	}
	c, err := Of(run, func(h experiment.History) []float64 { return h.TrainLoss }, figure.Thinned)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ x, median, low, high float64 }{{10, 6, 5, 7}, {20, 2.5, 1, 4}, {30, 3, 1, 9}} {
		if got := (struct{ x, median, low, high float64 }{c.X[i], c.Median[i], c.Low[i], c.High[i]}); got != want {
			t.Errorf("point %d is %v, want %v", i, got, want)
		}
	}
}

// On a logarithmic axis, a long history is drawn at its first epochs and at its last ones alike.
func TestCurvesOnALogarithmicAxis(t *testing.T) {
	h := experiment.History{}
	for epoch := 1; epoch <= 10_000; epoch++ {
		h.Epoch, h.TrainLoss, h.TestLoss = append(h.Epoch, epoch), append(h.TrainLoss, 1/float64(epoch)), append(h.TestLoss, 2/float64(epoch))
	}
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 2, 1), EvaluateEach: 1}, Replicas: []experiment.Replica{{History: h}}})
	f, err := LogCurvesPlot("caption", run)
	if err != nil {
		t.Fatal(err)
	}
	figuretest.CheckDrawn(t, f, "loss", "epoch", "10⁴")
	rows := strings.Split(f.CSV, "\n")
	for _, epoch := range []int{1, 2, 3, 4, 5, 10, 10_000} {
		if want := fmt.Sprintf("train loss\",%d,%g,", epoch, 1/float64(epoch)); !slices.ContainsFunc(rows, func(row string) bool { return strings.Contains(row, want) }) {
			t.Errorf("epoch %d is not drawn: %s", epoch, strings.Join(rows[:8], "\n"))
		}
	}
	even, err := CurvesPlot("caption", run)
	if err != nil || strings.Contains(even.CSV, `train loss",2,`) {
		t.Errorf("on an axis of equal steps, epoch 2 is drawn; %v", err)
	}
	_, err = LogCurvesPlot("caption", runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 2, 1)}}))
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "curves.LogCurvesPlot needs evaluations")
}

// With a validation set, the dashed curves are those of it, not of the test set.
func TestCurvesOfTheValidationSet(t *testing.T) {
	run := func(validation int) *experiment.Run {
		return runtest.Handmade(&experiment.Run{
			Spec: experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 2, 10), Batch: 10, Validation: validation},
			Replicas: []experiment.Replica{{History: experiment.History{
				Epoch: []int{1, 2}, TrainLoss: []float64{2, 1}, TestLoss: []float64{4, 3}, TrainAccuracy: []float64{0.5, 0.6}, TestAccuracy: []float64{0.3, 0.4},
				ValidationLoss: []float64{6, 5}, ValidationAccuracy: []float64{0.1, 0.2},
			}}},
		})
	}
	for validation, want := range map[int]map[string]float64{0: {"test loss": 3, "test accuracy": 0.4}, 100: {"validation loss": 5, "validation accuracy": 0.2}} {
		loss, accuracy := figure.NewPanel("", "", ""), figure.NewPanel("", "", "")
		for _, q := range Quantities(run(validation), loss, accuracy) {
			if last := q.Of(run(validation).Replicas[0].History)[1]; q.Test && last != want[q.Name] {
				t.Errorf("validation %d: %s is %g at last, want %v", validation, q.Name, last, want)
			}
		}
	}
	f, err := CurvesPlot("caption", run(100))
	if err != nil {
		t.Fatal(err)
	}
	figuretest.CheckDrawn(t, f, "validation", "training")
}
