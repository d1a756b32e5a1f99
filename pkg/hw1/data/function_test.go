package data_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/internal/hw1test"
)

func cube(x float64) float64 { return x * x * x }

func ripple(x []float64) float64 { return math.Sin(3*x[0]) * x[1] }

func load(t *testing.T, task data.Task) (train, test data.Examples) {
	t.Helper()
	train, test, err := task.Load()
	if err != nil {
		t.Fatal(err)
	}
	return train, test
}

// The functions of the homework are made as a user's are.
func TestFunctionIsSampledAsTheHomeworkIs(t *testing.T) {
	own := data.Function("own sinc", func(x float64) float64 { return data.Sinc.At(x) })
	train, test := load(t, own)
	train2, test2 := load(t, data.Sinc)
	for _, pair := range [][2][]float64{{train.X, train2.X}, {train.Y, train2.Y}, {test.X, test2.X}, {test.Y, test2.Y}} {
		if !slices.Equal(pair[0], pair[1]) {
			t.Error("other points or values")
		}
	}
	if own.String() != "own sinc" || own.Formula() != "" || !own.IsFunction() || own.At(0.25) != data.Sinc.At(0.25) {
		t.Errorf("the task is %v, and at 0.25 %g", own, own.At(0.25))
	}
}

// A function that is renamed is the same task, and one that is changed in anything another.
func TestFunctionIsNamedByItsValues(t *testing.T) {
	base := data.Function("cube", cube)
	if again := data.Function("x³", cube, data.Sampling{Low: -1, High: 1, Train: 500, Seed: 1}); again != base {
		t.Error("a name, or a default that is written out, makes another task")
	}
	seen := map[data.Task]string{base: "the base"}
	for what, task := range map[string]data.Task{
		"value":    data.Function("cube", func(x float64) float64 { return cube(x) + 1e-9 }),
		"interval": data.Function("cube", cube, data.Sampling{Low: -2, High: 1}),
		"points":   data.Function("cube", cube, data.Sampling{Train: 400}),
		"test":     data.Function("cube", cube, data.Sampling{Test: 100}),
		"noise":    data.Function("cube", cube, data.Sampling{Noise: 0.1}),
		"seed 1":   data.Function("cube", cube, data.Sampling{Noise: 0.1, Seed: 1}),
		"seed 2":   data.Function("cube", cube, data.Sampling{Noise: 0.1, Seed: 2}),
		"random":   data.Function("cube", cube, data.Sampling{Random: true}),
		"inputs":   data.FunctionOf("cube", 2, func(x []float64) float64 { return cube(x[0]) }),
	} {
		if other, ok := seen[task]; ok {
			t.Errorf("%s and %s are one task", what, other)
		}
		seen[task] = what
	}
}

func TestSampling(t *testing.T) {
	for name, c := range map[string]struct {
		task        data.Task
		train, test int
		low, high   float64
	}{
		"default":        {data.Function("f", cube), 500, 498, -1, 1},
		"odd":            {data.Function("f", cube, data.Sampling{Train: 51}), 51, 50, -1, 1},
		"interval":       {data.Function("f", cube, data.Sampling{Low: 2, High: 5, Train: 30, Test: 7}), 30, 7, 2, 5},
		"random":         {data.Function("f", cube, data.Sampling{Random: true, Train: 30}), 30, 30, -1, 1},
		"random test":    {data.Function("f", cube, data.Sampling{Random: true, Train: 30, Test: 7}), 30, 7, -1, 1},
		"two inputs":     {data.FunctionOf("f", 2, ripple), 1024, 900, -1, 1},
		"a square":       {data.FunctionOf("f", 2, ripple, data.Sampling{Train: 100, Test: 49}), 100, 49, -1, 1},
		"two at random":  {data.FunctionOf("f", 2, ripple, data.Sampling{Train: 99, Random: true}), 99, 99, -1, 1},
		"several inputs": {data.FunctionOf("f", 5, ripple), 2000, 2000, -1, 1},
		"one point":      {data.Function("f", cube, data.Sampling{Train: 1}), 1, 1, -1, 1},
		"two points":     {data.Function("f", cube, data.Sampling{Train: 2}), 2, 2, -1, 1},
		"three points":   {data.Function("f", cube, data.Sampling{Train: 3}), 3, 2, -1, 1},
		"nine points":    {data.FunctionOf("f", 2, ripple, data.Sampling{Train: 9}), 9, 4, -1, 1},
		"three inputs":   {data.FunctionOf("f", 3, ripple, data.Sampling{Train: 27}), 27, 27, -1, 1}, // at random
		"many inputs":    {data.FunctionOf("f", 1000, ripple, data.Sampling{Train: 2}), 2, 2, -1, 1},
		"most classes":   {data.Function("f", math.Floor, data.Sampling{High: 256, Train: 512, Classes: 256}), 512, 510, 0, 256},
		"a small square": {data.FunctionOf("f", 2, ripple, data.Sampling{Train: 4}), 4, 4, -1, 1},
	} {
		train, test := load(t, c.task)
		inside := func(x float64) bool { return x < c.low || x > c.high }
		if train.Len() != c.train || test.Len() != c.test || slices.ContainsFunc(slices.Concat(train.X, test.X), inside) {
			t.Errorf("%s: %d and %d points from %g to %g", name, train.Len(), test.Len(), slices.Min(train.X), slices.Max(train.X))
		}
		if info, err := c.task.Info(); cmp.Or(err, train.Valid()) != nil || info.TrainSize != c.train || info.TestSize != c.test {
			t.Errorf("%s: %+v, %v, %v", name, info, err, train.Valid())
		}
		for i := range test.Len() {
			for j := range train.Len() {
				if slices.Equal(test.Numbers(i), train.Numbers(j)) {
					t.Fatalf("%s: the test point %v is a training point", name, test.Numbers(i))
				}
			}
		}
	}
}

// Noise is on the training targets alone, has the deviation that it is said to have, and the
// truth has none.
func TestNoise(t *testing.T) {
	task := data.Function("f", cube, data.Sampling{Train: 5000, Noise: 0.3, Seed: 4})
	train, test := load(t, task)
	var residuals []float64
	for i, x := range train.X {
		residuals = append(residuals, train.Y[i]-cube(x))
	}
	if mean, deviation := stat.MeanStdDev(residuals, nil); math.Abs(mean) > 0.02 || math.Abs(deviation-0.3) > 0.01 {
		t.Errorf("the noise has mean %g and deviation %g", mean, deviation)
	}
	if !slices.Equal(test.Y, task.Truth(test.X)) || slices.Equal(train.Y, task.Truth(train.X)) {
		t.Error("the test set or the truth is noisy, or the training set is not")
	}
}

// The truth of a function is asked for point by point; what is no function has none.
func TestTruth(t *testing.T) {
	hw1test.CheckNear(t, "truth", data.FunctionOf("f", 2, ripple).Truth([]float64{1, 2, 3, 4}), []float64{2 * math.Sin(3), 4 * math.Sin(9)}, 1e-15)
	for _, task := range []data.Task{"cosine", data.MNIST, data.FunctionOf("f", 0, ripple)} {
		if got := task.Truth(make([]float64, 784)); slices.ContainsFunc(got, func(y float64) bool { return !math.IsNaN(y) }) {
			t.Errorf("%s has the values %v", task, got)
		}
	}
}

func TestFunctionOfClasses(t *testing.T) {
	two := data.Function("half", func(x float64) float64 { return math.Round((x + 1) / 2) }, data.Sampling{Classes: 2})
	three := data.FunctionOf("rings", 2, func(x []float64) float64 { return math.Min(2, math.Floor(2*math.Hypot(x[0], x[1]))) }, data.Sampling{Classes: 3})
	train, _ := load(t, two)
	if !two.IsFunction() || train.Y == nil || train.Labels != nil {
		t.Error("two classes are no numbers 0 and 1")
	}
	train, test := load(t, three)
	if three.IsFunction() || train.Y != nil || slices.Max(train.Labels) != 2 || test.Len() != 900 {
		t.Errorf("three classes are no labels: %v", three)
	}
	grid, _ := load(t, data.FunctionOf("grid", 2, ripple))
	var shuffled, regular [][2]float64
	for i := range train.Len() {
		x := train.Numbers(i)
		shuffled, regular = append(shuffled, [2]float64(x)), append(regular, [2]float64(grid.Numbers(i)))
		if float64(train.Labels[i]) != three.At(x...) {
			t.Errorf("%v has the label %d", x, train.Labels[i])
		}
	}
	slices.SortFunc(shuffled, func(a, b [2]float64) int { return slices.Compare(a[:], b[:]) })
	if !slices.Equal(shuffled, regular) {
		t.Error("the points do not form the grid")
	}
}

// What is wrong with a function is said where it is used.
func TestFunctionSaysWhatIsWrong(t *testing.T) {
	for says, task := range map[string]data.Task{
		`"pole" is +Inf at [0.55]`:         data.Function("pole", func(x float64) float64 { return 1 / math.Max(0, 0.5-x) }, data.Sampling{Low: 0, High: 1, Train: 10}),
		`"root" is NaN at`:                 data.Function("root", math.Sqrt),
		"when asked again; let it return ": data.Function("dice", func(x float64) float64 { return x + rand.NormFloat64() }),
		"f\" is 0 at [-0.8], and 1 when": data.Function("f", func() func(float64) float64 {
			calls := -1
			return func(float64) float64 { calls++; return float64(calls / 9) } // five training points and four test points
		}(), data.Sampling{Train: 5}),
		`"list" panics at [0.`:             data.Function("list", func(x float64) float64 { return []float64{1}[int(2*x)] }, data.Sampling{Low: 0, High: 1}),
		"function_test.go:1":               data.Function("not made for this", func(float64) float64 { panic("not made for this") }),
		"from 1 to 1":                      data.Function("f", cube, data.Sampling{Low: 1, High: 1}),
		"from 0 to NaN":                    data.Function("f", cube, data.Sampling{High: math.NaN()}),
		"to 1e+308; set Low below High, a": data.Function("f", cube, data.Sampling{Low: -1e308, High: 1e308}),
		"-5 training":                      data.Function("f", cube, data.Sampling{Train: -5}),
		`"wall" is +Inf at [1.5 0.5], whi`: data.FunctionOf("wall", 2, func(x []float64) float64 { return 1 / math.Max(0, 1-x[0]) }, data.Sampling{High: 3, Train: 9}),
		"which is not a finite number; ch": data.Function("root", math.Sqrt),
		"is 2 at [-0.8], which is not a c": data.Function("f", func(x float64) float64 { return 2 }, data.Sampling{Train: 5, Classes: 2}),
		"is -1 at [-0.8], which is not a ": data.Function("f", func(x float64) float64 { return -1 }, data.Sampling{Train: 5, Classes: 2}),
		"is 0.5 at [-0.8], which is not a": data.Function("f", func(x float64) float64 { return 0.5 }, data.Sampling{Train: 5, Classes: 2}),
		"is nil, or has 0 samplings; give": data.Function("f", nil),
		"its name has characters that no ": data.Function("f\x00", cube),
		"1001 inputs; give it 1 to 1000":   data.FunctionOf("f", 1001, ripple, data.Sampling{Train: 1}),
		"-2 test points with 1 inputs":     data.Function("f", cube, data.Sampling{Test: -2}),
		"fewer with many inputs":           data.FunctionOf("f", 60, ripple, data.Sampling{Train: 1_000_000, Test: 1_000_000}),
		"noise of 0.5 on 2 classes":        data.Function("f", math.Abs, data.Sampling{Noise: 0.5, Classes: 2}),
		"257 classes; give it 2 to 256":    data.Function("f", math.Abs, data.Sampling{Classes: 257}),
		"noise of -1":                      data.Function("f", cube, data.Sampling{Noise: -1}),
		"it has 1 class;":                  data.Function("f", cube, data.Sampling{Classes: 1}),
		"not a class from 0 to 2":          data.Function("f", cube, data.Sampling{Classes: 3}),
		"seed is -1":                       data.Function("f", cube, data.Sampling{Seed: -1}),
		"0 inputs":                         data.FunctionOf("f", 0, ripple),
		"not form square grids":            data.FunctionOf("f", 2, ripple, data.Sampling{Train: 1000}),
		"2 samplings; give a":              data.Function("f", cube, data.Sampling{}, data.Sampling{}),
		`unknown task "cosine"; the known ones are ["sinc" "signed decay" "square wave" "square wave sign" "MNIST" "Fashion-MNIST"], and`: "cosine",
	} {
		_, _, err := task.Load()
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says)
	}
}
