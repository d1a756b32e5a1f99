// Package optim has the optimizers, the learning-rate schedules, the loop of steps, and the order of the examples.
package optim

import (
	"cmp"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
)

// Optimizer names an update rule, how a step follows from the gradient: one of the constants, or one that [Own] declares. The zero value is [Adam].
type Optimizer string

// The optimizers; each is a row of the table below. Weight decay is coupled, the gradient of an L2
// term: gradient += WeightDecay · theta. Only AdamW decouples it.
const (
	Adam  Optimizer = ""      // Kingma & Ba (2015)
	AdamW Optimizer = "adamw" // Adam with decoupled weight decay, theta -= rate · WeightDecay · theta (Loshchilov & Hutter 2019)
	SGD   Optimizer = "sgd"   // gradient descent, with momentum (Polyak 1964) if that is set
)

// method describes an optimizer.
type method struct {
	// state names the tensors, besides theta, that a step updates. They
	// begin as zeros [R, P]; t, the number of steps done, is a scalar.
	state func(r Rule) []string
	// step returns what is subtracted from theta, and the updated state.
	step      func(r Rule, at Point) (change *graph.Node, next []*graph.Node)
	decoupled bool // weight decay is decoupled
	momentum  bool // it uses Momentum and Nesterov
	moments   bool // it uses Beta1, Beta2 and Epsilon
	noisy     atomic.Bool
}

var methods = map[Optimizer]*method{
	Adam:  {state: adamState, step: adamStep, moments: true},
	AdamW: {state: adamState, step: adamStep, moments: true, decoupled: true},
	SGD: {momentum: true, step: momentumStep, state: func(r Rule) []string {
		if r.Momentum == 0 {
			return nil
		}
		return []string{"velocity"}
	}},
}

// String returns the name of the optimizer. That of Adam, the zero value, has to be filled in.
func (o Optimizer) String() string { return cmp.Or(own.Name(string(o)), "adam") }

// Decoupled reports whether weight decay is not part of the objective.
func (o Optimizer) Decoupled() bool {
	m, _ := o.method()
	return m.decoupled
}

// Rule is an optimizer with its settings, as plain data: it determines what a step makes of the weights.
type Rule struct {
	Optimizer    Optimizer
	LearningRate float64
	WeightDecay  float64
	Momentum     float64 // for SGD: velocity = Momentum · velocity + gradient
	Nesterov     bool    // the step looks ahead: gradient + Momentum · velocity (Nesterov 1983)
	ClipNorm     float64 // largest L2 norm of a gradient, to which larger ones are scaled down; 0 for no clipping (Pascanu et al. 2013)

	// For Adam and AdamW: the decay rates of the running means of the gradients and of their squares, and what is added to
	// the root of the latter. The default, 0, stands for the constants of the paper: 0.9, 0.999 and 1e-8.
	Beta1, Beta2, Epsilon float64
}

func (r Rule) beta1() float64   { return cmp.Or(r.Beta1, 0.9) }
func (r Rule) beta2() float64   { return cmp.Or(r.Beta2, 0.999) }
func (r Rule) epsilon() float64 { return cmp.Or(r.Epsilon, 1e-8) }

// complement returns 1 - beta as in decimal notation: for 0.9 it is 0.1, and not 0.09999999999999998.
func complement(beta float64) float64 { return math.Round(1e15*(1-beta)) / 1e15 }

// Valid returns an error that says what is wrong with the settings, if anything is.
func (r Rule) Valid() error {
	m, err := r.Optimizer.method()
	switch err = cmp.Or(err, own.Unchanged(string(r.Optimizer))); {
	case err != nil:
		return err
	case !(r.LearningRate > 0 && r.LearningRate <= 10):
		return fmt.Errorf("learning rate %g; it must be above 0 and at most 10", r.LearningRate)
	case !(r.WeightDecay >= 0 && r.WeightDecay <= 1):
		return fmt.Errorf("weight decay %g; it must lie in [0, 1]", r.WeightDecay)
	case !(r.Momentum >= 0 && r.Momentum < 1):
		return fmt.Errorf("momentum %g; it must lie in [0, 1)", r.Momentum)
	case r.Momentum > 0 && !m.momentum:
		return fmt.Errorf("momentum %g is for the optimizer sgd; leave it out with %s", r.Momentum, r.Optimizer)
	case r.Nesterov && r.Momentum == 0:
		return fmt.Errorf("the optimizer %s has no momentum for Nesterov to look ahead along; set Momentum, to 0.9 say", r.Optimizer)
	case !(r.Beta1 >= 0 && r.Beta1 < 1 && r.Beta2 >= 0 && r.Beta2 < 1 && r.Epsilon >= 0 && r.Epsilon <= 1):
		return fmt.Errorf("betas of %g and %g with an epsilon of %g; the betas must lie in [0, 1) and epsilon in [0, 1], where 0 stands for the default", r.Beta1, r.Beta2, r.Epsilon)
	case r.Beta1+r.Beta2+r.Epsilon > 0 && !m.moments:
		return fmt.Errorf("betas and epsilon are for adam and adamw; %s has none, so leave them out", r.Optimizer)
	case r.ClipNorm != 0 && !check.IsPositive(r.ClipNorm):
		return fmt.Errorf("gradients cannot be clipped to a norm of %g; set ClipNorm above 0, or to 0 for none", r.ClipNorm)
	}
	return nil
}

// StateNames returns the names of the tensors that a step updates: the
// parameters, which come first, and the rule's own state.
func (r Rule) StateNames() []string {
	m, _ := r.Optimizer.method()
	return append([]string{"theta"}, m.state(r)...)
}

// InitialState returns the state of R replicas before the first step.
func (r Rule) InitialState(thetas []float64, replicas int, dtype dtypes.DType) []*tensors.Tensor {
	p := len(thetas) / replicas
	state := []*tensors.Tensor{device.Tensor(thetas, dtype, replicas, p)}
	for _, name := range r.StateNames()[1:] {
		if name == "t" {
			state = append(state, device.Tensor([]float64{0}, dtype))
			continue
		}
		state = append(state, device.Tensor(make([]float64, len(thetas)), dtype, replicas, p))
	}
	return state
}

// Step returns the state after one step with the gradient [R, P] of the loss, at a scalar learning rate, or with nil at the
// rule's own rate. The mask [R, P], or nil, has factors on the learning rate; where it is 0, nothing moves, and the gradient must
// be 0. A step of one's own needs gradientAt and noise, which [Point] describes.
func (r Rule) Step(state []*graph.Node, grad, rate, mask *graph.Node, gradientAt func(theta *graph.Node) *graph.Node, noise func() *graph.Node) []*graph.Node {
	theta := state[0]
	m, _ := r.Optimizer.method()
	if rate == nil {
		rate = graph.ConstAs(theta, r.LearningRate)
	}
	whole := func(grad, theta *graph.Node) *graph.Node {
		if r.ClipNorm > 0 {
			grad = clipped(grad, r.ClipNorm)
		}
		if r.WeightDecay > 0 && !m.decoupled {
			grad = graph.Add(grad, onlyTrained(graph.MulScalar(theta, r.WeightDecay), mask))
		}
		return grad
	}
	change, next := m.step(r, Point{theta, whole(grad, theta), rate, state[1:], func(other *graph.Node) *graph.Node {
		return whole(gradientAt(other), other)
	}, noise})
	if r.WeightDecay > 0 && m.decoupled {
		theta = graph.Sub(theta, scaled(graph.Mul(graph.MulScalar(rate, r.WeightDecay), theta), mask))
	}
	return append([]*graph.Node{graph.Sub(theta, scaled(change, mask))}, next...)
}

// onlyTrained returns values, one for each weight, with 0 for weights that are not trained, whose factor in the mask is 0; with nil for
// the mask, all are.
func onlyTrained(values, mask *graph.Node) *graph.Node {
	if mask == nil {
		return values
	}
	return graph.Where(graph.IsPositive(mask), values, graph.ZerosLike(values))
}

// scaled returns the change of the weights times the factors in the mask, if there is one.
func scaled(change, mask *graph.Node) *graph.Node {
	if mask == nil {
		return change
	}
	return onlyTrained(graph.Mul(change, mask), mask) // a change that is not finite is none where the factor is 0
}

// clipped returns each replica's gradient, scaled down to an L2 norm if its own is larger.
func clipped(grad *graph.Node, norm float64) *graph.Node {
	length := graph.Sqrt(graph.ReduceAndKeep(graph.Square(grad), graph.ReduceSum, 1))
	return graph.Mul(grad, graph.MinScalar(graph.Div(graph.ConstAs(length, norm), length), 1)) // a zero gradient gives +Inf, and so a factor of 1
}

func adamState(Rule) []string { return []string{"m", "v", "t"} }

func adamStep(r Rule, at Point) (change *graph.Node, next []*graph.Node) {
	m, v, t, grad := at.Memory[0], at.Memory[1], graph.AddScalar(at.Memory[2], 1), at.Gradient
	m = graph.Add(graph.MulScalar(m, r.beta1()), graph.MulScalar(grad, complement(r.beta1())))
	v = graph.Add(graph.MulScalar(v, r.beta2()), graph.MulScalar(graph.Square(grad), complement(r.beta2())))
	mCorrection := graph.OneMinus(graph.Exp(graph.MulScalar(t, math.Log(r.beta1()))))
	vCorrection := graph.OneMinus(graph.Exp(graph.MulScalar(t, math.Log(r.beta2()))))
	denominator := graph.AddScalar(graph.Sqrt(graph.Div(v, vCorrection)), r.epsilon())
	return graph.Mul(graph.Div(at.Rate, mCorrection), graph.Div(m, denominator)), []*graph.Node{m, v, t}
}

func momentumStep(r Rule, at Point) (change *graph.Node, next []*graph.Node) {
	if r.Momentum == 0 {
		return graph.Mul(at.Rate, at.Gradient), nil
	}
	velocity := graph.Add(graph.MulScalar(at.Memory[0], r.Momentum), at.Gradient)
	step := velocity
	if r.Nesterov {
		step = graph.Add(at.Gradient, graph.MulScalar(velocity, r.Momentum))
	}
	return graph.Mul(at.Rate, step), []*graph.Node{velocity}
}

// Threshold returns the largest stable curvature: up to it, steps along a direction of a quadratic settle at
// the minimum; beyond it, they grow. It is 2/rate for gradient descent, more with Polyak's momentum and
// less with Nesterov's (Cohen et al. 2021, eq. 1). For Adam it applies to the Hessian preconditioned by
// [Preconditioner] (Cohen et al. 2022, eq. 2), and is 38/rate with the constants of Adam's paper. It is NaN for AdamW,
// whose weight decay does not derive from an objective.
func (r Rule) Threshold() float64 {
	beta := r.Momentum
	switch {
	case r.Optimizer == Adam:
		return 2 * (1 + r.beta1()) / (complement(r.beta1()) * r.LearningRate)
	case r.Optimizer != SGD:
		return math.NaN()
	case r.Nesterov:
		return 2 * (1 + beta) / ((1 + 2*beta) * r.LearningRate)
	}
	return 2 * (1 + beta) / r.LearningRate
}

// Preconditioner is the diagonal P by which Adam divides its mean gradient m: a step is
// -rate · m / P. It is computed from the gradients of all steps so far.
type Preconditioner struct {
	Rule

	v     []float64 // mean square of the gradients
	steps int
}

// Add adds the gradient [P] of the next step, including that of an L2 term.
func (p *Preconditioner) Add(gradient []float64) {
	if p.v == nil {
		p.v = make([]float64, len(gradient))
	}
	p.steps++
	for i, g := range gradient {
		p.v[i] = p.beta2()*p.v[i] + complement(p.beta2())*g*g
	}
}

// Diagonal returns the diagonal [P] for the step with the last gradient, including Adam's
// bias corrections.
func (p *Preconditioner) Diagonal() []float64 {
	t := float64(p.steps)
	diagonal := make([]float64, len(p.v))
	for i, v := range p.v {
		diagonal[i] = (1 - math.Pow(p.beta1(), t)) * (math.Sqrt(v/(1-math.Pow(p.beta2(), t))) + p.epsilon())
	}
	return diagonal
}
