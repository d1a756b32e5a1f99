package hw1

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// Batches that are evaluated at once share the weights. Without their move to the
// device beforehand, about one evaluation in a thousand does not find them.
func TestEvaluationsShareTheirWeights(t *testing.T) {
	needData(t)
	spec := mustResolve(t, Spec{Task: MNIST, Arch: MLP(784, 10), Epochs: 1, Batch: 100, TestSize: 8000})
	s, err := newSweep(spec)
	if err != nil {
		t.Fatal(err)
	}
	theta := spec.rounded(spec.Arch.initTheta(1))
	for range 1000 {
		if _, err := s.eval.scores(context.Background(), floatTensor(theta, spec.dtype(), 1, len(theta)), s.test); err != nil {
			t.Fatal(err)
		}
	}
}

// The scores of each kind of loss, of two networks at once, are those that gonum
// computes of the outputs.
func TestScoresAreThoseOfTheOutputs(t *testing.T) {
	meanSquare := func(outputs []float64, e Examples) Score {
		return Score{math.Pow(floats.Distance(outputs, e.Y, 2), 2) / float64(e.Len()), math.NaN()}
	}
	for name, c := range map[string]struct {
		spec  Spec
		score func(outputs []float64, e Examples) Score
	}{
		"regression":  {Spec{Task: SquareWave, Arch: MLP(1, 9, 1), Epochs: 1}, meanSquare},
		"two classes": {Spec{Task: WaveSign, Arch: MLP(1, 9, 1), Epochs: 1}, scoreOf},
		"ten classes": {Spec{Task: MNIST, Arch: MLP(784, 9, 10), Epochs: 1, Batch: 100, TestSize: 4007}, scoreOf},
	} {
		t.Run(name, func(t *testing.T) {
			if c.spec.Task == MNIST {
				needData(t)
			}
			spec := mustResolve(t, c.spec)
			s, err := newSweep(spec)
			if err != nil {
				t.Fatal(err)
			}
			both := append(spec.Arch.initTheta(1), spec.Arch.initTheta(2)...)
			theta := floatTensor(both, spec.dtype(), 2, len(both)/2)
			scores, err := s.eval.scores(context.Background(), theta, s.test)
			if err != nil {
				t.Fatal(err)
			}
			outputs, err := s.eval.outputs(context.Background(), theta, s.test)
			if err != nil {
				t.Fatal(err)
			}
			for r, got := range scores {
				want := c.score(outputs[r], s.test)
				checkNear(t, "loss", []float64{got.Loss}, []float64{want.Loss}, 1e-6)
				if got.Accuracy != want.Accuracy && !math.IsNaN(want.Accuracy+got.Accuracy) {
					t.Errorf("network %d has an accuracy of %g, expected %g", r, got.Accuracy, want.Accuracy)
				}
			}
		})
	}
}
