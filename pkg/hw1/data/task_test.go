package data

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"hw1/pkg/hw1/internal/num"
)

func TestPointsOfAFunction(t *testing.T) {
	trained, tested, err := Sinc.Load()
	train, test := trained.X, tested.X
	if len(train) != 500 || len(test) != 498 {
		t.Fatalf("%d and %d points, want 500 and 498: %v", len(train), len(test), err)
	}
	for _, points := range [][]float64{train, test} {
		if !slices.IsSorted(points) || points[0] < -1 || points[len(points)-1] > 1 || slices.Contains(points, 0) {
			t.Error("points are not sorted, not in [-1, 1], or 0 is one")
		}
	}
	nearest := math.Inf(1)
	for _, x := range train {
		for _, y := range test {
			nearest = min(nearest, math.Abs(x-y))
		}
	}
	if nearest < 0.0019 {
		t.Errorf("a test point lies %g from a training point", nearest)
	}
}

func TestFunctions(t *testing.T) {
	for _, c := range []struct {
		task    Task
		x, want float64
	}{
		{Sinc, 0.1, 2 / math.Pi},
		{Sinc, -0.1, 2 / math.Pi},
		{Sinc, 0, 1},
		{Sinc, 0.3, -2 / (3 * math.Pi)},
		{SignedDecay, 0.1, 2 / math.Pi},
		{SignedDecay, 0.3, -2 / (3 * math.Pi)},
		{SignedDecay, -0.3, -2 / (3 * math.Pi)},
		{SignedDecay, 0.2, 0},
		{SquareWave, 0.1, 1},
		{SquareWave, 0.3, -1},
		{SquareWave, -0.3, -1},
		{SquareWave, 0.4, 0},
		{WaveSign, 0.3, 0},
		{WaveSign, 0.5, 1},
	} {
		if got := c.task.At(c.x); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s at %g is %g, want %g", c.task, c.x, got, c.want)
		}
	}
	if !math.IsNaN(MNIST.At(0)) || !math.IsNaN(Task("x").At(0)) {
		t.Error("images and unknown tasks have values")
	}
}

// What a task says of its examples is so.
func TestTasksOfTheHomework(t *testing.T) {
	for task, want := range map[Task]Info{
		Sinc:         {TrainSize: 500, TestSize: 498, Shape: []int{1}},
		SignedDecay:  {TrainSize: 500, TestSize: 498, Shape: []int{1}},
		SquareWave:   {TrainSize: 500, TestSize: 498, Shape: []int{1}},
		WaveSign:     {TrainSize: 500, TestSize: 498, Shape: []int{1}, Classes: 2},
		MNIST:        {TrainSize: 60_000, TestSize: 10_000, Shape: []int{28, 28, 1}, Classes: 10, Labels: true},
		FashionMNIST: {TrainSize: 60_000, TestSize: 10_000, Shape: []int{28, 28, 1}, Classes: 10, Labels: true},
	} {
		info, err := task.Info()
		got := Info{TrainSize: info.TrainSize, TestSize: info.TestSize, Shape: info.Shape, Classes: info.Classes, Labels: info.Labels}
		if err != nil || info.Name != string(task) || !reflect.DeepEqual(got, want) || task.IsFunction() == want.Labels {
			t.Errorf("%s: %+v, %v", task, info, err)
		}
		if want.Labels {
			continue
		}
		train, test, err := task.Load()
		if err != nil {
			t.Fatal(err)
		}
		for i, set := range []Examples{train, test} {
			if set.Len() != []int{500, 498}[i] || !slices.IsSorted(set.X) || !slices.Equal(set.Y, task.Truth(set.X)) {
				t.Errorf("%s: %d points from %g to %g", task, set.Len(), set.X[0], set.X[set.Len()-1])
			}
		}
	}
}

func TestNoisyLabels(t *testing.T) {
	const n = 50_000
	clean := make([]uint8, n)
	for i := range clean {
		clean[i] = uint8(i % 10)
	}
	for _, share := range []float64{0, 0.2, 0.5, 1} {
		noisy := NoisyLabels(clean, share, 10, 1)
		changed := 0
		for i := range noisy {
			if noisy[i] > 9 {
				t.Fatal("a label beyond 9")
			}
			changed += num.Int(noisy[i] != clean[i])
		}
		if got := float64(changed) / n; math.Abs(got-0.9*share) > 0.01 { // a tenth is drawn as it was
			t.Errorf("share %g changes %g of the labels", share, got)
		}
		if !slices.Equal(noisy, NoisyLabels(clean, share, 10, 1)) {
			t.Error("one seed gives two noises")
		}
	}
	if slices.Equal(NoisyLabels(clean, 0.5, 10, 1), NoisyLabels(clean, 0.5, 10, 2)) {
		t.Error("two seeds give one noise")
	}
}

// A part of a function is spread over its interval, and one of images their beginning.
func TestPartsOfTheExamples(t *testing.T) {
	train, _, err := Sinc.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 2, 50, 51, 499, 500} {
		part := Sinc.Part(train, n)
		if part.Len() != n || !slices.IsSorted(part.X) || len(slices.Compact(slices.Clone(part.X))) != n {
			t.Fatalf("%d of the points are %v", n, part.X)
		}
		for i := 1; i < n; i++ {
			if step := (part.X[i] - part.X[i-1]) * float64(n-1) / 2; n < 100 && (step < 0.9 || step > 1.1) {
				t.Errorf("%d points have a step of %g times the mean one", n, step)
			}
		}
	}
	if ends := Sinc.Part(train, 2).X; !slices.Equal(ends, []float64{train.X[0], train.X[499]}) {
		t.Errorf("two points are %v", ends)
	}
	images := Examples{Images: []uint8{1, 2, 3, 4}, Labels: []uint8{0, 1, 0, 1}}
	if part := MNIST.Part(images, 2); !slices.Equal(part.Images, []uint8{1, 2}) {
		t.Errorf("the first images are %v", part.Images)
	}
	for n := range 5 {
		for _, task := range []Task{MNIST, Sinc} {
			rest, apart := task.Apart(images, n)
			if task == MNIST && !slices.Equal(apart.Images, images.Images[4-n:]) || !slices.Equal(slices.Sorted(slices.Values(slices.Concat(rest.Images, apart.Images))), images.Images) || apart.Len() != n {
				t.Errorf("%s: %d of the images are %v, without %v", task, n, apart, rest)
			}
		}
	}
}

// Nor does a part of a grid of two inputs lie on one line of it, nor one of classes at one end.
func TestPartsOfAPlaneAndOfClasses(t *testing.T) {
	plane := FunctionOf("plane", 2, func(x []float64) float64 { return x[0] + x[1] })
	classes := Function("classes", func(x float64) float64 { return math.Floor(1.5 * (x + 1)) }, Sampling{Classes: 3})
	all, _, err1 := plane.Load()
	labelled, _, err2 := classes.Load()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	part := plane.Part(all, 32)
	seen := map[[2]bool]int{}
	for i := range part.Len() {
		x := part.Numbers(i)
		seen[[2]bool{x[0] > 0, x[1] > 0}]++
	}
	for quadrant := range 4 {
		if n := seen[[2]bool{quadrant&1 > 0, quadrant&2 > 0}]; n < 3 {
			t.Errorf("%d of 32 points lie in quadrant %d", n, quadrant)
		}
	}
	counts := [3]int{}
	for _, label := range classes.Part(labelled, 60).Labels {
		counts[label]++
	}
	if slices.Min(counts[:]) < 10 {
		t.Errorf("60 points have %v of the classes", counts)
	}
}
