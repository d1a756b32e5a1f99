package optim

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/diff/fd"

	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/nn"
)

// A few steps on one batch follow plain Adam with finite-difference gradients.
func TestAdam(t *testing.T) {
	const rate, decay, steps, n = 0.01, 0.05, 4, 7
	for name, c := range map[string]struct {
		arch nn.Arch
		loss nn.Loss
	}{"regression": {nn.MLP(1, 5, 4, 1), nn.MSE}, "one logit": {nn.MLP(1, 6, 1), nn.CrossEntropy}, "softmax": {nn.MLP(3, 5, 4), nn.CrossEntropy}} {
		features, outputs := c.arch.Input[0], c.arch.Outputs()
		net := nn.New(c.arch, nn.Tanh, c.loss, 0, dtypes.Float64)
		x, theta := hw1test.RandomVector(n*features, 1), c.arch.InitTheta(2)
		y, labels := make([]float64, n), make([]int32, n)
		for i := range y {
			labels[i] = int32(i % max(2, outputs))
			y[i] = float64(labels[i])
		}
		targets := tensors.FromFlatDataAndDimensions(y, 1, n)
		if outputs > 1 {
			targets = tensors.FromFlatDataAndDimensions(labels, 1, n)
		}
		loss := func(theta []float64) float64 {
			sum := 0.0
			for i := range n {
				sum += hw1test.Loss(string(c.loss), hw1test.Net(c.arch).Forward("tanh", theta, x[i*features:(i+1)*features]), y[i])
			}
			return sum / n
		}
		matrix := func(v []float64) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(v, 1, len(v)) }
		got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
			state := []*graph.Node{in[0], in[1], in[1], graph.ScalarZero(in[0].Graph(), in[0].DType())}
			for range steps {
				state, _, _ = Loop{Net: net, Optimizer: Adam{rate, decay}}.step(state, in[2], in[3], nil)
			}
			return state
		}, matrix(theta), matrix(make([]float64, len(theta))), tensors.FromFlatDataAndDimensions(x, 1, n, features), targets)
		theta, oracle := slices.Clone(theta), refAdam{}
		for range steps {
			oracle.step(theta, fd.Gradient(nil, loss, theta, &fd.Settings{Formula: fd.Central}), rate, decay)
		}
		hw1test.CheckNear(t, name+" theta", got[0], theta, 1e-6)
		hw1test.CheckNear(t, name+" first moment", got[1], oracle.m, 1e-7)
		hw1test.CheckNear(t, name+" second moment", got[2], oracle.v, 1e-7)
		hw1test.CheckNear(t, name+" steps", got[3], []float64{steps}, 0)
	}
}

// refAdam is Adam with the L2 term in the gradient, after Kingma & Ba.
type refAdam struct {
	m, v []float64
	t    int
}

func (s *refAdam) step(theta, gradient []float64, rate, decay float64) {
	if s.m == nil {
		s.m, s.v = make([]float64, len(theta)), make([]float64, len(theta))
	}
	s.t++
	for i := range theta {
		g := gradient[i] + decay*theta[i]
		s.m[i] = 0.9*s.m[i] + 0.1*g
		s.v[i] = 0.999*s.v[i] + 0.001*g*g
		mHat := s.m[i] / (1 - math.Pow(0.9, float64(s.t)))
		vHat := s.v[i] / (1 - math.Pow(0.999, float64(s.t)))
		theta[i] -= rate * mHat / (math.Sqrt(vHat) + 1e-8)
	}
}
