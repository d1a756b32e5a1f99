package analysis_test

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hw1/pkg/hw1/capacity"
	"hw1/pkg/hw1/classify"
	"hw1/pkg/hw1/connect"
	"hw1/pkg/hw1/critical"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/fit"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/paths"
	"hw1/pkg/hw1/sensitivity"
	"hw1/pkg/hw1/sharpness"
	"hw1/pkg/hw1/surface"
	"hw1/pkg/hw1/train"
)

// Whatever was computed before the code was changed is read: nothing is added to a store of an
// earlier version, and nothing in it is made again.
func TestAnalysesOfAnOldStoreAreRead(t *testing.T) {
	hw1test.NeedData(t)
	dir, old := hw1test.NewStore(t), "../train/testdata/store-v7"
	if err := os.CopyFS(dir, os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
	sinc, digits := oldRuns(t)
	entries := hw1test.Entries(t, dir)
	for name, ask := range analyses(t, sinc, digits) {
		if err := ask(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if now := hw1test.Entries(t, dir); len(now) != len(entries) {
			t.Errorf("%s: an entry was added", name)
			entries = now
		}
	}
	for _, key := range hw1test.Entries(t, old) {
		was, err1 := os.ReadFile(filepath.Join(old, key, "meta.json"))
		is, err2 := os.ReadFile(filepath.Join(dir, key, "meta.json"))
		if err1 != nil || err2 != nil || !bytes.Equal(was, is) {
			t.Errorf("%s was made again: %s, %v, %v", key, is, err1, err2)
		}
	}
}

func one[T any](result T, err error) ([]T, error) { return []T{result}, err }

// complete says what is wrong with results, if anything is.
func complete[T check.Validator](results []T, err error) error {
	return cmp.Or(err, check.Args("what was read", results...))
}

// oldRuns returns the runs of the old store: of a function, and two of images.
func oldRuns(t *testing.T) (sinc *experiment.Run, digits []*experiment.Run) {
	t.Helper()
	images := experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 1, 10), Epochs: 2, Batch: 20, TrainSize: 100, TestSize: 50, Seed: 1}
	other := images
	other.Batch = 50
	runs, err := train.All(images, other, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 20, Seed: 1, Seeds: 2, SnapshotEach: 10})
	if err != nil {
		t.Fatal(err)
	}
	// The results that are computed anew: they lacked the lowest losses on the whole training set.
	_, err1 := surface.Random(runs[2], surface.Grid{Points: 3})
	_, err2 := surface.OfPath(runs[2], surface.Grid{Points: 3})
	if err := cmp.Or(err1, err2); err != nil {
		t.Fatal(err)
	}
	return runs[2], runs[:2]
}

// analyses asks every analysis of these runs.
func analyses(t *testing.T, sinc *experiment.Run, digits []*experiment.Run) map[string]func() error {
	t.Helper()
	followed, err := paths.Follow(1, sinc)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]func() error{
		"random walks":    func() error { return complete(one(paths.RandomWalks(followed, 1))) },
		"critical points": func() error { return complete(critical.Find(sinc, critical.Search{Iterations: 3, Neighbours: 4})) },
		"random surface":  func() error { return complete(one(surface.Random(sinc, surface.Grid{Points: 3}))) },
		"path's surface":  func() error { return complete(one(surface.OfPath(sinc, surface.Grid{Points: 3}))) },
		"polishing":       func() error { return complete(fit.Polish(2, sinc)) },
		"interpolation":   func() error { return complete(one(connect.Interpolate(digits[0], digits[1], []float64{0, 1}))) },
		"curve": func() error {
			return complete(one(connect.Bezier(digits[0], digits[1], connect.Bend{Epochs: 1, Batch: 50, LearningRate: 1e-3, Seed: 1, Points: 2})))
		},
		"classification": func() error { return complete(classify.Images(digits...)) },
		"sharpness": func() error {
			return complete(sharpness.Measure(sharpness.Ascent{Eps: []float64{1e-3}, Steps: 2, Examples: 50}, digits...))
		},
		"sensitivity": func() error { return complete(sensitivity.Measure(digits...)) },
		"random features": func() error {
			return complete(one(capacity.FitRandomFeatures(capacity.RandomFeatures{Task: data.MNIST, Examples: 20, TestSize: 20, Seeds: 1, Features: []int{5, 20, 40}})))
		},
	}
}

// An analysis answers for the weights that it is given: what a cell has changed is neither
// answered from the store, nor does it leave an answer there for the honest run.
func TestAnalysesOfChangedWeightsAreTheirOwn(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	dir := hw1test.NewStore(t)
	if err := os.CopyFS(dir, os.DirFS("../train/testdata/store-v7")); err != nil {
		t.Fatal(err)
	}
	sinc, digits := oldRuns(t)
	honest := analyses(t, sinc, digits)
	// Their followed path is an analysis, too: of the honest run it is stored.
	before := len(hw1test.Entries(t, dir))
	changed := analyses(t, changedRun(sinc), []*experiment.Run{changedRun(digits[0]), digits[1]})
	if now := len(hw1test.Entries(t, dir)); now != before+1 {
		t.Errorf("paths: %d entries after %d", now, before)
	}
	for name, ask := range changed {
		before := len(hw1test.Entries(t, dir))
		want := before + 1
		if name == "random features" { // of no run
			want = before
		}
		for _, ask := range []func() error{ask, ask, honest[name]} {
			if err := ask(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if now := len(hw1test.Entries(t, dir)); now != want {
				t.Errorf("%s: %d entries after %d, want %d", name, now, before, want)
			}
		}
	}
}

// changedRun returns a copy of a run with weights that a cell has changed.
func changedRun(run *experiment.Run) *experiment.Run {
	changed := *run
	changed.Replicas = slices.Clone(run.Replicas)
	for i := range changed.Replicas {
		r := &changed.Replicas[i]
		r.Theta = slices.Clone(r.Theta)
		r.Theta[0] += 0.01
	}
	return &changed
}
