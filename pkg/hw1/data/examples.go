package data

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
)

// Examples is a set of n examples: points of a function, or images.
type Examples struct {
	X      []float64 // functions: inputs, [n]
	Y      []float64 // functions: values, [n]; two classes: 0 or 1
	Images []uint8   // images: pixels, [n, 784], 0 to 255
	Labels []uint8   // images: classes, [n]
}

// Len returns the number of examples.
func (e Examples) Len() int { return max(len(e.X), len(e.Labels)) }

// Slice returns the examples from first to before last.
func (e Examples) Slice(first, last int) Examples {
	if len(e.X) > 0 {
		return Examples{X: e.X[first:last], Y: e.Y[first:last]}
	}
	pixels := len(e.Images) / len(e.Labels)
	return Examples{Images: e.Images[first*pixels : last*pixels], Labels: e.Labels[first:last]}
}

// Inputs returns the examples' inputs, [n, features]: pixels as bytes,
// points as floats of a type.
func (e Examples) Inputs(dtype dtypes.DType) *tensors.Tensor {
	if len(e.X) > 0 {
		return device.Tensor(e.X, dtype, e.Len(), 1)
	}
	return tensors.FromFlatDataAndDimensions(e.Images, e.Len(), len(e.Images)/e.Len())
}

// Targets returns the examples' targets, [n]: labels as int32, values as floats of a type.
func (e Examples) Targets(dtype dtypes.DType) *tensors.Tensor {
	if e.Y != nil {
		return device.Tensor(e.Y, dtype, e.Len())
	}
	labels := make([]int32, e.Len())
	for i, label := range e.Labels {
		labels[i] = int32(label)
	}
	return tensors.FromFlatDataAndDimensions(labels, e.Len())
}

// Valid checks points of a function with their values, or images with their labels.
func (e Examples) Valid() error {
	const pixels = 28 * 28
	switch {
	case e.Len() == 0:
		return errors.New("there are no examples; give one or more")
	case len(e.X) != len(e.Y):
		return fmt.Errorf("the examples have %d points and %d values", len(e.X), len(e.Y))
	case len(e.X) > 0 && len(e.Labels) > 0:
		return errors.New("the examples are points and images at once; give one of the two")
	case len(e.Images) != pixels*len(e.Labels):
		return fmt.Errorf("the examples have %d pixels for %d labels; an image has %d", len(e.Images), len(e.Labels), pixels)
	case len(e.Labels) > 0 && slices.Max(e.Labels) > 9:
		return fmt.Errorf("the examples have a label %d; labels go from 0 to 9", slices.Max(e.Labels))
	}
	return cmp.Or(check.Numbers("the points", e.X), check.Numbers("the values", e.Y))
}
