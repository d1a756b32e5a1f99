package train

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runstore"
	"hw1/pkg/hw1/nn"
)

// oldStore is a run store that was written by an earlier version of the code.
const oldStore = "testdata/store-v7"

// A run that was trained before the code was changed is read, and not trained anew: here by a
// process that cannot train.
func TestRunsOfAnOldStoreAreRead(t *testing.T) {
	dir := hw1test.NewStore(t)
	if err := os.CopyFS(dir, os.DirFS(oldStore)); err != nil {
		t.Fatal(err)
	}
	spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 20, Seed: 1, Seeds: 2, SnapshotEach: 10}
	got, _ := trainElsewhere(t, spec, "GOMLX_BACKEND=none", "HW1_RUNS="+dir)
	if got.Error != "" {
		t.Fatal(got.Error)
	}
	run := mustRun(t, spec)
	text, err := os.ReadFile(filepath.Join(dir, run.Keys[0], "meta.json"))
	if err != nil {
		t.Fatal(err)
	}
	var meta runstore.Meta
	if err := json.Unmarshal(text, &meta); err != nil {
		t.Fatal(err)
	}
	if run.Seconds != meta.Seconds || run.Backend != meta.Backend || len(run.Replicas) != len(meta.Rows) {
		t.Fatalf("%d replicas of %s in %g s; meta.json is %s", len(run.Replicas), run.Backend, run.Seconds, text)
	}
	for i, r := range run.Replicas {
		if want := meta.Rows[i]; r.Seed != want.Seed || r.Stop != want.Stop || r.Train.Loss != *want.TrainLoss || r.Test.Loss != *want.TestLoss {
			t.Errorf("replica %d is %+v", i, r)
		}
		var epochs []int
		for _, s := range r.Snapshots {
			epochs = append(epochs, s.Epoch)
		}
		if !slices.Equal(epochs, []int{0, 10, 20}) || len(r.History.Epoch) != 20 {
			t.Errorf("snapshots of the epochs %v, and a history of %d", epochs, len(r.History.Epoch))
		}
		hw1test.CheckNear(t, "theta", got.Thetas[i], r.Theta, 0)
		hw1test.CheckNear(t, "the last snapshot", r.Snapshots[2].Theta, r.Theta, 0)
		hw1test.CheckNear(t, "the first snapshot", r.Snapshots[0].Theta, r.Initial, 0)
		hw1test.CheckNear(t, "the initial theta", r.Initial, run.Spec.Rounded(run.Spec.Arch.InitTheta(uint64(r.Seed))), 0)
	}
}
