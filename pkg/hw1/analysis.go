package hw1

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// An analysis that takes longer than a moment is kept in the run store, too, as
// an entry of its own: analysis.json says what was asked, result.json what came
// out, meta.json how long it took.

// analysis says what a result depends on.
type analysis struct {
	Name    string `json:"analysis"`
	Version int    `json:"version"` // of the code: raise it when a change of it changes the result
	Inputs  any    `json:"inputs"`  // the keys of the runs, and the settings
}

// key returns the first half of the SHA-256 of the analysis.
func (a analysis) key() (string, error) {
	text, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("%s: the settings can not be written down: %w", a.Name, err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}

// analyze returns the result of an analysis: the stored one, or what compute
// returns, which is stored then. Compute is given a context that an interrupt
// ends, and the work, which it tells how much is done.
func analyze[T any](a analysis, compute func(ctx context.Context, w *work) (T, error)) (T, error) {
	var none, result T
	var from origin
	key, err := a.key()
	if err != nil {
		return none, err
	}
	w := newWork(a.Name, key)
	stopped := interruptible(func(ctx context.Context) {
		result, from, err = fromStore(ctx, storeUse[T]{
			key:     key,
			load:    func() (T, error) { return loadResult[T](key) },
			waiting: func() { w.line.waiting("at the same " + a.Name) },
			produce: func() (T, error) {
				result, err := compute(ctx, w)
				if err != nil {
					return none, err
				}
				return result, saveResult(a, key, result, time.Since(w.line.start))
			},
		})
	})
	if stopped {
		kept := w.kept()
		w.line.end("Interrupted: "+a.Name+", "+kept, nil)
		return none, fmt.Errorf("interrupted: the %s is not finished, %s; run the cell again to go on", a.Name, kept)
	}
	if err != nil {
		return none, err
	}
	w.clear()
	how := "read from the store"
	if from == produced {
		how = fmt.Sprintf("computed in %s and saved", duration(w.line.elapsed()))
	}
	w.line.end(fmt.Sprintf("Done: %s %s", a.Name, how), []string{key})
	return result, nil
}

// loadResult returns a stored result, errMiss, or an error that says what is
// wrong with the entry.
func loadResult[T any](key string) (T, error) {
	var result T
	files, err := readEntry(entryDir(key))
	if errors.Is(err, fs.ErrNotExist) {
		return result, errMiss
	}
	if err == nil {
		err = json.Unmarshal(files["result.json"], &result)
	}
	if err != nil {
		return result, fmt.Errorf("the stored analysis %s is damaged: %w", entryDir(key), err)
	}
	return result, nil
}

// encodeResult returns the JSON of a result or of a part of it, which has no place
// for numbers that are not finite.
func encodeResult(result any) ([]byte, error) {
	text, err := json.Marshal(result)
	if value := (*json.UnsupportedValueError)(nil); errors.As(err, &value) {
		return nil, fmt.Errorf("a number of it is %s; take runs whose weights have not grown that large, of a lower learning rate", value.Str)
	}
	return text, err
}

func saveResult(a analysis, key string, result any, took time.Duration) error {
	question, err1 := marshal(a)
	answer, err2 := encodeResult(result)
	meta, err3 := marshal(runMeta{
		Analysis: a.Name, Seconds: took.Seconds(), Trained: time.Now().UTC().Truncate(time.Second), Versions: versions(), Rows: []resultRow{},
	})
	err := errors.Join(err1, err2, err3)
	if err == nil {
		err = saveEntry(key, []namedFile{{"analysis.json", question}, {"meta.json", meta}, {"result.json", answer}})
	}
	if err != nil {
		return fmt.Errorf("saving the %s: %w", a.Name, err)
	}
	return nil
}
