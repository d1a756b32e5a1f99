package analysis

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/cell"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/store"
	"hw1/pkg/hw1/internal/words"
)

// Work is an analysis that is being computed. It shows how much is done, and keeps
// the parts that are done in the run store, in the folder .parts-KEY, until the
// whole is there: an analysis that was interrupted or killed goes on from them.
type Work struct {
	what   string
	folder string // of the parts
	line   *cell.Progress

	mu     sync.Mutex
	before float64 // share of the work that an earlier process had done
	parts  int
	done   int // of the parts
}

func newWork(what, key string) *Work {
	return &Work{what: what, folder: filepath.Join(env.RunsDir(), ".parts-"+key), line: cell.NewProgress()}
}

// Report shows that a share of the work is done.
func (w *Work) Report(share float64) {
	w.mu.Lock()
	before := w.before
	w.mu.Unlock()
	w.line.Reached(share, before, func() []string { return []string{"Computing " + w.what, fmt.Sprintf("%.0f %%", 100*share)} })
}

// kept says what an interrupt leaves.
func (w *Work) kept() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done == 0 {
		return "nothing of it is kept"
	}
	return fmt.Sprintf("%d of its %s kept", w.done, words.Plural(w.parts, "part"))
}

// EachPart returns the n parts of a work. Those that are kept are read, the others
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
			path := filepath.Join(w.folder, fmt.Sprintf("%d.zip", i))
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
			if err = keepPart(path, parts[i]); err != nil {
				return fmt.Errorf("keeping part %d of the %s: %w", i+1, w.what, err)
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

// readPart returns a part that is kept. One that is damaged is computed again.
func readPart[T any](path string) (T, error) {
	var part T
	content, err := os.ReadFile(path)
	if err != nil {
		return part, err
	}
	files, err := store.Unarchive(content) // whose checksums find damage
	if err == nil {
		err = json.Unmarshal(files["result.json"], &part)
	}
	if err != nil {
		cell.Notice("The part %s of an analysis is damaged: %v; it is computed again.", path, err)
	}
	return part, err
}

func keepPart(path string, part any) error {
	text, err := store.EncodeResult(part)
	if err != nil {
		return err
	}
	content, err := store.Archive([]store.File{{Name: "result.json", Content: text}})
	if err != nil {
		return err
	}
	if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
		err = store.Replace(path, content)
	}
	return store.Advise(err)
}

// clear removes the parts, if any, after the whole has been saved: by this process,
// or by one that was killed then.
func (w *Work) clear() { _ = os.RemoveAll(w.folder) }

// EachReplica is eachPart with a part for every replica of some runs. It returns
// them as [run][replica].
func EachReplica[T any](ctx context.Context, w *Work, runs []*experiment.Run, compute func(ctx context.Context, run, replica int) (T, error)) ([][]T, error) {
	var at [][2]int
	for i, run := range runs {
		for r := range run.Replicas {
			at = append(at, [2]int{i, r})
		}
	}
	parts, err := EachPart(ctx, w, len(at), func(ctx context.Context, k int) (T, error) {
		defer device.GiveMemoryBack()
		return compute(ctx, at[k][0], at[k][1])
	})
	all := make([][]T, len(runs))
	for k, part := range parts {
		all[at[k][0]] = append(all[at[k][0]], part)
	}
	return all, err
}
