package experiment

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"sync"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// Examples loads the training and test sets of a resolved Spec, cut to its sizes
// and with its label noise. They are copies that the caller may change.
func (s Spec) Examples() (train, test data.Examples, err error) {
	train, test, err = s.Shared()
	return train.Clone(), test.Clone(), err
}

// Shared returns the same sets as Examples, but read-only: the whole process shares them.
func (s Spec) Shared() (train, test data.Examples, err error) {
	if train, test, err = s.Task.Shared(); err != nil {
		return train, test, err
	}
	train, _ = s.Task.Apart(train, s.Validation)
	train, test = s.Task.Part(train, s.TrainSize), s.Task.Part(test, s.TestSize)
	if s.LabelNoise > 0 {
		classes, seed := max(2, s.Arch.Outputs()), uint64(s.Seed) // one logit stands for two classes
		train.Labels, train.Y = data.NoisyLabels(train.Labels, s.LabelNoise, classes, seed), data.NoisyLabels(train.Y, s.LabelNoise, classes, seed)
	}
	if !s.Float64 {
		if err := cmp.Or(train.Single(), test.Single()); err != nil {
			return train, test, fmt.Errorf("%s: %w", s.Task, err)
		}
	}
	return train, test, nil
}

// CleanExamples loads the same sets as Examples, without the label noise.
func (s Spec) CleanExamples() (train, test data.Examples, err error) {
	s.LabelNoise = 0
	return s.Examples()
}

// ValidationSet loads the examples that a resolved Spec holds out of the training set, with their true labels; it is empty if
// the Spec holds out none.
func (s Spec) ValidationSet() (data.Examples, error) {
	train, _, err := s.Task.Shared()
	if err != nil {
		return train, err
	}
	_, apart := s.Task.Apart(train, s.Validation)
	return apart.Clone(), nil
}

// TrainingSet identifies a Spec's training and test sets: Specs with equal values have equal sets.
func (s Spec) TrainingSet() [6]any {
	set := [6]any{s.Task, s.TrainSize, s.TestSize, s.LabelNoise}
	if s.LabelNoise > 0 {
		set[4] = s.Seed
	}
	if s.Task.IsFunction() {
		set[5] = s.Validation
	}
	return set
}

// ConstantLoss returns the lowest loss of a constant prediction on the training set
// of a function: the variance of its values, or the entropy of its two classes. It is +Inf
// for images and for custom losses, and NaN if the Spec is invalid.
func (s Spec) ConstantLoss() float64 {
	s, err := s.Resolved()
	switch {
	case err != nil:
		return math.NaN()
	case !s.Task.IsFunction():
		return math.Inf(1)
	}
	train, _, _ := s.Shared() // a function's examples are in memory
	return s.Loss.Constant(train.Y, s.Arch.Outputs())
}

// PlateauShare returns below which share of the lowest loss of a constant prediction a network has learnt something about numbers, and
// may stop early: half for a function with one value and no noise, but 99 % for others, of which there may be little to learn.
func (s Spec) PlateauShare() float64 {
	if s.Task.IsExact() && s.LabelNoise == 0 {
		return 0.5
	}
	return 0.99
}

// Weights are numbers, one for each parameter, that a training starts from or is masked by. They are identified by a
// digest of their values, which only this process holds.
type Weights string

var knownWeights sync.Map // thetas by their Weights

// Label returns the beginning of the digest, which is enough to tell weights apart.
func (w Weights) Label() string { return string(w[:min(8, len(w))]) }

// WeightsOf returns the weights with these values, theta [P], for Spec.Start: the parameters of another run's replica, those of a snapshot,
// or an array in the layout of docs/weights.md. For Spec.Mask, the values are factors on the learning rate, such as a tenth for one layer:
//
//	rates := slices.Repeat([]float64{1}, arch.ParamCount())
//	for _, p := range arch.Params() {
//		if p.Name == "dense 2 weight" {
//			for i := range p.Size {
//				rates[p.Offset+i] = 0.1
//			}
//		}
//	}
//	spec.Mask = experiment.WeightsOf(rates)
func WeightsOf(theta []float64) Weights {
	sum := sha256.New()
	_ = binary.Write(sum, binary.LittleEndian, theta) // writing to a hash never fails
	w := Weights(hex.EncodeToString(sum.Sum(nil)[:16]))
	knownWeights.Store(w, slices.Clone(theta))
	return w
}

// InitialTheta returns the parameters [P] from which a resolved Spec's training starts with the given
// seed, in the Spec's precision.
func (s Spec) InitialTheta(seed int) ([]float64, error) {
	if s.Start == "" {
		return s.Rounded(s.Arch.Draw(s.Init, cmp.Or(s.Gain, 1), uint64(seed))), nil
	}
	theta, err := s.known(s.Start, "starts from")
	return s.Rounded(theta), err
}

// minFactor and maxFactor bound the factors of a mask.
const minFactor, maxFactor = 1e-6, 1e6

// TrainedMask returns the mask of a resolved Spec, the factors on the learning rates of its weights, [P], or nil if all are 1.
func (s Spec) TrainedMask() ([]float64, error) {
	if s.Mask == "" {
		return nil, nil
	}
	mask, err := s.known(s.Mask, "is masked by")
	if err != nil {
		return nil, err
	}
	for i, v := range mask {
		if v != 0 && (v < minFactor || v > maxFactor) {
			return nil, fmt.Errorf("the weights that %s is masked by have the value %g for weight %d; give a factor on its learning rate, between %g and %g, or 0 where it keeps its initial value", s.Describe(), v, i+1, minFactor, maxFactor)
		}
	}
	if !slices.ContainsFunc(num.At(mask, s.Arch.TrainedAt()), func(v float64) bool { return v > 0 }) {
		return nil, fmt.Errorf("the weights that %s is masked by are all 0, which leaves nothing to train; give 1 where a weight is trained", s.Describe())
	}
	return mask, nil
}

// weightsFit returns an error if the weights that a Spec starts from or is masked by do not fit it. Those that are not known here
// may be part of a stored run.
func (s Spec) weightsFit() (err error) {
	if _, known := knownWeights.Load(s.Start); known {
		_, err = s.known(s.Start, "starts from")
	}
	if _, known := knownWeights.Load(s.Mask); known && err == nil {
		_, err = s.TrainedMask()
	}
	return err
}

// known returns a copy of weights that are known by their digest, [P].
func (s Spec) known(w Weights, use string) ([]float64, error) {
	values, known := knownWeights.Load(w)
	if !known {
		return nil, fmt.Errorf("the weights %s that %s %s are not known here; make them with experiment.WeightsOf in this cell", w, s.Describe(), use)
	}
	theta := slices.Clone(values.([]float64))
	return theta, check.Vector(fmt.Sprintf("the weights that %s %s", s.Describe(), use), theta, s.Arch.ParamCount())
}
