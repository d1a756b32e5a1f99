package data

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
)

// NoisyLabels returns a copy of labels, which may be given as numbers, too, in which a share of them, chosen at
// random, is replaced by labels drawn uniformly from all classes (Zhang et al. 2017).
func NoisyLabels[T uint8 | float64](labels []T, share float64, classes int, seed uint64) []T {
	rng := rand.New(rand.NewPCG(seed, num.StreamNoise))
	noisy := slices.Clone(labels)
	for _, i := range rng.Perm(len(labels))[:int(math.Round(share*float64(len(labels))))] {
		noisy[i] = T(rng.IntN(classes))
	}
	return noisy
}

// Examples is a set of n examples: inputs as numbers or as the pixels of images, and
// targets as numbers or as labels.
type Examples struct {
	X      []float64 // inputs as numbers, [n, features]
	Images []uint8   // or as pixels, 0 to 255, [n, height, width, channels]
	Y      []float64 // targets as numbers, [n] or [n, outputs]; with two classes, 0 or 1
	Labels []uint8   // or as classes, [n]

	Outputs int // numbers in each target; 0 stands for 1
}

// Len returns the number of examples.
func (e Examples) Len() int { return max(len(e.Y)/e.targetSize(), len(e.Labels)) }

func (e Examples) targetSize() int { return max(1, e.Outputs) }

// Features returns the number of values of one example; it is 0 if there are no examples.
func (e Examples) Features() int { return (len(e.X) + len(e.Images)) / max(1, e.Len()) }

// Slice returns the examples from first to before last.
func (e Examples) Slice(first, last int) Examples {
	width, size := e.Features(), e.targetSize()
	return Examples{
		X: part(e.X, first*width, last*width), Images: part(e.Images, first*width, last*width),
		Y: part(e.Y, first*size, last*size), Labels: part(e.Labels, first, last), Outputs: e.Outputs,
	}
}

// Clone returns a copy of the examples.
func (e Examples) Clone() (copied Examples) {
	copied.Append(e)
	return copied
}

// mixed returns a copy of the examples, shuffled (always in the same way) if their classes come in blocks: one each, or
// fewer than a quarter as many as expected in a random order (Wald & Wolfowitz 1940).
func (e Examples) mixed() Examples {
	n, blocks, squares, counts := e.Len(), 0, 0, map[uint8]int{}
	for i, label := range e.Labels {
		blocks += num.Int(i == 0 || e.Labels[i-1] != label)
		counts[label]++
	}
	for _, count := range counts {
		squares += count * count
	}
	few := 4*n*blocks < n*(n+1)-squares // of n + 1 - Σ count²/n
	if len(counts) < 2 || blocks == n || blocks > len(counts) && !few {
		return e.Clone()
	}
	var shuffled Examples
	for _, i := range rand.New(rand.NewPCG(0, num.StreamSpread)).Perm(n) {
		shuffled.Append(e.Slice(i, i+1))
	}
	return shuffled
}

// Append appends more examples.
func (e *Examples) Append(more Examples) {
	e.X, e.Images = append(e.X, more.X...), append(e.Images, more.Images...)
	e.Y, e.Labels, e.Outputs = append(e.Y, more.Y...), append(e.Labels, more.Labels...), max(e.Outputs, more.Outputs)
}

// Without splits off the examples at some indices, and returns the rest and these. Both keep their order.
func (e Examples) Without(places []int) (rest, those Examples) {
	taken := make([]bool, e.Len())
	for _, i := range places {
		taken[i] = true
	}
	for i, is := range taken {
		set := &rest
		if is {
			set = &those
		}
		set.Append(e.Slice(i, i+1))
	}
	return rest, those
}

// itself returns the examples with their inputs as targets.
func (e Examples) itself() Examples {
	same := Examples{X: e.X, Images: e.Images, Outputs: e.Features(), Y: make([]float64, 0, e.Len()*e.Features())}
	for i := range e.Len() {
		same.Y = append(same.Y, e.Numbers(i)...)
	}
	return same
}

// part returns values from first to before last, or none if there are none.
func part[T any](values []T, first, last int) []T {
	if len(values) == 0 {
		return nil
	}
	return values[first:last]
}

// Inputs returns the examples' inputs, [n, features]: pixels as bytes, numbers as floats of
// the given type.
func (e Examples) Inputs(dtype dtypes.DType) *tensors.Tensor {
	if e.Images != nil {
		return tensors.FromFlatDataAndDimensions(e.Images, e.Len(), e.Features())
	}
	return device.Tensor(e.X, dtype, e.Len(), e.Features())
}

// OnDevice returns the results of Inputs and Targets on the device, where goroutines may share them. Images that are
// already there are not moved again.
func (e Examples) OnDevice(dtype dtypes.DType) (inputs, targets *tensors.Tensor, err error) {
	if e.Images != nil {
		inputs, err = device.MovedBytes(e.Images, e.Len())
	} else {
		inputs = e.Inputs(dtype)
		err = device.Move(inputs)
	}
	targets = e.Targets(dtype)
	return inputs, targets, cmp.Or(err, device.Move(targets))
}

// Numbers returns the inputs of one example as the network sees them, [features]: pixels
// from 0 to 1.
func (e Examples) Numbers(i int) []float64 {
	width := e.Features()
	if e.Images != nil {
		return num.Map(e.Images[i*width:(i+1)*width], func(v uint8) float64 { return float64(v) / 255 })
	}
	return e.X[i*width : (i+1)*width]
}

// Targets returns the examples' targets: labels as int32, [n], numbers as floats of the given type, [n] or [n, outputs].
func (e Examples) Targets(dtype dtypes.DType) *tensors.Tensor {
	if e.Outputs > 1 {
		return device.Tensor(e.Y, dtype, e.Len(), e.Outputs)
	}
	if e.Y != nil {
		return device.Tensor(e.Y, dtype, e.Len())
	}
	labels := num.Map(e.Labels, func(label uint8) int32 { return int32(label) })
	return tensors.FromFlatDataAndDimensions(labels, e.Len())
}

// Single returns an error unless single precision can hold all values, and resolves each varying input into more than a byte's 256 levels.
func (e Examples) Single() error {
	for _, values := range [][]float64{e.X, e.Y} {
		for _, v := range values {
			if math.Abs(v) > math.MaxFloat32 {
				return fmt.Errorf("a value of %g is too large for single precision; scale it down, or set Float64", v)
			}
		}
	}
	width := len(e.X) / max(1, e.Len())
	low, high := slices.Clone(e.X[:width]), slices.Clone(e.X[:width])
	for i, v := range e.X {
		k := i % width
		low[k], high[k] = min(low[k], v), max(high[k], v)
	}
	for k := range width {
		if spacing := math.Ldexp(max(-low[k], high[k]), -23); low[k] < high[k] && high[k]-low[k] < 256*spacing {
			return fmt.Errorf("input %d goes from %.12g to %.12g, which single precision resolves only in steps of %.2g; subtract its mean (for a table, Standardize does), or set Float64", k+1, low[k], high[k], spacing)
		}
	}
	return nil
}

// Valid checks that each example has an input and a target, and that all are finite.
func (e Examples) Valid() error {
	n := e.Len()
	wrongSize := e.Outputs < 0 || e.Outputs > 1 && len(e.Labels) > 0 || len(e.Y)%e.targetSize() != 0
	switch {
	case n == 0 && !wrongSize:
		return errors.New("there are no examples; give one or more")
	case len(e.X) > 0 && len(e.Images) > 0 || len(e.Y) > 0 && len(e.Labels) > 0:
		return errors.New("the examples have two kinds of inputs (X and Images) or of targets (Y and Labels); give one kind of each")
	case wrongSize:
		return fmt.Errorf("the examples have %d target values and %d labels for targets of %d numbers; give each example as many target values, and labels only with Outputs 0", len(e.Y), len(e.Labels), e.Outputs)
	case len(e.X)+len(e.Images) == 0 || (len(e.X)+len(e.Images))%n != 0:
		return fmt.Errorf("the examples have %d input values for %d targets; give each example one target, or as many as Outputs says, and the same number of input values", len(e.X)+len(e.Images), n)
	}
	return cmp.Or(check.Numbers("the inputs", e.X), check.Numbers("the values", e.Y))
}
