package experiment_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/store"
	"hw1/pkg/hw1/nn"
)

// whole returns a run of two seeds that has all that a run can have, in numbers that single precision holds.
func whole(t *testing.T, validation int) *experiment.Run {
	spec := runtest.MustResolve(t, experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 1, 1), Epochs: 4, SnapshotEach: 2, EvaluateEach: 2, Validation: validation, Seed: 3, Seeds: 2})
	run := &experiment.Run{Spec: spec, Backend: "some:device", Seconds: 3}
	for seed := range 2 {
		x := float64(1 + seed)
		theta := func(v float64) []float64 { return []float64{v, x, -1, 0.5} }
		r := experiment.Replica{
			Seed: 3 + seed, Epochs: 4, Stop: experiment.StopBudget, DeadStart: seed == 1, Initial: theta(0), Theta: theta(4),
			Snapshots: []experiment.Snapshot{{Epoch: 0, Theta: theta(0)}, {Epoch: 2, Theta: theta(2)}, {Epoch: 4, Theta: theta(4)}},
			Steps:     []experiment.Step{{Loss: x, GradNorm: 3}, {Loss: 0.5 * x, GradNorm: 2}, {Loss: 0.25, GradNorm: 1}},
			Train:     experiment.Score{Loss: 0.1 * x, Accuracy: 0.9}, Test: experiment.Score{Loss: 0.2 * x, Accuracy: 0.8}, Validation: experiment.NoScore,
		}
		for i, epoch := range []int{1, 2, 4} {
			r.History.Add(epoch, experiment.Score{Loss: x / float64(i+1), Accuracy: 0.5}, experiment.Score{Loss: 1e-300, Accuracy: 0.25}, []float64{1, math.NaN(), 1. / 3}[i])
			if validation > 0 {
				r.History.AddValidation(experiment.Score{Loss: x + 1/float64(i+1), Accuracy: 0.125})
			}
		}
		if validation > 0 {
			r.Validation, r.Best = experiment.Score{Loss: 0.3 * x, Accuracy: 0.7}, experiment.Snapshot{Epoch: 2, Theta: theta(2)}
		}
		run.Replicas = append(run.Replicas, r)
	}
	run.Seal(spec.Key())
	return run
}

// plain returns a run without snapshots and steps, of a regression.
func plain(t *testing.T) *experiment.Run {
	run := runtest.Handmade(&experiment.Run{Spec: runtest.Small()})
	run.Replicas[0].Train, run.Replicas[0].Test, run.Replicas[0].Validation = experiment.Score{Loss: 2, Accuracy: math.NaN()}, experiment.Score{Loss: 3, Accuracy: math.NaN()}, experiment.NoScore
	run.Seal(run.Spec.Key())
	return run
}

// A run is read as it was saved, whatever it has; one that belongs to another Spec is not read.
func TestRunsAreReadAsTheyWereSaved(t *testing.T) {
	hw1test.NewStore(t)
	short := whole(t, 50) // one of each
	short.Spec.Seed, short.Replicas[0].Seed, short.Replicas[1].Seed = 4, 4, 5
	for i := range short.Replicas {
		r := &short.Replicas[i]
		r.Snapshots, r.Steps, r.History = r.Snapshots[1:2], r.Steps[:1], experiment.History{}
		r.History.Add(4, r.Train, r.Test, 1)
		r.History.AddValidation(r.Validation)
	}
	short.Seal(short.Spec.Key())
	for _, run := range []*experiment.Run{whole(t, 50), whole(t, 0), short, plain(t)} {
		key := run.Spec.Key()
		run.Spec.Name = "a name" // which comes from the Spec that asks
		if _, err := experiment.Load(run.Spec, key); !errors.Is(err, store.ErrMiss) {
			t.Errorf("before it was saved: %v", err)
		}
		if err := experiment.Save(run); err != nil {
			t.Fatal(err)
		}
		read, err := experiment.Load(run.Spec, key)
		if err != nil {
			t.Fatal(err)
		}
		if want, got := fmt.Sprintf("%+v", *run), fmt.Sprintf("%+v", *read); want != got { // printing compares NaN as equal, and %v writes floats exactly
			t.Errorf("saved\n%s\nread\n%s", want, got)
		}
		other := run.Spec
		other.Epochs++
		_, err = experiment.Load(other, key)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "it holds another run")
	}
	run := plain(t)
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HW1_RUNS", file)
	hw1test.CheckMessage(t, hw1test.MessageOf(experiment.Save(run)), "saving the run of 1-5-1, sinc, seed 0: ")
}

// Other programs read meta.json: it has each number that was measured, and no other.
func TestMeta(t *testing.T) {
	for _, run := range []*experiment.Run{whole(t, 50), whole(t, 1), whole(t, 0), plain(t)} {
		var meta experiment.Meta
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
	files := runtest.Files(t, whole(t, 50))
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
		{map[string][]byte{"spec.json": files["spec.json"], "meta.json": []byte("{}")}, "history.csv: the header is not"},
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
		_, err := experiment.DecodeRun(c.files)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), c.says)
	}
	// What a run need not have may be missing.
	read, err := experiment.DecodeRun(arrays(func(all map[string]*tensors.Tensor) {
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

// A score of a regression has no accuracy, for which JSON has null.
func TestScoresInJSON(t *testing.T) {
	for text, score := range map[string]experiment.Score{`{"Loss":0.5,"Accuracy":0.25}`: {Loss: 0.5, Accuracy: 0.25}, `{"Loss":2,"Accuracy":null}`: {Loss: 2, Accuracy: math.NaN()}} {
		var read experiment.Score
		written, err := json.Marshal(score)
		if err = errors.Join(err, json.Unmarshal([]byte(text), &read)); err != nil || string(written) != text || fmt.Sprint(read) != fmt.Sprint(score) {
			t.Errorf("%v is written as %s, and read as %v (%v)", score, written, read, err)
		}
	}
	if err := new(experiment.Score).UnmarshalJSON([]byte("[]")); !errors.As(err, new(*json.UnmarshalTypeError)) {
		t.Errorf("a list is read as a score: %v", reflect.TypeOf(err))
	}
}
