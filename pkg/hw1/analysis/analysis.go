// Package analysis keeps a result in the run store, computed once, and until it is done its parts.
package analysis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/cell"
	"hw1/pkg/hw1/internal/store"
	"hw1/pkg/hw1/internal/words"
)

// An analysis that takes longer than a moment is kept in the run store, too, as
// an entry of its own: analysis.json says what was asked, result.json what came
// out, meta.json how long it took.

// Question says what a result depends on.
type Question struct {
	Name    string `json:"analysis"`
	Version int    `json:"version"` // of the code: raise it when a change of it changes the result
	Inputs  any    `json:"inputs"`  // the keys of the runs, and the settings
}

// key returns the first half of the SHA-256 of the analysis.
func (a Question) key() (string, error) {
	text, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("%s: the settings can not be written down: %w", a.Name, err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}

// Of returns the result of an analysis: the stored one, or what compute
// returns, which is stored then. Compute is given a context that an interrupt
// ends, and the work, which it tells how much is done.
func Of[T any](a Question, compute func(ctx context.Context, w *Work) (T, error)) (T, error) {
	var none, result T
	var from store.Origin
	key, err := a.key()
	if err != nil {
		return none, err
	}
	w := newWork(a.Name, key)
	stopped := cell.Interruptible(func(ctx context.Context) {
		result, from, err = store.Get(ctx, store.Entry[T]{
			Key:     key,
			Load:    func() (T, error) { return loadResult[T](key) },
			Waiting: func() { w.line.Waiting("at the same " + a.Name) },
			Produce: func() (T, error) {
				result, err := compute(ctx, w)
				if err != nil {
					return none, err
				}
				return result, saveResult(a, key, result, time.Since(w.line.Start))
			},
		})
	})
	if stopped {
		kept := w.kept()
		w.line.End("Interrupted: "+a.Name+", "+kept, nil)
		return none, fmt.Errorf("interrupted: the %s is not finished, %s; run the cell again to go on", a.Name, kept)
	}
	if err != nil {
		return none, err
	}
	w.clear()
	how := "read from the store"
	if from == store.Produced {
		how = fmt.Sprintf("computed in %s and saved", words.Duration(w.line.Elapsed()))
	}
	w.line.End(fmt.Sprintf("Done: %s %s", a.Name, how), []string{key})
	return result, nil
}

// loadResult returns a stored result, errMiss, or an error that says what is
// wrong with the entry.
func loadResult[T any](key string) (T, error) {
	var result T
	files, err := store.Read(store.Dir(key))
	if errors.Is(err, fs.ErrNotExist) {
		return result, store.ErrMiss
	}
	if err == nil {
		err = json.Unmarshal(files["result.json"], &result)
	}
	if err != nil {
		return result, fmt.Errorf("the stored analysis %s is damaged: %w", store.Dir(key), err)
	}
	return result, nil
}

func saveResult(a Question, key string, result any, took time.Duration) error {
	question, err1 := store.Marshal(a)
	answer, err2 := store.EncodeResult(result)
	meta, err3 := store.Marshal(experiment.Meta{
		Analysis: a.Name, Seconds: took.Seconds(), Trained: time.Now().UTC().Truncate(time.Second), Versions: experiment.Versions(), Rows: []experiment.Row{},
	})
	err := errors.Join(err1, err2, err3)
	if err == nil {
		err = store.Save(key, []store.File{{Name: "analysis.json", Content: question}, {Name: "meta.json", Content: meta}, {Name: "result.json", Content: answer}})
	}
	if err != nil {
		return fmt.Errorf("saving the %s: %w", a.Name, err)
	}
	return nil
}
