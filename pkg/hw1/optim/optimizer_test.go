package optim

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

// A few steps on one batch follow plain Adam with finite-difference gradients.
func TestAdam(t *testing.T) {
	const rate, decay, steps, n = 0.01, 0.05, 4, 7
	for name, c := range map[string]struct {
		arch nn.Arch
		loss loss.Loss
	}{"regression": {nn.MLP(1, 5, 4, 1), loss.MSE}, "one logit": {nn.MLP(1, 6, 1), loss.CrossEntropy}, "softmax": {nn.MLP(3, 5, 4), loss.CrossEntropy}} {
		features, outputs := c.arch.Input[0], c.arch.Outputs()
		net := nn.New(c.arch, nn.Tanh, c.loss, c.arch.Outputs() > 1, 0, dtypes.Float64)
		x, theta := hw1test.RandomVector(n*features, 1), c.arch.InitTheta(2)
		y, labels := make([]float64, n), make([]int32, n)
		for i := range y {
			labels[i] = int32(i % max(2, outputs))
			y[i] = float64(labels[i])
		}
		targets := tensors.FromFlatDataAndDimensions(y, n)
		if outputs > 1 {
			targets = tensors.FromFlatDataAndDimensions(labels, n)
		}
		loss := func(theta []float64) float64 {
			sum := 0.0
			for i := range n {
				sum += hw1test.Loss(string(c.loss), hw1test.NetOf(c.arch).Forward("tanh", theta, x[i*features:(i+1)*features]), y[i])
			}
			return sum / n
		}
		matrix := func(v []float64) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(v, 1, len(v)) }
		got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
			state := []*graph.Node{in[0], in[1], in[1], graph.ScalarZero(in[0].Graph(), in[0].DType())}
			for range steps {
				state, _, _ = Loop{Net: net, Rule: Rule{LearningRate: rate, WeightDecay: decay}}.oneStep(state, append(in[2:], graph.Const(in[0].Graph(), rate)), nil)
			}
			return state
		}, matrix(theta), matrix(make([]float64, len(theta))), tensors.FromFlatDataAndDimensions(x, n, features), targets)
		theta, oracle := slices.Clone(theta), reference{Rule: Rule{WeightDecay: decay}}
		for range steps {
			oracle.step(theta, fd.Gradient(nil, loss, theta, &fd.Settings{Formula: fd.Central}), rate)
		}
		hw1test.CheckNear(t, name+" theta", got[0], theta, 1e-6)
		hw1test.CheckNear(t, name+" first moment", got[1], oracle.m, 1e-7)
		hw1test.CheckNear(t, name+" second moment", got[2], oracle.v, 1e-7)
		hw1test.CheckNear(t, name+" steps", got[3], []float64{steps}, 0)
	}
}

// reference is an optimizer in plain Go, after the papers.
type reference struct {
	Rule
	m, v []float64
	t    int
}

func (s *reference) step(theta, gradient []float64, rate float64) {
	if s.m == nil {
		s.m, s.v = make([]float64, len(theta)), make([]float64, len(theta))
	}
	s.t++
	clip := 1.0
	if norm := floats.Norm(gradient, 2); s.ClipNorm > 0 && norm > s.ClipNorm {
		clip = s.ClipNorm / norm
	}
	for i := range theta {
		g := clip * gradient[i]
		if s.Optimizer == AdamW {
			theta[i] -= rate * s.WeightDecay * theta[i]
		} else {
			g += s.WeightDecay * theta[i]
		}
		if s.Optimizer == SGD {
			s.v[i] = s.Momentum*s.v[i] + g
			step := s.v[i]
			if s.Nesterov {
				step = g + s.Momentum*s.v[i]
			}
			theta[i] -= rate * step
			continue
		}
		b1, b2, eps := 0.9, 0.999, 1e-8
		if s.Beta1 > 0 {
			b1, b2, eps = s.Beta1, s.Beta2, s.Epsilon
		}
		s.m[i] = b1*s.m[i] + (1-b1)*g
		s.v[i] = b2*s.v[i] + (1-b2)*g*g
		mHat := s.m[i] / (1 - math.Pow(b1, float64(s.t)))
		vHat := s.v[i] / (1 - math.Pow(b2, float64(s.t)))
		theta[i] -= rate * mHat / (math.Sqrt(vHat) + eps)
	}
}

// The gradient of the test's problem: Σ a_i/2 (θ_i - c_i)² + θ_i⁴/40.
var problemA, problemC = []float64{0.1, 1, 3, 10, 0.5}, []float64{1, -2, 0.5, 3, -0.25}

func problemGradient(theta []float64) []float64 {
	g := make([]float64, len(theta))
	for i, v := range theta {
		g[i] = problemA[i]*(v-problemC[i]) + v*v*v/10
	}
	return g
}

// A thousand steps of every rule, with rates that change, follow the reference in plain
// Go, and end where optax 0.2.8 ends (JAX in double precision, same steps), but for rounding.
func TestOptimizers(t *testing.T) {
	const steps = 1000
	for name, c := range map[string]struct {
		Rule
		Schedule
		optax []float64
	}{
		"Adam":          {Rule{}, Schedule{}, []float64{0.6823278038280194, -1.5945621166311525, 0.4959341551405279, 2.7841799029321295, -0.24698664426556646}},
		"coupled decay": {Rule{WeightDecay: 0.1}, Schedule{Cosine: true}, []float64{0.45339765151640377, -1.5070297057566817, 0.48029686073963634, 2.7565642787138196, -0.20681075147909733}},
		"AdamW":         {Rule{Optimizer: AdamW, WeightDecay: 0.1}, Schedule{Warmup: 10}, []float64{0.6810187809232106, -1.5668156026454145, 0.49210148004711196, 2.5224217948540892, -0.2295060403273174}},
		"betas":         {Rule{Beta1: 0.8, Beta2: 0.99, Epsilon: 0.1, WeightDecay: 0.1}, Schedule{Cosine: true}, []float64{0.453397651516405, -1.5070297057566813, 0.4802968607396365, 2.761739146683931, -0.20685803868646585}},
		"AdamW's betas": {Rule{Optimizer: AdamW, Beta1: 0.7, Beta2: 0.995, Epsilon: 0.05, WeightDecay: 0.1}, Schedule{Warmup: 10}, []float64{0.6671018429584347, -1.5819635370994987, 0.4941255601974485, 2.691494886622929, -0.2396588960592645}},
		"descent":       {Rule{Optimizer: SGD}, Schedule{Steps: []int{40}}, []float64{0.6592774462768556, -1.5945620121713961, 0.49593415514064293, 2.784179903218099, -0.23034572751652885}},
		"momentum":      {Rule{Optimizer: SGD, Momentum: 0.9, WeightDecay: 0.05}, Schedule{Warmup: 5, Cosine: true}, []float64{0.5535737822176657, -1.5500635313415931, 0.4879931354807616, 2.7729226019568056, -0.22519627981644091}},
		"Nesterov":      {Rule{Optimizer: SGD, Momentum: 0.95, Nesterov: true}, Schedule{}, []float64{0.6823278038279652, -1.5945621166311528, 0.4959341551405279, 2.7841799032181, -0.24698664426554826}},
		"clipped":       {Rule{Optimizer: SGD, Momentum: 0.9, ClipNorm: 0.3}, Schedule{Steps: []int{70}}, []float64{0.6823278038280223, -1.5945621166311523, 0.49593415514052835, 2.784179903218099, -0.24698664426556752}},
		"clipped Adam":  {Rule{ClipNorm: 0.1, WeightDecay: 0.01}, Schedule{Cosine: true}, []float64{0.6543665204096247, -1.5855455653943735, 0.4943258310663536, 2.781922511119304, -0.242308479510322}},
	} {
		c.LearningRate = 0.02
		rates := c.Resolved().Rates(c.LearningRate, 0, steps, 10, steps/10)
		start := []float64{0.5, -0.5, 1, -1, 2}
		state := c.InitialState(slices.Concat(start, start), 2, dtypes.Float64)
		operands := append([]*tensors.Tensor{tensors.FromFlatDataAndDimensions(rates, steps)}, state...)
		got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node { return manySteps(c.Rule, in[0], in[1:]) }, operands...)
		want, oracle := slices.Clone(start), reference{Rule: c.Rule}
		for _, rate := range rates {
			oracle.step(want, problemGradient(want), rate)
		}
		hw1test.CheckNear(t, name, got[0], slices.Concat(want, want), 1e-12)
		hw1test.CheckNear(t, name+" against optax", got[0][:5], c.optax, 1e-12)
	}
}

// manySteps returns the state after a step at each rate, in a loop.
func manySteps(o Rule, rates *graph.Node, state []*graph.Node) []*graph.Node {
	initial := append([]*graph.Node{graph.Const(rates.Graph(), int32(0)), rates}, state...)
	cond := graph.NewClosure(rates.Graph(), func(g *graph.Graph) []*graph.Node {
		return []*graph.Node{graph.LessThan(closureParams(g, initial)[0], graph.Const(g, int32(rates.Shape().Dimensions[0])))}
	})
	body := graph.NewClosure(rates.Graph(), func(g *graph.Graph) []*graph.Node {
		p := closureParams(g, initial)
		theta := p[2]
		a, c := graph.Const(g, [][]float64{problemA}), graph.Const(g, [][]float64{problemC})
		gradientAt := func(theta *graph.Node) *graph.Node {
			return graph.Add(graph.Mul(a, graph.Sub(theta, c)), graph.DivScalar(graph.Mul(theta, graph.Square(theta)), 10))
		}
		next := o.Step(p[2:], gradientAt(theta), rowAt(p[1], p[0]), nil, gradientAt, nil)
		return append([]*graph.Node{graph.Add(p[0], graph.Const(g, int32(1))), p[1]}, next...)
	})
	return graph.While(cond, body, initial...)[2:]
}

// Settings at the ends of their ranges are taken, and those beyond get a message that names them.
func TestSettingsOfARule(t *testing.T) {
	for _, r := range []Rule{
		{LearningRate: 10, WeightDecay: 1, Beta1: 1e-3, Beta2: 0.9999, Epsilon: 1},
		{LearningRate: 1e-9, Optimizer: AdamW, ClipNorm: 1e-9},
		{LearningRate: 1, Optimizer: SGD, Momentum: 0.999, Nesterov: true, ClipNorm: 1e9},
	} {
		if err := r.Valid(); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
	for says, r := range map[string]Rule{
		"learning rate 0;":      {},
		"learning rate NaN;":    {LearningRate: math.NaN()},
		"learning rate 10.5;":   {LearningRate: 10.5},
		"weight decay 1.5;":     {WeightDecay: 1.5},
		"weight decay -0.1;":    {WeightDecay: -0.1},
		"momentum 1;":           {Optimizer: SGD, Momentum: 1},
		"momentum -0.5;":        {Optimizer: SGD, Momentum: -0.5},
		"leave it out with ad":  {Momentum: 0.9},
		"set Momentum, to 0.9":  {Optimizer: SGD, Nesterov: true},
		"betas of 1 and":        {Beta1: 1},
		"betas of -0.1 and":     {Beta1: -0.1},
		"and 1 with":            {Beta2: 1},
		"and -0.1 with":         {Beta2: -0.1},
		"an epsilon of 2;":      {Epsilon: 2},
		"an epsilon of -1;":     {Epsilon: -1},
		"sgd has none":          {Optimizer: SGD, Beta1: 0.5},
		"sgd has none, so":      {Optimizer: SGD, Epsilon: 1e-3},
		"none, so leave them":   {Optimizer: SGD, Beta2: 0.9},
		"to a norm of -1;":      {ClipNorm: -1},
		"to a norm of NaN;":     {ClipNorm: math.NaN()},
		`optimizer "momentum";`: {Optimizer: "momentum"},
	} {
		if !strings.HasPrefix(says, "learning") {
			r.LearningRate = 0.1
		}
		hw1test.CheckMessage(t, hw1test.MessageOf(r.Valid()), says)
	}
}
