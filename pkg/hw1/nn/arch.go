// Package nn has networks as plain data, and the graphs of their outputs, losses and derivatives.
package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"hw1/pkg/hw1/internal/num"
)

// convKernel and convPool are the sides of the square convolution kernel and of
// the max-pool window (its stride too) of every convolution block.
const (
	convKernel = 4
	convPool   = 2
)

// MaxParams bounds the length of theta, so that a slip of the pen does not take
// all memory.
const MaxParams = 100_000_000

// Arch is a feed-forward network as plain data: convolution blocks, then dense
// layers. [MLP] and [CNN] build one.
//
// A block is a convolution (kernel 4, stride 1), the activation and a 2×2 max-pool.
// The activation follows every layer but the last, whose output
// is the prediction, or the logits.
type Arch struct {
	Input []int `json:"input"`          // shape of one example: [features] or [height, width, channels]
	Conv  []int `json:"conv,omitempty"` // output channels of each block
	Pad   bool  `json:"pad,omitempty"`  // convolutions keep the size of the image, with zeros around it
	Dense []int `json:"dense"`          // output width of each dense layer
}

// MLP returns the dense network with these layer widths, the input's first:
// MLP(1, 190, 1) has one hidden layer of 190.
func MLP(widths ...int) Arch {
	if len(widths) == 0 {
		return Arch{}
	}
	return Arch{Input: widths[:1:1], Dense: widths[1:]}
}

// CNN returns a convolutional network for 28×28 grey images, or others by [Arch.On]: one
// block for each of the channels, then dense layers of these widths.
func CNN(channels []int, dense ...int) Arch {
	return Arch{Input: []int{28, 28, 1}, Conv: channels, Dense: dense}
}

// On returns the network for images of another size, as CNN([]int{16, 32}, 10).On(32, 32, 3).
func (a Arch) On(height, width, channels int) Arch {
	a.Input = []int{height, width, channels}
	return a
}

// Padded returns the network with convolutions that keep the size of the image, so
// that there can be more blocks.
func (a Arch) Padded() Arch {
	a.Pad = true
	return a
}

// padding returns the zeros before and after the image, in both directions.
func (a Arch) padding() (before, after int) {
	if !a.Pad {
		return 0, 0
	}
	return (convKernel - 1) / 2, convKernel / 2
}

// String returns the widths, such as "1-190-1" or "28×28×1 conv 16-32 dense 128-10".
func (a Arch) String() string {
	if len(a.Conv) == 0 {
		return joinInts(append(slices.Clone(a.Input), a.Dense...), "-")
	}
	kind := "conv"
	if a.Pad {
		kind = "padded conv"
	}
	return fmt.Sprintf("%s %s %s dense %s",
		joinInts(a.Input, "×"), kind, joinInts(a.Conv, "-"), joinInts(a.Dense, "-"))
}

func joinInts(ints []int, sep string) string {
	return strings.Join(num.Map(ints, func(v int) string { return fmt.Sprint(v) }), sep)
}

// Outputs returns the width of the last layer, 0 where there is none.
func (a Arch) Outputs() int {
	if len(a.Dense) == 0 {
		return 0
	}
	return a.Dense[len(a.Dense)-1]
}

// Param is one weight or bias tensor and where it lies in the flat parameter
// vector theta: theta[Offset : Offset+Size].
type Param struct {
	Name   string // such as "dense 2 weight"
	Shape  []int  // conv [kernel, kernel, in, out], dense [out, in], bias [out]
	FanIn  int    // inputs of one unit, which sets the range of the initial values
	Offset int
	Size   int

	// The weights into unit u, of a weight tensor, are theta[Offset+u*UnitStride+k*InputStride]
	// for k < Size/Units. A bias has no units.
	Units, UnitStride, InputStride int
}

// Params lists the network's parameters in the order of theta; none of an
// architecture that no network can have.
func (a Arch) Params() []Param {
	if a.Valid() != nil {
		return nil
	}
	return a.params()
}

func (a Arch) params() []Param {
	var params []Param
	offset := 0
	add := func(p Param) {
		p.Offset, p.Size = offset, 1
		for _, d := range p.Shape {
			p.Size *= d
		}
		params = append(params, p)
		offset += p.Size
	}
	for i, out := range a.Conv {
		in := a.channelsBefore(i)
		fanIn := convKernel * convKernel * in
		add(Param{Name: fmt.Sprintf("conv %d weight", i+1), Shape: []int{convKernel, convKernel, in, out}, FanIn: fanIn, Units: out, UnitStride: 1, InputStride: out})
		add(Param{Name: fmt.Sprintf("conv %d bias", i+1), Shape: []int{out}, FanIn: fanIn})
	}
	in := a.flatWidth()
	for i, out := range a.Dense {
		add(Param{Name: fmt.Sprintf("dense %d weight", i+1), Shape: []int{out, in}, FanIn: in, Units: out, UnitStride: in, InputStride: 1})
		add(Param{Name: fmt.Sprintf("dense %d bias", i+1), Shape: []int{out}, FanIn: in})
		in = out
	}
	return params
}

// ParamCount returns P, the length of theta; 0 where there are no [Arch.Params].
func (a Arch) ParamCount() int {
	count := 0
	for _, p := range a.Params() {
		count += p.Size
	}
	return count
}

// DenseLayer returns the weight and the bias of a dense layer, counted from 1.
func (a Arch) DenseLayer(layer int) (weight, bias Param, err error) {
	if layer < 1 || layer > len(a.Dense) {
		return weight, bias, fmt.Errorf("%v has dense layers 1 to %d, and no layer %d", a, len(a.Dense), layer)
	}
	params := a.Params()
	first := 2 * (len(a.Conv) + layer - 1)
	return params[first], params[first+1], nil
}

// OneAtATime reports whether an execution computes one network: convolutions take one
// replica, and keep all cores busy with it.
func (a Arch) OneAtATime() bool { return len(a.Conv) > 0 }

// NeedHessian returns an error unless there are Hessian-vector products of the networks.
func (a Arch) NeedHessian() error {
	if len(a.Conv) > 0 {
		return fmt.Errorf("products with the Hessian are for dense networks, not for %v", a)
	}
	return nil
}

func (a Arch) channelsBefore(block int) int {
	if block == 0 {
		return a.Input[len(a.Input)-1]
	}
	return a.Conv[block-1]
}

// imageAfter returns height and width of the image after the first n blocks.
func (a Arch) imageAfter(n int) (height, width int) {
	height, width = a.Input[0], a.Input[1]
	before, after := a.padding()
	lost := convKernel - 1 - before - after
	for range n {
		height, width = (height-lost)/convPool, (width-lost)/convPool
	}
	return height, width
}

// flatWidth returns the number of inputs of the first dense layer.
func (a Arch) flatWidth() int {
	if len(a.Conv) == 0 {
		return a.Features()
	}
	h, w := a.imageAfter(len(a.Conv))
	return h * w * a.Conv[len(a.Conv)-1]
}

// Features returns the number of values of one example.
func (a Arch) Features() int {
	n := 1
	for _, d := range a.Input {
		n *= d
	}
	return n
}

// Valid says what is wrong with the architecture, if anything is.
func (a Arch) Valid() error {
	if len(a.Input) == 0 || len(a.Dense) == 0 {
		return fmt.Errorf("architecture %v: give an input and at least one dense layer, as in hw1.MLP(1, 190, 1)", a)
	}
	for _, d := range slices.Concat(a.Input, a.Conv, a.Dense) {
		if d < 1 || d > 1<<20 {
			return fmt.Errorf("architecture %v: width %d is not between 1 and 2^20", a, d)
		}
	}
	if len(a.Conv) > 0 {
		if len(a.Input) != 3 {
			return fmt.Errorf("architecture %v: convolutions need an input [height, width, channels]", a)
		}
		if h, w := a.imageAfter(len(a.Conv)); h < 1 || w < 1 {
			return fmt.Errorf("architecture %v: the image is smaller than a kernel after %d blocks; use fewer", a, len(a.Conv))
		}
	}
	size := 0.0 // a float does not overflow
	for _, p := range a.params() {
		n := 1.0
		for _, d := range p.Shape {
			n *= float64(d)
		}
		size += n
	}
	if size > MaxParams {
		return fmt.Errorf("architecture %v: %.3g parameters are too many; at most %d fit", a, size, MaxParams)
	}
	return nil
}

// InitTheta returns the initial theta of one replica, [P]: weights and biases of
// a layer with fan-in n uniform in ±1/√n (the default of the source's tool).
func (a Arch) InitTheta(seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, num.StreamInit))
	theta := make([]float64, 0, a.ParamCount())
	for _, p := range a.Params() {
		bound := 1 / math.Sqrt(float64(p.FanIn))
		for range p.Size {
			theta = append(theta, bound*(2*rng.Float64()-1))
		}
	}
	return theta
}
