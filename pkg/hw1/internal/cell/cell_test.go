package cell

import (
	"context"
	"testing"
	"time"

	"hw1/pkg/hw1/internal/hw1test"
)

// After an interrupt, a work that still runs does not write over what was said.
func TestNothingIsShownAfterTheEnd(t *testing.T) {
	p := NewProgress()
	p.End("Interrupted", nil)
	if p.Reached(0.5, 0, func() []string { return nil }); !p.last.IsZero() {
		t.Error("progress was shown after the end")
	}
}

// A step that takes no notice of an interrupt does not keep the user waiting.
func TestInterruptIsBounded(t *testing.T) {
	hw1test.Slow(t)
	release := make(chan struct{})
	defer close(release)
	started := make(chan time.Time, 1)
	stopped := Interruptible(func(context.Context) {
		started <- time.Now()
		hw1test.InterruptSelf(t)
		<-release
	})
	if took := time.Since(<-started); !stopped || took > 2*time.Second {
		t.Errorf("stopped: %t, after %v", stopped, took)
	}
}

// What is waited for is a sentence.
func TestWaitingIsASentence(t *testing.T) {
	p := NewProgress()
	if p.Waiting("trains net, sinc, seed 1"); p.text != "Waiting for another process, which trains net, sinc, seed 1" {
		t.Error(p.text)
	}
}

// What is left is told by what has been done since the first report, and not by the time that compiling took before that, nor by what
// another process had done: nothing can be told at first.
func TestTimeLeft(t *testing.T) {
	p := NewProgress()
	p.Start = p.Start.Add(-100 * time.Second)
	left := func(share, before float64) string {
		p.last = time.Time{}
		p.Reached(share, before, func() []string { return []string{"work"} })
		return p.text
	}
	if got := left(0.5, 0); got != "work" {
		t.Errorf("at first %s", got)
	}
	p.begun = p.begun.Add(-2 * time.Second)
	if got := left(0.6, 0); got != "work · 8.0 s left" {
		t.Errorf("a tenth in two seconds, and %s", got)
	}
	if got := left(0.8, 0.2); got != "work · 4.0 s left" {
		t.Errorf("two tenths more, which were there already, and %s", got)
	}
}
