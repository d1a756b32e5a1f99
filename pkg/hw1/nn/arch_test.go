package nn

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/loss"
)

func TestParamCount(t *testing.T) {
	for _, c := range []struct {
		arch Arch
		want int
	}{
		{MLP(1, 5, 10, 10, 10, 10, 10, 5, 1), 571},
		{MLP(1, 10, 18, 15, 4, 1), 572},
		{MLP(1, 190, 1), 571},
		{MLP(1, 20, 30, 1), 701},
		{MLP(784, 5, 9, 10), 4079},
		{MLP(784, 25, 50, 10), 21435},
		{MLP(784, 50, 100, 10), 45360},
		{MLP(784, 60, 120, 10), 55630},
		{MLP(784, 100, 200, 10), 100710},
		{MLP(784, 150, 300, 10), 166060},
		{MLP(784, 200, 400, 10), 241410},
		{MLP(784, 250, 500, 10), 326760},
		{MLP(784, 280, 560, 10), 382770},
		{MLP(784, 350, 600, 10), 491360},
		// 28 → 25 → 12 → 9 → 4: 16·16+16, 16·16·32+32, 512·128+128, 1290.
		{CNN([]int{16, 32}, 128, 10), 272 + 8224 + 65664 + 1290},
		{CNN([]int{8, 16, 32}, 10).Padded(), 136 + 2064 + 8224 + 3*3*32*10 + 10},
	} {
		if got := c.arch.ParamCount(); got != c.want {
			t.Errorf("%v has %d parameters, want %d", c.arch, got, c.want)
		}
	}
}

func TestParamsTileTheta(t *testing.T) {
	for _, a := range []Arch{MLP(1, 190, 1), MLP(784, 5, 9, 10), CNN([]int{3, 2}, 7, 10), CNN([]int{4}, 10)} {
		offset := 0
		for _, p := range a.Params() {
			size := 1
			for _, d := range p.Shape {
				size *= d
			}
			if p.Offset != offset || p.Size != size {
				t.Errorf("%v: %s lies at %d with %d values, want %d with %d", a, p.Name, p.Offset, p.Size, offset, size)
			}
			offset += size
		}
		if offset != a.ParamCount() {
			t.Errorf("%v: parameters end at %d of %d", a, offset, a.ParamCount())
		}
	}
}

func TestInitTheta(t *testing.T) {
	for _, a := range []Arch{MLP(1, 190, 1), MLP(784, 50, 100, 10), CNN([]int{16, 32}, 128, 10)} {
		theta := a.InitTheta(1)
		for _, p := range a.Params() {
			bound, sum, squares := 1/math.Sqrt(float64(p.FanIn)), 0.0, 0.0
			for _, v := range theta[p.Offset : p.Offset+p.Size] {
				if math.Abs(v) > bound {
					t.Fatalf("%v: %s holds %g, beyond ±%g", a, p.Name, v, bound)
				}
				sum, squares = sum+v/bound, squares+v*v/bound/bound
			}
			// Uniform in ±1: mean 0 with σ = 1/√3n, mean square 1/3 with σ = √(4/45n).
			n := float64(p.Size)
			if n < 100 {
				continue
			}
			if math.Abs(sum/n) > 5/math.Sqrt(3*n) || math.Abs(squares/n-1.0/3) > 5*math.Sqrt(4/45.0/n) {
				t.Errorf("%v: %s has mean %g and mean square %g of its bound", a, p.Name, sum/n, squares/n)
			}
		}
		if fmt.Sprint(theta) != fmt.Sprint(a.InitTheta(1)) {
			t.Errorf("%v: two initial thetas of one seed differ", a)
		}
		if fmt.Sprint(theta) == fmt.Sprint(a.InitTheta(2)) {
			t.Errorf("%v: seeds 1 and 2 give the same theta", a)
		}
	}
}

func TestArchString(t *testing.T) {
	for want, a := range map[string]Arch{
		"1-190-1":                            MLP(1, 190, 1),
		"28×28×1 conv 16-32 dense 128-10":    CNN([]int{16, 32}, 128, 10),
		"28×28×1 padded conv 2-3-4 dense 10": CNN([]int{2, 3, 4}, 10).Padded(),
		"":                                   MLP(),
	} {
		if a.String() != want {
			t.Errorf("got %q, want %q", a, want)
		}
	}
}

// An architecture keeps its widths, whatever becomes of the slices that it was made from.
func TestArchKeepsItsWidths(t *testing.T) {
	widths, channels, blocks := []int{28, 6, 10}, []int{4, 5}, []Block{{Kernel: 3}}
	dense, conv := MLP(widths...), CNN(channels, widths[1:]...).With(blocks...)
	before := []string{dense.String(), conv.String()}
	clear(widths)
	clear(channels)
	blocks[0].Kernel = 5
	if after := []string{dense.String(), conv.String()}; !slices.Equal(before, after) {
		t.Errorf("%q became %q", before, after)
	}
}

// A shortcut of one channel is a convolution: Glorot's bound is √(6 / (16 + 1)), and not that of a dense layer.
func TestGlorotOfAShortcut(t *testing.T) {
	arch := CNN([]int{16, 1}, 10).With(Block{Kernel: 3, Residual: true, Pool: NoPool}).Padded()
	for _, p := range arch.Params() {
		if slices.Equal(p.Shape, []int{1, 1, 16, 1}) {
			if got := p.fanOut(); got != 1 {
				t.Errorf("%s has a fan-out of %d", p.Name, got)
			}
			return
		}
	}
	t.Error("the network has no shortcut of one channel")
}

// Whatever a graph of one's own does, there is one line that says so.
func TestTryNamesWhatIsWrong(t *testing.T) {
	backend, err := device.Open()
	if err != nil {
		t.Fatal(err)
	}
	for says, build := range map[string]GraphFn{
		"out of ideas\n\tat":             func([]*graph.Node, *graph.Node) *graph.Node { panic("out of ideas") },
		"arch_test.go:1":                 func(w []*graph.Node, x *graph.Node) *graph.Node { return graph.Mul(w[0], x) }, // GoMLX panics
		"but returned [1 2 1]":           func(_ []*graph.Node, x *graph.Node) *graph.Node { return graph.InsertAxes(x, 0) },
		"but returned Node(nil)":         func([]*graph.Node, *graph.Node) *graph.Node { return nil },
		"cannot be built for 3 examples": func(_ []*graph.Node, x *graph.Node) *graph.Node { return graph.Reshape(x, 2, 1) },
	} {
		arch := Graph("mine", 1, []int{1}, 1, []Param{{Name: "w", Shape: []int{1}, Start: 1}}, build)
		hw1test.CheckMessage(t, hw1test.MessageOf(New(arch, ReLU, loss.MSE, 0, dtypes.Float32).Try(backend)), "mine version 1", says)
	}
}
