package experiment_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

// Label noise draws each label anew with the share's probability: half of two classes, which have one output, stay as they were. It
// is the seed's own, and no test set has it.
func TestLabelNoiseOfTwoClasses(t *testing.T) {
	spec := signs()
	spec.LabelNoise = 1
	noisy := runtest.MustExamples(t, spec)
	again := runtest.MustExamples(t, spec)
	resolved := runtest.MustResolve(t, spec)
	clean, test, err := resolved.CleanExamples()
	if err != nil {
		t.Fatal(err)
	}
	changed := 0
	for i, y := range noisy.Y {
		if y != 0 && y != 1 {
			t.Fatalf("label %d is %g", i, y)
		}
		changed += num.Int(y != clean.Y[i])
	}
	if changed < 200 || changed > 300 || !slices.Equal(noisy.Y, again.Y) || !slices.Equal(clean.Y, data.WaveSign.Truth(clean.X)) || !slices.Equal(test.Y, data.WaveSign.Truth(test.X)) {
		t.Errorf("%d of 500 labels are others", changed)
	}
	spec.Seed = 1
	if slices.Equal(runtest.MustExamples(t, spec).Y, noisy.Y) {
		t.Error("two seeds have the same noise")
	}
	spec.LabelNoise = 0
	if !slices.Equal(runtest.MustExamples(t, spec).Y, clean.Y) {
		t.Error("without label noise there is some")
	}
}

// The labels of all classes are drawn.
func TestLabelNoiseOfManyClasses(t *testing.T) {
	first := data.Examples{X: make([]float64, 60), Labels: make([]uint8, 60)}
	task, err := data.Own(data.Set{Name: "all of the first class", Train: first, Test: first, Shape: []int{1}, Classes: []string{"a", "b", "c"}})
	if err != nil {
		t.Fatal(err)
	}
	noisy := runtest.MustExamples(t, experiment.Spec{Task: task, Arch: nn.MLP(1, 2, 3), Epochs: 1, Batch: 10, LabelNoise: 1})
	if classes := slices.Compact(slices.Sorted(slices.Values(noisy.Labels))); !slices.Equal(classes, []uint8{0, 1, 2}) {
		t.Errorf("the labels are of the classes %v", classes)
	}
}

// What is not trained on is validated, and nothing else.
func TestValidationSet(t *testing.T) {
	spec := runtest.Small()
	all := runtest.MustExamples(t, spec)
	for _, n := range []int{0, 1, 20} {
		spec.Validation = n
		set, err := runtest.MustResolve(t, spec).ValidationSet()
		both := slices.Concat(runtest.MustExamples(t, spec).X, set.X)
		if slices.Sort(both); err != nil || set.Len() != n || !slices.Equal(both, all.X) {
			t.Errorf("%d of %d examples, %v", set.Len(), n, err)
		}
	}
	spec.Task = "cosine"
	_, err := spec.ValidationSet()
	hw1test.CheckMessage(t, hw1test.MessageOf(err), `unknown task "cosine"`)
	_, _, err = spec.Examples()
	hw1test.CheckMessage(t, hw1test.MessageOf(err), `unknown task "cosine"`)
}

// Specs with one training set say so, and only they.
func TestTrainingSet(t *testing.T) {
	for _, c := range []struct {
		base   func() experiment.Spec
		change func(a, b *experiment.Spec)
		same   bool
	}{
		{runtest.Small, func(a, b *experiment.Spec) { a.Seed, a.Epochs, a.Float64 = 7, 99, true }, true},
		{runtest.Small, func(a, b *experiment.Spec) { a.TrainSize = 400 }, false},
		{runtest.Small, func(a, b *experiment.Spec) { a.TestSize = 400 }, false},
		{runtest.Small, func(a, b *experiment.Spec) { a.Task = data.SquareWave }, false},
		{runtest.Small, func(a, b *experiment.Spec) { a.TrainSize, b.TrainSize, b.Validation = 400, 400, 100 }, false}, // drawn from the rest
		{runtest.Digits, func(a, b *experiment.Spec) { a.TrainSize, b.TrainSize, b.Validation = 400, 400, 100 }, true}, // the first ones
		{runtest.Digits, func(a, b *experiment.Spec) { a.LabelNoise = 0.5 }, false},
		{runtest.Digits, func(a, b *experiment.Spec) { a.LabelNoise, b.LabelNoise = 0.5, 0.5 }, true},
		{runtest.Digits, func(a, b *experiment.Spec) { a.LabelNoise, b.LabelNoise, b.Seed = 0.5, 0.5, 1 }, false},
	} {
		a, b := c.base(), c.base()
		c.change(&a, &b)
		if a, b := runtest.MustResolve(t, a), runtest.MustResolve(t, b); (a.TrainingSet() == b.TrainingSet()) != c.same {
			t.Errorf("%v and %v", a.TrainingSet(), b.TrainingSet())
		}
	}
}

// Weights are named by their values, which are kept as they were.
func TestWeightsToStartFrom(t *testing.T) {
	spec := runtest.Small()
	theta := make([]float64, spec.Arch.ParamCount())
	theta[1] = 0.1
	spec.Start = experiment.WeightsOf(theta)
	sum := sha256.New()
	for _, v := range theta {
		sum.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
	}
	if want := hex.EncodeToString(sum.Sum(nil)[:16]); string(spec.Start) != want {
		t.Errorf("the weights are %s, want %s", spec.Start, want)
	}
	clear(theta)
	for range 2 {
		got, err := spec.InitialTheta(1)
		if err != nil || got[1] != float64(float32(0.1)) {
			t.Errorf("it starts from %v, %v", got, err)
		}
		clear(got)
	}
	spec.Start = experiment.WeightsOf(theta[:3])
	_, err := spec.InitialTheta(1)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "3 numbers instead of 16")
	_, err = spec.Resolved() // before anything is trained
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "3 numbers instead of 16", "starts from")
	spec.Start, spec.Mask = "", spec.Start
	_, err = spec.Resolved()
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "3 numbers instead of 16", "is masked by")
	spec.Mask = "unknown here" // and so of a stored run
	if _, err = spec.Resolved(); err != nil {
		t.Error(err)
	}
	spec.Start = "beef"
	_, err = spec.InitialTheta(1)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "the weights beef", "1-5-1, sinc, seed 0", "experiment.WeightsOf")
}

// A gain scales the weights that a seed draws; the default leaves them as they are.
func TestGain(t *testing.T) {
	spec := runtest.Small()
	spec.Float64 = true
	plain := spec.Arch.InitTheta(3)
	for gain, factor := range map[float64]float64{0: 1, 1: 1, 4: 4} {
		spec.Gain = gain
		got, err := spec.InitialTheta(3)
		if err != nil {
			t.Fatal(err)
		}
		hw1test.CheckNear(t, "initial weights", got, num.Map(plain, func(v float64) float64 { return factor * v }), 0)
	}
}

// The square wave is 1 on six tenths of the line and -1 on four.
func TestConstantLoss(t *testing.T) {
	images := runtest.Digits()
	for task, want := range map[data.Task]float64{
		data.SquareWave: 1 - 0.2*0.2, data.WaveSign: -0.6*math.Log(0.6) - 0.4*math.Log(0.4), data.MNIST: math.Inf(1), "no task": math.NaN(),
	} {
		spec := runtest.Small()
		if task == data.MNIST {
			spec = images
		}
		spec.Task = task
		if got := spec.ConstantLoss(); got != want && !(math.Abs(got-want) < 1e-12) && !math.IsNaN(got+want) {
			t.Errorf("%s: a constant has the loss %g, want %g", task, got, want)
		}
	}
}
