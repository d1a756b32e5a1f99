package experiment_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

// signs is a valid spec for a function of two classes.
func signs() experiment.Spec {
	return experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 5, 1), Epochs: 10}
}

// What a Spec may just have is accepted, and what goes one step further is refused.
func TestSpecBounds(t *testing.T) {
	for name, c := range map[string]struct {
		base   func() experiment.Spec
		change func(*experiment.Spec)
		says   string // "" if it is accepted
	}{
		"one example":          {runtest.Digits, func(s *experiment.Spec) { s.TrainSize, s.TestSize, s.Batch, s.Validation = 1, 1, 1, 59_999 }, ""},
		"epochs":               {runtest.Small, func(s *experiment.Spec) { s.Epochs = 10_000_000 }, ""},
		"more epochs":          {runtest.Small, func(s *experiment.Spec) { s.Epochs = 10_000_001 }, "10000001 epochs"},
		"seeds":                {runtest.Small, func(s *experiment.Spec) { s.Seed, s.Seeds = math.MaxInt32, 1000 }, ""},
		"more seeds":           {runtest.Small, func(s *experiment.Spec) { s.Seeds = 1001 }, "1001 seeds"},
		"a larger seed":        {runtest.Small, func(s *experiment.Spec) { s.Seed = math.MaxInt32 + 1 }, "seed 2147483648"},
		"gain":                 {runtest.Small, func(s *experiment.Spec) { s.Gain = 1000 }, ""},
		"more gain":            {runtest.Small, func(s *experiment.Spec) { s.Gain = 1000.5 }, "gain 1000.5"},
		"negative gain":        {runtest.Small, func(s *experiment.Spec) { s.Gain = -1 }, "gain -1"},
		"an unknown init":      {runtest.Small, func(s *experiment.Spec) { s.Init = "lecun" }, `"lecun"`},
		"dropout":              {runtest.Digits, func(s *experiment.Spec) { s.Dropout = 0.99 }, ""},
		"no hidden layer":      {runtest.Digits, func(s *experiment.Spec) { s.Arch = nn.MLP(784, 10) }, ""},
		"padding":              {runtest.Digits, func(s *experiment.Spec) { s.Arch = nn.CNN([]int{2}, 10).Padded() }, ""},
		"noise":                {runtest.Digits, func(s *experiment.Spec) { s.LabelNoise, s.TargetAccuracy = 1, 1 }, ""},
		"more than all":        {runtest.Digits, func(s *experiment.Spec) { s.TargetAccuracy = 1.5 }, "target accuracy 1.5"},
		"batch normalization":  {runtest.Small, func(s *experiment.Spec) { s.Arch, s.Batch = s.Arch.Normalized(), 1 }, "set Batch to 2 or more"},
		"a start and an init":  {runtest.Small, func(s *experiment.Spec) { s.Start, s.Init = "beef", nn.He }, `initialization "he" with gain 0; give only one`},
		"a start and a gain":   {runtest.Small, func(s *experiment.Spec) { s.Start, s.Gain = "beef", 2 }, "with gain 2"},
		"one start, batches":   {runtest.Small, func(s *experiment.Spec) { s.Start, s.Seeds, s.Batch = "beef", 2, 1 }, ""},
		"one start, all but 1": {runtest.Small, func(s *experiment.Spec) { s.Start, s.Seeds, s.Batch = "beef", 2, 499 }, ""},
		"one start, noise":     {signs, func(s *experiment.Spec) { s.Start, s.Seeds, s.LabelNoise = "beef", 2, 0.5 }, ""},
	} {
		spec := c.base()
		c.change(&spec)
		_, err := spec.Resolved()
		if c.says == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		} else if c.says != "" {
			hw1test.CheckMessage(t, hw1test.MessageOf(err), c.says)
		}
	}
}

// Of a size that no Spec has after its defaults, a run made by hand may still tell.
func TestResolvedSpecThatWasChanged(t *testing.T) {
	for says, change := range map[string]func(*experiment.Spec){
		"0 training examples": func(s *experiment.Spec) { s.TrainSize = 0 },
		"0 test examples":     func(s *experiment.Spec) { s.TestSize = 0 },
		"and 0 seeds":         func(s *experiment.Spec) { s.Seeds = 0 },
		`unknown task "x"`:    func(s *experiment.Spec) { s.Task = "x" },
	} {
		spec := runtest.MustResolve(t, runtest.Small())
		change(&spec)
		hw1test.CheckMessage(t, hw1test.MessageOf(spec.Valid()), says)
	}
	batch := runtest.MustResolve(t, runtest.Digits())
	batch.Batch = 0 // all
	if err := batch.Valid(); err != nil {
		t.Error(err)
	}
}

func TestDefaultsOfValidationAndOfTheWholeSet(t *testing.T) {
	spec := runtest.Small()
	spec.Validation = 1
	if s := runtest.MustResolve(t, spec); s.EvaluateEach != 250 || s.TrainSize != 499 {
		t.Errorf("with a validation set: %+v", s)
	}
	spec.EvaluateEach = 100
	if s := runtest.MustResolve(t, spec); s.EvaluateEach != 100 {
		t.Errorf("evaluated every %d epochs instead of 100", s.EvaluateEach)
	}
	whole := runtest.Small()
	whole.Batch = 500
	if got, want := runtest.MustResolve(t, whole).Key(), runtest.MustResolve(t, runtest.Small()).Key(); got != want {
		t.Error("the whole set as a batch has another key than the default, which is the same")
	}
}

// A tiny budget leaves a function its points, and as many evaluations as there were, and makes nothing larger.
func TestQuickFunctions(t *testing.T) {
	t.Setenv("HW1_QUICK", "1")
	spec := experiment.Spec{Task: data.Function("line", func(x float64) float64 { return x }, data.Sampling{Train: 1500}), Arch: nn.MLP(1, 2, 1), Epochs: 3000, EvaluateEach: 1}
	spec.Schedule.Warmup = 300
	if s := runtest.MustResolve(t, spec); s.TrainSize != 1500 || s.TestSize != 1499-1 || s.Epochs != 200 || s.EvaluateEach != 1 || s.SnapshotEach != 0 || s.Seeds != 1 || s.Schedule.Warmup != 20 {
		t.Errorf("quick: %+v", s)
	}
	wide := experiment.Spec{Task: data.VectorFunction("wide", 1, 500, func([]float64) []float64 { return make([]float64, 500) }, data.Sampling{Train: 3000, Test: 2500}), Arch: nn.MLP(1, 100, 500), Epochs: 300, Batch: 3000}
	if s := runtest.MustResolve(t, wide); s.TrainSize != 2000 || s.TestSize != 2000 || s.Epochs != 2 || s.Batch != 0 {
		t.Errorf("quick: %+v", s)
	}
	digits := runtest.Digits()
	digits.TrainSize, digits.TestSize, digits.Batch = 200, 100, 50
	if s := runtest.MustResolve(t, digits); s.TrainSize != 200 || s.TestSize != 100 || s.Batch != 50 || s.Epochs != 1 {
		t.Errorf("quick: %+v", s)
	}
}

// Only what the seeds of a function share is computed for all of them at once.
func TestRegime(t *testing.T) {
	one := data.Examples{X: make([]float64, 2*64), Y: []float64{1, 2}}
	pictures, err := data.Own(data.Set{Name: "sums of pictures", Train: one, Test: one, Shape: []int{8, 8, 1}})
	if err != nil {
		t.Fatal(err)
	}
	together := experiment.Regime{SeedsTogether: 25, Chunk: 250, Loops: true, Precise: true}
	alone, often, pooled := together, together, together
	alone.SeedsTogether = 1
	often.Chunk, often.Evaluated = 1, true
	pooled.SeedsTogether, pooled.Loops = 1, false
	for name, c := range map[string]struct {
		base   func() experiment.Spec
		change func(*experiment.Spec)
		want   experiment.Regime
	}{
		"function":    {runtest.Small, func(*experiment.Spec) {}, together},
		"evaluations": {runtest.Small, func(s *experiment.Spec) { s.EvaluateEach = 1 }, often},
		"dropout":     {runtest.Small, func(s *experiment.Spec) { s.Dropout = 0.1 }, alone},
		"label noise": {signs, func(s *experiment.Spec) { s.LabelNoise = 0.1 }, alone},
		"pictures":    {runtest.Small, func(s *experiment.Spec) { s.Task, s.Arch = pictures, nn.CNN([]int{1}, 1).On(8, 8, 1) }, pooled},
		"noisy optimizer": {runtest.Small, func(s *experiment.Spec) {
			s.Optimizer = optim.Own("noise", 0, func(at optim.Point) (*graph.Node, []*graph.Node) { return graph.Mul(at.Rate, at.Noise()), nil })
		}, alone},
		"own network": {runtest.Small, func(s *experiment.Spec) {
			s.Arch = nn.Graph("line", 1, []int{1}, 1, []nn.Param{{Name: "w", Shape: []int{1}, Start: 1}}, func(_ []*graph.Node, x *graph.Node) *graph.Node { return x })
		}, alone},
		"images": {runtest.Digits, func(*experiment.Spec) {}, experiment.Regime{SeedsTogether: 1, Chunk: 1, Evaluated: true, KeepsSteps: true}},
	} {
		spec := c.base()
		c.change(&spec)
		if got := runtest.MustResolve(t, spec).Regime(); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// After which epochs a training looks at its replicas.
func TestLooks(t *testing.T) {
	for _, c := range []struct {
		epochs, snapshots, patience, evaluate int
		want                                  []int
	}{
		{600, 0, 0, 0, []int{250, 500, 600}},
		{600, 300, 0, 0, []int{250, 300, 550, 600}},
		{600, 300, 1, 0, []int{250, 300, 500, 600}}, // the looks of Patience stay where they are
		{250, 0, 0, 100, []int{1, 100, 200, 250}},
		{250, 150, 0, 100, []int{1, 100, 150, 200, 250}},
		{3, 1, 0, 0, []int{1, 2, 3}},
	} {
		spec := runtest.Small()
		spec.Epochs, spec.SnapshotEach, spec.Patience, spec.EvaluateEach = c.epochs, c.snapshots, c.patience, c.evaluate
		spec = runtest.MustResolve(t, spec)
		var looks []int
		for epoch := 0; epoch < spec.Epochs && len(looks) < 10; {
			epoch += spec.Chunk(epoch)
			looks = append(looks, epoch)
		}
		if !slices.Equal(looks, c.want) {
			t.Errorf("%+v: after %v", c, looks)
		}
	}
}

func TestWhatASpecSays(t *testing.T) {
	spec := runtest.Small()
	spec.Seed, spec.Seeds, spec.WeightDecay = 3, 1, 0.1
	single, coupled := fmt.Sprint(spec.Describe(), spec.DType(), spec.Rounded([]float64{0.1})), spec.L2()
	spec.Seeds, spec.Float64, spec.Optimizer = 2, true, optim.AdamW
	double, decoupled := fmt.Sprint(spec.Describe(), spec.DType(), spec.Rounded([]float64{0.1})), spec.L2()
	want := []any{
		fmt.Sprint("1-5-1, sinc, seed 3", dtypes.Float32, []float64{float64(float32(0.1))}), 0.1,
		fmt.Sprint("1-5-1, sinc, seeds 3-4", dtypes.Float64, []float64{0.1}), 0.0,
	}
	if got := []any{single, coupled, double, decoupled}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
