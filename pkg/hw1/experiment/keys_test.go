package experiment_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

// The notebooks' runs, a line each: the key under which one is stored, and its Spec. A change of
// the code that gives one of them another key makes stored runs unreadable; where it changes what
// they train to, the version of the training is raised, and this list made anew.
const keysFile = "testdata/keys.txt"

func TestKeysOfTheNotebooks(t *testing.T) {
	text, err := os.ReadFile(keysFile)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		key, asked, _ := strings.Cut(line, "\t")
		var spec experiment.Spec
		if err := json.Unmarshal([]byte(asked), &spec); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		resolved, err := spec.Resolved()
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if got := resolved.Key(); got != key {
			t.Errorf("the key is %s, and was %s, of %s", got, key, asked)
		}
		n++
	}
	if n != 245 {
		t.Errorf("%s has %d runs", keysFile, n)
	}
}

func TestKey(t *testing.T) {
	base := runtest.Digits()
	key := runtest.MustResolve(t, base).Key()
	named := base
	named.Name = "a name"
	if runtest.MustResolve(t, named).Key() != key {
		t.Error("the name is part of the key")
	}
	for what, change := range map[string]func(*experiment.Spec){
		"learning rate": func(s *experiment.Spec) { s.LearningRate = 1e-3 },
		"evaluations":   func(s *experiment.Spec) { s.EvaluateEach = 1 },
		"optimizer":     func(s *experiment.Spec) { s.Optimizer, s.Schedule = optim.Adam, optim.Schedule{Steps: []int{}} },
		"seeds":         func(s *experiment.Spec) { s.Seed, s.Seeds = 0, 1 },
	} {
		s := base
		change(&s)
		if runtest.MustResolve(t, s).Key() != key {
			t.Errorf("%s: the default has another key where it is written out", what)
		}
	}
	seen := map[string]string{key: "the base"}
	for what, change := range map[string]func(*experiment.Spec){
		"task":          func(s *experiment.Spec) { s.Task = data.FashionMNIST },
		"width":         func(s *experiment.Spec) { s.Arch = nn.MLP(784, 6, 10) },
		"depth":         func(s *experiment.Spec) { s.Arch = nn.MLP(784, 5, 5, 10) },
		"convolution":   func(s *experiment.Spec) { s.Arch = nn.CNN([]int{5}, 10) },
		"activation":    func(s *experiment.Spec) { s.Activation = nn.Tanh },
		"epochs":        func(s *experiment.Spec) { s.Epochs = 2 },
		"batch":         func(s *experiment.Spec) { s.Batch = 50 },
		"learning rate": func(s *experiment.Spec) { s.LearningRate = 2e-3 },
		"weight decay":  func(s *experiment.Spec) { s.WeightDecay = 1e-4 },
		"dropout":       func(s *experiment.Spec) { s.Dropout = 0.25 },
		"patience":      func(s *experiment.Spec) { s.Patience = 10 },
		"float64":       func(s *experiment.Spec) { s.Float64 = true },
		"train size":    func(s *experiment.Spec) { s.TrainSize = 500 },
		"test size":     func(s *experiment.Spec) { s.TestSize = 500 },
		"label noise":   func(s *experiment.Spec) { s.LabelNoise = 0.5 },
		"snapshots":     func(s *experiment.Spec) { s.SnapshotEach = 1 },
		"evaluations":   func(s *experiment.Spec) { s.EvaluateEach = 2 },
		"target":        func(s *experiment.Spec) { s.TargetAccuracy = 0.9 },
		"validation":    func(s *experiment.Spec) { s.Validation = 100 },
		"optimizer":     func(s *experiment.Spec) { s.Optimizer = optim.AdamW },
		"momentum":      func(s *experiment.Spec) { s.Optimizer, s.Momentum = optim.SGD, 0.9 },
		"Nesterov":      func(s *experiment.Spec) { s.Optimizer, s.Momentum, s.Nesterov = optim.SGD, 0.9, true },
		"clipping":      func(s *experiment.Spec) { s.ClipNorm = 1 },
		"warm-up":       func(s *experiment.Spec) { s.Epochs, s.Schedule.Warmup = 3, 1 },
		"cosine":        func(s *experiment.Spec) { s.Schedule.Cosine = true },
		"falling":       func(s *experiment.Spec) { s.Schedule.PiecewiseLinear = []float64{1, 0} },
		"cycle":         func(s *experiment.Spec) { s.Schedule.PiecewiseLinear = []float64{0, 1, 0} },
		"seed":          func(s *experiment.Spec) { s.Seed = 2 },
		"next seed":     func(s *experiment.Spec) { s.Seed = 1 },
		"seeds":         func(s *experiment.Spec) { s.Seeds = 2 },
	} {
		s := base
		change(&s)
		k := runtest.MustResolve(t, s).Key()
		if other, ok := seen[k]; ok {
			t.Errorf("%s and %s have one key", what, other)
		}
		seen[k] = what
	}
}

// A key is the first half of a SHA-256 of the Spec, of the version and of what older versions did otherwise.
func TestWhatIsInAKey(t *testing.T) {
	one := data.Examples{X: make([]float64, 2*64), Y: []float64{1, 2}}
	pictures, err := data.Own(data.Set{Name: "sums of pictures", Train: one, Test: one, Shape: []int{8, 8, 1}})
	if err != nil {
		t.Fatal(err)
	}
	sized := func(s experiment.Spec, train, test int) experiment.Spec {
		s.TrainSize, s.TestSize = train, test
		return s
	}
	pooled := nn.CNN([]int{1}, 1).On(8, 8, 1)
	for _, c := range []struct {
		spec experiment.Spec
		text string
	}{
		{experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 1}, ""},
		{experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 2}, ", looped"},
		{experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 6}, ", looped"},
		{experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 7}, ""},
		{experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 251}, ""},
		{experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 252}, ", looped"}, // 250 and 2
		{experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 1, Batch: 250}, ", looped"},
		{experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 9, SnapshotEach: 3, TestSize: 50}, ", spread, looped"},
		{experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 9, TestSize: 498, TrainSize: 499}, ", spread"},
		{experiment.Spec{Task: pictures, Arch: pooled, Epochs: 2}, ""}, // which is not looped
		{experiment.Spec{Task: pictures, Arch: pooled, Epochs: 2, Activation: nn.Tanh}, ""},
		{experiment.Spec{Task: pictures, Arch: pooled, Epochs: 2, Activation: nn.GELU}, ", pooled after the activation"},
		{experiment.Spec{Task: pictures, Arch: nn.MLP(64, 2, 1), Epochs: 9, Activation: nn.GELU}, ""},
		{runtest.Digits(), ""},
		{sized(runtest.Small(), 0, 0), ""},
		{sized(runtest.Small(), 500, 498), ""},
		{sized(runtest.Small(), 50, 0), ", spread"}, // the points were the first ones once
		{sized(runtest.Small(), 0, 50), ", spread"},
		{sized(runtest.Digits(), 100, 50), ""}, // as images still are
	} {
		spec := runtest.MustResolve(t, c.spec)
		text, err := json.Marshal(spec)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(string(text) + "\nversion 7" + c.text))
		if want := hex.EncodeToString(sum[:16]); spec.Key() != want {
			t.Errorf("%s, %d epochs: the key is %s, want %s, with %q", spec.Arch, spec.Epochs, spec.Key(), want, c.text)
		}
	}
}
