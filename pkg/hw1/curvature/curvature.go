// Package curvature follows the largest eigenvalue of the Hessian during training.
package curvature

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// Course holds the largest eigenvalue of the Hessian of a run's objective, in the course of its
// training.
type Course struct {
	Run         *experiment.Run
	Epochs      []int       // the epochs after which it was measured
	Eigenvalues [][]float64 // [R][epochs]
}

// Follow returns the largest eigenvalue at every n-th snapshot of a run (n is every), from the
// first one on, and at the last one. Its seeds must have the same snapshots. The Hessian is that of the weights that a mask, if there is
// one, does not leave as they are. The result is kept in the run store.
func Follow(every int, run *experiment.Run) (Course, error) {
	all, err := experiment.SnapshotEpochs("curvature.Follow", run)
	if err != nil {
		return Course{}, err
	}
	if !check.IsCount(every) {
		return Course{}, fmt.Errorf("curvature.Follow cannot look at every %d-th snapshot; give it 1 or more", every)
	}
	places := Places(len(all), every)
	masked, last := num.Int(run.Spec.Mask != ""), num.Int((len(all)-1)%every != 0) // version 1 looked at all weights, and left out such a last snapshot
	question := analysis.Question{Name: "curvature", Version: 1 + masked + 2*last, Inputs: map[string]any{"runs": run.Identity(), "every": every}}
	rows, err := analysis.Of(question, func(ctx context.Context, w *analysis.Work) ([][]float64, error) {
		objective, err := eval.NewObjective(run)
		if err != nil {
			return nil, err
		}
		points, err := analysis.EachPart(ctx, w, len(run.Replicas)*len(places), func(_ context.Context, i int) (float64, error) {
			snapshots := run.Replicas[i/len(places)].Snapshots
			return objective.LargestEigenvalue(snapshots[places[i%len(places)]].Theta)
		})
		return slices.Collect(slices.Chunk(points, len(places))), err
	})
	return Course{run, num.Map(places, func(i int) int { return all[i] }), rows}, err
}

// Places returns the indices of n snapshots at which they are looked at: every so many from the first one on, and the last one.
func Places(n, every int) (places []int) {
	for i := 0; every > 0 && i < n-1; i += every {
		places = append(places, i)
	}
	return append(places, max(0, n-1))
}

// Label returns the run's label.
func (c Course) Label() string { return c.Run.Label() }

// Valid checks that there is an eigenvalue for each replica and epoch.
func (c Course) Valid() error {
	if err := c.Run.Valid(); err != nil {
		return fmt.Errorf("the curvature along a training: %w", err)
	}
	if len(c.Epochs) == 0 {
		return errors.New("the curvature along a training has no epochs; take one that curvature.Follow returned")
	}
	return check.Matrix("the curvature of "+c.Run.Label(), c.Eigenvalues, len(c.Run.Replicas), len(c.Epochs))
}
