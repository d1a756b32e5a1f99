package train

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/store"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

// longRun is a training of a second or two, and how often a full test kills it.
type longRun struct {
	spec  experiment.Spec
	kills int
}

// longRuns are trainings of each kind.
func longRuns() map[string]longRun {
	return map[string]longRun{
		"function, three seeds": {experiment.Spec{
			Task: data.SquareWave, Arch: nn.MLP(1, 10, 18, 15, 4, 1), Activation: nn.LeakyReLU, Epochs: 5000, WeightDecay: 1e-4, Patience: 2000,
			Seeds: 3, SnapshotEach: 500,
		}, 20},
		"function, mini-batches": {experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 20, 30, 1), Epochs: 600, Batch: 50, Dropout: 0.1, SnapshotEach: 3, Validation: 50, EvaluateEach: 20}, 5},
		"SGD with a schedule": {experiment.Spec{
			Task: data.Sinc, Arch: nn.MLP(1, 20, 30, 1), Epochs: 600, Batch: 50, SnapshotEach: 3, LearningRate: 0.1,
			Optimizer: optim.SGD, Momentum: 0.9, Nesterov: true, ClipNorm: 1, Schedule: optim.Schedule{Warmup: 20, Cosine: true},
		}, 5},
		"dense net with dropout": {experiment.Spec{
			Task: data.MNIST, Arch: nn.MLP(784, 200, 200, 10), Epochs: 6, Batch: 50, Dropout: 0.25, EvaluateEach: 2, Validation: 500, TrainSize: 3000, TestSize: 500,
		}, 5},
		"CNN": {experiment.Spec{Task: data.MNIST, Arch: nn.CNN([]int{4}, 10), Epochs: 3, Batch: 50, LabelNoise: 0.1, TrainSize: 2000, TestSize: 500}, 20},
		"residual blocks with batch normalization": {experiment.Spec{
			Task: data.MNIST, Arch: nn.CNN([]int{3}, 10).With(nn.Block{Kernel: 3, Stride: 2, Residual: true}).Padded().Normalized(), Init: nn.He,
			Epochs: 3, Batch: 50, TrainSize: 1000, TestSize: 500,
		}, 5},
		"network and optimizer of one's own": {experiment.Spec{Task: data.SquareWave, Arch: waves(), Epochs: 600, Batch: 50, SnapshotEach: 3, Optimizer: lion(), LearningRate: 1e-3}, 5},
	}
}

// lion is an optimizer of one's own (Chen et al. 2023), with noise.
func lion() optim.Optimizer {
	return optim.Own("lion", 1, func(at optim.Point) (change *graph.Node, memory []*graph.Node) {
		toward := func(beta float64) *graph.Node {
			return graph.Add(graph.MulScalar(at.Memory[0], beta), graph.MulScalar(at.Gradient, 1-beta))
		}
		return graph.Mul(at.Rate, graph.Add(graph.Sign(toward(0.9)), graph.MulScalar(at.Noise(), 0.1))), []*graph.Node{toward(0.99)}
	})
}

// waves is a network of one's own that adds sines.
func waves() nn.Arch {
	weights := []nn.Param{{Name: "frequency", Shape: []int{1, 40}, FanIn: 1}, {Name: "phase", Shape: []int{40}}, {Name: "height", Shape: []int{40, 1}, FanIn: 40}}
	return nn.Graph("waves", 1, []int{1}, 1, weights, func(w []*graph.Node, x *graph.Node) *graph.Node {
		return graph.Dot(graph.Sin(graph.Add(graph.Dot(x, graph.MulScalar(w[0], 20)).Product(), graph.InsertAxes(w[1], 0))), w[2]).Product()
	})
}

// resultFiles returns the files of a stored run that have to be the same, bit for
// bit, however it came about: all but meta.json, which holds times.
func resultFiles(t *testing.T, dir string, spec experiment.Spec) map[string][]byte {
	t.Helper()
	files, err := store.Read(filepath.Join(dir, runtest.MustResolve(t, spec).Key()))
	if err != nil {
		t.Fatal(err)
	}
	delete(files, "meta.json")
	return files
}

func checkSameFiles(t *testing.T, got, want map[string][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	for name := range want {
		if !bytes.Equal(got[name], want[name]) {
			t.Errorf("%s differs from that of the training that was not stopped", name)
		}
	}
}

// A training that is killed at any moment and started again, any number of times,
// ends in the bits of one that was not.
func TestKilledTrainingGoesOn(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	t.Parallel()
	for name, run := range longRuns() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() {
				run.kills = 3
			}
			killAndGoOn(t, run)
		})
	}
}

// killAndGoOn compares a training that is killed with one that is not.
func killAndGoOn(t *testing.T, run longRun) {
	spec, whole, start := run.spec, t.TempDir(), time.Now()
	if got, _ := trainElsewhere(t, spec, "HW1_RUNS="+whole); got.Error != "" {
		t.Fatal(got.Error)
	}
	took := time.Since(start)
	want, key := resultFiles(t, whole, spec), runtest.MustResolve(t, spec).Key()
	rng := rand.New(rand.NewPCG(1, uint64(spec.Epochs)))
	dir, kept := t.TempDir(), 0
	for kill := range run.kills {
		cmd, _ := helper(t, []experiment.Spec{spec}, "HW1_RUNS="+dir, "HW1_CHECKPOINT_SECONDS=0.02")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if kill == 0 { // one kill at least meets a checkpoint
			waitFor(filepath.Join(dir, ".checkpoint-"+key))
		} else {
			time.Sleep(200*time.Millisecond + time.Duration(rng.Int64N(int64(took/2))))
		}
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if _, err := os.Stat(filepath.Join(dir, ".checkpoint-"+key)); err == nil {
			kept++
		}
		if _, err := os.Stat(filepath.Join(dir, key, store.SumsFile)); err == nil { // it was done before
			checkSameFiles(t, resultFiles(t, dir, spec), want)
			dir = t.TempDir()
		}
	}
	if got, _ := trainElsewhere(t, spec, "HW1_RUNS="+dir); got.Error != "" {
		t.Fatal(got.Error)
	}
	checkSameFiles(t, resultFiles(t, dir, spec), want)
	if got := hw1test.Entries(t, dir); len(got) != 1 {
		t.Errorf("the store holds %v", got)
	}
	if kept == 0 {
		t.Errorf("none of %d killed trainings had left a checkpoint", run.kills)
	}
}

// waitFor waits until a file is there, for half a minute at most.
func waitFor(path string) {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
	}
}
