package hw1

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

func TestLargestEigenvalueAgainstTheExactHessian(t *testing.T) {
	for name, spec := range map[string]Spec{
		"regression":  {Task: SquareWave, Arch: MLP(1, 8, 6, 1), Activation: Tanh, Epochs: 1},
		"two classes": {Task: WaveSign, Arch: MLP(1, 12, 1), Activation: ReLU, Epochs: 1},
	} {
		t.Run(name, func(t *testing.T) {
			o, theta := objectiveOf(t, spec)
			h, err := o.Hessian(theta)
			if err != nil {
				t.Fatal(err)
			}
			var eigen mat.EigenSym
			if !eigen.Factorize(h, false) {
				t.Fatal("no eigenvalues")
			}
			want := eigen.Values(nil)[len(theta)-1]
			got, err := o.LargestEigenvalue(theta)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got-want) > 1e-3*want {
				t.Errorf("largest eigenvalue %g, the exact one is %g", got, want)
			}
		})
	}
}

// The largest eigenvalue is not the one of the largest magnitude.
func TestLargestEigenvalueOfAnIndefiniteMatrix(t *testing.T) {
	diagonal := []float64{-50, 3, 2.9, 0, 0, -1, 1, 0.5}
	got, err := largestEigenvalue(len(diagonal), 60, 1e-9, func(v []float64) ([]float64, error) {
		return floats.MulTo(make([]float64, len(v)), diagonal, v), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	checkNear(t, "eigenvalue", []float64{got}, []float64{3}, 1e-9)
}

// For a linear network the MSE is a convex quadratic function, whose maximum over
// the box is at a corner.
func TestClimbFindsTheHighestCorner(t *testing.T) {
	o, theta := anObjective(t, Spec{Task: Sinc, Arch: MLP(1, 1, 1), Activation: LeakyReLU, Epochs: 1})
	const eps = 1e-2
	want := math.Inf(-1)
	for corner := range 1 << len(theta) {
		at := slices.Clone(theta)
		for i, v := range theta {
			at[i] += eps * (math.Abs(v) + 1) * float64(2*(corner>>i&1)-1)
		}
		values, err := o.Values(at)
		if err != nil {
			t.Fatal(err)
		}
		want = max(want, values[0])
	}
	got, err := Ascent{Steps: 20}.climb(context.Background(), o, theta, eps)
	if err != nil {
		t.Fatal(err)
	}
	checkNear(t, "highest loss", []float64{got}, []float64{want}, 1e-6)
}

// sharpRun trains a small ReLU network.
func sharpRun(t *testing.T) *Run {
	t.Helper()
	needData(t)
	run, err := TrainOne(Spec{Task: MNIST, Arch: MLP(784, 16, 10), Batch: 50, Epochs: 5, LearningRate: 3e-3, TrainSize: 1000, TestSize: 300})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestSharpnessRestoresTheWeights(t *testing.T) {
	run := sharpRun(t)
	before := slices.Clone(run.Replicas[0].Theta)
	ascent := Ascent{Eps: []float64{1e-3, 5e-4}, Steps: 6, Examples: 500}
	measured, err := MeasureSharpness(ascent, run)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := TrainOne(run.Spec)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range before {
		if bits := math.Float64bits(v); bits != math.Float64bits(run.Replicas[0].Theta[i]) || bits != math.Float64bits(stored.Replicas[0].Theta[i]) {
			t.Fatalf("weight %d was %g and is %g, %g in the store", i, v, run.Replicas[0].Theta[i], stored.Replicas[0].Theta[i])
		}
	}
	s := measured[0].Replicas[0]
	if !(s.Keskar[0] > s.Keskar[1] && s.Keskar[1] > 0 && s.Eigenvalue > 0) {
		t.Errorf("sharpness %v in nested boxes, largest eigenvalue %g", s.Keskar, s.Eigenvalue)
	}
}

func TestRescaledNetworkIsTheSameAndSharper(t *testing.T) {
	run := sharpRun(t)
	rescaled, err := Rescale(run, 1, 64)
	if err != nil {
		t.Fatal(err)
	}
	difference, err := LargestDifference(run, rescaled)
	if err != nil {
		t.Fatal(err)
	}
	if difference != 0 {
		t.Errorf("the outputs differ by %g", difference)
	}
	if floats.Distance(run.Replicas[0].Theta, rescaled.Replicas[0].Theta, 2) == 0 {
		t.Error("the weights are the same")
	}
	measured, err := MeasureSharpness(Ascent{Eps: []float64{1e-3}, Steps: 6, Examples: 500}, run, rescaled)
	if err != nil {
		t.Fatal(err)
	}
	a, b := measured[0].Replicas[0], measured[1].Replicas[0]
	if b.Keskar[0] < 10*a.Keskar[0] || b.Eigenvalue < 10*a.Eigenvalue {
		t.Errorf("sharpness %g and %g, eigenvalues %g and %g", a.Keskar[0], b.Keskar[0], a.Eigenvalue, b.Eigenvalue)
	}
	_, err = Rescale(run, 2, 64)
	checkMessage(t, messageOf(err), "hidden layer")
}
