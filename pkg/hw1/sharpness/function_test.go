package sharpness_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/sharpness"
	"hw1/pkg/hw1/train"
)

// objective returns what a run minimizes on its first examples, in plain Go.
func objective(t *testing.T, spec experiment.Spec, examples int) func(theta []float64) float64 {
	t.Helper()
	set, _, err := spec.Examples()
	if err != nil {
		t.Fatal(err)
	}
	return func(theta []float64) float64 {
		sum := spec.WeightDecay / 2 * floats.Dot(theta, theta)
		for i := range examples {
			outputs := hw1test.NetOf(spec.Arch).Forward("tanh", theta, set.Numbers(i))
			sum += hw1test.Loss(string(spec.Loss), outputs, set.Y[i]) / float64(examples)
		}
		return sum
	}
}

// Regressions, and two classes with either loss, are measured side by side, in double precision.
func TestSharpnessOfFunctions(t *testing.T) {
	hw1test.Slow(t)
	base := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 3, 1), Activation: nn.Tanh, Epochs: 500, Seeds: 2, LearningRate: 1e-2, WeightDecay: 1e-4}
	logit, squares := base, base
	logit.Task, squares.Task, squares.Loss = data.WaveSign, data.WaveSign, loss.MSE
	runs, err := train.All(base, logit, squares)
	if err != nil {
		t.Fatal(err)
	}
	ascent := sharpness.Ascent{Eps: []float64{1e-2, 1e-3}, Steps: 10, Examples: 500}
	measured, err := sharpness.Measure(ascent, runs...)
	if err != nil {
		t.Fatal(err)
	}
	for i, run := range runs {
		at := objective(t, run.Spec, ascent.Examples)
		for r, s := range measured[i].Replicas {
			theta := run.Replicas[r].Theta
			var hessian mat.SymDense
			fd.Hessian(&hessian, at, theta, &fd.Settings{Formula: fd.Central, Step: 1e-4})
			var eigen mat.EigenSym
			eigen.Factorize(&hessian, false)
			hw1test.CheckNear(t, "objective", []float64{s.Loss}, []float64{at(theta)}, 1e-9)
			hw1test.CheckNear(t, "eigenvalue", []float64{s.Eigenvalue}, []float64{floats.Max(eigen.Values(nil))}, 1e-5)
			for e, eps := range ascent.Eps {
				if least := firstCorner(at, theta, eps); s.Keskar[e] < least-1e-9 || least <= 0 {
					t.Errorf("sharpness %g, and %g at the corner of the gradient", s.Keskar[e], least)
				}
			}
		}
	}
	for _, s := range measured {
		f, err := sharpness.Plot("caption", s)
		rows := 2 + 1 // sharpness in two boxes, and the eigenvalue
		if curves.HasAccuracy(s.Run) {
			rows += 2 // on both panels
		}
		figuretest.CheckFigure(t, f, err, rows, "ε = 0.001", "eigenvalue")
	}
	table, err := sharpness.Table("caption", measured...)
	if err != nil || table.Rows[0][4] != "–" || table.Rows[1][4] == "–" {
		t.Errorf("%v, %v", table, err)
	}
}

// firstCorner returns the sharpness, in percent, at the corner of the box to which the gradient points.
func firstCorner(at func([]float64) float64, theta []float64, eps float64) float64 {
	corner := make([]float64, len(theta))
	for i, g := range fd.Gradient(nil, at, theta, &fd.Settings{Formula: fd.Central}) {
		corner[i] = theta[i] + math.Copysign(eps*(math.Abs(theta[i])+1), g)
	}
	return 100 * (at(corner) - at(theta)) / (1 + at(theta))
}

// The squared error of a line is convex in its slope and shift, so that it is highest in a corner of the box.
func TestSharpnessOfALine(t *testing.T) {
	hw1test.NewStore(t)
	run, err := train.One(experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 1), Activation: nn.Tanh, Epochs: 1, Float64: true})
	if err != nil {
		t.Fatal(err)
	}
	theta := []float64{0.5, -0.2}
	if run, err = eval.WithWeights(run, "line", theta); err != nil {
		t.Fatal(err)
	}
	measured, err := sharpness.Measure(sharpness.Ascent{Eps: []float64{0.1}, Steps: 10, Examples: 500}, run)
	if err != nil {
		t.Fatal(err)
	}
	at, top := objective(t, run.Spec, 500), 0.0
	for _, slope := range []float64{0.5 - 0.15, 0.5 + 0.15} {
		for _, shift := range []float64{-0.2 - 0.12, -0.2 + 0.12} {
			top = max(top, at([]float64{slope, shift}))
		}
	}
	want := 100 * (top - at(theta)) / (1 + at(theta))
	hw1test.CheckNear(t, "sharpness", measured[0].Keskar(0), []float64{want}, 1e-9)
}

// Of a line whose shift is masked only the slope counts, in which its squared error is a parabola; the spectrum is one number.
func TestSharpnessOfAMask(t *testing.T) {
	hw1test.NewStore(t)
	spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 1), Activation: nn.Tanh, Epochs: 1, Float64: true}
	whole, err := train.One(spec)
	if err != nil {
		t.Fatal(err)
	}
	spec.Mask = experiment.WeightsOf([]float64{1, 0})
	run, err := train.One(spec)
	if err != nil {
		t.Fatal(err)
	}
	theta := []float64{0.5, -0.2}
	if run, err = eval.WithWeights(run, "line", theta); err != nil {
		t.Fatal(err)
	}
	if whole, err = eval.WithWeights(whole, "line", theta); err != nil {
		t.Fatal(err)
	}
	measured, err := sharpness.Measure(sharpness.Ascent{Eps: []float64{0.1}, Steps: 10, Examples: 500}, run, whole)
	if err != nil {
		t.Fatal(err)
	}
	at := objective(t, run.Spec, 500)
	here, top := at(theta), max(at([]float64{0.35, -0.2}), at([]float64{0.65, -0.2}))
	hw1test.CheckNear(t, "sharpness", measured[0].Keskar(0), []float64{100 * (top - here) / (1 + here)}, 1e-9)
	if all := measured[1].Keskar(0)[0]; all < 1.1*measured[0].Keskar(0)[0] {
		t.Errorf("without a mask it is %g", all)
	}
	var square float64 // the mean of x², as the points are the midpoints of 500 bins
	for i := range 500 {
		x := -1 + (2*float64(i)+1)/500
		square += x * x / 500
	}
	spectra, err := sharpness.Spectra(sharpness.Quadrature{}, run)
	if err != nil {
		t.Fatal(err)
	}
	bottom, highest := spectra[0].Ends()
	hw1test.CheckNear(t, "second derivative", []float64{measured[0].Replicas[0].Eigenvalue, bottom[0], highest[0]}, []float64{2 * square, 2 * square, 2 * square}, 1e-9)
}

func TestRescaledFunctionIsTheSame(t *testing.T) {
	runs, err := train.All(
		experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 50, Seeds: 2},
		experiment.Spec{Task: data.SquareWave, Arch: nn.MLP(1, 5, 1), Epochs: 50, Seeds: 2})
	if err != nil {
		t.Fatal(err)
	}
	rescaled, err := sharpness.Rescale(runs[0], 1, 64)
	if err != nil {
		t.Fatal(err)
	}
	if difference, err := sharpness.LargestDifference(runs[0], rescaled); err != nil || difference != 0 {
		t.Errorf("the outputs differ by %g, %v", difference, err)
	}
	_, err = sharpness.LargestDifference(runs[0], runs[1])
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "the same task")
}
