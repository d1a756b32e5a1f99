package data_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/internal/hw1test"
)

// circle is a curve in the plane.
func circle(x []float64) []float64 {
	return []float64{math.Cos(math.Pi * x[0]), math.Sin(math.Pi * x[0])}
}

func ExampleVectorFunction() {
	circle := data.VectorFunction("circle", 1, 2, func(x []float64) []float64 {
		return []float64{math.Cos(math.Pi * x[0]), math.Sin(math.Pi * x[0])}
	})
	fmt.Printf("%.3f\n", circle.Truth([]float64{0, 0.5})) // two points
	// Output:
	// [1.000 0.000 0.000 1.000]
}

// A function with several values is sampled as one with a single value is, and each example keeps all of its values.
func TestVectorFunction(t *testing.T) {
	task := data.VectorFunction("circle", 1, 2, circle, data.Sampling{Train: 20})
	train, test := load(t, task)
	single, singleTest := load(t, data.Function("cosine", func(x float64) float64 { return math.Cos(math.Pi * x) }, data.Sampling{Train: 20}))
	if info, err := task.Info(); err != nil || info.Outputs != 2 || info.Labels || info.Classes != 0 || info.TrainSize != 20 || info.TestSize != test.Len() {
		t.Errorf("%+v, %v", info, err)
	}
	if !slices.Equal(train.X, single.X) || !slices.Equal(test.X, singleTest.X) || train.Len() != 20 || train.Features() != 1 {
		t.Errorf("%d points, where a single value has %d", train.Len(), single.Len())
	}
	hw1test.CheckNear(t, "truth", train.Y, task.Truth(train.X), 0)
	hw1test.CheckNear(t, "value", []float64{task.At(train.X[3])}, single.Y[3:4], 0)
	part, apart := task.Part(train, 7), data.Examples{}
	_, apart = task.Apart(train, 6)
	for _, set := range []data.Examples{part, apart, train.Slice(2, 5), test} {
		for i := range set.Len() {
			hw1test.CheckNear(t, "values of an example", set.Slice(i, i+1).Y, circle(set.Numbers(i)), 0)
		}
	}
	if part.Len() != 7 || apart.Len() != 6 {
		t.Errorf("parts of 7 and 6 examples have %d and %d", part.Len(), apart.Len())
	}
	if data.VectorFunction("f", 1, 1, func(x []float64) []float64 { return []float64{cube(x[0])} }) != data.Function("cube", cube) {
		t.Error("a single value is another task")
	}
	if data.VectorFunction("f", 1, 2, circle, data.Sampling{Train: 20}) != task || data.VectorFunction("circle", 1, 2, circle, data.Sampling{Train: 21}) == task {
		t.Error("the task is not identified by its examples")
	}
	shared := make([]float64, 2)
	reused := data.VectorFunction("reused", 1, 2, func(x []float64) []float64 { copy(shared, circle(x)); x[0] = 7; return shared }, data.Sampling{Train: 20})
	if reused != task {
		t.Error("a function that reuses its result, and changes its argument, is another task")
	}
	hw1test.CheckNear(t, "two points of it", reused.Truth([]float64{0, 1}), []float64{1, 0, -1, 0}, 1e-15)
}

// Where a function has too few values between the points at which it was sampled, they are NaN.
func TestValuesThatAreMissing(t *testing.T) {
	for name, at0 := range map[string]func([]float64) []float64{
		"short": func(y []float64) []float64 { return y[:1] }, "long": func(y []float64) []float64 { return append(y, 1) },
		"none": func([]float64) []float64 { return nil }, "panic": func(y []float64) []float64 { return y[:len(y)+9] },
	} {
		task := data.VectorFunction(name, 1, 2, func(x []float64) []float64 {
			if x[0] == 0 {
				return at0(circle(x))
			}
			return circle(x)
		}, data.Sampling{Train: 4})
		if _, _, err := task.Load(); err != nil {
			t.Fatal(err)
		}
		got := task.Truth([]float64{0, 1})
		if len(got) != 4 || !math.IsNaN(got[0]) || !math.IsNaN(got[1]) || got[2] != -1 || !math.IsNaN(task.At(0)) || !task.HasTruth() {
			t.Errorf("%s: %v, and %g at 0", name, got, task.At(0))
		}
	}
}

// Each of the training targets has noise of its own.
func TestNoiseOfSeveralValues(t *testing.T) {
	train, test := load(t, data.VectorFunction("zeros", 1, 2, func([]float64) []float64 { return make([]float64, 2) }, data.Sampling{Train: 4000, Noise: 0.5}))
	var sums [3]float64
	for i := range train.Len() {
		a, b := train.Y[2*i], train.Y[2*i+1]
		sums[0], sums[1], sums[2] = sums[0]+a*a/4000, sums[1]+b*b/4000, sums[2]+a*b/4000
	}
	hw1test.CheckNear(t, "variances and covariance", sums[:], []float64{0.25, 0.25, 0}, 0.02)
	if slices.ContainsFunc(test.Y, func(y float64) bool { return y != 0 }) {
		t.Error("the test set is noisy")
	}
}

func TestVectorFunctionSaysWhatIsWrong(t *testing.T) {
	for says, task := range map[string]data.Task{
		"returns 2 values at [-0.998], where 3 were announced": data.VectorFunction("f", 1, 3, circle),
		"returns 0 values at [-0.998], where 1 were announced": data.VectorFunction("f", 1, 1, func([]float64) []float64 { return nil }),
		`"f" is +Inf at [-0.5], which is not a finite number`:  data.VectorFunction("f", 1, 2, func(x []float64) []float64 { return []float64{0, 1 / math.Max(0, x[0])} }, data.Sampling{Train: 2}),
		"panics at [":                            data.VectorFunction("f", 1, 2, func(x []float64) []float64 { return x[:3] }),
		"is nil, or has 0 samplings":             data.VectorFunction("f", 1, 2, nil),
		"is nil, or has 2 samplings":             data.VectorFunction("f", 1, 2, circle, data.Sampling{}, data.Sampling{}),
		"it has 0 values":                        data.VectorFunction("f", 1, 0, circle),
		"it has 1001 values":                     data.VectorFunction("f", 1, 1001, circle),
		"it has 2 values and 2 classes":          data.VectorFunction("f", 1, 2, circle, data.Sampling{Classes: 2}),
		"with 1 inputs and 900 outputs; give it": data.VectorFunction("f", 1, 900, circle, data.Sampling{Train: 100_000, Test: 100_000}),
	} {
		_, _, err := task.Load()
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says)
		if !math.IsNaN(task.At(0)) || !math.IsNaN(task.Truth([]float64{0})[0]) {
			t.Errorf("%v has values", task)
		}
	}
}

// Own data have as many numbers in each target as they say.
func TestOwnExamplesWithSeveralNumbers(t *testing.T) {
	set := data.Examples{X: []float64{1, 2, 3}, Y: []float64{10, 11, 20, 21, 30, 31}, Outputs: 2}
	if set.Len() != 3 || set.Valid() != nil {
		t.Errorf("%d examples, %v", set.Len(), set.Valid())
	}
	rest, those := set.Without([]int{1})
	hw1test.CheckNear(t, "targets", slices.Concat(rest.Y, those.Y, set.Clone().Y), []float64{10, 11, 30, 31, 20, 21, 10, 11, 20, 21, 30, 31}, 0)
	task, err := data.Own(data.Set{Name: "pairs", Train: set, Test: set.Slice(0, 1), Shape: []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := task.Info(); err != nil || info.Outputs != 2 || info.TrainSize != 3 || info.TestSize != 1 {
		t.Errorf("%+v, %v", info, err)
	}
	flat := set
	flat.Outputs, flat.X = 0, []float64{1, 1, 2, 2, 3, 3}
	if other, err := data.Own(data.Set{Name: "pairs", Train: flat, Test: flat, Shape: []int{1}}); err != nil || other == task {
		t.Errorf("the same numbers in single targets are the same task: %v", err)
	}
	for says, s := range map[string]data.Examples{
		"5 target values and 0 labels for targets of 2": {X: set.X, Y: set.Y[:5], Outputs: 2},
		"6 target values and 0 labels for targets of 9": {X: set.X, Y: set.Y, Outputs: 9},
		"one target, or as many as Outputs says":        {X: set.X, Y: set.Y[:4]},
		"3 labels for targets of 2 numbers":             {X: set.X, Labels: []uint8{0, 1, 2}, Outputs: 2},
		"targets of -1 numbers":                         {X: set.X, Y: set.X, Outputs: -1},
	} {
		hw1test.CheckMessage(t, hw1test.MessageOf(s.Valid()), says)
	}
	_, err = data.Own(data.Set{Name: "pairs", Train: set, Test: data.Examples{X: []float64{1}, Y: []float64{1}}, Shape: []int{1}})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "of the training set has 2 values and one of the test set 1")
}

// An autoencoder learns what its network sees: numbers as they are, and pixels from 0 to 1.
func TestReconstruction(t *testing.T) {
	pixels := data.Examples{Images: []uint8{0, 51, 102, 153, 204, 255}, Labels: []uint8{0, 1, 0}}
	of, err := data.Own(data.Set{Name: "pixels", Train: pixels, Test: pixels, Shape: []int{1, 2, 1}, Classes: []string{"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	task, err := data.Reconstruction(of, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	train, test := load(t, task)
	hw1test.CheckNear(t, "pixels", train.Y, []float64{0, 0.2, 0.4, 0.6}, 1e-15)
	info, err := task.Info()
	if err != nil || info.Outputs != 2 || info.Labels || len(info.ClassNames) > 0 || !slices.Equal(info.Shape, []int{1, 2, 1}) || !slices.Equal(train.Images, pixels.Images[:4]) || test.Len() != 1 {
		t.Errorf("%+v of %d and %d examples, %v", info, train.Len(), test.Len(), err)
	}
	curve, err := data.Reconstruction(data.Sinc, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	train, _ = load(t, curve)
	hw1test.CheckNear(t, "numbers", train.Y, train.X, 0)
	for says, c := range map[string]struct {
		of          data.Task
		train, test int
	}{"unknown task": {"cosine", 1, 1}, "of 4 training and 1 test": {of, 4, 1}, "of 0 training": {of, 0, 1}, "and 0 test examples": {of, 1, 0}, "which has 3 and 3": {of, 1, 4}} {
		_, err := data.Reconstruction(c.of, c.train, c.test)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says)
	}
}
