package runstore_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/runstore"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/train"
)

// Who reads a stored run finds the names of what a cell declared, where the Spec has identities.
func TestNamesOfWhatCellsDeclare(t *testing.T) {
	run := &experiment.Run{Spec: runtest.Small()}
	run.Spec.Activation, run.Spec.Loss = nn.Tanh, loss.Regression("absolute", func(outputs, targets *graph.Node) *graph.Node { return graph.Abs(graph.Sub(outputs, targets)) })
	files, err := runstore.Encode(run)
	if err != nil {
		t.Fatal(err)
	}
	var spec struct{ Loss string }
	var meta runstore.Meta
	if err := errors.Join(json.Unmarshal(files[0].Content, &spec), json.Unmarshal(files[1].Content, &meta)); err != nil {
		t.Fatal(err)
	}
	if len(meta.Names) != 1 || meta.Names[spec.Loss] != "absolute" {
		t.Errorf("%q is called %q in %v", spec.Loss, meta.Names[spec.Loss], meta.Names)
	}
}

// FuzzDecodeRun: no file of an entry, however it came about, makes the reader
// panic or take more memory than its size accounts for.
func FuzzDecodeRun(f *testing.F) {
	spec := runtest.Small()
	spec.Epochs, spec.Seeds, spec.SnapshotEach = 3, 2, 1
	f.Setenv("HW1_RUNS", f.TempDir())
	run, err := train.One(spec)
	if err != nil {
		f.Fatal(err)
	}
	files, err := runstore.Encode(run)
	if err != nil {
		f.Fatal(err)
	}
	seed := func(change func(name string, content []byte) []byte) {
		var content [4][]byte
		for i, file := range files {
			content[i] = change(file.Name, file.Content)
		}
		f.Add(content[0], content[1], content[2], content[3])
	}
	seed(func(_ string, content []byte) []byte { return content })
	seed(func(_ string, content []byte) []byte { return content[:len(content)/2] })
	seed(func(name string, content []byte) []byte {
		return bytes.ReplaceAll(content, []byte("(2, 16)"), []byte("(9999999999, 99999999999)"))
	})
	seed(func(name string, content []byte) []byte {
		return bytes.ReplaceAll(content, []byte(`"dense": [`), []byte(`"dense": [1048576, 1048576,`))
	})
	f.Fuzz(func(t *testing.T, spec, meta, history, weights []byte) {
		run, err := runstore.Decode(map[string][]byte{"spec.json": spec, "meta.json": meta, "history.csv": history, "weights.npz": weights})
		if err != nil {
			return
		}
		for _, r := range run.Replicas {
			if len(r.Theta) != run.Spec.Arch.ParamCount() || len(r.Theta) > len(weights) {
				t.Errorf("%d weights of %d from %d bytes", len(r.Theta), run.Spec.Arch.ParamCount(), len(weights))
			}
			for i := range r.History.Epoch {
				_ = math.Abs(r.History.TrainLoss[i])
			}
		}
	})
}
