package train

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

// advanced returns theta and the losses after some epochs of training, taken so
// many at a time.
func advanced(t *testing.T, spec experiment.Spec, epochs, atOnce int) (theta []float64, losses [][]float64) {
	t.Helper()
	tr, err := newTrainer(newJob(runtest.MustResolve(t, spec)))
	if err != nil {
		t.Fatal(err)
	}
	for range epochs / atOnce {
		err := tr.advance(context.Background(), atOnce)
		if err != nil {
			t.Fatal(err)
		}
		chunk, _, err := tr.endChunk(atOnce)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, chunk...)
	}
	theta, err = device.Floats(tr.state[0])
	if err != nil {
		t.Fatal(err)
	}
	return theta, losses
}

// Many steps in one execution do what as many executions of one do.
func TestLoopEqualsSingleSteps(t *testing.T) {
	hw1test.Slow(t)
	spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 7, 5, 1), Activation: nn.LeakyReLU, Epochs: 24, WeightDecay: 1e-3, Seeds: 3, Float64: true}
	batches := spec
	batches.Batch = 125
	scheduled := batches
	scheduled.Optimizer, scheduled.Momentum, scheduled.Schedule = optim.SGD, 0.9, optim.Schedule{Warmup: 3, Steps: []int{10}}
	for name, s := range map[string]experiment.Spec{"full batch": spec, "mini-batches": batches, "a schedule": scheduled} {
		theta, losses := advanced(t, s, 24, 24)
		for _, atOnce := range []int{1, 8} {
			otherTheta, otherLosses := advanced(t, s, 24, atOnce)
			hw1test.CheckNear(t, name+" theta", otherTheta, theta, 1e-10)
			hw1test.CheckNear(t, name+" losses", slices.Concat(otherLosses...), slices.Concat(losses...), 1e-10)
		}
	}
}

// The second gradient that a step of one's own can ask for is of the same mini-batch, with the same units dropped.
func TestGradientAtIsOfTheSameMiniBatch(t *testing.T) {
	again := optim.Own("again", 0, func(at optim.Point) (change *graph.Node, memory []*graph.Node) {
		return graph.Mul(at.Rate, at.GradientAt(at.Theta)), nil
	})
	spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 7, 5, 1), Epochs: 8, Batch: 50, Dropout: 0.25, WeightDecay: 1e-2, ClipNorm: 0.5, Optimizer: optim.SGD, LearningRate: 0.05, Float64: true}
	want, _ := advanced(t, spec, 8, 8)
	spec.Optimizer = again
	got, _ := advanced(t, spec, 8, 8)
	hw1test.CheckNear(t, "theta", got, want, 1e-13)
}

// Steps of noise alone walk as far as the square root of their number, and as a seed does, however many are taken at once.
func TestNoiseOfSteps(t *testing.T) {
	walk := optim.Own("walk", 0, func(at optim.Point) (change *graph.Node, memory []*graph.Node) {
		return graph.Mul(at.Rate, graph.MulScalar(graph.Add(at.Noise(), at.Noise()), math.Sqrt2/2)), nil
	})
	spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 60, 60, 1), Epochs: 48, Optimizer: walk, LearningRate: 0.5, Float64: true, Seed: 1}
	theta, _ := advanced(t, spec, 48, 48)
	singly, _ := advanced(t, spec, 48, 1)
	hw1test.CheckNear(t, "theta", singly, theta, 1e-12)
	spec.Seed = 2
	other, _ := advanced(t, spec, 48, 48)
	var variance, covariance float64
	for i, start := range spec.Arch.InitTheta(1) {
		variance += (theta[i] - start) * (theta[i] - start) / float64(len(theta))
		covariance += (theta[i] - start) * (other[i] - spec.Arch.InitTheta(2)[i]) / float64(len(theta))
	}
	const want = 48 * 0.25
	if n := float64(len(theta)); math.Abs(variance-want) > 5*want*math.Sqrt(2/n) || math.Abs(covariance) > 5*want/math.Sqrt(n) {
		t.Errorf("the variance is %g instead of %g, and the covariance with another seed %g", variance, want, covariance)
	}
	spec.Seed, spec.Seeds = 1, 2
	if together := spec.Regime().SeedsTogether; together != 1 {
		t.Errorf("%d seeds share their noise", together)
	}
}

// A seed trains alone as it does among others.
func TestSeedsTrainIndependently(t *testing.T) {
	hw1test.Slow(t)
	spec := experiment.Spec{Task: data.SquareWave, Arch: nn.MLP(1, 8, 6, 1), Epochs: 50, Batch: 100, Seed: 3, Seeds: 3, Float64: true}
	theta, _ := advanced(t, spec, 50, 50)
	p := spec.Arch.ParamCount()
	for i := range 3 {
		alone := spec
		alone.Seed, alone.Seeds = 3+i, 1
		one, _ := advanced(t, alone, 50, 50)
		hw1test.CheckNear(t, alone.Describe(), theta[i*p:(i+1)*p], one, 1e-9)
	}
}

// Dropout in the loop of a training differs from step to step, and a step with
// the same key is the same in a loop and alone.
func TestDropoutInTraining(t *testing.T) {
	hw1test.Slow(t)
	spec := experiment.Spec{Task: data.MNIST, Arch: nn.MLP(6, 50, 3), Activation: nn.ReLU, Loss: loss.CrossEntropy, Batch: 8, TrainSize: 8, Dropout: 0.5, LearningRate: 1e-9, Seeds: 1}
	theta := make([]float64, 0)
	for _, v := range spec.Arch.InitTheta(1) {
		theta = append(theta, 3*v)
	}
	inputs, labels, rows := make([]float64, 48), make([]int32, 8), make([]int32, 0)
	for i := range inputs {
		inputs[i] = float64(i%7) / 7
	}
	const steps = optim.UnrolledSteps + 1 // so many that they are a loop
	keys := make([]uint32, 2*steps)
	for i := range keys {
		keys[i] = uint32(i + 1)
	}
	for range steps {
		rows = append(rows, 0, 1, 2, 3, 4, 5, 6, 7)
	}
	run := func(steps int, keys []uint32) []float64 {
		zeros := tensors.FromFlatDataAndDimensions(make([]float64, len(theta)), 1, len(theta))
		return devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
			return optim.Loop{Net: spec.Network(), MiniBatches: true}.Steps(steps, in)
		},
			tensors.FromFlatDataAndDimensions(theta, 1, len(theta)), zeros, zeros, tensors.FromScalar(0.0),
			tensors.FromFlatDataAndDimensions(inputs, 8, 6), tensors.FromFlatDataAndDimensions(labels, 8),
			tensors.FromFlatDataAndDimensions(rows[:8*steps], steps, 1, 8), tensors.FromFlatDataAndDimensions(keys, steps, 2), tensors.FromScalar(spec.LearningRate))[4]
	}
	losses := run(steps, keys)
	for i := range steps {
		if i > 0 && losses[i] == losses[i-1] {
			t.Errorf("losses %v: two steps drop the same", losses)
		}
		hw1test.CheckNear(t, "loss of a step alone", run(1, keys[2*i:2*i+2]), losses[i:i+1], 1e-5)
	}
}

// Where an epoch runs inside one execution, as every one does on a GPU, or where some
// of its steps do, it takes the same steps as one by one.
func TestEpochInOneExecutionIsItsSteps(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	for _, arch := range []nn.Arch{nn.MLP(784, 6, 10), nn.MLP(784, 150, 10), nn.CNN([]int{3, 4}, 8, 10)} {
		spec := runtest.MustResolve(t, experiment.Spec{Task: data.MNIST, Arch: arch, Epochs: 1, Batch: 25, TrainSize: 300, TestSize: 10, Dropout: 0.25})
		var thetas, losses [3][]float64
		for i, atOnce := range []int{2 * optim.UnrolledSteps, optim.UnrolledSteps, 1} {
			tr, err := newTrainer(newJob(spec))
			if err != nil {
				t.Fatal(err)
			}
			streams := spec.Order().Streams(0, 1)
			for first := 0; first < spec.StepsPerEpoch(); first += atOnce {
				out, err := tr.execute(atOnce, streams.Tensors(first, first+atOnce))
				if err != nil {
					t.Fatal(err)
				}
				copy(tr.state, out)
				some, err := device.Floats(out[4])
				if err != nil {
					t.Fatal(err)
				}
				losses[i] = append(losses[i], some...)
			}
			if thetas[i], err = device.Floats(tr.state[0]); err != nil {
				t.Fatal(err)
			}
		}
		// Adam divides by the gradient's size, so that rounding shows; a wrong batch would show in the third digit.
		for i := range 2 {
			hw1test.CheckNear(t, arch.String()+" theta", thetas[i], thetas[2], 1e-5)
			hw1test.CheckNear(t, arch.String()+" losses", losses[i], losses[2], 1e-5)
		}
	}
}

func TestStepsAtOnce(t *testing.T) {
	cnn := runtest.MustResolve(t, experiment.Spec{Task: data.MNIST, Arch: nn.CNN([]int{3, 4}, 8, 10), Epochs: 1, Batch: 10})
	dense := runtest.MustResolve(t, experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 6, 10), Epochs: 1, Batch: 10})
	large := runtest.MustResolve(t, experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 200, 10), Epochs: 1, Batch: 10})
	function := runtest.MustResolve(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 6, 1), Epochs: 250})
	for _, c := range []struct {
		spec    experiment.Spec
		backend string
		want    int
	}{
		{cnn, "xla:cuda", 6000},
		{cnn, "xla:cpu", 1},
		{cnn, "go", 1},
		{dense, "xla:cuda", 6000},
		{dense, "xla:cpu", 1000},
		{dense, "go", 1},
		{large, "xla:cuda", 6000},
		{large, "xla:cpu", 6},
		{large, "go", 1},
		{function, "xla:cuda", 250},
		{function, "xla:cpu", 250},
	} {
		if got := stepsAtOnce(c.spec, c.backend, max(c.spec.StepsPerEpoch(), c.spec.Epochs)); got != c.want {
			t.Errorf("%v takes %d steps at once on %s, want %d", c.spec.Arch, got, c.backend, c.want)
		}
	}
}
