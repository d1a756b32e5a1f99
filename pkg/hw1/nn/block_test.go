package nn

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/loss"
)

// The sizes and counts are those that PyTorch's formulas give: a convolution has
// out·(in·k²+1) parameters and a side of ⌊(side+2·padding-k)/stride⌋+1 (torch.nn.Conv2d), batch
// normalization two for each channel (torch.nn.BatchNorm2d).
func TestBlocksHaveTheSizesOfPyTorch(t *testing.T) {
	cnn := func(blocks ...Block) Arch { return CNN([]int{6, 16}, 10).On(32, 32, 3).With(blocks...) }
	for name, c := range map[string]struct {
		arch Arch
		want int
	}{
		"LeNet's, 32 → 28 → 14 → 10 → 5":        {cnn(Block{Kernel: 5}), 456 + 2416 + 16*25*10 + 10},
		"3×3 padded, 32 → 16 → 8":               {cnn(Block{Kernel: 3}).Padded(), 168 + 880 + 16*64*10 + 10},
		"stride 2, no pool, 32 → 15 → 7":        {cnn(Block{Kernel: 3, Stride: 2, Pool: NoPool}), 168 + 880 + 16*49*10 + 10},
		"7×7 of stride 3 padded, 32 → 11 → 4":   {cnn(Block{Kernel: 7, Stride: 3, Pool: NoPool}).Padded(), 888 + 4720 + 16*16*10 + 10},
		"1×1 and average pool, 32 → 16 → 8":     {cnn(Block{Kernel: 1, Pool: AveragePool}), 24 + 112 + 16*64*10 + 10},
		"each its own, 32 → 30 → 15":            {cnn(Block{Kernel: 3, Pool: NoPool}, Block{Kernel: 1}), 168 + 112 + 16*225*10 + 10},
		"batch normalization":                   {cnn(Block{Kernel: 5}).Normalized(), 456 + 12 + 2416 + 32 + 16*25*10 + 10},
		"residual with shortcuts, 32 → 16 → 8":  {cnn(Block{Kernel: 3, Stride: 2, Pool: NoPool, Residual: true}).Padded(), (168 + 330 + 24) + (880 + 2320 + 112) + 16*64*10 + 10},
		"a residual block without a projection": {CNN([]int{3}, 10).On(8, 8, 3).With(Block{Kernel: 3, Residual: true}).Padded(), 84 + 84 + 48*10 + 10},
		"a normalized dense net":                {MLP(20, 30, 10).Normalized(), 630 + 60 + 310},
	} {
		if got := c.arch.Trained(); got != c.want {
			t.Errorf("%s: %v trains %d parameters, want %d: %v", name, c.arch, got, c.want, c.arch.Valid())
		}
	}
	if a := MLP(20, 30, 10).Normalized(); a.ParamCount() != a.Trained()+60 {
		t.Errorf("%v has %d parameters with running statistics", a, a.ParamCount())
	}
}

func TestBlocksThatCanNotBe(t *testing.T) {
	for says, a := range map[string]Arch{
		"kernel 8":                  CNN([]int{2}, 10).With(Block{Kernel: 8}),
		"stride -1":                 CNN([]int{2}, 10).With(Block{Stride: -1}),
		`pool "mean"`:               CNN([]int{2}, 10).With(Block{Pool: "mean"}),
		"Padded()":                  CNN([]int{2}, 10).With(Block{Residual: true}),
		"3 blocks for 2":            CNN([]int{2, 2}, 10).With(Block{}, Block{}, Block{}),
		"1 blocks for 0":            MLP(1, 2).With(Block{}),
		"smaller than":              CNN([]int{2, 2, 2}, 10).With(Block{Kernel: 7}),
		"after 1 blocks":            CNN([]int{2}, 10).On(3, 9, 1),
		"name, the shape":           Graph("", 1, []int{2}, 1, []Param{{Name: "w", Shape: []int{2}, FanIn: 2}}, firstOf),
		"fan-in":                    Graph("x", 1, []int{2}, 1, []Param{{Name: "w", Shape: []int{2, 1}}}, firstOf),
		"is nil":                    Graph("x", 1, []int{2}, 1, []Param{{Name: "w", Shape: []int{2}, FanIn: 2}}, nil),
		`"Gr\xf6\xdfe" or`:          Graph("Gr\xf6\xdfe", 1, []int{2}, 1, []Param{{Name: "w", Shape: []int{2}, FanIn: 2}}, firstOf),
		"write it in":               Graph("x", 1, []int{2}, 1, []Param{{Name: "w\xff", Shape: []int{2}, FanIn: 2}}, firstOf),
		"starts at +Inf":            Graph("x", 1, []int{2}, 1, []Param{{Name: "w", Shape: []int{2}, FanIn: 2, Start: math.Inf(1)}}, firstOf),
		`weight 2 has the name "w"`: Graph("x", 1, []int{2}, 1, []Param{{Name: "w", Shape: []int{2}, FanIn: 2}, {Name: "w", Shape: []int{2}}}, firstOf),
		"no other layers":           Graph("x", 1, []int{2}, 1, []Param{{Name: "w", Shape: []int{2}, FanIn: 2}}, firstOf).Normalized(),
	} {
		if err := a.Valid(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v, and should say %q", a, err, says)
		}
		if a.ParamCount() != 0 {
			t.Errorf("%v has parameters", a)
		}
	}
}

func firstOf(weights []*graph.Node, _ *graph.Node) *graph.Node { return weights[0] }

// Products with the Hessian are the differences of gradients, for each kind of network but the
// dense ones, which have tests of their own.
func TestHessianVectorsOfEveryNetwork(t *testing.T) {
	hw1test.Slow(t)
	kinds := []string{"cnn relu", "strides padded", "wide strides padded", "5×5 and 1×1", "average pool", "gelu before the pool", "residual", "batch norm", "dense batch norm"}
	for _, p := range problems() {
		if !slices.Contains(kinds, p.name) {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			v := hw1test.RandomVector(len(p.theta), 3)
			for _, q := range p.net.Params {
				if q.Fixed {
					clear(v[q.Offset : q.Offset+q.Size])
				}
			}
			const h, decay = 1e-6, 0.1
			operands, n := p.operands(p.theta), len(p.targets)
			got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
				theta, v, x, y := in[0], in[1], in[2], graph.Squeeze(in[3], 0)
				_, up := p.net.gradient(graph.Add(theta, graph.MulScalar(v, h)), x, in[3])
				_, down := p.net.gradient(graph.Sub(theta, graph.MulScalar(v, h)), x, in[3])
				return []*graph.Node{p.net.HessianVectors(theta, v, x, y, decay), graph.DivScalar(graph.Sub(up, down), 2*h)}
			}, operands[0], tensors.FromFlatDataAndDimensions(v, 1, len(v)), tensors.FromFlatDataAndDimensions(p.inputs, n, len(p.inputs)/n), operands[2])
			hw1test.CheckNear(t, "Hv", got[0], floats.AddScaledTo(make([]float64, len(v)), got[1], decay, v), 1e-6)
		})
	}
}

// In training a batch is normalized to mean 0 and variance 1 in each channel, and the running
// statistics move a tenth of the way, the variance as that of a sample.
func TestBatchNormalizationInTraining(t *testing.T) {
	const n = 6
	net := New(MLP(2, 3, 1).Normalized(), Tanh, loss.MSE, false, 0, dtypes.Float64)
	x, y, theta := hw1test.RandomVector(n*2, 1), hw1test.RandomVector(n, 2), net.Arch.InitTheta(1)
	loss := func(theta []float64) (float64, []float64, []float64) {
		sum, statistics, z := 0.0, make([]float64, 6), make([][]float64, 3)
		for u := range z {
			for i := range n {
				z[u] = append(z[u], theta[2*u]*x[2*i]+theta[2*u+1]*x[2*i+1]+theta[6+u])
			}
			mean, variance := stat.PopMeanVariance(z[u], nil)
			statistics[u], statistics[3+u] = 0.1*mean, 0.9+0.1*stat.Variance(z[u], nil)
			for i := range z[u] {
				z[u][i] = math.Tanh((z[u][i]-mean)/math.Sqrt(variance+1e-5)*theta[9+u] + theta[12+u])
			}
		}
		for i := range n {
			out := theta[24]
			for u := range z {
				out += theta[21+u] * z[u][i]
			}
			sum += (out - y[i]) * (out - y[i]) / n
		}
		return sum, statistics, nil
	}
	got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
		losses, gradient, settle := net.TrainingGradient(in[0], in[1], in[2], nil)
		return []*graph.Node{losses, gradient, settle(graph.AddScalar(in[0], 1))}
	}, tensors.FromFlatDataAndDimensions(theta, 1, len(theta)), tensors.FromFlatDataAndDimensions(x, 1, n, 2), tensors.FromFlatDataAndDimensions(y, 1, n))
	want, statistics, _ := loss(theta)
	hw1test.CheckNear(t, "loss", got[0], []float64{want}, 1e-12)
	hw1test.CheckNear(t, "running statistics", got[2][15:21], statistics, 1e-12)
	hw1test.CheckNear(t, "what the step made", got[2][:1], []float64{theta[0] + 1}, 1e-12)
	for i := range theta {
		const h = 1e-6
		up, down := slices.Clone(theta), slices.Clone(theta)
		up[i], down[i] = up[i]+h, down[i]-h
		a, _, _ := loss(up)
		b, _, _ := loss(down)
		if slope := (a - b) / (2 * h); i < 15 && math.Abs(got[1][i]-slope) > 1e-7 {
			t.Errorf("gradient %d is %g, want %g", i, got[1][i], slope)
		}
	}
	hw1test.CheckNear(t, "gradient of the statistics", got[1][15:21], make([]float64, 6), 0)
}

// The spread of the initial values is that of PyTorch's kaiming_normal_ and xavier_uniform_:
// std gain·√(2/fan_in) and a bound of gain·√(6/(fan_in+fan_out)).
func TestInitializations(t *testing.T) {
	arch := CNN([]int{32}, 64, 10).On(16, 16, 8).With(Block{Kernel: 3})
	for by, of := range map[Init]func(in, out float64) (deviation float64){
		Uniform: func(in, _ float64) float64 { return 1 / math.Sqrt(3*in) },
		He:      func(in, _ float64) float64 { return math.Sqrt(2 / in) },
		Glorot:  func(in, out float64) float64 { return math.Sqrt(2 / (in + out)) },
	} {
		theta := arch.Draw(by, 1.5, 1)
		for name, fans := range map[string][2]float64{"conv 1 weight": {72, 288}, "dense 1 weight": {32 * 49, 64}} {
			p, err := arch.Weight(name)
			if err != nil {
				t.Fatal(err)
			}
			got := stat.PopStdDev(theta[p.Offset:p.Offset+p.Size], nil)
			if want := 1.5 * of(fans[0], fans[1]); math.Abs(got/want-1) > 0.05 {
				t.Errorf("%q: %s has a deviation of %g, want %g", by, name, got, want)
			}
		}
		bias, err := arch.Weight("dense 1 bias")
		if err != nil {
			t.Fatal(err)
		}
		if zero := floats.Norm(theta[bias.Offset:bias.Offset+bias.Size], 1) == 0; zero != (by != Uniform) {
			t.Errorf("%q: biases are zero: %t", by, zero)
		}
		if err := by.Valid(); err != nil {
			t.Error(err)
		}
	}
	hw1test.CheckMessage(t, hw1test.MessageOf(Init("xavier").Valid()), `unknown initialization "xavier"`, "nn.Glorot")
}

// A network of one's own that is an MLP is that MLP.
func TestOwnNetwork(t *testing.T) {
	hw1test.Slow(t)
	mlp := New(MLP(2, 3, 2), Tanh, loss.CrossEntropy, true, 0, dtypes.Float64)
	own := New(Graph("mlp", 1, []int{2}, 2, []Param{
		{Name: "w1", Shape: []int{3, 2}, FanIn: 2},
		{Name: "b1", Shape: []int{3}, FanIn: 2},
		{Name: "w2", Shape: []int{2, 3}, FanIn: 3},
		{Name: "b2", Shape: []int{2}, FanIn: 3},
	}, func(w []*graph.Node, x *graph.Node) *graph.Node {
		h := graph.Tanh(graph.Add(graph.Dot(x, graph.Transpose(w[0], 0, 1)).Product(), graph.InsertAxes(w[1], 0)))
		return graph.Add(graph.Dot(h, graph.Transpose(w[2], 0, 1)).Product(), graph.InsertAxes(w[3], 0))
	}), Tanh, loss.CrossEntropy, true, 0, dtypes.Float64)
	theta := mlp.Arch.InitTheta(4)
	hw1test.CheckNear(t, "the initial values", own.Arch.InitTheta(4), theta, 0)
	p := problem{net: mlp, inputs: hw1test.RandomVector(10, 1), targets: []float64{0, 1, 1, 0, 1}, theta: theta}
	want := p.run(t, theta)
	p.net = own
	for i, got := range p.run(t, theta) {
		hw1test.CheckNear(t, []string{"outputs", "losses", "gradient"}[i], got, want[i], 1e-13)
	}
}
