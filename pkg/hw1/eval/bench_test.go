package eval

import (
	"context"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

// BenchmarkHessian measures the exact Hessian of 701 parameters on 500 points, in
// double precision.
func BenchmarkHessian(b *testing.B) {
	o, theta := objectiveOf(b, experiment.Spec{Task: data.SquareWave, Arch: nn.MLP(1, 20, 30, 1), Activation: nn.Tanh, Epochs: 1})
	runtest.Bench(b, 1, func() error {
		_, err := o.Hessian(theta)
		return err
	})
}

// BenchmarkEvaluation measures loss and accuracy on 60,000 images.
func BenchmarkEvaluation(b *testing.B) {
	sweep, theta := benchSweep(b)
	weights := device.Tensor(theta, sweep.Eval.Net.DType, 1, len(theta))
	runtest.Bench(b, 1, func() error {
		_, err := sweep.Eval.Scores(context.Background(), weights, sweep.Train)
		return err
	})
}

// BenchmarkInterpolation measures a position of a sweep: loss and accuracy on the
// training and the test set.
func BenchmarkInterpolation(b *testing.B) {
	sweep, theta := benchSweep(b)
	const positions = 6
	runtest.Bench(b, positions, func() error {
		_, _, err := sweep.Scores(context.Background(), positions, func(int) ([]float64, error) { return theta, nil }, func(float64) {})
		return err
	})
}

// benchSweep returns the dense net on MNIST, and weights for it.
func benchSweep(b *testing.B) (*Sweep, []float64) {
	b.Helper()
	hw1test.NeedData(b)
	spec := runtest.MustResolve(b, runtest.DenseNet)
	s, err := NewSweep(spec)
	if err != nil {
		b.Fatal(err)
	}
	return s, spec.Rounded(spec.Arch.InitTheta(1))
}
