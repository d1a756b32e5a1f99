package nn

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/loss"
)

// snake is z + sin²(a z)/a (Ziyin et al. 2020).
func snake(a float64) ActivationFn {
	return func(z *graph.Node) *graph.Node {
		return graph.Add(z, graph.MulScalar(graph.Square(graph.Sin(graph.MulScalar(z, a))), 1/a))
	}
}

// A network with an activation of one's own, on two sets of weights: its outputs are those of plain Go.
func TestOwnActivation(t *testing.T) {
	net := New(MLP(1, 2, 1), OwnActivation("snake", snake(2)), loss.MSE, false, 0, dtypes.Float64)
	theta := []float64{0.5, -1, 0.25, 1, 2, -0.5, 0.1, 1.5, 0.5, -0.25, 0, -1, 1, 0.3}
	x := []float64{-1, 0.3, 2}
	var want []float64
	for r := range 2 {
		w := theta[7*r : 7*r+7]
		for _, x := range x {
			y := w[6]
			for unit := range 2 {
				z := w[unit]*x + w[2+unit]
				y += w[4+unit] * (z + math.Pow(math.Sin(2*z), 2)/2)
			}
			want = append(want, y)
		}
	}
	got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{net.Forward(net.Unpack(in[0]), in[1])}
	}, device.Tensor(theta, dtypes.Float64, 2, 7), device.Tensor(x, dtypes.Float64, 3, 1))[0]
	hw1test.CheckNear(t, "outputs", got, want, 1e-14)
}

func TestOwnActivationIsKnownByWhatItComputes(t *testing.T) {
	first := OwnActivation("snake", snake(1))
	if string(first) != "own cfaa974502f36fb6417a575cce09f899" { // in the keys of stored runs
		t.Errorf("it is now identified as %q", string(first))
	}
	if again := OwnActivation("snake", snake(1)); again != first || first.String() != "snake" || first.Valid() != nil {
		t.Errorf("declared twice, it is %q and %q, called %q: %v", string(first), string(again), first, first.Valid())
	}
	if other := OwnActivation("snake", snake(2)); other == first || other.Label() == first.Label() || Tanh.Label() != "tanh" {
		t.Errorf("with another factor it is %q, called %q and not %q", string(other), other.Label(), first.Label())
	}
	if first.Homogeneous() || first.Rising() || !LeakyReLU.Homogeneous() {
		t.Error("an activation that is not known is taken for one that is homogeneous or rising")
	}
	factor := 1.0
	late := OwnActivation("late", func(z *graph.Node) *graph.Node { return snake(factor)(z) })
	factor = 2
	hw1test.CheckMessage(t, hw1test.MessageOf(late.Valid()), "has changed since it was declared")
}

func TestOwnActivationMistakes(t *testing.T) {
	for says, a := range map[string]Activation{
		"needs a name": OwnActivation("", snake(1)),
		"is nil":       OwnActivation("mine", nil),
		"(Float32)[2, 4], but returned (Float32)[2]; units that see several": OwnActivation("mine", func(z *graph.Node) *graph.Node { return graph.ReduceMax(z, 1) }),
		"but returned nil": OwnActivation("mine", func(z *graph.Node) *graph.Node { return nil }),
		"at -20 it is NaN": OwnActivation("mine", graph.Log),
		"the other inputs": OwnActivation("mine", func(z *graph.Node) *graph.Node { return graph.Softmax(z, 0) }),
		"not declared":     "own 0123",
		"for other shapes than inputs of shape [2, 4]: ": OwnActivation("mine", func(z *graph.Node) *graph.Node {
			return graph.Add(z, graph.BroadcastToDims(graph.ConstAs(z, 1), 2, 4))
		}),
		"the known ones": "snake",
	} {
		hw1test.CheckMessage(t, hw1test.MessageOf(a.Valid()), says)
	}
}
