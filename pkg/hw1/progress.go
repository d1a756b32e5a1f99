package hw1

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// refresh is the shortest time between two updates of a progress display.
const refresh = 200 * time.Millisecond

// board shows the progress of one call of Train as one line, updated in place.
type board struct {
	mu      sync.Mutex
	line    *liveLine
	start   time.Time
	runs    []*boardRun
	backend string
	last    time.Time // when progress was shown
	closed  bool
}

// boardRun is a run on a board: where it stands, which its training tells it.
type boardRun struct {
	board *board
	spec  Spec

	read, finished bool    // it came from the store; it was trained and saved
	resumed        bool    // it goes on from a checkpoint,
	before         float64 // at this epoch
	epochs         float64 // done
	loss           float64 // NaN as long as it is not known
	kept           string  // where it is, after an interrupt
}

func newBoard(specs []Spec) *board {
	b := &board{line: newLiveLine(), start: time.Now()}
	for _, s := range specs {
		b.runs = append(b.runs, &boardRun{board: b, spec: s, loss: math.NaN()})
	}
	return b
}

// loaded notes that the store had the run.
func (r *boardRun) loaded() {
	r.board.mu.Lock()
	defer r.board.mu.Unlock()
	r.read = true
}

// trained notes that the run was trained, by a backend, and saved.
func (r *boardRun) trained(backend string) {
	r.board.mu.Lock()
	defer r.board.mu.Unlock()
	r.finished, r.board.backend = true, backend
}

// waiting says that another process is at the run.
func (r *boardRun) waiting() {
	r.board.mu.Lock()
	defer r.board.mu.Unlock()
	if !r.board.closed {
		r.board.line.update(0, fmt.Sprintf("Waiting for another process, which trains %s", r.spec.describe()))
	}
}

// resumes notes that the run goes on from a checkpoint, at an epoch.
func (r *boardRun) resumes(epoch int) {
	r.board.mu.Lock()
	defer r.board.mu.Unlock()
	r.resumed, r.before, r.epochs = true, float64(epoch), float64(epoch)
}

// paused notes that the run was interrupted and has a checkpoint, in an epoch.
func (r *boardRun) paused(epoch int) {
	r.board.mu.Lock()
	defer r.board.mu.Unlock()
	r.kept = "in epoch " + thousands(epoch+1)
}

// training notes the loss after some epochs.
func (r *boardRun) training(epoch int, loss float64) {
	r.board.mu.Lock()
	r.loss = loss
	r.board.mu.Unlock()
	r.reached(float64(epoch))
}

// reached shows how far the run is, also within an epoch.
func (r *boardRun) reached(epochs float64) {
	b := r.board
	b.mu.Lock()
	defer b.mu.Unlock()
	r.epochs = epochs
	if b.closed || time.Since(b.last) < refresh {
		return
	}
	b.last = time.Now()
	w, elapsed := b.work(), time.Since(b.start).Seconds()
	parts := []string{
		"Training " + r.spec.describe(),
		fmt.Sprintf("epoch %s of %s", thousands(int(epochs)), thousands(r.spec.Epochs)),
	}
	if !math.IsNaN(r.loss) {
		parts = append(parts, fmt.Sprintf("loss %.3g", r.loss))
	}
	parts = append(parts, rate(w.epochs/elapsed)+" epochs/s")
	if n := len(b.runs) - b.count(func(r *boardRun) bool { return r.read }); n > 1 {
		parts = append(parts, fmt.Sprintf("%d of %d runs done", b.count(func(r *boardRun) bool { return r.finished }), n))
	}
	parts = append(parts, duration(elapsed*(w.total-w.done)/(w.done-w.before))+" left")
	b.line.update(w.done/w.total, strings.Join(parts, " · "))
}

// boardWork is the work of the runs that the store did not have, in parameters ×
// examples: what is done, what there is in all, and what was done before, by runs
// that go on. Epochs counts those that were trained since the start.
type boardWork struct{ done, total, before, epochs float64 }

func (b *board) work() (w boardWork) {
	for _, r := range b.runs {
		if r.read {
			continue
		}
		epoch := float64(r.spec.TrainSize) * float64(r.spec.Arch.ParamCount()) * float64(r.spec.Seeds)
		epochs := r.epochs
		if r.finished { // maybe before its last epoch
			epochs = float64(r.spec.Epochs)
		}
		w.done, w.total, w.before = w.done+epoch*epochs, w.total+epoch*float64(r.spec.Epochs), w.before+epoch*r.before
		w.epochs += r.epochs - r.before
	}
	return w
}

func (b *board) count(is func(*boardRun) bool) int {
	n := 0
	for _, r := range b.runs {
		n += btoi(is(r))
	}
	return n
}

// close replaces the progress by one line of what was done, with the runs' keys
// for the report, and returns what was done. Trainings that still run after an
// interrupt show nothing more.
func (b *board) close(how string, keys []string) (summary string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, summary = true, b.summary()
	b.line.finish(how+": "+summary, keys)
	return summary
}

// summary says where the runs came from.
func (b *board) summary() string {
	var parts []string
	if n := b.count(func(r *boardRun) bool { return r.read }); n > 0 {
		parts = append(parts, fmt.Sprintf("%s read from the store", plural(n, "run")))
	}
	if n := b.count(func(r *boardRun) bool { return r.finished }); n > 0 {
		parts = append(parts, fmt.Sprintf("%s trained in %s on %s and saved", plural(n, "run"), duration(time.Since(b.start).Seconds()), b.backend))
		if n := b.count(func(r *boardRun) bool { return r.resumed }); n > 0 {
			parts = append(parts, fmt.Sprintf("%d of them from a checkpoint", n))
		}
	}
	parts = append(parts, b.unfinished()...)
	if len(parts) == 0 {
		return "no run was finished"
	}
	return strings.Join(parts, ", ")
}

// unfinished says of the runs that have a checkpoint where that is.
func (b *board) unfinished() []string {
	var kept []string
	for _, r := range b.runs {
		where := r.kept
		if _, err := os.Stat(checkpointPath(r.spec.key())); err == nil && where == "" && !r.finished && !r.read {
			where = "at its last checkpoint"
		}
		if where != "" {
			kept = append(kept, r.spec.Label()+" kept "+where)
		}
	}
	slices.Sort(kept)
	return kept
}
