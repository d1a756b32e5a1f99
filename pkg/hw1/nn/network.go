package nn

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// This file builds the graphs of the network: theta [R, P] for R replicas to
// predictions [R, outputs, n] and losses [R]. Activations are feature-major, so
// that the examples, the longest axis, are the contiguous one.

// Network is what the graph functions need to know of a Spec.
type Network struct {
	Arch       Arch
	Params     []Param
	Activation Activation
	loss       Loss
	Dropout    float64
	DType      dtypes.DType // of theta
}

// New returns a network of an architecture, whose theta is of a type.
func New(arch Arch, activation Activation, loss Loss, dropout float64, dtype dtypes.DType) Network {
	return Network{arch, arch.Params(), activation, loss, dropout, dtype}
}

// Unpack splits theta [R, P] into the network's parameters, each [R, shape...].
func (n Network) Unpack(theta *graph.Node) []*graph.Node {
	weights := make([]*graph.Node, len(n.Params))
	for i, p := range n.Params {
		flat := graph.Slice(theta, graph.AxisRange(), graph.AxisRange(p.Offset, p.Offset+p.Size))
		dims := append([]int{theta.Shape().Dimensions[0]}, p.Shape...)
		weights[i] = graph.Reshape(flat, dims...)
	}
	return weights
}

// Pack is the inverse of unpack: parameters [R, shape...] to one [R, P].
func Pack(weights []*graph.Node) *graph.Node {
	flat := make([]*graph.Node, len(weights))
	for i, w := range weights {
		flat[i] = graph.Reshape(w, w.Shape().Dimensions[0], -1)
	}
	return graph.Concatenate(flat, 1)
}

// Forward returns the outputs [R, outputs, n] for inputs x, [R, n, features] or, for
// all replicas alike, [n, features]. A non-nil key, the random words [2] of a
// training step, turns dropout on.
func (n Network) Forward(weights []*graph.Node, x, key *graph.Node) *graph.Node {
	if len(n.Arch.Conv) > 0 {
		x = n.convolve(weights, x)
	}
	batch := []int{0}        // the axis of the replicas in the first dense layer
	features := x.Rank() - 1 // the axis of x that it contracts
	if x.Rank() == 2 {
		batch = nil
	}
	weights = weights[2*len(n.Arch.Conv):]
	for i := range n.Arch.Dense {
		if i > 0 {
			x = n.activate(x)
		}
		if key != nil && n.Dropout > 0 && (i > 0 || len(n.Arch.Conv) > 0) {
			x = dropout(x, key, n.Dropout, i)
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
func (n Network) convolve(weights []*graph.Node, x *graph.Node) *graph.Node {
	if replicas := weights[0].Shape().Dimensions[0]; replicas != 1 {
		exceptions.Panicf("convolutions take one replica, not %d", replicas)
	}
	batch := x.Shape().Dimensions[x.Rank()-2]
	x = graph.Reshape(x, append([]int{batch}, n.Arch.Input...)...)
	before, after := n.Arch.padding()
	for i := range n.Arch.Conv {
		kernel, bias := graph.Squeeze(weights[2*i], 0), graph.Squeeze(weights[2*i+1], 0)
		x = maxPool(convolution(x, kernel, before, after))
		// The bias last: it moves all values of a window alike, and there are fewer now.
		x = n.activate(graph.Add(x, graph.ExpandLeftToRank(bias, 4)))
	}
	return graph.Reshape(x, 1, batch, -1)
}

func (n Network) activate(x *graph.Node) *graph.Node { return activations[n.Activation].value(x) }

// Losses returns the mean loss of each replica, [R], for outputs [R, outputs, n]
// and targets y: [R, n] of the outputs' type for regression and two-class
// problems with one logit, [R, n] int32 labels for classification.
func (n Network) Losses(outputs, y *graph.Node) *graph.Node {
	return graph.ReduceMean(n.ExampleLosses(outputs, y), 1)
}

// ExampleLosses returns the loss of each example, [R, n].
func (n Network) ExampleLosses(outputs, y *graph.Node) *graph.Node {
	return n.form().examples(outputs, y)
}

// form returns the loss in the form that the outputs need.
func (n Network) form() lossForm {
	form, known := n.loss.formOf(n.Arch.Outputs())
	if !known {
		exceptions.Panicf("no loss %q of %d outputs", n.loss, n.Arch.Outputs())
	}
	return form
}

// Examples in one evaluation, of a network with convolutions, whose activations are
// large, and of another; results do not depend on it.
const (
	evalBatchConv  = 1000
	evalBatchDense = 4000
)

// EvalBatch returns the number of examples in one evaluation.
func (n Network) EvalBatch() int {
	if len(n.Arch.Conv) > 0 {
		return evalBatchConv
	}
	return evalBatchDense
}

// Gradient returns the losses [R] at theta [R, P] on the examples x, y, and the
// Gradient of each replica's loss, [R, P].
func (n Network) Gradient(theta, x, y, key *graph.Node) (losses, grad *graph.Node) {
	weights := n.Unpack(theta)
	losses = n.Losses(n.Forward(weights, x, key), y)
	return losses, Pack(graph.Gradient(graph.ReduceAllSum(losses), weights...))
}

// Batch picks the rows idx [R, B] of inputs [n, features] and targets [n] and
// returns x [R, B, features] and y [R, B]; with a nil idx all rows, which the
// replicas share: x [n, features] and y [R, n].
func Batch(inputs, targets, idx *graph.Node, replicas int, dtype dtypes.DType) (x, y *graph.Node) {
	if idx == nil {
		return Pixels(inputs, dtype), graph.BroadcastToDims(graph.InsertAxes(targets, 0), replicas, targets.Shape().Dimensions[0])
	}
	rows := graph.InsertAxes(idx, -1)
	return Pixels(graph.Gather(inputs, rows), dtype), graph.Gather(targets, rows)
}

// Pixels scales byte inputs to [0, 1] and leaves others as they are.
func Pixels(x *graph.Node, dtype dtypes.DType) *graph.Node {
	if x.DType() != dtypes.Uint8 {
		return x
	}
	return graph.MulScalar(graph.ConvertDType(x, dtype), 1.0/255)
}

// Right tells which examples are classified right, [R, n]; nil for regression.
func (n Network) Right(outputs, y *graph.Node) *graph.Node {
	if right := n.form().right; right != nil {
		return right(outputs, y)
	}
	return nil
}
