package hw1

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
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
	loss                Loss
	needs               string // which outputs fit, for messages
}

// fits reports whether a network with these outputs and this loss can learn it.
func (t taskInfo) fits(outputs int, loss Loss) bool {
	switch loss {
	case MSE:
		return outputs == 1 && t.files == ""
	case CrossEntropy:
		return t.classes == 2 && outputs == 1 || t.classes > 2 && outputs == t.classes
	}
	return false
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
		f: f, formula: formula, features: 1, loss: MSE,
		trainSize: gridSize, testSize: gridSize - 2, needs: "1 output and loss mse",
	}
}

func twoClasses() taskInfo {
	t := function(func(x float64) float64 { return max(0, squareWave(x)) }, "sgn(sin(5πx) / (5πx)) > 0")
	t.classes, t.loss, t.needs = 2, CrossEntropy, "1 output"
	return t
}

func images(files string) taskInfo {
	return taskInfo{
		files: files, features: 28 * 28, classes: 10, loss: CrossEntropy,
		trainSize: 60_000, testSize: 10_000, needs: "10 outputs and loss cross-entropy",
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

// examples loads the training and test sets of a resolved Spec, cut to its sizes
// and with its label noise.
func (s Spec) examples() (train, test Examples, err error) {
	info, err := s.Task.info()
	if err != nil {
		return train, test, err
	}
	if info.files == "" {
		trainX, testX := FunctionGrid()
		train, test = sample(info.f, trainX), sample(info.f, testX)
	} else if train, test, err = loadImages(dataDir(), info.files); err != nil {
		return train, test, fmt.Errorf("loading %s: %w", s.Task, err)
	}
	train, test = train.slice(0, s.TrainSize), test.slice(0, s.TestSize)
	if s.LabelNoise > 0 {
		train.Labels = noisyLabels(train.Labels, s.LabelNoise, info.classes, uint64(s.Seed))
	}
	return train, test, nil
}

// trainingSet tells the sets of Specs apart: those of equal ones are equal.
func (s Spec) trainingSet() [5]any {
	set := [5]any{s.Task, s.TrainSize, s.TestSize, s.LabelNoise}
	if s.LabelNoise > 0 {
		set[4] = s.Seed
	}
	return set
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
