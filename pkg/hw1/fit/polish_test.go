package fit

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
)

func TestCurveFitJacobianAgainstFiniteDifferences(t *testing.T) {
	spec := runtest.MustResolve(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 3, 2, 1), Activation: nn.Tanh, Epochs: 1})
	c, err := newCurveFit(spec)
	if err != nil {
		t.Fatal(err)
	}
	p, theta := c.problem(t.Context()), spec.Arch.InitTheta(3)
	at, err := p.Linearize(theta)
	if err != nil {
		t.Fatal(err)
	}
	want := mat.NewDense(c.Train.Len(), len(theta), nil)
	fd.Jacobian(want, func(y, x []float64) {
		r, err := p.Residuals(x)
		if err != nil {
			t.Fatal(err)
		}
		copy(y, r)
	}, theta, &fd.JacobianSettings{Formula: fd.Central})
	for i := range theta {
		unit := make([]float64, len(theta))
		unit[i] = 1
		hw1test.CheckNear(t, "Jacobian", at.Times(unit), mat.Col(nil, i, want), 1e-8)
	}
}

// The sinc with one tanh unit more than needed: a network fits another's outputs.
func TestPolishFindsAKnownMinimum(t *testing.T) {
	spec := runtest.MustResolve(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 3, 1), Activation: nn.Tanh, Epochs: 1})
	c, err := newCurveFit(spec)
	if err != nil {
		t.Fatal(err)
	}
	teacher := []float64{3, -2, 1, 0.5, 0.3, -0.7, 1.5, -1, 0.8, 0.1}
	outputs, err := c.Eval.Outputs(context.Background(), c.Tensor(teacher), c.Train)
	if err != nil {
		t.Fatal(err)
	}
	c.Train.Y = outputs[0]
	start := floats.AddTo(make([]float64, 10), teacher, []float64{0.3, -0.2, 0.1, -0.1, 0.2, 0.1, -0.3, 0.2, 0.1, 0})
	var watched []float64
	watch := func(string) func(int, float64) { return func(_ int, loss float64) { watched = append(watched, loss) } }
	result, err := c.polish(context.Background(), analysis.Replica{Replica: experiment.Replica{Theta: start}, Watch: watch}, 200)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(watched); n == 0 || math.Abs(watched[n-1]-result.TrainLoss) > 1e-12*result.TrainLoss || n > 1 && watched[0] <= watched[n-1] {
		t.Errorf("whoever watched saw losses from %g to %g in %d steps, not to %g", watched[0], watched[n-1], n, result.TrainLoss)
	}
	if result.TrainLoss > 1e-20 {
		t.Errorf("MSE %g against a network of the same size", result.TrainLoss)
	}
}

func TestPolishRefusesOtherLossesAndLabels(t *testing.T) {
	_, err := Polish(10, runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 2, 1)}}))
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "least squares", "cross-entropy")
	noisy := experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 2, 1), Loss: loss.MSE, LabelNoise: 0.3, Seeds: 2}
	_, err = Polish(10, runtest.Handmade(&experiment.Run{Spec: noisy, Replicas: make([]experiment.Replica, 2)}))
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "each of the 2 seeds", "its own random labels")
}
