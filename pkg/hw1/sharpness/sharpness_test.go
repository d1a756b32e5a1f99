package sharpness

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/train"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

// For a linear network the MSE is a convex quadratic function, whose maximum over
// the box is at a corner.
func TestClimbFindsTheHighestCorner(t *testing.T) {
	o, theta := traintest.Objective(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 1, 1), Activation: nn.LeakyReLU, Epochs: 1})
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
	hw1test.CheckNear(t, "highest loss", []float64{got}, []float64{want}, 1e-6)
}

// Relative to 1 + a loss of one's own below -1, the sharpest networks were the flattest.
func TestSharpnessOfALossBelowMinus1IsRefused(t *testing.T) {
	lowered := loss.Regression("lowered", func(outputs, targets *graph.Node) *graph.Node {
		return graph.AddScalar(graph.Square(graph.Sub(outputs, targets)), -30)
	})
	o, theta := traintest.Objective(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 1, 1), Loss: lowered, Epochs: 1})
	_, err := Ascent{Eps: []float64{1e-2}, Steps: 2}.measure(context.Background(), o, analysis.Replica{Replica: experiment.Replica{Theta: theta}})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "the loss is -2", "add a number to your loss")
}

// sharpRun trains a small ReLU network.
func sharpRun(t *testing.T) *experiment.Run {
	t.Helper()
	hw1test.NeedData(t)
	run, err := train.One(experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 16, 10), Batch: 50, Epochs: 5, LearningRate: 3e-3, TrainSize: 1000, TestSize: 300})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestSharpnessRestoresTheWeights(t *testing.T) {
	hw1test.Slow(t)
	run := sharpRun(t)
	before := slices.Clone(run.Replicas[0].Theta)
	ascent := Ascent{Eps: []float64{1e-3, 5e-4}, Steps: 6, Examples: 500}
	measured, err := Measure(ascent, run)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := train.One(run.Spec)
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
	measured, err := Measure(Ascent{Eps: []float64{1e-3}, Steps: 6, Examples: 500}, run, rescaled)
	if err != nil {
		t.Fatal(err)
	}
	a, b := measured[0].Replicas[0], measured[1].Replicas[0]
	if b.Keskar[0] < 10*a.Keskar[0] || b.Eigenvalue < 10*a.Eigenvalue {
		t.Errorf("sharpness %g and %g, eigenvalues %g and %g", a.Keskar[0], b.Keskar[0], a.Eigenvalue, b.Eigenvalue)
	}
	_, err = Rescale(run, 2, 64)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "hidden layer")
}

// Batch normalization undoes what rescales the weights before it, so it is rescaled itself, in both layers that have it.
func TestRescaledNormalizedNetworkIsTheSame(t *testing.T) {
	arch := nn.MLP(1, 6, 4, 1).Normalized()
	run := traintest.MustTrain(t, experiment.Spec{Task: data.Sinc, Arch: arch, Activation: nn.LeakyReLU, Epochs: 20, SnapshotEach: 10})
	for layer := 1; layer <= 2; layer++ {
		rescaled, err := Rescale(run, layer, 0.25)
		if err != nil {
			t.Fatal(err)
		}
		if difference, err := LargestDifference(run, rescaled); err != nil || difference != 0 {
			t.Errorf("layer %d: the outputs differ by %g: %v", layer, difference, err)
		}
		was, is := run.Replicas[0].Theta, rescaled.Replicas[0].Theta
		for i, s := range rescaled.Replicas[0].Snapshots { // at the end, it is the rescaled network
			if last := s.Epoch == 20; last != (floats.Distance(s.Theta, is, 2) == 0) || floats.Distance(s.Theta, run.Replicas[0].Snapshots[i].Theta, 2) == 0 {
				t.Errorf("layer %d: the snapshot of epoch %d is another network's", layer, s.Epoch)
			}
		}
		for _, p := range arch.Params() {
			factor := map[string]float64{
				fmt.Sprintf("dense %d norm scale", layer): 0.25, fmt.Sprintf("dense %d norm shift", layer): 0.25, fmt.Sprintf("dense %d weight", layer+1): 4,
			}[p.Name]
			want := floats.ScaleTo(make([]float64, p.Size), cmp.Or(factor, 1), was[p.Offset:p.Offset+p.Size])
			hw1test.CheckNear(t, p.Name, is[p.Offset:p.Offset+p.Size], want, 0)
		}
	}
}
