package hw1

import (
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
	batch := []int{0}        // the axis of the replicas in the first dense layer
	features := x.Rank() - 1 // the axis of x that it contracts
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
		if i == 0 {
			x = graph.DotGeneral(w, []int{2}, batch, x, []int{features}, batch)
		} else {
			x = product(w, x)
		}
		x = graph.Add(x, graph.InsertAxes(b, -1))
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
		x = maxPool(convolution(x, kernel, before, after))
		// The bias last: it moves all values of a window alike, and there are fewer now.
		x = n.activate(graph.Add(x, graph.ExpandLeftToRank(bias, 4)))
	}
	return graph.Reshape(x, 1, batch, -1)
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
