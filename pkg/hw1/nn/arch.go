// Package nn has networks as plain data, and builds the graphs of their outputs, losses and derivatives.
package nn

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"hw1/pkg/hw1/internal/num"
)

// MaxParams bounds the length of theta, so that a typing error does not use up
// all memory.
const MaxParams = 100_000_000

// Arch is a feed-forward network as plain data: convolution blocks, then dense layers; or a
// network of your own. [MLP], [CNN] and [Graph] build one.
//
// The activation follows every layer but the last, whose output is the prediction, or the logits.
type Arch struct {
	Input []int `json:"input"`          // shape of one example: [features] or [height, width, channels]
	Conv  []int `json:"conv,omitempty"` // output channels of each block
	Pad   bool  `json:"pad,omitempty"`  // zeros around the image, so that convolutions of stride 1 keep its size
	Dense []int `json:"dense"`          // output width of each dense layer

	Blocks    []Block `json:"blocks,omitempty"`     // one block for all of Conv, or one for each; default the homework's
	BatchNorm bool    `json:"batch_norm,omitempty"` // batch normalization before every activation (Ioffe & Szegedy 2015)
	Own       *Own    `json:"own,omitempty"`        // a network of your own, instead of layers
}

// MLP returns the dense network with these layer widths, the input's first:
// MLP(1, 190, 1) has one hidden layer of 190.
func MLP(widths ...int) Arch {
	if len(widths) == 0 {
		return Arch{}
	}
	return Arch{Input: slices.Clone(widths[:1]), Dense: slices.Clone(widths[1:])}
}

// CNN returns a convolutional network for 28×28 grey images ([Arch.On] is for others): one
// block for each of the channels, then dense layers of these widths.
func CNN(channels []int, dense ...int) Arch {
	return Arch{Input: []int{28, 28, 1}, Conv: slices.Clone(channels), Dense: slices.Clone(dense)}
}

// On returns the network for images of another size, as in CNN([]int{16, 32}, 10).On(32, 32, 3).
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

// Normalized returns the network with batch normalization before every activation.
func (a Arch) Normalized() Arch {
	a.BatchNorm = true
	return a
}

// String returns the widths, such as "1-190-1" or "28×28×1 conv 16-32 dense 128-10", and whatever
// else distinguishes the network.
func (a Arch) String() string {
	if a.Own != nil {
		return fmt.Sprintf("%s (version %d, %v → %d)", a.Own.Name, a.Own.Version, a.Input, a.Own.Outputs)
	}
	text := joinInts(append(slices.Clone(a.Input), a.Dense...), "-")
	if len(a.Conv) > 0 {
		kind := "conv"
		if a.Pad {
			kind = "padded conv"
		}
		text = fmt.Sprintf("%s %s %s%s dense %s", joinInts(a.Input, "×"), kind, joinInts(a.Conv, "-"), blocksString(a.Blocks), joinInts(a.Dense, "-"))
	}
	if a.BatchNorm {
		text += ", batch norm"
	}
	return text
}

func joinInts(ints []int, sep string) string {
	return strings.Join(num.Map(ints, func(v int) string { return fmt.Sprint(v) }), sep)
}

// Outputs returns the width of the last layer; it is 0 if there is none.
func (a Arch) Outputs() int {
	if a.Own != nil {
		return a.Own.Outputs
	}
	if len(a.Dense) == 0 {
		return 0
	}
	return a.Dense[len(a.Dense)-1]
}

// Hidden returns the widths of the dense layers except the last; a custom network has none.
func (a Arch) Hidden() []int {
	return a.Dense[:max(0, len(a.Dense)-1)]
}

// ParamCount returns P, the length of theta; it is 0 if there are no [Arch.Params].
func (a Arch) ParamCount() int { return a.count(func(Param) bool { return true }) }

// Trained returns how many of the parameters are trained: all but the running statistics.
func (a Arch) Trained() int { return a.count(func(p Param) bool { return !p.Fixed }) }

func (a Arch) count(is func(Param) bool) (count int) {
	for _, p := range a.Params() {
		if is(p) {
			count += p.Size
		}
	}
	return count
}

// TrainedAt returns the indices of the trained parameters in theta, [Trained].
func (a Arch) TrainedAt() (at []int) {
	for _, p := range a.Params() {
		for i := range p.Size {
			if !p.Fixed {
				at = append(at, p.Offset+i)
			}
		}
	}
	return at
}

// OneAtATime reports whether an execution computes only one network: convolutional and custom
// networks take one replica, and convolutions keep all cores busy with it.
func (a Arch) OneAtATime() bool { return len(a.Conv) > 0 || a.Own != nil }

func (a Arch) channelsBefore(block int) int {
	if block == 0 {
		return a.Input[len(a.Input)-1]
	}
	return a.Conv[block-1]
}

// imageAfter returns the height and width of the image after the first n blocks.
func (a Arch) imageAfter(n int) (height, width int) {
	height, width = a.Input[0], a.Input[1]
	for i := range n {
		b := a.block(i)
		height, width = b.pooled(b.convolved(height, a.Pad)), b.pooled(b.convolved(width, a.Pad))
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
func (a Arch) Features() int { return num.Product(a.Input) }

// Valid returns an error that says what is wrong with the architecture, if anything is.
func (a Arch) Valid() error {
	if err := a.validShapes(); err != nil {
		if a.String() == "" {
			return fmt.Errorf("no architecture: %w", err)
		}
		return fmt.Errorf("architecture %v: %w", a, err)
	}
	size := 0.0 // a float64, as an int could overflow
	for _, p := range a.layout() {
		n := 1.0
		for _, d := range p.Shape {
			n *= float64(d)
		}
		size += n
	}
	if size > MaxParams {
		return fmt.Errorf("architecture %v: %.3g parameters are too many; use at most %d", a, size, MaxParams)
	}
	return nil
}

func (a Arch) validShapes() error {
	if a.Own == nil && (len(a.Input) == 0 || len(a.Dense) == 0) {
		return errors.New("give an input and at least one dense layer, as in hw1.MLP(1, 190, 1)")
	}
	for _, d := range slices.Concat(a.Input, a.Conv, a.Dense) {
		if d < 1 || d > 1<<20 {
			return fmt.Errorf("width %d is not between 1 and 2^20; change it", d)
		}
	}
	if a.Own != nil {
		return a.Own.valid(a)
	}
	if n := len(a.Blocks); n > 1 && n != len(a.Conv) || n > 0 && len(a.Conv) == 0 {
		return fmt.Errorf("%d blocks for %d convolutions; give one block for all, or one for each", n, len(a.Conv))
	}
	if len(a.Conv) > 0 && len(a.Input) != 3 {
		return errors.New("convolutions need an input [height, width, channels]")
	}
	for i := range a.Conv {
		if err := a.block(i).valid(a.Pad); err != nil {
			return fmt.Errorf("block %d: %w", i+1, err)
		}
		if h, w := a.imageAfter(i + 1); h < 1 || w < 1 {
			return fmt.Errorf("the image is smaller than a kernel after %d blocks; use fewer blocks", i+1)
		}
	}
	return nil
}
