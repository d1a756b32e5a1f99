package nn

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/loss"
)

// This file builds the graphs of the network, from theta [R, P] of R replicas to
// predictions [R, outputs, n] and losses [R]. Activations are feature-major, so
// that the examples, the longest axis, are contiguous.

// Network is what the graph functions need to know about a Spec.
type Network struct {
	Arch       Arch
	Params     []Param
	Activation Activation
	loss       loss.Loss
	labels     bool // the targets are labels
	Dropout    float64
	DType      dtypes.DType // of theta
}

// New returns a network of an architecture, for targets that are labels or numbers, with theta of the given type.
func New(arch Arch, activation Activation, minimized loss.Loss, labels bool, dropout float64, dtype dtypes.DType) Network {
	return Network{arch, arch.Params(), activation, minimized, labels, dropout, dtype}
}

// Tell returns a key for a named computation that uses this network and some settings; see [device.Shared]. A custom
// network that is declared again gets a new key.
func (n Network) Tell(computation string, settings ...any) string {
	arch, own := n.Arch, ""
	if arch.Own != nil {
		arch.Own, own = nil, fmt.Sprint("own ", arch.Own.number)
	}
	return fmt.Sprintf("%#v", append([]any{computation, arch, own, n.Activation, n.loss, n.labels, n.Dropout, n.DType}, settings...)) // %v of an Arch is a summary
}

// Unpack splits theta [R, P] into the network's parameters, each [R, shape...].
func (n Network) Unpack(theta *graph.Node) []*graph.Node {
	return num.Map(n.Params, func(p Param) *graph.Node {
		flat := graph.Slice(theta, graph.AxisRange(), graph.AxisRange(p.Offset, p.Offset+p.Size))
		return graph.Reshape(flat, append([]int{theta.Shape().Dimensions[0]}, p.Shape...)...)
	})
}

// Pack is the inverse of Unpack: it joins parameters [R, shape...] to one theta [R, P].
func Pack(weights []*graph.Node) *graph.Node {
	flat := func(w *graph.Node) *graph.Node { return graph.Reshape(w, w.Shape().Dimensions[0], -1) }
	return graph.Concatenate(num.Map(weights, flat), 1)
}

// Objective returns the mean loss of each replica in evaluation mode plus its L2 term, [R], for
// weights [R, shape...].
func (n Network) Objective(weights []*graph.Node, inputs, targets *graph.Node, decay float64) *graph.Node {
	return (&pass{Network: n, weights: weights}).objective(inputs, targets, decay)
}

func (p *pass) objective(inputs, targets *graph.Node, decay float64) *graph.Node {
	theta := p.weights[0]
	x, y := Batch(inputs, targets, nil, theta.Shape().Dimensions[0], theta.DType())
	values := p.Losses(p.forward(x), y)
	if decay > 0 {
		values = graph.Add(values, graph.MulScalar(p.l2(p.weights), decay/2))
	}
	return values
}

// l2 returns the sum of the squares of the trained parameters, [R].
func (n Network) l2(weights []*graph.Node) *graph.Node {
	var trained []*graph.Node
	for i, w := range weights {
		if !n.Params[i].Fixed {
			trained = append(trained, w)
		}
	}
	return graph.ReduceSum(graph.Square(Pack(trained)), 1)
}

// Losses returns the mean loss of each replica, [R], for outputs [R, outputs, n]
// and targets y: of the outputs' type for regression and two-class
// problems with one logit, [R, n] or [R, outputs, n], and [R, n] int32 labels for classification.
func (n Network) Losses(outputs, y *graph.Node) *graph.Node {
	return graph.ReduceMean(n.ExampleLosses(outputs, y), 1)
}

// ExampleLosses returns the loss of each example, [R, n].
func (n Network) ExampleLosses(outputs, y *graph.Node) *graph.Node {
	return n.form().Examples(outputs, y)
}

// form returns the form of the loss for the network's outputs.
func (n Network) form() loss.Form {
	form, known := n.loss.Form(n.Arch.Outputs(), n.labels)
	if !known {
		exceptions.Panicf("no loss %q of %d outputs", n.loss, n.Arch.Outputs())
	}
	return form
}

// EvalBatch returns the number of examples to evaluate at once, which is smaller for convolutional and custom networks, whose
// activations are large. Results do not depend on it.
func (n Network) EvalBatch() int {
	if n.Arch.OneAtATime() {
		return 250
	}
	return 4000
}

// TrainingGradient returns the losses [R] at theta [R, P] on the examples x, y in training mode, with dropout if the key is
// not nil, and the gradient of each replica's loss, [R, P]. Settle puts the running statistics, updated with these examples,
// into the theta after the step.
func (n Network) TrainingGradient(theta, x, y, key *graph.Node) (losses, grad *graph.Node, settle func(next *graph.Node) *graph.Node) {
	weights := n.Unpack(theta)
	p := &pass{Network: n, weights: weights, key: key, training: true}
	losses = n.Losses(p.forward(x), y)
	grad = Pack(graph.Gradient(graph.ReduceAllSum(losses), weights...))
	return losses, grad, func(next *graph.Node) *graph.Node {
		if p.batch == nil {
			return next
		}
		after := n.Unpack(next)
		for i, now := range p.batch {
			after[i] = graph.StopGradient(graph.Add(graph.MulScalar(weights[i], 1-normMomentum), graph.MulScalar(now, normMomentum)))
		}
		return Pack(after)
	}
}

// Statistics returns the means and unbiased variances that batch normalization finds in a batch x, without dropout, in the
// order of the running ones in theta: [R, their number]. The network must have it.
func (n Network) Statistics(weights []*graph.Node, x *graph.Node) *graph.Node {
	p := &pass{Network: n, weights: weights, training: true}
	p.forward(x)
	return Pack(num.Map(slices.Sorted(maps.Keys(p.batch)), func(i int) *graph.Node { return p.batch[i] }))
}

// Batch picks the rows idx [R, B] of inputs [n, features] and targets [n] or [n, outputs], and
// returns x [R, B, features] and y [R, B] or [R, outputs, B]. If idx is nil, it returns all rows, which the
// replicas share: x [n, features] and y [R, n] or [R, outputs, n].
func Batch(inputs, targets, idx *graph.Node, replicas int, dtype dtypes.DType) (x, y *graph.Node) {
	if idx == nil {
		x, y = inputs, graph.BroadcastToDims(graph.InsertAxes(targets, 0), append([]int{replicas}, targets.Shape().Dimensions...)...)
	} else {
		rows := graph.InsertAxes(idx, -1)
		x, y = graph.Gather(inputs, rows), graph.Gather(targets, rows)
	}
	if y.Rank() == 3 {
		y = graph.Transpose(y, 1, 2)
	}
	return Pixels(x, dtype), y
}

// Pixels scales byte inputs to [0, 1] and leaves others as they are.
func Pixels(x *graph.Node, dtype dtypes.DType) *graph.Node {
	if x.DType() != dtypes.Uint8 {
		return x
	}
	return graph.MulScalar(graph.ConvertDType(x, dtype), 1.0/255)
}

// Only returns outputs [R, outputs, n] with 0 in the place of all but one, whose index is a scalar.
func Only(outputs, index *graph.Node) *graph.Node {
	width := outputs.Shape().Dimensions[1]
	return graph.Mul(outputs, graph.Reshape(graph.OneHot(index, width, outputs.DType()), 1, width, 1))
}

// Classifies reports whether the network classifies, and so has an accuracy.
func (n Network) Classifies() bool {
	form, _ := n.loss.Form(n.Arch.Outputs(), n.labels)
	return form.Right != nil
}

// Right is true for the examples that are classified correctly, [R, n]; it is nil for regression.
func (n Network) Right(outputs, y *graph.Node) *graph.Node {
	if right := n.form().Right; right != nil {
		return right(outputs, y)
	}
	return nil
}
