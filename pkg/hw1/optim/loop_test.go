package optim

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
)

// course is a training of a linear regression, [2, 1], with mini-batches of two of six examples.
type course struct {
	Loop
	x, y  []float64
	rows  []int32   // [steps, R, 2]
	rates []float64 // [steps]
}

// examples returns the rows that a replica takes in a step.
func (c course) examples(step, replica, replicas int) []int32 {
	if !c.MiniBatches {
		return []int32{0, 1, 2, 3, 4, 5}
	}
	return c.rows[2*(step*replicas+replica):][:2]
}

// plain takes the steps in plain Go, from theta [R, 3], which it changes, and returns the velocities, and the losses and norms [steps, R].
func (c course) plain(theta []float64) (velocity, losses, norms []float64) {
	oracles := make([]reference, len(theta)/3)
	for step, rate := range c.rates {
		for r := range oracles {
			w, at := theta[3*r:][:3], c.examples(step, r, len(oracles))
			mean, gradient := 0.0, make([]float64, 3)
			for _, row := range at {
				in := []float64{c.x[2*row], c.x[2*row+1], 1}
				residual := floats.Dot(w, in) - c.y[row]
				mean += residual * residual / float64(len(at))
				floats.AddScaled(gradient, 2*residual/float64(len(at)), in)
			}
			kept := w[1]
			if c.Masked { // a weight that stays has no part in the step, not even by its decay
				gradient[1], w[1] = 0, 0
			}
			losses, norms = append(losses, mean), append(norms, floats.Norm(gradient, 2))
			oracles[r].Rule = c.Rule
			if oracles[r].step(w, gradient, rate); c.Masked {
				w[1] = kept
			}
		}
	}
	for _, o := range oracles {
		velocity = append(velocity, o.v...)
	}
	return velocity, losses, norms
}

// graph takes the steps in a graph, from theta of two replicas.
func (c course) graph(t *testing.T, theta []float64) [][]float64 {
	t.Helper()
	steps := len(c.rates)
	operands := append(c.Rule.InitialState(theta, 2, dtypes.Float64), tensors.FromFlatDataAndDimensions(c.x, 6, 2), tensors.FromFlatDataAndDimensions(c.y, 6))
	if c.Masked {
		operands = append(operands, tensors.FromFlatDataAndDimensions([]float64{1, 0, 1}, 1, 3))
	}
	if c.MiniBatches {
		operands = append(operands, tensors.FromFlatDataAndDimensions(c.rows, steps, 2, 2))
	}
	rate := tensors.FromScalar(c.rates[0])
	if c.Scheduled {
		rate = tensors.FromFlatDataAndDimensions(c.rates, steps)
	}
	return devicetest.Call(t, func(in []*graph.Node) []*graph.Node { return c.Steps(steps, in) }, append(operands, rate)...)
}

// The steps of one execution are those of plain Go, one after another or in a loop: each with its own mini-batches and rate if it has
// them, or for some weights alone, the losses and gradient norms before each step, and the optimizer's state after the last.
func TestSteps(t *testing.T) {
	rule := Rule{Optimizer: SGD, Momentum: 0.9, ClipNorm: 1.5, WeightDecay: 0.01}
	net := nn.New(nn.MLP(2, 1), nn.Tanh, loss.MSE, false, 0, dtypes.Float64)
	for _, c := range []struct {
		steps int
		Loop
	}{
		{1, Loop{}},
		{2, Loop{MiniBatches: true}},
		{3, Loop{MiniBatches: true, Scheduled: true, Masked: true}},
		{UnrolledSteps + 1, Loop{MiniBatches: true, Scheduled: true}},
		{2, Loop{Scheduled: true, Looped: true}},
		{3, Loop{MiniBatches: true, Masked: true, Looped: true}},
	} {
		c.Net, c.Rule = net, rule
		all := course{c.Loop, hw1test.RandomVector(12, 1), hw1test.RandomVector(6, 2), nil, nil}
		for step := range c.steps {
			all.rows = append(all.rows, int32(step%6), 5, 3, int32((2*step+1)%6))
			if all.rates = append(all.rates, 0.1); c.Scheduled {
				all.rates[step] /= float64(step + 1)
			}
		}
		start := hw1test.RandomVector(6, 3)
		got := all.graph(t, start)
		velocity, losses, norms := all.plain(start)
		for i, want := range [][]float64{start, velocity, losses, norms} {
			hw1test.CheckNear(t, fmt.Sprintf("%s: %s", c.Tell(c.steps), []string{"theta", "velocity", "losses", "norms"}[i]), got[i], want, 1e-12)
		}
	}
}

// A step draws other noise at each call and with each key, the same in a loop and alone.
func TestNoiseOfSteps(t *testing.T) {
	noisy := Own("noisy", 1, func(at Point) (*graph.Node, []*graph.Node) { // remembers the first draw, and moves by the second
		first := at.Noise()
		return graph.Mul(at.Rate, at.Noise()), []*graph.Node{first}
	})
	rule := Rule{Optimizer: noisy, LearningRate: 1}
	if err := rule.Valid(); err != nil {
		t.Fatal(err)
	}
	l := Loop{Net: nn.New(nn.MLP(9, 1), nn.Tanh, loss.MSE, false, 0, dtypes.Float64), Rule: rule}
	var theta [10]float64
	var draws []float64
	keys := []uint32{1, 2, 1, 3, 1 << 20, 2}
	run := func(keys []uint32) [][]float64 {
		return devicetest.Call(t, func(in []*graph.Node) []*graph.Node { return l.Steps(len(keys)/2, in) },
			append(rule.InitialState(theta[:], 1, dtypes.Float64), tensors.FromFlatDataAndDimensions(make([]float64, 9), 1, 9), tensors.FromFlatDataAndDimensions([]float64{0}, 1),
				tensors.FromFlatDataAndDimensions(keys, len(keys)/2, 2), tensors.FromScalar(1.0))...)
	}
	moved := make([]float64, len(theta))
	for k := range 3 {
		alone := run(keys[2*k : 2*k+2])
		floats.Add(moved, alone[0])
		draws = append(append(draws, alone[0]...), alone[1]...)
	}
	slices.Sort(draws)
	if distinct := len(slices.Compact(draws)); distinct != 60 {
		t.Errorf("%d of 60 draws are distinct", distinct)
	}
	for _, l.Looped = range []bool{false, true} {
		hw1test.CheckNear(t, "three steps", run(keys)[0], moved, 1e-12)
	}
}
