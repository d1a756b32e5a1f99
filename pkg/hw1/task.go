package hw1

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
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

// taskInfo is what the code knows of a task.
type taskInfo struct {
	f                   func(x float64) float64 // nil for images
	formula             string
	files               string // folder of the images under data/, "" for functions
	features, classes   int
	trainSize, testSize int
}

var tasks = map[Task]taskInfo{
	Sinc:         function(sinc, "sin(5πx) / (5πx)"),
	SignedDecay:  function(signedDecay, "sgn(sin(5πx)) / (5πx)"),
	SquareWave:   function(squareWave, "sgn(sin(5πx) / (5πx))"),
	WaveSign:     twoClasses(),
	MNIST:        images("mnist"),
	FashionMNIST: images("fashion-mnist"),
}

func function(f func(float64) float64, formula string) taskInfo {
	return taskInfo{
		f: f, formula: formula, features: 1,
		trainSize: gridSize, testSize: gridSize - 2,
	}
}

func twoClasses() taskInfo {
	t := function(func(x float64) float64 { return max(0, squareWave(x)) }, "sgn(sin(5πx) / (5πx)) > 0")
	t.classes = 2
	return t
}

func images(files string) taskInfo {
	return taskInfo{
		files: files, features: 28 * 28, classes: 10,
		trainSize: 60_000, testSize: 10_000,
	}
}

// info looks the task up.
func (t Task) info() (taskInfo, error) {
	info, ok := tasks[t]
	if !ok {
		return info, fmt.Errorf("unknown task %q; known are %q", string(t), slices.Sorted(maps.Keys(tasks)))
	}
	return info, nil
}

// isFunction reports whether the task is a function rather than images.
func (t taskInfo) isFunction() bool { return t.files == "" }

// isFunction reports whether the task is a function rather than images, as also one that is unknown.
func (t Task) isFunction() bool { return tasks[t].isFunction() }

// Formula returns the function's formula, or "" for images.
func (t Task) Formula() string { return tasks[t].formula }

// At returns the function's value at x in [-1, 1], and NaN for images.
func (t Task) At(x float64) float64 {
	info, err := t.info()
	if err != nil || info.f == nil || !isFinite(x) {
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
func squareWave(x float64) float64  { return sign(sinc(x)) }

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

// Examples is a set of n examples: points of a function, or images.
type Examples struct {
	X      []float64 // functions: inputs, [n]
	Y      []float64 // functions: values, [n]; two classes: 0 or 1
	Images []uint8   // images: pixels, [n, 784], 0 to 255
	Labels []uint8   // images: classes, [n]
}

// Len returns the number of examples.
func (e Examples) Len() int { return max(len(e.X), len(e.Labels)) }

// slice returns the examples from first to before last.
func (e Examples) slice(first, last int) Examples {
	if len(e.X) > 0 {
		return Examples{X: e.X[first:last], Y: e.Y[first:last]}
	}
	pixels := len(e.Images) / len(e.Labels)
	return Examples{Images: e.Images[first*pixels : last*pixels], Labels: e.Labels[first:last]}
}

// load returns the whole training and test sets.
func (t Task) load() (train, test Examples, err error) {
	info, err := t.info()
	switch {
	case err != nil:
		return train, test, err
	case info.f != nil:
		trainX, testX := FunctionGrid()
		return sample(info.f, trainX), sample(info.f, testX), nil
	}
	if train, test, err = loadImages(dataDir(), info.files); err != nil {
		err = fmt.Errorf("loading %s: %w", t, err)
	}
	return train, test, err
}

func sample(f func(float64) float64, xs []float64) Examples {
	ys := make([]float64, len(xs))
	for i, x := range xs {
		ys[i] = f(x)
	}
	return Examples{X: xs, Y: ys}
}

// noisyLabels returns a copy of the labels in which a share of them, chosen at
// random, is drawn anew and uniformly from all classes (Zhang et al. 2017).
func noisyLabels(labels []uint8, share float64, classes int, seed uint64) []uint8 {
	rng := rand.New(rand.NewPCG(seed, streamNoise))
	noisy := slices.Clone(labels)
	for _, i := range rng.Perm(len(labels))[:int(math.Round(share*float64(len(labels))))] {
		noisy[i] = uint8(rng.IntN(classes))
	}
	return noisy
}

// The streams keep the random numbers of one seed's uses apart.
const (
	streamInit uint64 = iota + 1
	streamShuffle
	streamDropout
	streamNoise
	streamStart
	streamNeighbours
	streamWalk
	streamPlane
	streamBootstrap
	streamFeatures
	streamBend
	streamLanczos
)

// inputTensor returns the examples' inputs, [n, features]: pixels as bytes,
// points as floats of a type.
func (e Examples) inputTensor(dtype dtypes.DType) *tensors.Tensor {
	if len(e.X) > 0 {
		return floatTensor(e.X, dtype, e.Len(), 1)
	}
	return tensors.FromFlatDataAndDimensions(e.Images, e.Len(), len(e.Images)/e.Len())
}

// targetTensor returns the examples' targets, [n]: labels as int32, values as floats of a type.
func (e Examples) targetTensor(dtype dtypes.DType) *tensors.Tensor {
	if e.Y != nil {
		return floatTensor(e.Y, dtype, e.Len())
	}
	labels := make([]int32, e.Len())
	for i, label := range e.Labels {
		labels[i] = int32(label)
	}
	return tensors.FromFlatDataAndDimensions(labels, e.Len())
}
