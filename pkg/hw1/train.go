package hw1

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"
)

// Train returns the runs of the specs, in their order. Runs that are in the run
// store are read; the others are trained, as many at a time as there are cores,
// and saved as soon as they are done.
//
// An interrupt stops the training; what is saved by then stays, and an unfinished
// run goes on from its checkpoint the next time. The error names every run that
// failed, and the others are saved all the same.
func Train(specs ...Spec) ([]*Run, error) {
	if len(specs) == 0 {
		return nil, errors.New("Train got no specs; give it one or more")
	}
	plan, err := newPlan(specs)
	if err != nil {
		return nil, err
	}
	board := newBoard(plan.order)
	if interruptible(func(ctx context.Context) { plan.runAll(ctx, board) }) {
		return nil, fmt.Errorf("interrupted: %s; run the cell again to go on", board.close("Interrupted", nil))
	}
	board.close("Done", plan.keys())
	if err := errors.Join(plan.errs...); err != nil {
		return nil, err
	}
	runs := make([]*Run, len(specs))
	for i, group := range plan.groups {
		var parts []*Run
		for _, key := range group.keys {
			parts = append(parts, plan.runs[key])
		}
		runs[i] = merge(group.spec, parts)
	}
	return runs, nil
}

// TrainOne is Train for one spec.
func TrainOne(spec Spec) (*Run, error) {
	runs, err := Train(spec)
	if err != nil {
		return nil, err
	}
	return runs[0], nil
}

// plan says which distinct runs some specs need, and gathers them.
type plan struct {
	groups []group // one a spec
	order  []Spec  // the distinct runs, resolved, in the order in which they train

	mu   sync.Mutex
	runs map[string]*Run
	errs []error
}

// group is a spec with the keys of its runs: one, or one a seed.
type group struct {
	spec Spec
	keys []string
}

func newPlan(specs []Spec) (*plan, error) {
	p := &plan{runs: map[string]*Run{}}
	seen := map[string]bool{}
	for _, spec := range specs {
		resolved, err := spec.resolved()
		if err != nil {
			return nil, err
		}
		g := group{spec: resolved}
		for _, single := range resolved.split() {
			key := single.key()
			g.keys = append(g.keys, key)
			if !seen[key] {
				seen[key] = true
				p.order = append(p.order, single)
			}
		}
		p.groups = append(p.groups, g)
	}
	return p, nil
}

// keys returns the keys of the distinct runs.
func (p *plan) keys() []string {
	keys := make([]string, len(p.order))
	for i, spec := range p.order {
		keys[i] = spec.key()
	}
	return keys
}

// seedsTogether is the most seeds of a function in one run: more fill the
// processor's cache, and leave the other cores idle.
const seedsTogether = 25

// split returns the runs that make up a Spec: one for some seeds of a function,
// which train together, and one a seed for images.
func (s Spec) split() []Spec {
	together := 1
	if s.isFunction() {
		together = seedsTogether
	}
	var parts []Spec
	for first := 0; first < s.Seeds; first += together {
		part := s
		part.Seed, part.Seeds = s.Seed+first, min(together, s.Seeds-first)
		parts = append(parts, part)
	}
	return parts
}

// runAll reads or trains every run, as many at a time as there are cores. Images
// use several cores by themselves, but never fully: two runs side by side take no
// more processor time than one after the other, and leave no core idle.
func (p *plan) runAll(ctx context.Context, board *board) {
	cores := semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0)))
	var wg sync.WaitGroup
	for _, shown := range board.runs {
		turn := &turn{cores: cores}
		if turn.take(ctx) != nil {
			break
		}
		wg.Go(func() {
			defer turn.pass()
			run, err := loadOrTrain(ctx, shown, turn)
			p.mu.Lock()
			defer p.mu.Unlock()
			if err != nil {
				p.errs = append(p.errs, err)
				return
			}
			p.runs[shown.spec.key()] = run
		})
	}
	wg.Wait()
	slices.SortFunc(p.errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
}

// turn is a run's use of a core. A run that another process trains passes its turn
// on, so that processes that need the same runs divide them among themselves.
type turn struct {
	cores *semaphore.Weighted
	taken bool
}

func (t *turn) take(ctx context.Context) error {
	if t.taken {
		return nil
	}
	err := t.cores.Acquire(ctx, 1)
	t.taken = err == nil
	return err
}

func (t *turn) pass() {
	if t.taken {
		t.cores.Release(1)
	}
	t.taken = false
}

// loadOrTrain returns a run from the store, or trains and saves it.
func loadOrTrain(ctx context.Context, shown *boardRun, turn *turn) (*Run, error) {
	spec := shown.spec
	run, from, err := fromStore(ctx, storeUse[*Run]{
		key:  spec.key(),
		load: func() (*Run, error) { return load(spec) },
		waiting: func() {
			turn.pass()
			shown.waiting()
		},
		produce: func() (*Run, error) {
			if err := turn.take(ctx); err != nil {
				return nil, err
			}
			run, err := trainResolved(ctx, spec, shown)
			if err != nil {
				return nil, err
			}
			return run, save(run)
		},
	})
	if err == nil {
		removeCheckpoint(spec.key())
	}
	switch {
	case err != nil:
		return nil, err
	case from == produced:
		shown.trained(run.Backend)
	default:
		shown.loaded()
	}
	return run, nil
}
