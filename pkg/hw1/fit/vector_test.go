package fit_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

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

// What cannot be evaluated, drawn or polished is refused in a line: a function without values between its points, more fits than there are
// colors, and more derivatives than there is memory.
func TestWhatIsTooMuch(t *testing.T) {
	hw1test.NewStore(t)
	gap := data.VectorFunction("gap", 2, 2, func(x []float64) []float64 {
		if math.Abs(x[0]) < 0.02 {
			return nil
		}
		return []float64{x[0], x[1]}
	}, hw1.Sampling{Train: 16, Test: 9})
	many := data.VectorFunction("many", 1, 13, func([]float64) []float64 { return make([]float64, 13) }, hw1.Sampling{Train: 10})
	large := hw1.Function("large", func(x float64) float64 { return x }, hw1.Sampling{Train: 6000})
	runs, err := hw1.Train(hw1.Spec{Task: gap, Arch: hw1.MLP(2, 2), Epochs: 1}, hw1.Spec{Task: many, Arch: hw1.MLP(1, 13), Epochs: 1}, hw1.Spec{Task: large, Arch: hw1.MLP(1, 90, 90, 1), Epochs: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = fit.Evaluate(runs[0])
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "needs the values of gap between its examples", "at [-0.0")
	fits, err := fit.Evaluate(runs[1])
	if err != nil {
		t.Fatal(err)
	}
	_, err = fit.Plot("caption", fits...)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "at most 12 fits, and got 13", "fits[:12]")
	if _, err := fit.Plot("caption", fits[:12]...); err != nil {
		t.Error(err)
	}
	_, err = fit.Polish(1, runs[2])
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "at most 50,000,000 numbers", "has 6,000 targets and 8,461 parameters")
}

// The inputs of a network that is polished may be pixels: a linear one ends at the least squares.
func TestPolishOnPixels(t *testing.T) {
	hw1test.NewStore(t)
	points := data.Examples{Images: []uint8{0, 255, 0, 51}, Y: []float64{1, 0, 3, 2, 1, 4, 0, 1}, Outputs: 2}
	task, err := data.Own(data.Set{Name: "pixels", Train: points, Test: points, Shape: []int{1, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	run, err := hw1.TrainOne(hw1.Spec{Task: task, Arch: hw1.MLP(1, 2), Epochs: 1, Float64: true})
	if err != nil {
		t.Fatal(err)
	}
	polished, err := fit.Polish(50, run)
	if err != nil {
		t.Fatal(err)
	}
	least := 0.0
	for k := range 2 {
		x, y := []float64{0, 1, 0, 0.2}, []float64{points.Y[k], points.Y[2+k], points.Y[4+k], points.Y[6+k]}
		a, b := stat.LinearRegression(x, y, nil, false)
		for i := range x {
			least += (a + b*x[i] - y[i]) * (a + b*x[i] - y[i]) / 8
		}
	}
	hw1test.CheckNear(t, "loss", polished[0].TrainLosses(), []float64{least}, 1e-9)
}
