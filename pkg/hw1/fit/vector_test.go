package fit_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/fit"
	"hw1/pkg/hw1/internal/hw1test"
)

// A function with two values is fitted by each output, whose errors average to the loss; both are drawn, and polished.
func TestFitOfSeveralOutputs(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	circle := data.VectorFunction("circle", 1, 2, func(x []float64) []float64 {
		return []float64{math.Cos(math.Pi * x[0]), math.Sin(math.Pi * x[0])}
	}, hw1.Sampling{Train: 200})
	spec := hw1.Spec{Task: circle, Arch: hw1.MLP(1, 8, 2), Activation: hw1.Tanh, Epochs: 300, LearningRate: 0.01, Float64: true}
	other := spec
	other.Seed = 5
	runs, err := hw1.Train(spec, other)
	if err != nil {
		t.Fatal(err)
	}
	fits, err := fit.Evaluate(runs...)
	if err != nil || len(fits) != 4 {
		t.Fatalf("%d fits, %v", len(fits), err)
	}
	for i, f := range fits {
		if f.Output != 1+i%2 || f.Run != runs[i/2] {
			t.Errorf("fit %d is of output %d of %s", i, f.Output, f.Run.Label())
		}
		for k, x := range f.X {
			if want := []float64{math.Cos(math.Pi * x), math.Sin(math.Pi * x)}[i%2]; f.Truth[k] != want {
				t.Fatalf("at %g, output %d should be %g, not %g", x, f.Output, want, f.Truth[k])
			}
		}
	}
	hw1test.CheckNear(t, "test loss", []float64{(fits[0].TestErrors[0].MSE + fits[1].TestErrors[0].MSE) / 2}, runs[0].TestLosses(), 1e-12)
	hw1test.CheckNear(t, "training loss", []float64{(fits[2].TrainErrors[0].MSE + fits[3].TrainErrors[0].MSE) / 2}, runs[1].TrainLosses(), 1e-12)
	drawn, err := fit.Plot("caption", fits...)
	if err != nil {
		t.Fatal(err)
	}
	csv := drawn.CSV
	for _, name := range []string{"truth, output 1", "truth, output 2", "1-8-2, seed 0, output 2", "1-8-2, seed 5, output 1"} {
		if !strings.Contains(csv, name) {
			t.Errorf("the figure has no %q", name)
		}
	}
	polished, err := fit.Polish(30, runs[0])
	if err != nil {
		t.Fatal(err)
	}
	if before, after := runs[0].TrainLosses()[0], polished[0].TrainLosses()[0]; after > before/10 {
		t.Errorf("polishing goes from %g to %g", before, after)
	}
	_, err = fit.Construct(runs[0])
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "fit.Construct is for networks such as")
	for what, ask := range map[string]func() (*figure.Table, error){
		"errors":  func() (*figure.Table, error) { return fit.ErrorTable("caption", fits...) },
		"summary": func() (*figure.Table, error) { return fit.SummaryTable("caption", runs...) },
	} {
		if _, err := ask(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A picture, a color at each point of the plane, is drawn by its channels; the graph of a curve has one for each value.
func TestFiguresOfSeveralOutputs(t *testing.T) {
	hw1test.NewStore(t)
	picture := data.VectorFunction("picture", 2, 3, func(x []float64) []float64 { return []float64{x[0], x[1], x[0] * x[1]} }, hw1.Sampling{Train: 25, Test: 16})
	run, err := hw1.TrainOne(hw1.Spec{Task: picture, Arch: hw1.MLP(2, 3), Epochs: 2})
	if err != nil {
		t.Fatal(err)
	}
	fits, err := fit.Evaluate(run)
	if err != nil || len(fits) != 3 {
		t.Fatalf("%d fits, %v", len(fits), err)
	}
	f, err := fit.Plot("caption", fits...)
	if err == nil {
		_, err = f.Render()
	}
	if err != nil {
		t.Fatal(err)
	}
	rows := slices.DeleteFunc(strings.Split(f.CSV, "\n"), func(row string) bool { return !strings.Contains(row, "output 3") })
	if len(rows) != 3600 {
		t.Errorf("the third channel has %d points", len(rows))
	}
	curve := data.VectorFunction("curve", 1, 2, func(x []float64) []float64 { return []float64{x[0], -x[0]} }, hw1.Sampling{Train: 4})
	f, err = fit.FunctionPlot("caption", curve)
	if err != nil {
		t.Fatal(err)
	}
	if text := f.CSV; !strings.Contains(text, "training points, output 2") || !strings.Contains(text, `output 2",-0.75,0.75`) {
		t.Errorf("the figure's data are %s", text)
	}
}
