package curves

import (
	"bytes"
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

func TestLossPlotNamesModelsAndAxes(t *testing.T) {
	f, err := LossPlot("caption", Panel{"with decay", []*experiment.Run{drawn("deep", 1000), drawn("flat", 700)}})
	if err != nil {
		t.Fatal(err)
	}
	svg := figuretest.CheckDrawn(t, f, "deep", "flat", "with decay", "epoch", "training loss")
	if texts, fixed := bytes.Count(svg, []byte("<text")), bytes.Count(svg, []byte("textLength=")); texts == 0 || fixed != texts {
		t.Errorf("%d of %d texts have a width of their own", fixed, texts)
	}
	if !bytes.Contains(svg, []byte("sans-serif")) {
		t.Error("the figure's fonts have no fallback")
	}
	if rows := strings.Count(f.CSV, "\n"); rows < 400 || rows > 1600 {
		t.Errorf("the data has %d lines for two curves of about 400 points", rows)
	}
}

// Runs without a name that share an architecture are told apart in the legend, the data and the
// table, also where they were trained by calls of their own; a name that was given stays as it is.
func TestRunsAreToldApartByWhatDiffers(t *testing.T) {
	batch := func(name string, n int) *experiment.Run {
		run := drawn(name, 20)
		run.Spec.Task, run.Spec.Arch, run.Spec.Batch, run.Spec.TrainSize, run.Spec.TestSize = data.MNIST, nn.MLP(784, 2, 10), n, 1000, 100
		run.Spec.Loss, run.Replicas = "", run.Replicas[:1]
		return runtest.Handmade(run)
	}
	small, large := batch("", 100), batch("", 500)
	figure, err := CurvesPlot("caption", small, large)
	if err != nil {
		t.Fatal(err)
	}
	loss, err := LossPlot("caption", Panel{"images", []*experiment.Run{small, large}})
	if err != nil {
		t.Fatal(err)
	}
	table, err := AccuracyTable("caption", small, large, batch("net", 100), batch("net", 500))
	if err != nil {
		t.Fatal(err)
	}
	fashion := batch("net", 100)
	fashion.Spec.Task = data.FashionMNIST
	both, err := AccuracyTable("caption", small, fashion)
	if err != nil || slices.Contains(table.Header, "task") || both.Header[1] != "task" || both.Rows[1][1] != "Fashion-MNIST" {
		t.Errorf("%q has the task though it is one; or %q has not both (%v)", table.Header, both, err)
	}
	labels := []string{"784-2-10, batch 100", "784-2-10, batch 500", "net", "net"}
	figuretest.CheckDrawn(t, figure, labels[:2]...)
	figuretest.CheckDrawn(t, loss, labels[:2]...)
	for i, label := range labels {
		if table.Rows[i][0] != label {
			t.Errorf("row %d of the table is of %q, want %q", i, table.Rows[i][0], label)
		}
		for _, text := range []string{figure.CSV, loss.CSV, figure.Alt} {
			if i < 2 && !strings.Contains(text, label) {
				t.Errorf("the two are not told apart in %.300s", text)
			}
		}
	}
}

// Of one epoch, or one accuracy, there is something to see, on an axis of accuracies.
func TestCurvesOfOneEpoch(t *testing.T) {
	once := runtest.Handmade(&experiment.Run{
		Spec:     experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 2, 10), Batch: 10},
		Replicas: []experiment.Replica{{History: experiment.History{Epoch: []int{1}, TrainLoss: []float64{2}, TestLoss: []float64{2}, TrainAccuracy: []float64{1}, TestAccuracy: []float64{1}}}},
	})
	f, err := CurvesPlot("caption", once)
	if err != nil {
		t.Fatal(err)
	}
	svg := figuretest.CheckDrawn(t, f, "0.5", "test")
	if !bytes.Contains(svg, []byte(`accuracy&#34;,&#34;ends&#34;:[0,1]`)) || bytes.Count(svg, []byte("fill:#0072B2")) < 4 {
		t.Errorf("an accuracy of 2, or no four dots: %s", svg[bytes.LastIndex(svg, []byte("data-axes")):][:400])
	}
}

func TestBandIsMedianAndRange(t *testing.T) {
	b, err := Of(drawn("deep", 10), func(h experiment.History) []float64 { return h.TrainLoss }, figure.Thinned)
	if err != nil {
		t.Fatal(err)
	}
	if b.Median[0] != 2 || b.Low[0] != 1 || b.High[0] != 3 {
		t.Errorf("losses 1, 2, 3 have band %g, %g, %g", b.Low[0], b.Median[0], b.High[0])
	}
}

func TestSmoothingKeepsConstantsAndEnds(t *testing.T) {
	values := make([]float64, 400)
	for i := range values {
		values[i] = 3
	}
	if tiny := smoothed([]float64{1e-20, 1e-20, 1e-20}); math.Abs(tiny[1]/1e-20-1) > 1e-9 {
		t.Errorf("1e-20 is smoothed to %g", tiny[1])
	}
	if below := smoothed(slices.Repeat([]float64{-3, 1}, 200)); math.Abs(below[200]+1) > 0.5 {
		t.Errorf("-3 and 1 are smoothed to %g", below[200])
	}
	values[0], values[399] = 1, 7
	out := smoothed(values)
	if math.Abs(out[0]-1) > 1e-12 || math.Abs(out[399]-7) > 1e-12 || math.Abs(out[200]-3) > 1e-12 {
		t.Errorf("smoothed to %g … %g … %g", out[0], out[200], out[399])
	}
}

// A line leads from each run to one with a higher setting; tiny budgets cut batches of 1,000 and of 6,000 to the same.
func TestLinesNeedASettingThatRises(t *testing.T) {
	runs := []*experiment.Run{drawn("one", 1), drawn("other", 1)}
	check := func(of ...float64) string { return hw1test.MessageOf(NeedRising("Plot", "batch size", of, runs)) }
	hw1test.CheckMessage(t, check(10, 10), "other, with 10, comes after one, with 10")
	t.Setenv("HW1_QUICK", "1")
	hw1test.CheckMessage(t, check(10, 5), "comes after one, with 10")
	if said := check(10, 10) + check(5, 10); said != "" {
		t.Error(said)
	}
}

// drawn returns a run whose losses fall, for drawing.
func drawn(name string, epochs int) *experiment.Run {
	run := &experiment.Run{Spec: experiment.Spec{Name: name, Task: data.Sinc, Arch: nn.MLP(1, 2, 1)}}
	for seed := range 3 {
		r := experiment.Replica{Seed: seed + 1, Epochs: epochs}
		for e := 1; e <= epochs; e++ {
			loss := float64(seed+1) / float64(e)
			r.History.Add(e, experiment.Score{Loss: loss, Accuracy: 1 - loss/4}, experiment.Score{Loss: 2 * loss, Accuracy: 1 - loss/3}, loss)
		}
		run.Replicas = append(run.Replicas, r)
	}
	return runtest.Handmade(run)
}
