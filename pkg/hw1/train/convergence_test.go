package train

import (
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"

	"github.com/gomlx/gomlx/core/graph"
)

// stopEpoch returns the first epoch at which training on a loss curve stops, 0
// for never.
func stopEpoch(targets []float64, patience, epochs int, curve func(epoch int) float64) int {
	c := newConvergence(loss.MSE.Constant(targets, 1) / 2)
	for e := 1; e <= epochs; e++ {
		c.add(e, curve(e))
		if c.converged(e, patience) {
			return e
		}
	}
	return 0
}

// A loss of one's own may be below 0, where each epoch looked like progress.
func TestLossBelow0Converges(t *testing.T) {
	targets := []float64{-1, 1}
	if got := stopEpoch(targets, 10, 100, func(e int) float64 { return -1 + 1/float64(e*e) }); got == 0 || got < 30 {
		t.Errorf("a loss that falls to -1 stops in epoch %d", got)
	}
	if got := stopEpoch(targets, 10, 100, func(e int) float64 { return -float64(e) }); got != 0 {
		t.Errorf("a loss that keeps falling stops in epoch %d", got)
	}
}

// A constant reaches the targets' variance, or the entropy of two classes, at best: half of it tells a network that learns a function
// from one that does not, but of data, and of several values, a network may learn less than that.
func TestPlateau(t *testing.T) {
	line := data.Examples{X: []float64{1, 2, 3, 4}, Y: []float64{0, 0, 2, 2}}
	table, err := data.Own(data.Set{Name: "table", Train: line, Test: line, Shape: []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	pairs := data.VectorFunction("pairs", 1, 2, func(x []float64) []float64 { return []float64{0, math.Round(x[0])} }, data.Sampling{Train: 4})
	for _, c := range []struct {
		task    data.Task
		loss    loss.Loss
		outputs int
		want    float64
	}{
		{data.Function("steps", func(x float64) float64 { return math.Round(x) }, data.Sampling{Train: 4}), loss.MSE, 1, 0.25},
		{data.Function("halves", func(x float64) float64 { return math.Round((x + 1) / 2) }, data.Sampling{Train: 4, Classes: 2}), loss.CrossEntropy, 1, math.Ln2 / 2},
		{data.Function("ones", func(float64) float64 { return 1 }, data.Sampling{Train: 4, Classes: 2}), loss.CrossEntropy, 1, 0},
		{data.Sinc, loss.Regression("mine", func(z, y *graph.Node) *graph.Node { return graph.Abs(graph.Sub(z, y)) }), 1, math.Inf(1)},
		{data.Function("noisy steps", func(x float64) float64 { return math.Round(x) }, data.Sampling{Train: 4, Noise: 1e-9}), loss.MSE, 1, 0.99 * 0.5},
		{table, loss.MSE, 1, 0.99},
		{pairs, loss.MSE, 2, 0.99 * 0.25},
	} {
		tr, err := newTrainer(newJob(runtest.MustResolve(t, experiment.Spec{Task: c.task, Loss: c.loss, Arch: nn.MLP(1, 5, c.outputs), Epochs: 1})))
		if err != nil {
			t.Fatal(err)
		}
		if got := tr.replicas[0].progress.plateau; got != c.want && math.Abs(got-c.want) > 1e-8 {
			t.Errorf("%s has the plateau %g, want %g", c.task, got, c.want)
		}
	}
}

// A network that can learn only a little of its data stops early, and counts as one that has learnt something; it goes on if it predicts a
// constant.
func TestPatienceWithLittleToLearn(t *testing.T) {
	hw1test.NewStore(t)
	spec := experiment.Spec{Arch: nn.MLP(1, 1), LearningRate: 0.05, Epochs: 3000, Patience: 250}
	for slope, stop := range map[float64]string{1: experiment.StopConverged, 0: experiment.StopBudget} {
		spec.Task = data.Function("noisy line", func(x float64) float64 { return slope * x }, data.Sampling{Train: 600, Noise: 1.2, Seed: 1})
		if r := mustRun(t, spec).Replicas[0]; r.Stop != stop || r.DeadStart != (stop == experiment.StopBudget) {
			t.Errorf("with slope %g, it ended after %d epochs, %s, as a dead start: %t", slope, r.Epochs, r.Stop, r.DeadStart)
		}
	}
}

func TestConvergence(t *testing.T) {
	targets := []float64{-1, 1} // variance 1, plateau 1/2
	for _, c := range []struct {
		name     string
		patience int
		loss     func(epoch int) float64
		want     int
	}{
		{"flat below the plateau", 100, func(int) float64 { return 0.1 }, 101},
		{"on the plateau", 100, func(int) float64 { return 0.99 }, 0},
		{"leaves the plateau late", 100, func(e int) float64 {
			if e < 500 {
				return 0.99
			}
			return 0.1
		}, 600},
		{"falls steadily", 100, func(e int) float64 { return 0.4 * math.Pow(0.999, float64(e)) }, 0},
		{"creeps below the gain", 100, func(e int) float64 { return 0.1 * (1 - 1e-7*float64(e)) }, 101},
		{"creeps, and gains in the sum", 100, func(e int) float64 { return 0.1 * math.Pow(1-2e-6, float64(e)) }, 0},
		{"rises after its best", 100, func(e int) float64 { return 0.1 + math.Abs(float64(e)-50)/1000 }, 150},
		{"no patience", 0, func(int) float64 { return 0.1 }, 0},
	} {
		if got := stopEpoch(targets, c.patience, 1000, c.loss); got != c.want {
			t.Errorf("%s: stopped in epoch %d, want %d", c.name, got, c.want)
		}
	}
	if got := stopEpoch(nil, 10, 100, func(int) float64 { return 2.3 }); got != 11 {
		t.Errorf("images have no plateau: stopped in epoch %d, want 11", got)
	}
}

// What only watches a training, or goes on with it, gives the same weights bit for bit, however many steps an execution has.
func TestWatchingChangesNoWeights(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	full := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 6, 6, 1), Epochs: 508, LearningRate: 0.01, Seeds: 2}
	batches := full
	batches.Batch, batches.Epochs, batches.Schedule = 250, 52, optim.Schedule{Steps: []int{20}}
	for _, spec := range []experiment.Spec{full, batches} {
		half, want := spec, mustRun(t, spec).Replicas[1]
		half.Epochs /= 2
		passed := mustRun(t, half).Replicas[1]
		for _, each := range []int{1, 3, half.Epochs} {
			watched := spec
			watched.SnapshotEach = each
			got := mustRun(t, watched).Replicas[1]
			if !slices.Equal(got.Theta, want.Theta) || !slices.Equal(got.History.GradNorm, want.History.GradNorm) {
				t.Errorf("snapshots every %d epochs change the weights", each)
			}
			if each == half.Epochs && !slices.Equal(got.Snapshots[1].Theta, passed.Theta) {
				t.Errorf("%d epochs do not pass through the weights of %d", spec.Epochs, half.Epochs)
			}
		}
	}
}

// Snapshots between two looks at the replicas move no end of a training.
func TestPatienceDoesNotDependOnSnapshots(t *testing.T) {
	hw1test.NewStore(t)
	noisy := data.Function("noisy line", func(x float64) float64 { return x }, data.Sampling{Train: 50, Noise: 0.1})
	spec := experiment.Spec{Task: noisy, Arch: nn.MLP(1, 1), Epochs: 6000, Patience: 300, LearningRate: 0.03}
	with := spec
	with.SnapshotEach = 70
	runs, err := All(spec, with)
	if err != nil {
		t.Fatal(err)
	}
	a, b := runs[0].Replicas[0], runs[1].Replicas[0]
	if a.Stop != experiment.StopConverged || a.Epochs != b.Epochs || !slices.Equal(a.Theta, b.Theta) {
		t.Errorf("%q after %d epochs, and with snapshots %q after %d", a.Stop, a.Epochs, b.Stop, b.Epochs)
	}
	last := b.Snapshots[len(b.Snapshots)-1].Theta
	b.Theta[0]++
	if last[0] == b.Theta[0] {
		t.Error("the final weights are those of a snapshot")
	}
}
