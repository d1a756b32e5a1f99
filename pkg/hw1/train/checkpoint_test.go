package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/store"
	"hw1/pkg/hw1/nn"
)

// stopAfter is a context that ends after some looks, of whoever looks, so that a training stops at
// any place where it can be interrupted.
type stopAfter struct {
	context.Context
	looks *atomic.Int64 // that are left
}

func newStopAfter(looks int) stopAfter {
	c := stopAfter{context.Background(), new(atomic.Int64)}
	c.looks.Store(int64(looks))
	return c
}

func (c stopAfter) Err() error {
	if c.looks.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

type quietWatcher struct{}

func (quietWatcher) resumes(int) {}

func (quietWatcher) reached(_, _ float64) {}

func (quietWatcher) paused(int) {}

// An interrupt anywhere, also within an epoch, costs no step that was taken.
func TestInterruptedTrainingGoesOn(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	spec := runtest.MustResolve(t, experiment.Spec{
		Task: data.MNIST, Arch: nn.MLP(784, 130, 10), Epochs: 3, Batch: 100, Dropout: 0.25, EvaluateEach: 2, SnapshotEach: 2, TrainSize: 2400, TestSize: 1500,
	})
	hw1test.NewStore(t)
	whole, err := trainResolved(context.Background(), newJob(spec), quietWatcher{})
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		run, err := trainResolved(newStopAfter(n), newJob(spec), quietWatcher{})
		if err == nil {
			if n < 5 {
				t.Errorf("only %d places where a training can be interrupted", n)
			}
			run.Seconds = whole.Seconds
			if want, got := fmt.Sprintf("%+v", *whole), fmt.Sprintf("%+v", *run); want != got {
				t.Errorf("not stopped\n%.3000s\nstopped %d times\n%.3000s", want, n, got)
			}
			return
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

// interrupter interrupts a training when so many epochs are reached.
type interrupter struct {
	quietWatcher
	at     float64
	cancel func()
}

func (i interrupter) reached(epochs, _ float64) {
	if epochs >= i.at {
		i.cancel()
	}
}

// An interrupt within the evaluation of epoch 2 keeps the steps of that epoch, and the
// evaluation is done when the training goes on.
func TestInterruptWithinAnEvaluation(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	spec := runtest.MustResolve(t, experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 20, 10), Epochs: 3, Batch: 100, EvaluateEach: 2, TrainSize: 600, TestSize: 200})
	hw1test.NewStore(t)
	whole, err := trainResolved(context.Background(), newJob(spec), quietWatcher{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := trainResolved(ctx, newJob(spec), interrupter{at: 2, cancel: cancel}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	tr, err := newTrainer(newJob(spec))
	if err != nil {
		t.Fatal(err)
	}
	if tr.resume(); tr.epoch != 1 || tr.step != spec.StepsPerEpoch() {
		t.Errorf("kept in epoch %d after %d steps, expected 1 and %d", tr.epoch, tr.step, spec.StepsPerEpoch())
	}
	run, err := trainResolved(context.Background(), newJob(spec), quietWatcher{})
	if err != nil {
		t.Fatal(err)
	}
	run.Seconds = whole.Seconds
	if want, got := fmt.Sprintf("%+v", *whole), fmt.Sprintf("%+v", *run); want != got {
		t.Errorf("not stopped\n%.2000s\nstopped\n%.2000s", want, got)
	}
}

// A training that diverges as it is interrupted says that it diverged, and leaves no
// checkpoint of what cannot go on.
func TestInterruptDoesNotHideADivergence(t *testing.T) {
	hw1test.NewStore(t)
	spec := runtest.MustResolve(t, runtest.Small())
	diverged, err := newTrainer(newJob(spec))
	if err != nil {
		t.Fatal(err)
	}
	theta := slices.Repeat([]float64{math.NaN()}, spec.Arch.ParamCount())
	diverged.state[0] = device.Tensor(theta, spec.DType(), 1, len(theta))
	if !diverged.checkpoint() {
		t.Fatal("no checkpoint")
	}
	for n := range 10 {
		_, err := trainResolved(newStopAfter(n), newJob(spec), quietWatcher{})
		if !errors.Is(err, context.Canceled) {
			hw1test.CheckMessage(t, hw1test.MessageOf(err), "diverged in epoch 1", "lower the learning rate", "or scale the data")
			return
		}
	}
	t.Error("the divergence never showed")
}

// What an interrupt says of a checkpoint is so.
func TestInterruptWithoutACheckpoint(t *testing.T) {
	hw1test.NewStore(t)
	spec := runtest.MustResolve(t, runtest.Small())
	interrupted := func() string {
		board := newBoard([]job{newJob(spec)})
		if _, err := trainResolved(newStopAfter(0), newJob(spec), board.runs[0]); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		return board.close("Interrupted", nil)
	}
	inTheWay := checkpointPath(spec.Key()) + store.NewSuffix
	if err := os.MkdirAll(filepath.Join(inTheWay, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := interrupted(); got != "no run was finished" {
		t.Errorf("where no checkpoint can be written: %s", got)
	}
	if err := os.RemoveAll(inTheWay); err != nil {
		t.Fatal(err)
	}
	if got := interrupted(); !strings.Contains(got, "kept in epoch 1") {
		t.Errorf("with a checkpoint: %s", got)
	}
}

// A process that is killed while it writes a checkpoint leaves a part of one, which
// goes when the run is done.
func TestNothingOfACheckpointIsLeft(t *testing.T) {
	dir := hw1test.NewStore(t)
	path := checkpointPath(runtest.MustResolve(t, runtest.Small()).Key()) + store.NewSuffix
	for _, when := range []string{"trained", "read"} {
		if err := os.WriteFile(path, []byte("PK"), 0o644); err != nil {
			t.Fatal(err)
		}
		mustRun(t, runtest.Small())
		if got := hw1test.Entries(t, dir); len(got) != 1 {
			t.Errorf("the run was %s, and the store holds %v", when, got)
		}
	}
}

// Whatever happens to a checkpoint, the run comes out right.
func TestDamagedCheckpoint(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	spec := runtest.Small()
	spec.Epochs, spec.Seeds, spec.Batch, spec.SnapshotEach = 6, 2, 100, 2
	spec = runtest.MustResolve(t, spec)
	whole := mustRun(t, spec)
	if _, err := trainResolved(newStopAfter(3), newJob(spec), quietWatcher{}); err == nil {
		t.Fatal("it was not interrupted")
	}
	path := checkpointPath(spec.Key())
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	otherSpec := spec
	otherSpec.Epochs = 7
	atTheEnd, err := newTrainer(newJob(spec))
	if err != nil {
		t.Fatal(err)
	}
	atTheEnd.epoch = spec.Epochs
	for name, damage := range map[string]func() error{
		"flipped in the middle": func() error { return os.WriteFile(path, hw1test.Flipped(good, len(good)/2), 0o644) },
		"flipped at the end":    func() error { return os.WriteFile(path, hw1test.Flipped(good, len(good)-5), 0o644) },
		"truncated":             func() error { return os.WriteFile(path, good[:len(good)/2], 0o644) },
		"emptied":               func() error { return os.WriteFile(path, nil, 0o644) },
		"a folder":              func() error { return os.Mkdir(path, 0o755) },
		"at the end, and not done": func() error {
			if !atTheEnd.checkpoint() {
				return errors.New("it was not written")
			}
			return nil
		},
		"of another run": func() error {
			return os.WriteFile(path, rewritten(t, good, "spec.json", func([]byte) []byte {
				text, _ := json.Marshal(otherSpec)
				return text
			}), 0o644)
		},
		"of an impossible run": func() error {
			return os.WriteFile(path, rewritten(t, good, "spec.json", impossible), 0o644)
		},
		"of another backend": func() error {
			return os.WriteFile(path, rewritten(t, good, "meta.json", func(meta []byte) []byte {
				return bytes.ReplaceAll(meta, []byte(whole.Backend), []byte("another"))
			}), 0o644)
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := errors.Join(os.RemoveAll(path), damage()); err != nil {
				t.Fatal(err)
			}
			tr, err := newTrainer(newJob(spec))
			if err != nil {
				t.Fatal(err)
			}
			if tr.resume(); tr.epoch != 0 || tr.step != 0 || len(tr.replicas[0].History.Epoch) != 0 {
				t.Errorf("it went on at epoch %d, step %d", tr.epoch, tr.step)
			}
			run, err := trainResolved(context.Background(), newJob(spec), quietWatcher{})
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range run.Replicas {
				hw1test.CheckNear(t, "theta", r.Theta, whole.Replicas[i].Theta, 0)
			}
			_ = os.RemoveAll(path)
		})
	}
}

// rewritten returns an archive with one file changed.
func rewritten(t *testing.T, content []byte, name string, change func([]byte) []byte) []byte {
	t.Helper()
	files, err := store.Unarchive(content)
	if err != nil {
		t.Fatal(err)
	}
	files[name] = change(files[name])
	if content, err = store.Archive(listed(files)); err != nil {
		t.Fatal(err)
	}
	return content
}

// listed returns files as the store takes them.
func listed(files map[string][]byte) (list []store.File) {
	for name, content := range files {
		list = append(list, store.File{Name: name, Content: content})
	}
	return list
}

func TestCheckpointInterval(t *testing.T) {
	for _, text := range []string{"soon", "-1", "NaN", "1e300"} {
		t.Setenv("HW1_CHECKPOINT_SECONDS", text)
		hw1test.NewStore(t)
		_, err := All(runtest.Small())
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "HW1_CHECKPOINT_SECONDS="+text, "number of seconds")
	}
	c := checkpoints{each: time.Minute, last: time.Now().Add(-2 * time.Minute)}
	if !c.due() {
		t.Error("no checkpoint is due after two minutes")
	}
	if c.took = 3 * time.Second; c.due() {
		t.Error("checkpoints of three seconds are written each two minutes, more than a fiftieth of the time")
	}
}

// An epoch of many short steps, too, is interrupted within it, and goes on there.
func TestInterruptWithinALoopOfSteps(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	spec := runtest.MustResolve(t, experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 4, 10), Epochs: 1, Batch: 1, TrainSize: 1501, TestSize: 100})
	whole, err := trainResolved(context.Background(), newJob(spec), quietWatcher{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trainResolved(newStopAfter(1), newJob(spec), quietWatcher{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("it was not interrupted: %v", err)
	}
	tr, err := newTrainer(newJob(spec))
	if err != nil {
		t.Fatal(err)
	}
	if tr.resume(); tr.step == 0 || tr.step > loopSteps {
		t.Errorf("it goes on from step %d", tr.step)
	}
	resumed, err := trainResolved(context.Background(), newJob(spec), quietWatcher{})
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "theta", resumed.Replicas[0].Theta, whole.Replicas[0].Theta, 0)
}
