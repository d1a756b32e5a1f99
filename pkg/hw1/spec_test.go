package hw1

import (
	"encoding/json"
	"math"
	"testing"
)

// small is a spec of a function that is right.
func small() Spec { return Spec{Task: Sinc, Arch: MLP(1, 5, 1), Epochs: 10} }

// digits is a spec of images that is right.
func digits() Spec { return Spec{Task: MNIST, Arch: MLP(784, 5, 10), Epochs: 1, Batch: 100} }

func TestSpecErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name   string
		base   func() Spec
		change func(*Spec)
		says   []string
	}{
		{"negative learning rate", small, func(s *Spec) { s.LearningRate = -0.1 }, []string{"learning rate -0.1", "above 0"}},
		{"NaN learning rate", small, func(s *Spec) { s.LearningRate = nan }, []string{"learning rate NaN"}},
		{"infinite learning rate", small, func(s *Spec) { s.LearningRate = inf }, []string{"learning rate +Inf"}},
		{"no task", small, func(s *Spec) { s.Task = "" }, []string{`unknown task ""`, "MNIST"}},
		{"unknown task", small, func(s *Spec) { s.Task = "cosine" }, []string{`unknown task "cosine"`, "sinc"}},
		{"zero width", small, func(s *Spec) { s.Arch = MLP(1, 0, 1) }, []string{"width 0", "1-0-1"}},
		{"negative width", small, func(s *Spec) { s.Arch = MLP(1, -5, 1) }, []string{"width -5"}},
		{"huge width", small, func(s *Spec) { s.Arch = MLP(1, 1<<40, 1) }, []string{"width 1099511627776"}},
		{"huge net", small, func(s *Spec) { s.Arch = MLP(1, 1<<20, 1<<20, 1) }, []string{"parameters", "at most"}},
		{"no layers", small, func(s *Spec) { s.Arch = Arch{} }, []string{"hw1.MLP"}},
		{"one width", small, func(s *Spec) { s.Arch = MLP(1) }, []string{"dense layer"}},
		{"inputs", small, func(s *Spec) { s.Arch = MLP(2, 5, 1) }, []string{"2 inputs"}},
		{"outputs", small, func(s *Spec) { s.Arch = MLP(1, 5, 2) }, []string{"2 outputs"}},
		{"outputs of digits", digits, func(s *Spec) { s.Arch = MLP(784, 5, 9) }, []string{"9 outputs", "10"}},
		{"zero channels", digits, func(s *Spec) { s.Arch = CNN([]int{0}, 10) }, []string{"width 0"}},
		{"too many blocks", digits, func(s *Spec) { s.Arch = CNN([]int{1, 1, 1, 1}, 10) }, []string{"4 blocks"}},
		{"convolution of a vector", digits, func(s *Spec) { s.Arch.Conv = []int{2} }, []string{"height, width, channels"}},
		{"loss", small, func(s *Spec) { s.Loss = "hinge" }, []string{`"hinge"`}},
		{"loss of another task", digits, func(s *Spec) { s.Loss = MSE }, []string{`"mse"`}},
		{"activation", small, func(s *Spec) { s.Activation = "gelu" }, []string{`"gelu"`, "relu"}},
		{"no epochs", small, func(s *Spec) { s.Epochs = 0 }, []string{"0 epochs"}},
		{"negative epochs", small, func(s *Spec) { s.Epochs = -3 }, []string{"-3 epochs"}},
		{"negative decay", small, func(s *Spec) { s.WeightDecay = -1 }, []string{"weight decay -1"}},
		{"NaN decay", small, func(s *Spec) { s.WeightDecay = nan }, []string{"weight decay NaN"}},
		{"dropout 1", digits, func(s *Spec) { s.Dropout = 1 }, []string{"dropout 1"}},
		{"negative dropout", digits, func(s *Spec) { s.Dropout = -0.5 }, []string{"dropout -0.5"}},
		{"NaN dropout", digits, func(s *Spec) { s.Dropout = nan }, []string{"dropout NaN"}},
		{"dropout of a function", small, func(s *Spec) { s.Dropout = 0.5 }, []string{"dropout 0.5", "images"}},
		{"batch larger than the data", small, func(s *Spec) { s.Batch = 501 }, []string{"batch 501", "500"}},
		{"batch larger than the cut data", digits, func(s *Spec) { s.TrainSize = 50 }, []string{"batch 100", "50"}},
		{"negative batch", small, func(s *Spec) { s.Batch = -1 }, []string{"batch -1"}},
		{"no batch for images", digits, func(s *Spec) { s.Batch = 0 }, []string{"Batch"}},
		{"too many examples", digits, func(s *Spec) { s.TrainSize = 60_001 }, []string{"60001", "60000"}},
		{"negative examples", digits, func(s *Spec) { s.TrainSize = -1 }, []string{"-1 training examples"}},
		{"too many test examples", digits, func(s *Spec) { s.TestSize = 10_001 }, []string{"10001", "10000"}},
		{"label noise", digits, func(s *Spec) { s.LabelNoise = 1.5 }, []string{"label noise 1.5"}},
		{"NaN label noise", digits, func(s *Spec) { s.LabelNoise = nan }, []string{"label noise NaN"}},
		{"label noise of a function", small, func(s *Spec) { s.LabelNoise = 0.5 }, []string{"label noise", "sinc"}},
		{"label noise of two classes", small, func(s *Spec) { s.Task, s.LabelNoise = WaveSign, 0.5 }, []string{"label noise", "square wave sign"}},
		{"negative evaluation interval", digits, func(s *Spec) { s.EvaluateEach = -2 }, []string{"-2 epochs", "negative"}},
		{"evaluation interval of a function", small, func(s *Spec) { s.EvaluateEach = 2 }, []string{"images only"}},
		{"target accuracy", digits, func(s *Spec) { s.TargetAccuracy = 99.5 }, []string{"target accuracy 99.5"}},
		{"NaN target accuracy", digits, func(s *Spec) { s.TargetAccuracy = nan }, []string{"target accuracy NaN"}},
		{"target accuracy of a function", small, func(s *Spec) { s.TargetAccuracy = 0.9 }, []string{"images only", "sinc"}},
		{"negative patience", small, func(s *Spec) { s.Patience = -1 }, []string{"patience -1"}},
		{"negative snapshots", small, func(s *Spec) { s.SnapshotEach = -1 }, []string{"interval -1"}},
		{"negative seed", small, func(s *Spec) { s.Seed = -1 }, []string{"seed -1"}},
		{"last seed overflows", small, func(s *Spec) { s.Seed, s.Seeds = math.MaxInt, 2 }, []string{"seed 9223372036854775807"}},
		{"negative seeds", small, func(s *Spec) { s.Seeds = -2 }, []string{"-2 seeds"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := c.base()
			c.change(&spec)
			_, err := Train(spec)
			checkMessage(t, messageOf(err), c.says...)
		})
	}
}

func TestSpecDefaults(t *testing.T) {
	s := mustResolve(t, small())
	if s.Activation != ReLU || s.Loss != MSE || s.LearningRate != 1e-3 || s.Seed != 1 || s.Seeds != 1 || s.TrainSize != 500 || s.TestSize != 498 {
		t.Errorf("defaults of a function: %+v", s)
	}
	s = mustResolve(t, digits())
	if s.Loss != CrossEntropy || s.TrainSize != 60_000 || s.TestSize != 10_000 || s.stepsPerEpoch() != 600 {
		t.Errorf("defaults of images: %+v", s)
	}
	if again := mustResolve(t, s); again.key() != s.key() {
		t.Error("resolving twice changes the key")
	}
}

func TestKey(t *testing.T) {
	base := digits()
	key := mustResolve(t, base).key()
	named := base
	named.Name = "a name"
	if mustResolve(t, named).key() != key {
		t.Error("the name is part of the key")
	}
	for what, change := range map[string]func(*Spec){
		"learning rate": func(s *Spec) { s.LearningRate = 1e-3 },
		"evaluations":   func(s *Spec) { s.EvaluateEach = 1 },
		"seeds":         func(s *Spec) { s.Seed, s.Seeds = 1, 1 },
	} {
		s := base
		change(&s)
		if mustResolve(t, s).key() != key {
			t.Errorf("%s: the default has another key where it is written out", what)
		}
	}
	seen := map[string]string{key: "the base"}
	for what, change := range map[string]func(*Spec){
		"task":          func(s *Spec) { s.Task = FashionMNIST },
		"width":         func(s *Spec) { s.Arch = MLP(784, 6, 10) },
		"depth":         func(s *Spec) { s.Arch = MLP(784, 5, 5, 10) },
		"convolution":   func(s *Spec) { s.Arch = CNN([]int{5}, 10) },
		"activation":    func(s *Spec) { s.Activation = Tanh },
		"epochs":        func(s *Spec) { s.Epochs = 2 },
		"batch":         func(s *Spec) { s.Batch = 50 },
		"learning rate": func(s *Spec) { s.LearningRate = 2e-3 },
		"weight decay":  func(s *Spec) { s.WeightDecay = 1e-4 },
		"dropout":       func(s *Spec) { s.Dropout = 0.25 },
		"patience":      func(s *Spec) { s.Patience = 10 },
		"float64":       func(s *Spec) { s.Float64 = true },
		"train size":    func(s *Spec) { s.TrainSize = 500 },
		"test size":     func(s *Spec) { s.TestSize = 500 },
		"label noise":   func(s *Spec) { s.LabelNoise = 0.5 },
		"snapshots":     func(s *Spec) { s.SnapshotEach = 1 },
		"evaluations":   func(s *Spec) { s.EvaluateEach = 2 },
		"target":        func(s *Spec) { s.TargetAccuracy = 0.9 },
		"seed":          func(s *Spec) { s.Seed = 2 },
		"seeds":         func(s *Spec) { s.Seeds = 2 },
	} {
		s := base
		change(&s)
		k := mustResolve(t, s).key()
		if other, ok := seen[k]; ok {
			t.Errorf("%s and %s have one key", what, other)
		}
		seen[k] = what
	}
}

func TestQuick(t *testing.T) {
	t.Setenv("HW1_QUICK", "1")
	s := digits()
	s.Epochs, s.Seeds, s.Batch = 15, 5, 2000
	s = mustResolve(t, s)
	if s.Epochs != 2 || s.Seeds != 2 || s.TrainSize != 1000 || s.TestSize != 500 {
		t.Errorf("quick: %+v", s)
	}
}

// FuzzSpec: whatever a Spec says, it resolves to one that has a key, or is refused.
func FuzzSpec(f *testing.F) {
	for _, s := range []Spec{small(), digits(), {Task: MNIST, Arch: CNN([]int{16, 32}, 128, 10), Batch: 100, Epochs: 1, Dropout: 0.25}} {
		text, err := json.Marshal(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"task":"sinc","arch":{"input":[1],"dense":[1048576,1048576,1]},"epochs":1}`))
	f.Add([]byte(`{"task":"MNIST","arch":{"input":[0,0,0],"conv":[1],"dense":[10]},"epochs":1,"seed":9223372036854775807}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var s Spec
		if json.Unmarshal(text, &s) != nil {
			return
		}
		s, err := s.resolved()
		if err != nil {
			return
		}
		if again, err := s.resolved(); err != nil || again.key() != s.key() {
			t.Errorf("%+v resolves to another spec (%v)", s, err)
		}
		if p := s.Arch.ParamCount(); p < 1 || p > maxParams {
			t.Errorf("%+v has %d parameters", s, p)
		}
	})
}

// A run's Spec is resolved, and can be trained again: also one of full batches.
func TestResolvedSpecStaysAsItIs(t *testing.T) {
	for _, spec := range []Spec{
		{Task: MNIST, Arch: MLP(784, 5, 10), Epochs: 1, Batch: 600, TrainSize: 600, EvaluateEach: 1},
		{Task: Sinc, Arch: MLP(1, 5, 1), Epochs: 1, Batch: 500},
	} {
		once := mustResolve(t, spec)
		if twice := mustResolve(t, once); twice.key() != once.key() {
			t.Errorf("%s: %+v is resolved to %+v", spec.Task, once, twice)
		}
	}
}
