//go:build !js

package experiment

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/store"
	"hw1/pkg/hw1/internal/words"
)

// This file turns runs into the files of the run store and back.

// Meta is meta.json.
type Meta struct {
	Analysis string            `json:"analysis,omitempty"` // of an entry that is none of a run
	Backend  string            `json:"backend,omitempty"`
	Seconds  float64           `json:"seconds"`
	Trained  time.Time         `json:"trained"`
	Versions map[string]string `json:"versions"`
	Rows     []Row             `json:"rows"`
}

// Row is a replica's result; an absent number was not measured.
type Row struct {
	Model         string   `json:"model"`
	Task          string   `json:"task"`
	Seed          int      `json:"seed"`
	Parameters    int      `json:"parameters"`
	Epochs        int      `json:"epochs"`
	Stop          string   `json:"stop"`
	DeadStart     bool     `json:"dead_start"`
	Seconds       float64  `json:"seconds"` // the run's, shared out over its replicas
	Backend       string   `json:"backend"`
	TrainLoss     *float64 `json:"train_loss,omitempty"`
	TestLoss      *float64 `json:"test_loss,omitempty"`
	TrainAccuracy *float64 `json:"train_accuracy,omitempty"`
	TestAccuracy  *float64 `json:"test_accuracy,omitempty"`

	ValidationLoss     *float64 `json:"validation_loss,omitempty"`
	ValidationAccuracy *float64 `json:"validation_accuracy,omitempty"`
}

// EncodeRun returns the files of a run, as the store keeps them.
func EncodeRun(run *Run) ([]store.File, error) {
	spec, err1 := store.Marshal(run.Spec)
	meta, err2 := store.Marshal(newMeta(run))
	history, err3 := encodeHistory(run.Replicas)
	weights, err4 := store.EncodeNpz(run.arrays())
	return []store.File{
		{Name: "spec.json", Content: spec}, {Name: "meta.json", Content: meta}, {Name: "history.csv", Content: history}, {Name: "weights.npz", Content: weights},
	}, errors.Join(err1, err2, err3, err4)
}

// DecodeRun is the inverse of [EncodeRun], but for what a Spec is called.
func DecodeRun(files map[string][]byte) (*Run, error) {
	run, meta := &Run{}, Meta{}
	if err := json.Unmarshal(files["spec.json"], &run.Spec); err != nil {
		return nil, fmt.Errorf("spec.json: %w", err)
	}
	if err := json.Unmarshal(files["meta.json"], &meta); err != nil {
		return nil, fmt.Errorf("meta.json: %w", err)
	}
	run.Backend, run.Seconds = meta.Backend, meta.Seconds
	for _, row := range meta.Rows {
		replica := Replica{
			Seed: row.Seed, Epochs: row.Epochs, Stop: row.Stop, DeadStart: row.DeadStart,
			Train: Score{orNaN(row.TrainLoss), orNaN(row.TrainAccuracy)},
			Test:  Score{orNaN(row.TestLoss), orNaN(row.TestAccuracy)}, Validation: Score{orNaN(row.ValidationLoss), orNaN(row.ValidationAccuracy)},
		}
		run.Replicas = append(run.Replicas, replica)
	}
	if err := decodeHistory(files["history.csv"], run.Replicas); err != nil {
		return nil, fmt.Errorf("history.csv: %w", err)
	}
	arrays, err := store.DecodeNpz(files["weights.npz"])
	if err == nil {
		err = run.setArrays(arrays)
	}
	if err != nil {
		return nil, fmt.Errorf("weights.npz: %w", err)
	}
	return run, nil
}

// Load returns the run of a resolved Spec under its key, ErrMiss, or an error that says what is
// wrong with the entry.
func Load(spec Spec, key string) (*Run, error) {
	run, err := store.Load("run", key, func(files map[string][]byte) (*Run, string, error) {
		run, err := DecodeRun(files)
		if err != nil {
			return nil, "", err
		}
		return run, run.Spec.Key(), nil
	})
	if err != nil {
		return nil, err
	}
	run.Spec.Name = spec.Name
	run.Seal(key)
	return run, nil
}

// Save writes a run to the store. Nothing is left behind where that fails.
func Save(run *Run) error {
	files, err := EncodeRun(run)
	if err == nil {
		err = store.Save(run.Keys[0], files)
	}
	if err != nil {
		return fmt.Errorf("saving the run of %s: %w", run.Spec.Describe(), err)
	}
	return nil
}

func newMeta(run *Run) Meta {
	meta := Meta{Backend: run.Backend, Seconds: run.Seconds, Trained: time.Now().UTC().Truncate(time.Second), Versions: Versions()}
	for _, r := range run.Replicas {
		row := Row{
			Model: run.Label(), Task: run.Spec.Task.String(), Seed: r.Seed, Parameters: run.Spec.Arch.ParamCount(),
			Epochs: r.Epochs, Stop: r.Stop, DeadStart: r.DeadStart,
			Seconds: run.Seconds / float64(len(run.Replicas)), Backend: run.Backend,
			TrainLoss: unlessNaN(r.Train.Loss), TestLoss: unlessNaN(r.Test.Loss),
			TrainAccuracy: unlessNaN(r.Train.Accuracy), TestAccuracy: unlessNaN(r.Test.Accuracy),
		}
		if run.Spec.Validation > 0 {
			row.ValidationLoss, row.ValidationAccuracy = unlessNaN(r.Validation.Loss), unlessNaN(r.Validation.Accuracy)
		}
		meta.Rows = append(meta.Rows, row)
	}
	return meta
}

// Versions returns the versions of Go, of the operating system and of the
// libraries that compute.
func Versions() map[string]string {
	v := map[string]string{"go": runtime.Version(), "os": runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if name, ok := strings.CutPrefix(dep.Path, "github.com/gomlx/"); ok {
				v[name] = dep.Version
			}
		}
	}
	return v
}

// storedScore is a Score in JSON, which has no NaN.
type storedScore struct {
	Loss     float64
	Accuracy *float64
}

// MarshalJSON writes a score, the accuracy of a regression as null.
func (s Score) MarshalJSON() ([]byte, error) {
	return json.Marshal(storedScore{s.Loss, unlessNaN(s.Accuracy)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Score) UnmarshalJSON(text []byte) error {
	var stored storedScore
	err := json.Unmarshal(text, &stored)
	*s = Score{stored.Loss, orNaN(stored.Accuracy)}
	return err
}

func unlessNaN(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// historyHeader has the names of the columns; the last ones are there with a validation set.
var historyHeader = []string{"seed", "epoch", "train_loss", "test_loss", "train_accuracy", "test_accuracy", "gradient_norm", "validation_loss", "validation_accuracy"}

func encodeHistory(replicas []Replica) ([]byte, error) {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	validation := slices.ContainsFunc(replicas, func(r Replica) bool { return len(r.History.ValidationLoss) > 0 })
	rows := [][]string{historyHeader}
	if !validation {
		rows[0] = historyHeader[:withoutValidation]
	}
	for _, r := range replicas {
		for i, epoch := range r.History.Epoch {
			row := []string{strconv.Itoa(r.Seed), strconv.Itoa(epoch)}
			for _, column := range r.History.columns(validation) {
				row = append(row, words.Float((*column)[i]))
			}
			rows = append(rows, row)
		}
	}
	err := w.WriteAll(rows)
	return text.Bytes(), err
}

func decodeHistory(text []byte, replicas []Replica) error {
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return err
	}
	validation := len(rows) > 0 && slices.Equal(rows[0], historyHeader)
	if !validation && (len(rows) == 0 || !slices.Equal(rows[0], historyHeader[:withoutValidation])) {
		return fmt.Errorf("the header is not %s", strings.Join(historyHeader[:withoutValidation], ","))
	}
	bySeed := map[string]*History{}
	for i, r := range replicas {
		bySeed[strconv.Itoa(r.Seed)] = &replicas[i].History
	}
	for _, row := range rows[1:] {
		h := bySeed[row[0]]
		epoch, err := strconv.Atoi(row[1])
		if h == nil || err != nil {
			return fmt.Errorf("no replica or no epoch in %q", row)
		}
		h.Epoch = append(h.Epoch, epoch)
		for i, column := range h.columns(validation) {
			v := math.NaN()
			if field := row[2+i]; field != "" {
				if v, err = strconv.ParseFloat(field, 64); err != nil {
					return err
				}
			}
			*column = append(*column, v)
		}
	}
	return nil
}

// This file turns a run's vectors into the arrays of weights.npz and back: initial
// and final thetas [R, P]; of replica i its snapshots, snapshots_i [S, P], with
// their epochs, snapshot_epochs_i [S], and the loss and the gradient's norm of each
// training step, steps_i [steps, 2]; of a training with a validation set best_i [1, P] and its
// epoch, best_epoch_i [1].

func (r *Run) arrays() map[string]*tensors.Tensor {
	dtype, p := r.Spec.DType(), r.Spec.Arch.ParamCount()
	arrays := map[string]*tensors.Tensor{}
	var initial, final []float64
	for i, replica := range r.Replicas {
		initial, final = append(initial, replica.Initial...), append(final, replica.Theta...)
		if n := len(replica.Snapshots); n > 0 {
			var thetas []float64
			var epochs []int32
			for _, s := range replica.Snapshots {
				thetas, epochs = append(thetas, s.Theta...), append(epochs, int32(s.Epoch))
			}
			arrays[numbered("snapshots", i)] = device.Tensor(thetas, dtype, n, p)
			arrays[numbered("snapshot_epochs", i)] = tensors.FromFlatDataAndDimensions(epochs, n)
		}
		if replica.Best.Theta != nil {
			arrays[numbered("best", i)] = device.Tensor(replica.Best.Theta, dtype, 1, p)
			arrays[numbered("best_epoch", i)] = tensors.FromFlatDataAndDimensions([]int32{int32(replica.Best.Epoch)}, 1)
		}
		if n := len(replica.Steps); n > 0 {
			var steps []float64
			for _, s := range replica.Steps {
				steps = append(steps, s.Loss, s.GradNorm)
			}
			arrays[numbered("steps", i)] = device.Tensor(steps, dtype, n, 2)
		}
	}
	arrays["initial"] = device.Tensor(initial, dtype, len(r.Replicas), p)
	arrays["final"] = device.Tensor(final, dtype, len(r.Replicas), p)
	return arrays
}

func numbered(name string, i int) string { return fmt.Sprintf("%s_%d", name, i) }

// setArrays is the inverse of arrays.
func (r *Run) setArrays(arrays map[string]*tensors.Tensor) error {
	p := r.Spec.Arch.ParamCount()
	initial, err1 := store.Matrix(arrays, "initial", p)
	final, err2 := store.Matrix(arrays, "final", p)
	if err := cmp.Or(err1, err2); err != nil {
		return err
	}
	if len(initial) != len(r.Replicas) || len(final) != len(r.Replicas) {
		return fmt.Errorf("it does not hold %d replicas", len(r.Replicas))
	}
	for i := range r.Replicas {
		kept, err1 := snapshots(arrays, numbered("snapshots", i), numbered("snapshot_epochs", i), p)
		best, err2 := snapshots(arrays, numbered("best", i), numbered("best_epoch", i), p)
		steps, err3 := store.Matrix(arrays, numbered("steps", i), 2)
		if err := cmp.Or(err1, err2, err3); err != nil {
			return err
		}
		replica := &r.Replicas[i]
		replica.Initial, replica.Theta, replica.Snapshots = initial[i], final[i], kept
		if len(best) > 0 {
			replica.Best = best[0]
		}
		for _, s := range steps {
			replica.Steps = append(replica.Steps, Step{s[0], s[1]})
		}
	}
	return nil
}

// snapshots returns those of an array of thetas [S, P] and one of their epochs, none where there are none.
func snapshots(arrays map[string]*tensors.Tensor, name, epochsName string, p int) ([]Snapshot, error) {
	thetas, err := store.Matrix(arrays, name, p)
	if err != nil || thetas == nil {
		return nil, err
	}
	array := arrays[epochsName]
	if array == nil || array.DType() != dtypes.Int32 || array.Rank() != 1 || array.Size() != len(thetas) {
		return nil, fmt.Errorf("%s does not hold the epochs of %d snapshots", epochsName, len(thetas))
	}
	epochs, err := tensors.CopyFlatData[int32](array)
	if err != nil {
		return nil, err
	}
	return num.Make(len(thetas), func(j int) Snapshot { return Snapshot{int(epochs[j]), thetas[j]} }), nil
}
