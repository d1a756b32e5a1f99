package optim

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/layer"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/nn"
)

// Loop builds the graph of some training steps in one execution.
type Loop struct {
	Net         nn.Network
	Rule        Rule
	MiniBatches bool // each step is given the examples of its mini-batch; else it takes all
	Scheduled   bool // each step has its own learning rate; else all share one
	Masked      bool // a mask has factors on the learning rates of the weights; else all are 1
	Looped      bool // use a loop for any number of steps, so that all round alike
}

// Tell returns a key for the graph of some steps, as nn.Network.Tell does for other computations. The learning rate is not part
// of it, because it is an operand: a sweep of rates compiles only once.
func (l Loop) Tell(steps int) string {
	l.Rule.LearningRate = 0
	return l.Net.Tell("steps", steps, l.Rule, l.MiniBatches, l.Scheduled, l.Masked, l.Looped)
}

// Steps returns the graph's results: the new state, and the losses and gradient norms of
// K steps, [K, R]. The operands are the state and the whole training set, followed by: if it is masked,
// the mask, [1, P]; with mini-batches, the rows of each step, idx [K, R, B]; with dropout or noise, the key of each
// step, [K, 2]; and last the learning rate, of each step, [K], if it is scheduled, else a scalar.
func (l Loop) Steps(k int, operands []*graph.Node) []*graph.Node {
	size := len(l.Rule.StateNames())
	state := operands[:size:size]
	if k <= UnrolledSteps && !l.Looped {
		return l.unrolled(k, state, operands[len(state):])
	}
	g, theta := state[0].Graph(), state[0]
	// A literal, because closures cannot use scalars made by the main function.
	record := graph.Const(g, tensors.FromShape(shapes.Make(theta.DType(), k, theta.Shape().Dimensions[0])))
	initial := append([]*graph.Node{graph.Const(g, int32(0)), record, record}, operands...)
	cond := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		return []*graph.Node{graph.LessThan(closureParams(g, initial)[0], graph.Const(g, int32(k)))}
	})
	body := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		p := closureParams(g, initial)
		i, zero := p[0], graph.Const(g, int32(0))
		before, rest := p[3:3+len(state)], p[3+len(state):]
		next, losses, norms := l.oneStep(before, rest, func(stream *graph.Node) *graph.Node { return rowAt(stream, i) })
		put := func(record, row *graph.Node) *graph.Node {
			return graph.DynamicUpdateSlice(record, graph.InsertAxes(row, 0), []*graph.Node{i, zero})
		}
		out := []*graph.Node{graph.Add(i, graph.Const(g, int32(1))), put(p[1], losses), put(p[2], norms)}
		return append(append(out, next...), rest...)
	})
	out := graph.While(cond, body, initial...)
	end := 3 + len(state)
	return append(out[3:end:end], out[1], out[2])
}

// UnrolledSteps is the most steps that a graph has one after another, without a
// loop: XLA then overlaps a step with the end of the one before, its gradient norm and
// moments. With more than six, compiling costs more than this saves.
const UnrolledSteps = 6

// unrolled is Steps for a few steps, without a loop.
func (l Loop) unrolled(k int, state, rest []*graph.Node) []*graph.Node {
	losses, norms := make([]*graph.Node, k), make([]*graph.Node, k)
	for i := range k {
		state, losses[i], norms[i] = l.oneStep(state, rest, func(stream *graph.Node) *graph.Node {
			return graph.Squeeze(graph.Slice(stream, graph.AxisRange(i, i+1)), 0)
		})
	}
	return append(state, graph.Stack(losses, 0), graph.Stack(norms, 0))
}

// oneStep returns the state after one step, and the losses [R] and the gradient's L2 norms [R] (without the weight
// decay) before it. The function row picks the step's row from the streams, which follow the training set.
func (l Loop) oneStep(state, rest []*graph.Node, row func(stream *graph.Node) *graph.Node) (next []*graph.Node, losses, norms *graph.Node) {
	theta, inputs, targets, streams := state[0], rest[0], rest[1], rest[2:]
	var mask *graph.Node
	if l.Masked {
		mask, streams = graph.BroadcastToShape(streams[0], theta.Shape()), streams[1:]
	}
	current := make([]*graph.Node, 2) // idx and key, or nil
	for slot, used := range []bool{l.MiniBatches, l.Net.Dropout > 0 || l.Rule.Optimizer.IsNoisy()} {
		if used {
			current[slot] = row(streams[0])
			streams = streams[1:]
		}
	}
	rate := streams[0]
	if l.Scheduled {
		rate = row(rate)
	}
	x, y := nn.Batch(inputs, targets, current[0], theta.Shape().Dimensions[0], theta.DType())
	losses, grad, settle := l.Net.TrainingGradient(theta, x, y, current[1])
	grad = onlyTrained(grad, mask)
	norms = graph.Sqrt(graph.ReduceSum(graph.Square(grad), 1))
	gradientAt := func(theta *graph.Node) *graph.Node {
		_, grad, _ := l.Net.TrainingGradient(theta, x, y, current[1])
		return onlyTrained(grad, mask)
	}
	draws := 0
	noise := func() *graph.Node {
		draws++
		return layer.Normal(theta, current[1], draws)
	}
	next = l.Rule.Step(state, grad, rate, mask, gradientAt, noise)
	next[0] = settle(next[0])
	return next, losses, norms
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
	return num.Map(state, func(s *graph.Node) *graph.Node { return graph.Parameter(g, "", s.Shape()) })
}
