package experiment_test

import (
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
)

func TestSameAs(t *testing.T) {
	a, named, other, none := runtest.Small(), runtest.Small(), runtest.Small(), runtest.Small()
	named.Name, other.Epochs, none.Gain = "a name", 11, math.NaN()
	for _, c := range []struct {
		a, b experiment.Spec
		same bool
	}{{a, a, true}, {a, named, true}, {a, other, false}, {a, none, false}, {none, a, false}, {none, none, false}} {
		if c.a.SameAs(c.b) != c.same {
			t.Errorf("%+v is %+v: %v", c.a, c.b, !c.same)
		}
	}
}

// Whatever analyses read of a run, a change of it makes the run another one; what they do not read leaves it as it is.
func TestIdentityOfChangedRuns(t *testing.T) {
	seen := map[string]string{}
	for name, change := range map[string]func(run *experiment.Run, r *experiment.Replica){
		"seed":           func(_ *experiment.Run, r *experiment.Replica) { r.Seed = 9 },
		"first weight":   func(_ *experiment.Run, r *experiment.Replica) { r.Theta[0] = 9 },
		"last weight":    func(_ *experiment.Run, r *experiment.Replica) { r.Theta[3] = 9 },
		"initial":        func(_ *experiment.Run, r *experiment.Replica) { r.Initial[0] = 9 },
		"snapshot":       func(_ *experiment.Run, r *experiment.Replica) { r.Snapshots[1].Theta[0] = 9 },
		"snapshot epoch": func(_ *experiment.Run, r *experiment.Replica) { r.Snapshots[1].Epoch = 1 },
		"fewer":          func(_ *experiment.Run, r *experiment.Replica) { r.Snapshots = r.Snapshots[:2] },
		"train loss":     func(_ *experiment.Run, r *experiment.Replica) { r.Train.Loss = 9 },
		"train accuracy": func(_ *experiment.Run, r *experiment.Replica) { r.Train.Accuracy = 1 },
		"test loss":      func(_ *experiment.Run, r *experiment.Replica) { r.Test.Loss = 9 },
		"test accuracy":  func(_ *experiment.Run, r *experiment.Replica) { r.Test.Accuracy = 1 },
		"history":        func(_ *experiment.Run, r *experiment.Replica) { r.History.TrainLoss[2] = 9 },
		"spec":           func(run *experiment.Run, _ *experiment.Replica) { run.Spec.Epochs = 9 },
		"order":          func(run *experiment.Run, _ *experiment.Replica) { slices.Reverse(run.Replicas) },
		"a moved weight": func(_ *experiment.Run, r *experiment.Replica) {
			r.Initial = append([]float64{r.Theta[3]}, r.Initial...)
			r.Theta = r.Theta[:3]
		},
		"one of two": func(run *experiment.Run, _ *experiment.Replica) { run.Replicas = run.Replicas[:1] },
	} {
		run := runtest.Whole(t, 0)
		if !run.AsMade() || !slices.Equal(run.Identity(), []string{run.Spec.Key()}) {
			t.Fatalf("as it was made, the run is %v", run.Identity())
		}
		run.Identity()[0], run.Keys[0] = "the caller's", "the caller's, too"
		run.Spec.Name, run.Seconds, run.Replicas[0].Stop, run.Replicas[0].Steps = "a name", 9, "", nil
		if !run.AsMade() || run.Identity()[0] != run.Spec.Key() {
			t.Error("a name, or what a caller does to an identity or to keys, makes another run")
		}
		change(run, &run.Replicas[0])
		got := run.Identity()
		if run.AsMade() || len(got) != len(run.Replicas) || len(got[0]) != len("weights ")+32 {
			t.Errorf("%s: the changed run is %q", name, got)
		}
		if other, is := seen[got[0]]; is {
			t.Errorf("%s and %s have one identity", name, other)
		}
		seen[got[0]] = name
	}
}

// A run of several has the keys of all, and weights of its own.
func TestMerged(t *testing.T) {
	run := runtest.Whole(t, 0)
	other := runtest.Whole(t, 0)
	other.Seal("other")
	merged := experiment.Merge(run.Spec, []*experiment.Run{run, other})
	if got, want := merged.Identity(), []string{run.Spec.Key(), "other"}; !slices.Equal(got, want) || merged.Seconds != 6 || merged.Backend != run.Backend || len(merged.Replicas) != 4 {
		t.Errorf("merged: %q, %+v", got, merged)
	}
	merged.Replicas[0].Theta[0] = 9
	hw1test.CheckNear(t, "the weights of the part", run.Replicas[0].Theta, []float64{4, 1, -1, 0.5}, 0)
}
