package train_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
	"hw1/pkg/hw1/train"
)

// alone returns the mask that trains some parameters of a network alone.
func alone(arch nn.Arch, names ...string) experiment.Weights {
	mask := make([]float64, arch.ParamCount())
	for _, p := range arch.Params() {
		for i := range p.Size {
			mask[p.Offset+i] = float64(num.Int(slices.Contains(names, p.Name)))
		}
	}
	return experiment.WeightsOf(mask)
}

// sam returns sharpness-aware minimization by gradient descent.
func sam() optim.Optimizer {
	return optim.Own("sam", 0, func(at optim.Point) (*graph.Node, []*graph.Node) {
		norm := graph.Sqrt(graph.ReduceAndKeep(graph.Square(at.Gradient), graph.ReduceSum, 1))
		uphill := graph.MulScalar(graph.Div(at.Gradient, graph.AddScalar(norm, 1e-12)), 0.05)
		return graph.Mul(at.Rate, at.GradientAt(graph.Add(at.Theta, uphill))), nil
	})
}

func ExampleOne_mask() {
	// Random features: only the last layer is trained.
	arch := nn.MLP(1, 4, 1)
	mask := make([]float64, arch.ParamCount())
	weight, bias, err := arch.DenseLayer(2)
	for _, p := range []nn.Param{weight, bias} {
		for i := range p.Size {
			mask[p.Offset+i] = 1
		}
	}
	fmt.Println(mask, err)
	run, err := train.One(experiment.Spec{Task: data.Sinc, Arch: arch, Epochs: 10, Mask: experiment.WeightsOf(mask)})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := run.Replicas[0]
	fmt.Println(slices.Equal(r.Theta[:8], r.Initial[:8]), slices.Equal(r.Theta, r.Initial))
	// Output:
	// [0 0 0 0 0 0 0 0 1 1 1 1 1] <nil>
	// true false
}

// Training the last layer alone is training a network of one's own that has no other weights, but the others as
// constants: with the same steps, norms and losses.
func TestMaskIsANetworkOfTheOtherWeights(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	arch := nn.MLP(1, 5, 1)
	for name, set := range map[string]func(s *experiment.Spec){
		"adamw": func(s *experiment.Spec) { s.Optimizer, s.WeightDecay = optim.AdamW, 0.1 },
		"sgd, batches": func(s *experiment.Spec) {
			s.Optimizer, s.Momentum, s.ClipNorm, s.WeightDecay, s.Batch = optim.SGD, 0.9, 0.05, 0.01, 100
		},
		"ascent, decay": func(s *experiment.Spec) { s.Optimizer, s.WeightDecay = sam(), 0.1 },
	} {
		t.Run(name, func(t *testing.T) {
			whole := experiment.Spec{Task: data.Sinc, Arch: arch, Activation: nn.Tanh, Epochs: 40, LearningRate: 0.02, Float64: true, Mask: alone(arch, "dense 2 weight", "dense 2 bias")}
			set(&whole)
			initial, err := whole.InitialTheta(0)
			if err != nil {
				t.Fatal(err)
			}
			part := whole
			part.Mask, part.Activation, part.Start = "", "", experiment.WeightsOf(initial[10:])
			part.Arch = nn.Graph("last layer", 1, []int{1}, 1, []nn.Param{{Name: "w", Shape: []int{5}, FanIn: 5}, {Name: "b", Shape: []int{1}, FanIn: 5}},
				func(w []*graph.Node, x *graph.Node) *graph.Node {
					row := func(from int) *graph.Node { return graph.Const(x.Graph(), [][]float64{initial[from : from+5]}) }
					hidden := graph.Tanh(graph.Add(graph.Mul(x, row(0)), row(5)))
					return graph.InsertAxes(graph.Add(graph.ReduceSum(graph.Mul(hidden, graph.InsertAxes(w[0], 0)), 1), w[1]), -1)
				})
			runs, err := train.All(whole, part)
			if err != nil {
				t.Fatal(err)
			}
			a, b := runs[0].Replicas[0], runs[1].Replicas[0]
			hw1test.CheckNear(t, "masked weights", a.Theta[:10], initial[:10], 0)
			hw1test.CheckNear(t, "trained weights", a.Theta[10:], b.Theta, 1e-9)
			hw1test.CheckNear(t, "gradient norms", a.History.GradNorm, b.History.GradNorm, 1e-9)
			hw1test.CheckNear(t, "losses", a.History.TrainLoss, b.History.TrainLoss, 1e-9)
		})
	}
}

// A factor f on a weight's learning rate is a network of one's own that computes with √f times that weight, for the steps of gradient
// descent, and with f times it for those of Adam, which do not depend on the gradient's size.
func TestMaskHasFactorsOnLearningRates(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	const factor = 4.0
	arch := nn.MLP(1, 5, 1)
	mask := slices.Repeat([]float64{1}, arch.ParamCount())
	for i := range 10 {
		mask[i] = factor
	}
	for name, c := range map[string]struct {
		set   func(s *experiment.Spec)
		scale float64
	}{
		"sgd, batches": {func(s *experiment.Spec) {
			s.Optimizer, s.Momentum, s.Nesterov, s.Batch, s.Schedule = optim.SGD, 0.9, true, 100, optim.Schedule{Cosine: true}
		}, 2},
		"adam": {func(s *experiment.Spec) { s.Epsilon = 1e-14 }, factor},
	} {
		t.Run(name, func(t *testing.T) {
			masked := experiment.Spec{Task: data.Sinc, Arch: arch, Activation: nn.Tanh, Epochs: 40, LearningRate: 0.01, Float64: true, Mask: experiment.WeightsOf(mask)}
			c.set(&masked)
			start, err := masked.InitialTheta(0)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 10 {
				start[i] /= c.scale
			}
			scaled := masked
			scaled.Mask, scaled.Activation, scaled.Start = "", "", experiment.WeightsOf(start)
			scaled.Arch = nn.Graph("scaled "+name, 1, []int{1}, 1, arch.Params(), func(w []*graph.Node, x *graph.Node) *graph.Node {
				row := func(w *graph.Node) *graph.Node { return graph.MulScalar(graph.Reshape(w, 1, 5), c.scale) }
				hidden := graph.Tanh(graph.Add(graph.Mul(x, row(w[0])), row(w[1])))
				return graph.Add(graph.ReduceAndKeep(graph.Mul(hidden, graph.Reshape(w[2], 1, 5)), graph.ReduceSum, 1), graph.Reshape(w[3], 1, 1))
			})
			runs, err := train.All(masked, scaled)
			if err != nil {
				t.Fatal(err)
			}
			a, b := runs[0].Replicas[0], runs[1].Replicas[0]
			for i := range 10 {
				b.Theta[i] *= c.scale
			}
			hw1test.CheckNear(t, "weights", a.Theta, b.Theta, 1e-9)
			hw1test.CheckNear(t, "losses", a.History.TrainLoss, b.History.TrainLoss, 1e-9)
		})
	}
}

// In single precision, large factors lose nothing of small steps.
func TestLargeFactorsOnLearningRates(t *testing.T) {
	hw1test.NewStore(t)
	spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Activation: nn.Tanh, Epochs: 200, LearningRate: 0.01}
	scaled := spec
	scaled.LearningRate, scaled.Mask = spec.LearningRate/(1<<16), experiment.WeightsOf(slices.Repeat([]float64{1 << 16}, spec.Arch.ParamCount()))
	runs, err := train.All(spec, scaled)
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "weights", runs[1].Replicas[0].Theta, runs[0].Replicas[0].Theta, 1e-4)
}

// Weights that a mask leaves out keep every bit in each kind of training and in all that is kept of it; batch normalization still counts.
func TestMaskedWeightsStayAsTheyAre(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	arch := nn.CNN([]int{3}, 8, 10).With(nn.Block{Kernel: 3, Stride: 2}).Normalized()
	trained := []string{"conv 1 weight", "dense 1 norm scale", "dense 2 weight", "dense 2 bias"}
	run, err := train.One(experiment.Spec{
		Task: data.MNIST, Arch: arch, Epochs: 2, Batch: 50, TrainSize: 300, TestSize: 100, Validation: 50, SnapshotEach: 1, Dropout: 0.2,
		Optimizer: optim.AdamW, WeightDecay: 0.1, Mask: alone(arch, trained...),
	})
	if err != nil {
		t.Fatal(err)
	}
	r := run.Replicas[0]
	for what, theta := range map[string][]float64{"the end": r.Theta, "the best epoch": r.Best.Theta, "a snapshot": r.Snapshots[1].Theta} {
		for _, p := range arch.Params() {
			if changed := !slices.Equal(theta[p.Offset:p.Offset+p.Size], r.Initial[p.Offset:p.Offset+p.Size]); changed != (p.Fixed || slices.Contains(trained, p.Name)) {
				t.Errorf("%s: %s has changed: %t", what, p.Name, changed)
			}
		}
	}
}

// Pruned weights, which are masked and start at 0, stay at 0.
func TestPrunedWeightsStayPruned(t *testing.T) {
	hw1test.NewStore(t)
	spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 8, 8, 1), Activation: nn.Tanh, Epochs: 60, Seed: 1, LearningRate: 0.01}
	dense, err := train.One(spec)
	if err != nil {
		t.Fatal(err)
	}
	first, mask := dense.Replicas[0], make([]float64, spec.Arch.ParamCount())
	ticket := slices.Clone(first.Initial)
	for i, v := range first.Theta {
		mask[i] = float64(num.Int(math.Abs(v) > 0.3))
		ticket[i] *= mask[i]
	}
	spec.Start, spec.Mask = experiment.WeightsOf(ticket), experiment.WeightsOf(mask)
	pruned, err := train.One(spec)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range pruned.Replicas[0].Theta {
		if (v == 0) != (mask[i] == 0) {
			t.Errorf("weight %d is %g, with the mask %g", i+1, v, mask[i])
		}
	}
	for says, wrong := range map[string]func(s *experiment.Spec){
		"3 numbers instead of 97": func(s *experiment.Spec) { s.Mask = experiment.WeightsOf([]float64{1, 0, 1}) },
		"the weights beef":        func(s *experiment.Spec) { s.Mask = "beef" },
		"value -1 for weight 2":   func(s *experiment.Spec) { mask[1] = -1; s.Mask = experiment.WeightsOf(mask) },
		"between 1e-06 and 1e+06": func(s *experiment.Spec) { mask[1] = 1e-7; s.Mask = experiment.WeightsOf(mask) },
		"nothing to train":        func(s *experiment.Spec) { clear(mask); s.Mask = experiment.WeightsOf(mask) },
	} {
		other := spec
		wrong(&other)
		_, err := train.One(other)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says, "is masked by")
	}
}
