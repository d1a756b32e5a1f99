package eval

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

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

// The last layer makes the outputs of the hidden activations, of two networks at once; those of the
// first hidden layer are computed by hand.
func TestHiddenActivations(t *testing.T) {
	spec := runtest.MustResolve(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 4, 3, 1), Activation: nn.ReLU, Epochs: 1, Float64: true})
	e, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	set := runtest.MustExamples(t, spec)
	one, other := spec.Arch.InitTheta(1), spec.Arch.InitTheta(2)
	thetas := device.Tensor(append(append([]float64{}, one...), other...), spec.DType(), 2, len(one))
	outputs, err1 := e.Outputs(context.Background(), thetas, set)
	hidden, err2 := e.Hidden(context.Background(), thetas, set)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	last, bias, err := spec.Arch.DenseLayer(3)
	if err != nil {
		t.Fatal(err)
	}
	for r, theta := range [][]float64{one, other} {
		for i, x := range set.X {
			for k, got := range hidden[r][0].RawRowView(i) { // the first layer's weights and then its biases come first in theta
				hw1test.CheckNear(t, "activation", []float64{got}, []float64{max(0, theta[k]*x+theta[4+k])}, 1e-15)
			}
			want := floats.Dot(theta[last.Offset:last.Offset+3], hidden[r][1].RawRowView(i)) + theta[bias.Offset]
			hw1test.CheckNear(t, "output", outputs[r][i:i+1], []float64{want}, 1e-14)
		}
	}
	spec.Arch = nn.MLP(1, 1)
	bare, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	_, err = bare.Hidden(context.Background(), thetas, set)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "no hidden dense layer")
}

// A sweep tells how far it is, and at which position the loss is no number.
func TestSweepReports(t *testing.T) {
	spec := runtest.MustResolve(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 1), Epochs: 1})
	s, err := NewSweep(spec)
	if err != nil {
		t.Fatal(err)
	}
	shares := make(chan float64, 4)
	scores := func(shift float64) ([]experiment.Score, error) {
		train, _, err := s.Scores(context.Background(), 4, func(i int) ([]float64, error) { return []float64{0, shift * float64(i)}, nil }, func(share float64) { shares <- share })
		return train, err
	}
	train, err := scores(100)
	if err != nil {
		t.Fatal(err)
	}
	for i, score := range train { // nearly the square of the shift
		if want := math.Pow(100*float64(i), 2); math.Abs(score.Loss-want) > 0.01*want+1 {
			t.Errorf("at position %d the loss is %g", i, score.Loss)
		}
	}
	told := []float64{<-shares, <-shares, <-shares, <-shares}
	hw1test.CheckNear(t, "shares", slices.Sorted(slices.Values(told)), []float64{0.25, 0.5, 0.75, 1}, 0)
	_, err = scores(1e200 / 3)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "of 4 is", "choose positions nearer to the networks")
}

// Inputs and examples have to fit the network; no inputs have no outputs.
func TestExamplesThatDoNotFit(t *testing.T) {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 2, 1), Seeds: 2}, Replicas: make([]experiment.Replica, 2)})
	wide := data.Examples{X: []float64{1, 2, 3, 4}, Y: []float64{1, 2}}
	_, err1 := Logits(run, wide)
	_, err2 := Hidden(run, wide)
	for i, err := range []error{err1, err2} {
		hw1test.CheckMessage(t, hw1test.MessageOf(err), []string{"eval.Logits", "eval.Hidden"}[i], "examples of 2 values", "takes 1")
	}
	if outputs, err := Predict(run, nil); err != nil || len(outputs) != 2 || len(outputs[1]) != 0 {
		t.Errorf("no inputs have the outputs %v, %v", outputs, err)
	}
	_, err := Predict(run, []float64{1, math.NaN()})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "the inputs for eval.Predict")
}
