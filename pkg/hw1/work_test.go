package hw1

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// squares is an analysis of ten parts, which counts those that it computes. Before
// gives what happens in a part.
func squares(computed *atomic.Int64, before func(ctx context.Context, i int) error) ([]int, error) {
	return analyze(analysis{"squares", 1, nil}, func(ctx context.Context, w *work) ([]int, error) {
		return eachPart(ctx, w, 10, func(ctx context.Context, i int) (int, error) {
			computed.Add(1)
			return i * i, before(ctx, i)
		})
	})
}

func nothing(context.Context, int) error { return nil }

// interruptSelf does what the kernel does when the user interrupts a cell.
func interruptSelf(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Error(err)
	}
}

func partFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(runsDir(), ".parts-*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestInterruptedAnalysisGoesOn(t *testing.T) {
	newStore(t)
	var computed atomic.Int64
	_, err := squares(&computed, func(ctx context.Context, i int) error {
		if i < 6 {
			return nil
		}
		if i == 6 {
			for len(partFiles(t)) < 6 {
				time.Sleep(time.Millisecond)
			}
			interruptSelf(t)
		}
		<-ctx.Done()
		return ctx.Err()
	})
	checkMessage(t, messageOf(err), "interrupted: the squares is not finished", "6 of its 10 parts kept", "run the cell again to go on")
	damaged := partFiles(t)
	if len(damaged) != 6 {
		t.Fatalf("kept: %v", damaged)
	}
	if err := os.WriteFile(damaged[2], []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	computed.Store(0)
	got, err := squares(&computed, nothing)
	if want := []int{0, 1, 4, 9, 16, 25, 36, 49, 64, 81}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if computed.Load() != 5 {
		t.Errorf("%d parts were computed; five were kept and whole", computed.Load())
	}
	if left := partFiles(t); len(left) > 0 {
		t.Errorf("parts are left beside the whole: %v", left)
	}
}

func TestFailedPartKeepsTheOthers(t *testing.T) {
	newStore(t)
	var computed atomic.Int64
	_, err := squares(&computed, func(_ context.Context, i int) error {
		if i == 9 {
			return errors.New("no luck")
		}
		return nil
	})
	checkMessage(t, messageOf(err), "no luck")
	computed.Store(0)
	if _, err := squares(&computed, nothing); err != nil || computed.Load() != 1 {
		t.Errorf("%v, %d parts were computed", err, computed.Load())
	}
}

// A killed process can leave parts beside the whole, which the next one removes.
func TestPartsBesideTheWholeAreRemoved(t *testing.T) {
	newStore(t)
	var computed atomic.Int64
	for range 2 {
		if _, err := squares(&computed, nothing); err != nil || computed.Load() != 10 {
			t.Fatalf("%v, %d parts were computed", err, computed.Load())
		}
		if left := partFiles(t); len(left) > 0 {
			t.Errorf("parts are left: %v", left)
		}
		key, err := analysis{"squares", 1, nil}.key()
		if err == nil {
			err = keepPart(filepath.Join(newWork("squares", key).folder, "3.zip"), 9)
		}
		if err != nil || len(partFiles(t)) != 1 {
			t.Fatal(err, partFiles(t))
		}
	}
}

// A result that is not finite is the run's fault, not the disk's.
func TestResultsThatAreNotFinite(t *testing.T) {
	newStore(t)
	ask := func(name string, compute func(ctx context.Context, w *work) (any, error)) string {
		_, err := analyze(analysis{name, 1, nil}, compute)
		return messageOf(err)
	}
	part := ask("parts", func(ctx context.Context, w *work) (any, error) {
		return eachPart(ctx, w, 1, func(context.Context, int) (float64, error) { return math.NaN(), nil })
	})
	whole := ask("whole", func(context.Context, *work) (any, error) { return []float64{math.Inf(1)}, nil })
	checkMessage(t, part, "part 1 of the parts", "NaN", "learning rate")
	checkMessage(t, whole, "the whole", "+Inf", "learning rate")
	if both := part + whole; strings.Contains(both, "disk") || strings.Contains(both, "json") {
		t.Error(both)
	}
}

// After an interrupt, a work that still runs does not write over what was said.
func TestNothingIsShownAfterTheEnd(t *testing.T) {
	p := newProgress()
	p.end("Interrupted", nil)
	if p.reached(0.5, 0, func() []string { return nil }); !p.last.IsZero() {
		t.Error("progress was shown after the end")
	}
}

// A step that takes no notice of an interrupt does not keep the user waiting.
func TestInterruptIsBounded(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	var start time.Time
	stopped := interruptible(func(context.Context) {
		start = time.Now()
		interruptSelf(t)
		<-release
	})
	if took := time.Since(start); !stopped || took > 2*time.Second {
		t.Errorf("stopped: %t, after %v", stopped, took)
	}
}

func TestPartsOfReplicasComeInTheirOrder(t *testing.T) {
	newStore(t)
	runs := []*Run{{Replicas: make([]Replica, 2)}, {Replicas: make([]Replica, 3)}}
	got, err := analyze(analysis{"order", 1, nil}, func(ctx context.Context, w *work) ([][]int, error) {
		return eachReplica(ctx, w, runs, func(_ context.Context, run, replica int) (int, error) { return 10*run + replica, nil })
	})
	if err != nil || len(got) != 2 || !slices.Equal(got[0], []int{0, 1}) || !slices.Equal(got[1], []int{10, 11, 12}) {
		t.Errorf("%v, %v", got, err)
	}
}
