package train

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

// course is what is kept of a training: the losses of some of its steps, or of the epochs of a
// function, and of its weights at the end.
type course struct {
	First, Tenth, Last, Train, Test float64
}

func courseOf(run *experiment.Run) course {
	r := run.Replicas[len(run.Replicas)-1]
	losses := r.History.TrainLoss
	if len(r.Steps) > 0 {
		losses = nil
		for _, step := range r.Steps {
			losses = append(losses, step.Loss)
		}
	}
	return course{losses[0], losses[9], losses[len(losses)-1], r.Train.Loss, r.Test.Loss}
}

// kinds are trainings that have something of everything, each with how far the losses after its first step may
// be from those of another processor, which rounds as it likes: a training doubles the difference again and again.
// With and without AVX they are a hundredth of the tolerance apart.
var kinds = map[string]struct {
	tolerance float64
	spec      experiment.Spec
}{
	"function":  {1e-4, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 10, 10, 10, 10, 10, 5, 1), Activation: nn.LeakyReLU, WeightDecay: 1e-4, Epochs: 500, Seeds: 3}},
	"precise":   {1e-9, experiment.Spec{Task: data.SquareWave, Arch: nn.MLP(1, 20, 30, 1), Activation: nn.Tanh, Epochs: 500, Float64: true}},
	"two class": {1e-5, experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 20, 20, 1), Activation: nn.Tanh, Epochs: 20, Batch: 50, Optimizer: optim.AdamW, WeightDecay: 1e-2}},
	"dense": {1e-5, experiment.Spec{
		Task: data.MNIST, Arch: nn.MLP(784, 350, 100, 10), Epochs: 2, Batch: 100, TrainSize: 1000, TestSize: 500, Dropout: 0.25, LabelNoise: 0.1,
		Optimizer: optim.SGD, LearningRate: 0.05, Momentum: 0.9, Nesterov: true, ClipNorm: 1, Schedule: optim.Schedule{Warmup: 1, Cosine: true},
	}},
	"convolutional": {1e-4, experiment.Spec{Task: data.MNIST, Arch: nn.CNN([]int{16, 32}, 128, 10), Epochs: 2, Batch: 100, TrainSize: 1000, TestSize: 500, Dropout: 0.25, WeightDecay: 1e-4}},
	"residual": {2e-2, experiment.Spec{
		Task: data.MNIST, Arch: nn.CNN([]int{8}, 10).With(nn.Block{Kernel: 3, Residual: true}).Padded().Normalized(),
		Activation: "gelu", Init: nn.He, Epochs: 2, Batch: 50, TrainSize: 500, TestSize: 500,
	}},
}

// A training of each kind takes the course that it took on a CPU: to rounding in its first step, and
// to what has become of rounding at its end. Where the file of the losses is missing, it is written.
func TestCourseOfEveryKind(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	const path = "testdata/courses.json"
	var want map[string]course
	if text, err := os.ReadFile(path); err == nil {
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
	}
	made := map[string]course{}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			hw1test.NewStore(t)
			run := mustRun(t, kind.spec)
			got, want := courseOf(run), want[name]
			made[name] = got
			t.Logf("%.3g s on %s", run.Seconds, run.Backend)
			for _, c := range []struct {
				what                 string
				got, want, tolerance float64
			}{
				{"first loss", got.First, want.First, 1e-5},
				{"tenth loss", got.Tenth, want.Tenth, kind.tolerance},
				{"last loss", got.Last, want.Last, kind.tolerance},
				{"training loss", got.Train, want.Train, kind.tolerance},
				{"test loss", got.Test, want.Test, kind.tolerance},
			} {
				off := math.Abs(c.got/c.want - 1)
				t.Logf("%s %.9g, on a CPU %.9g: off by %.1g", c.what, c.got, c.want, off)
				if !(off <= c.tolerance) {
					t.Errorf("the %s is off by %.2g, more than %g", c.what, off, c.tolerance)
				}
			}
		})
	}
	if want == nil {
		text, err := json.MarshalIndent(made, "", "\t")
		if err == nil {
			err = os.WriteFile(path, append(text, '\n'), 0o644)
		}
		t.Error("there were no losses to compare with; they are written now: ", err)
	}
}
