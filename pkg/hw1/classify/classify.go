// Package classify is part 1-2: how networks classify labelled examples, and whether they differ by more
// than chance.
package classify

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// Classification is how a run's first replica classifies labelled examples.
type Classification struct {
	Run       *experiment.Run `json:"-"`
	Set       data.Examples   `json:"-"` // with labels, also for a function with two classes
	Predicted []int           // classes, [n]
	Loss      []float64       // cross-entropy of each example, [n]
}

// Images evaluates runs on the test sets of their tasks. The results are kept in the run store.
func Images(runs ...*experiment.Run) ([]Classification, error) {
	if err := check.Args("classify.Images", runs...); err != nil {
		return nil, err
	}
	sets, keys := make([]data.Examples, len(runs)), make([]string, len(runs))
	for i, run := range runs {
		_, test, err := run.Spec.Shared()
		if err != nil {
			return nil, err
		}
		if sets[i], err = labelled(run, test); err != nil {
			return nil, err
		}
		keys[i] = run.Identity()[0]
	}
	question := analysis.Question{Name: "classification", Version: 1, Inputs: map[string]any{"runs": keys}}
	results, err := analysis.Of(question, func(ctx context.Context, w *analysis.Work) ([]Classification, error) {
		return analysis.EachPart(ctx, w, len(runs), func(_ context.Context, i int) (Classification, error) { return classify(runs[i], sets[i]) })
	})
	for i := range results {
		results[i].Run, results[i].Set = runs[i], sets[i]
	}
	return results, err
}

// On evaluates a run on any labelled examples: its training examples, with their label noise
// (Spec.Examples) or with the true labels (Spec.CleanExamples), or others.
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

// labelled returns a set with its classes as labels, or an error if the run has no classes or
// different ones.
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

func classify(run *experiment.Run, set data.Examples) (Classification, error) {
	c := Classification{Run: run, Set: set}
	all, err := eval.Logits(run, set)
	if err != nil {
		return c, err
	}
	width := run.Spec.Arch.Outputs()
	for j, label := range set.Labels {
		logits := all[0][j*width : (j+1)*width]
		if width == 1 { // the logit of the second of two classes
			logits = []float64{0, logits[0]}
		}
		c.Predicted = append(c.Predicted, floats.MaxIdx(logits))
		c.Loss = append(c.Loss, floats.LogSumExp(logits)-logits[label])
	}
	return c, nil
}

func (c Classification) right(i int) bool { return c.Predicted[i] == int(c.Set.Labels[i]) }

// Mistakes returns the number of wrongly classified examples, and -1 if the predictions do not
// match the examples.
func (c Classification) Mistakes() int {
	if !c.matches() {
		return -1
	}
	n := 0
	for i := range c.Predicted {
		n += num.Int(!c.right(i))
	}
	return n
}

// McNemar returns how many examples only a gets right, how many only b gets right, and the
// p-value of the exact test of whether both are equally likely (McNemar 1947).
func McNemar(a, b Classification) (onlyA, onlyB int, p float64, err error) {
	if err = check.Args("classify.McNemar", a, b); err != nil {
		return 0, 0, 0, err
	}
	if !reflect.DeepEqual(a.Set, b.Set) {
		return 0, 0, 0, fmt.Errorf("classify.McNemar compares two classifications of the same examples with the same labels")
	}
	for i := range a.Predicted {
		onlyA += num.Int(a.right(i) && !b.right(i))
		onlyB += num.Int(!a.right(i) && b.right(i))
	}
	n := onlyA + onlyB
	if n == 0 {
		return 0, 0, 1, nil
	}
	coin := distuv.Binomial{N: float64(n), P: 0.5}
	return onlyA, onlyB, min(1, 2*coin.CDF(float64(min(onlyA, onlyB)))), nil
}

// PairTable compares classifications of the same examples pair by pair.
func PairTable(caption string, cs ...Classification) (*figure.Table, error) {
	if err := check.Args("classify.PairTable", cs...); err != nil {
		return nil, err
	}
	if len(cs) == 1 {
		return nil, fmt.Errorf("classify.PairTable compares pairs, and got %s alone; give it two classifications or more", cs[0].Run.Label())
	}
	t := figure.NewTable(caption, "mcnemar", "models", "only the first is right", "only the second is right", "p (McNemar, exact)")
	names := experiment.Labels(num.Map(cs, func(c Classification) *experiment.Run { return c.Run })...)
	for i, a := range cs {
		for k, b := range cs[i+1:] {
			onlyA, onlyB, p, err := McNemar(a, b)
			if err != nil {
				return nil, err
			}
			t.Add(names[i]+" and "+names[i+1+k], onlyA, onlyB, fmt.Sprintf("%.2g", p))
		}
	}
	return t, nil
}

// Valid checks that there is a prediction for each example.
func (c Classification) Valid() error {
	if err := cmp.Or(c.Run.Valid(), c.Set.Valid()); err != nil {
		return fmt.Errorf("a classification: %w; take one that classify.Images or classify.On returned", err)
	}
	if !c.matches() {
		return fmt.Errorf("the classification by %s does not have one of the classes for each of %d examples; take one that classify.Images or classify.On returned", c.Run.Label(), c.Set.Len())
	}
	return check.Vector("the losses of a classification", c.Loss, len(c.Predicted))
}

// matches reports whether there is a prediction for each label.
func (c Classification) matches() bool {
	if c.Run == nil || len(c.Predicted) == 0 || len(c.Predicted) != len(c.Set.Labels) {
		return false
	}
	classes := c.task().Classes
	outside := func(class int) bool { return class < 0 || class >= classes }
	return !slices.ContainsFunc(c.Predicted, outside) && int(slices.Max(c.Set.Labels)) < classes
}
