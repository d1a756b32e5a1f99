package connect

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

// Bend says how the bend (the control point) of a Bézier curve is trained, and where the curve
// is evaluated.
type Bend struct {
	Epochs       int     `json:"epochs"`
	Batch        int     `json:"batch"`
	LearningRate float64 `json:"learning_rate"` // of Adam
	Seed         int     `json:"seed"`
	Points       int     `json:"points"` // evenly spaced from 0 to 1
}

// Bezier returns the scores along a quadratic Bézier curve between two networks,
//
//	theta(t) = (1-t)²·theta1 + 2t(1-t)·bend + t²·theta2,
//
// whose bend is trained for a low loss all along the curve (Garipov et al. 2018):
// every step of Adam takes a mini-batch and a position t, uniform in [0, 1], and
// descends the loss at theta(t). The bend starts half-way between the networks,
// where the curve is the straight line.
func Bezier(from, to *experiment.Run, bend Bend) (Connection, error) {
	if !check.IsCount(bend.Epochs) || bend.Batch < 1 || bend.Points < 2 || !check.IsCount(bend.Points) || !(bend.LearningRate > 0 && bend.LearningRate <= 10) {
		return Connection{}, fmt.Errorf("bend %+v: give it epochs, a batch, a learning rate of 10 at most, and 2 to %d points", bend, check.Most)
	}
	at := Positions(0, 1, bend.Points)
	if err := cmp.Or(checkEnds(from, to, at), experiment.NeedExamples("a batch of connect.Bezier", bend.Batch, from, to)); err != nil {
		return Connection{}, err
	}
	bend.Batch = min(bend.Batch, from.Spec.TrainSize) // a tiny budget may have fewer examples
	path := Connection{Label: "Bézier curve", From: from, To: to, At: at}
	a := analysis.Question{Name: "Bézier curve", Version: version(from), Inputs: map[string]any{"from": from.Identity(), "to": to.Identity(), "bend": bend}}
	return path.filled(a, func(ctx context.Context, replica int) (func(t float64) []float64, error) {
		ends := [2][]float64{from.Replicas[replica].Theta, to.Replicas[replica].Theta}
		middle, err := bend.train(ctx, from.Spec, ends)
		return func(t float64) []float64 {
			w := bezierWeights(t)
			return combine(w[:], ends[0], middle, ends[1])
		}, err
	})
}

// bezierWeights returns the weights of the first end, the bend and the second end in a point of
// the curve.
func bezierWeights(t float64) [3]float64 {
	return [3]float64{(1 - t) * (1 - t), 2 * t * (1 - t), t * t}
}

// train returns the trained bend [P] between two ends.
func (b Bend) train(ctx context.Context, spec experiment.Spec, ends [2][]float64) ([]float64, error) {
	train, _, err := spec.Shared() // of the ends' seed
	if err != nil {
		return nil, err
	}
	inputs, targets, err := train.OnDevice(spec.Network().DType)
	if err != nil {
		return nil, err
	}
	order := optim.Order{Seed: b.Seed, Seeds: 1, Examples: train.Len(), Batch: b.Batch}
	spec.Dropout = 0
	net := spec.Network()
	rule := optim.Rule{LearningRate: b.LearningRate}
	backend, err := device.Open()
	if err != nil {
		return nil, err
	}
	exec := device.Shared(net.Tell("step of a bend", rule), func(in []*graph.Node) []*graph.Node {
		return bendStep(net, rule, in[:4], in[4], in[5], in[6], in[7], in[8])
	})
	p, dtype := len(ends[0]), net.DType
	state := rule.InitialState(combine([]float64{0.5, 0.5}, ends[0], ends[1]), 1, dtype)
	fixed := []any{device.Tensor(slices.Concat(ends[0], ends[1]), dtype, 2, p), inputs, targets}
	positions := rand.New(rand.NewPCG(uint64(b.Seed), num.StreamBend))
	for epoch := range b.Epochs {
		streams := order.Streams(epoch, 1)
		for step := range order.StepsPerEpoch() {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			w := bezierWeights(positions.Float64())
			args, err := device.Donated(backend, state)
			if err != nil {
				return nil, err
			}
			args = append(append(args, fixed...), streams.Tensors(step, step+1)[0], device.Tensor(w[:], dtype, 3))
			if state, err = exec.Call(args...); err != nil {
				return nil, fmt.Errorf("the Bézier curve of %s, epoch %d: %w", spec.Describe(), epoch+1, err)
			}
		}
	}
	return device.Floats(state[0])
}

// bendStep returns the state of the bend [1, P] after one step of Adam on the rows idx [1, 1,
// B] of the training set, at the point of the curve that the weights [3] give; ends is [2, P].
func bendStep(n nn.Network, rule optim.Rule, state []*graph.Node, ends, inputs, targets, idx, weights *graph.Node) []*graph.Node {
	weight := func(i int) *graph.Node { return graph.Reshape(graph.Slice(weights, graph.AxisRange(i, i+1)), 1, 1) }
	end := func(i int) *graph.Node { return graph.Slice(ends, graph.AxisRange(i, i+1), graph.AxisRange()) }
	theta := graph.Add(graph.Mul(weight(1), state[0]), graph.Add(graph.Mul(weight(0), end(0)), graph.Mul(weight(2), end(1))))
	x, y := nn.Batch(inputs, targets, graph.Squeeze(idx, 0), 1, state[0].DType())
	_, gradient, _ := n.TrainingGradient(theta, x, y, nil)
	// The chain rule: the bend moves the point by its weight.
	return rule.Step(state, graph.Mul(weight(1), gradient), nil, nil, nil, nil)
}
