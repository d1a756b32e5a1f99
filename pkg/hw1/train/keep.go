//go:build !js

package train

import (
	"context"
	"fmt"
	"math"

	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/store"
)

// loadOrTrain returns a run from the store, or trains and saves it.
func loadOrTrain(ctx context.Context, shown *boardRun, turn *turn) (*experiment.Run, error) {
	run, made, err := store.Get(ctx, store.Entry[*experiment.Run]{
		Key:  shown.key,
		Load: func() (*experiment.Run, error) { return experiment.Load(shown.spec, shown.key) },
		Waiting: func() {
			turn.pass()
			shown.waiting()
		},
		Produce: func() (*experiment.Run, error) {
			if err := turn.take(ctx); err != nil {
				return nil, err
			}
			shown.starts()
			run, err := trainResolved(ctx, shown.job, shown)
			if err != nil {
				return nil, err
			}
			return run, experiment.Save(run)
		},
	})
	if err == nil && !made {
		err = sameGraph(ctx, run)
	}
	if err != nil {
		return nil, err
	}
	removeCheckpoint(shown.key)
	shown.note(func() {
		shown.finished, shown.read = made, !made
		if made {
			shown.board.backend = run.Backend
		}
	})
	return run, nil
}

// sameGraph returns an error where a network of one's own has another graph than that which a stored run was trained
// with, as its key can not tell: then the weights have another test loss.
func sameGraph(ctx context.Context, run *experiment.Run) error {
	if run.Spec.Arch.Own == nil {
		return nil
	}
	sweep, err := eval.NewSweep(run.Spec)
	if err != nil {
		return err
	}
	scores, err := sweep.Eval.Scores(ctx, sweep.Tensor(run.Replicas[0].Theta), sweep.Test)
	if err != nil {
		return err
	}
	if now, then := scores[0].Loss, run.Replicas[0].Test.Loss; !(math.Abs(now-then) <= 1e-4*then+1e-9) {
		return fmt.Errorf("%s: the graph of %v is not the one that the stored run was trained with, whose test loss was %.4g, and is %.4g; raise the version, or take the old graph",
			run.Spec.Describe(), run.Spec.Arch, then, now)
	}
	return nil
}
