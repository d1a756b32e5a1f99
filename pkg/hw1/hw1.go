package hw1

import (
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
	"hw1/pkg/hw1/train"
)

// Spec says everything that a training run depends on: the same Spec gives the
// same run. The zero value of an optional field stands for its default. Its fields:
//
//	Name           label in figures and tables; not part of the run
//	Task           what is learnt: Sinc, MNIST, …
//	Arch           the network: MLP(1, 190, 1), CNN([]int{16, 32}, 10), …
//	Activation     default ReLU
//	Loss           default MSE for functions, CrossEntropy for classes
//	Epochs         passes over the training set, at most
//	Batch          examples a step; default 0, the whole set, of functions and regressions only; examples that fill no last batch are left out of an epoch, with a notice above 2 %
//	LearningRate   default 1e-3
//	WeightDecay    coupled, gradient += WeightDecay · theta, but with AdamW
//	Optimizer      Adam, AdamW, SGD, or what optim.Own declares; default Adam
//	Momentum       of SGD; default 0, none
//	Nesterov       the kind of momentum that looks ahead
//	ClipNorm       L2 norm that a longer gradient is cut to; default 0, none
//	Beta1          of Adam and AdamW, as Beta2 and Epsilon; default 0.9
//	Beta2          default 0.999
//	Epsilon        default 1e-8
//	Schedule       of the learning rate: warm-up, steps or cosine; default constant
//	Init           of the weights: nn.He or nn.Glorot; default uniform, as PyTorch's
//	Gain           factor of the initial weights; default 1
//	Start          weights to start from, by experiment.WeightsOf; default none: the seed draws them
//	Dropout        share of activations dropped before a dense layer
//	Patience       epochs without progress of the validation loss, or without a validation set of the training loss, until converged; looked at every 250 epochs of a function, or each EvaluateEach; default 0, never
//	Float64        double precision; default single
//	TrainSize      first examples of the training set, of a function evenly spread ones; default 0, all
//	TestSize       likewise of the test set; default 0, all
//	LabelNoise     share of the training labels made random
//	SnapshotEach   epochs between two kept thetas; default 0, none
//	Validation     examples of the training set, kept apart to watch: the last ones, of a function or another regression drawn ones; default 0
//	EvaluateEach   epochs between two evaluations on the whole sets; default 1, of a function only the last, or 250 with Validation
//	TargetAccuracy accuracy on the training set that ends the training, of images and other labels only; default 0, none
//	Seed           the first replica's seed; default 0, a seed like any other
//	Seeds          number of replicas, with consecutive seeds; default 1; those of a function train together, up to 25, and anew where there are more of them
type Spec = experiment.Spec

// Run is what training a Spec gives: its Spec with the defaults filled in, and its
// Replicas, one a seed. Run.TestLosses, Run.TestAccuracies and their like return a number
// of every replica, and Run.Values any other.
type Run = experiment.Run

// Replica is the training of one seed: Theta, the final parameters, Initial ones and
// Snapshots; History, its course by epochs, and Steps; Train and Test, the final scores.
type Replica = experiment.Replica

// Score is a mean loss, and the share of examples classified right, NaN for a regression.
type Score = experiment.Score

// Step is what one training step saw of its mini-batch: the loss, and its gradient's L2 norm.
type Step = experiment.Step

// Task names what a network learns: a function, a set of images with labels, or a table.
// [Function] makes one, and package dataset reads one from files.
type Task = data.Task

// The tasks. The functions are sampled on [-1, 1].
const (
	Sinc        = data.Sinc        // sin(5πx) / (5πx)
	SignedDecay = data.SignedDecay // sgn(sin(5πx)) / (5πx), the source's function 2
	SquareWave  = data.SquareWave  // sgn(sin(5πx) / (5πx))
	WaveSign    = data.WaveSign    // the square wave's sign as two classes, 0 and 1

	MNIST        = data.MNIST
	FashionMNIST = data.FashionMNIST
)

// Sampling says at which points a function is learnt; its zero value is that of the homework.
type Sampling = data.Sampling

// Function declares a function of one variable as a task: one that is changed is another
// task, one that is renamed the same. What is wrong with it is said where it is used.
func Function(name string, f func(x float64) float64, sampling ...Sampling) Task {
	return data.Function(name, f, sampling...)
}

// FunctionOf is [Function] for a function of several inputs.
func FunctionOf(name string, inputs int, f func(x []float64) float64, sampling ...Sampling) Task {
	return data.FunctionOf(name, inputs, f, sampling...)
}

// Arch is a network as plain data. [MLP], [CNN] and [Network] build one.
type Arch = nn.Arch

// MLP returns the dense network with these layer widths, the input's first:
// MLP(1, 190, 1) has one hidden layer of 190.
func MLP(widths ...int) Arch { return nn.MLP(widths...) }

// CNN returns a convolutional network for 28×28 grey images, or others by Arch.On: one block for each
// of the channels (a 4×4 convolution, the activation, a 2×2 max-pool, or what Arch.With says), then
// dense layers of these widths. Arch.Normalized has batch normalization.
func CNN(channels []int, dense ...int) Arch { return nn.CNN(channels, dense...) }

// Network declares a network of one's own in GoMLX, of weights that are named and shaped: a graph
// of outputs [n, outputs] for examples [n, input...]. Name and version are part of a run's key.
func Network(name string, version int, input []int, outputs int, weights []nn.Param, graph nn.GraphFn) Arch {
	return nn.Graph(name, version, input, outputs, weights, graph)
}

// Activation names the function between two layers: those below, "sigmoid", "softplus", "gelu", "silu", "sine".
type Activation = nn.Activation

// The activations.
const (
	ReLU      = nn.ReLU
	LeakyReLU = nn.LeakyReLU // slope 0.01 below 0
	Tanh      = nn.Tanh
)

// Loss names what training minimizes. It is a mean over the examples.
type Loss = nn.Loss

// The losses.
const (
	MSE          = nn.MSE
	CrossEntropy = nn.CrossEntropy // of the softmax, or of one logit for two classes
)

// The optimizers.
const (
	Adam  = optim.Adam
	AdamW = optim.AdamW // with decoupled weight decay
	SGD   = optim.SGD   // gradient descent, with Momentum where that is set
)

// Schedule says how the learning rate changes in the course of a training: Warmup, Steps with
// their Factor, or Cosine. Its zero value keeps the rate constant.
type Schedule = optim.Schedule

// Train returns the runs of the specs, in their order. Runs that are in the run store are read; the
// others are trained, as many at a time as there are cores, and saved as soon as they are done.
//
// An interrupt stops the training; what is saved by then stays, and an unfinished run goes on from
// its checkpoint the next time. The error names every run that failed; the others are saved.
func Train(specs ...Spec) ([]*Run, error) { return train.All(specs...) }

// TrainOne is [Train] for one spec.
func TrainOne(spec Spec) (*Run, error) { return train.One(spec) }

// SeedsFromEnv returns HW1_SEEDS, the number of seeds of the experiments on images, by default 1.
func SeedsFromEnv() (int, error) { return env.Seeds() }

// Median returns the median of values, NaN of none and where one of them is NaN.
func Median(values []float64) float64 { return num.Median(values) }

// Medians returns for each run the median of a figure over its replicas.
func Medians(runs []*Run, of func(Replica) float64) []float64 { return experiment.Medians(runs, of) }

// Figure is a drawing with its caption, alternative text and data, for [Show].
type Figure = figure.Figure

// Table is a table of text cells with a caption, as table functions return it for [ShowTable].
type Table = figure.Table
