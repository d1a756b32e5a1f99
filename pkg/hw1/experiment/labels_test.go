package experiment_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

// Whatever two Specs differ in, their labels say it.
func TestLabelsSayWhatDiffers(t *testing.T) {
	ones := slices.Repeat([]float64{1}, runtest.Digits().Arch.ParamCount())
	for want, change := range map[string]func(*experiment.Spec){
		"task Fashion-MNIST":                func(s *experiment.Spec) { s.Task = data.FashionMNIST },
		"activation tanh":                   func(s *experiment.Spec) { s.Activation = nn.Tanh },
		"epochs 2":                          func(s *experiment.Spec) { s.Epochs = 2 },
		"batch 600":                         func(s *experiment.Spec) { s.Batch = 600 },
		"learning rate 0.002":               func(s *experiment.Spec) { s.LearningRate = 2e-3 },
		"weight decay 0.0001":               func(s *experiment.Spec) { s.WeightDecay = 1e-4 },
		"dropout 0.25":                      func(s *experiment.Spec) { s.Dropout = 0.25 },
		"patience 10":                       func(s *experiment.Spec) { s.Patience = 10 },
		"float64 true":                      func(s *experiment.Spec) { s.Float64 = true },
		"train size 500":                    func(s *experiment.Spec) { s.TrainSize = 500 },
		"test size 500":                     func(s *experiment.Spec) { s.TestSize = 500 },
		"label noise 0.5":                   func(s *experiment.Spec) { s.LabelNoise = 0.5 },
		"snapshot every 1":                  func(s *experiment.Spec) { s.SnapshotEach = 1 },
		"target accuracy 0.9":               func(s *experiment.Spec) { s.TargetAccuracy = 0.9 },
		"evaluate each 2":                   func(s *experiment.Spec) { s.EvaluateEach = 2 },
		"optimizer adamw":                   func(s *experiment.Spec) { s.Optimizer = optim.AdamW },
		"init he":                           func(s *experiment.Spec) { s.Init = nn.He },
		"start b9fdc156":                    func(s *experiment.Spec) { s.Start = experiment.WeightsOf(ones) },
		"mask b9fdc156":                     func(s *experiment.Spec) { s.Mask = experiment.WeightsOf(ones) },
		"clip norm 1":                       func(s *experiment.Spec) { s.ClipNorm = 1 },
		"piecewise linear [0 1 0]":          func(s *experiment.Spec) { s.Schedule.PiecewiseLinear = []float64{0, 1, 0} },
		"cosine true":                       func(s *experiment.Spec) { s.Schedule.Cosine = true },
		"seed 3":                            func(s *experiment.Spec) { s.Seed = 3 },
		"seeds 2":                           func(s *experiment.Spec) { s.Seeds = 2 },
		"optimizer sgd":                     func(s *experiment.Spec) { s.Optimizer = optim.SGD },
		"train size 59000, validation 1000": func(s *experiment.Spec) { s.Validation = 1000 },
		"piecewise linear [0 0 0 0 0 0 0 0 0 0… (67b4a4)": func(s *experiment.Spec) {
			s.Schedule.PiecewiseLinear = append(make([]float64, 100), 1)
		},
	} {
		base, changed := runtest.Digits(), runtest.Digits()
		change(&changed)
		runs := []*experiment.Run{{Spec: runtest.MustResolve(t, base)}, {Spec: runtest.MustResolve(t, changed)}, {Spec: runtest.MustResolve(t, runtest.Small())}}
		labels := experiment.Labels(runs...)
		if labels[1] != "784-5-10, "+want || labels[0] == labels[1] || strings.HasSuffix(labels[0], " ") || labels[2] != "1-5-1" {
			t.Errorf("%s: the labels are %q", want, labels)
		}
	}
	if got := experiment.Labels(); len(got) != 0 {
		t.Errorf("no runs have the labels %q", got)
	}
}

// Two optimizers of one's own that have one name are told apart.
func TestLabelsOfOptimizersOfOneName(t *testing.T) {
	scaled := func(factor float64) *experiment.Run {
		spec := runtest.Small()
		spec.Optimizer = optim.Own("scaled", 0, func(at optim.Point) (*graph.Node, []*graph.Node) {
			return graph.Mul(graph.MulScalar(at.Rate, factor), at.Gradient), nil
		})
		return &experiment.Run{Spec: runtest.MustResolve(t, spec)}
	}
	labels := experiment.Labels(scaled(1), scaled(2))
	for _, label := range labels {
		if !strings.HasPrefix(label, "1-5-1, optimizer scaled (") || labels[0] == labels[1] {
			t.Errorf("the labels are %q", labels)
		}
	}
}

// A label that tells a run from others is the run's, and not its Spec's: a changed Spec has none of it. That of a
// network of one's own names its weights.
func TestTellApart(t *testing.T) {
	own := func(n int) experiment.Spec {
		arch := nn.Graph("line", 1, []int{1}, 1, []nn.Param{{Name: "slope", Shape: []int{n}, Start: 1}}, func(_ []*graph.Node, x *graph.Node) *graph.Node { return x })
		return experiment.Spec{Task: data.Sinc, Arch: arch, Epochs: 1}
	}
	runs := []*experiment.Run{{Spec: own(2)}, {Spec: own(3)}}
	experiment.TellApart(runs...)
	if got, want := runs[0].Label(), "line (version 1, [1] → 1), own line version 1 of slope [2]"; got != want {
		t.Errorf("the label is %q, want %q", got, want)
	}
	spec := runs[0].Spec
	spec.Arch = nn.MLP(1, 2, 1)
	if got := (&experiment.Run{Spec: spec}).Label(); got != "1-2-1" {
		t.Errorf("the label of a changed Spec is %q", got)
	}
	spec.Name = "a\x00b"
	_, err := spec.Resolved()
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "the name", "cannot be written")
}
