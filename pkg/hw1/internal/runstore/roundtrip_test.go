package runstore_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runstore"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/store"
)

// A run is read as it was saved, whatever it has; one that belongs to another Spec is not read.
func TestRunsAreReadAsTheyWereSaved(t *testing.T) {
	hw1test.NewStore(t)
	short := runtest.Whole(t, 50) // one of each
	short.Spec.Seed, short.Replicas[0].Seed, short.Replicas[1].Seed = 4, 4, 5
	for i := range short.Replicas {
		r := &short.Replicas[i]
		r.Snapshots, r.Steps, r.History = r.Snapshots[1:2], r.Steps[:1], experiment.History{}
		r.History.Add(4, r.Train, r.Test, 1)
		r.History.AddValidation(r.Validation)
	}
	short.Seal(short.Spec.Key())
	for _, run := range []*experiment.Run{runtest.Whole(t, 50), runtest.Whole(t, 0), short, runtest.Plain(t)} {
		key := run.Spec.Key()
		run.Spec.Name = "a name" // which comes from the Spec that asks
		if _, err := runstore.Load(run.Spec, key); !errors.Is(err, store.ErrMiss) {
			t.Errorf("before it was saved: %v", err)
		}
		if err := runstore.Save(run); err != nil {
			t.Fatal(err)
		}
		read, err := runstore.Load(run.Spec, key)
		if err != nil {
			t.Fatal(err)
		}
		if want, got := fmt.Sprintf("%+v", *run), fmt.Sprintf("%+v", *read); want != got { // printing compares NaN as equal, and %v writes floats exactly
			t.Errorf("saved\n%s\nread\n%s", want, got)
		}
		other := run.Spec
		other.Epochs++
		_, err = runstore.Load(other, key)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "it holds another run")
	}
	run := runtest.Plain(t)
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HW1_RUNS", file)
	hw1test.CheckMessage(t, hw1test.MessageOf(runstore.Save(run)), "saving the run of 1-5-1, sinc, seed 0: ")
}

// Other programs read meta.json: it has each number that was measured, and no other.
func TestMeta(t *testing.T) {
	for _, run := range []*experiment.Run{runtest.Whole(t, 50), runtest.Whole(t, 1), runtest.Whole(t, 0), runtest.Plain(t)} {
		var meta runstore.Meta
		if err := json.Unmarshal(runtest.Files(t, run)["meta.json"], &meta); err != nil {
			t.Fatal(err)
		}
		if v := meta.Versions; v["go"] != runtime.Version() || v["os"] != runtime.GOOS+"/"+runtime.GOARCH {
			t.Errorf("the versions are %v", v)
		}
		r, row := run.Replicas[0], meta.Rows[0]
		if len(meta.Rows) != len(run.Replicas) || row.Seconds != run.Seconds/float64(len(run.Replicas)) || *row.TrainLoss != r.Train.Loss || row.Parameters != len(r.Theta) {
			t.Errorf("the rows are %+v", meta.Rows)
		}
		if measured := run.Spec.Validation > 0; (row.ValidationLoss != nil) != measured || (row.ValidationAccuracy != nil) != measured {
			t.Errorf("with %d validation examples the row is %+v", run.Spec.Validation, row)
		}
		if (row.TestAccuracy == nil) != math.IsNaN(r.Test.Accuracy) {
			t.Errorf("the test accuracy %g is %v", r.Test.Accuracy, row.TestAccuracy)
		}
	}
}

// What is wrong with a file of an entry is said, with the file's name.
func TestDecodeRunSaysWhatIsWrong(t *testing.T) {
	files := runtest.Files(t, runtest.Whole(t, 50))
	replaced := func(name, old, by string) map[string][]byte {
		changed := maps.Clone(files)
		changed[name] = bytes.ReplaceAll(files[name], []byte(old), []byte(by))
		if bytes.Equal(changed[name], files[name]) {
			t.Fatalf("%q is not in %s", old, name)
		}
		return changed
	}
	arrays := func(change func(map[string]*tensors.Tensor)) map[string][]byte {
		all, err := store.DecodeNpz(files["weights.npz"])
		if err != nil {
			t.Fatal(err)
		}
		change(all)
		changed := maps.Clone(files)
		if changed["weights.npz"], err = store.EncodeNpz(all); err != nil {
			t.Fatal(err)
		}
		return changed
	}
	set := func(name string, values any) map[string][]byte {
		return arrays(func(all map[string]*tensors.Tensor) { all[name] = tensors.MustFromAnyValue(values) })
	}
	two, cut := [][]float32{{1, 2, 3, 4}, {1, 2, 3, 4}}, [][]float32{{1, 2, 3, 4}}
	for _, c := range []struct {
		files map[string][]byte
		says  string
	}{
		{replaced("spec.json", "{", "["), "spec.json: "},
		{replaced("meta.json", "{", "["), "meta.json: "},
		{replaced("history.csv", "epoch", "step"), "history.csv: the header is not seed,epoch,train_loss,test_loss,train_accuracy,test_accuracy,gradient_norm"},
		{replaced("history.csv", "3,1,", "7,1,"), `history.csv: no replica or no epoch in ["7" "1"`},
		{replaced("history.csv", "3,1,", "3,one,"), `history.csv: no replica or no epoch in ["3" "one"`},
		{replaced("history.csv", "0.125", "x"), `history.csv: strconv.ParseFloat: parsing "x"`},
		{replaced("history.csv", "3,1,", "3,1,1,"), "history.csv: record on line 2: wrong number of fields"},
		{replaced("weights.npz", "PK", "KP"), "weights.npz: "},
		{map[string][]byte{"spec.json": files["spec.json"], "meta.json": []byte("{}")}, "meta.json: it has no rows"},
		{map[string][]byte{"spec.json": files["spec.json"], "meta.json": files["meta.json"]}, "history.csv: the header is not"},
		{set("initial", two[0]), "weights.npz: initial does not have the shape [n, 4]"},
		{set("final", [][]float32{{1}}), "weights.npz: final does not have the shape [n, 4]"},
		{set("initial", cut), "weights.npz: it does not hold 2 replicas"},
		{set("final", cut), "weights.npz: it does not hold 2 replicas"},
		{arrays(func(all map[string]*tensors.Tensor) { delete(all, "final") }), "weights.npz: it does not hold 2 replicas"},
		{set("snapshots_0", [][]float32{{1}}), "weights.npz: snapshots_0 does not have the shape [n, 4]"},
		{set("best_1", [][]float32{{1}}), "weights.npz: best_1 does not have the shape [n, 4]"},
		{set("steps_1", [][]float32{{1}}), "weights.npz: steps_1 does not have the shape [n, 2]"},
		{arrays(func(all map[string]*tensors.Tensor) { delete(all, "best_epoch_0") }), "weights.npz: best_epoch_0 does not hold the epochs of 1 snapshots"},
		{set("snapshot_epochs_1", []int32{0, 2}), "weights.npz: snapshot_epochs_1 does not hold the epochs of 3 snapshots"},
		{set("snapshot_epochs_1", [][]int32{{0, 2, 4}}), "weights.npz: snapshot_epochs_1 does not hold"},
		{set("snapshot_epochs_1", []float32{0, 2, 4}), "weights.npz: snapshot_epochs_1 does not hold"},
	} {
		_, err := runstore.Decode(c.files)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), c.says)
	}
	// What a run need not have may be missing.
	read, err := runstore.Decode(arrays(func(all map[string]*tensors.Tensor) {
		for _, name := range []string{"snapshots_0", "best_0", "steps_0"} {
			delete(all, name)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if r := read.Replicas[0]; r.Snapshots != nil || r.Best.Theta != nil || r.Steps != nil || len(read.Replicas[1].Snapshots) != 3 {
		t.Errorf("read is %+v", read)
	}
}
