package gradnorm

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/train"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

// The loss and the gradient's norm that a full-batch training records before each
// step are those of the whole training set at the weights before it, also with an L2 term, and of the weights that a mask leaves.
func TestGradNormsAreThoseOfFullBatchTraining(t *testing.T) {
	spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Activation: nn.Tanh, Epochs: 8, WeightDecay: 0.1, SnapshotEach: 1, Float64: true, Seeds: 2}
	masked := spec
	masked.Mask = experiment.WeightsOf(append(make([]float64, 14), 1, 0.1))
	runs, err := train.All(masked, spec)
	if err != nil {
		t.Fatal(err)
	}
	var full Norms
	for _, run := range runs {
		if full, err = Measure(run); err != nil {
			t.Fatal(err)
		}
		for i, replica := range run.Replicas {
			hw1test.CheckNear(t, "loss", full.Losses[i][:8], replica.History.TrainLoss, 1e-12)
			hw1test.CheckNear(t, "gradient norm", full.Norms[i][:8], replica.History.GradNorm, 1e-12)
		}
	}
	f, err := Plot("caption", full)
	if err != nil {
		t.Fatal(err)
	}
	if image, err := f.Render(); err != nil || !strings.Contains(string(image), "norm of the gradient") {
		t.Errorf("the figure has no axis of norms (%v)", err)
	}
	_, err = Measure(runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 2, 1)}}))
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "SnapshotEach")
}

func TestStepPlot(t *testing.T) {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 1, 10)}})
	_, err := StepPlot("caption", run)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "no recorded steps")
	for i := range 200 {
		run.Replicas[0].Steps = append(run.Replicas[0].Steps, experiment.Step{Loss: 2 / float64(i+1), GradNorm: 1 / float64(i+1)})
	}
	f, err := StepPlot("caption", run)
	if err != nil {
		t.Fatal(err)
	}
	if rows := strings.Count(f.CSV, "\n"); rows != 201 || !strings.HasPrefix(f.CSV, "iteration,loss,gradient norm\n1,2,1\n2,1,0.5\n") {
		t.Errorf("%d lines of data for 200 steps: %.50q", rows, f.CSV)
	}
	alone, err := f.Render()
	if err != nil {
		t.Fatal(err)
	}

	// Another seed, interrupted a little earlier, adds the range.
	second := run.Replicas[0]
	second.Steps = slices.Clone(second.Steps[:190])
	for i := range second.Steps {
		second.Steps[i].Loss *= 1.5
	}
	run.Replicas = append(run.Replicas, second)
	if f, err = StepPlot("caption", run); err != nil {
		t.Fatal(err)
	}
	if both, err := f.Render(); err != nil || bytes.Equal(alone, both) {
		t.Errorf("two seeds are drawn as one is (%v)", err)
	}
}

// What training saw is called mini-batches only where there are any.
func TestPlotNamesWhatTrainingSaw(t *testing.T) {
	for batch, name := range map[int]string{0: "whole training set, in training", 50: "mini-batches, mean over an epoch"} {
		norms, err1 := Measure(traintest.MustTrain(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 2, 1), Batch: batch, Epochs: 4, SnapshotEach: 2}))
		f, err2 := Plot("caption", norms)
		if err := cmp.Or(err1, err2); err != nil || !strings.Contains(f.CSV, `"`+name+`",`) {
			t.Errorf("batch %d: the data are %q, %v", batch, f.CSV, err)
		}
	}
}

// Up to sixty steps are their own medians.
func TestMediansOfOneStep(t *testing.T) {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 1, 10)}})
	run.Replicas[0].Steps = []experiment.Step{{Loss: 1, GradNorm: 1}, {Loss: 2, GradNorm: 1}}
	p := figure.NewPanel("", "", "")
	addSteps(p, run, 2, func(s experiment.Step) float64 { return s.Loss }, figure.Color(0))
	if f, err := figure.New(figure.Figure{}, []*figure.Panel{p}); err != nil || !strings.Contains(f.CSV, "median of 1 step,") {
		t.Errorf("the data are %q, %v", f.CSV, err)
	}
}

// A single step that differs from the thousands around it is to be seen.
func TestStepPlotDrawsEveryStep(t *testing.T) {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 1, 10)}})
	steps := make([]experiment.Step, 9000)
	for i := range steps {
		steps[i] = experiment.Step{Loss: 1, GradNorm: 1}
	}
	steps[8998] = experiment.Step{Loss: 100, GradNorm: 100} // so that the axes stay
	run.Replicas[0].Steps = steps
	var images [][]byte
	for _, loss := range []float64{1, 10} {
		steps[4000].Loss = loss
		f, err := StepPlot("caption", run)
		images = append(images, figuretest.Rendered(t, f, err))
	}
	if bytes.Equal(images[0], images[1]) {
		t.Error("a step is not drawn")
	}
}

// Seeds that ended in different epochs cannot be compared epoch by epoch.
func TestGradNormsOfDifferentLengths(t *testing.T) {
	run := traintest.MustTrain(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 3, SnapshotEach: 1, Seeds: 2})
	first := &run.Replicas[0]
	first.Snapshots = first.Snapshots[:2]
	_, err := Measure(run)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "different", "Patience")
}
