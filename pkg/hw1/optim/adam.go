// Package optim has the optimizer's step, the loop of steps in one execution, and the order in which
// they take the examples.
package optim

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/device"
)

// Adam is the optimizer of Kingma & Ba (2015), with the constants of the paper. Weight
// decay is the coupled kind, an L2 term's: gradient += WeightDecay · theta.
type Adam struct{ LearningRate, WeightDecay float64 }

const (
	adamBeta1   = 0.9
	adamBeta2   = 0.999
	adamEpsilon = 1e-8
)

// StateNames are the tensors that a step maps to their successors: the parameters, which
// come first, and Adam's moments, [R, P] each, and the number of steps done, a scalar.
var StateNames = []string{"theta", "m", "v", "t"}

// InitialState returns the state of R replicas before the first step.
func InitialState(thetas []float64, replicas int, dtype dtypes.DType) []*tensors.Tensor {
	p, zeros := len(thetas)/replicas, make([]float64, len(thetas))
	return []*tensors.Tensor{
		device.Tensor(thetas, dtype, replicas, p), device.Tensor(zeros, dtype, replicas, p), device.Tensor(zeros, dtype, replicas, p),
		device.Tensor([]float64{0}, dtype),
	}
}

// Step returns the state after one step with the gradient [R, P].
func (a Adam) Step(state []*graph.Node, grad *graph.Node) []*graph.Node {
	theta, m, v := state[0], state[1], state[2]
	if a.WeightDecay > 0 {
		grad = graph.Add(grad, graph.MulScalar(theta, a.WeightDecay))
	}
	t := graph.AddScalar(state[3], 1)
	m = graph.Add(graph.MulScalar(m, adamBeta1), graph.MulScalar(grad, 1-adamBeta1))
	v = graph.Add(graph.MulScalar(v, adamBeta2), graph.MulScalar(graph.Square(grad), 1-adamBeta2))
	mCorrection := graph.OneMinus(graph.Exp(graph.MulScalar(t, math.Log(adamBeta1))))
	vCorrection := graph.OneMinus(graph.Exp(graph.MulScalar(t, math.Log(adamBeta2))))
	rate := graph.Div(graph.ConstAs(t, a.LearningRate), mCorrection)
	denominator := graph.AddScalar(graph.Sqrt(graph.Div(v, vCorrection)), adamEpsilon)
	return []*graph.Node{graph.Sub(theta, graph.Mul(rate, graph.Div(m, denominator))), m, v, t}
}
