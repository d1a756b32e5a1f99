package fit_test

import (
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/fit"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/traintest"
)

// evaluated returns the run of a Spec, and its fits.
func evaluated(t *testing.T, spec hw1.Spec) (*hw1.Run, []fit.Fit) {
	t.Helper()
	run := traintest.MustTrain(t, spec)
	fits, err := fit.Evaluate(run)
	if err != nil {
		t.Fatal(err)
	}
	return run, fits
}

// Functions of one's own are trained, evaluated and drawn, of one input and of two.
func TestFitOfOwnFunctions(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	for name, c := range map[string]struct {
		task hw1.Task
		arch hw1.Arch
		most float64 // test loss
	}{
		"one input":  {hw1.Function("bump", func(x float64) float64 { return math.Exp(-20 * x * x) }, hw1.Sampling{Train: 100, Noise: 0.05}), hw1.MLP(1, 20, 20, 1), 0.01},
		"two inputs": {hw1.FunctionOf("ripple", 2, func(x []float64) float64 { return math.Sin(3*x[0]) * x[1] }), hw1.MLP(2, 20, 20, 1), 0.02},
	} {
		run, fits := evaluated(t, hw1.Spec{Task: c.task, Arch: c.arch, Activation: hw1.Tanh, Epochs: 800, LearningRate: 0.01})
		if e := fits[0].TestErrors[0]; e.MSE > c.most || math.Abs(e.MSE-run.TestLosses()[0]) > 1e-6 || !math.IsNaN(e.OffZero) {
			t.Errorf("%s: the test error is %+v, and the run's test loss %g", name, e, run.TestLosses()[0])
		}
		f, err := fit.Plot("caption", fits...)
		if err != nil {
			t.Fatal(err)
		}
		file, err := f.Render()
		if err != nil {
			t.Fatal(err)
		}
		if len(file) == 0 {
			t.Errorf("%s: an empty figure", name)
		}
	}
	three := hw1.FunctionOf("sum", 3, func(x []float64) float64 { return x[0] + x[1]*x[2] })
	run, err := hw1.TrainOne(hw1.Spec{Task: three, Arch: hw1.MLP(3, 5, 1), Epochs: 5})
	if err != nil {
		t.Fatal(err)
	}
	fits, err := fit.Evaluate(run)
	if err != nil || len(fits[0].Y) != 2000 {
		t.Fatalf("%v", err)
	}
	_, err = fit.Plot("caption", fits...)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "one or two inputs", "sum has 3")
}

// What a network does between a few points is drawn there, where the function has a value, and counts as no error.
func TestLinesAreDrawnBetweenFewPoints(t *testing.T) {
	hw1test.NewStore(t)
	gap := hw1.Function("gap", func(x float64) float64 { return math.Sqrt(math.Abs(x) - 0.1) }, hw1.Sampling{Train: 4})
	run, fits := evaluated(t, hw1.Spec{Task: gap, Arch: hw1.MLP(1, 5, 1), Epochs: 5, Float64: true})
	if x := fits[0].X; len(x) < 200 || x[0] != -0.75 || x[len(x)-1] != 0.75 || !slices.IsSorted(x) {
		t.Errorf("it is drawn at %v", x)
	}
	hw1test.CheckNear(t, "errors", []float64{fits[0].TrainErrors[0].MSE, fits[0].TestErrors[0].MSE}, []float64{run.TrainLosses()[0], run.TestLosses()[0]}, 1e-9)
	if _, err := fit.Plot("caption", fits...); err != nil {
		t.Error(err)
	}
}

// Errors are those on the examples that the run was trained and tested on, and of networks with one output.
func TestErrorsAreOnTheExamplesOfTheRun(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	run, fits := evaluated(t, hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 20, 1), Activation: hw1.Tanh, Epochs: 300, LearningRate: 0.01, TrainSize: 8, TestSize: 30, Float64: true})
	hw1test.CheckNear(t, "errors", []float64{fits[0].TrainErrors[0].MSE, fits[0].TestErrors[0].MSE}, []float64{run.TrainLosses()[0], run.TestLosses()[0]}, 1e-9)
	classes := hw1.Function("thirds", func(x float64) float64 { return math.Floor((x + 1) * 1.49) }, hw1.Sampling{Classes: 3})
	run, err := hw1.TrainOne(hw1.Spec{Task: classes, Arch: hw1.MLP(1, 5, 3), Epochs: 1, Batch: 100})
	if err != nil {
		t.Fatal(err)
	}
	_, err = fit.Evaluate(run)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "has 3 classes; take classify.Images", "has 3")
}

// Labels are no values to fit, also where squares are minimized; and weights that are to stay as they are cannot be moved.
func TestWhatIsNotPolished(t *testing.T) {
	hw1test.NewStore(t)
	masked, err := hw1.TrainOne(hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 1, 1), Epochs: 1, Mask: experiment.WeightsOf([]float64{0, 1, 1, 1})})
	if err != nil {
		t.Fatal(err)
	}
	_, err = fit.Polish(1, masked)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "moves all weights", "without Mask")
	classes := hw1.Function("thirds", func(x float64) float64 { return math.Floor((x + 1) * 1.49) }, hw1.Sampling{Classes: 3})
	run, err := hw1.TrainOne(hw1.Spec{Task: classes, Arch: hw1.MLP(1, 5, 3), Loss: hw1.MSE, Epochs: 1, Batch: 100})
	if err != nil {
		t.Fatal(err)
	}
	_, err = fit.Polish(1, run)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "fit.Polish is for least squares on functions", "thirds")
	_, err = fit.Construct(run)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "minimize the squared error on a function", "thirds")
}

// Runs are polished each for itself, however many seeds were trained together.
func TestPolishingTellsRunsFromSeeds(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	spec := hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 2, 1), Activation: hw1.Tanh, Epochs: 1, Seeds: 26}
	first, last := spec, spec
	first.Seeds, last.Seed, last.Seeds = 25, 25, 1
	runs, err := hw1.Train(spec, first, last)
	if err != nil {
		t.Fatal(err)
	}
	for _, some := range [][]*hw1.Run{runs[:1], runs[1:], runs} {
		all, err := fit.Polish(1, some...)
		if err != nil || len(all) != len(some) {
			t.Fatalf("%d of %d runs are polished: %v", len(all), len(some), err)
		}
		for i, p := range all {
			if len(p.Results) != some[i].Spec.Seeds {
				t.Errorf("%d results of %d seeds", len(p.Results), some[i].Spec.Seeds)
			}
		}
	}
}

// Errors are against the truth, and training losses against targets with noise: the two tables call them by different names.
func TestTrainingErrorsWithNoiseAreToldApart(t *testing.T) {
	hw1test.NewStore(t)
	for noise, header := range map[float64]string{0: "train MSE", 0.5: "train MSE, without noise"} {
		line := hw1.Function("line", func(x float64) float64 { return x }, hw1.Sampling{Train: 50, Noise: noise})
		run, fits := evaluated(t, hw1.Spec{Task: line, Arch: hw1.MLP(1, 1), Epochs: 2000, LearningRate: 1e-2})
		table, err := fit.ErrorTable("caption", fits...)
		if err != nil || !slices.Contains(table.Header, header) {
			t.Errorf("noise of %g: %q, %v", noise, table.Header, err)
		}
		if ratio := run.TrainLosses()[0] / fits[0].TrainErrors[0].MSE; (noise > 0) != (ratio > 5) {
			t.Errorf("noise of %g: the loss is %.3g times the error", noise, ratio)
		}
	}
}

// The median of seeds whose weights a cell has changed is that of their errors now, not of their losses then.
func TestMedianOfChangedWeights(t *testing.T) {
	hw1test.NewStore(t)
	run, fits := evaluated(t, hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 5, 1), Epochs: 5, Seed: 1, Seeds: 3, Float64: true})
	first := fits[0].Seed - 1
	for i, r := range run.Replicas { // all worse than the former median, which is best now
		if i != first {
			r.Theta[len(r.Theta)-1] += 10 + float64(i)
		}
	}
	fits, err := fit.Evaluate(run)
	if want := 1 + slices.Min(slices.DeleteFunc([]int{0, 1, 2}, func(i int) bool { return i == first })); err != nil || fits[0].Seed != want {
		t.Errorf("the seed is %d, and was %d; want %d (%v)", fits[0].Seed, first+1, want, err)
	}
}

// A constant has no variance to divide an error by, and whoever learns it has not failed.
func TestConstantFunction(t *testing.T) {
	hw1test.NewStore(t)
	three := hw1.Function("three", func(float64) float64 { return 3 }, hw1.Sampling{Train: 10})
	run, fits := evaluated(t, hw1.Spec{Task: three, Arch: hw1.MLP(1, 5, 1), Epochs: 5})
	table, err := fit.ErrorTable("caption", fits...)
	if want := []string{"model", "task", "train MSE", "test MSE"}; err == nil && !slices.Equal(table.Header, want) {
		t.Errorf("the columns are %q, and those that such a function has %q", table.Header, want)
	}
	if err != nil || slices.Contains(table.Rows[0], "+Inf") || run.Replicas[0].DeadStart {
		t.Errorf("%q, dead start %t, %v", table, run.Replicas[0].DeadStart, err)
	}
}
