package hw1

import (
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
	"hw1/pkg/hw1/train"
)

// Spec holds everything that a training run depends on: the same Spec gives the
// same run. The zero value of an optional field stands for its default. Its fields:
//
//	Name           label in figures and tables; does not change the run
//	Task           what is learnt: Sinc, MNIST, …
//	Arch           the network: MLP(1, 190, 1), CNN([]int{16, 32}, 10), …
//	Activation     ReLU, another constant, or one that nn.OwnActivation declares; default ReLU
//	Loss           MSE, CrossEntropy, or one that loss.Regression or loss.Classification declares; default MSE for functions, CrossEntropy for classes
//	Epochs         passes over the training set, at most
//	Batch          examples per step; default 0, the whole set, for functions and regressions only; each epoch leaves out the examples that do not fill a last batch, with a notice above 2 %
//	LearningRate   default 1e-3
//	WeightDecay    coupled: gradient += WeightDecay · theta; decoupled with AdamW
//	Optimizer      Adam, AdamW, SGD, or one that optim.Own declares; default Adam
//	Momentum       for SGD; default 0, none
//	Nesterov       Nesterov's momentum, which looks ahead
//	ClipNorm       largest L2 norm of a gradient, to which larger ones are scaled down; default 0, no clipping
//	Beta1          for Adam and AdamW, as are Beta2 and Epsilon; default 0.9
//	Beta2          default 0.999
//	Epsilon        default 1e-8
//	Schedule       learning-rate schedule: warm-up, steps, cosine or piecewise linear; default constant
//	Init           initial weights: nn.He or nn.Glorot; default uniform, as in PyTorch
//	Gain           factor on the initial weights; default 1
//	Start          weights to start from, made by experiment.WeightsOf; default none: the seed draws them
//	Mask           factor on the learning rate of each weight, made by experiment.WeightsOf: 0 for those that keep their initial value, else above 0; default none: 1 for all
//	Dropout        share of activations dropped before a dense layer
//	Patience       epochs without progress after which a run counts as converged and stops, by the validation loss or, without a validation set, the training loss; not while that is about the loss of a constant prediction; checked every 250 epochs of a function, or every EvaluateEach; default 0, never
//	Float64        double precision; default single
//	TrainSize      number of training examples to use: the first ones, for a function evenly spread ones; default 0, all
//	TestSize       likewise for the test set; default 0, all
//	LabelNoise     share of the training labels replaced by random ones
//	SnapshotEach   epochs between two snapshots of the weights; default 0, none
//	Validation     examples held out of the training set for validation: the last ones, for a function or another regression randomly drawn ones; default 0
//	EvaluateEach   epochs between two evaluations on the whole sets; default 1; for a function only after the last epoch, or 250 with Validation
//	TargetAccuracy training accuracy at which to stop, for images and other labels only; default 0, none
//	Seed           the first replica's seed; default 0, a seed like any other
//	Seeds          number of replicas, with consecutive seeds; default 1; up to 25 seeds of a function train together, and anew if their number changes
type Spec = experiment.Spec

// Run is the result of training a Spec: the Spec with its defaults filled in, and its
// Replicas, one per seed. Run.TestLosses, Run.TestAccuracies and similar methods return one
// number for every replica, and Run.Values any other number.
type Run = experiment.Run

// Replica is the training of one seed: Theta, the final parameters, Initial, the initial ones, and
// Snapshots; History, its course epoch by epoch, and Steps; Train and Test, the final scores.
type Replica = experiment.Replica

// Score is a mean loss and an accuracy: the share of examples classified correctly, NaN for a regression.
type Score = experiment.Score

// Step records one training step: the loss on its mini-batch before the step, and its gradient's L2 norm.
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

// Sampling says at which points a function is learnt; its zero value is the homework's sampling.
type Sampling = data.Sampling

// Function declares a function of one variable as a task. Changing the function makes another
// task, renaming it does not. Mistakes in it are reported when the task is used.
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

// CNN returns a convolutional network for 28×28 grey images (Arch.On is for others): one block for each
// of the channels (a 4×4 convolution, the activation and a 2×2 max-pool, unless Arch.With says otherwise), then
// dense layers of these widths. Arch.Normalized adds batch normalization.
func CNN(channels []int, dense ...int) Arch { return nn.CNN(channels, dense...) }

// Network declares your own network in GoMLX, from weights with names and shapes and a function that builds the graph
// of the outputs [n, outputs] for examples [n, input...]. The name and the version are part of a run's key.
func Network(name string, version int, input []int, outputs int, weights []nn.Param, graph nn.GraphFn) Arch {
	return nn.Graph(name, version, input, outputs, weights, graph)
}

// Activation names the function between two layers: a constant below, "sigmoid", "softplus", "gelu", "silu", "sine", or one that nn.OwnActivation declares.
type Activation = nn.Activation

// The activations.
const (
	ReLU      = nn.ReLU
	LeakyReLU = nn.LeakyReLU // slope 0.01 below 0
	Tanh      = nn.Tanh
)

// Loss names what training minimizes, a mean over the examples: a constant below, or one that package loss declares.
type Loss = loss.Loss

// The losses.
const (
	MSE          = loss.MSE
	CrossEntropy = loss.CrossEntropy // of the softmax, or of one logit for two classes
)

// The optimizers.
const (
	Adam  = optim.Adam
	AdamW = optim.AdamW // with decoupled weight decay
	SGD   = optim.SGD   // gradient descent, with Momentum if that is set
)

// Schedule says how the learning rate changes during training: Warmup, Steps with
// their Factor, Cosine, or any course as PiecewiseLinear. Its zero value keeps the rate constant.
type Schedule = optim.Schedule

// Train returns the runs of the specs, in the same order. Runs that are in the run store are read; the
// others are trained, as many at a time as there are cores, and saved as soon as they are done.
//
// An interrupt stops the training; runs saved by then are kept, and an unfinished run continues from
// its checkpoint next time. The error names every run that failed; the others are saved.
func Train(specs ...Spec) ([]*Run, error) { return train.All(specs...) }

// TrainOne is [Train] for one spec.
func TrainOne(spec Spec) (*Run, error) { return train.One(spec) }

// SeedsFromEnv returns HW1_SEEDS, the number of seeds in the experiments on images; the default is 1.
func SeedsFromEnv() (int, error) { return env.Seeds() }

// Median returns the median of values; it is NaN if there are none or one of them is NaN.
func Median(values []float64) float64 { return num.Median(values) }

// Medians returns, for each run, the median over its replicas of a number such as a loss.
func Medians(runs []*Run, of func(Replica) float64) []float64 { return experiment.Medians(runs, of) }

// Figure is a drawing with its caption, alternative text and data, for [Show].
type Figure = figure.Figure

// Table is a table of text cells with a caption, which table functions return for [ShowTable].
type Table = figure.Table
