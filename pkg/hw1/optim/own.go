package optim

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// StepFn builds a step of R networks at once, from their weights theta [R, P], the gradient [R, P], the scalar learning
// rate, and the optimizer's memory. It returns the change to subtract from the weights, and the next memory, in the same order; each
// is [R, P], and memory begins as zeros. It may be called any number of times, so it must not use anything that changes between calls.
type StepFn func(theta, gradient, rate *graph.Node, memory []*graph.Node) (change *graph.Node, next []*graph.Node)

// declaration is a custom optimizer, with the error that its declaration gave.
type declaration struct {
	method
	name  string
	graph string // the graph of its step
	err   error
}

// own holds the declarations of this process, by Optimizer, which begins with the prefix.
var own sync.Map

const prefix = "own "

// Own declares an optimizer of your own, which remembers as many tensors from step to step as memory says. It is identified by the graph of its
// step and the results of a few steps: changing it makes another optimizer, renaming it does not. WeightDecay and ClipNorm change the gradient that
// it is given. Mistakes in it are reported when it is used.
//
//	signs := optim.Own("signs", 0, func(theta, gradient, rate *graph.Node, memory []*graph.Node) (*graph.Node, []*graph.Node) {
//		return graph.Mul(rate, graph.Sign(gradient)), nil
//	})
func Own(name string, memory int, step StepFn) Optimizer {
	d := declaration{name: name}
	d.state = func(Rule) (names []string) {
		for i := range memory {
			names = append(names, fmt.Sprintf("memory %d", i+1))
		}
		return names
	}
	d.step = func(_ Rule, theta, rate, gradient *graph.Node, state []*graph.Node) (*graph.Node, []*graph.Node) {
		change, next := step(theta, gradient, rate, state)
		returned := num.Map(append([]*graph.Node{change}, next...), func(n *graph.Node) string {
			if n == nil {
				return "nil"
			}
			return n.Shape().String()
		})
		if want := slices.Repeat([]string{theta.Shape().String()}, 1+memory); !slices.Equal(returned, want) {
			exceptions.Panicf("it must return a change and %d more for its memory, %v, but returned %v", memory, want, returned)
		}
		return change, next
	}
	var digest string
	switch {
	case name == "" || !check.IsText(name):
		d.err = errors.New("it needs a name, in UTF-8")
	case step == nil || memory < 0 || memory > 100:
		d.err = fmt.Errorf("its step is nil, or it remembers %d tensors; give it a step, and 0 to 100 tensors", memory)
	default:
		digest, d.graph, d.err = d.digest()
	}
	if d.err != nil {
		d.err = fmt.Errorf("the optimizer %q: %w", name, d.err)
		digest = words.Hash([]byte(d.err.Error()))
	}
	o := Optimizer(prefix + digest)
	own.Store(o, d)
	return o
}

// method returns the optimizer's description, or an error if it is unknown or was declared wrongly.
func (o Optimizer) method() (method, error) {
	if m, known := methods[o]; known {
		return m, nil
	}
	if d, known := o.declared(); known {
		return d.method, d.err
	}
	return method{}, fmt.Errorf("unknown optimizer %q; use one of the constants hw1.Adam, hw1.AdamW and hw1.SGD, or what optim.Own has declared in this cell or an earlier one", string(o))
}

// declared returns what Own declared as the optimizer, if it did.
func (o Optimizer) declared() (declaration, bool) {
	made, _ := own.Load(o)
	d, known := made.(declaration)
	return d, known
}

// IsOwn reports whether the optimizer is a custom one, which [Own] declared.
func (o Optimizer) IsOwn() bool { return strings.HasPrefix(string(o), prefix) }

// Label returns the name of the optimizer; to a custom one it adds a part of its hash if another declared one has the same name.
func (o Optimizer) Label() string {
	label := o.String()
	own.Range(func(other, made any) bool {
		if hash, is := strings.CutPrefix(string(o), prefix); is && other != o && made.(declaration).name == o.String() {
			label = fmt.Sprintf("%s (%.4s)", o, hash)
		}
		return label == o.String()
	})
	return label
}

// unchanged returns an error if the step of a custom optimizer is no longer the one that was declared.
func (o Optimizer) unchanged() error {
	d, known := o.declared()
	if !known {
		return nil
	}
	if now, err := d.written(dtypes.Float64); err != nil || now != d.graph {
		return cmp.Or(err, fmt.Errorf("the optimizer %q: a variable that its step uses has changed since it was declared; declare it again after the change", d.name))
	}
	return nil
}

// digest returns a hash of the text of a step's graph and of the results of the first steps, to six digits, as processors differ in
// the last ones. The graph shows constants that only matter later, or for small gradients; the numbers show settings of operations that its text leaves out.
func (d declaration) digest() (digest, text string, err error) {
	_, err1 := d.written(dtypes.Float32)
	text, err2 := d.written(dtypes.Float64)
	again, err3 := d.written(dtypes.Float64)
	if err := cmp.Or(err1, err2, err3); err != nil {
		return "", "", err
	}
	if again != text {
		return "", "", errors.New("its step differs each time that its graph is built: it uses something that changes, such as a counter or Go's random numbers; keep what changes during training in its memory")
	}
	weights := []float64{0.5, -1, 2, 0.25, -0.75, 1.5} // three of each of two networks
	both, err1 := d.course(weights, 2)
	first, err2 := d.course(weights[:3], 1)
	if err := cmp.Or(err1, err2); err != nil {
		return "", "", err
	}
	var digits strings.Builder
	for i, v := range both {
		if !check.IsFinite(v) {
			return "", "", errors.New("a step with a finite gradient, one entry of which is 0, is not finite; look for a logarithm, a root or a quotient of 0")
		}
		if of := i % 6; of < 3 && math.Abs(v-first[i/6*3+of]) > 1e-6*(1+math.Abs(v)) {
			return "", "", errors.New("a step of two networks differs from the steps of each alone; axis 0 is the networks' axis: reduce along axis 1, keeping it, not over all, and draw no random numbers")
		}
		fmt.Fprintf(&digits, "%.6g ", v+0) // no -0
	}
	return words.Hash([]byte(digits.String() + text)), text, nil
}

// written builds a step, and returns its graph as text, or an error that says what is wrong with it.
func (d declaration) written(dtype dtypes.DType) (text string, err error) {
	backend, err := device.Open()
	if err != nil {
		return "", err
	}
	wrong := check.Caught(func() {
		g := graph.NewGraph(backend, "trial")
		defer g.Finalize()
		in := []*graph.Node{}
		for i := range 2 + len(d.state(Rule{})) {
			in = append(in, graph.Parameter(g, fmt.Sprint("in ", i), shapes.Make(dtype, 2, 3)))
		}
		change, next := d.step(Rule{}, in[0], graph.Parameter(g, "rate", shapes.Make(dtype)), in[1], in[2:])
		text = fmt.Sprint(g, change.Id(), num.Map(next, (*graph.Node).Id))
	})
	if wrong != "" {
		of := "two networks of three weights"
		if strings.Contains(wrong, "different dtypes") {
			of += ", float32 or float64 as a Spec has them; graph.MulScalar and graph.ConstAs give numbers their type"
		}
		return "", fmt.Errorf("its step cannot be built for %s: %s", of, wrong)
	}
	if slices.ContainsFunc(strings.Split(text, "Constant(")[1:], isLarge) {
		return "", errors.New("its step has a constant of 32 numbers or more, which could not be distinguished from others; compute it from what the step remembers")
	}
	return text, nil
}

// isLarge reports whether GoMLX leaves the values of a constant out of the graph's text, "(Float64)[32]) -> …" and not "(Float64): 0.5) -> …":
// they may only matter in a late step.
func isLarge(constant string) bool {
	head, _, _ := strings.Cut(constant, " -> ")
	return !strings.Contains(head, ": ")
}

// course returns the weights of R networks, and the memory, after each of a few steps.
func (d declaration) course(weights []float64, networks int) (course []float64, err error) {
	tensor := func(values []float64) any {
		return device.Tensor(values, dtypes.Float64, networks, len(weights)/networks)
	}
	state := []any{tensor(weights)}
	for range d.state(Rule{}) {
		state = append(state, tensor(make([]float64, len(weights))))
	}
	step := device.Compute(func(in []*graph.Node) []*graph.Node { // the gradient, the rate, and the state
		change, next := d.step(Rule{}, in[2], in[1], in[0], in[3:])
		return append([]*graph.Node{graph.Sub(in[2], change)}, next...)
	})
	for k := range 4 {
		gradient := make([]float64, len(weights))
		for i := range gradient {
			gradient[i] = math.Cos(float64(5*k + i*i))
		}
		if k == 0 {
			gradient[2] = 0 // as of a unit that is dead
		}
		out, err := step.Call(append([]any{tensor(gradient), device.Tensor([]float64{0.1 / float64(k+1)}, dtypes.Float64)}, state...)...)
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
