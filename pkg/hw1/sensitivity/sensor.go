package sensitivity

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
)

// sensor measures how sensitive the outputs of one network are to its inputs on the test set,
// whose pixels go from 0 to 1. On functions, it works in double precision, like their objective.
type sensor struct {
	what                string // what is measured, for messages
	test                data.Examples
	net                 nn.Network
	gradient, jacobians device.Computation // from theta [1, P], inputs [n, features] and labels [n], or the first output, to norms [n]
}

// sensorBatch is the number of examples in one execution; results do not depend on it.
const sensorBatch = 2500

func newSensor(spec experiment.Spec) (*sensor, error) {
	_, test, err := spec.Shared()
	spec.Float64 = spec.Float64 || spec.Regime().Precise
	net := spec.Network()
	gradient := device.Shared(net.Tell("input gradient"), func(theta, inputs, labels *graph.Node) *graph.Node {
		return lossGradientNorms(net, theta, inputs, labels)
	})
	jacobians := device.Shared(net.Tell("input Jacobian"), func(theta, inputs, first *graph.Node) *graph.Node {
		return jacobianNorms(net, spec.Loss, theta, inputs, first)
	})
	return &sensor{spec.Describe(), test, net, gradient, jacobians}, err
}

// byInput returns a network's outputs for x [n, features] at theta [1, P], and a function that takes a sum over the examples
// and returns the squared L2 norms of its derivatives by each example's input, [n].
//
// If the first layer is a narrow dense layer w, the outputs depend on an input only through its product with w. With the
// derivative d by that product, the derivative by the input is d·w, and its squared norm d(wwᵀ)dᵀ takes fewer multiplications,
// and far less memory.
func byInput(n nn.Network, theta, x *graph.Node) (outputs *graph.Node, squares func(sum *graph.Node) *graph.Node) {
	weights := n.Unpack(theta)
	outputs, first := n.FromFirst(weights, x)
	if n.Arch.OneAtATime() || 2*first.Shape().Dimensions[1] > n.Arch.Features() {
		return outputs, func(sum *graph.Node) *graph.Node { return graph.ReduceSum(graph.Square(graph.Gradient(sum, x)[0]), 1) }
	}
	metric := graph.DotGeneral(weights[0], []int{2}, []int{0}, weights[0], []int{2}, []int{0})
	return outputs, func(sum *graph.Node) *graph.Node {
		d := graph.Gradient(sum, first)[0] // [1, width, n]
		lengths := graph.ReduceSum(graph.Mul(d, graph.DotGeneral(metric, []int{2}, []int{0}, d, []int{1}, []int{0})), 0, 1)
		return graph.Max(lengths, graph.ZerosLike(lengths)) // rounding can make them negative
	}
}

// lossGradientNorms returns the L2 norm of the gradient of each example's loss by its input,
// [n]. It differentiates the sum of the losses, since an example's input changes only its own
// loss, and a mean would divide by the batch size.
func lossGradientNorms(n nn.Network, theta, inputs, labels *graph.Node) *graph.Node {
	x, y := nn.Batch(inputs, labels, nil, 1, theta.DType())
	outputs, squares := byInput(n, theta, x)
	return graph.Sqrt(squares(graph.ReduceAllSum(n.ExampleLosses(outputs, y))))
}

// prediction returns the prediction for outputs [1, outputs, n]: the value of a regression or the
// probabilities of the classes; for two classes with one logit, the probability of the second.
func prediction(n nn.Network, minimized loss.Loss, outputs *graph.Node) *graph.Node {
	switch {
	case minimized.LeastSquares() || !n.Classifies():
		return outputs
	case n.Arch.Outputs() == 1:
		return graph.Sigmoid(outputs)
	}
	return graph.Softmax(outputs, 1)
}

// outputsAtOnce returns how many outputs one execution differentiates: all, but of many a divisor of their number,
// as each takes time to compile, and memory.
func outputsAtOnce(outputs int) int {
	n := min(outputs, 16)
	for outputs%n > 0 {
		n--
	}
	return n
}

// jacobianNorms returns the Frobenius norm of the Jacobian [outputs, features] of
// each example's prediction by its input, [n]. Of many outputs, only as many as outputsAtOnce says are in it, from the first one on.
func jacobianNorms(n nn.Network, minimized loss.Loss, theta, inputs, first *graph.Node) *graph.Node {
	x := nn.Pixels(inputs, theta.DType())
	outputs, squares := byInput(n, theta, x)
	p := prediction(n, minimized, outputs)
	total := graph.ScalarZero(p.Graph(), p.DType())
	most := n.Arch.Outputs()
	for class := range outputsAtOnce(most) {
		own := graph.Slice(p, graph.AxisRange(), graph.AxisRange(class, class+1), graph.AxisRange())
		if most > outputsAtOnce(most) {
			own = nn.Only(p, graph.AddScalar(first, class))
		}
		total = graph.Add(total, squares(graph.ReduceAllSum(own)))
	}
	return graph.Sqrt(total)
}

// gradientNorms returns the norm of each example's loss gradient at theta [P].
func (s *sensor) gradientNorms(ctx context.Context, theta []float64, set data.Examples, batch int) ([]float64, error) {
	return s.norms(ctx, theta, set, batch, func(weights *tensors.Tensor, part data.Examples) ([]float64, error) {
		return s.gradient.Value(weights, part.Inputs(s.net.DType), part.Targets(s.net.DType))
	})
}

// jacobianNorms returns the norm of each example's Jacobian at theta [P].
func (s *sensor) jacobianNorms(ctx context.Context, theta []float64, set data.Examples, batch int) ([]float64, error) {
	outputs := s.net.Arch.Outputs()
	return s.norms(ctx, theta, set, batch, func(weights *tensors.Tensor, part data.Examples) (all []float64, err error) {
		inputs := part.Inputs(s.net.DType)
		for first := 0; first < outputs && err == nil; first += outputsAtOnce(outputs) {
			var norms []float64
			if norms, err = s.jacobians.Value(weights, inputs, int32(first)); all == nil {
				all = norms
				continue
			}
			for i, norm := range norms {
				all[i] = math.Hypot(all[i], norm)
			}
		}
		return all, err
	})
}

// norms returns a norm of each example at theta [P], batch by batch.
func (s *sensor) norms(ctx context.Context, theta []float64, set data.Examples, batch int, of func(weights *tensors.Tensor, part data.Examples) ([]float64, error)) ([]float64, error) {
	weights := device.Tensor(theta, s.net.DType, 1, len(theta))
	all := make([]float64, set.Len())
	err := eval.InBatches(ctx, set, weights, batch, func(first int, part data.Examples) error {
		norms, err := of(weights, part)
		copy(all[first:], norms)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("the sensitivity of %s: %w", s.what, err)
	}
	return all, nil
}
