package hw1

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// refresh is the shortest time between two updates of a progress display.
const refresh = 200 * time.Millisecond

// board shows the progress of one call of Train as one line, updated in place.
type board struct {
	mu    sync.Mutex
	line  *liveLine
	start time.Time

	specs    map[string]Spec
	epochs   map[string]int // done, of the runs that train
	before   map[string]int // done when they were taken up, of those that go on
	finished map[string]bool
	read     int      // runs that came from the store
	new      int      // runs trained
	halfway  []string // runs that were interrupted, and where
	backend  string
	last     time.Time
}

func newBoard(specs []Spec) *board {
	b := &board{
		line: newLiveLine(), start: time.Now(),
		specs: map[string]Spec{}, epochs: map[string]int{}, before: map[string]int{}, finished: map[string]bool{},
	}
	for _, s := range specs {
		b.specs[s.key()] = s
	}
	return b
}

// loaded notes a run that the store had.
func (b *board) loaded(spec Spec) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.read++
	delete(b.specs, spec.key()) // no part of the work to do
}

// trained notes a run that was trained and saved.
func (b *board) trained(spec Spec, run *Run) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.new++
	b.finished[spec.key()] = true
	b.backend = run.Backend
}

// waiting says that another process is at a run.
func (b *board) waiting(spec Spec) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.line.update(0, fmt.Sprintf("Waiting for another process, which trains %s", spec.describe()))
}

// resumed notes a run that goes on from a checkpoint, at an epoch.
func (b *board) resumed(spec Spec, epoch int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epochs[spec.key()], b.before[spec.key()] = epoch, epoch
}

// paused notes a run that was interrupted and has a checkpoint, in an epoch.
func (b *board) paused(spec Spec, epoch int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.halfway = append(b.halfway, fmt.Sprintf("%s in epoch %s", spec.Label(), thousands(epoch+1)))
}

// training shows how far a run is.
func (b *board) training(spec Spec, epoch int, loss float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epochs[spec.key()] = epoch
	if time.Since(b.last) < refresh {
		return
	}
	b.last = time.Now()
	done, total, before := b.work()
	elapsed := time.Since(b.start).Seconds()
	parts := []string{
		"Training " + spec.describe(),
		fmt.Sprintf("epoch %s of %s", thousands(epoch), thousands(spec.Epochs)),
		fmt.Sprintf("loss %.3g", loss),
		rate(float64(b.totalEpochs())/elapsed) + " epochs/s",
	}
	if n := len(b.specs); n > 1 {
		parts = append(parts, fmt.Sprintf("%d of %d runs done", b.new, n))
	}
	parts = append(parts, duration(elapsed*(total-done)/(done-before))+" left")
	b.line.update(done/total, strings.Join(parts, " · "))
}

// work returns the work done and the work in all, in parameters × examples, and
// what was done before, by runs that go on.
func (b *board) work() (done, total, before float64) {
	for key, s := range b.specs {
		epoch := float64(s.TrainSize) * float64(s.Arch.ParamCount()) * float64(s.Seeds)
		total += epoch * float64(s.Epochs)
		before += epoch * float64(b.before[key])
		if b.finished[key] {
			done += epoch * float64(s.Epochs)
		} else {
			done += epoch * float64(b.epochs[key])
		}
	}
	return done, total, before
}

// totalEpochs returns the epochs trained since the start.
func (b *board) totalEpochs() int {
	n := 0
	for key, epochs := range b.epochs {
		n += epochs - b.before[key]
	}
	return n
}

// close replaces the progress by one line of what was done, with the runs' keys
// for the report.
func (b *board) close(how string, keys []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.line.finish(how+": "+b.summary(), keys)
}

// summary says where the runs came from.
func (b *board) summary() string {
	var parts []string
	if b.read > 0 {
		parts = append(parts, fmt.Sprintf("%s read from the store", plural(b.read, "run")))
	}
	if b.new > 0 {
		parts = append(parts, fmt.Sprintf("%s trained in %s on %s and saved", plural(b.new, "run"), duration(time.Since(b.start).Seconds()), b.backend))
	}
	if n := len(b.before); n > 0 && b.new > 0 {
		parts = append(parts, fmt.Sprintf("%d of them from a checkpoint", n))
	}
	if len(b.halfway) > 0 {
		parts = append(parts, strings.Join(b.halfway, " and ")+" kept as it is")
	}
	if len(parts) == 0 {
		return "no run was finished"
	}
	return strings.Join(parts, ", ")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// thousands writes 20000 as 20,000.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func rate(perSecond float64) string {
	if perSecond < 10 {
		return fmt.Sprintf("%.2g", perSecond)
	}
	return thousands(int(perSecond))
}

// duration writes seconds as 4.2 s, 42 s or 3 min 20 s.
func duration(seconds float64) string {
	switch {
	case !isFinite(seconds):
		return "?"
	case seconds < 10:
		return fmt.Sprintf("%.1f s", seconds)
	case seconds < 100:
		return fmt.Sprintf("%.0f s", seconds)
	}
	return fmt.Sprintf("%d min %d s", int(seconds)/60, int(seconds)%60)
}
