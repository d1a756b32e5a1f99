// Package optim has the optimizers, the learning-rate schedules, the loop of steps, and the order of the examples.
package optim

import (
	"cmp"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
)

// Rule names how a step follows from the gradient. The zero value is [Adam].
type Rule string

// The rules; each is a row of the table below. Weight decay is the coupled kind, an L2
// term's, gradient += WeightDecay · theta, but for AdamW.
const (
	Adam  Rule = ""      // Kingma & Ba (2015)
	AdamW Rule = "adamw" // Adam with decoupled weight decay, theta -= rate · WeightDecay · theta (Loshchilov & Hutter 2019)
	SGD   Rule = "sgd"   // gradient descent, with momentum (Polyak 1964) where that is set
)

// rule is what there is to know of one.
type rule struct {
	// state names the tensors, beside theta, that a step maps to their successors. They
	// begin as zeros [R, P]; t, the number of steps done, is a scalar.
	state func(o Optimizer) []string
	// step returns the change of theta before the learning rate, and the state's successors.
	step      func(o Optimizer, rate, grad *graph.Node, state []*graph.Node) (change *graph.Node, next []*graph.Node)
	decoupled bool // weight decay
	momentum  bool // it has Momentum and Nesterov
	moments   bool // it has Beta1, Beta2 and Epsilon
}

var rules = map[Rule]rule{
	Adam:  {state: adamState, step: adamStep, moments: true},
	AdamW: {state: adamState, step: adamStep, moments: true, decoupled: true},
	SGD: {momentum: true, step: momentumStep, state: func(o Optimizer) []string {
		if o.Momentum == 0 {
			return nil
		}
		return []string{"velocity"}
	}},
}

// String returns the rule's name.
func (r Rule) String() string {
	if r == Adam {
		return "adam"
	}
	return string(r)
}

// Decoupled reports whether weight decay is no part of the objective.
func (r Rule) Decoupled() bool { return rules[r].decoupled }

// Optimizer is a rule with its settings, as plain data.
type Optimizer struct {
	Rule         Rule
	LearningRate float64
	WeightDecay  float64
	Momentum     float64 // of SGD: velocity = Momentum · velocity + gradient
	Nesterov     bool    // the step looks ahead: gradient + Momentum · velocity (Nesterov 1983)
	ClipNorm     float64 // L2 norm that a longer gradient is cut to; 0 for none (Pascanu et al. 2013)

	// Of Adam and AdamW: how fast the means of the gradients and of their squares forget, and what is added to the root
	// of the latter. The default, 0, stands for the constants of the paper: 0.9, 0.999 and 1e-8.
	Beta1, Beta2, Epsilon float64
}

func (o Optimizer) beta1() float64   { return cmp.Or(o.Beta1, 0.9) }
func (o Optimizer) beta2() float64   { return cmp.Or(o.Beta2, 0.999) }
func (o Optimizer) epsilon() float64 { return cmp.Or(o.Epsilon, 1e-8) }

// complement returns 1 - beta as written in decimal: of 0.9 it is 0.1, and not 0.09999999999999998.
func complement(beta float64) float64 { return math.Round(1e15*(1-beta)) / 1e15 }

// Valid says what is wrong with the settings, if anything is.
func (o Optimizer) Valid() error {
	r, known := rules[o.Rule]
	switch {
	case !known:
		return fmt.Errorf("unknown optimizer %q; known are the constants hw1.Adam, hw1.AdamW and hw1.SGD", o.Rule)
	case !(o.LearningRate > 0 && o.LearningRate <= 10):
		return fmt.Errorf("learning rate %g; it must be above 0 and at most 10", o.LearningRate)
	case !(o.WeightDecay >= 0 && o.WeightDecay <= 1):
		return fmt.Errorf("weight decay %g; it must lie in [0, 1]", o.WeightDecay)
	case !(o.Momentum >= 0 && o.Momentum < 1):
		return fmt.Errorf("momentum %g; it must lie in [0, 1)", o.Momentum)
	case o.Momentum > 0 && !r.momentum:
		return fmt.Errorf("momentum %g is for the optimizer sgd; %s has its own", o.Momentum, o.Rule)
	case o.Nesterov && o.Momentum == 0:
		return fmt.Errorf("the optimizer %s has no momentum that Nesterov could look ahead along; set Momentum, to 0.9 say", o.Rule)
	case !(o.Beta1 >= 0 && o.Beta1 < 1 && o.Beta2 >= 0 && o.Beta2 < 1 && o.Epsilon >= 0 && o.Epsilon <= 1):
		return fmt.Errorf("betas of %g and %g with an epsilon of %g; the former must lie in [0, 1), where 0 is the default, and the latter in [0, 1]", o.Beta1, o.Beta2, o.Epsilon)
	case o.Beta1+o.Beta2+o.Epsilon > 0 && !r.moments:
		return fmt.Errorf("betas and epsilon are for adam and adamw; %s has none: leave them out", o.Rule)
	case o.ClipNorm != 0 && !check.IsPositive(o.ClipNorm):
		return fmt.Errorf("gradients can not be clipped to a norm of %g; set ClipNorm above 0, or to 0 for none", o.ClipNorm)
	}
	return nil
}

// StateNames returns the names of the tensors that a step maps to their successors: the
// parameters, which come first, and what the rule remembers.
func (o Optimizer) StateNames() []string {
	return append([]string{"theta"}, rules[o.Rule].state(o)...)
}

// InitialState returns the state of R replicas before the first step.
func (o Optimizer) InitialState(thetas []float64, replicas int, dtype dtypes.DType) []*tensors.Tensor {
	p := len(thetas) / replicas
	state := []*tensors.Tensor{device.Tensor(thetas, dtype, replicas, p)}
	for _, name := range o.StateNames()[1:] {
		if name == "t" {
			state = append(state, device.Tensor([]float64{0}, dtype))
			continue
		}
		state = append(state, device.Tensor(make([]float64, len(thetas)), dtype, replicas, p))
	}
	return state
}

// Step returns the state after one step with the gradient [R, P], at a learning rate
// that is a scalar, or nil for the optimizer's own.
func (o Optimizer) Step(state []*graph.Node, grad, rate *graph.Node) []*graph.Node {
	theta, r := state[0], rules[o.Rule]
	if rate == nil {
		rate = graph.ConstAs(theta, o.LearningRate)
	}
	if o.ClipNorm > 0 {
		grad = clipped(grad, o.ClipNorm)
	}
	if o.WeightDecay > 0 && !r.decoupled {
		grad = graph.Add(grad, graph.MulScalar(theta, o.WeightDecay))
	}
	change, next := r.step(o, rate, grad, state[1:])
	if o.WeightDecay > 0 && r.decoupled {
		theta = graph.Sub(theta, graph.Mul(graph.MulScalar(rate, o.WeightDecay), theta))
	}
	return append([]*graph.Node{graph.Sub(theta, change)}, next...)
}

// clipped returns each replica's gradient, cut to an L2 norm where it is longer.
func clipped(grad *graph.Node, norm float64) *graph.Node {
	length := graph.Sqrt(graph.ReduceAndKeep(graph.Square(grad), graph.ReduceSum, 1))
	return graph.Mul(grad, graph.MinScalar(graph.Div(graph.ConstAs(length, norm), length), 1)) // of a zero, by +Inf and so by 1
}

func adamState(Optimizer) []string { return []string{"m", "v", "t"} }

func adamStep(o Optimizer, rate, grad *graph.Node, state []*graph.Node) (change *graph.Node, next []*graph.Node) {
	m, v, t := state[0], state[1], graph.AddScalar(state[2], 1)
	m = graph.Add(graph.MulScalar(m, o.beta1()), graph.MulScalar(grad, complement(o.beta1())))
	v = graph.Add(graph.MulScalar(v, o.beta2()), graph.MulScalar(graph.Square(grad), complement(o.beta2())))
	mCorrection := graph.OneMinus(graph.Exp(graph.MulScalar(t, math.Log(o.beta1()))))
	vCorrection := graph.OneMinus(graph.Exp(graph.MulScalar(t, math.Log(o.beta2()))))
	denominator := graph.AddScalar(graph.Sqrt(graph.Div(v, vCorrection)), o.epsilon())
	return graph.Mul(graph.Div(rate, mCorrection), graph.Div(m, denominator)), []*graph.Node{m, v, t}
}

func momentumStep(o Optimizer, rate, grad *graph.Node, state []*graph.Node) (change *graph.Node, next []*graph.Node) {
	if o.Momentum == 0 {
		return graph.Mul(rate, grad), nil
	}
	velocity := graph.Add(graph.MulScalar(state[0], o.Momentum), grad)
	step := velocity
	if o.Nesterov {
		step = graph.Add(grad, graph.MulScalar(velocity, o.Momentum))
	}
	return graph.Mul(rate, step), []*graph.Node{velocity}
}

// Threshold returns the curvature up to which steps along a direction of a quadratic settle at its
// minimum, and beyond which they grow: 2/rate of gradient descent, more with Polyak's momentum and
// less with Nesterov's (Cohen et al. 2021, eq. 1), and of Adam that of the Hessian preconditioned by
// [Preconditioner] (Cohen et al. 2022, eq. 2), 38/rate with the constants of its paper. It is NaN for AdamW, whose
// weight decay is none of an objective.
func (o Optimizer) Threshold() float64 {
	beta := o.Momentum
	switch {
	case o.Rule == Adam:
		return 2 * (1 + o.beta1()) / (complement(o.beta1()) * o.LearningRate)
	case o.Rule != SGD:
		return math.NaN()
	case o.Nesterov:
		return 2 * (1 + beta) / ((1 + 2*beta) * o.LearningRate)
	}
	return 2 * (1 + beta) / o.LearningRate
}

// Preconditioner is the diagonal P that Adam divides its mean gradient by: a step is
// -rate · m / P. It is made of the gradients of all steps so far.
type Preconditioner struct {
	Optimizer

	v     []float64 // mean square of the gradients
	steps int
}

// Add takes the gradient [P] of the next step, with that of an L2 term.
func (p *Preconditioner) Add(gradient []float64) {
	if p.v == nil {
		p.v = make([]float64, len(gradient))
	}
	p.steps++
	for i, g := range gradient {
		p.v[i] = p.beta2()*p.v[i] + complement(p.beta2())*g*g
	}
}

// Diagonal returns the diagonal for the step of the last gradient, [P], with the corrections of
// Adam's biases.
func (p *Preconditioner) Diagonal() []float64 {
	t := float64(p.steps)
	diagonal := make([]float64, len(p.v))
	for i, v := range p.v {
		diagonal[i] = (1 - math.Pow(p.beta1(), t)) * (math.Sqrt(v/(1-math.Pow(p.beta2(), t))) + p.epsilon())
	}
	return diagonal
}
