// Package train turns a Spec into a Run: it reads stored runs, trains the missing ones, keeps checkpoints,
// and shows progress.
package train

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/cell"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// All returns the runs of the specs, in the same order. Runs that are in the run
// store are read; the others are trained, as many at a time as there are cores,
// and saved as soon as they are done.
//
// An interrupt stops the training; runs saved by then are kept, and an unfinished
// run continues from its checkpoint next time. The error names every run that
// failed; the others are saved all the same. Runs without a name that share an
// architecture are labelled by the settings in which they differ.
func All(specs ...experiment.Spec) ([]*experiment.Run, error) {
	if len(specs) == 0 {
		return nil, errors.New("hw1.Train got no specs; give it one or more")
	}
	plan, err := newPlan(specs)
	if err != nil {
		return nil, err
	}
	board := newBoard(plan.jobs)
	if cell.Interruptible(func(ctx context.Context) { plan.runAll(ctx, board) }) {
		return nil, fmt.Errorf("interrupted: %s; run the cell again to go on", board.close("Interrupted", nil))
	}
	err = errors.Join(plan.errs...)
	if err == nil {
		err = plan.sameGraphs(context.Background())
	}
	if err != nil {
		board.close("Failed", slices.Sorted(maps.Keys(plan.runs)))
		return nil, err
	}
	board.close("Done", num.Map(plan.jobs, func(j job) string { return j.key }))
	runs := make([]*experiment.Run, len(specs))
	for i, group := range plan.groups {
		runs[i] = experiment.Merge(group.spec, num.Map(group.keys, func(key string) *experiment.Run { return plan.runs[key] }))
	}
	experiment.TellApart(runs...)
	for _, run := range runs {
		if text := noticeOfDead(run); text != "" {
			cell.Notice("%s", text)
		}
	}
	return runs, nil
}

// noticeOfDead says that networks of a run have learnt nothing about their targets, and what to try; it is empty if none
// is so, for functions, of which the table of losses counts such replicas, and with quick budgets, with which few learn.
func noticeOfDead(run *experiment.Run) string {
	dead, task := run.Count(func(r experiment.Replica) bool { return r.DeadStart }), run.Spec.Task
	if dead == 0 || task.IsFunction() && task.HasTruth() || env.Quick() {
		return ""
	}
	try := "a higher or lower learning rate, or more epochs"
	if task.IsFunction() {
		try += ", or targets of mean 0 and standard deviation 1 (StandardizeTarget in dataset.Columns)"
	}
	return fmt.Sprintf("%s: %s of %d ended with a training loss hardly below that of a constant prediction, or above it (the median of all is %.4g), having learnt nothing so far; try %s.",
		run.Spec.Describe(), words.Plural(dead, "network"), len(run.Replicas), num.Median(run.TrainLosses()), try)
}

// One is [All] for one spec.
func One(spec experiment.Spec) (*experiment.Run, error) {
	runs, err := All(spec)
	if err != nil {
		return nil, err
	}
	return runs[0], nil
}

// plan lists the distinct runs that some specs need, and gathers them.
type plan struct {
	groups []group // one per spec
	jobs   []job   // the distinct runs, in the order in which they train

	mu   sync.Mutex
	runs map[string]*experiment.Run
	errs []error
}

// job is a run to train or to read: a resolved Spec, and its key in the run store.
type job struct {
	spec experiment.Spec
	key  string
}

func newJob(resolved experiment.Spec) job { return job{resolved, resolved.Key()} }

// group is a spec with the keys of its runs: one for as many seeds as train together.
type group struct {
	spec experiment.Spec
	keys []string
}

func newPlan(specs []experiment.Spec) (*plan, error) {
	p := &plan{runs: map[string]*experiment.Run{}}
	seen := map[string]bool{}
	for _, spec := range specs {
		resolved, err := spec.Resolved()
		if err != nil {
			return nil, err
		}
		g := group{spec: resolved}
		for _, single := range split(resolved) {
			j := newJob(single)
			g.keys = append(g.keys, j.key)
			if !seen[j.key] {
				seen[j.key] = true
				p.jobs = append(p.jobs, j)
			}
		}
		p.groups = append(p.groups, g)
	}
	return p, nil
}

// split divides a Spec into its runs, each with as many seeds as train together.
func split(s experiment.Spec) []experiment.Spec {
	together := s.Regime().SeedsTogether
	var parts []experiment.Spec
	for first := 0; first < s.Seeds; first += together {
		part := s
		part.Seed, part.Seeds = s.Seed+first, min(together, s.Seeds-first)
		parts = append(parts, part)
	}
	return parts
}

// runAll reads or trains every run, as many at a time as there are cores. A run on images
// uses several cores by itself, but never fully: two runs side by side take no
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
				shown.note(func() { shown.failed = ctx.Err() == nil })
				p.errs = append(p.errs, err)
				return
			}
			p.runs[shown.key] = run
		})
	}
	wg.Wait()
	slices.SortFunc(p.errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
}

// turn is a run's use of a core. A run that another process is training gives up its
// turn, so that processes that need the same runs divide them among themselves.
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
