package eval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// This file makes runs from weights other than the final ones of a training.

// WithWeights returns a run whose replicas have these weights, each [P]: averages, pruned weights,
// or weights from elsewhere. They are scored on the sets of the given run, whose Spec is kept except for
// the name. Every analysis of final weights accepts it; it has no history, steps or snapshots. For averages of networks with batch
// normalization, see [UpdateBatchNorm].
func WithWeights(run *experiment.Run, name string, thetas ...[]float64) (*experiment.Run, error) {
	if err := experiment.NeedSharedLabels("eval.WithWeights", run); err != nil {
		return nil, err
	}
	if len(thetas) > 1 && run.Spec.LabelNoise > 0 {
		return nil, fmt.Errorf("eval.WithWeights got %d thetas for %s, each seed of which has its own random labels; give it one theta at a time", len(thetas), run.Spec.Describe())
	}
	if len(thetas) == 0 {
		return nil, fmt.Errorf("eval.WithWeights got no weights; give it one theta of %d numbers or more", run.Spec.Arch.ParamCount())
	}
	sweep, err1 := NewSweep(run.Spec)
	validation, err2 := run.Spec.ValidationSet()
	if err := cmp.Or(err1, err2); err != nil {
		return nil, err
	}
	made := *run
	made.Spec.Name, made.Spec.Seeds, made.Keys, made.Replicas = name, len(thetas), nil, nil
	for i, theta := range thetas {
		if err := check.Vector(fmt.Sprintf("theta %d for eval.WithWeights", i+1), theta, run.Spec.Arch.ParamCount()); err != nil {
			return nil, err
		}
		theta = run.Spec.Rounded(slices.Clone(theta))
		scores, err := sweep.Eval.ScoresOn(context.Background(), sweep.Tensor(theta), [3]data.Examples{sweep.Train, sweep.Test, validation})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if loss := scores[0][0].Loss + scores[0][1].Loss; !check.IsFinite(loss) {
			return nil, fmt.Errorf("the loss of theta %d for eval.WithWeights is %g; take smaller weights", i+1, loss)
		}
		made.Replicas = append(made.Replicas, experiment.Replica{
			Seed: run.Spec.Seed + i, Stop: experiment.StopByHand, Theta: theta, Initial: run.Replicas[min(i, len(run.Replicas)-1)].Initial,
			Train: scores[0][0], Test: scores[0][1], Validation: scores[0][2],
		})
	}
	return &made, made.Valid()
}

// Changed returns a run with another name and with all weights of its replicas, also the earlier ones, changed to those of other
// networks that compute the same, in the way that the text how describes: what was measured of the run holds of them. Its keys are
// those of the run plus that text: no entry of the run store has them, but analyses tell the two runs apart by them.
func Changed(run *experiment.Run, name, how string, change func(i int, theta []float64) []float64) *experiment.Run {
	changed := *run
	changed.Spec.Name = name
	changed.Replicas = num.Make(len(run.Replicas), func(i int) experiment.Replica {
		r := run.Replicas[i]
		r.Theta, r.Initial = change(i, r.Theta), change(i, r.Initial)
		if r.Best.Theta != nil {
			r.Best.Theta = change(i, r.Best.Theta)
		}
		r.Snapshots = num.Map(r.Snapshots, func(s experiment.Snapshot) experiment.Snapshot {
			return experiment.Snapshot{Epoch: s.Epoch, Theta: change(i, s.Theta)}
		})
		return r
	})
	changed.Seal(num.Map(run.Identity(), func(key string) string { return key + ", " + how })...)
	return &changed
}

// UpdateBatchNorm returns a run whose running statistics of batch normalization have been measured anew with its weights: means,
// over an epoch's mini-batches of the training set, of their means and unbiased variances. Weights that were averaged, or combined
// in another way, need that, for the average of statistics is no statistic of the averaged weights (Izmailov et al. 2018). Without
// batch normalization only the name changes.
func UpdateBatchNorm(run *experiment.Run) (*experiment.Run, error) {
	if err := check.Args("eval.UpdateBatchNorm", run); err != nil {
		return nil, err
	}
	sweep, err := NewSweep(run.Spec)
	if err != nil {
		return nil, err
	}
	return madeOf("eval.UpdateBatchNorm", run, "statistics of its weights", func(r experiment.Replica) (experiment.Snapshot, error) {
		theta, err := sweep.UpdateBatchNorm(context.Background(), r.Theta)
		return experiment.Snapshot{Epoch: r.Epochs, Theta: theta}, err
	})
}

// AtBest returns a run with each replica's weights after the epoch with its lowest validation loss, Replica.Best.
func AtBest(run *experiment.Run) (*experiment.Run, error) {
	return madeOf("eval.AtBest", run, "lowest validation loss", func(r experiment.Replica) (experiment.Snapshot, error) {
		if r.Best.Theta == nil {
			return r.Best, errors.New("no weights of the lowest validation loss; set Validation")
		}
		return r.Best, nil
	})
}

// AtEpoch returns a run with each replica's weights after an epoch. Every replica needs a snapshot of that epoch.
func AtEpoch(run *experiment.Run, epoch int) (*experiment.Run, error) {
	return madeOf("eval.AtEpoch", run, fmt.Sprintf("epoch %d", epoch), func(r experiment.Replica) (experiment.Snapshot, error) {
		epochs := num.Map(r.Snapshots, func(s experiment.Snapshot) int { return s.Epoch })
		if i := slices.Index(epochs, epoch); i >= 0 {
			return r.Snapshots[i], nil
		}
		if n := len(epochs); n > 10 { // the first ones and the last one tell how far they are apart
			return experiment.Snapshot{}, fmt.Errorf("no snapshot of epoch %d, only of %d others, from %d, %d and %d to %d; set SnapshotEach to a number that divides it", epoch, n, epochs[0], epochs[1], epochs[2], epochs[n-1])
		}
		return experiment.Snapshot{}, fmt.Errorf("no snapshot of epoch %d, only of %v; set SnapshotEach to a number that divides it", epoch, epochs)
	})
}

// madeOf is [WithWeights] for weights that each replica once had. Each is scored on the labels that its seed was trained with.
func madeOf(function string, run *experiment.Run, when string, weights func(experiment.Replica) (experiment.Snapshot, error)) (*experiment.Run, error) {
	if err := check.Args(function, run); err != nil {
		return nil, err
	}
	made := *run
	made.Spec.Name, made.Keys, made.Replicas = run.Label()+", "+when, nil, nil
	for _, r := range run.Replicas {
		then, err := weights(r)
		if err != nil {
			return nil, fmt.Errorf("%s: seed %d of %s has %w", function, r.Seed, run.Spec.Describe(), err)
		}
		single := *run
		single.Spec.Seed, single.Spec.Seeds, single.Replicas = r.Seed, 1, []experiment.Replica{r}
		one, err := WithWeights(&single, made.Spec.Name, then.Theta)
		if err != nil {
			return nil, err
		}
		one.Replicas[0].Epochs = then.Epoch
		made.Replicas = append(made.Replicas, one.Replicas...)
	}
	return &made, made.Valid()
}
