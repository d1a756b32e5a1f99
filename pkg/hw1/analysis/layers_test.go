package analysis_test

import (
	"cmp"
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/connect"
	"hw1/pkg/hw1/critical"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/fit"
	"hw1/pkg/hw1/gradnorm"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/paths"
	"hw1/pkg/hw1/sensitivity"
	"hw1/pkg/hw1/sharpness"
	"hw1/pkg/hw1/surface"
)

// ownMLP is nn.MLP of two layers with tanh, as a network of one's own.
func ownMLP(inputs, hidden, outputs int) hw1.Arch {
	weights := []nn.Param{
		{Name: "w1", Shape: []int{hidden, inputs}, FanIn: inputs},
		{Name: "b1", Shape: []int{hidden}, FanIn: inputs},
		{Name: "w2", Shape: []int{outputs, hidden}, FanIn: hidden},
		{Name: "b2", Shape: []int{outputs}, FanIn: hidden},
	}
	return hw1.Network("two layers", 1, []int{inputs}, outputs, weights, func(w []*graph.Node, x *graph.Node) *graph.Node {
		dense := func(x, w, b *graph.Node) *graph.Node {
			return graph.Add(graph.Dot(x, graph.Transpose(w, 0, 1)).Product(), graph.InsertAxes(b, 0))
		}
		return dense(graph.Tanh(dense(x, w[0], w[1])), w[2], w[3])
	})
}

// A network of one's own that is one of ours trains as that does, and analyses see no difference.
func TestOwnNetworkIsWhatItIs(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	ours := hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 6, 1), Activation: hw1.Tanh, Epochs: 60, SnapshotEach: 20, Float64: true, LearningRate: 0.01, Seed: 1, Seeds: 2}
	digits := hw1.Spec{Task: digitsOf(t, nil), Arch: hw1.MLP(64, 5, 10), Activation: hw1.Tanh, Epochs: 3, Batch: 100, SnapshotEach: 1, Float64: true, Seed: 1}
	own, ownDigits := ours, digits
	own.Arch, ownDigits.Arch = ownMLP(1, 6, 1), ownMLP(64, 5, 10)
	own.Activation, ownDigits.Activation = "", "" // it is in their graphs
	checkAlike(t, measures(true), ours, own)
	checkAlike(t, measures(false), digits, ownDigits)
}

// A loss and an activation of one's own that are those of the package train as these do, and analyses see no difference.
func TestOwnLossAndActivationAreWhatTheyAre(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	ours := hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 6, 5, 1), Activation: hw1.Tanh, Epochs: 60, SnapshotEach: 20, Float64: true, LearningRate: 0.01, Seed: 1, Seeds: 2}
	digits := hw1.Spec{Task: digitsOf(t, nil), Arch: hw1.MLP(64, 5, 10), Activation: hw1.Tanh, Epochs: 3, Batch: 100, SnapshotEach: 1, Float64: true, Seed: 1}
	own, ownDigits := ours, digits
	own.Activation = nn.OwnActivation("mine", graph.Tanh)
	ownDigits.Activation = own.Activation
	own.Loss = loss.Regression("square", func(outputs, targets *graph.Node) *graph.Node { return graph.Square(graph.Sub(outputs, targets)) })
	ownDigits.Loss = loss.Classification("surprise", 10, func(outputs, targets *graph.Node) *graph.Node {
		return graph.Neg(graph.ReduceSum(graph.Mul(targets, graph.LogSoftmax(outputs)), 1))
	})
	ofFunctions := measures(true)
	delete(ofFunctions, "polishing") // is for least squares alone
	checkAlike(t, ofFunctions, ours, own)
	checkAlike(t, measures(false), digits, ownDigits)
	if _, err := fit.Polish(1, traintest.MustTrain(t, own)); err == nil {
		t.Error("least squares took a loss of one's own")
	}
}

// checkAlike trains two Specs that mean the same, and compares their weights and some analyses.
func checkAlike(t *testing.T, measures map[string]func(*hw1.Run) ([]float64, error), one, other hw1.Spec) {
	t.Helper()
	a, b := traintest.MustTrain(t, one), traintest.MustTrain(t, other)
	if a.Keys[0] == b.Keys[0] {
		t.Fatal("one of the two runs was taken for the other")
	}
	hw1test.CheckNear(t, "theta", b.Replicas[0].Theta, a.Replicas[0].Theta, 1e-9)
	for name, of := range measures {
		want, err := of(a)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := of(b)
		if err != nil {
			t.Fatalf("%s of %v: %v", name, b.Spec.Arch, err)
		}
		hw1test.CheckNear(t, name, got, want, 1e-5)
	}
}

// measures are analyses of a run, as numbers.
func measures(function bool) map[string]func(run *hw1.Run) ([]float64, error) {
	all := map[string]func(run *hw1.Run) ([]float64, error){
		"gradient norms": func(run *hw1.Run) ([]float64, error) {
			norms, err := gradnorm.Measure(run)
			if err != nil {
				return nil, err
			}
			return norms.Norms[0], nil
		},
		"the path of the first weights": func(run *hw1.Run) ([]float64, error) {
			path, err := paths.FollowWeight(run.Spec.Arch.Params()[0].Name, run)
			if err != nil {
				return nil, err
			}
			return path.Shares[:2], nil
		},
		"the plane of the path": func(run *hw1.Run) ([]float64, error) {
			s, err := surface.OfPath(run, surface.Grid{Points: 3})
			if err != nil {
				return nil, err
			}
			return s.Losses[0], nil
		},
		"the top of the spectrum": func(run *hw1.Run) ([]float64, error) {
			s, err := sharpness.Spectra(sharpness.Quadrature{Steps: 20, Vectors: 1, Examples: 100}, run)
			if err != nil {
				return nil, err
			}
			_, top := s[0].Ends()
			return top, nil
		},
		"sensitivity": func(run *hw1.Run) ([]float64, error) {
			s, err := sensitivity.Measure(run)
			if err != nil {
				return nil, err
			}
			return s[0].Courses[0].Jacobian, nil
		},
		"sharpness": func(run *hw1.Run) ([]float64, error) {
			s, err := sharpness.Measure(sharpness.Ascent{Eps: []float64{1e-3}, Steps: 2, Examples: 100}, run)
			if err != nil {
				return nil, err
			}
			return append(s[0].Keskar(0), s[0].Eigenvalues()...), nil
		},
		"interpolation": func(run *hw1.Run) ([]float64, error) {
			p, err := connect.Interpolate(run, run, []float64{0, 0.5, 1})
			if err != nil {
				return nil, err
			}
			return []float64{p.Train[0][1].Loss}, nil
		},
	}
	if !function {
		return all
	}
	all["predictions"] = func(run *hw1.Run) ([]float64, error) {
		fits, err := fit.Evaluate(run)
		if err != nil {
			return nil, err
		}
		return []float64{fits[0].Run.Replicas[0].Test.Loss}, nil
	}
	all["polishing"] = func(run *hw1.Run) ([]float64, error) {
		p, err := fit.Polish(2, run)
		if err != nil {
			return nil, err
		}
		return p[0].TrainLosses(), nil
	}
	all["critical points"] = func(run *hw1.Run) ([]float64, error) {
		points, err := critical.Find(run, critical.Search{Iterations: 3, Neighbours: 4})
		if err != nil {
			return nil, err
		}
		return []float64{points[0].Loss, points[0].GradNorm()}, nil
	}
	return all
}

// The spectrum of a CNN's Hessian by quadrature has the ends and the mean of the exact one, whose
// columns are its products with the unit vectors.
func TestSpectrumOfACNN(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	run, err := hw1.TrainOne(hw1.Spec{
		Task: digitsOf(t, []int{8, 8, 1}), Arch: hw1.CNN([]int{2}, 10).On(8, 8, 1).With(nn.Block{Kernel: 3, Pool: nn.AveragePool}), Activation: hw1.Tanh,
		Epochs: 5, Batch: 50, Float64: true, TrainSize: 200, Seed: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	o, err := eval.NewObjective(run)
	if err != nil {
		t.Fatal(err)
	}
	theta := run.Replicas[0].Theta
	h, err := o.Hessian(theta)
	if err != nil {
		t.Fatal(err)
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(h, false) {
		t.Fatal("no eigenvalues")
	}
	values := eigen.Values(nil)
	spectra, err := sharpness.Spectra(sharpness.Quadrature{Steps: 60, Vectors: 20}, run)
	if err != nil {
		t.Fatal(err)
	}
	bottom, top := spectra[0].Ends()
	hw1test.CheckNear(t, "ends", append(bottom, top...), []float64{values[0], values[len(values)-1]}, 1e-3*values[len(values)-1])
	d := spectra[0].Replicas[0]
	hw1test.CheckNear(t, "the sum of the weights", []float64{floats.Sum(d.Weights)}, []float64{1}, 1e-9)
	mean, want := floats.Dot(d.Weights, d.Nodes), floats.Sum(values)/float64(len(values))
	if math.Abs(mean/want-1) > 0.25 {
		t.Errorf("the mean of the density is %g, that of %d eigenvalues %g", mean, len(values), want)
	}
	if _, err := sharpness.SpectrumPlot("", spectra...); err != nil {
		t.Error(err)
	}
}

// A residual network with batch normalization learns, and every analysis takes it.
func TestResidualNetworkWithBatchNormalization(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	run, err := hw1.TrainOne(hw1.Spec{
		Task: digitsOf(t, []int{8, 8, 1}), Arch: hw1.CNN([]int{8}, 10).On(8, 8, 1).With(nn.Block{Kernel: 3, Residual: true}).Padded().Normalized(),
		Init: nn.He, LearningRate: 5e-3, WeightDecay: 1e-4, Epochs: 6, Batch: 50, SnapshotEach: 2, Seed: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	o, err := eval.NewObjective(run)
	if err != nil {
		t.Fatal(err)
	}
	_, gradients, err := o.Gradients(run.Replicas[0].Theta)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range run.Spec.Arch.Params() {
		if norm := floats.Norm(gradients[0][p.Offset:p.Offset+p.Size], 2); (norm == 0) != p.Fixed {
			t.Errorf("the gradient by %s has the norm %g", p.Name, norm)
		}
	}
	if accuracy := run.TestAccuracies()[0]; accuracy < 0.9 {
		t.Errorf("test accuracy %g", accuracy)
	}
	for name, of := range measures(false) {
		if _, err := of(run); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A training starts where another ended, or where it is told to.
func TestStartFromWeights(t *testing.T) {
	hw1test.NewStore(t)
	spec := hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 5, 1), Activation: hw1.Tanh, Epochs: 20, Seed: 1}
	first, err := hw1.TrainOne(spec)
	if err != nil {
		t.Fatal(err)
	}
	again := spec
	again.Start = experiment.WeightsOf(first.Replicas[0].Theta)
	second, err := hw1.TrainOne(again)
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "the start", second.Replicas[0].Initial, first.Replicas[0].Theta, 0)
	if second.TrainLosses()[0] >= first.TrainLosses()[0] || second.Spec.Key() == first.Spec.Key() {
		t.Errorf("from %v to %v", first.TrainLosses(), second.TrainLosses())
	}
	for says, wrong := range map[string]func(s *hw1.Spec){
		"3 numbers instead of 16":         func(s *hw1.Spec) { s.Start = experiment.WeightsOf([]float64{1, 2, 3}) },
		"not known here":                  func(s *hw1.Spec) { s.Start = "beef" },
		"give only one of the two":        func(s *hw1.Spec) { s.Gain = 2 },
		"would all give the same network": func(s *hw1.Spec) { s.Seeds = 2 },
		"unknown initialization":          func(s *hw1.Spec) { s.Start, s.Init = "", "xavier" },
		"gain -1":                         func(s *hw1.Spec) { s.Start, s.Gain = "", -1 },
	} {
		s := again
		wrong(&s)
		_, err := hw1.TrainOne(s)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says)
	}
}

// What is wrong with a network of one's own is said in a line, where it is trained.
func TestOwnNetworkThatIsWrong(t *testing.T) {
	hw1test.NewStore(t)
	weight := []nn.Param{{Name: "w", Shape: []int{1, 2}, FanIn: 1}}
	for says, build := range map[string]nn.GraphFn{
		"must return outputs [2, 1]": func(w []*graph.Node, x *graph.Node) *graph.Node { return graph.Dot(x, w[0]).Product() },
		"index out of range":         func(w []*graph.Node, x *graph.Node) *graph.Node { return w[1] },
		"returned Node(nil)":         func([]*graph.Node, *graph.Node) *graph.Node { return nil },
	} {
		arch := hw1.Network("wrong", 1, []int{1}, 1, weight, build)
		_, err := hw1.TrainOne(hw1.Spec{Task: hw1.Sinc, Arch: arch, Epochs: 1})
		hw1test.CheckMessage(t, hw1test.MessageOf(err), cmp.Or(says, "wrong version 1"))
	}
}

// Five steps on residual blocks with batch normalization, average pool and stride, from the same
// weights, gave these losses in PyTorch 2.13 (Conv2d, BatchNorm2d, avg_pool2d, SGD with Nesterov's momentum), and
// weights that differed by 7e-15 at most.
func TestLayersTrainAsInPyTorch(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	run, err := hw1.TrainOne(hw1.Spec{
		Task: digitsOf(t, []int{8, 8, 1}), Activation: "silu",
		Arch:   hw1.CNN([]int{4, 6}, 10).On(8, 8, 1).With(nn.Block{Kernel: 3, Residual: true, Pool: nn.AveragePool}, nn.Block{Kernel: 3, Stride: 2, Pool: nn.NoPool}).Padded().Normalized(),
		Epochs: 5, Batch: 100, TrainSize: 100, Optimizer: hw1.SGD, LearningRate: 0.1, Momentum: 0.9, Nesterov: true, WeightDecay: 1e-3, Float64: true, Seed: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	var losses []float64
	for _, step := range run.Replicas[0].Steps {
		losses = append(losses, step.Loss)
	}
	want := []float64{2.297244487867589, 2.0626747469922524, 1.878445577015653, 1.7105491382606897, 1.591638959953577}
	hw1test.CheckNear(t, "the losses of the steps", losses, want, 1e-12)
	hw1test.CheckNear(t, "the test loss, by running statistics", run.TestLosses(), []float64{2.280706026593219}, 1e-12)
}
