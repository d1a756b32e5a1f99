// Package traintest trains for tests.
package traintest

import (
	"testing"

	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/train"
)

// Objective returns the objective of a spec on its training set, in double precision,
// and a theta.
func Objective(t testing.TB, spec experiment.Spec) (*eval.Objective, []float64) {
	t.Helper()
	spec = runtest.MustResolve(t, spec)
	spec.Float64 = true
	o, err := eval.ObjectiveOn(spec, runtest.MustExamples(t, spec))
	if err != nil {
		t.Fatal(err)
	}
	return o, spec.Arch.InitTheta(7)
}

// MustTrain trains one spec.
func MustTrain(t *testing.T, spec experiment.Spec) *experiment.Run {
	t.Helper()
	run, err := train.One(spec)
	if err != nil {
		t.Fatal(err)
	}
	return run
}
