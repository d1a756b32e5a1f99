package experiment_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
	"hw1/pkg/hw1/train"
)

func TestMain(m *testing.M) { hw1test.Main(m) }

func TestSpecErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name   string
		base   func() experiment.Spec
		change func(*experiment.Spec)
		says   []string
	}{
		{"negative learning rate", runtest.Small, func(s *experiment.Spec) { s.LearningRate = -0.1 }, []string{"learning rate -0.1", "above 0"}},
		{"NaN learning rate", runtest.Small, func(s *experiment.Spec) { s.LearningRate = nan }, []string{"learning rate NaN"}},
		{"infinite learning rate", runtest.Small, func(s *experiment.Spec) { s.LearningRate = inf }, []string{"learning rate +Inf"}},
		{"no task", runtest.Small, func(s *experiment.Spec) { s.Task = "" }, []string{`unknown task ""`, "MNIST"}},
		{"unknown task", runtest.Small, func(s *experiment.Spec) { s.Task = "cosine" }, []string{`unknown task "cosine"`, "sinc"}},
		{"unknown task among several specs", runtest.Small, func(s *experiment.Spec) { s.Name, s.Task = "mine", "cosine" }, []string{`spec "mine": unknown task`}},
		{"zero width", runtest.Small, func(s *experiment.Spec) { s.Arch = nn.MLP(1, 0, 1) }, []string{"width 0", "1-0-1"}},
		{"negative width", runtest.Small, func(s *experiment.Spec) { s.Arch = nn.MLP(1, -5, 1) }, []string{"width -5"}},
		{"huge width", runtest.Small, func(s *experiment.Spec) { s.Arch = nn.MLP(1, 1<<40, 1) }, []string{"width 1099511627776"}},
		{"huge net", runtest.Small, func(s *experiment.Spec) { s.Arch = nn.MLP(1, 1<<20, 1<<20, 1) }, []string{"parameters", "at most"}},
		{"no layers", runtest.Small, func(s *experiment.Spec) { s.Arch = nn.Arch{} }, []string{"hw1.MLP"}},
		{"no architecture", runtest.Small, func(s *experiment.Spec) { s.Arch = nn.Arch{} }, []string{": no architecture: give an input"}},
		{"one width", runtest.Small, func(s *experiment.Spec) { s.Arch = nn.MLP(1) }, []string{"dense layer"}},
		{"inputs", runtest.Small, func(s *experiment.Spec) { s.Arch = nn.MLP(2, 5, 1) }, []string{"inputs of size 2"}},
		{"outputs", runtest.Small, func(s *experiment.Spec) { s.Arch = nn.MLP(1, 5, 2) }, []string{"2 outputs"}},
		{"outputs of digits", runtest.Digits, func(s *experiment.Spec) { s.Arch = nn.MLP(784, 5, 9) }, []string{"9 outputs", "10"}},
		{"zero channels", runtest.Digits, func(s *experiment.Spec) { s.Arch = nn.CNN([]int{0}, 10) }, []string{"width 0"}},
		{"too many blocks", runtest.Digits, func(s *experiment.Spec) { s.Arch = nn.CNN([]int{1, 1, 1, 1}, 10) }, []string{"3 blocks"}},
		{"convolution of a vector", runtest.Digits, func(s *experiment.Spec) { s.Arch.Conv = []int{2} }, []string{"height, width, channels"}},
		{"loss", runtest.Small, func(s *experiment.Spec) { s.Loss = "hinge" }, []string{`"hinge"`}},
		{"loss of another task", runtest.Small, func(s *experiment.Spec) { s.Loss = loss.CrossEntropy }, []string{`"cross-entropy"`}},
		{"loss of labels", runtest.Digits, func(s *experiment.Spec) { s.Loss = "hinge" }, []string{`"hinge"`, "hw1.MSE or hw1.CrossEntropy"}},
		{"activation", runtest.Small, func(s *experiment.Spec) { s.Activation = "swish" }, []string{`"swish"`, "relu", "silu"}},
		{"no epochs", runtest.Small, func(s *experiment.Spec) { s.Epochs = 0 }, []string{"0 epochs"}},
		{"negative epochs", runtest.Small, func(s *experiment.Spec) { s.Epochs = -3 }, []string{"-3 epochs"}},
		{"negative decay", runtest.Small, func(s *experiment.Spec) { s.WeightDecay = -1 }, []string{"weight decay -1"}},
		{"NaN decay", runtest.Small, func(s *experiment.Spec) { s.WeightDecay = nan }, []string{"weight decay NaN"}},
		{"large rate", runtest.Small, func(s *experiment.Spec) { s.LearningRate = 11 }, []string{"learning rate 11"}},
		{"optimizer", runtest.Small, func(s *experiment.Spec) { s.Optimizer = "lion" }, []string{`"lion"`, "the constants hw1.Adam, hw1.AdamW and hw1.SGD"}},
		{"an optimizer with a mask of the weights", runtest.Small, func(s *experiment.Spec) {
			mask := make([]float64, s.Arch.ParamCount())
			mask[0] = 1
			s.Optimizer = optim.Own("masked", 0, func(at optim.Point) (*graph.Node, []*graph.Node) {
				part := graph.ConstAs(at.Theta, mask[:at.Theta.Shape().Dimensions[1]])
				return graph.Mul(at.Rate, graph.Mul(at.Gradient, graph.InsertAxes(part, 0))), nil
			})
		}, []string{`"masked"`, "could be taken for another one"}},
		{"momentum of Adam", runtest.Small, func(s *experiment.Spec) { s.Momentum = 0.9 }, []string{"momentum 0.9", "adam"}},
		{"momentum 1", runtest.Small, func(s *experiment.Spec) { s.Optimizer, s.Momentum = optim.SGD, 1 }, []string{"momentum 1"}},
		{"Nesterov without momentum", runtest.Small, func(s *experiment.Spec) { s.Optimizer, s.Nesterov = optim.SGD, true }, []string{"set Momentum"}},
		{"images of another size", runtest.Digits, func(s *experiment.Spec) { s.Arch = nn.CNN([]int{2}, 10).On(32, 32, 1) }, []string{"On(height, width, channels)"}},
		{"NaN clipping", runtest.Small, func(s *experiment.Spec) { s.ClipNorm = nan }, []string{"norm of NaN"}},
		{"warm-up longer than the training", runtest.Small, func(s *experiment.Spec) { s.Schedule.Warmup = s.Epochs }, []string{"warm-up"}},
		{"dropout 1", runtest.Digits, func(s *experiment.Spec) { s.Dropout = 1 }, []string{"dropout 1"}},
		{"negative dropout", runtest.Digits, func(s *experiment.Spec) { s.Dropout = -0.5 }, []string{"dropout -0.5"}},
		{"NaN dropout", runtest.Digits, func(s *experiment.Spec) { s.Dropout = nan }, []string{"dropout NaN"}},
		{"activation of a graph of one's own", runtest.Small, func(s *experiment.Spec) {
			s.Activation = nn.Tanh
			s.Arch = nn.Graph("mine", 1, []int{1}, 1, []nn.Param{{Name: "w", Shape: []int{1}, Start: 1}}, func(_ []*graph.Node, x *graph.Node) *graph.Node { return x })
		}, []string{"tanh", "leave it out"}},
		{"dropout without a hidden layer", runtest.Digits, func(s *experiment.Spec) { s.Arch, s.Dropout = nn.MLP(784, 10), 0.5 }, []string{"784-10", "hidden layers"}},
		{"batch normalization without a hidden layer", runtest.Digits, func(s *experiment.Spec) { s.Arch = nn.MLP(784, 10).Normalized() }, []string{"hidden layers"}},
		{"batch normalization of one example", runtest.Small, func(s *experiment.Spec) { s.Arch, s.TrainSize = s.Arch.Normalized(), 1 }, []string{"more than one example"}},
		{"seeds that start alike, and whose batch is all", runtest.Small, func(s *experiment.Spec) { s.Start, s.Seeds, s.Batch = "beef", 2, 500 }, []string{"2 seeds", "the same network"}},
		{"seeds that start alike, and whose batch is all images", runtest.Digits, func(s *experiment.Spec) { s.Start, s.Seeds, s.Batch, s.TrainSize = "beef", 2, 300, 300 }, []string{"2 seeds", "the same network"}},
		{"padding without convolutions", runtest.Digits, func(s *experiment.Spec) { s.Arch = s.Arch.Padded() }, []string{"padding is for convolutions"}},
		{"batch larger than the data", runtest.Small, func(s *experiment.Spec) { s.Batch = 501 }, []string{"batch 501", "500"}},
		{"batch larger than the cut data", runtest.Digits, func(s *experiment.Spec) { s.TrainSize = 50 }, []string{"batch 100", "50"}},
		{"negative batch", runtest.Small, func(s *experiment.Spec) { s.Batch = -1 }, []string{"batch -1"}},
		{"no batch for images", runtest.Digits, func(s *experiment.Spec) { s.Batch = 0 }, []string{"set Batch", "60000 to take all"}},
		{"too many examples", runtest.Digits, func(s *experiment.Spec) { s.TrainSize = 60_001 }, []string{"60001", "60000"}},
		{"negative examples", runtest.Digits, func(s *experiment.Spec) { s.TrainSize = -1 }, []string{"-1 training examples"}},
		{"too large a validation set", runtest.Digits, func(s *experiment.Spec) { s.TrainSize, s.Validation = 59_000, 1001 }, []string{"59000 training and 1001 validation", "60000"}},
		{"a validation set beyond all numbers", runtest.Digits, func(s *experiment.Spec) { s.TrainSize, s.Validation = 1000, math.MaxInt }, []string{"9223372036854775807 validation"}},
		{"no training example left", runtest.Digits, func(s *experiment.Spec) { s.Validation = 60_000 }, []string{"60000 validation examples", "60000 in all"}},
		{"negative batch", runtest.Digits, func(s *experiment.Spec) { s.Batch = -1 }, []string{"batch -1 of 60000"}},
		{"a name that no figure can show", runtest.Small, func(s *experiment.Spec) { s.Name = "bell \a" }, []string{"cannot be written into a figure"}},
		{"negative validation set", runtest.Digits, func(s *experiment.Spec) { s.Validation = -1 }, []string{"-1 validation"}},
		{"validation set of all of a function", runtest.Small, func(s *experiment.Spec) { s.Validation = 500 }, []string{"500 validation examples", "sinc"}},
		{"too many test examples", runtest.Digits, func(s *experiment.Spec) { s.TestSize = 10_001 }, []string{"10001", "10000"}},
		{"label noise", runtest.Digits, func(s *experiment.Spec) { s.LabelNoise = 1.5 }, []string{"label noise 1.5"}},
		{"NaN label noise", runtest.Digits, func(s *experiment.Spec) { s.LabelNoise = nan }, []string{"label noise NaN"}},
		{"label noise of a function", runtest.Small, func(s *experiment.Spec) { s.LabelNoise = 0.5 }, []string{"label noise", "sinc", "hw1.Sampling"}},
		{"negative evaluation interval", runtest.Digits, func(s *experiment.Spec) { s.EvaluateEach = -2 }, []string{"-2 epochs", "negative"}},
		{"negative evaluation interval", runtest.Small, func(s *experiment.Spec) { s.EvaluateEach = -2 }, []string{"every -2 epochs"}},
		{"target accuracy", runtest.Digits, func(s *experiment.Spec) { s.TargetAccuracy = 99.5 }, []string{"target accuracy 99.5"}},
		{"NaN target accuracy", runtest.Digits, func(s *experiment.Spec) { s.TargetAccuracy = nan }, []string{"target accuracy NaN"}},
		{"target accuracy of a function", runtest.Small, func(s *experiment.Spec) { s.TargetAccuracy = 0.9 }, []string{"images and other labels only", "sinc"}},
		{"beta of 1", runtest.Small, func(s *experiment.Spec) { s.Beta1 = 1 }, []string{"betas of 1 and 0", "[0, 1)"}},
		{"beta of SGD", runtest.Small, func(s *experiment.Spec) { s.Beta2, s.Optimizer = 0.9, optim.SGD }, []string{"for adam and adamw; sgd has none"}},
		{"negative patience", runtest.Small, func(s *experiment.Spec) { s.Patience = -1 }, []string{"patience -1"}},
		{"negative snapshots", runtest.Small, func(s *experiment.Spec) { s.SnapshotEach = -1 }, []string{"interval -1"}},
		{"negative seed", runtest.Small, func(s *experiment.Spec) { s.Seed = -1 }, []string{"seed -1"}},
		{"last seed overflows", runtest.Small, func(s *experiment.Spec) { s.Seed, s.Seeds = math.MaxInt, 2 }, []string{"seed 9223372036854775807"}},
		{"negative seeds", runtest.Small, func(s *experiment.Spec) { s.Seeds = -2 }, []string{"-2 seeds"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := c.base()
			c.change(&spec)
			_, err := train.All(spec)
			hw1test.CheckMessage(t, hw1test.MessageOf(err), c.says...)
		})
	}
}

// Seeds that start from the same weights differ in the units that they drop.
func TestSeedsFromTheSameWeightsDifferByDropout(t *testing.T) {
	spec := runtest.Small()
	spec.Start, spec.Seeds, spec.Dropout = "beef", 2, 0.1
	if _, err := spec.Resolved(); err != nil {
		t.Error(err)
	}
}

// Numbers that single precision does not hold are no fault of the learning rate, also in the test set alone.
func TestNumbersBeyondSinglePrecision(t *testing.T) {
	for name, f := range map[string]func(x float64) float64{
		"in both sets": func(x float64) float64 { return 1e39 * x },
		"in the test":  func(x float64) float64 { return 1e39 * float64(num.Int(int(math.Round(500*x))%2 == 0)) },
	} {
		spec := experiment.Spec{Task: data.Function(name, f), Arch: nn.MLP(1, 2, 1), Epochs: 1}
		_, err := train.One(spec)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "single precision", "Float64")
		spec.Float64 = true
		if _, err := train.One(spec); err != nil && strings.Contains(err.Error(), "precision") {
			t.Error(err)
		}
	}
}

// Times in seconds since 1970 are a minute apart, and single precision has 128 s between two of them.
func TestInputsThatSinglePrecisionCannotTellApart(t *testing.T) {
	spec := experiment.Spec{Arch: nn.MLP(2, 2, 1), Epochs: 1}
	table := func(offset float64) data.Task {
		var set data.Examples
		for i := range 30 {
			set.X, set.Y = append(set.X, float64(i%2), offset+60*float64(i)), append(set.Y, float64(i%3))
		}
		task, err := data.Own(data.Set{Name: "by the minute", Train: set, Test: set, Shape: []int{2}})
		if err != nil {
			t.Fatal(err)
		}
		return task
	}
	spec.Task = table(1.7e9)
	_, _, err := runtest.MustResolve(t, spec).Shared()
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "input 2", "1700000000 to 1700001740", "single precision", "Standardize", "Float64")
	spec.Float64 = true
	if _, _, err := runtest.MustResolve(t, spec).Shared(); err != nil {
		t.Error("in double precision:", err)
	}
	large, small := data.Examples{X: []float64{0, 1e39}, Y: []float64{0, 1}}, data.Examples{X: []float64{0, 1}, Y: []float64{0, 1}}
	training, err := data.Own(data.Set{Name: "too large in training", Train: large, Test: small, Shape: []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = runtest.MustResolve(t, experiment.Spec{Task: training, Arch: nn.MLP(1, 2, 1), Epochs: 1}).Shared()
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "too large in training: a value of 1e+39")
	spec.Task, spec.Float64 = table(0), false
	if _, _, err := runtest.MustResolve(t, spec).Shared(); err != nil {
		t.Error("from 0 on:", err)
	}
}

// A table with many rows is looked at after few epochs, so that the order of its examples fits into memory.
func TestChunksOfALargeTable(t *testing.T) {
	for rows, want := range map[int]int{500: 250, 3000: 250, 100_000: 8, 2_000_000: 1} {
		set := data.Examples{X: make([]float64, rows), Y: make([]float64, rows)}
		set.X[0] = 1
		task, err := data.Own(data.Set{Name: "rows", Train: set, Test: set, Shape: []int{1}})
		if err != nil {
			t.Fatal(err)
		}
		spec := runtest.MustResolve(t, experiment.Spec{Task: task, Arch: nn.MLP(1, 2, 1), Batch: 100, Epochs: 600, Seeds: 25})
		if got := spec.Chunk(0); got != want {
			t.Errorf("of %d rows %d epochs at a time, want %d", rows, got, want)
		}
		spec.Patience = 100
		if got, want := spec.Chunk(248), min(want, 2); got != want {
			t.Errorf("of %d rows %d epochs up to the next look at epoch 250, want %d", rows, got, want)
		}
	}
}

func TestSpecDefaults(t *testing.T) {
	s := runtest.MustResolve(t, runtest.Small())
	if s.Activation != nn.ReLU || s.Loss != loss.MSE || s.LearningRate != 1e-3 || s.Seed != 0 || s.Seeds != 1 || s.TrainSize != 500 || s.TestSize != 498 {
		t.Errorf("defaults of a function: %+v", s)
	}
	s = runtest.MustResolve(t, runtest.Digits())
	if s.Loss != loss.CrossEntropy || s.TrainSize != 60_000 || s.TestSize != 10_000 || s.StepsPerEpoch() != 600 {
		t.Errorf("defaults of images: %+v", s)
	}
	if again := runtest.MustResolve(t, s); again.Key() != s.Key() {
		t.Error("resolving twice changes the key")
	}
}

// A part of a function's points was its left end once, and is spread over its interval.
func TestPartOfAFunction(t *testing.T) {
	spec := runtest.Small()
	spec.TrainSize, spec.TestSize = 50, 25
	train, test, err := runtest.MustResolve(t, spec).Examples()
	if err != nil || train.Len() != 50 || test.Len() != 25 || train.X[0] > -0.9 || train.X[49] < 0.9 || test.X[24] < 0.9 {
		t.Errorf("%v, tested on %v, %v", train.X, test.X, err)
	}
}

// The validation set of a function with classes is a sample, too, of points that are not trained on.
func TestValidationSetOfAFunction(t *testing.T) {
	classes := data.Function("classes", func(x float64) float64 { return math.Floor(1.5 * (x + 1)) }, data.Sampling{Classes: 3})
	spec := runtest.MustResolve(t, experiment.Spec{Task: classes, Arch: nn.MLP(1, 5, 3), Epochs: 1, Batch: 10, Validation: 50})
	train, _, err1 := spec.Examples()
	watched, err2 := spec.ValidationSet()
	if err1 != nil || err2 != nil || train.Len() != 450 || watched.Len() != 50 || slices.Min(watched.X) > -0.8 || slices.Max(watched.X) < 0.8 {
		t.Fatalf("%d points and the validation set %v, %v, %v", train.Len(), watched.X, err1, err2)
	}
	for _, x := range watched.X {
		if slices.Contains(train.X, x) {
			t.Errorf("%g is trained on, and validated", x)
		}
	}
}

func TestQuick(t *testing.T) {
	t.Setenv("HW1_QUICK", "1")
	s := runtest.Digits()
	s.Epochs, s.Seeds, s.Batch = 15, 5, 2000
	s = runtest.MustResolve(t, s)
	if s.Epochs != 2 || s.Seeds != 1 || s.TrainSize != 1000 || s.TestSize != 500 {
		t.Errorf("quick: %+v", s)
	}
	checkWritten(t, s)
	for epochs, want := range map[int]int{3000: 33, 300: 333, 200: 500} { // snapshots are as many as there were
		s := runtest.Small()
		s.Epochs, s.SnapshotEach = epochs, 500
		if s = runtest.MustResolve(t, s); s.SnapshotEach != want {
			t.Errorf("quick: of %d epochs a snapshot each %d, want %d", epochs, s.SnapshotEach, want)
		}
	}
	t.Setenv("HW1_SEEDS", "3")
	for _, asked := range []experiment.Spec{runtest.Digits(), runtest.Small()} {
		asked.Seeds = 5
		if s := runtest.MustResolve(t, asked); s.Seeds != 2 {
			t.Errorf("quick: %d seeds of %s", s.Seeds, s.Task)
		}
	}
}

// checkWritten checks that a resolved Spec is read as it was written, by its key.
func checkWritten(t *testing.T, s experiment.Spec) {
	t.Helper()
	var read experiment.Spec
	text, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err != nil || read.Key() != s.Key() {
		t.Errorf("%+v is read as %+v (%v)", s, read, err)
	}
}

// FuzzSpec: whatever a Spec says, it resolves to one that has a key, or is refused.
func FuzzSpec(f *testing.F) {
	for _, s := range []experiment.Spec{runtest.Small(), runtest.Digits(), {Task: data.MNIST, Arch: nn.CNN([]int{16, 32}, 128, 10), Batch: 100, Epochs: 1, Dropout: 0.25}} {
		text, err := json.Marshal(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"task":"sinc","arch":{"input":[1],"dense":[1048576,1048576,1]},"epochs":1}`))
	f.Add([]byte(`{"task":"MNIST","arch":{"input":[0,0,0],"conv":[1],"dense":[10]},"epochs":1,"seed":9223372036854775807}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var s experiment.Spec
		if json.Unmarshal(text, &s) != nil {
			return
		}
		s, err := s.Resolved()
		if err != nil {
			return
		}
		if again, err := s.Resolved(); err != nil || again.Key() != s.Key() {
			t.Errorf("%+v resolves to another spec (%v)", s, err)
		}
		checkWritten(t, s)
		if p := s.Arch.ParamCount(); p < 1 || p > nn.MaxParams {
			t.Errorf("%+v has %d parameters", s, p)
		}
	})
}

// A run's Spec is resolved, and can be trained again: also one of full batches.
func TestResolvedSpecStaysAsItIs(t *testing.T) {
	for _, spec := range []experiment.Spec{
		{Task: data.MNIST, Arch: nn.MLP(784, 5, 10), Epochs: 1, Batch: 600, TrainSize: 600, EvaluateEach: 1},
		{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 1, Batch: 500},
	} {
		once := runtest.MustResolve(t, spec)
		if twice := runtest.MustResolve(t, once); twice.Key() != once.Key() {
			t.Errorf("%s: %+v is resolved to %+v", spec.Task, once, twice)
		}
	}
}
