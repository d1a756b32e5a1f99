package train

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"

	"hw1/pkg/hw1/internal/cell"
	"hw1/pkg/hw1/internal/words"
)

// board shows the progress of one call of Train.
type board struct {
	line *cell.Progress

	mu      sync.Mutex
	runs    []*boardRun
	told    []string // notices
	backend string
}

// boardRun is a run on a board, with its state, which its training reports.
type boardRun struct {
	board  *board
	number int // its index among the runs
	job

	read, finished bool    // it was read from the store; it was trained and saved
	failed         bool    // it failed, other than by an interrupt
	resumed        bool    // it continues from a checkpoint,
	before         float64 // made at this epoch
	epochs         float64 // epochs done
	loss           float64 // NaN until it is known
	kept           string  // where its checkpoint is, after an interrupt
}

func newBoard(jobs []job) *board {
	b := &board{line: cell.NewProgress()}
	for i, j := range jobs {
		b.runs = append(b.runs, &boardRun{board: b, number: i, job: j, loss: math.NaN()})
	}
	return b
}

// note changes the run's state under the board's lock.
func (r *boardRun) note(change func()) {
	r.board.mu.Lock()
	defer r.board.mu.Unlock()
	change()
}

// starts gives notice, once for all seeds, if each epoch leaves out more than 2 % of the examples.
func (r *boardRun) starts() {
	left := r.spec.TrainSize % max(1, r.spec.Batch)
	text := fmt.Sprintf("%s on %s: each epoch leaves out %s of %s training examples, different ones each time, as their number is not a multiple of the batch size, %s.",
		r.spec.Label(), r.spec.Task, words.Thousands(left), words.Thousands(r.spec.TrainSize), words.Thousands(r.spec.Batch))
	r.note(func() {
		if 50*left > r.spec.TrainSize && !slices.Contains(r.board.told, text) {
			r.board.told = append(r.board.told, text)
			cell.Notice("%s", text)
		}
	})
}

// waiting shows that another process is working on the run.
func (r *boardRun) waiting() { r.board.line.Waiting("trains " + r.spec.Describe()) }

// resumes notes that the run continues from a checkpoint made at an epoch.
func (r *boardRun) resumes(epoch int) {
	r.note(func() { r.resumed, r.before, r.epochs = true, float64(epoch), float64(epoch) })
}

// paused notes that the run was interrupted and has a checkpoint within an epoch.
func (r *boardRun) paused(epoch int) {
	r.note(func() { r.kept = "in epoch " + words.Thousands(epoch+1) })
}

// reached shows how far the run has come, in epochs and fractions of one, and its loss.
func (r *boardRun) reached(epochs, loss float64) {
	r.note(func() {
		if loss != r.loss && !math.IsNaN(loss) {
			r.board.line.Point(r.number, r.spec.Describe(), epochs, loss)
		}
		r.epochs, r.loss = epochs, loss
		w := r.board.work()
		r.board.line.Reached(w.done/w.total, w.before/w.total, func() []string { return r.text(w) })
	})
}

func (r *boardRun) text(w boardWork) []string {
	b := r.board
	parts := []string{
		"Training " + r.spec.Describe(),
		fmt.Sprintf("epoch %s of %s", words.Thousands(int(r.epochs)), words.Thousands(r.spec.Epochs)),
	}
	if !math.IsNaN(r.loss) {
		parts = append(parts, fmt.Sprintf("loss %.3g", r.loss))
	}
	parts = append(parts, words.Rate(w.epochs/b.line.Elapsed())+" epochs/s")
	if n := len(b.runs) - b.count(func(r *boardRun) bool { return r.read }); n > 1 {
		parts = append(parts, fmt.Sprintf("%d of %d runs done", b.count(func(r *boardRun) bool { return r.finished }), n))
	}
	return parts
}

// boardWork is the work of the runs that the store did not have, in parameters ×
// examples: what is done, the total, and what resumed runs had done before. Epochs
// counts the epochs that were trained since the start.
type boardWork struct{ done, total, before, epochs float64 }

func (b *board) work() (w boardWork) {
	for _, r := range b.runs {
		if r.read {
			continue
		}
		epoch := float64(r.spec.TrainSize) * float64(r.spec.Arch.ParamCount()) * float64(r.spec.Seeds)
		epochs := r.epochs
		if r.finished { // perhaps before its last epoch
			epochs = float64(r.spec.Epochs)
		}
		w.done, w.total, w.before = w.done+epoch*epochs, w.total+epoch*float64(r.spec.Epochs), w.before+epoch*r.before
		w.epochs += r.epochs - r.before
	}
	return w
}

func (b *board) count(is func(*boardRun) bool) int {
	return len(slices.DeleteFunc(slices.Clone(b.runs), func(r *boardRun) bool { return !is(r) }))
}

// close replaces the progress by a one-line summary of what was done, with the runs' keys
// for the report, and returns the summary.
func (b *board) close(how string, keys []string) (summary string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	summary = b.summary()
	b.line.End(how+": "+summary, keys)
	return summary
}

// summary says how many runs were read, were trained or failed, and which are unfinished.
func (b *board) summary() string {
	var parts []string
	if n := b.count(func(r *boardRun) bool { return r.read }); n > 0 {
		parts = append(parts, fmt.Sprintf("%s read from the store", words.Plural(n, "run")))
	}
	if n := b.count(func(r *boardRun) bool { return r.finished }); n > 0 {
		parts = append(parts, fmt.Sprintf("%s trained in %s on %s and saved", words.Plural(n, "run"), b.line.Took(), b.backend))
		if n := b.count(func(r *boardRun) bool { return r.resumed }); n > 0 {
			parts = append(parts, fmt.Sprintf("%d of them resumed from a checkpoint", n))
		}
	}
	if n := b.count(func(r *boardRun) bool { return r.failed }); n > 0 && len(parts) > 0 {
		parts = append(parts, words.Plural(n, "run")+" failed")
	}
	parts = append(parts, b.unfinished()...)
	if len(parts) == 0 {
		return "no run was finished"
	}
	return strings.Join(parts, ", ")
}

// unfinished says where the checkpoints of unfinished runs are.
func (b *board) unfinished() []string {
	var kept []string
	for _, r := range b.runs {
		where := r.kept
		if _, err := os.Stat(checkpointPath(r.key)); err == nil && where == "" && !r.finished && !r.read {
			where = "at its last checkpoint"
		}
		if where != "" {
			kept = append(kept, r.spec.Label()+" kept "+where)
		}
	}
	slices.Sort(kept)
	return kept
}
