// Package layer has the network layers that GoMLX differentiates wrongly, slowly or only once, with
// custom gradients, and random numbers that cost little in a training step.
package layer

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/internal/num"
)

// Window is the side of a pool's window, and its stride.
const Window = 2

// adjoint gives a layer a custom gradient. GoMLX 0.28.2 has custom gradients for
// identities only, so an identity on the layer's output records the incoming
// gradient, and an identity on each input computes that input's gradient from it. The
// gradient that GoMLX builds for the layer itself is never computed.
type adjoint struct{ dy *graph.Node }

// input returns x, an input of the layer, with the gradient that backward computes from
// the output's gradient.
func (a *adjoint) input(x *graph.Node, backward func(dy *graph.Node) *graph.Node) *graph.Node {
	return graph.IdentityWithCustomGradient(x, func(_, _ *graph.Node) *graph.Node { return backward(a.dy) })
}

// output returns y, the output of the layer.
func (a *adjoint) output(y *graph.Node) *graph.Node {
	return graph.IdentityWithCustomGradient(y, func(_, dy *graph.Node) *graph.Node {
		a.dy = dy
		return dy
	})
}

// severed returns y, which was computed from the inputs by operations that GoMLX cannot differentiate, connected to
// the inputs through terms of 0 instead.
func (a *adjoint) severed(y *graph.Node, inputs ...*graph.Node) *graph.Node {
	y = graph.StopGradient(y)
	for _, x := range inputs {
		zero := graph.ScalarZero(y.Graph(), y.DType())
		y = graph.Add(y, graph.Where(graph.Const(y.Graph(), false), graph.ReduceAllSum(x), zero))
	}
	return a.output(y)
}

// Product returns w·x [R, out, n] for w [R, out, in] and x [R, in, n]. GoMLX computes
// the gradient of x with its axes swapped, and transposing it takes a
// quarter of a small network's step. The barrier keeps XLA from folding the transpose into the
// product, which YNNPACK's kernels then would not support.
func Product(w, x *graph.Node) *graph.Node {
	var a adjoint
	multiply := func(u *graph.Node, axisU int, v *graph.Node, axisV int) *graph.Node {
		return graph.DotGeneral(u, []int{axisU}, []int{0}, v, []int{axisV}, []int{0})
	}
	return a.output(multiply(
		a.input(w, func(dy *graph.Node) *graph.Node { return multiply(dy, 2, x, 2) }), 2,
		a.input(x, func(dy *graph.Node) *graph.Node {
			return multiply(graph.OptimizationBarrier(graph.Transpose(w, 1, 2)), 2, dy, 1)
		}), 1))
}

// Shift returns x [R, out, n] with the biases b [R, out] added. The gradient of b is computed as a product with
// ones: a sum over the examples is a slow loop on a CPU.
func Shift(x, b *graph.Node) *graph.Node {
	var a adjoint
	return a.output(graph.Add(
		a.input(x, func(dy *graph.Node) *graph.Node { return dy }),
		graph.InsertAxes(a.input(b, func(dy *graph.Node) *graph.Node {
			ones := graph.Ones(dy.Graph(), shapes.Make(dy.DType(), dy.Shape().Dimensions[2]))
			return graph.DotGeneral(dy, []int{2}, nil, ones, []int{0}, nil)
		}), -1)))
}

// MaxPool reduces windows of 2×2 with stride 2 of x [n, height, width, channels], of
// an even height and width. Among equal values, the first of a window gets the
// gradient, as in PyTorch: GoMLX's maximum gives each of them all of it,
// up to four times too much wherever an image is blank. The gradient of
// a general pooling window is what makes CNN training slow on a CPU.
func MaxPool(x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	n, h, w, channels := d[0], d[1]/Window, d[2]/Window, d[3]
	x = graph.Reshape(x, n, h, Window, w, Window, channels)
	windows := x.Shape()

	var a adjoint
	var winner *graph.Node // the position of the maximum in its window, 0 to 3, [n, h, w, channels]
	x = a.input(x, func(dy *graph.Node) *graph.Node {
		spread := func(x *graph.Node) *graph.Node {
			return graph.BroadcastToDims(graph.Reshape(x, n, h, 1, w, 1, channels), windows.Dimensions...)
		}
		axis := func(i int) *graph.Node {
			return graph.Iota(dy.Graph(), shapes.Make(dtypes.Int8, windows.Dimensions...), i)
		}
		places := graph.Add(graph.MulScalar(axis(2), Window), axis(4))
		return graph.Where(graph.Equal(spread(winner), places), spread(dy), graph.Zeros(dy.Graph(), windows))
	})
	values := num.Make(Window*Window, func(i int) *graph.Node { // by their positions
		row, column := graph.AxisElem(i/Window), graph.AxisElem(i%Window)
		value := graph.Slice(x, graph.AxisRange(), graph.AxisRange(), row, graph.AxisRange(), column, graph.AxisRange())
		return graph.Reshape(value, n, h, w, channels)
	})
	top := graph.Max(graph.Max(values[0], values[1]), graph.Max(values[2], values[3]))
	place := func(i int) *graph.Node {
		return graph.BroadcastToDims(graph.Const(x.Graph(), int8(i)), n, h, w, channels)
	}
	winner = place(3)
	for i := 2; i >= 0; i-- {
		winner = graph.Where(graph.Equal(values[i], top), place(i), winner)
	}
	return a.output(top)
}
