package optim

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/custom"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
)

// Point is where R networks take a step.
type Point struct {
	Theta    *graph.Node   // the weights, [R, P]
	Gradient *graph.Node   // of the loss on the step's mini-batch, [R, P]
	Rate     *graph.Node   // the learning rate, a scalar
	Memory   []*graph.Node // what the optimizer remembers, each [R, P]; zeros before the first step

	// GradientAt returns the gradient on the same mini-batch at other weights [R, P]. Each call costs as much as a step.
	GradientAt func(theta *graph.Node) *graph.Node
	// Noise returns numbers of the standard normal distribution, [R, P]: others for each call, step and seed. The seeds of a function
	// then train one by one.
	Noise func() *graph.Node
}

// StepFn builds a step. It returns the change to subtract from the weights, and what to remember, in the order of
// [Point.Memory]; each is [R, P]. It may be called any number of times, so it must not use anything that changes between calls.
type StepFn func(at Point) (change *graph.Node, memory []*graph.Node)

// own holds the optimizers that cells declare.
var own = custom.NewKind[*method]("optimizer")

// Own declares an optimizer of your own, which remembers as many tensors from step to step as memory says. It is identified by the graph of its
// step and the results of a few steps: changing it makes another optimizer, renaming it does not. WeightDecay and ClipNorm change the gradients that
// it is given. Mistakes in it are reported when it is used. This is sharpness-aware minimization (Foret et al. 2021), with the gradient that
// it finds uphill given to Adam:
//
//	base := optim.Rule{Optimizer: optim.Adam}
//	sam := optim.Own("SAM", base.Memory(), func(at optim.Point) (change *graph.Node, memory []*graph.Node) {
//		norm := graph.Sqrt(graph.ReduceAndKeep(graph.Square(at.Gradient), graph.ReduceSum, 1))
//		uphill := graph.MulScalar(graph.Div(at.Gradient, graph.AddScalar(norm, 1e-12)), 0.05)
//		at.Gradient = at.GradientAt(graph.Add(at.Theta, uphill))
//		return base.Change(at)
//	})
func Own(name string, memory int, step StepFn) Optimizer {
	m := &method{
		state: func(Rule) (names []string) {
			for i := range memory {
				names = append(names, fmt.Sprintf("memory %d", i+1))
			}
			return names
		},
		step: func(_ Rule, at Point) (*graph.Node, []*graph.Node) {
			change, next := step(at)
			returned := num.Map(append([]*graph.Node{change}, next...), func(n *graph.Node) string {
				if n == nil {
					return "nil"
				}
				return n.Shape().String()
			})
			if want := slices.Repeat([]string{at.Theta.Shape().String()}, 1+memory); !slices.Equal(returned, want) {
				exceptions.Panicf("it must return a change and %d more for its memory, %v, but returned %v", memory, want, returned)
			}
			return change, next
		},
	}
	var mistake error
	if step == nil || memory < 0 || memory > 100 {
		mistake = fmt.Errorf("its step is nil, or it remembers %d tensors; give it a step, and 0 to 100 tensors", memory)
	}
	return Optimizer(own.Declare(name, m, mistake, custom.Trial{
		What: "its step", Case: "two networks of three weights", Run: m.tried,
		Build:  func(g *graph.Graph, dtype dtypes.DType) []*graph.Node { return m.build(triedWeights, g, dtype) },
		Rather: "keep what changes during training in its memory",
	}))
}

// Memory returns how many tensors [Rule.Change] remembers.
func (r Rule) Memory() int {
	m, known := methods[r.Optimizer]
	if !known {
		return 0
	}
	return len(m.state(r))
}

// Change is the step of Adam, AdamW or SGD as a [StepFn], for a step of your own around it: one that changes the gradient, say, or scales the
// change. The learning rate, weight decay and ClipNorm are those of the training, and not the rule's; a weight decay is part of the gradient.
func (r Rule) Change(at Point) (change *graph.Node, memory []*graph.Node) {
	m, known := methods[r.Optimizer]
	set := r
	set.LearningRate = 1
	if !known {
		exceptions.Panicf("the rule inside it is %q, which is none of the package's; call a step of your own as a function", r.Optimizer)
	}
	switch err := set.Valid(); {
	case err != nil:
		exceptions.Panicf("the rule inside it: %v", err)
	case r.LearningRate != 0 || r.WeightDecay != 0 || r.ClipNorm != 0:
		exceptions.Panicf("the rule inside it has a learning rate of %g, a weight decay of %g and a ClipNorm of %g; leave them out there, and set them for the training", r.LearningRate, r.WeightDecay, r.ClipNorm)
	case len(at.Memory) != r.Memory():
		exceptions.Panicf("the rule of %s inside it remembers %d tensors, but is given %d", r.Optimizer, r.Memory(), len(at.Memory))
	}
	return m.step(r, at)
}

// method returns the optimizer's description, or an error if it is unknown or was declared wrongly.
func (o Optimizer) method() (*method, error) {
	if m, known := methods[o]; known {
		return m, nil
	}
	if m, known, err := own.Lookup(string(o)); known {
		return m, err
	}
	return &method{}, fmt.Errorf("unknown optimizer %q; use one of the constants hw1.Adam, hw1.AdamW and hw1.SGD, or what optim.Own has declared in this cell or an earlier one", string(o))
}

// IsOwn reports whether the optimizer is a custom one, which [Own] declared.
func (o Optimizer) IsOwn() bool { return custom.Is(string(o)) }

// Label returns the name of the optimizer; to a custom one it adds a part of its hash if another declared one has the same name.
func (o Optimizer) Label() string { return cmp.Or(own.Label(string(o)), o.String()) }

// triedWeights are those of a network in a trial.
const triedWeights = 3

// build adds a step of two networks of so many weights to a graph.
func (m *method) build(weights int, g *graph.Graph, dtype dtypes.DType) []*graph.Node {
	in := []*graph.Node{}
	for i := range 2 + len(m.state(Rule{})) {
		in = append(in, graph.Parameter(g, fmt.Sprint("in ", i), shapes.Make(dtype, 2, weights)))
	}
	change, next := m.step(Rule{}, m.point(in[0], in[1], graph.Parameter(g, "rate", shapes.Make(dtype)), in[2:]))
	return append([]*graph.Node{change}, next...)
}

// KnownFor returns an error if a custom optimizer's step for networks of so many weights has a constant of another shape than in its trial, such as
// a part of a mask: two optimizers that differ only there would be one.
func (o Optimizer) KnownFor(weights int) error {
	m, err := o.method()
	if err != nil || !o.IsOwn() {
		return nil // without a method, Rule.Valid says what is wrong
	}
	constants, err1 := m.constants(weights)
	tried, err2 := m.constants(triedWeights)
	if err := cmp.Or(err1, err2); err != nil {
		return fmt.Errorf("the optimizer %q: %w", o.String(), err)
	}
	if !slices.Equal(constants, tried) {
		return fmt.Errorf("the optimizer %q: its step has constants of %v for %d weights, and of %v for the %d by which it is identified, so that it could be taken for another one; compute what differs from weight to weight from at.Theta or at.Memory",
			o.String(), constants, weights, tried, triedWeights)
	}
	return nil
}

// constants returns the shapes of the constants that are not single numbers in a step of networks of so many weights.
func (m *method) constants(weights int) (all []string, err error) {
	backend, err := device.Open()
	if err != nil {
		return nil, err
	}
	wrong := check.Caught(func() {
		g := graph.NewGraph(backend, "constants")
		defer g.Finalize()
		m.build(weights, g, dtypes.Float64)
		for _, n := range g.Nodes() {
			if n.Type() == graph.NodeTypeConstant && n.Shape().Size() > 1 {
				all = append(all, n.Shape().String())
			}
		}
	})
	if wrong != "" {
		return nil, fmt.Errorf("its step cannot be built for two networks of %d weights: %s", weights, wrong)
	}
	return all, nil
}

// point returns a point for a trial: in a loss whose gradient grows by half of what the weights do, with noise that is known.
func (m *method) point(theta, gradient, rate *graph.Node, memory []*graph.Node) Point {
	draws := 0.0
	return Point{
		theta, gradient, rate, memory,
		func(other *graph.Node) *graph.Node {
			return graph.Add(gradient, graph.MulScalar(graph.Sub(other, theta), 0.5))
		},
		func() *graph.Node {
			m.noisy.Store(true)
			draws++
			return graph.Cos(graph.AddScalar(graph.Iota(theta.Graph(), theta.Shape(), 1), draws))
		},
	}
}

// IsNoisy reports whether a step uses [Point.Noise].
func (o Optimizer) IsNoisy() bool {
	m, _ := o.method()
	return m.noisy.Load()
}

// tried returns the courses of two networks in a few steps, or an error that says what is wrong with the step.
func (m *method) tried() ([]float64, error) {
	weights := []float64{0.5, -1, 2, 0.25, -0.75, 1.5}            // three of each of two networks
	step := device.Compute(func(in []*graph.Node) []*graph.Node { // the gradient, the rate, and the state
		change, next := m.step(Rule{}, m.point(in[2], in[0], in[1], in[3:]))
		return append([]*graph.Node{graph.Sub(in[2], change)}, next...)
	})
	both, err1 := m.course(step, weights, 2, 0.1)
	first, err2 := m.course(step, weights[:3], 1, 0.1)
	faster, err3 := m.course(step, weights[:3], 1, 0.2)
	if err := cmp.Or(err1, err2, err3); err != nil {
		return nil, err
	}
	for i, v := range both {
		if !check.IsFinite(v) {
			return nil, errors.New("a step with a finite gradient, one entry of which is 0, is not finite; look for a logarithm, a root or a quotient of 0")
		}
		if of := i % 6; of < 3 && custom.Differs(first[i/6*3+of], v) {
			return nil, errors.New("a step of two networks differs from the steps of each alone; axis 0 is the networks' axis: reduce along axis 1, keeping it, not over all, and draw random numbers with at.Noise")
		}
	}
	if slices.Equal(first, faster) {
		return nil, errors.New("its step for three weights does not depend on the learning rate, so that LearningRate and Schedule would have no effect; multiply the change by at.Rate")
	}
	return both, nil
}

// course returns the weights of R networks, and the memory, after each of a few steps, whose learning rate falls.
func (m *method) course(step device.Computation, weights []float64, networks int, rate float64) (course []float64, err error) {
	tensor := func(values []float64) any {
		return device.Tensor(values, dtypes.Float64, networks, len(weights)/networks)
	}
	state := []any{tensor(weights)}
	for range m.state(Rule{}) {
		state = append(state, tensor(make([]float64, len(weights))))
	}
	for k := range 4 {
		gradient := make([]float64, len(weights))
		for i := range gradient {
			gradient[i] = math.Cos(float64(5*k + i*i))
		}
		if k == 0 {
			gradient[2] = 0 // as of a unit that is dead
		}
		out, err := step.Call(append([]any{tensor(gradient), device.Tensor([]float64{rate / float64(k+1)}, dtypes.Float64)}, state...)...)
		if err != nil {
			return nil, err
		}
		state = nil
		for _, t := range out {
			values, err := device.Floats(t)
			if err != nil {
				return nil, err
			}
			course, state = append(course, values...), append(state, t)
		}
	}
	return course, nil
}
