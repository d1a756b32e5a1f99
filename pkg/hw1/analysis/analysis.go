// Package analysis computes a result once and keeps it in the run store; until the whole is done,
// it keeps the finished parts.
package analysis

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/cell"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/runstore"
	"hw1/pkg/hw1/internal/store"
	"hw1/pkg/hw1/internal/words"
)

// An analysis that takes longer than a moment is kept in the run store, too, as a separate
// entry: analysis.json says what was asked, result.json what came out, meta.json how long it
// took.

// Question says what a result depends on.
type Question struct {
	Name    string `json:"analysis"`
	Version int    `json:"version"` // of the code: raise it when a change to the code changes the result
	Inputs  any    `json:"inputs"`  // the keys of the runs, and the settings
}

// key returns the first half of the SHA-256 of the question.
func (a Question) key() (string, error) {
	text, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("%s: the settings cannot be encoded: %w", a.Name, err)
	}
	return words.Hash(text), nil
}

// Of returns the result of an analysis: the stored one if there is one, and otherwise what
// compute returns, which is then stored. Compute is given a context that is cancelled by an
// interrupt, and the Work to which it reports progress.
func Of[T any](a Question, compute func(ctx context.Context, w *Work) (T, error)) (T, error) {
	var none, result T
	var made bool
	key, err := a.key()
	if err != nil {
		return none, err
	}
	w := newWork(a.Name, key)
	stopped := cell.Interruptible(func(ctx context.Context) {
		result, made, err = store.Get(ctx, store.Entry[T]{
			Key:     key,
			Load:    func() (T, error) { return loadResult[T](key) },
			Waiting: func() { w.line.Waiting("is at the same " + a.Name) },
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
		state := "not finished, " + w.kept()
		if _, err := loadResult[T](key); err == nil { // it finished before the interrupt took effect
			state = "finished and saved"
		}
		w.line.End("Interrupted: "+a.Name+", "+state, nil)
		return none, fmt.Errorf("interrupted: the %s is %s; run the cell again to go on", a.Name, state)
	}
	if err != nil {
		return none, err
	}
	_ = os.RemoveAll(w.folder) // the parts, if any, now that the whole is saved: by this process, or by one that was killed before it removed them
	how := "read from the store"
	if made {
		how = fmt.Sprintf("computed in %s and saved", w.line.Took())
	}
	w.line.End(fmt.Sprintf("Done: %s %s", a.Name, how), []string{key})
	return result, nil
}

// loadResult returns a stored result, ErrMiss, or an error that says what is
// wrong with the entry.
func loadResult[T any](key string) (T, error) {
	return store.Load("analysis", key, func(files map[string][]byte) (result T, belongs string, err error) {
		var question bytes.Buffer
		err1 := json.Unmarshal(files["result.json"], &result)
		err2 := json.Compact(&question, files["analysis.json"])
		return result, words.Hash(question.Bytes()), cmp.Or(err1, err2)
	})
}

func saveResult(a Question, key string, result any, took time.Duration) error {
	question, err1 := store.Marshal(a)
	answer, err2 := store.EncodeResult(result)
	meta, err3 := store.Marshal(runstore.Meta{
		Analysis: a.Name, Seconds: took.Seconds(), Trained: time.Now().UTC().Truncate(time.Second), Versions: runstore.Versions(), Rows: []runstore.Row{},
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

// Work is an analysis that is being computed. It shows its progress, and keeps finished parts
// in the run store, in the folder .parts-KEY, until the whole is done: an analysis that was
// interrupted or killed resumes from them.
type Work struct {
	what   string
	folder string // of the parts
	line   *cell.Progress

	mu     sync.Mutex
	before float64 // share of the work that was done by an earlier process
	parts  int
	done   int // of the parts
	unkept sync.Once
}

func newWork(what, key string) *Work {
	return &Work{what: what, folder: filepath.Join(env.RunsDir(), ".parts-"+key), line: cell.NewProgress()}
}

// Report shows which share of the work is done.
func (w *Work) Report(share float64) {
	w.mu.Lock()
	before := w.before
	w.mu.Unlock()
	w.line.Reached(share, before, func() []string { return []string{"Computing " + w.what, fmt.Sprintf("%.0f %%", 100*share)} })
}

// Watch returns a function that records the progress of a part, which is shown as a curve below the progress line. Parts
// that are computed at the same time need different numbers.
func (w *Work) Watch(number int, curve string) func(step int, value float64) {
	return func(step int, value float64) { w.line.Point(number, curve, float64(step), value) }
}

// kept says what remains after an interrupt.
func (w *Work) kept() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done == 0 {
		return "nothing of it is kept"
	}
	return fmt.Sprintf("%d of its %d parts kept", w.done, w.parts)
}

// EachPart returns the n parts of an analysis. Parts that were kept are read; the others are
// computed, as many at a time as there are cores, and kept.
func EachPart[T any](ctx context.Context, w *Work, n int, compute func(ctx context.Context, i int) (T, error)) ([]T, error) {
	w.mu.Lock()
	w.parts = n
	w.mu.Unlock()
	parts := make([]T, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		group.Go(func() (err error) {
			path := filepath.Join(w.folder, fmt.Sprintf("%d.json", i))
			if parts[i], err = readPart[T](path); err == nil {
				w.partDone(true)
				return nil
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if parts[i], err = compute(ctx, i); err != nil {
				return err
			}
			if err = w.keep(path, parts[i]); err != nil {
				return fmt.Errorf("part %d of the %s: %w", i+1, w.what, err)
			}
			w.partDone(false)
			return nil
		})
	}
	return parts, group.Wait()
}

func (w *Work) partDone(before bool) {
	w.mu.Lock()
	w.done++
	if before {
		w.before += 1 / float64(w.parts)
	}
	share := float64(w.done) / float64(w.parts)
	w.mu.Unlock()
	w.Report(share)
}

// readPart returns a part that was kept. A damaged one is computed again.
func readPart[T any](path string) (T, error) {
	var part T
	content, err := os.ReadFile(path)
	if err != nil {
		return part, err
	}
	text, err := store.Unseal(content)
	if err == nil {
		err = json.Unmarshal(text, &part)
	}
	if err != nil {
		cell.Notice("The part %s of an analysis is damaged: %v; it is computed again.", path, err)
	}
	return part, err
}

// keep keeps a part. If that is not possible, for example on a full disk, the work goes on
// without it.
func (w *Work) keep(path string, part any) error {
	text, err := store.EncodeResult(part)
	if err != nil {
		return err
	}
	if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
		err = store.Replace(path, store.Seal(text))
	}
	if err != nil {
		w.unkept.Do(func() {
			cell.Notice("No parts of the %s can be kept, so if it is stopped, it starts anew: %v.", w.what, store.Advise(err))
		})
	}
	return nil
}

// Replica is one replica of a run, as it is measured.
type Replica struct {
	experiment.Replica
	Run   *experiment.Run
	Watch func(curve string) func(step int, value float64) // as [Work.Watch] does, with the replica's number
}

// EachReplica is [EachPart] with a part for every replica of some runs. The replicas of a run
// are measured with a value that they share. The parts are returned as [run][replica].
func EachReplica[S, T any](
	ctx context.Context, w *Work, runs []*experiment.Run,
	share func(experiment.Spec) (S, error), measure func(context.Context, S, Replica) (T, error),
) ([][]T, error) {
	shared := make([]S, len(runs))
	var of []int // the run of each part
	var replicas []Replica
	for i, run := range runs {
		var err error
		if shared[i], err = share(run.Spec); err != nil {
			return nil, err
		}
		for _, r := range run.Replicas {
			number := len(replicas)
			of = append(of, i)
			replicas = append(replicas, Replica{r, run, func(curve string) func(int, float64) { return w.Watch(number, curve) }})
		}
	}
	parts, err := EachPart(ctx, w, len(replicas), func(ctx context.Context, k int) (T, error) {
		defer device.GiveMemoryBack()
		return measure(ctx, shared[of[k]], replicas[k])
	})
	all := make([][]T, len(runs))
	for k, part := range parts {
		all[of[k]] = append(all[of[k]], part)
	}
	return all, err
}

// OfReplicas is [Of] whose result is the parts that [EachReplica] returns.
func OfReplicas[S, T any](
	a Question, runs []*experiment.Run, share func(experiment.Spec) (S, error), measure func(context.Context, S, Replica) (T, error),
) ([][]T, error) {
	return Of(a, func(ctx context.Context, w *Work) ([][]T, error) { return EachReplica(ctx, w, runs, share, measure) })
}
