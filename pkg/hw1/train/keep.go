//go:build !js

package train

import (
	"context"

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
