package eval

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

func TestMain(m *testing.M) { hw1test.Main(m) }

// Batches that are evaluated at once share the weights. Without their move to the
// device beforehand, about one evaluation in a thousand does not find them.
func TestEvaluationsShareTheirWeights(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	spec := runtest.MustResolve(t, experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 10), Epochs: 1, Batch: 100, TestSize: 8000})
	s, err := NewSweep(spec)
	if err != nil {
		t.Fatal(err)
	}
	theta := spec.Rounded(spec.Arch.InitTheta(1))
	for range 1000 {
		if _, err := s.Eval.Scores(context.Background(), device.Tensor(theta, spec.DType(), 1, len(theta)), s.Test); err != nil {
			t.Fatal(err)
		}
	}
}

// The scores of each kind of loss, of two networks at once, are those that gonum
// computes of the outputs.
func TestScoresAreThoseOfTheOutputs(t *testing.T) {
	meanSquare := func(outputs []float64, e data.Examples) experiment.Score {
		return experiment.Score{Loss: math.Pow(floats.Distance(outputs, e.Y, 2), 2) / float64(e.Len()), Accuracy: math.NaN()}
	}
	for name, c := range map[string]struct {
		spec  experiment.Spec
		score func(outputs []float64, e data.Examples) experiment.Score
	}{
		"regression":  {experiment.Spec{Task: data.SquareWave, Arch: nn.MLP(1, 9, 1), Epochs: 1}, meanSquare},
		"two classes": {experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 9, 1), Epochs: 1}, runtest.ScoreOf},
		"ten classes": {experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 9, 10), Epochs: 1, Batch: 100, TestSize: 4007}, runtest.ScoreOf},
	} {
		t.Run(name, func(t *testing.T) {
			if c.spec.Task == data.MNIST {
				hw1test.NeedData(t)
			}
			spec := runtest.MustResolve(t, c.spec)
			s, err := NewSweep(spec)
			if err != nil {
				t.Fatal(err)
			}
			both := append(spec.Arch.InitTheta(1), spec.Arch.InitTheta(2)...)
			theta := device.Tensor(both, spec.DType(), 2, len(both)/2)
			scores, err := s.Eval.Scores(context.Background(), theta, s.Test)
			if err != nil {
				t.Fatal(err)
			}
			outputs, err := s.Eval.Outputs(context.Background(), theta, s.Test)
			if err != nil {
				t.Fatal(err)
			}
			for r, got := range scores {
				want := c.score(outputs[r], s.Test)
				hw1test.CheckNear(t, "loss", []float64{got.Loss}, []float64{want.Loss}, 1e-6)
				if got.Accuracy != want.Accuracy && !math.IsNaN(want.Accuracy+got.Accuracy) {
					t.Errorf("network %d has an accuracy of %g, expected %g", r, got.Accuracy, want.Accuracy)
				}
			}
		})
	}
}
