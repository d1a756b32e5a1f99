package analysis

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runstore"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/store"
	"hw1/pkg/hw1/nn"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

// counted returns an analysis that counts how often it is computed.
func counted(t *testing.T, name string, times *int) func() (float64, error) {
	t.Helper()
	return func() (float64, error) {
		return Of(Question{name, 1, map[string]any{"setting": 2}}, func(_ context.Context, w *Work) (float64, error) {
			*times++
			w.Report(0.5)
			return 42.5, nil
		})
	}
}

func TestAnalysisIsComputedOnce(t *testing.T) {
	times := 0
	ask := counted(t, "answer", &times)
	for range 3 {
		if got, err := ask(); got != 42.5 || err != nil {
			t.Fatal(got, err)
		}
	}
	if times != 1 {
		t.Errorf("computed %d times", times)
	}
	a, _ := Question{"answer", 1, map[string]any{"setting": 2}}.key()
	for _, other := range []Question{{"answer", 2, map[string]any{"setting": 2}}, {"answer", 1, map[string]any{"setting": 3}}, {"other", 1, map[string]any{"setting": 2}}} {
		if b, _ := other.key(); b == a {
			t.Errorf("%v has the same key", other)
		}
	}
}

func TestDamagedAnalysisIsMadeAgain(t *testing.T) {
	times := 0
	ask := counted(t, "damaged", &times)
	if _, err := ask(); err != nil {
		t.Fatal(err)
	}
	key, err := Question{"damaged", 1, map[string]any{"setting": 2}}.key()
	if err != nil {
		t.Fatal(err)
	}
	for _, damage := range []func(path string) error{
		func(path string) error { return os.WriteFile(path, []byte("43"), 0o644) },
		func(path string) error { return os.Truncate(path, 0) },
		os.Remove,
		func(path string) error { // as an analysis of other runs has it, whole
			other := Question{"damaged", 1, map[string]any{"setting": 3}}
			key, err := other.key()
			if err == nil {
				err = saveResult(other, key, 43.5, 0)
			}
			return errors.Join(err, os.RemoveAll(filepath.Dir(path)), os.CopyFS(filepath.Dir(path), os.DirFS(store.Dir(key))))
		},
	} {
		if err := damage(filepath.Join(store.Dir(key), "result.json")); err != nil {
			t.Fatal(err)
		}
		before := times
		if got, err := ask(); got != 42.5 || err != nil || times != before+1 {
			t.Fatalf("%g, %v, computed %d times more", got, err, times-before)
		}
	}
}

func TestFailedAnalysisLeavesNothing(t *testing.T) {
	a := Question{"failing", 1, 3}
	_, err := Of(a, func(context.Context, *Work) (int, error) { return 0, errors.New("no luck") })
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "no luck")
	key, _ := a.key()
	if _, err := os.Stat(store.Dir(key)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an entry is left: %v", err)
	}
}

func TestRunWithSnapshotsAndStepsComesBack(t *testing.T) {
	run := &experiment.Run{Spec: runtest.MustResolve(t, experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 1, 10), Epochs: 2, Batch: 10}), Keys: []string{"k"}, Backend: "go"}
	p := run.Spec.Arch.ParamCount()
	theta := func(v float64) []float64 {
		out := make([]float64, p)
		for i := range out {
			out[i] = v + float64(i)
		}
		return out
	}
	run.Replicas = []experiment.Replica{{
		Seed: 1, Initial: theta(0), Theta: theta(1), Steps: []experiment.Step{{Loss: 1, GradNorm: 2}, {Loss: 0.5, GradNorm: 4}, {Loss: 0.25, GradNorm: 8}},
		Snapshots: []experiment.Snapshot{{Epoch: 0, Theta: theta(0)}, {Epoch: 2, Theta: theta(2)}},
	}}
	back, err := runstore.Decode(runtest.Files(t, run))
	if err != nil {
		t.Fatal(err)
	}
	r := back.Replicas[0]
	if len(r.Steps) != 3 || r.Steps[2] != (experiment.Step{Loss: 0.25, GradNorm: 8}) {
		t.Errorf("steps %v", r.Steps)
	}
	if len(r.Snapshots) != 2 || r.Snapshots[1].Epoch != 2 {
		t.Fatalf("%d snapshots", len(r.Snapshots))
	}
	hw1test.CheckNear(t, "snapshot", r.Snapshots[1].Theta, theta(2), 0)
	hw1test.CheckNear(t, "final theta", r.Theta, theta(1), 0)
}
