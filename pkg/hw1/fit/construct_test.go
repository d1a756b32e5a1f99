package fit

import (
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

// constructed returns the network of a Spec as Construct puts it together.
func constructed(t *testing.T, task data.Task, hidden int, activation nn.Activation) *experiment.Run {
	t.Helper()
	runs, err := Construct(runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: task, Arch: nn.MLP(1, hidden, 1), Activation: activation}}))
	if err != nil {
		t.Fatal(err)
	}
	return runs[0]
}

// The jumps of the square wave lie between two training points each, and 17 units pass through all points.
func TestConstructPassesThroughTheSquareWave(t *testing.T) {
	run := constructed(t, data.SquareWave, 20, nn.LeakyReLU)
	if mse := run.TrainLosses()[0]; mse > 1e-20 || run.Label() != "constructed" {
		t.Errorf("%s: MSE %g", run.Label(), mse)
	}
	bias := run.Replicas[0].Theta[20:40]
	if used := len(bias) - slices.Index(bias, 0); used != 3 {
		t.Errorf("%d units are left over, want 3", used)
	}
	// The same error by the network's formula, with no graph.
	net := hw1test.NetOf(run.Spec.Arch)
	for _, x := range []float64{-0.95, 0, 0.3, 0.77} {
		out := net.Forward(string(nn.LeakyReLU), run.Replicas[0].Theta, []float64{x})
		hw1test.CheckNear(t, "output", out, []float64{data.SquareWave.At(x)}, 1e-10)
	}
}

// A polygon is passed through where there are units enough for its bends, with ReLU as well, and else is not.
func TestConstructFitsAPolygon(t *testing.T) {
	polygon := data.Function("polygon", func(x float64) float64 { return 2*math.Max(x-0.1, 0) - 5*math.Max(x-0.5, 0) - x })
	// The bends at 0.1 and 0.5 lie between training points, and each takes the two beside it.
	enough, few := constructed(t, polygon, 5, nn.ReLU).TrainLosses()[0], constructed(t, polygon, 2, nn.ReLU).TrainLosses()[0]
	if enough > 1e-20 || few < 1e-6 || few > 0.1 {
		t.Errorf("MSE %g with five units and %g with two", enough, few)
	}
}

// The error falls as that of the best polygon does, with the fourth power of the number of units.
func TestConstructGetsBetterWithUnits(t *testing.T) {
	few, many := constructed(t, data.Sinc, 25, nn.LeakyReLU).TrainLosses()[0], constructed(t, data.Sinc, 100, nn.LeakyReLU).TrainLosses()[0]
	if power := math.Log(few/many) / math.Log(4); power < 3 || power > 5 {
		t.Errorf("%g with 25 units and %g with 100: a power of %g", few, many, power)
	}
}

func TestThinnedKeepsTheCorners(t *testing.T) {
	xs, ys := []float64{3, 0, 1, 2, 4, 5}, []float64{3, 0, 0, 0, 3, 3} // from 2 to 3 it rises
	if got := thinned(xs, ys, 6); !slices.Equal(got, []float64{0, 2, 3, 5}) {
		t.Errorf("%v", got)
	}
	ys[1] = 0.1
	if got := thinned(xs, ys, 4); !slices.Equal(got, []float64{0, 2, 3, 5}) {
		t.Errorf("the smallest corner has to go: %v", got)
	}
}

func TestConstructRefusesOtherNetworks(t *testing.T) {
	for _, spec := range []experiment.Spec{
		{Task: data.Sinc, Arch: nn.MLP(1, 3, 2, 1)},
		{Task: data.Sinc, Arch: nn.MLP(1, 1)},
		{Task: data.Sinc, Arch: nn.MLP(1, 3, 1), Activation: nn.Tanh},
		{Task: data.WaveSign, Arch: nn.MLP(1, 3, 1)},
		runtest.Digits(),
	} {
		_, err := Construct(runtest.Handmade(&experiment.Run{Spec: spec}))
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "fit.Construct is for networks such as hw1.MLP(1, 190, 1)", spec.Arch.String())
	}
	many := data.Function("many", math.Sin, data.Sampling{Train: 200_000}) // the time that thinning takes grows with the square of this
	_, err := Construct(runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: many, Arch: nn.MLP(1, 100, 1)}}))
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "fit.Construct needs the derivatives of all targets", "has 200,000 targets and 301 parameters")
}
