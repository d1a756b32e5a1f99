package train

import (
	"context"
	"errors"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

// A network of one's own whose graph was changed under its name and version is found out: its weights are another's.
func TestAnotherGraphIsFoundOut(t *testing.T) {
	hw1test.NewStore(t)
	spec := func(activation func(*graph.Node) *graph.Node) experiment.Spec {
		weights := []nn.Param{{Name: "in", Shape: []int{1, 4}, FanIn: 1}, {Name: "out", Shape: []int{4, 1}, FanIn: 4}}
		arch := nn.Graph("two graphs", 1, []int{1}, 1, weights, func(w []*graph.Node, x *graph.Node) *graph.Node {
			return graph.Dot(activation(graph.Dot(x, w[0]).Product()), w[1]).Product()
		})
		return experiment.Spec{Task: data.Sinc, Arch: arch, Epochs: 20, LearningRate: 0.01}
	}
	if _, err := trainResolved(newStopAfter(1), newJob(runtest.MustResolve(t, spec(graph.Exp))), quietWatcher{}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	tr, err := newTrainer(newJob(runtest.MustResolve(t, spec(graph.Tanh))))
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(checkpointPath(tr.key))
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckMessage(t, hw1test.MessageOf(tr.decodeCheckpoint(content)), "two graphs (version 1", "raise the version")
	trained := mustRun(t, spec(graph.Tanh))
	_, err = One(spec(graph.Exp))
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "two graphs (version 1", "raise the version")
	if again := mustRun(t, spec(graph.Tanh)); !slices.Equal(again.Replicas[0].Theta, trained.Replicas[0].Theta) {
		t.Error("the graph that it was trained with is not taken for the same")
	}
}

// Networks of one name and version whose graphs differ, such as one for each mask of a pruning, each have their own graph, in training and
// in what is evaluated later. Where they would be one run, that is an error, and two declarations of one graph are not.
func TestGraphsOfOneNameAreTheirOwn(t *testing.T) {
	hw1test.NewStore(t)
	scaled := func(scale float64, seed int) experiment.Spec {
		arch := nn.Graph("scaled line", 1, []int{1}, 1, []nn.Param{{Name: "slope", Shape: []int{1, 1}, FanIn: 1}}, func(w []*graph.Node, x *graph.Node) *graph.Node {
			return graph.MulScalar(graph.Dot(x, w[0]).Product(), scale)
		})
		return experiment.Spec{Task: data.Sinc, Arch: arch, Optimizer: optim.SGD, LearningRate: 1e-9, Epochs: 1, Seed: seed, Float64: true}
	}
	_, test, err := data.Sinc.Load()
	if err != nil {
		t.Fatal(err)
	}
	runs, err := All(scaled(1, 1), scaled(3, 2))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := All(scaled(1, 1), scaled(3, 2)); err != nil {
		t.Errorf("read from the store: %v", err)
	}
	for i, scale := range []float64{1, 3} {
		theta, want := runs[i].Replicas[0].Theta, 0.0
		for k, x := range test.X {
			want += math.Pow(scale*theta[0]*x-test.Y[k], 2) / float64(test.Len())
		}
		made, err := eval.WithWeights(runs[i], "again", theta)
		if err != nil {
			t.Fatal(err)
		}
		for _, run := range []*experiment.Run{runs[i], made} {
			if got := run.Replicas[0].Test.Loss; math.Abs(got-want) > 1e-9 {
				t.Errorf("%s with scale %g: test loss %g, want %g", run.Label(), scale, got, want)
			}
		}
	}
	_, err = All(scaled(1, 3), scaled(3, 3))
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "scaled line (version 1", "raise the version")
	if _, err := All(scaled(2, 4), scaled(2, 4)); err != nil {
		t.Errorf("one graph, declared twice: %v", err)
	}
}

// Where a loss of one's own is below 0, the same graph was taken for another one.
func TestTheSameGraphHasTheSameLossBelow0(t *testing.T) {
	hw1test.NewStore(t)
	arch := nn.Graph("a line", 1, []int{1}, 1, []nn.Param{{Name: "slope", Shape: []int{1, 1}, FanIn: 1}}, func(w []*graph.Node, x *graph.Node) *graph.Node {
		return graph.Dot(x, w[0]).Product()
	})
	less := loss.Regression("square less 5", func(outputs, targets *graph.Node) *graph.Node {
		return graph.AddScalar(graph.Square(graph.Sub(outputs, targets)), -5)
	})
	spec := experiment.Spec{Task: data.Sinc, Arch: arch, Loss: less, Epochs: 5}
	trained := mustRun(t, spec)
	if then := trained.Replicas[0].Test.Loss; then > -4 {
		t.Fatalf("the test loss is %g", then)
	}
	if again := mustRun(t, spec); !slices.Equal(again.Replicas[0].Theta, trained.Replicas[0].Theta) {
		t.Error("the stored run was not read")
	}
}

// Dropout in a graph of one's own is that of the package's layers, where it has their shapes: a network of both kinds trains alike.
func TestDropoutInAGraph(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	weights := []nn.Param{
		{Name: "in", Shape: []int{8, 1}, FanIn: 1},
		{Name: "shift", Shape: []int{8}},
		{Name: "out", Shape: []int{1, 8}, FanIn: 8},
		{Name: "offset", Shape: []int{1}},
	}
	arch := nn.GraphWithDropout("with dropout", 1, []int{1}, 1, weights, func(w []*graph.Node, x *graph.Node, dropout func(*graph.Node) *graph.Node) *graph.Node {
		hidden := graph.Tanh(graph.Add(graph.Dot(w[0], graph.Transpose(x, 0, 1)).Product(), graph.InsertAxes(w[1], -1))) // [8, n]
		return graph.Transpose(graph.Add(graph.Dot(w[2], dropout(hidden)).Product(), graph.InsertAxes(w[3], -1)), 0, 1)
	})
	spec := experiment.Spec{
		Task: data.Sinc, Arch: nn.MLP(1, 8, 1), Activation: nn.Tanh, Epochs: 40, Batch: 100, LearningRate: 0.01, Float64: true,
		Start: experiment.WeightsOf(hw1test.RandomVector(25, 5)), Dropout: 0.25,
	}
	own := spec
	own.Arch, own.Activation = arch, ""
	layers, graphs := mustRun(t, spec), mustRun(t, own)
	hw1test.CheckNear(t, "weights", graphs.Replicas[0].Theta, layers.Replicas[0].Theta, 1e-9)
	hw1test.CheckNear(t, "test loss", graphs.TestLosses(), layers.TestLosses(), 1e-9)
	own.Dropout = 0
	if without := mustRun(t, own); math.Abs(without.Replicas[0].Theta[0]-graphs.Replicas[0].Theta[0]) < 1e-6 {
		t.Error("dropout makes no difference")
	}
	own.Arch = nn.Graph("without dropout", 1, []int{1}, 1, weights, func(w []*graph.Node, x *graph.Node) *graph.Node { return x })
	own.Dropout = 0.25
	_, err := One(own)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "dropout 0.25 has no place", "nn.GraphWithDropout")
	own.Arch = nn.GraphWithDropout("never dropping", 1, []int{1}, 1, weights, func(w []*graph.Node, x *graph.Node, _ func(*graph.Node) *graph.Node) *graph.Node { return x })
	_, err = One(own)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "never dropping", "never calls dropout")
	own.Arch = nn.GraphWithDropout("nothing", 1, []int{1}, 1, weights, nil)
	_, err = One(own)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "graph function is nil")
}

// Dropout that has moved within a graph of one version is found out, though evaluation drops nothing: in stored runs, on images and of
// functions that take the whole set in each step, and in checkpoints.
func TestMovedDropoutIsFoundOut(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	on := func(spec experiment.Spec, input []int, outputs int) func(late bool) experiment.Spec {
		weights := []nn.Param{{Name: "in", Shape: []int{num.Product(input), 40}, FanIn: 1}, {Name: "out", Shape: []int{40, outputs}, FanIn: 40}}
		return func(late bool) experiment.Spec {
			spec.Dropout = 0.5
			spec.Arch = nn.GraphWithDropout("moves", 1, input, outputs, weights, func(w []*graph.Node, x *graph.Node, dropout func(*graph.Node) *graph.Node) *graph.Node {
				x = graph.Reshape(x, x.Shape().Dimensions[0], -1)
				if !late {
					return graph.Dot(graph.Tanh(graph.Dot(dropout(x), w[0]).Product()), w[1]).Product()
				}
				return graph.Dot(dropout(graph.Tanh(graph.Dot(x, w[0]).Product())), w[1]).Product()
			})
			return spec
		}
	}
	function := on(experiment.Spec{Task: data.Sinc, Epochs: 20}, []int{1}, 1)
	images := on(experiment.Spec{Task: data.MNIST, Epochs: 1, Batch: 50, TrainSize: 200, TestSize: 100}, []int{28, 28, 1}, 10)
	for _, spec := range []func(late bool) experiment.Spec{function, images} {
		mustRun(t, spec(true))
		mustRun(t, spec(true)) // declared again
		_, err := One(spec(false))
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "moves (version 1", "drops other values", "raise the version")
	}
	stopped := function(true)
	stopped.Seed = 1
	if _, err := trainResolved(newStopAfter(1), newJob(runtest.MustResolve(t, stopped)), quietWatcher{}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for _, late := range []bool{true, false} {
		stopped.Arch = function(late).Arch
		tr, err := newTrainer(newJob(runtest.MustResolve(t, stopped)))
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(checkpointPath(tr.key))
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.decodeCheckpoint(content); (err == nil) != late {
			t.Errorf("dropout where it was, %v: %v", late, err)
		}
	}
}
