// Package experiment has what to train, a Spec, and what came out, a Run with its Replicas.
package experiment

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

// Spec holds everything that a training run depends on: the same Spec gives the
// same run. The zero value of an optional field stands for its default.
type Spec struct {
	Name string `json:"-"` // label in figures and tables; does not change the run

	Task       data.Task     `json:"task"`
	Arch       nn.Arch       `json:"arch"`
	Activation nn.Activation `json:"activation"` // ReLU, another constant, or one that nn.OwnActivation declares; default ReLU
	Loss       loss.Loss     `json:"loss"`       // MSE, CrossEntropy, or one that loss.Regression or loss.Classification declares; default MSE for functions, CrossEntropy for classes

	Epochs       int     `json:"epochs"`         // passes over the training set, at most
	Batch        int     `json:"batch"`          // examples per step; default 0, the whole set, for functions and regressions only; each epoch leaves out the examples that do not fill a last batch, with a notice above 2 %
	LearningRate float64 `json:"learning_rate"`  // default 1e-3
	WeightDecay  float64 `json:"weight_decay"`   // coupled: gradient += WeightDecay · theta; decoupled with AdamW
	Dropout      float64 `json:"dropout"`        // share of activations dropped before a dense layer
	Patience     int     `json:"patience"`       // epochs without progress after which a run counts as converged and stops, by the validation loss or, without a validation set, the training loss; not while that is about the loss of a constant prediction; checked every 250 epochs of a function, or every EvaluateEach; default 0, never
	Float64      bool    `json:"float64"`        // double precision; default single
	TrainSize    int     `json:"train_size"`     // number of training examples to use: the first ones, for a function evenly spread ones; default 0, all
	TestSize     int     `json:"test_size"`      // likewise for the test set; default 0, all
	LabelNoise   float64 `json:"label_noise"`    // share of the training labels replaced by random ones
	SnapshotEach int     `json:"snapshot_every"` // epochs between two snapshots of the weights; default 0, none

	// The following fields are left out of the key if they are not set.

	Optimizer optim.Optimizer `json:"optimizer,omitempty"` // Adam, AdamW, SGD, or one that optim.Own declares; default Adam
	Momentum  float64         `json:"momentum,omitempty"`  // for SGD; default 0, none
	Nesterov  bool            `json:"nesterov,omitempty"`  // Nesterov's momentum, which looks ahead
	ClipNorm  float64         `json:"clip_norm,omitempty"` // largest L2 norm of a gradient, to which larger ones are scaled down; default 0, no clipping
	Beta1     float64         `json:"beta1,omitempty"`     // for Adam and AdamW, as are Beta2 and Epsilon; default 0.9
	Beta2     float64         `json:"beta2,omitempty"`     // default 0.999
	Epsilon   float64         `json:"epsilon,omitempty"`   // default 1e-8
	Schedule  optim.Schedule  `json:"schedule,omitzero"`   // learning-rate schedule: warm-up, steps, cosine or piecewise linear; default constant

	Init  nn.Init `json:"init,omitempty"`  // initial weights: nn.He or nn.Glorot; default uniform, as in PyTorch
	Gain  float64 `json:"gain,omitempty"`  // factor on the initial weights; default 1
	Start Weights `json:"start,omitempty"` // weights to start from, made by experiment.WeightsOf; default none: the seed draws them
	Mask  Weights `json:"mask,omitempty"`  // factor on the learning rate of each weight, made by experiment.WeightsOf: 0 for those that keep their initial value, else above 0; default none: 1 for all

	Validation     int     `json:"validation,omitempty"`      // examples held out of the training set for validation: the last ones, for a function or another regression randomly drawn ones; default 0
	EvaluateEach   int     `json:"evaluate_each,omitempty"`   // epochs between two evaluations on the whole sets; default 1; for a function only after the last epoch, or 250 with Validation
	TargetAccuracy float64 `json:"target_accuracy,omitempty"` // training accuracy at which to stop, for images and other labels only; default 0, none

	Seed  int `json:"seed"`  // the first replica's seed; default 0, a seed like any other
	Seeds int `json:"seeds"` // number of replicas, with consecutive seeds; default 1; up to 25 seeds of a function train together, and anew if their number changes
}

// Label returns the Spec's name, or its architecture if it has no name.
func (s Spec) Label() string { return cmp.Or(s.Name, s.Arch.String()) }

// Resolved returns the Spec with its defaults filled in and, if HW1_QUICK is set,
// its budgets cut. If the Spec is wrong, the error says what to change.
func (s Spec) Resolved() (Spec, error) {
	task, err := s.Task.Info()
	if err != nil {
		return s, fmt.Errorf("spec %q: %w", s.Label(), err)
	}
	s.Activation = cmp.Or(s.Activation, nn.ReLU)
	s.Loss = cmp.Or(s.Loss, loss.Default(task.Classes))
	s.LearningRate = cmp.Or(s.LearningRate, 1e-3)
	s.Seeds = cmp.Or(s.Seeds, 1)
	s.TrainSize = cmp.Or(s.TrainSize, task.TrainSize-s.Validation)
	s.TestSize = cmp.Or(s.TestSize, task.TestSize)
	s.Schedule = s.Schedule.Resolved()
	if s.Validation > 0 && !task.Labels {
		s.EvaluateEach = cmp.Or(s.EvaluateEach, functionChunk)
	}
	if env.Quick() {
		s = s.quick(task)
	}
	if s.Batch == s.TrainSize && s.Task.IsFunction() {
		s.Batch = 0
	}
	if err := s.validate(task); err != nil {
		return s, fmt.Errorf("spec %q: %w", s.Label(), err)
	}
	if s.EvaluateEach == 1 && task.Labels { // the same key whether or not the default is written out
		s.EvaluateEach = 0
	}
	return s, nil
}

// quickExamples is the most examples of numbers with a budget of about a second.
const quickExamples = 2000

// quick returns the Spec with a budget of about a second.
func (s Spec) quick(task data.Info) Spec {
	s.Seeds = min(s.Seeds, 2)
	epochs := 2
	if !task.Labels && float64(min(s.TrainSize, quickExamples))*float64(s.Arch.ParamCount()) < 2e7 {
		epochs = 200
	}
	if s.Epochs > epochs {
		s.Schedule = s.Schedule.Stretched(s.Epochs, epochs)
		for _, each := range []*int{&s.SnapshotEach, &s.EvaluateEach} { // so that there are as many as before
			if *each > 0 {
				*each = max(1, *each*epochs/s.Epochs)
			}
		}
		s.Epochs = epochs
	}
	if !task.Labels { // whole, if it is a function of a few variables
		s.TrainSize, s.TestSize = min(s.TrainSize, quickExamples), min(s.TestSize, quickExamples)
		s.Batch = min(s.Batch, s.TrainSize)
		return s
	}
	if seeds, err := env.Seeds(); err == nil { // one, unless HW1_SEEDS asks for more
		s.Seeds = min(s.Seeds, seeds)
	}
	s.TrainSize, s.TestSize = min(s.TrainSize, 1000), min(s.TestSize, 500)
	s.Batch = min(s.Batch, s.TrainSize)
	return s
}

// rule is a condition that must hold, and the message if it does not.
type rule struct {
	ok     bool
	format string
	args   []any
}

func (s Spec) validate(task data.Info) error {
	if err := cmp.Or(s.Arch.Valid(), s.Activation.Valid(), s.Init.Valid()); err != nil {
		return err
	}
	if err := s.Loss.Fits(s.Arch.Outputs(), task.Classes, task.Outputs); err != nil {
		return fmt.Errorf("the task %s%s: %w", s.Task, task.Named(), err)
	}
	hidden := s.Arch.Own != nil || len(s.Arch.Conv)+len(s.Arch.Hidden()) > 0
	rules := []rule{
		{len(s.Arch.Conv) == 0 || slices.Equal(s.Arch.Input, task.Shape), "the architecture %v is for images of %v, but those of %s are %v (height, width, channels); build it with hw1.CNN(…).On(height, width, channels)", []any{s.Arch, s.Arch.Input, s.Task, task.Shape}},
		{s.Arch.Features() == task.Features(), "the architecture %v takes inputs of size %d, but those of %s have size %d; make them equal", []any{s.Arch, s.Arch.Features(), s.Task, task.Features()}},
		{s.Gain == 0 || check.IsPositive(s.Gain) && s.Gain <= 1000, "gain %g on the initial weights; it must be above 0 and at most 1000", []any{s.Gain}},
		{s.Start == "" || s.Init == "" && s.Gain == 0, "weights to start from are given as well as an initialization %q with gain %g; give only one of the two", []any{s.Init, s.Gain}},
		{s.Start == "" || s.Seeds == 1 || s.Batch > 0 && (s.Batch < s.TrainSize || env.Quick()) || s.LabelNoise > 0 || s.Order().Random, "%d seeds that start from the same weights and take the whole set in each step would all give the same network; set Seeds to 1", []any{s.Seeds}},
		{!s.Arch.BatchNorm || cmp.Or(s.Batch, s.TrainSize) != 1, "batch normalization needs more than one example per batch; set Batch to 2 or more", nil},
		{s.Arch.Own == nil || s.Dropout == 0 || s.Arch.Own.Dropout, "dropout %g has no place in the graph of %v; declare it with nn.GraphWithDropout, or leave Dropout out", []any{s.Dropout, s.Arch}},
		{s.Arch.Own == nil || s.Activation == nn.ReLU, "activation %q has no effect on %v, whose graph has its own activations; leave it out", []any{s.Activation, s.Arch}},
		{hidden || s.Dropout == 0 && !s.Arch.BatchNorm, "dropout and batch normalization are for hidden layers, and %v has none; leave them out", []any{s.Arch}},
		{!s.Arch.Pad || len(s.Arch.Conv) > 0, "padding is for convolutions, and %v has none; leave it out", []any{s.Arch}},
		{check.IsText(s.Name), "the name %q cannot be written into a figure; use printable characters", []any{s.Name}},
		{s.Epochs > 0 && s.Epochs <= 10_000_000, "%d epochs; set Epochs to 1 or more, at most 10 million", []any{s.Epochs}},
		{s.Dropout >= 0 && s.Dropout < 1, "dropout %g; it must lie in [0, 1)", []any{s.Dropout}},
		{s.Validation >= 0 && s.Validation < task.TrainSize, "%d validation examples; %s has %d in all to train on", []any{s.Validation, s.Task, task.TrainSize}},
		{s.TrainSize > 0 && s.TrainSize <= task.TrainSize, "%d training examples; set TrainSize between 1 and the %[3]d that %[2]s has, or to 0 for all", []any{s.TrainSize, s.Task, task.TrainSize}},
		{s.Validation <= task.TrainSize-s.TrainSize, "%d training and %d validation examples; %s has %d in all to train on", []any{s.TrainSize, s.Validation, s.Task, task.TrainSize}},
		{s.TestSize > 0 && s.TestSize <= task.TestSize, "%d test examples; set TestSize between 1 and the %[3]d that %[2]s has, or to 0 for all", []any{s.TestSize, s.Task, task.TestSize}},
		{s.Batch >= 0 && s.Batch <= s.TrainSize, "batch %d of %d training examples; set Batch between 1 and their number, or to 0 for all of them", []any{s.Batch, s.TrainSize}},
		{!task.Labels || s.Batch > 0, "training on %s needs mini-batches; set Batch, to 100 say, or to %d to take all training examples in each step", []any{s.Task, s.TrainSize}},
		{s.LabelNoise >= 0 && s.LabelNoise <= 1, "label noise %g; it must lie in [0, 1]", []any{s.LabelNoise}},
		{s.LabelNoise == 0 || task.Classes > 0, "label noise is for classes, but the targets of %s are numbers; hw1.Sampling{Noise: …} adds noise to the values of a function", []any{s.Task}},
		{s.EvaluateEach >= 0, "an evaluation every %d epochs; EvaluateEach cannot be negative", []any{s.EvaluateEach}},
		{s.TargetAccuracy >= 0 && s.TargetAccuracy <= 1, "target accuracy %g; it must lie in [0, 1]", []any{s.TargetAccuracy}},
		{s.TargetAccuracy == 0 || task.Labels, "a target accuracy is for images and other labels only, but the targets of %s are numbers; leave it out", []any{s.Task}},
		{s.Patience >= 0 && s.SnapshotEach >= 0, "patience %d and snapshot interval %d; neither can be negative", []any{s.Patience, s.SnapshotEach}},
		{s.Seed >= 0 && s.Seed <= math.MaxInt32 && s.Seeds > 0 && s.Seeds <= 1000, "seed %d and %d seeds; give a seed between 0 and 2^31-1, and 1 to 1000 seeds", []any{s.Seed, s.Seeds}},
	}
	for _, r := range rules {
		if !r.ok {
			return fmt.Errorf(r.format, r.args...)
		}
	}
	return cmp.Or(s.Rule().Valid(), s.Schedule.Valid(s.Epochs), s.Optimizer.KnownFor(s.Arch.ParamCount()), s.weightsFit())
}

// Regime says how a run is trained and recorded: a function trains many seeds as one
// graph and hundreds of epochs in one execution; images are trained one epoch at a time.
type Regime struct {
	SeedsTogether int  // most replicas in one run: more would overflow the processor's cache, and leave the other cores idle
	Chunk         int  // epochs between two looks at the replicas: long enough that an execution's dispatch costs nothing, short enough for a lively display
	Loops         bool // matrix products are so small that any number of steps can run in a loop
	Precise       bool // the objective is computed in double precision
	Evaluated     bool // the history holds evaluations on the whole sets; else, the means of the steps' losses
	KeepsSteps    bool // the loss and the gradient norm of every step are kept
}

// functionChunk is the number of epochs that a function trains between two looks at it. chunkExamples bounds the examples, of
// all seeds together, that pass in that time (unless one epoch has more), because their order is held on the device.
const functionChunk, chunkExamples = 250, 20_000_000

// Regime returns the regime of a Spec.
func (s Spec) Regime() Regime {
	if s.Task.IsFunction() {
		together := 25
		if s.LabelNoise > 0 || s.Dropout > 0 || s.Optimizer.IsNoisy() || s.Arch.OneAtATime() { // each seed needs its own targets, random numbers or execution
			together = 1
		}
		return Regime{SeedsTogether: together, Chunk: cmp.Or(s.EvaluateEach, functionChunk), Loops: len(s.Arch.Conv) == 0, Precise: true, Evaluated: s.EvaluateEach > 0}
	}
	return Regime{SeedsTogether: 1, Chunk: 1, Evaluated: true, KeepsSteps: true}
}

// Chunk returns how many epochs to train, starting from epoch, before the next look at the replicas.
func (s Spec) Chunk(epoch int) int {
	regime := s.Regime()
	n := regime.Chunk
	if s.Patience > 0 || regime.Evaluated { // a chunk cut short by a snapshot does not shift the later looks
		n -= epoch % n
	}
	if regime.Evaluated && epoch == 0 { // the first evaluation
		n = 1
	}
	if s.SnapshotEach > 0 {
		n = min(n, s.SnapshotEach-epoch%s.SnapshotEach)
	}
	return min(n, s.Epochs-epoch, max(1, chunkExamples/(s.TrainSize*s.Seeds)))
}

// Rule returns the optimizer.
func (s Spec) Rule() optim.Rule {
	return optim.Rule{Optimizer: s.Optimizer, LearningRate: s.LearningRate, WeightDecay: s.WeightDecay, Momentum: s.Momentum, Nesterov: s.Nesterov, ClipNorm: s.ClipNorm, Beta1: s.Beta1, Beta2: s.Beta2, Epsilon: s.Epsilon}
}

// L2 returns the weight of |theta|²/2 in the objective, of which decoupled weight decay is not a part.
func (s Spec) L2() float64 {
	if s.Optimizer.Decoupled() {
		return 0
	}
	return s.WeightDecay
}

// Order returns the order of the examples.
func (s Spec) Order() optim.Order {
	return optim.Order{Seed: s.Seed, Seeds: s.Seeds, Examples: s.TrainSize, Batch: s.Batch, Random: s.Dropout > 0 || s.Optimizer.IsNoisy()}
}

// StepsPerEpoch returns the optimizer's steps in one epoch.
func (s Spec) StepsPerEpoch() int { return s.Order().StepsPerEpoch() }

// Describe describes a run in messages: model, task, seeds.
func (s Spec) Describe() string {
	seeds := fmt.Sprintf("seed %d", s.Seed)
	if s.Seeds > 1 {
		seeds = fmt.Sprintf("seeds %d-%d", s.Seed, s.Seed+s.Seeds-1)
	}
	return strings.Join([]string{s.Label(), s.Task.String(), seeds}, ", ")
}

// Rounded returns values in the Spec's precision, as they are trained and stored.
func (s Spec) Rounded(values []float64) []float64 {
	if !s.Float64 {
		for i, v := range values {
			values[i] = float64(float32(v))
		}
	}
	return values
}

// DType returns the type of the Spec's parameters.
func (s Spec) DType() dtypes.DType {
	if s.Float64 {
		return dtypes.Float64
	}
	return dtypes.Float32
}

// Network returns the network of a Spec.
func (s Spec) Network() nn.Network {
	return nn.New(s.Arch, s.Activation, s.Loss, !s.Task.IsFunction(), s.Dropout, s.DType())
}
