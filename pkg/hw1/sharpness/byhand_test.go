package sharpness_test

import (
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/sharpness"
)

// constants returns a run whose networks predict these constants: all weights but the last shift are 0.
func constants(task data.Task, activation nn.Activation, values ...float64) *experiment.Run {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: task, Arch: nn.MLP(1, 2, 1), Activation: activation, Float64: true, Seeds: len(values)}, Replicas: make([]experiment.Replica, len(values))})
	for i, v := range values {
		run.Replicas[i].Theta[6] = v
	}
	return run
}

func TestLargestDifferenceOfConstants(t *testing.T) {
	a := constants(data.Sinc, nn.ReLU, 1, -2)
	for want, other := range map[float64][]float64{0.5: {0.5, -2.25}, 3: {0, 1}} {
		if got, err := sharpness.LargestDifference(a, constants(data.Sinc, nn.ReLU, other...)); err != nil || got != want {
			t.Errorf("the outputs differ by %g, not %g; %v", got, want, err)
		}
	}
}

func TestRescaleRefusesOtherNetworks(t *testing.T) {
	relu, tanh := constants(data.Sinc, nn.ReLU, 1), constants(data.Sinc, nn.Tanh, 1)
	for _, c := range []struct {
		run    *experiment.Run
		layer  int
		factor float64
	}{{relu, 0, 2}, {relu, 2, 2}, {relu, 1, 0}, {relu, 1, -2}, {relu, 1, math.NaN()}, {relu, 1, math.Inf(1)}, {tanh, 1, 2}} {
		_, err := sharpness.Rescale(c.run, c.layer, c.factor)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "cannot be rescaled", "a dense hidden layer of a ReLU network", "1-2-1")
	}
}

func TestAscentsThatCannotBeTaken(t *testing.T) {
	good := sharpness.Ascent{Eps: []float64{1000, 1e-3}, Steps: check.Most, Examples: 1} // the most and the least
	if err := good.Valid(); err != nil {
		t.Error(err)
	}
	for _, spoil := range []func(a *sharpness.Ascent){
		func(a *sharpness.Ascent) { a.Eps = nil }, func(a *sharpness.Ascent) { a.Eps = []float64{1, 0} }, func(a *sharpness.Ascent) { a.Eps = []float64{1, 1000.1} },
		func(a *sharpness.Ascent) { a.Steps = 0 }, func(a *sharpness.Ascent) { a.Steps++ }, func(a *sharpness.Ascent) { a.Examples = 0 },
	} {
		a := good
		spoil(&a)
		_, err := sharpness.Measure(a, constants(data.Sinc, nn.ReLU, 1))
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "sharpness.Measure", "cannot be taken")
	}
	_, err := sharpness.Measure(sharpness.Ascent{Eps: []float64{1}, Steps: 1, Examples: 501}, constants(data.Sinc, nn.ReLU, 1))
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "sharpness.Measure", "501")
}

// Results that are incomplete, or not of the same boxes, get a message instead of a figure.
func TestSharpnessThatIsIncomplete(t *testing.T) {
	measured := func() sharpness.Sharpness {
		one := sharpness.ReplicaSharpness{Loss: 1, Keskar: []float64{2, 3}, Eigenvalue: 4}
		return sharpness.Sharpness{Run: constants(data.Sinc, nn.ReLU, 1, 2), Ascent: sharpness.Ascent{Eps: []float64{0.1, 0.2}, Steps: 1, Examples: 1}, Replicas: []sharpness.ReplicaSharpness{one, one}}
	}
	whole := measured()
	if whole.Valid() != nil || !slices.Equal(whole.Keskar(1), []float64{3, 3}) || whole.Keskar(2) != nil || whole.Keskar(-1) != nil {
		t.Errorf("%v; the sharpness in the second box is %v", whole.Valid(), whole.Keskar(1))
	}
	for says, spoil := range map[string]func(s *sharpness.Sharpness){
		"1 part for 2 replicas": func(s *sharpness.Sharpness) { s.Replicas = s.Replicas[:1] },
		"cannot be taken":       func(s *sharpness.Sharpness) { s.Ascent.Steps = 0 },
		"the sharpness of":      func(s *sharpness.Sharpness) { s.Replicas[1].Keskar = []float64{1} },
		"loss and eigenvalue":   func(s *sharpness.Sharpness) { s.Replicas[1].Eigenvalue = math.NaN() },
		"measure all in the same": func(s *sharpness.Sharpness) {
			s.Ascent.Eps = []float64{0.1, 0.3}
		},
	} {
		s := measured()
		spoil(&s)
		_, err1 := sharpness.Table("caption", whole, s)
		_, err2 := sharpness.Plot("caption", whole, s)
		hw1test.CheckMessage(t, hw1test.MessageOf(err1), "sharpness.Table", says)
		hw1test.CheckMessage(t, hw1test.MessageOf(err2), "sharpness.Plot", says)
	}
}
