package experiment

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Valid checks a resolved Spec, such as the one in a [Run].
func (s Spec) Valid() error {
	task, err := s.Task.Info()
	if err != nil {
		return err
	}
	if s.Batch == 0 {
		s.Batch = s.TrainSize // which 0 stands for
	}
	return s.validate(task)
}

// Valid checks that a run is complete, as train.All returns it.
func (r *Run) Valid() error {
	if r == nil {
		return errors.New("a run is nil; pass one that Train returned")
	}
	if err := r.Spec.Valid(); err != nil {
		return fmt.Errorf("the spec of a run: %w", err)
	}
	if len(r.Replicas) == 0 {
		return fmt.Errorf("the run of %s has no replicas; pass one that Train returned", r.Spec.Describe())
	}
	params := r.Spec.Arch.ParamCount()
	for i, replica := range r.Replicas {
		err := replica.Valid(params)
		if n := len(replica.History.ValidationLoss); err == nil && r.Spec.Validation > 0 {
			if err = replica.Validation.Valid(); err == nil && n != len(replica.History.Epoch) {
				err = fmt.Errorf("the history has %d validation values for %d epochs", n, len(replica.History.Epoch))
			}
		}
		if err != nil {
			return fmt.Errorf("the run of %s, replica %d: %w; pass a run that Train returned", r.Spec.Describe(), i+1, err)
		}
	}
	return nil
}

// Valid checks a replica of a network with the given number of parameters.
func (r Replica) Valid(params int) error {
	thetas := num.Map(r.Snapshots, func(s Snapshot) []float64 { return s.Theta })
	if r.Best.Theta != nil {
		thetas = append(thetas, r.Best.Theta)
	}
	return cmp.Or(
		check.Matrix("the weights of a snapshot, or the best ones", thetas, len(thetas), params),
		check.Numbers("the losses of the steps", num.Map(r.Steps, func(s Step) float64 { return s.Loss })),
		check.Numbers("the gradient norms of the steps", num.Map(r.Steps, func(s Step) float64 { return s.GradNorm })),
		check.Vector("the final weights", r.Theta, params),
		check.Vector("the initial weights", r.Initial, params),
		r.Train.Valid(), r.Test.Valid(), r.History.Valid(),
	)
}

// Valid checks a score. The accuracy may be NaN, as it is for regressions.
func (s Score) Valid() error {
	if !check.IsFinite(s.Loss) || math.IsInf(s.Accuracy, 0) {
		return fmt.Errorf("a score has loss %g and accuracy %g; they must be finite", s.Loss, s.Accuracy)
	}
	return nil
}

// Valid checks that each column has one value per epoch.
func (h History) Valid() error {
	for _, column := range h.Columns(false) {
		if len(*column) != len(h.Epoch) {
			return fmt.Errorf("the history has %d values for %d epochs", len(*column), len(h.Epoch))
		}
	}
	if n := len(h.ValidationLoss); n != len(h.ValidationAccuracy) || n > 0 && n != len(h.Epoch) {
		return fmt.Errorf("the history has %d validation values for %d epochs", n, len(h.Epoch))
	}
	return nil
}

// Complete returns an error unless a result of some function belongs to a complete run and has a part for each of
// the run's replicas.
func Complete(result, function string, run *Run, parts int) error {
	if err := run.Valid(); err != nil {
		return fmt.Errorf("the %s: %w", result, err)
	}
	if n := len(run.Replicas); parts != n {
		return fmt.Errorf("the %s of %s has %s for %s; pass one that %s returned",
			result, run.Label(), words.Plural(parts, "part"), words.Plural(n, "replica"), function)
	}
	return nil
}

// The following functions first check that the runs are complete.

// need returns an error unless all runs are complete and pass a further check.
func need(function string, runs []*Run, what func(run *Run) error) error {
	if err := check.Args(function, runs...); err != nil {
		return err
	}
	for _, run := range runs {
		if err := what(run); err != nil {
			return err
		}
	}
	return nil
}

// NeedImages returns an error unless all runs are on images.
func NeedImages(function string, runs ...*Run) error {
	return need(function, runs, func(run *Run) error {
		if run.Spec.Task.IsFunction() {
			return fmt.Errorf("%s is for runs on images or other labels, but the run of %s learns numbers", function, run.Spec.Describe())
		}
		return nil
	})
}

// NeedEvaluations returns an error unless all runs were evaluated while they trained.
func NeedEvaluations(function string, runs ...*Run) error {
	return need(function, runs, func(run *Run) error {
		if !run.Spec.Regime().Evaluated {
			return fmt.Errorf("%s needs evaluations during training, but %s was evaluated only at its end; set EvaluateEach, to 100 say", function, run.Spec.Describe())
		}
		return nil
	})
}

// NeedSnapshots returns an error unless every replica of all runs has at least so many snapshots.
func NeedSnapshots(function string, least int, runs ...*Run) error {
	return need(function, runs, func(run *Run) error {
		for _, replica := range run.Replicas {
			if len(replica.Snapshots) < least {
				advice := fmt.Sprintf("set SnapshotEach, now %d, so that there are as many", run.Spec.SnapshotEach)
				if replica.Stop == StopByHand {
					advice = "pass the run as it was trained: runs from eval.WithWeights or Run.AtLoss have no snapshots"
				}
				return fmt.Errorf("%s needs %s or more of every replica, but one of %s has %d; %s",
					function, words.Plural(least, "snapshot"), run.Spec.Describe(), len(replica.Snapshots), advice)
			}
		}
		return nil
	})
}

// SnapshotEpochs returns the epochs of the snapshots of a run, which must be the same for every
// replica.
func SnapshotEpochs(function string, run *Run) ([]int, error) {
	if err := NeedSnapshots(function, 1, run); err != nil {
		return nil, err
	}
	epochs := func(r Replica) []int { return num.Map(r.Snapshots, func(s Snapshot) int { return s.Epoch }) }
	first := epochs(run.Replicas[0])
	if run.Count(func(r Replica) bool { return !slices.Equal(epochs(r), first) }) > 0 {
		return nil, fmt.Errorf("%s compares the seeds of %s epoch by epoch, but they stopped at different epochs; train them without Patience and TargetAccuracy", function, run.Spec.Describe())
	}
	return first, nil
}

// NeedSharedLabels returns an error if each replica of a run has its own random labels:
// what is measured on the labels of one is wrong for the others.
func NeedSharedLabels(function string, runs ...*Run) error {
	return need(function, runs, func(run *Run) error {
		if run.Spec.LabelNoise > 0 && len(run.Replicas) > 1 {
			return fmt.Errorf("%s looks at the training labels, but each of the %d seeds of %s has its own random labels; pass a run of one seed",
				function, len(run.Replicas), run.Spec.Describe())
		}
		return nil
	})
}

// NeedNoMask returns an error if a run was trained with a mask, which an analysis that moves all weights would not heed.
func NeedNoMask(function string, runs ...*Run) error {
	return need(function, runs, func(run *Run) error {
		if run.Spec.Mask != "" {
			return fmt.Errorf("%s moves all weights alike, but %s was trained with a mask, which does not; give it a run without Mask", function, run.Spec.Describe())
		}
		return nil
	})
}

// NeedScores returns an error if weights of a trained run were changed, of which its scores tell nothing.
func NeedScores(function string, runs ...*Run) error {
	return need(function, runs, func(run *Run) error {
		if len(run.seal.sums) > 0 && !run.AsMade() && run.Count(func(r Replica) bool { return r.Stop != StopByHand }) > 0 {
			return fmt.Errorf("%s shows scores, and those of %s are of its training, though it has been changed since; pass a run from eval.WithWeights, which measures weights anew", function, run.Spec.Describe())
		}
		return nil
	})
}

// NeedExamples returns an error if a run was trained on fewer examples than are asked for; with
// the tiny budgets of HW1_QUICK, fewer are accepted.
func NeedExamples(function string, n int, runs ...*Run) error {
	return need(function, runs, func(run *Run) error {
		if n < 0 || n > run.Spec.TrainSize && !env.Quick() {
			return fmt.Errorf("%s cannot use %d training examples: %s has %d", function, n, run.Spec.Describe(), run.Spec.TrainSize)
		}
		return nil
	})
}

// NeedOneTask returns an error unless all runs have one task and one loss, so that their scores are on one scale.
func NeedOneTask(function string, runs ...*Run) error {
	return need(function, runs, func(run *Run) error {
		if a, b := runs[0].Spec, run.Spec; a.Task != b.Task || a.Loss != b.Loss {
			return fmt.Errorf("%s compares runs on one task with one loss, not %s with %s and %s with %s; call it for one task and loss at a time", function, a.Task, a.Loss, b.Task, b.Loss)
		}
		return nil
	})
}

// NeedSameSeeds returns an error unless all runs have equally many replicas.
func NeedSameSeeds(function string, runs ...*Run) error {
	return need(function, runs, func(run *Run) error {
		if len(run.Replicas) != len(runs[0].Replicas) {
			return fmt.Errorf("%s: %s has %s and %s has %s; give all runs the same number of seeds", function,
				run.Label(), words.Plural(len(run.Replicas), "seed"), runs[0].Label(), words.Plural(len(runs[0].Replicas), "seed"))
		}
		return nil
	})
}
