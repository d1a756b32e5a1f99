// Package data has what is learnt: functions of one variable, images with labels, and their readers.
package data

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/num"
)

// Task names what a network learns: a function of one variable, or a set of
// images with labels.
type Task string

// The tasks. The functions are sampled on [-1, 1]; see [FunctionGrid].
const (
	Sinc        Task = "sinc"             // sin(5πx) / (5πx)
	SignedDecay Task = "signed decay"     // sgn(sin(5πx)) / (5πx), the source's function 2
	SquareWave  Task = "square wave"      // sgn(sin(5πx) / (5πx))
	WaveSign    Task = "square wave sign" // the square wave's sign as two classes, 0 and 1

	MNIST        Task = "MNIST"
	FashionMNIST Task = "Fashion-MNIST"
)

// Info is what the code knows of a task.
type Info struct {
	f                   func(x float64) float64 // nil for images
	formula             string
	files               string // folder of the images under data/, "" for functions
	Features, Classes   int
	TrainSize, TestSize int
}

var tasks = map[Task]Info{
	Sinc:         function(sinc, "sin(5πx) / (5πx)"),
	SignedDecay:  function(signedDecay, "sgn(sin(5πx)) / (5πx)"),
	SquareWave:   function(squareWave, "sgn(sin(5πx) / (5πx))"),
	WaveSign:     twoClasses(),
	MNIST:        images("mnist"),
	FashionMNIST: images("fashion-mnist"),
}

func function(f func(float64) float64, formula string) Info {
	return Info{
		f: f, formula: formula, Features: 1,
		TrainSize: gridSize, TestSize: gridSize - 2,
	}
}

func twoClasses() Info {
	t := function(func(x float64) float64 { return max(0, squareWave(x)) }, "sgn(sin(5πx) / (5πx)) > 0")
	t.Classes = 2
	return t
}

func images(files string) Info {
	return Info{
		files: files, Features: 28 * 28, Classes: 10,
		TrainSize: 60_000, TestSize: 10_000,
	}
}

// Info looks the task up.
func (t Task) Info() (Info, error) {
	info, ok := tasks[t]
	if !ok {
		return info, fmt.Errorf("unknown task %q; known are %q", string(t), slices.Sorted(maps.Keys(tasks)))
	}
	return info, nil
}

// IsFunction reports whether the task is a function rather than images.
func (t Info) IsFunction() bool { return t.files == "" }

// IsFunction reports whether the task is a function rather than images, as also one that is unknown.
func (t Task) IsFunction() bool { return tasks[t].IsFunction() }

// Formula returns the function's formula, or "" for images.
func (t Task) Formula() string { return tasks[t].formula }

// At returns the function's value at x in [-1, 1], and NaN for images.
func (t Task) At(x float64) float64 {
	info, err := t.Info()
	if err != nil || info.f == nil || !check.IsFinite(x) {
		return math.NaN()
	}
	return info.f(x)
}

func sinc(x float64) float64 {
	z := 5 * math.Pi * x
	if z == 0 {
		return 1
	}
	return math.Sin(z) / z
}

func signedDecay(x float64) float64 { return sign(math.Sin(5*math.Pi*x)) / (5 * math.Pi * x) }

func squareWave(x float64) float64 { return sign(sinc(x)) }

// sign returns the sign of v, and 0 where v is 0 but for rounding: some test
// points lie exactly on the zeros of sin(5πx).
func sign(v float64) float64 {
	switch {
	case v > 1e-12:
		return 1
	case v < -1e-12:
		return -1
	}
	return 0
}

const gridSize = 500

// FunctionGrid returns the points at which functions are sampled: for training
// the midpoints of 500 bins of [-1, 1], for the test the 498 inner bin edges
// without 0, so that no test point is a training point or lies nearer to 0.
func FunctionGrid() (train, test []float64) {
	for i := range gridSize {
		train = append(train, -1+float64(2*i+1)/gridSize)
		if edge := -1 + float64(2*i)/gridSize; i > 0 && 2*i != gridSize {
			test = append(test, edge)
		}
	}
	return train, test
}

// Load returns the whole training and test sets.
func (t Task) Load() (train, test Examples, err error) {
	info, err := t.Info()
	switch {
	case err != nil:
		return train, test, err
	case info.f != nil:
		trainX, testX := FunctionGrid()
		return Sample(info.f, trainX), Sample(info.f, testX), nil
	}
	if train, test, err = loadImages(env.DataDir(), info.files); err != nil {
		err = fmt.Errorf("loading %s: %w", t, err)
	}
	return train, test, err
}

// Sample returns a function at the points xs.
func Sample(f func(float64) float64, xs []float64) Examples {
	return Examples{X: xs, Y: num.Map(xs, f)}
}

// NoisyLabels returns a copy of the labels in which a share of them, chosen at
// random, is drawn anew and uniformly from all classes (Zhang et al. 2017).
func NoisyLabels(labels []uint8, share float64, classes int, seed uint64) []uint8 {
	rng := rand.New(rand.NewPCG(seed, num.StreamNoise))
	noisy := slices.Clone(labels)
	for _, i := range rng.Perm(len(labels))[:int(math.Round(share*float64(len(labels))))] {
		noisy[i] = uint8(rng.IntN(classes))
	}
	return noisy
}

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
