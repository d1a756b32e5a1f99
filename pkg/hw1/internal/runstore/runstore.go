// Package runstore keeps runs in the run store: it turns them into files, and files into runs.
package runstore

import (
	"bytes"
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

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/custom"
	"hw1/pkg/hw1/internal/store"
	"hw1/pkg/hw1/internal/words"
)

// Meta is meta.json.
type Meta struct {
	Analysis string            `json:"analysis,omitempty"` // of an entry that is not a run
	Backend  string            `json:"backend,omitempty"`
	Seconds  float64           `json:"seconds"`
	Trained  time.Time         `json:"trained"`
	Versions map[string]string `json:"versions"`
	Names    map[string]string `json:"names,omitempty"` // of what cells declared, by its identity in spec.json
	Rows     []Row             `json:"rows"`
}

// Row is the result of one replica; a missing number was not measured.
type Row struct {
	Model         string   `json:"model"`
	Task          string   `json:"task"`
	Seed          int      `json:"seed"`
	Parameters    int      `json:"parameters"`
	Epochs        int      `json:"epochs"`
	Stop          string   `json:"stop"`
	DeadStart     bool     `json:"dead_start"`
	Seconds       float64  `json:"seconds"` // the run's, divided by its number of replicas
	Backend       string   `json:"backend"`
	TrainLoss     *float64 `json:"train_loss,omitempty"`
	TestLoss      *float64 `json:"test_loss,omitempty"`
	TrainAccuracy *float64 `json:"train_accuracy,omitempty"`
	TestAccuracy  *float64 `json:"test_accuracy,omitempty"`

	ValidationLoss     *float64 `json:"validation_loss,omitempty"`
	ValidationAccuracy *float64 `json:"validation_accuracy,omitempty"`
}

// Encode returns the files in which the store keeps a run.
func Encode(run *experiment.Run) ([]store.File, error) {
	spec, err1 := store.Marshal(run.Spec)
	meta, err2 := store.Marshal(newMeta(run))
	history, err3 := encodeHistory(run.Replicas)
	weights, err4 := store.EncodeNpz(arrays(run))
	return []store.File{
		{Name: "spec.json", Content: spec}, {Name: "meta.json", Content: meta}, {Name: "history.csv", Content: history}, {Name: "weights.npz", Content: weights},
	}, errors.Join(err1, err2, err3, err4)
}

// Decode is the inverse of [Encode], except that the Spec's name is lost, and the graph of a custom network.
func Decode(files map[string][]byte) (*experiment.Run, error) {
	run, meta := &experiment.Run{}, Meta{}
	if err := json.Unmarshal(files["spec.json"], &run.Spec); err != nil {
		return nil, fmt.Errorf("spec.json: %w", err)
	}
	if err := json.Unmarshal(files["meta.json"], &meta); err != nil {
		return nil, fmt.Errorf("meta.json: %w", err)
	}
	if len(meta.Rows) == 0 {
		return nil, errors.New("meta.json: it has no rows, and a run has one for each seed")
	}
	run.Backend, run.Seconds = meta.Backend, meta.Seconds
	for _, row := range meta.Rows {
		replica := experiment.Replica{
			Seed: row.Seed, Epochs: row.Epochs, Stop: row.Stop, DeadStart: row.DeadStart,
			Train: score(row.TrainLoss, row.TrainAccuracy), Test: score(row.TestLoss, row.TestAccuracy), Validation: score(row.ValidationLoss, row.ValidationAccuracy),
		}
		run.Replicas = append(run.Replicas, replica)
	}
	if err := decodeHistory(files["history.csv"], run.Replicas); err != nil {
		return nil, fmt.Errorf("history.csv: %w", err)
	}
	arrays, err := store.DecodeNpz(files["weights.npz"])
	if err == nil {
		err = setArrays(run, arrays)
	}
	if err != nil {
		return nil, fmt.Errorf("weights.npz: %w", err)
	}
	return run, nil
}

func score(loss, accuracy *float64) experiment.Score {
	return experiment.Score{Loss: words.Number(loss), Accuracy: words.Number(accuracy)}
}

// Load returns the stored run of a resolved Spec. Its error is store.ErrMiss if there is none, and
// otherwise says what is wrong with the entry.
func Load(spec experiment.Spec, key string) (*experiment.Run, error) {
	run, err := store.Load("run", key, func(files map[string][]byte) (*experiment.Run, string, error) {
		run, err := Decode(files)
		if err != nil || !run.Spec.SameAs(spec) {
			return nil, "", err
		}
		return run, key, nil
	})
	if err != nil {
		return nil, err
	}
	run.Spec = spec // with its name, and the graph of a custom network
	run.Seal(key)
	return run, nil
}

// Save writes a run to the store. It leaves nothing behind if that fails.
func Save(run *experiment.Run) error {
	files, err := Encode(run)
	if err == nil {
		err = store.Save(run.Keys[0], files)
	}
	if err != nil {
		return fmt.Errorf("saving the run of %s: %w", run.Spec.Describe(), err)
	}
	return nil
}

func newMeta(run *experiment.Run) Meta {
	meta := Meta{Backend: run.Backend, Seconds: run.Seconds, Trained: time.Now().UTC().Truncate(time.Second), Versions: Versions(), Names: ownNames(run.Spec)}
	for _, r := range run.Replicas {
		row := Row{
			Model: run.Label(), Task: run.Spec.Task.String(), Seed: r.Seed, Parameters: run.Spec.Arch.ParamCount(),
			Epochs: r.Epochs, Stop: r.Stop, DeadStart: r.DeadStart,
			Seconds: run.Seconds / float64(len(run.Replicas)), Backend: run.Backend,
			TrainLoss: words.Optional(r.Train.Loss), TestLoss: words.Optional(r.Test.Loss),
			TrainAccuracy: words.Optional(r.Train.Accuracy), TestAccuracy: words.Optional(r.Test.Accuracy),
			ValidationLoss: words.Optional(r.Validation.Loss), ValidationAccuracy: words.Optional(r.Validation.Accuracy),
		}
		meta.Rows = append(meta.Rows, row)
	}
	return meta
}

// ownNames returns the names of the optimizer, the loss and the activation by their identities, if cells declared them.
func ownNames(s experiment.Spec) map[string]string {
	names := map[string]string{}
	for identity, name := range map[string]string{string(s.Optimizer): s.Optimizer.String(), string(s.Loss): s.Loss.String(), string(s.Activation): s.Activation.String()} {
		if custom.Is(identity) {
			names[identity] = name
		}
	}
	return names
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

// historyHeader has the names of the columns; the last ones exist only with a validation set.
var historyHeader = []string{"seed", "epoch", "train_loss", "test_loss", "train_accuracy", "test_accuracy", "gradient_norm", "validation_loss", "validation_accuracy"}

// withoutValidation is the number of columns of a history without a validation set.
const withoutValidation = 7

func encodeHistory(replicas []experiment.Replica) ([]byte, error) {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	validation := slices.ContainsFunc(replicas, func(r experiment.Replica) bool { return len(r.History.ValidationLoss) > 0 })
	rows := [][]string{historyHeader}
	if !validation {
		rows[0] = historyHeader[:withoutValidation]
	}
	for _, r := range replicas {
		for i, epoch := range r.History.Epoch {
			row := []string{strconv.Itoa(r.Seed), strconv.Itoa(epoch)}
			for _, column := range r.History.Columns(validation) {
				row = append(row, words.Float((*column)[i]))
			}
			rows = append(rows, row)
		}
	}
	err := w.WriteAll(rows)
	return text.Bytes(), err
}

func decodeHistory(text []byte, replicas []experiment.Replica) error {
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return err
	}
	validation := len(rows) > 0 && slices.Equal(rows[0], historyHeader)
	if !validation && (len(rows) == 0 || !slices.Equal(rows[0], historyHeader[:withoutValidation])) {
		return fmt.Errorf("the header is not %s", strings.Join(historyHeader[:withoutValidation], ","))
	}
	bySeed := map[string]*experiment.History{}
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
		for i, column := range h.Columns(validation) {
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
