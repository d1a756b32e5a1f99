package classify

import (
	"cmp"
	"fmt"
	"slices"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// On evaluates a run on any labelled examples: those that it was trained on, with their label
// noise (Spec.Examples) or with the true labels (Spec.CleanExamples), or others.
func On(run *experiment.Run, set data.Examples) (Classification, error) {
	if err := cmp.Or(check.Args("classify.On", run), check.Args("classify.On", set)); err != nil {
		return Classification{}, err
	}
	set, err := labelled(run, set)
	if err != nil {
		return Classification{}, err
	}
	return classify(run, set)
}

// labelled returns a set with its classes as labels, and an error where the run has no classes
// or others.
func labelled(run *experiment.Run, set data.Examples) (data.Examples, error) {
	if !curves.HasAccuracy(run) {
		return set, fmt.Errorf("package classify is for classes, and %s is a regression; package fit compares numbers", run.Spec.Describe())
	}
	last := max(2, run.Spec.Arch.Outputs()) - 1 // one logit has two classes
	if !slices.ContainsFunc(set.Y, func(y float64) bool { return y != 0 && y != 1 }) && len(set.Y) > 0 {
		set.Labels, set.Y = num.Map(set.Y, func(y float64) uint8 { return uint8(y) }), nil
	}
	if len(set.Labels) == 0 || int(slices.Max(set.Labels)) > last {
		return set, fmt.Errorf("the targets to compare %s with have to be classes from 0 to %d; give examples with such labels", run.Spec.Describe(), last)
	}
	return set, nil
}
