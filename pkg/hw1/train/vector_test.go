package train_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
	"hw1/pkg/hw1/train"
)

// plane has three values, each linear in two inputs.
var plane = data.VectorFunction("plane", 2, 3, func(x []float64) []float64 {
	return []float64{x[0] - x[1], 0.5 + x[1], 2 * x[0]}
}, data.Sampling{Train: 49, Test: 36, Noise: 0.1})

// A linear network with three outputs is three networks with one: under plain gradient descent with momentum, on mini-batches, each output
// takes the steps that it takes alone at a third of the learning rate, as the loss is the mean over the outputs.
func TestSeveralOutputsAreSeveralNetworks(t *testing.T) {
	hw1test.NewStore(t)
	spec := experiment.Spec{Task: plane, Arch: nn.MLP(2, 3), Epochs: 30, Batch: 10, Optimizer: optim.SGD, Momentum: 0.5, LearningRate: 0.3, Float64: true, EvaluateEach: 1, Seeds: 2}
	together, err := train.One(spec)
	if err != nil {
		t.Fatal(err)
	}
	for seed, replica := range together.Replicas {
		loss := 0.0
		for k := range 3 {
			column := func(set data.Examples) data.Examples {
				return data.Examples{X: set.X, Y: num.Make(set.Len(), func(i int) float64 { return set.Y[3*i+k] })}
			}
			trained, tested, err := spec.Task.Load()
			if err != nil {
				t.Fatal(err)
			}
			task, err := data.Own(data.Set{Name: fmt.Sprint("value ", k), Train: column(trained), Test: column(tested), Shape: []int{2}})
			if err != nil {
				t.Fatal(err)
			}
			of := func(theta []float64) []float64 { return []float64{theta[2*k], theta[2*k+1], theta[6+k]} } // its weights and its bias
			alone := spec
			alone.Task, alone.Arch, alone.LearningRate, alone.Seed, alone.Seeds = task, nn.MLP(2, 1), 0.1, seed, 1
			alone.Start = experiment.WeightsOf(of(replica.Initial))
			run, err := train.One(alone)
			if err != nil {
				t.Fatal(err)
			}
			hw1test.CheckNear(t, fmt.Sprintf("seed %d, output %d", seed, k), of(replica.Theta), run.Replicas[0].Theta, 1e-12)
			loss += run.TestLosses()[0] / 3
		}
		hw1test.CheckNear(t, "test loss", []float64{replica.Test.Loss}, []float64{loss}, 1e-12)
		if !math.IsNaN(replica.Test.Accuracy) {
			t.Errorf("a regression has the accuracy %g", replica.Test.Accuracy)
		}
	}
}

// A training that predicts constants is at the mean of the variances, and counts as a dead start; one whose targets are too many for
// its network is refused.
func TestSeveralTargetsHaveAPlateau(t *testing.T) {
	hw1test.NewStore(t)
	spec := experiment.Spec{Task: plane, Arch: nn.MLP(2, 3), Epochs: 1, LearningRate: 1e-9, Start: experiment.WeightsOf(make([]float64, 9))}
	run, err := train.One(spec)
	if err != nil {
		t.Fatal(err)
	}
	if !run.Replicas[0].DeadStart {
		t.Errorf("with all weights 0, the loss %g is that of a network that has learnt something", run.TrainLosses()[0])
	}
	for says, arch := range map[string]nn.Arch{"a network with 1 output": nn.MLP(2, 1), "a network with 4 outputs": nn.MLP(2, 4)} {
		spec.Arch, spec.Start = arch, ""
		_, err := train.One(spec)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "the task plane: "+says, "it needs 3 outputs and a loss for numbers, such as mse")
	}
}

// A linear autoencoder with as many hidden units as the data have dimensions reconstructs them.
func TestAutoencoder(t *testing.T) {
	hw1test.NewStore(t)
	at := hw1test.RandomVector(200, 1)
	var x []float64 // in a plane of a space of five dimensions
	for a := range slices.Chunk(at, 2) {
		x = append(x, a[0], a[1], a[0]+a[1], a[0]-a[1], -a[0])
	}
	points := data.Examples{X: x, Y: make([]float64, 100)}
	flat, err := data.Own(data.Set{Name: "flat", Train: points, Test: points.Slice(0, 10), Shape: []int{5}})
	if err != nil {
		t.Fatal(err)
	}
	task, err := data.Reconstruction(flat, 80, 10)
	if err != nil {
		t.Fatal(err)
	}
	losses := map[int]float64{}
	for _, hidden := range []int{1, 2} {
		run, err := train.One(experiment.Spec{Task: task, Arch: nn.MLP(5, hidden, 5), Activation: nn.LeakyReLU, Epochs: 3000, LearningRate: 0.01})
		if err != nil {
			t.Fatal(err)
		}
		losses[hidden] = run.TestLosses()[0]
		if codes, err := eval.Hidden(run, points); err != nil || codes[0][0].RawMatrix().Cols != hidden {
			t.Errorf("codes of %d units: %v", hidden, err)
		}
	}
	if losses[2] > losses[1]/4 {
		t.Errorf("the test losses of 1 and 2 hidden units are %v", losses)
	}
}
