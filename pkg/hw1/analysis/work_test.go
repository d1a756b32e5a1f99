package analysis

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/hw1test"
)

// squares is an analysis of ten parts, which counts those that it computes. Before
// gives what happens in a part.
func squares(computed *atomic.Int64, before func(ctx context.Context, i int) error) ([]int, error) {
	return Of(Question{"squares", 1, nil}, func(ctx context.Context, w *Work) ([]int, error) {
		return EachPart(ctx, w, 10, func(ctx context.Context, i int) (int, error) {
			computed.Add(1)
			return i * i, before(ctx, i)
		})
	})
}

func nothing(context.Context, int) error { return nil }

func partFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(env.RunsDir(), ".parts-*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestInterruptedAnalysisGoesOn(t *testing.T) {
	hw1test.NewStore(t)
	var computed atomic.Int64
	_, err := squares(&computed, func(ctx context.Context, i int) error {
		if i < 6 {
			return nil
		}
		if i == 6 {
			for len(partFiles(t)) < 6 {
				time.Sleep(time.Millisecond)
			}
			hw1test.InterruptSelf(t)
		}
		<-ctx.Done()
		return ctx.Err()
	})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "interrupted: the squares is not finished", "6 of its 10 parts kept", "run the cell again to go on")
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
	hw1test.NewStore(t)
	var computed atomic.Int64
	_, err := squares(&computed, func(_ context.Context, i int) error {
		if i == 9 {
			for computed.Load() < 10 { // one that has not begun when another fails is left out
				runtime.Gosched()
			}
			return errors.New("no luck")
		}
		return nil
	})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "no luck")
	computed.Store(0)
	if _, err := squares(&computed, nothing); err != nil || computed.Load() != 1 {
		t.Errorf("%v, %d parts were computed", err, computed.Load())
	}
}

// Where no part can be kept, as on a full disk, the analysis is computed all the same.
func TestPartsThatCanNotBeKept(t *testing.T) {
	hw1test.NewStore(t)
	key, err := Question{"squares", 1, nil}.key()
	if err == nil {
		err = os.WriteFile(newWork("squares", key).folder, nil, 0o644) // where a folder has to be
	}
	if err != nil {
		t.Fatal(err)
	}
	var computed atomic.Int64
	squared, err := squares(&computed, nothing)
	if err != nil || computed.Load() != 10 || squared[9] != 81 {
		t.Errorf("%v, %d parts were computed, %v", err, computed.Load(), squared)
	}
}

// A killed process can leave parts beside the whole, which the next one removes.
func TestPartsBesideTheWholeAreRemoved(t *testing.T) {
	hw1test.NewStore(t)
	var computed atomic.Int64
	for range 2 {
		if _, err := squares(&computed, nothing); err != nil || computed.Load() != 10 {
			t.Fatalf("%v, %d parts were computed", err, computed.Load())
		}
		if left := partFiles(t); len(left) > 0 {
			t.Errorf("parts are left: %v", left)
		}
		key, err := Question{"squares", 1, nil}.key()
		if err == nil {
			w := newWork("squares", key)
			err = w.keep(filepath.Join(w.folder, "3.json"), 9)
		}
		if err != nil || len(partFiles(t)) != 1 {
			t.Fatal(err, partFiles(t))
		}
	}
}

// A result that is not finite is the run's fault, not the disk's.
func TestResultsThatAreNotFinite(t *testing.T) {
	hw1test.NewStore(t)
	ask := func(name string, compute func(ctx context.Context, w *Work) (any, error)) string {
		_, err := Of(Question{name, 1, nil}, compute)
		return hw1test.MessageOf(err)
	}
	part := ask("parts", func(ctx context.Context, w *Work) (any, error) {
		return EachPart(ctx, w, 1, func(context.Context, int) (float64, error) { return math.NaN(), nil })
	})
	whole := ask("whole", func(context.Context, *Work) (any, error) { return []float64{math.Inf(1)}, nil })
	hw1test.CheckMessage(t, part, "part 1 of the parts", "NaN", "learning rate")
	hw1test.CheckMessage(t, whole, "the whole", "+Inf", "learning rate")
	if both := part + whole; strings.Contains(both, "disk") || strings.Contains(both, "json") {
		t.Error(both)
	}
}

func TestPartsOfReplicasComeInTheirOrder(t *testing.T) {
	hw1test.NewStore(t)
	runs := []*experiment.Run{{Replicas: []experiment.Replica{{}, {Seed: 1}}}, {Spec: experiment.Spec{Name: "ten"}, Replicas: []experiment.Replica{{}, {Seed: 1}, {Seed: 2}}}}
	got, err := OfReplicas(Question{"order", 1, nil}, runs, func(s experiment.Spec) (int, error) { return 10 * len(s.Name), nil },
		func(_ context.Context, shared int, r Replica) (int, error) { return shared + r.Seed, nil })
	if err != nil || len(got) != 2 || !slices.Equal(got[0], []int{0, 1}) || !slices.Equal(got[1], []int{30, 31, 32}) {
		t.Errorf("%v, %v", got, err)
	}
}
