package hw1

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// This file and validresults.go say what values have to be like to be used. An
// exported function begins with a check of the values that it is given: one that
// was left nil, cut, or put together by hand gets a line that says what is wrong
// with it, and no panic from the middle of a computation.

// validator is a value that knows what is wrong with it, if anything is.
type validator interface{ valid() error }

// check returns what is wrong with the arguments of an exported function. None at
// all is wrong, too.
func check[T validator](function string, args ...T) error {
	if len(args) == 0 {
		return fmt.Errorf("%s got nothing to work on; give it one argument or more", function)
	}
	for _, arg := range args {
		if err := arg.valid(); err != nil {
			return fmt.Errorf("%s: %w", function, err)
		}
	}
	return nil
}

// validNumbers returns an error unless all values are finite.
func validNumbers(what string, values []float64) error {
	for i, v := range values {
		if !isFinite(v) {
			return fmt.Errorf("%s: number %d of %d is %g; they have to be finite", what, i+1, len(values), v)
		}
	}
	return nil
}

// validMatrix returns an error unless there are so many rows of so many finite values.
func validMatrix(what string, rows [][]float64, n, width int) error {
	if len(rows) != n {
		return fmt.Errorf("%s: %d rows, where %d belong", what, len(rows), n)
	}
	for _, row := range rows {
		if err := validVector(what, row, width); err != nil {
			return err
		}
	}
	return nil
}

// validVector returns an error unless there are so many finite values.
func validVector(what string, values []float64, n int) error {
	if len(values) != n {
		return fmt.Errorf("%s: %d numbers, where %d belong", what, len(values), n)
	}
	return validNumbers(what, values)
}

// valid checks a resolved Spec, such as that of a [Run].
func (s Spec) valid() error {
	task, err := s.Task.info()
	if err != nil {
		return err
	}
	if s.Batch == 0 {
		s.Batch = s.TrainSize // what it stands for
	}
	return s.validate(task)
}

// valid checks that a run is complete, as [Train] returns it.
func (r *Run) valid() error {
	if r == nil {
		return errors.New("a run is nil; take one that Train returned")
	}
	if err := r.Spec.valid(); err != nil {
		return fmt.Errorf("the spec of a run: %w", err)
	}
	if len(r.Replicas) == 0 || len(r.Keys) == 0 {
		return fmt.Errorf("the run of %s has %s and %s of the run store; take one that Train returned",
			r.Spec.describe(), plural(len(r.Replicas), "replica"), plural(len(r.Keys), "key"))
	}
	params := r.Spec.Arch.ParamCount()
	for i, replica := range r.Replicas {
		if err := replica.valid(params); err != nil {
			return fmt.Errorf("the run of %s, replica %d: %w; take a run that Train returned", r.Spec.describe(), i+1, err)
		}
	}
	return nil
}

// valid checks the replica of a network with so many parameters.
func (r Replica) valid(params int) error {
	for _, snapshot := range r.Snapshots {
		if err := validVector("the weights of a snapshot", snapshot.Theta, params); err != nil {
			return err
		}
	}
	for _, step := range r.Steps {
		if err := validNumbers("loss and gradient norm of a step", []float64{step.Loss, step.GradNorm}); err != nil {
			return err
		}
	}
	return cmp.Or(
		validVector("the final weights", r.Theta, params),
		validVector("the initial weights", r.Initial, params),
		r.Train.valid(), r.Test.valid(), r.History.valid(),
	)
}

// valid allows an accuracy of NaN, which is that of regression.
func (s Score) valid() error {
	if !isFinite(s.Loss) || math.IsInf(s.Accuracy, 0) {
		return fmt.Errorf("a score has loss %g and accuracy %g; they have to be finite", s.Loss, s.Accuracy)
	}
	return nil
}

func (h History) valid() error {
	for _, column := range [][]float64{h.TrainLoss, h.TestLoss, h.TrainAccuracy, h.TestAccuracy, h.GradNorm} {
		if len(column) != len(h.Epoch) {
			return fmt.Errorf("the history has %d values for %d epochs", len(column), len(h.Epoch))
		}
	}
	return nil
}

// needImages returns an error unless all runs, which are valid, are on images.
func needImages(function string, runs ...*Run) error {
	for _, run := range runs {
		if run.Spec.isFunction() {
			return fmt.Errorf("%s is for runs on images, and that of %s is on a function", function, run.Spec.describe())
		}
	}
	return nil
}

// needFunction returns an error unless a run, which is valid, is on a function.
func needFunction(function string, run *Run) error {
	if !run.Spec.isFunction() {
		return fmt.Errorf("%s is for runs on functions, and that of %s is on images", function, run.Spec.describe())
	}
	return nil
}

// needSnapshots returns an error unless all replicas of a run, which is valid, have
// so many snapshots or more.
func needSnapshots(function string, run *Run, least int) error {
	for _, replica := range run.Replicas {
		if len(replica.Snapshots) < least {
			return fmt.Errorf("%s needs %s or more of every replica, and one of %s has %d; set SnapshotEach",
				function, plural(least, "snapshot"), run.Spec.describe(), len(replica.Snapshots))
		}
	}
	return nil
}

// needSharedLabels returns an error where the replicas of a run, which is valid, have
// random labels, each its own: what is measured on the labels of one is wrong for the others.
func needSharedLabels(function string, runs ...*Run) error {
	for _, run := range runs {
		if run.Spec.LabelNoise > 0 && len(run.Replicas) > 1 {
			return fmt.Errorf("%s looks at the training labels, and each of the %d seeds of %s has random ones of its own; take a run of one seed",
				function, len(run.Replicas), run.Spec.describe())
		}
	}
	return nil
}

// needSameSeeds returns an error unless all runs, which are valid, have as many replicas.
func needSameSeeds(function string, runs []*Run) error {
	for _, run := range runs {
		if len(run.Replicas) != len(runs[0].Replicas) {
			return fmt.Errorf("%s: %s has %s and %s has %s; give all as many", function,
				run.Label(), plural(len(run.Replicas), "seed"), runs[0].Label(), plural(len(runs[0].Replicas), "seed"))
		}
	}
	return nil
}

func (p Panel) valid() error {
	if len(p.Runs) == 0 {
		return fmt.Errorf("the panel %q has no runs; give it one or more", p.Title)
	}
	for _, run := range p.Runs {
		if err := run.valid(); err != nil {
			return fmt.Errorf("the panel %q: %w", p.Title, err)
		}
	}
	return nil
}

// valid checks points of a function with their values, or images with their labels.
func (e Examples) valid() error {
	const pixels = 28 * 28
	switch {
	case e.Len() == 0:
		return errors.New("there are no examples; give one or more")
	case len(e.X) != len(e.Y):
		return fmt.Errorf("the examples have %d points and %d values", len(e.X), len(e.Y))
	case len(e.X) > 0 && len(e.Labels) > 0:
		return errors.New("the examples are points and images at once; give one of the two")
	case len(e.Images) != pixels*len(e.Labels):
		return fmt.Errorf("the examples have %d pixels for %d labels; an image has %d", len(e.Images), len(e.Labels), pixels)
	case len(e.Labels) > 0 && slices.Max(e.Labels) > 9:
		return fmt.Errorf("the examples have a label %d; labels go from 0 to 9", slices.Max(e.Labels))
	}
	return cmp.Or(validNumbers("the points", e.X), validNumbers("the values", e.Y))
}

// valid checks a curve's positions and, where it has them, the scores there.
func (p *Connection) valid() error {
	if p == nil {
		return errors.New("a path is nil; take one that Interpolate or Connect returned")
	}
	if err := cmp.Or(p.From.valid(), p.To.valid()); err != nil {
		return fmt.Errorf("an end of the path: %w", err)
	}
	if err := checkEnds(p.From, p.To, p.At); err != nil {
		return err
	}
	for _, scores := range [][][]Score{p.Train, p.Test} {
		if len(scores) != len(p.From.Replicas) || !p.fits(scores) {
			return fmt.Errorf("the path %q has no score of each replica at each of its %d positions; take one that Interpolate or Connect returned", p.Label, len(p.At))
		}
	}
	return nil
}

// fits reports whether there is a score at each of the path's positions.
func (p *Connection) fits(scores [][]Score) bool {
	for _, row := range scores {
		if len(row) != len(p.At) || slices.ContainsFunc(row, func(s Score) bool { return s.valid() != nil }) {
			return false
		}
	}
	return len(scores) > 0 && slices.Contains(p.At, 0) && slices.Contains(p.At, 1)
}

// atMost bounds counts that a user sets, so that a slip of the pen does not take
// all time or all memory.
const atMost = 1_000_000

func isCount(n int) bool { return n >= 1 && n <= atMost }

// isPositive reports whether a value is above 0, and not so large that computing
// with it overflows.
func isPositive(v float64) bool { return v > 0 && v <= math.MaxFloat32 }

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
