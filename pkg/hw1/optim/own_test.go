package optim

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
)

// lion is Lion (Chen et al. 2023), by the signs of an interpolation.
func lion(theta, gradient, rate *graph.Node, memory []*graph.Node) (change *graph.Node, next []*graph.Node) {
	toward := func(beta float64) *graph.Node {
		return graph.Add(graph.MulScalar(memory[0], beta), graph.MulScalar(gradient, 1-beta))
	}
	return graph.Mul(rate, graph.Sign(toward(0.9))), []*graph.Node{toward(0.99)}
}

// momentum returns a step of SGD with momentum.
func momentum(factor float64) StepFn {
	return func(_, gradient, rate *graph.Node, memory []*graph.Node) (*graph.Node, []*graph.Node) {
		velocity := graph.Add(graph.MulScalar(memory[0], factor), gradient)
		return graph.Mul(rate, velocity), []*graph.Node{velocity}
	}
}

// after returns the weights of two networks after 300 steps at a learning rate.
func after(t *testing.T, r Rule, rate float64) []float64 {
	t.Helper()
	if err := r.Valid(); err != nil {
		t.Fatal(err)
	}
	rates := slices.Repeat([]float64{rate}, 300)
	state := r.InitialState([]float64{0.5, -0.5, 1, -1, 2, 0.25, 0.75, -1.25, 1.5, -2}, 2, dtypes.Float64)
	operands := append([]*tensors.Tensor{tensors.FromFlatDataAndDimensions(rates, len(rates))}, state...)
	return devicetest.Call(t, func(in []*graph.Node) []*graph.Node { return manySteps(r, in[0], in[1:]) }, operands...)[0]
}

// One's own SGD with momentum, under a weight decay and a longest gradient, is that of the package, bit for bit.
func TestOwnMomentum(t *testing.T) {
	ours := Rule{Optimizer: SGD, LearningRate: 0.05, Momentum: 0.9, WeightDecay: 0.01, ClipNorm: 0.5}
	theirs := Rule{Optimizer: Own("mine", 1, momentum(0.9)), LearningRate: 0.05, WeightDecay: 0.01, ClipNorm: 0.5}
	hw1test.CheckNear(t, "weights", after(t, theirs, 0.05), after(t, ours, 0.05), 0)
}

func TestOwnLion(t *testing.T) {
	want := []float64{0.5, -0.5, 1, -1, 2}
	m := make([]float64, len(want))
	for range 300 {
		for i, g := range problemGradient(want) {
			if c := 0.9*m[i] + (1-0.9)*g; c != 0 {
				want[i] -= math.Copysign(0.003, c)
			}
			m[i] = 0.99*m[i] + (1-0.99)*g
		}
	}
	hw1test.CheckNear(t, "weights", after(t, Rule{Optimizer: Own("lion", 1, lion), LearningRate: 0.003}, 0.003)[:5], want, 1e-12)
}

// An optimizer of one's own is known by what it does.
func TestOwnIsKnownByItsSteps(t *testing.T) {
	first := Own("mine", 1, momentum(0.9))
	if again := Own("mine", 1, momentum(0.9)); again != first {
		t.Errorf("declared twice, it is %q and %q", string(first), string(again))
	}
	if other := Own("mine", 1, momentum(0.9001)); other == first {
		t.Error("with another factor it is the same")
	}
	if first.String() != "mine" {
		t.Errorf("it is called %q", first)
	}
	if renamed := Own("yours", 1, momentum(0.9)); renamed != first || renamed.String() != "yours" {
		t.Errorf("renamed, it is %q, called %q", string(renamed), renamed)
	}
}

// What shows in none of the first steps tells optimizers apart, too: a constant that is small, and a switch that comes late.
func TestOwnIsKnownByWhatComesLater(t *testing.T) {
	adagrad := func(epsilon float64) Optimizer {
		return Own("adagrad", 1, func(_, g, rate *graph.Node, memory []*graph.Node) (*graph.Node, []*graph.Node) {
			sum := graph.Add(memory[0], graph.Square(g))
			return graph.Mul(rate, graph.Div(g, graph.AddScalar(graph.Sqrt(sum), epsilon))), []*graph.Node{sum}
		})
	}
	switching := func(after float64) Optimizer {
		return Own("switching", 1, func(_, g, rate *graph.Node, memory []*graph.Node) (*graph.Node, []*graph.Node) {
			late := graph.GreaterThan(memory[0], graph.ConstAs(memory[0], after))
			return graph.Mul(rate, graph.Where(late, g, graph.Sign(g))), []*graph.Node{graph.AddScalar(memory[0], 1)}
		})
	}
	for name, twice := range map[string][3]Optimizer{
		"adagrad":   {adagrad(1e-8), adagrad(1e-8), adagrad(1e-10)},
		"switching": {switching(100), switching(100), switching(300)},
	} {
		if twice[0] != twice[1] || twice[0] == twice[2] {
			t.Errorf("%s: one and the same, and another, are %q", name, twice)
		}
	}
}

// Two optimizers of one name are told apart where they are named.
func TestOwnOfOneName(t *testing.T) {
	a, b, c := Own("twin", 1, momentum(0.5)), Own("twin", 1, momentum(0.6)), Own("alone", 1, momentum(0.7))
	if a.Label() == b.Label() || !strings.HasPrefix(a.Label(), "twin (") || c.Label() != "alone" || SGD.Label() != "sgd" {
		t.Errorf("they are called %q, %q and %q, and SGD %q", a.Label(), b.Label(), c.Label(), SGD.Label())
	}
}

// A step whose variable is another when it is used than when it was declared would be kept under the first one's key.
func TestOwnThatHasChanged(t *testing.T) {
	factor := 0.9
	late := Rule{LearningRate: 0.1, Optimizer: Own("late", 1, func(theta, g, rate *graph.Node, memory []*graph.Node) (*graph.Node, []*graph.Node) {
		return momentum(factor)(theta, g, rate, memory)
	})}
	if err := late.Valid(); err != nil {
		t.Fatal(err)
	}
	factor = 0.8
	hw1test.CheckMessage(t, hw1test.MessageOf(late.Valid()), "has changed since it was declared")
}

func TestOwnMistakes(t *testing.T) {
	built := 0.0
	for says, o := range map[string]Optimizer{
		"needs a name":         Own("", 1, lion),
		"its step is nil":      Own("mine", 0, nil),
		"remembers -1 tensors": Own("mine", -1, lion),
		"a change and 2 more":  Own("mine", 2, lion),
		"own_test.go:":         Own("mine", 0, lion), // looks at what it does not remember
		"reduce along axis 1": Own("mine", 0, func(_, g, rate *graph.Node, _ []*graph.Node) (*graph.Node, []*graph.Node) {
			return graph.Div(g, graph.ReduceAllMax(g)), nil
		}),
		"is not finite": Own("mine", 0, func(_, g, rate *graph.Node, _ []*graph.Node) (*graph.Node, []*graph.Node) { return graph.Log(g), nil }),
		"but returned [(Float32)[2]]": Own("mine", 0, func(_, g, rate *graph.Node, _ []*graph.Node) (*graph.Node, []*graph.Node) {
			return graph.ReduceSum(g, 1), nil
		}),
		"returned [nil]": Own("mine", 0, func(_, _, _ *graph.Node, _ []*graph.Node) (*graph.Node, []*graph.Node) { return nil, nil }),
		"entry of which is 0, is not finite": Own("mine", 0, func(_, g, rate *graph.Node, _ []*graph.Node) (*graph.Node, []*graph.Node) {
			return graph.Mul(rate, graph.Div(g, graph.Sqrt(graph.Square(g)))), nil
		}),
		"graph.ConstAs give numbers": Own("mine", 0, func(_, g, _ *graph.Node, _ []*graph.Node) (*graph.Node, []*graph.Node) {
			return graph.Mul(g, graph.Const(g.Graph(), float32(0.5))), nil
		}),
		"a constant of 32 numbers or more": Own("mine", 1, func(_, g, rate *graph.Node, memory []*graph.Node) (*graph.Node, []*graph.Node) {
			rates := graph.Const(g.Graph(), make([]float32, 32)) // of each step
			step := graph.ConvertDType(graph.Slice(memory[0], graph.AxisElem(0), graph.AxisElem(0)), dtypes.Int32)
			factor := graph.ConvertDType(graph.Gather(rates, graph.Reshape(step, 1, 1)), g.DType())
			return graph.Mul(graph.Mul(rate, graph.Reshape(factor)), g), []*graph.Node{graph.AddScalar(memory[0], 1)}
		}),
		"differs each time": Own("mine", 0, func(_, g, _ *graph.Node, _ []*graph.Node) (*graph.Node, []*graph.Node) {
			built++
			return graph.MulScalar(g, built), nil
		}),
		"what optim.Own has declared":  "own 0123",
		"unknown optimizer \"lion\"; ": "lion",
	} {
		err := Rule{Optimizer: o, LearningRate: 0.1}.Valid()
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says)
	}
}
