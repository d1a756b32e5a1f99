package data_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/internal/hw1test"
)

var (
	numbers = data.Examples{X: []float64{1, 2, 3, 4, 5, 6}, Y: []float64{10, 20, 30}}
	images  = data.Examples{Images: []uint8{0, 51, 102, 153, 204, 255}, Labels: []uint8{7, 8, 9}}
)

// An example keeps its inputs and its target, wherever it goes.
func TestExamplesStayWhole(t *testing.T) {
	rest, those := numbers.Without([]int{2, 0})
	for i, c := range []struct{ got, want data.Examples }{
		{numbers.Slice(1, 2), data.Examples{X: []float64{3, 4}, Y: []float64{20}}},
		{images.Slice(1, 3), data.Examples{Images: []uint8{102, 153, 204, 255}, Labels: []uint8{8, 9}}},
		{rest, data.Examples{X: []float64{3, 4}, Y: []float64{20}}},
		{those, data.Examples{X: []float64{1, 2, 5, 6}, Y: []float64{10, 30}}},
		{images.Clone(), images},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%d: %v, want %v", i, c.got, c.want)
		}
	}
	if none := (data.Examples{}); none.Len() != 0 || none.Features() != 0 {
		t.Errorf("no examples are %d of %d values", none.Len(), none.Features())
	}
	hw1test.CheckNear(t, "numbers", numbers.Numbers(1), []float64{3, 4}, 0)
	hw1test.CheckNear(t, "pixels", images.Numbers(1), []float64{0.4, 0.6}, 1e-15)
}

// A network gets pixels as bytes and labels as integers, and numbers in its precision.
func TestTensorsOfExamples(t *testing.T) {
	for _, c := range []struct {
		of              data.Examples
		inputs, targets any
	}{
		{numbers, [][]float32{{1, 2}, {3, 4}, {5, 6}}, []float32{10, 20, 30}},
		{images, [][]uint8{{0, 51}, {102, 153}, {204, 255}}, []int32{7, 8, 9}},
	} {
		inputs, targets, err := c.of.OnDevice(dtypes.Float32)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range []*tensors.Tensor{c.of.Inputs(dtypes.Float32), inputs, c.of.Targets(dtypes.Float32), targets} {
			want := []any{c.inputs, c.inputs, c.targets, c.targets}[i]
			if !reflect.DeepEqual(got.Value(), want) {
				t.Errorf("%d: %v, want %v", i, got.Value(), want)
			}
		}
	}
}

func TestExamplesSayWhatIsWrong(t *testing.T) {
	x, y, pixel, label := []float64{1}, []float64{2}, []uint8{3}, []uint8{0}
	for _, c := range []struct {
		of   data.Examples
		says string // "" if nothing is wrong
	}{
		{numbers, ""},
		{images, ""},
		{data.Examples{Images: pixel, Y: y}, ""},
		{data.Examples{}, "there are no examples"},
		{data.Examples{X: x, Images: pixel, Y: y}, "two kinds of inputs"},
		{data.Examples{X: x, Y: y, Labels: label}, "two kinds"},
		{data.Examples{Labels: label}, "0 input values for 1 targets"},
		{data.Examples{Images: []uint8{1, 2, 3}, Y: []float64{1, 2}}, "have 3 input values for 2 targets"},
		{data.Examples{X: []float64{math.NaN()}, Y: y}, "the inputs: number 1 of 1 is NaN"},
		{data.Examples{X: x, Y: []float64{math.Inf(1)}}, "the values: number 1 of 1 is +Inf"},
	} {
		if err := c.of.Valid(); c.says != "" {
			hw1test.CheckMessage(t, hw1test.MessageOf(err), c.says)
		} else if err != nil {
			t.Errorf("%v: %v", c.of, err)
		}
	}
}

// Single precision has 24 binary digits: from 2²² to 2²³ its numbers are a half apart, and at 2²³ a whole one.
func TestSinglePrecision(t *testing.T) {
	const top = 1 << 23
	for _, c := range []struct {
		x    []float64 // of two inputs, the first of which is always resolved
		y    float64
		says string
	}{
		{[]float64{0, top - 256, 1, top}, 1, ""},
		{[]float64{0, top - 255, 1, top}, 1, "input 2 goes from 8388353 to 8388608, which single precision resolves only in steps of 1;"},
		{[]float64{0, -top, 1, 256 - top}, 1, ""},
		{[]float64{0, -top, 1, 255 - top}, 1, "input 2 goes from -8388608 to -8388353"},
		{[]float64{0, top, 1, top}, 1, ""}, // constant
		{[]float64{0, 0, 1, 1}, math.MaxFloat32, ""},
		{[]float64{0, 0, 1, 1}, -1e39, "a value of -1e+39 is too large"},
		{[]float64{0, 0, 1, 1e39}, 1, "a value of 1e+39 is too large"},
	} {
		for _, x := range [][]float64{c.x, slices.Concat(c.x[2:], c.x[:2])} {
			before := slices.Clone(x)
			err := data.Examples{X: x, Y: []float64{0, c.y}}.Single()
			if c.says != "" {
				hw1test.CheckMessage(t, hw1test.MessageOf(err), c.says, "set Float64")
			} else if err != nil {
				t.Errorf("%v, %g: %v", x, c.y, err)
			}
			if !slices.Equal(x, before) {
				t.Errorf("%v becomes %v", before, x)
			}
		}
	}
	for _, one := range []data.Examples{{Images: []uint8{1}, Labels: []uint8{0}}, {X: []float64{top - 1, top}, Y: []float64{1}}, {}} {
		if err := one.Single(); err != nil {
			t.Errorf("%v: %v", one, err)
		}
	}
}

// In a random order, n labels of which c are 1 form some n + 1 - (c² + (n - c)²) / n blocks: examples with fewer than a quarter of
// these are shuffled, those with one block of each class always, and those of which no two neighbours are of one class never.
func TestWhichExamplesAreShuffled(t *testing.T) {
	for _, c := range []struct {
		blocks   []int // of the classes 0, 1, 0, 1, …
		shuffled bool
	}{
		{[]int{1, 1}, false},
		{[]int{9}, false},
		{[]int{2, 2}, true},        // of 3
		{[]int{5, 11, 6}, false},   // of 12
		{[]int{6, 12, 6}, true},    // of 13
		{[]int{8, 8, 8, 8}, true},  // of 17
		{[]int{13, 7, 13}, true},   // of 12.03
		{[]int{7, 6, 6, 7}, false}, // of 14
	} {
		var e data.Examples
		for i, n := range c.blocks {
			for range n {
				e.X, e.Labels = append(e.X, float64(len(e.X))), append(e.Labels, uint8(i%2))
			}
		}
		task, err := data.Own(data.Set{Name: fmt.Sprint(c.blocks), Train: e, Test: e, Shape: []int{1}, Classes: []string{"a", "b"}})
		if err != nil {
			t.Fatal(err)
		}
		train, test := load(t, task)
		if slices.IsSorted(train.X) == c.shuffled || !slices.Equal(slices.Sorted(slices.Values(train.X)), e.X) || !reflect.DeepEqual(train, test) {
			t.Errorf("blocks of %v become %v", c.blocks, train.X)
		}
		for i, x := range train.X {
			if e.Labels[int(x)] != train.Labels[i] {
				t.Errorf("blocks of %v: example %g has the label of another", c.blocks, x)
			}
		}
	}
}

// Stored runs are of these parts, orders and random numbers: where one of them changes, the key has to, too.
func TestRandomDrawsStayAsTheyAre(t *testing.T) {
	var plane, sorted data.Examples
	for i := range 12 {
		plane.X, plane.Y = append(plane.X, float64(i), 1), append(plane.Y, float64(i))
		sorted.X, sorted.Labels = append(sorted.X, float64(i)), append(sorted.Labels, uint8(i/6))
	}
	task, err1 := data.Own(data.Set{Name: "plane", Train: plane, Test: plane, Shape: []int{2}})
	classes, err2 := data.Own(data.Set{Name: "sorted", Train: sorted, Test: sorted, Shape: []int{1}, Classes: []string{"a", "b"}})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	mixed, _ := load(t, classes)
	three, _ := load(t, data.Function("three", func(x float64) float64 { return math.Floor(x) }, data.Sampling{Low: 0, High: 3, Train: 6, Classes: 3}))
	drawn, drawnTest := load(t, data.Function("drawn", func(x float64) float64 { return 0 }, data.Sampling{Train: 2, Random: true, Noise: 1}))
	restOf1, apart1 := task.Apart(plane, 1)
	restOf4, apart4 := task.Apart(plane, 4)
	for _, c := range []struct {
		what      string
		got, want []float64
	}{
		{"a part of a plane", task.Part(plane, 4).Y, []float64{3, 5, 8, 10}},
		{"one validation example", apart1.Y, []float64{2}},
		{"validation examples", apart4.Y, []float64{0, 2, 4, 11}},
		{"sorted classes", mixed.X, []float64{10, 8, 5, 3, 9, 7, 1, 6, 4, 0, 11, 2}},
		{"points of three classes", three.X, []float64{1.75, 0.25, 2.25, 1.25, 2.75, 0.75}},
		{"random points", slices.Concat(drawn.X, drawnTest.X), []float64{0.99585294220022, -0.23475338258820289, 0.5116869049532642, -0.7121687297028743}},
		{"noise", drawn.Y, []float64{0.6757231310070946, 0.9048709454790471}},
		{"label noise", data.NoisyLabels(make([]float64, 8), 0.5, 10, 3), []float64{2, 5, 0, 0, 0, 8, 0, 0}},
	} {
		hw1test.CheckNear(t, c.what, c.got, c.want, 1e-14)
	}
	if restOf1.Len() != 11 || restOf4.Len() != 8 {
		t.Errorf("%d and %d examples are left to train on", restOf1.Len(), restOf4.Len())
	}
	if task != "own c03d00ad789f68d54cca56f684b8b7cd" || classes != "own 2039a7b4617575c614da9d5bcbd3d611" {
		t.Errorf("the examples are the tasks %q and %q", string(task), string(classes))
	}
}
