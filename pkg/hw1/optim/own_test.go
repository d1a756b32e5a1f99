package optim

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
)

// lion is Lion (Chen et al. 2023), by the signs of an interpolation.
func lion(at Point) (change *graph.Node, memory []*graph.Node) {
	toward := func(beta float64) *graph.Node {
		return graph.Add(graph.MulScalar(at.Memory[0], beta), graph.MulScalar(at.Gradient, 1-beta))
	}
	return graph.Mul(at.Rate, graph.Sign(toward(0.9))), []*graph.Node{toward(0.99)}
}

// momentum returns a step of SGD with momentum.
func momentum(factor float64) StepFn {
	return func(at Point) (*graph.Node, []*graph.Node) {
		velocity := graph.Add(graph.MulScalar(at.Memory[0], factor), at.Gradient)
		return graph.Mul(at.Rate, velocity), []*graph.Node{velocity}
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

// A step of one's own that only hands on to a rule of the package is that rule, and one with the gradient of another place is it there.
func TestOwnAroundARule(t *testing.T) {
	for name, base := range map[string]Rule{
		"Adam":     {},
		"betas":    {Beta1: 0.8, Beta2: 0.99, Epsilon: 1e-4},
		"SGD":      {Optimizer: SGD},
		"Nesterov": {Optimizer: SGD, Momentum: 0.9, Nesterov: true},
	} {
		t.Run(name, func(t *testing.T) {
			around := Rule{Optimizer: Own("around", base.Memory(), base.Change), LearningRate: 0.01, WeightDecay: 0.01, ClipNorm: 0.5}
			plain := base
			plain.LearningRate, plain.WeightDecay, plain.ClipNorm = 0.01, 0.01, 0.5
			hw1test.CheckNear(t, "weights", after(t, around, 0.01), after(t, plain, 0.01), 1e-13)
		})
	}
	base := Rule{Optimizer: SGD}
	around := Own("SAM", base.Memory(), func(at Point) (*graph.Node, []*graph.Node) {
		at.Gradient = uphill(at, 0.05)
		return base.Change(at)
	})
	hw1test.CheckNear(t, "SAM", after(t, Rule{Optimizer: around, LearningRate: 0.002}, 0.002), after(t, Rule{Optimizer: Own("SAM", 0, sam(0.05)), LearningRate: 0.002}, 0.002), 1e-13)
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

// Sharpness-aware minimization, under a weight decay and a longest gradient, which hold for the second gradient, too.
func TestOwnSAM(t *testing.T) {
	const rho, rate, decay, longest = 0.05, 0.002, 0.01, 0.5
	want := []float64{0.5, -0.5, 1, -1, 2}
	gradientAt := func(theta []float64) []float64 {
		g := problemGradient(theta)
		floats.Scale(min(1, longest/floats.Norm(g, 2)), g)
		floats.AddScaled(g, decay, theta)
		return g
	}
	for range 300 { // so short steps that they do not reach the minimum, around which they would amplify rounding
		g := gradientAt(want)
		uphill := floats.AddScaledTo(make([]float64, len(want)), want, rho/(floats.Norm(g, 2)+1e-12), g)
		floats.AddScaled(want, -rate, gradientAt(uphill))
	}
	hw1test.CheckNear(t, "weights", after(t, Rule{Optimizer: Own("SAM", 0, sam(rho)), LearningRate: rate, WeightDecay: decay, ClipNorm: longest}, rate)[:5], want, 1e-12)
}

// sam returns a step of sharpness-aware minimization (Foret et al. 2021).
func sam(rho float64) StepFn {
	return func(at Point) (*graph.Node, []*graph.Node) { return graph.Mul(at.Rate, uphill(at, rho)), nil }
}

// uphill returns the gradient at a distance of rho along the gradient.
func uphill(at Point, rho float64) *graph.Node {
	norm := graph.Sqrt(graph.ReduceAndKeep(graph.Square(at.Gradient), graph.ReduceSum, 1))
	return at.GradientAt(graph.Add(at.Theta, graph.MulScalar(graph.Div(at.Gradient, graph.AddScalar(norm, 1e-12)), rho)))
}

// An optimizer of one's own is known by what it does.
func TestOwnIsKnownByItsSteps(t *testing.T) {
	first := Own("mine", 1, momentum(0.9))
	if string(first) != "own b02c55f1da218e2e3bfcdd913a146094" { // in the keys of stored runs
		t.Errorf("it is now identified as %q", string(first))
	}
	if again := Own("mine", 1, momentum(0.9)); again != first {
		t.Errorf("declared twice, it is %q and %q", string(first), string(again))
	}
	if other := Own("mine", 1, momentum(0.9001)); other == first {
		t.Error("with another factor it is the same")
	}
	if first.String() != "mine" {
		t.Errorf("it is called %q", first)
	}
	if near, far := Own("SAM", 0, sam(0.05)), Own("SAM", 0, sam(0.1)); near == far {
		t.Error("where the second gradient is taken makes no difference")
	}
	if renamed := Own("yours", 1, momentum(0.9)); renamed != first || renamed.String() != "yours" {
		t.Errorf("renamed, it is %q, called %q", string(renamed), renamed)
	}
}

// What shows in none of the first steps tells optimizers apart, too: a constant that is small, and a switch that comes late.
func TestOwnIsKnownByWhatComesLater(t *testing.T) {
	adagrad := func(epsilon float64) Optimizer {
		return Own("adagrad", 1, func(at Point) (*graph.Node, []*graph.Node) {
			sum := graph.Add(at.Memory[0], graph.Square(at.Gradient))
			return graph.Mul(at.Rate, graph.Div(at.Gradient, graph.AddScalar(graph.Sqrt(sum), epsilon))), []*graph.Node{sum}
		})
	}
	switching := func(after float64) Optimizer {
		return Own("switching", 1, func(at Point) (*graph.Node, []*graph.Node) {
			late := graph.GreaterThan(at.Memory[0], graph.ConstAs(at.Memory[0], after))
			return graph.Mul(at.Rate, graph.Where(late, at.Gradient, graph.Sign(at.Gradient))), []*graph.Node{graph.AddScalar(at.Memory[0], 1)}
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
	late := Rule{LearningRate: 0.1, Optimizer: Own("late", 1, func(at Point) (*graph.Node, []*graph.Node) { return momentum(factor)(at) })}
	if err := late.Valid(); err != nil {
		t.Fatal(err)
	}
	factor = 0.8
	hw1test.CheckMessage(t, hw1test.MessageOf(late.Valid()), "has changed since it was declared")
}

// Two masks that begin alike are two optimizers, which three weights cannot tell apart: what is known for these is not for more.
func TestOwnWithAConstantOfTheWeights(t *testing.T) {
	masked := func(mask ...float64) Optimizer {
		return Own("masked", 0, func(at Point) (*graph.Node, []*graph.Node) {
			part := graph.ConstAs(at.Theta, mask[:at.Theta.Shape().Dimensions[1]])
			return graph.Mul(at.Rate, graph.Mul(at.Gradient, graph.InsertAxes(part, 0))), nil
		})
	}
	for _, o := range []Optimizer{masked(1, 0, 1, 1), masked(1, 0, 1, 0)} {
		hw1test.CheckMessage(t, hw1test.MessageOf(o.KnownFor(4)), `"masked"`, "(Float64)[4]", "(Float64)[3]", "at.Theta")
		if err := o.KnownFor(3); err != nil {
			t.Error(err)
		}
	}
	hw1test.CheckMessage(t, hw1test.MessageOf(masked(1, 0, 1).KnownFor(4)), "cannot be built for two networks of 4 weights")
	for _, o := range []Optimizer{Adam, "lion", "own 0123", Own("mine", 1, momentum(0.9)), Own("SAM", 0, sam(0.05))} {
		if err := o.KnownFor(1000); err != nil {
			t.Errorf("%q: %v", o, err)
		}
	}
}

func TestOwnMistakes(t *testing.T) {
	built := 0.0
	for says, o := range map[string]Optimizer{
		"needs a name":         Own("", 1, lion),
		"its step is nil":      Own("mine", 0, nil),
		"remembers -1 tensors": Own("mine", -1, lion),
		"a change and 2 more":  Own("mine", 2, lion),
		"own_test.go:":         Own("mine", 0, lion), // looks at what it does not remember
		"reduce along axis 1": Own("mine", 0, func(at Point) (*graph.Node, []*graph.Node) {
			return graph.Div(at.Gradient, graph.ReduceAllMax(at.Gradient)), nil
		}),
		"is not finite": Own("mine", 0, func(at Point) (*graph.Node, []*graph.Node) { return graph.Log(at.Gradient), nil }),
		"but returned [(Float32)[2]]": Own("mine", 0, func(at Point) (*graph.Node, []*graph.Node) {
			return graph.ReduceSum(at.Gradient, 1), nil
		}),
		"for three weights does not depend on the learning rate": Own("mine", 0, func(at Point) (*graph.Node, []*graph.Node) {
			return graph.MulScalar(at.Gradient, 0.01), nil
		}),
		"returned [nil]": Own("mine", 0, func(at Point) (*graph.Node, []*graph.Node) { return nil, nil }),
		"entry of which is 0, is not finite": Own("mine", 0, func(at Point) (*graph.Node, []*graph.Node) {
			return graph.Mul(at.Rate, graph.Div(at.Gradient, graph.Sqrt(graph.Square(at.Gradient)))), nil
		}),
		"graph.ConstAs give numbers": Own("mine", 0, func(at Point) (*graph.Node, []*graph.Node) {
			return graph.Mul(at.Gradient, graph.Const(at.Gradient.Graph(), float32(0.5))), nil
		}),
		"a constant of 32 numbers or more": Own("mine", 1, func(at Point) (*graph.Node, []*graph.Node) {
			rates := graph.Const(at.Gradient.Graph(), make([]float32, 32)) // of each step
			step := graph.ConvertDType(graph.Slice(at.Memory[0], graph.AxisElem(0), graph.AxisElem(0)), dtypes.Int32)
			factor := graph.ConvertDType(graph.Gather(rates, graph.Reshape(step, 1, 1)), at.Gradient.DType())
			return graph.Mul(graph.Mul(at.Rate, graph.Reshape(factor)), at.Gradient), []*graph.Node{graph.AddScalar(at.Memory[0], 1)}
		}),
		"differs each time": Own("mine", 0, func(at Point) (*graph.Node, []*graph.Node) {
			built++
			return graph.MulScalar(at.Gradient, built), nil
		}),
		"remembers 3 tensors, but is given 1":         Own("mine", 1, Rule{}.Change),
		"the rule inside it has a learning rate of 1": Own("mine", 3, Rule{LearningRate: 1}.Change),
		"the rule inside it: momentum 0.9 is for":     Own("mine", 3, Rule{Momentum: 0.9}.Change),
		"none of the package's":                       Own("mine", 0, Rule{Optimizer: "lion"}.Change),
		"what optim.Own has declared":                 "own 0123",
		"unknown optimizer \"lion\"; ":                "lion",
	} {
		err := Rule{Optimizer: o, LearningRate: 0.1}.Valid()
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says)
	}
}

// Checkpoints are read by the names of the state, and begin with zeros of the shape of theta, or a number of steps.
func TestState(t *testing.T) {
	for _, c := range []struct {
		rule Rule
		want string
	}{
		{Rule{}, "theta m v t"},
		{Rule{Optimizer: AdamW}, "theta m v t"},
		{Rule{Optimizer: SGD}, "theta"},
		{Rule{Optimizer: SGD, Momentum: 0.5}, "theta velocity"},
		{Rule{Optimizer: Own("two", 2, func(at Point) (*graph.Node, []*graph.Node) { return graph.Mul(at.Rate, at.Gradient), at.Memory })}, "theta memory 1 memory 2"},
	} {
		names := c.rule.StateNames()
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("the state of %s is %q, want %q", c.rule.Optimizer, got, c.want)
		}
		for i, tensor := range c.rule.InitialState([]float64{1, 2, 3, 4, 5, 6}, 2, dtypes.Float32) {
			want := "(Float32)[2, 3]"
			if names[i] == "t" {
				want = "(Float32)"
			}
			values, err := device.Floats(tensor)
			if err != nil || tensor.Shape().String() != want || (floats.Norm(values, 2) == 0) == (i == 0) {
				t.Errorf("%s of %s begins as %v of shape %v: %v", names[i], c.rule.Optimizer, values, tensor.Shape(), err)
			}
		}
	}
}
