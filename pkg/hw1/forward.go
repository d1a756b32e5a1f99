package hw1

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// This file builds the graphs of the network: theta [R, P] for R replicas to
// predictions [R, outputs, n] and losses [R]. Activations are feature-major, so
// that the examples, the longest axis, are the contiguous one.

// network is what the graph functions need to know of a Spec.
type network struct {
	arch       Arch
	params     []Param
	activation Activation
	loss       Loss
	dropout    float64
}

func newNetwork(s Spec) network {
	return network{s.Arch, s.Arch.Params(), s.Activation, s.Loss, s.Dropout}
}

// unpack splits theta [R, P] into the network's parameters, each [R, shape...].
func (n network) unpack(theta *graph.Node) []*graph.Node {
	weights := make([]*graph.Node, len(n.params))
	for i, p := range n.params {
		flat := graph.Slice(theta, graph.AxisRange(), graph.AxisRange(p.Offset, p.Offset+p.Size))
		dims := append([]int{theta.Shape().Dimensions[0]}, p.Shape...)
		weights[i] = graph.Reshape(flat, dims...)
	}
	return weights
}

// pack is the inverse of unpack: parameters [R, shape...] to one [R, P].
func pack(weights []*graph.Node) *graph.Node {
	flat := make([]*graph.Node, len(weights))
	for i, w := range weights {
		flat[i] = graph.Reshape(w, w.Shape().Dimensions[0], -1)
	}
	return graph.Concatenate(flat, 1)
}

// forward returns the outputs [R, outputs, n] for inputs x, [R, n, features] or, for
// all replicas alike, [n, features]. A non-nil key, the random words [2] of a
// training step, turns dropout on.
func (n network) forward(weights []*graph.Node, x, key *graph.Node) *graph.Node {
	if len(n.arch.Conv) > 0 {
		x = n.convolve(weights, x)
	}
	batch := []int{0}        // the axis of the replicas
	features := x.Rank() - 1 // the axis of x that the first dense layer contracts
	if x.Rank() == 2 {
		batch = nil
	}
	weights = weights[2*len(n.arch.Conv):]
	for i := range n.arch.Dense {
		if i > 0 {
			x = n.activate(x)
		}
		if key != nil && n.dropout > 0 && (i > 0 || len(n.arch.Conv) > 0) {
			x = dropout(x, key, n.dropout, i)
		}
		w, b := weights[2*i], weights[2*i+1]
		x = graph.DotGeneral(w, []int{2}, batch, x, []int{features}, batch)
		x = graph.Add(x, graph.InsertAxes(b, -1))
		batch, features = []int{0}, 1
	}
	return x
}

// convolve runs the convolution blocks on x [1, n, height·width·channels], or
// without the first axis, and returns [1, n, flat]. It takes one replica: training MNIST nets one seed at a
// time is as fast, and grouped convolutions are slow on CPU.
func (n network) convolve(weights []*graph.Node, x *graph.Node) *graph.Node {
	if replicas := weights[0].Shape().Dimensions[0]; replicas != 1 {
		exceptions.Panicf("convolutions take one replica, not %d", replicas)
	}
	batch := x.Shape().Dimensions[x.Rank()-2]
	x = graph.Reshape(x, append([]int{batch}, n.arch.Input...)...)
	before, after := n.arch.padding()
	for i := range n.arch.Conv {
		kernel, bias := graph.Squeeze(weights[2*i], 0), graph.Squeeze(weights[2*i+1], 0)
		x = convolution(x, kernel, before, after)
		x = graph.Add(x, graph.ExpandLeftToRank(bias, 4))
		x = n.activate(maxPool(x))
	}
	return graph.Reshape(x, 1, batch, -1)
}

// convolution is graph.Convolve with zeros before and after the image, for x
// [n, height, width, in] and a kernel [k, k, in, out], with the right gradient:
// GoMLX 0.28.2 shifts that of x by one row and column where k is even. Its own is
// never computed then.
func convolution(x, kernel *graph.Node, before, after int) *graph.Node {
	padded := func(x, kernel *graph.Node, before, after int) *graph.Node {
		return graph.Convolve(x, kernel).PaddingPerDim([][2]int{{before, after}, {before, after}}).Done()
	}
	var dy *graph.Node // the gradient of y, which is built before that of x
	x = graph.IdentityWithCustomGradient(x, func(_, _ *graph.Node) *graph.Node {
		k := kernel.Shape().Dimensions[0]
		flipped := graph.Transpose(graph.Reverse(kernel, 0, 1), 2, 3)
		return padded(dy, flipped, k-1-before, k-1-after)
	})
	y := padded(x, kernel, before, after)
	return graph.IdentityWithCustomGradient(y, func(_, v *graph.Node) *graph.Node {
		dy = v
		return v
	})
}

// maxPool reduces windows of 2×2 with stride 2 of x [n, height, width, channels],
// as a reshape and a maximum: the gradient of a general pooling window is what
// makes CNN training slow on CPU. An odd last row or column is left out.
func maxPool(x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	h, w := d[1]/ConvPool, d[2]/ConvPool
	if d[1]%ConvPool != 0 || d[2]%ConvPool != 0 {
		x = graph.Slice(x, graph.AxisRange(), graph.AxisRange(0, h*ConvPool), graph.AxisRange(0, w*ConvPool), graph.AxisRange())
	}
	x = graph.Reshape(x, d[0], h, ConvPool, w, ConvPool, d[3])
	return graph.ReduceMax(x, 2, 4)
}

func (n network) activate(x *graph.Node) *graph.Node {
	switch n.activation {
	case ReLU:
		return graph.MaxScalar(x, 0)
	case LeakyReLU:
		return graph.Max(x, graph.MulScalar(x, leakySlope))
	case Tanh:
		return graph.Tanh(x)
	}
	exceptions.Panicf("unknown activation %q", n.activation)
	return nil
}

// dropout zeroes each value of x with probability rate and scales the others by
// 1/(1-rate) (Srivastava et al. 2014, in the "inverted" form). The random bits
// are a hash of the position, the step's key [2] and the layer: XLA fuses that
// into the product, where its own generator takes a fifth of a training step.
func dropout(x, key *graph.Node, rate float64, layer int) *graph.Node {
	g, dims := x.Graph(), x.Shape().Dimensions
	word := func(i int) *graph.Node {
		w := graph.Reshape(graph.Slice(key, graph.AxisRange(i, i+1)))
		return graph.BroadcastToDims(w, x.Shape().Size())
	}
	position := graph.Iota(g, shapes.Make(dtypes.Uint32, x.Shape().Size()), 0)
	bits := mixBits(graph.Add(position, graph.Add(word(0), uint32s(word(0), uint32(layer)*0x9e3779b9))))
	bits = mixBits(graph.Add(bits, word(1)))
	keep := graph.GreaterOrEqual(bits, uint32s(bits, uint32(rate*(1<<32))))
	return graph.Where(graph.Reshape(keep, dims...), graph.MulScalar(x, 1/(1-rate)), graph.ZerosLike(x))
}

// mixBits is the 32-bit hash "lowbias32" (Wellons 2018): each bit of the result
// depends on each bit of x.
func mixBits(x *graph.Node) *graph.Node {
	for _, round := range []struct{ shift, factor uint32 }{{16, 0x7feb352d}, {15, 0x846ca68b}} {
		x = graph.BitwiseXor(x, graph.BitwiseShiftRightLogical(x, uint32s(x, round.shift)))
		x = graph.Mul(x, uint32s(x, round.factor))
	}
	return graph.BitwiseXor(x, graph.BitwiseShiftRightLogical(x, uint32s(x, 16)))
}

// uint32s returns a constant of the shape of x.
func uint32s(x *graph.Node, value uint32) *graph.Node {
	return graph.BroadcastToDims(graph.Const(x.Graph(), value), x.Shape().Dimensions...)
}

// losses returns the mean loss of each replica, [R], for outputs [R, outputs, n]
// and targets y: [R, n] of the outputs' type for regression and two-class
// problems with one logit, [R, n] int32 labels for classification.
func (n network) losses(outputs, y *graph.Node) *graph.Node {
	return graph.ReduceMean(n.exampleLosses(outputs, y), 1)
}

// exampleLosses returns the loss of each example, [R, n].
func (n network) exampleLosses(outputs, y *graph.Node) *graph.Node {
	switch {
	case n.loss == MSE:
		return graph.Square(graph.Sub(graph.Squeeze(outputs, 1), y))
	case n.arch.Outputs() == 1:
		return logisticLoss(graph.Squeeze(outputs, 1), y)
	default:
		return softmaxLoss(outputs, y)
	}
}

// logisticLoss is the cross-entropy of one logit z [R, n] against y in {0, 1},
// log(1+exp(-|z|)) + max(z,0) - z·y, which is stable for any z.
func logisticLoss(z, y *graph.Node) *graph.Node {
	tail := graph.Log1P(graph.Exp(graph.Neg(graph.Abs(z))))
	return graph.Add(tail, graph.Sub(graph.MaxScalar(z, 0), graph.Mul(z, y)))
}

// softmaxLoss is the cross-entropy of logits [R, classes, n] against labels
// [R, n], with the maximum taken out first, so that it is stable for any logits.
func softmaxLoss(logits, labels *graph.Node) *graph.Node {
	top := graph.StopGradient(graph.ReduceAndKeep(logits, graph.ReduceMax, 1))
	shifted := graph.Sub(logits, top)
	logSum := graph.Log(graph.ReduceSum(graph.Exp(shifted), 1))
	classes := graph.Iota(logits.Graph(), shapes.Make(labels.DType(), logits.Shape().Dimensions...), 1)
	isLabel := graph.Equal(classes, graph.BroadcastToDims(graph.InsertAxes(labels, 1), logits.Shape().Dimensions...))
	own := graph.ReduceSum(graph.Where(isLabel, shifted, graph.ZerosLike(shifted)), 1)
	return graph.Sub(logSum, own)
}
