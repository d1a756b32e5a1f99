package optim

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
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
)

// StepFn builds a step of R networks at once: what is taken off their weights theta [R, P], given the gradient
// [R, P] and the learning rate, a scalar, and what the optimizer remembers after it, in the order of memory, which
// begins as zeros; each is [R, P]. It may be called any number of times, and uses nothing that changes between them.
type StepFn func(theta, gradient, rate *graph.Node, memory []*graph.Node) (change *graph.Node, next []*graph.Node)

// declaration is an optimizer of one's own, with what it met.
type declaration struct {
	method
	name  string
	graph string // of its step
	err   error
}

// own has the declarations of this process, by Optimizer, which begins with the prefix.
var own sync.Map

const prefix = "own "

// Own declares an optimizer of one's own, which remembers so many tensors from step to step. It is known by the graph of its step, and by
// what a few of them give: one that is changed is another, one that is renamed the same. WeightDecay and ClipNorm change the gradient that it is given.
// What is wrong with it is said where it is used.
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
			exceptions.Panicf("it has to return a change and %d more for its memory, %v, and returned %v", memory, want, returned)
		}
		return change, next
	}
	var digest string
	switch {
	case name == "" || !check.IsText(name):
		d.err = errors.New("it needs a name, in UTF-8")
	case step == nil || memory < 0 || memory > 100:
		d.err = fmt.Errorf("its step is nil, or it remembers %d tensors; give it a step, and 0 to 100", memory)
	default:
		digest, d.graph, d.err = d.digest()
	}
	if d.err != nil {
		d.err = fmt.Errorf("the optimizer %q: %w", name, d.err)
		digest = hashed(d.err.Error())
	}
	o := Optimizer(prefix + digest)
	own.Store(o, d)
	return o
}

// method returns what there is to know of the optimizer, and an error where it is unknown, or wrong.
func (o Optimizer) method() (method, error) {
	if m, known := methods[o]; known {
		return m, nil
	}
	made, _ := own.Load(o)
	if d, known := made.(declaration); known && d.err == nil {
		return d.method, d.unchanged()
	} else if known {
		return d.method, d.err
	}
	return method{}, fmt.Errorf("unknown optimizer %q; known are the constants hw1.Adam, hw1.AdamW and hw1.SGD, and what optim.Own has declared in this cell, or a cell before it", string(o))
}

// IsOwn reports whether the optimizer is one of one's own.
func (o Optimizer) IsOwn() bool { return strings.HasPrefix(string(o), prefix) }

// Label returns the name of the optimizer, of one's own with a part of its hash where another that is declared has the same name.
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

// unchanged returns an error where the step is no longer that of the declaration.
func (d declaration) unchanged() error {
	if now, err := d.written(dtypes.Float64); err != nil || now != d.graph {
		return cmp.Or(err, fmt.Errorf("the optimizer %q: a variable that its step uses has changed since it was declared; declare it after that", d.name))
	}
	return nil
}

// digest returns a hash of the graph of a step, in words, and of what the first steps give, in six digits: processors differ in
// the last ones. The graph has constants that only show later, or in small gradients; the numbers have settings of operations that its words leave out.
func (d declaration) digest() (digest, words string, err error) {
	_, err1 := d.written(dtypes.Float32)
	words, err2 := d.written(dtypes.Float64)
	again, err3 := d.written(dtypes.Float64)
	if err := cmp.Or(err1, err2, err3); err != nil {
		return "", "", err
	}
	if again != words {
		return "", "", errors.New("its step is another each time that its graph is built: it uses something that changes, as a counter or random numbers of Go; what changes in a training is its memory")
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
			return "", "", errors.New("a step by a finite gradient, in which one is 0, is not finite; look for a logarithm, a root or a quotient of 0")
		}
		if of := i % 6; of < 3 && math.Abs(v-first[i/6*3+of]) > 1e-6*(1+math.Abs(v)) {
			return "", "", errors.New("a step of two networks is not that of each; axis 0 is that of the networks: reduce along axis 1, and keep it, not over all, and draw no random numbers")
		}
		fmt.Fprintf(&digits, "%.6g ", v+0) // no -0
	}
	return hashed(digits.String() + words), words, nil
}

// written builds a step, and returns its graph in words, or what is wrong with it.
func (d declaration) written(dtype dtypes.DType) (words string, err error) {
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
		words = fmt.Sprint(g, change.Id(), num.Map(next, (*graph.Node).Id))
	})
	if wrong != "" {
		of := "two networks of three weights"
		if strings.Contains(wrong, "different dtypes") {
			of += ", float32 or float64 as a Spec has them; graph.MulScalar and graph.ConstAs give numbers their type"
		}
		return "", fmt.Errorf("its step cannot be built for %s: %s", of, wrong)
	}
	if slices.ContainsFunc(strings.Split(words, "Constant(")[1:], isLarge) {
		return "", errors.New("its step has a constant of 32 numbers or more, which would not be told from others; compute it from what the step remembers")
	}
	return words, nil
}

// isLarge reports whether GoMLX leaves the values of a constant out of its words, "(Float64)[32]) -> …" and not "(Float64): 0.5) -> …":
// they may only show in a late step.
func isLarge(constant string) bool {
	head, _, _ := strings.Cut(constant, " -> ")
	return !strings.Contains(head, ": ")
}

// course returns the weights of R networks, and what is remembered, after each of a few steps.
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

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}
