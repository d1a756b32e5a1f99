package nn

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1/internal/hw1test"
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

// The fan-out of Glorot's bound is what PyTorch counts, wherever the axis of the units is: a shortcut of one channel is a convolution, whose bound
// is √(6 / (16 + 1)), and not that of a dense layer.
func TestFanOut(t *testing.T) {
	own := func(shape ...int) Arch {
		return Graph("mine", 1, []int{4}, 1, []Param{{Name: "w", Shape: shape, FanIn: 4}}, firstOf)
	}
	for _, c := range []struct {
		arch Arch
		name string
		want int
	}{
		{CNN([]int{16, 1}, 10).With(Block{Kernel: 3, Residual: true, Pool: NoPool}).Padded(), "conv 2 shortcut weight", 1},
		{CNN([]int{16, 5}, 10).With(Block{Kernel: 3}), "conv 2 weight", 45},
		{MLP(4, 3, 2), "dense 1 weight", 3},
		{MLP(4, 1), "dense 1 weight", 1},
		{own(4, 3), "w", 3},
		{own(4, 1), "w", 1},
		{own(2, 2, 4, 3), "w", 12},
	} {
		p, err := c.arch.Weight(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.fanOut(); got != c.want {
			t.Errorf("%v: %s has a fan-out of %d, want %d", c.arch, p.Name, got, c.want)
		}
	}
}

// The running statistics of a normalized layer of three units, six numbers after its scale and shift, are not trained.
func TestTrainedParameters(t *testing.T) {
	var want []int
	for i := range 25 {
		if i < 15 || i > 20 {
			want = append(want, i)
		}
	}
	if got := MLP(2, 3, 1).Normalized().TrainedAt(); !slices.Equal(got, want) {
		t.Errorf("trained are %v", got)
	}
}

// The weights into a unit lie where a Param says: those of a dense layer in a row, those of a convolution and of one's own network in a column.
func TestWeightsOfAUnit(t *testing.T) {
	own := Graph("mine", 1, []int{4}, 3, []Param{{Name: "w", Shape: []int{4, 3}, FanIn: 4}, {Name: "b", Shape: []int{3}}}, firstOf)
	for _, c := range []struct {
		arch Arch
		name string
		want []int // the weights into unit 1, in theta
	}{
		{MLP(3, 2, 1), "dense 1 weight", []int{3, 4, 5}},
		{MLP(3, 2, 2), "dense 2 weight", []int{10, 11}}, // after 6 weights and 2 biases
		{CNN([]int{3}, 10).On(8, 8, 1).With(Block{Kernel: 2}), "conv 1 weight", []int{1, 4, 7, 10}},
		{own, "w", []int{1, 4, 7, 10}},
		{own, "b", nil},
	} {
		p, err := c.arch.Weight(c.name)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for k := 0; p.Units > 0 && k < p.Size/p.Units; k++ {
			got = append(got, p.Offset+p.UnitStride+k*p.InputStride)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: the weights of %s into unit 1 are at %v, want %v", c.arch, c.name, got, c.want)
		}
	}
	_, err := own.Weight("v")
	hw1test.CheckMessage(t, hw1test.MessageOf(err), `no parameter "v"`, `["w" "b"]`)
}

func TestDenseLayer(t *testing.T) {
	a := CNN([]int{2}, 5, 3)
	for layer, want := range map[int][]int{1: {5, 288}, 2: {3, 5}} { // 28 → 25 → 12
		w, b, err := a.DenseLayer(layer)
		if err != nil || !slices.Equal(w.Shape, want) || !slices.Equal(b.Shape, want[:1]) || b.Offset != w.Offset+w.Size {
			t.Errorf("dense layer %d has the weight %v and the bias %v: %v", layer, w, b, err)
		}
	}
	for _, layer := range []int{0, 3} {
		_, _, err := a.DenseLayer(layer)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "2 dense layers, counted from 1")
	}
}

// Widths and parameters have bounds, at which a network is still one.
func TestBoundsOfWidths(t *testing.T) {
	of := func(shape ...int) Arch {
		return Graph("mine", 1, []int{1}, 1, []Param{{Name: "w", Shape: shape, FanIn: 1}}, firstOf)
	}
	for _, a := range []Arch{MLP(1<<20, 1), MLP(1, 1<<20), of(1 << 20), of(MaxParams/1000, 1000), CNN([]int{1}, 1).On(4, 4, 1).With(Block{Kernel: 1, Stride: 7, Pool: NoPool}), CNN([]int{1}, 1).On(7, 7, 1).With(Block{Kernel: 7, Pool: NoPool})} {
		if err := a.Valid(); err != nil {
			t.Errorf("%v: %v", a, err)
		}
	}
	for says, a := range map[string]Arch{
		"width 0 is":             MLP(1, 0, 1),
		"width 1048577 is":       MLP(1, 1<<20+1),
		"width -1 is":            CNN([]int{-1}, 10),
		"shape [0]; give":        of(0),
		"shape [1048577]; give":  of(1<<20 + 1),
		"shape []; give":         of(),
		"1e+08 parameters":       of(MaxParams/1000+1, 1000),
		"1.1e+12 parameters":     MLP(1<<20, 1<<20),
		"need an input [height,": {Input: []int{8, 8}, Conv: []int{2}, Dense: []int{1}},
		"kernel -1;":             CNN([]int{1}, 1).With(Block{Kernel: -1}),
		"stride 8;":              CNN([]int{1}, 1).With(Block{Stride: 8}),
		"2 blocks for 3":         CNN([]int{1, 1, 1}, 1).With(Block{}, Block{}),
	} {
		hw1test.CheckMessage(t, hw1test.MessageOf(a.Valid()), says)
	}
}

// Two networks are the same if their thetas can be compared: not if they pool differently, or have other weights under one name and version.
func TestSameArchitectures(t *testing.T) {
	own := func(weight string) Arch {
		return Graph("mine", 1, []int{1}, 1, []Param{{Name: weight, Shape: []int{1}, FanIn: 1}}, firstOf)
	}
	cnn := CNN([]int{2}, 10)
	for _, c := range []struct {
		a, b Arch
		same bool
	}{
		{MLP(1, 5, 1), MLP(1, 5, 1), true},
		{MLP(1, 5, 1), MLP(1, 1, 5), false},
		{cnn, cnn.With(Block{Pool: AveragePool}), false},
		{own("w"), own("w"), true},
		{own("w"), own("v"), false},
	} {
		if got := c.a.SameAs(c.b); got != c.same {
			t.Errorf("%v and %v are the same: %t", c.a, c.b, got)
		}
	}
}
