package train

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runstore"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/store"
	"hw1/pkg/hw1/nn"
)

func TestBitIdenticalInTwoProcesses(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	for name, spec := range map[string]experiment.Spec{
		"function, five seeds": {
			Task: data.SignedDecay, Arch: nn.MLP(1, 10, 18, 15, 4, 1), Activation: nn.LeakyReLU, Epochs: 600, WeightDecay: 1e-4, Seeds: 5,
		},
		"mini-batches": {Task: data.Sinc, Arch: nn.MLP(1, 20, 30, 1), Epochs: 20, Batch: 50},
		"CNN with dropout": {
			Task: data.MNIST, Arch: nn.CNN([]int{4, 6}, 20, 10), Epochs: 1, Batch: 50, Dropout: 0.25, TrainSize: 500, TestSize: 100,
		},
	} {
		t.Run(name, func(t *testing.T) {
			first, _ := trainElsewhere(t, spec)
			second, _ := trainElsewhere(t, spec)
			if first.Error != "" || second.Error != "" {
				t.Fatal(first.Error, second.Error)
			}
			for i := range first.Thetas {
				for j, v := range first.Thetas[i] {
					if math.Float64bits(v) != math.Float64bits(second.Thetas[i][j]) {
						t.Fatalf("replica %d, parameter %d: %g and %g", i, j, v, second.Thetas[i][j])
					}
				}
			}
		})
	}
}

// Two processes at one Spec: one trains it, the other waits and reads it.
func TestTwoProcessesShareOneTraining(t *testing.T) {
	runs := t.TempDir()
	spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 40, 40, 1), Epochs: 2000}
	var printed [2]strings.Builder
	var outs [2]string
	var wait []func() error
	for i := range 2 {
		cmd, out := helper(t, []experiment.Spec{spec}, "HW1_RUNS="+runs)
		cmd.Stdout, cmd.Stderr = &printed[i], &printed[i]
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		outs[i], wait = out, append(wait, cmd.Wait)
	}
	for i := range 2 {
		if err := wait[i](); err != nil {
			t.Fatal(err, printed[i].String())
		}
	}
	first, second := readTrained(t, outs[0]), readTrained(t, outs[1])
	// The seconds of training are equal only where one process read the other's run.
	if first.Error != "" || fmt.Sprint(first) != fmt.Sprint(second) {
		t.Error("the two processes have different runs", first.Error, second.Error)
	}
	if got := hw1test.Entries(t, runs); len(got) != 1 {
		t.Errorf("the store holds %v", got)
	}
}

func TestInterrupt(t *testing.T) {
	runs := t.TempDir()
	cmd, out := helper(t, []experiment.Spec{{Task: data.Sinc, Arch: nn.MLP(1, 190, 1), Epochs: 5_000_000}}, "HW1_RUNS="+runs)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 200 { // until it trains
		if locks, _ := filepath.Glob(filepath.Join(runs, ".lock-*")); len(locks) > 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(500 * time.Millisecond)
	start := time.Now()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it stopped after %v", took)
	}
	hw1test.CheckMessage(t, readTrained(t, out).Error, "interrupted", "run the cell again")
	for _, name := range hw1test.Entries(t, runs) { // none, where it had hardly begun
		if !strings.HasPrefix(name, ".checkpoint-") {
			t.Errorf("a partial entry is left: %s", name)
		}
	}
}

// Several Specs give their runs in their order, and equal ones train once.
func TestTrainSeveral(t *testing.T) {
	hw1test.NewStore(t)
	a, b := runtest.Small(), runtest.Small()
	a.Name, b.Name, b.Task = "first", "second", data.SquareWave
	again := a
	again.Name = "first again"
	runs, err := All(a, b, again)
	if err != nil {
		t.Fatal(err)
	}
	labels := []string{runs[0].Label(), runs[1].Label()}
	if !slices.Equal(labels, []string{"first", "second"}) || runs[0].Spec.Task != data.Sinc || runs[1].Spec.Task != data.SquareWave {
		t.Errorf("runs %v are not in the specs' order", labels)
	}
	if runs[2].Keys[0] != runs[0].Keys[0] || runs[2].Label() != "first again" {
		t.Errorf("one Spec under two names: %q and %q", runs[0].Label(), runs[2].Label())
	}
	if runs[0].Replicas[0].Theta[0]++; runs[2].Replicas[0].Theta[0] == runs[0].Replicas[0].Theta[0] || !runs[2].AsMade() {
		t.Error("weights that a cell changes are another name's, too")
	}
}

// Runs without a name are named by what tells them apart; equal ones are not, nor those that
// have a name.
func TestRunsAreNamedByWhatDiffers(t *testing.T) {
	hw1test.NewStore(t)
	a, b, c := runtest.Small(), runtest.Small(), runtest.Small()
	b.Batch, c.Name = 50, "mine"
	for want, specs := range map[string][]experiment.Spec{
		"[1-5-1, batch 0 1-5-1, batch 50 mine]": {a, b, c},
		"[1-5-1 1-5-1 mine]":                    {a, a, c},
		"[mine mine]":                           {c, c},
		"[1-5-1]":                               {b},
	} {
		runs, err := All(specs...)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, run := range runs {
			got = append(got, run.Label())
		}
		if fmt.Sprint(got) != want {
			t.Errorf("the runs are named %v, want %s", got, want)
		}
	}
}

// Training learns: the loss of an easy function falls far below its variance,
// and a small CNN reads digits.
// Snapshots come when they are due, also where training looks at its networks at other
// times.
func TestSnapshotsAreTakenWhenTheyAreDue(t *testing.T) {
	run := mustRun(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 2, 1), Epochs: 1000, SnapshotEach: 300})
	var epochs []int
	for _, s := range run.Replicas[0].Snapshots {
		epochs = append(epochs, s.Epoch)
	}
	if want := []int{0, 300, 600, 900}; !slices.Equal(epochs, want) {
		t.Errorf("snapshots of the epochs %v, want %v", epochs, want)
	}
}

func TestTrainingLearns(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	run := mustRun(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 20, 30, 1), Activation: nn.Tanh, Epochs: 1500, LearningRate: 5e-3})
	r := run.Replicas[0]
	if r.Train.Loss > 1e-3 || r.Test.Loss > 2e-3 || r.DeadStart || r.Epochs != 1500 || r.Stop != experiment.StopBudget {
		t.Errorf("sinc: %+v after %d epochs, dead start %t, %s", r.Train, r.Epochs, r.DeadStart, r.Stop)
	}
	run = mustRun(t, experiment.Spec{Task: data.MNIST, Arch: nn.CNN([]int{4, 8}, 10), Epochs: 3, Batch: 20, LearningRate: 5e-3, TrainSize: 1000, TestSize: 500})
	if r := run.Replicas[0]; r.Test.Accuracy < 0.8 {
		t.Errorf("MNIST: test accuracy %g", r.Test.Accuracy)
	}
}

// A run that another process trains does not hold up the others: processes that
// need the same runs divide them.
func TestRunsOfAnotherProcessAreLeftToIt(t *testing.T) {
	t.Setenv("HW1_RUNS", t.TempDir())
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // one run at a time
	busy, free := runtest.Small(), runtest.Small()
	free.Seed = 7
	plan, err := newPlan([]experiment.Spec{busy, free})
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := store.Lock(context.Background(), plan.jobs[0].key, func() {}) // as another process does
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := All(busy, free)
		done <- err
	}()
	for _, err := runstore.Load(plan.jobs[1].spec, plan.jobs[1].key); err != nil; _, err = runstore.Load(plan.jobs[1].spec, plan.jobs[1].key) {
		select {
		case err := <-done:
			t.Fatalf("Train ended before the other process did: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	if _, err := runstore.Load(plan.jobs[0].spec, plan.jobs[0].key); err == nil {
		t.Error("a run that another process trains was trained")
	}
	unlock()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
