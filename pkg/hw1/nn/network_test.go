package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/loss"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

// problem is a small network with examples, all in double precision.
type problem struct {
	name    string
	net     Network
	inputs  []float64 // [n, features]
	targets []float64 // [n], values or labels
	theta   []float64
}

func problems() []problem {
	rng := rand.New(rand.NewPCG(1, 2))
	var all []problem
	add := func(name string, a Arch, act Activation, minimized loss.Loss, n int) {
		p := problem{name: name, net: New(a, act, minimized, a.Outputs() > 1, 0, dtypes.Float64)}
		for range n * a.Features() {
			p.inputs = append(p.inputs, 2*rng.Float64()-1)
		}
		for range n {
			switch {
			case minimized == loss.MSE && a.Outputs() == 1:
				p.targets = append(p.targets, rng.NormFloat64())
			default:
				p.targets = append(p.targets, float64(rng.IntN(max(2, a.Outputs()))))
			}
		}
		for range a.ParamCount() {
			p.theta = append(p.theta, rng.NormFloat64()/2)
		}
		for _, q := range a.Params() {
			for i := q.Offset; q.Fixed && i < q.Offset+q.Size; i++ {
				p.theta[i] = 0.5 + p.theta[i]*p.theta[i] // variances are positive
			}
		}
		all = append(all, p)
	}
	for _, act := range []Activation{ReLU, LeakyReLU, Tanh} {
		add("mse "+string(act), MLP(1, 5, 4, 1), act, loss.MSE, 7)
		add("one logit "+string(act), MLP(1, 6, 1), act, loss.CrossEntropy, 7)
		add("softmax "+string(act), MLP(3, 5, 4), act, loss.CrossEntropy, 7)
		// 12 → 9 → 4: an odd size, whose last row the pool leaves out.
		add("cnn "+string(act), Arch{Input: []int{12, 11, 2}, Conv: []int{3}, Dense: []int{5, 4}}, act, loss.CrossEntropy, 3)
	}
	for act := range activations {
		add("dense "+string(act), MLP(2, 6, 5, 1), act, loss.MSE, 7)
	}
	add("padded", Arch{Input: []int{7, 6, 2}, Conv: []int{3, 2}, Dense: []int{4}, Pad: true}, Tanh, loss.CrossEntropy, 3)
	add("two blocks", Arch{Input: []int{13, 14, 1}, Conv: []int{2, 3}, Dense: []int{4}}, Tanh, loss.CrossEntropy, 3)
	// Pixels without ink, as at MNIST's edges, leave equal values in the pools' windows.
	add("blank", Arch{Input: []int{19, 18, 1}, Conv: []int{2, 3}, Dense: []int{4}}, ReLU, loss.CrossEntropy, 3)
	blank := all[len(all)-1]
	for i := range blank.inputs {
		if row := i / 18 % 19; row < 12 {
			blank.inputs[i] = 0
		}
	}
	image := func(pad bool, blocks ...Block) Arch {
		return Arch{Input: []int{11, 8, 2}, Conv: []int{3, 2}, Dense: []int{4, 3}, Pad: pad, Blocks: blocks}
	}
	add("3×3", image(true, Block{Kernel: 3}), ReLU, loss.CrossEntropy, 3)
	add("5×5 and 1×1", image(false, Block{Kernel: 5}, Block{Kernel: 1}), LeakyReLU, loss.CrossEntropy, 3)
	add("7×7 padded, 2×2", image(true, Block{Kernel: 7, Pool: NoPool}, Block{Kernel: 2}), Tanh, loss.CrossEntropy, 3)
	add("strides", image(false, Block{Kernel: 4, Stride: 2, Pool: NoPool}, Block{Kernel: 2, Stride: 2, Pool: NoPool}), Tanh, loss.CrossEntropy, 3)
	add("strides padded", image(true, Block{Kernel: 4, Stride: 3, Pool: NoPool}, Block{Kernel: 3, Stride: 2}), ReLU, loss.CrossEntropy, 3)
	// 11 → 3 and 8 → 2: the last rows and columns are read by no kernel, although the image has zeros before it.
	add("wide strides padded", image(true, Block{Kernel: 3, Stride: 4, Pool: NoPool}), Tanh, loss.CrossEntropy, 3)
	add("average pool", image(true, Block{Kernel: 3, Pool: AveragePool}), ReLU, loss.CrossEntropy, 3)
	add("gelu before the pool", image(true, Block{Kernel: 3}), GELU, loss.CrossEntropy, 3)
	add("residual", image(true, Block{Kernel: 3, Stride: 2, Pool: NoPool, Residual: true}, Block{Kernel: 3, Residual: true}), Tanh, loss.CrossEntropy, 3)
	add("batch norm", image(true, Block{Kernel: 3, Residual: true}).Normalized(), Tanh, loss.CrossEntropy, 3)
	add("dense batch norm", MLP(2, 5, 4, 1).Normalized(), Tanh, loss.MSE, 7)
	add("squares of labels", MLP(3, 5, 4), Tanh, loss.MSE, 7)
	add("only linear", MLP(3, 4), ReLU, loss.CrossEntropy, 5)
	return all
}

func (p problem) loss(theta []float64) float64 {
	f, sum := p.net.Arch.Features(), 0.0
	for i, y := range p.targets {
		sum += hw1test.Loss(string(p.net.loss), hw1test.NetOf(p.net.Arch).Forward(string(p.net.Activation), theta, p.inputs[i*f:(i+1)*f]), y)
	}
	return sum / float64(len(p.targets))
}

// refGradient returns the loss's gradient by central differences.
func (p problem) refGradient(theta []float64) []float64 {
	const h = 1e-6
	gradient := make([]float64, len(theta))
	for _, q := range p.net.Params {
		for i := q.Offset; i < q.Offset+q.Size && !q.Fixed; i++ {
			up, down := slices.Clone(theta), slices.Clone(theta)
			up[i] += h
			down[i] -= h
			gradient[i] = (p.loss(up) - p.loss(down)) / (2 * h)
		}
	}
	return gradient
}

// operands returns theta, x and y for replicas with these thetas.
func (p problem) operands(thetas ...[]float64) []*tensors.Tensor {
	r, n := len(thetas), len(p.targets)
	theta, x, y := slices.Concat(thetas...), slices.Repeat(p.inputs, r), slices.Repeat(p.targets, r)
	targets := tensors.FromFlatDataAndDimensions(y, r, n)
	if p.net.Arch.Outputs() > 1 {
		labels := make([]int32, len(y))
		for i, v := range y {
			labels[i] = int32(v)
		}
		targets = tensors.FromFlatDataAndDimensions(labels, r, n)
	}
	return []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(theta, r, len(p.theta)),
		tensors.FromFlatDataAndDimensions(x, r, n, p.net.Arch.Features()),
		targets,
	}
}

// gradient is TrainingGradient in evaluation mode.
func (n Network) gradient(theta, x, y *graph.Node) (losses, grad *graph.Node) {
	weights := n.Unpack(theta)
	losses = n.Losses(n.Forward(weights, x), y)
	return losses, Pack(graph.Gradient(graph.ReduceAllSum(losses), weights...))
}

// run returns outputs, losses and gradients of the graphs.
func (p problem) run(t *testing.T, thetas ...[]float64) [][]float64 {
	t.Helper()
	return devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
		outputs := p.net.Forward(p.net.Unpack(in[0]), in[1])
		losses, gradients := p.net.gradient(in[0], in[1], in[2])
		return []*graph.Node{outputs, losses, gradients}
	}, p.operands(thetas...)...)
}

func TestForwardAndGradient(t *testing.T) {
	hw1test.Slow(t)
	for _, p := range problems() {
		t.Run(p.name, func(t *testing.T) {
			got := p.run(t, p.theta)
			f, n := p.net.Arch.Features(), len(p.targets)
			want := make([]float64, n*p.net.Arch.Outputs()) // [outputs, n]
			for i := range n {
				for o, v := range hw1test.NetOf(p.net.Arch).Forward(string(p.net.Activation), p.theta, p.inputs[i*f:(i+1)*f]) {
					want[o*n+i] = v
				}
			}
			hw1test.CheckNear(t, "outputs", got[0], want, 1e-12)
			hw1test.CheckNear(t, "loss", got[1], []float64{p.loss(p.theta)}, 1e-12)
			hw1test.CheckNear(t, "gradient", got[2], p.refGradient(p.theta), 1e-7)
		})
	}
}

func TestReplicasAreIndependent(t *testing.T) {
	hw1test.Slow(t)
	for _, p := range problems() {
		if len(p.net.Arch.Conv) > 0 || p.net.Activation != Tanh {
			continue // convolutions take one replica; one activation is enough
		}
		other := slices.Clone(p.theta)
		for i := range other {
			other[i] = math.Abs(3 * math.Sin(float64(i))) // as a variance has to be
		}
		both := p.run(t, p.theta, other, p.theta)
		for i, theta := range [][]float64{p.theta, other, p.theta} {
			alone := p.run(t, theta)
			for j, what := range []string{"outputs", "loss", "gradient"} {
				width := len(alone[j])
				hw1test.CheckNear(t, p.name+" "+what, both[j][i*width:(i+1)*width], alone[j], 1e-13)
			}
		}
	}
}

// The losses and their gradients stay right for logits as large as ±1e4.
func TestExtremeLogits(t *testing.T) {
	type result struct{ loss, gradient []float64 }
	lossOf := func(width int) func([]*graph.Node) []*graph.Node {
		net := Network{Arch: MLP(1, width), loss: loss.CrossEntropy, labels: width > 1}
		return func(in []*graph.Node) []*graph.Node {
			each := net.ExampleLosses(in[0], in[1])
			return []*graph.Node{each, graph.Gradient(graph.ReduceAllSum(each), in[0])[0]}
		}
	}
	z := []float32{1e4, -1e4, 1e4, -1e4, 0}
	y := []float32{1, 0, 0, 1, 1}
	got := devicetest.Call(t, lossOf(1), tensors.FromFlatDataAndDimensions(z, 1, 1, 5), tensors.FromFlatDataAndDimensions(y, 1, 5))
	want := result{[]float64{0, 0, 1e4, 1e4, math.Ln2}, []float64{0, 0, 1, -1, -0.5}}
	hw1test.CheckNear(t, "one logit's loss", got[0], want.loss, 1e-6)
	hw1test.CheckNear(t, "one logit's gradient", got[1], want.gradient, 1e-6)

	logits := []float32{ // [classes, n]
		1e4, -1e4, 1e4,
		-1e4, -1e4, 1e4,
		0, 1e4, -1e4,
	}
	got = devicetest.Call(t, lossOf(3), tensors.FromFlatDataAndDimensions(logits, 1, 3, 3), tensors.FromFlatDataAndDimensions([]int32{0, 0, 1}, 1, 3))
	want = result{[]float64{0, 2e4, math.Ln2}, []float64{0, -1, 0.5, 0, 0, -0.5, 0, 1, 0}}
	hw1test.CheckNear(t, "softmax loss", got[0], want.loss, 1e-6)
	hw1test.CheckNear(t, "softmax gradient", got[1], want.gradient, 1e-6)
}

// Everything that a graph is made of tells it from others.
func TestTell(t *testing.T) {
	cnn := CNN([]int{4, 8}, 10)
	base := New(cnn, ReLU, loss.CrossEntropy, true, 0, dtypes.Float32)
	if again := New(CNN([]int{4, 8}, 10), ReLU, loss.CrossEntropy, true, 0, dtypes.Float32); base.Tell("a", 1) != again.Tell("a", 1) {
		t.Errorf("equal networks: %s and %s", base.Tell("a", 1), again.Tell("a", 1))
	}
	seen := map[string]bool{}
	add := func(text string) {
		if seen[text] {
			t.Errorf("not told from another: %s", text)
		}
		seen[text] = true
	}
	add(base.Tell("a", 1))
	add(base.Tell("b", 1))
	add(base.Tell("a", 2))
	for _, arch := range []Arch{
		CNN([]int{4, 9}, 10), CNN([]int{4, 8}, 11), MLP(784, 10), MLP(784, 4, 10), cnn.On(28, 28, 3), cnn.Padded(), cnn.Normalized(),
		cnn.With(Block{Kernel: 3}), cnn.With(Block{Stride: 2}), cnn.With(Block{Pool: NoPool}), cnn.With(Block{Residual: true}), cnn.With(Block{}, Block{Kernel: 3}),
	} {
		add(New(arch, ReLU, loss.CrossEntropy, true, 0, dtypes.Float32).Tell("a", 1))
	}
	add(New(cnn, LeakyReLU, loss.CrossEntropy, true, 0, dtypes.Float32).Tell("a", 1))
	add(New(cnn, ReLU, loss.MSE, true, 0, dtypes.Float32).Tell("a", 1))
	add(New(cnn, ReLU, loss.MSE, false, 0, dtypes.Float32).Tell("a", 1))
	add(New(cnn, ReLU, loss.CrossEntropy, true, 0.25, dtypes.Float32).Tell("a", 1))
	add(New(cnn, ReLU, loss.CrossEntropy, true, 0, dtypes.Float64).Tell("a", 1))
	own := func(factor float64) string {
		weights := []Param{{Name: "w", Shape: []int{2, 1}, FanIn: 2}}
		arch := Graph("linear", 1, []int{2}, 1, weights, func(w []*graph.Node, x *graph.Node) *graph.Node {
			return graph.MulScalar(graph.Dot(x, w[0]).Product(), factor)
		})
		return New(arch, ReLU, loss.MSE, false, 0, dtypes.Float32).Tell("a")
	}
	add(own(1))
	add(own(2)) // the same, declared anew
}
