package hw1

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// This file builds the graph of training: one Adam step, and a loop of steps
// that runs inside one execution.

// Adam's constants (Kingma & Ba 2015), with the values of the paper.
const (
	adamBeta1   = 0.9
	adamBeta2   = 0.999
	adamEpsilon = 1e-8
)

// optState is what a training step maps to its successor: the parameters and
// Adam's moments, [R, P] each, and the number of steps done, a scalar float.
type optState struct {
	theta, m, v, t *graph.Node
}

func (s optState) nodes() []*graph.Node { return []*graph.Node{s.theta, s.m, s.v, s.t} }

func optStateFrom(nodes []*graph.Node) optState {
	return optState{nodes[0], nodes[1], nodes[2], nodes[3]}
}

// gradient returns the losses [R] at theta [R, P] on the examples x, y, and the
// gradient of each replica's loss, [R, P].
func (n network) gradient(theta, x, y, key *graph.Node) (losses, grad *graph.Node) {
	weights := n.unpack(theta)
	losses = n.losses(n.forward(weights, x, key), y)
	return losses, pack(graph.Gradient(graph.ReduceAllSum(losses), weights...))
}

// adam returns the state after one step of Adam with the gradient [R, P]. Weight
// decay is the coupled kind, an L2 term's: gradient += decay · theta.
func adam(s optState, grad *graph.Node, learningRate, decay float64) optState {
	if decay > 0 {
		grad = graph.Add(grad, graph.MulScalar(s.theta, decay))
	}
	t := graph.AddScalar(s.t, 1)
	m := graph.Add(graph.MulScalar(s.m, adamBeta1), graph.MulScalar(grad, 1-adamBeta1))
	v := graph.Add(graph.MulScalar(s.v, adamBeta2), graph.MulScalar(graph.Square(grad), 1-adamBeta2))
	mCorrection := graph.OneMinus(graph.Exp(graph.MulScalar(t, math.Log(adamBeta1))))
	vCorrection := graph.OneMinus(graph.Exp(graph.MulScalar(t, math.Log(adamBeta2))))
	rate := graph.Div(graph.ConstAs(t, learningRate), mCorrection)
	denominator := graph.AddScalar(graph.Sqrt(graph.Div(v, vCorrection)), adamEpsilon)
	theta := graph.Sub(s.theta, graph.Mul(rate, graph.Div(m, denominator)))
	return optState{theta, m, v, t}
}

// step returns the state after one step on one batch, with the losses [R] and
// the gradient's L2 norms [R] (without the weight decay) before it.
func (n network) step(s optState, x, y, key *graph.Node, spec Spec) (next optState, losses, norms *graph.Node) {
	losses, grad := n.gradient(s.theta, x, y, key)
	norms = graph.Sqrt(graph.ReduceSum(graph.Square(grad), 1))
	return adam(s, grad, spec.LearningRate, spec.WeightDecay), losses, norms
}

// batchOf picks the rows idx [R, B] of inputs [n, features] and targets [n] and
// returns x [R, B, features] and y [R, B]; with a nil idx all rows, which the
// replicas share: x [n, features] and y [R, n].
func batchOf(inputs, targets, idx *graph.Node, replicas int, dtype dtypes.DType) (x, y *graph.Node) {
	if idx == nil {
		return pixels(inputs, dtype), graph.BroadcastToDims(graph.InsertAxes(targets, 0), replicas, targets.Shape().Dimensions[0])
	}
	rows := graph.InsertAxes(idx, -1)
	return pixels(graph.Gather(inputs, rows), dtype), graph.Gather(targets, rows)
}

// pixels scales byte inputs to [0, 1] and leaves others as they are.
func pixels(x *graph.Node, dtype dtypes.DType) *graph.Node {
	if x.DType() != dtypes.Uint8 {
		return x
	}
	return graph.MulScalar(graph.ConvertDType(x, dtype), 1.0/255)
}

// loop builds the graph of K training steps in one execution. The operands are
// theta, m, v [R, P], t, the whole training set, and, where the Spec has
// mini-batches, the rows of each step, idx [K, R, B], and where it has dropout,
// the key of each step, [K, 2]. It returns the new theta, m, v, t and the
// losses and gradient norms, [K, R].
func (n network) loop(spec Spec, steps int, operands []*graph.Node) []*graph.Node {
	state, inputs, targets := optStateFrom(operands), operands[4], operands[5]
	streams := operands[6:] // idx and keys, those that there are
	if steps <= unrolledSteps {
		return n.unrolled(spec, steps, state, inputs, targets, streams)
	}
	g := state.theta.Graph()
	// A literal: scalars that the main function makes can not be used in the closures.
	record := graph.Const(g, tensors.FromShape(shapes.Make(state.theta.DType(), steps, state.theta.Shape().Dimensions[0])))
	initial := append([]*graph.Node{graph.Const(g, int32(0)), record, record}, operands...)
	cond := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		return []*graph.Node{graph.LessThan(closureParams(g, initial)[0], graph.Const(g, int32(steps)))}
	})
	body := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		p := closureParams(g, initial)
		i, zero := p[0], graph.Const(g, int32(0))
		row := func(stream *graph.Node) *graph.Node { return rowAt(stream, i) }
		next, losses, norms := n.oneStep(spec, optStateFrom(p[3:]), p[7], p[8], p[9:], row)
		put := func(record, row *graph.Node) *graph.Node {
			return graph.DynamicUpdateSlice(record, graph.InsertAxes(row, 0), []*graph.Node{i, zero})
		}
		out := []*graph.Node{graph.Add(i, graph.Const(g, int32(1))), put(p[1], losses), put(p[2], norms)}
		return append(append(out, next.nodes()...), p[7:]...)
	})
	out := graph.While(cond, body, initial...)
	return append(out[3:7:7], out[1], out[2])
}

// unrolledSteps is the most steps that a graph has one behind the other, without a
// loop: XLA overlaps a step with the end of the one before, its gradient norm and
// moments. With more than six, compiling costs more than this saves.
const unrolledSteps = 6

// unrolled is loop for few steps.
func (n network) unrolled(spec Spec, steps int, state optState, inputs, targets *graph.Node, streams []*graph.Node) []*graph.Node {
	losses, norms := make([]*graph.Node, steps), make([]*graph.Node, steps)
	for i := range steps {
		row := func(stream *graph.Node) *graph.Node {
			return graph.Squeeze(graph.Slice(stream, graph.AxisRange(i, i+1)), 0)
		}
		state, losses[i], norms[i] = n.oneStep(spec, state, inputs, targets, streams, row)
	}
	return append(state.nodes(), graph.Stack(losses, 0), graph.Stack(norms, 0))
}

// oneStep takes the step that has this row of the streams.
func (n network) oneStep(spec Spec, s optState, inputs, targets *graph.Node, streams []*graph.Node, row func(stream *graph.Node) *graph.Node,
) (next optState, losses, norms *graph.Node) {
	current := make([]*graph.Node, 2) // idx and key, or nil
	for slot, used := range []bool{spec.miniBatches(), spec.Dropout > 0} {
		if used {
			current[slot] = row(streams[0])
			streams = streams[1:]
		}
	}
	x, y := batchOf(inputs, targets, current[0], s.theta.Shape().Dimensions[0], s.theta.DType())
	return n.step(s, x, y, current[1], spec)
}

// rowAt returns stream[i].
func rowAt(stream, i *graph.Node) *graph.Node {
	g, dims := stream.Graph(), stream.Shape().Dimensions
	starts := []*graph.Node{i}
	sizes := []int{1}
	for _, d := range dims[1:] {
		starts, sizes = append(starts, graph.Const(g, int32(0))), append(sizes, d)
	}
	return graph.Squeeze(graph.DynamicSlice(stream, starts, sizes), 0)
}

// closureParams declares a closure's parameters, of the shapes of its state.
func closureParams(g *graph.Graph, state []*graph.Node) []*graph.Node {
	params := make([]*graph.Node, len(state))
	for i, s := range state {
		params[i] = graph.Parameter(g, "", s.Shape())
	}
	return params
}
