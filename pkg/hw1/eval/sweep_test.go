package eval_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
)

// The first layer's statistics of the whole set are the mean and variance of its sums. Those of mini-batches are the
// same mean, if no example is left out, and nearly the same variance; with a fixed order they would be far from it, as these inputs are sorted.
func TestUpdateBatchNorm(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	wave := hw1.Function("wave", func(x float64) float64 { return math.Sin(3 * x) }, hw1.Sampling{Train: 120})
	spec := hw1.Spec{Task: wave, Arch: hw1.MLP(1, 3, 2, 1).Normalized(), Activation: hw1.Tanh, Epochs: 20, Seeds: 2, Float64: true, LearningRate: 0.05}
	batches := spec
	batches.Batch = 40
	runs, err := hw1.Train(spec, batches)
	if err != nil {
		t.Fatal(err)
	}
	train, _, err := wave.Load()
	if err != nil {
		t.Fatal(err)
	}
	for i, run := range runs {
		updated, err := eval.UpdateBatchNorm(run)
		if err != nil {
			t.Fatal(err)
		}
		for r, replica := range updated.Replicas {
			was, theta := run.Replicas[r].Theta, replica.Theta
			for u := range 3 { // theta begins with 3 weights, biases, scales, shifts, means and variances
				sums := num.Map(train.X, func(x float64) float64 { return was[u]*x + was[3+u] })
				hw1test.CheckNear(t, "mean", []float64{theta[12+u]}, []float64{stat.Mean(sums, nil)}, 1e-12)
				hw1test.CheckNear(t, "variance", []float64{theta[15+u]}, []float64{stat.Variance(sums, nil)}, []float64{1e-12, 0.05}[i])
			}
			loss, far := replica.Train.Loss, run.Replicas[r].Train.Loss
			if i == 0 && loss == far || floats.Distance(theta[:12], was[:12], 2) != 0 || replica.Epochs != 20 {
				t.Errorf("the loss was %g and is %g, at weights %g apart, of epoch %d", far, loss, floats.Distance(theta[:12], was[:12], 2), replica.Epochs)
			}
		}
		again, err := eval.UpdateBatchNorm(updated)
		if err != nil || floats.Distance(again.Replicas[0].Theta, updated.Replicas[0].Theta, 2) != 0 {
			t.Errorf("a second update changes the statistics again: %v", err)
		}
	}
}
