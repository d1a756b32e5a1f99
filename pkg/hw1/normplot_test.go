package hw1

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// The loss and the gradient's norm that a full-batch training records before each
// step are those of the whole training set at the weights before it, also with an L2 term.
func TestGradNormsAreThoseOfFullBatchTraining(t *testing.T) {
	run, err := TrainOne(Spec{Task: Sinc, Arch: MLP(1, 5, 1), Activation: Tanh, Epochs: 8, WeightDecay: 0.1, SnapshotEach: 1, Float64: true, Seeds: 2})
	if err != nil {
		t.Fatal(err)
	}
	full, err := GradNorms(run)
	if err != nil {
		t.Fatal(err)
	}
	for i, replica := range run.Replicas {
		checkNear(t, "loss", full.Losses[i][:8], replica.History.TrainLoss, 1e-12)
		checkNear(t, "gradient norm", full.Norms[i][:8], replica.History.GradNorm, 1e-12)
	}
	f, err := GradNormPlot("caption", full)
	if err != nil {
		t.Fatal(err)
	}
	if image, err := f.render(); err != nil || !strings.Contains(string(image), "norm of the gradient") {
		t.Errorf("the figure has no axis of norms (%v)", err)
	}
	_, err = GradNorms(handmade(&Run{Spec: Spec{Task: Sinc, Arch: MLP(1, 2, 1)}}))
	checkMessage(t, messageOf(err), "SnapshotEach")
}

func TestStepPlot(t *testing.T) {
	run := handmade(&Run{Spec: Spec{Task: MNIST, Arch: MLP(784, 1, 10)}})
	_, err := StepPlot("caption", run)
	checkMessage(t, messageOf(err), "no steps")
	for i := range 200 {
		run.Replicas[0].Steps = append(run.Replicas[0].Steps, Step{2 / float64(i+1), 1 / float64(i+1)})
	}
	f, err := StepPlot("caption", run)
	if err != nil {
		t.Fatal(err)
	}
	if rows := strings.Count(f.CSV, "\n"); rows != 201 {
		t.Errorf("%d lines of data for 200 steps", rows)
	}
	alone, err := f.render()
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
	if both, err := f.render(); err != nil || bytes.Equal(alone, both) {
		t.Errorf("two seeds are drawn as one is (%v)", err)
	}
}

// A single step that differs from the thousands around it is to be seen.
func TestStepPlotDrawsEveryStep(t *testing.T) {
	run := handmade(&Run{Spec: Spec{Task: MNIST, Arch: MLP(784, 1, 10)}})
	steps := make([]Step, 9000)
	for i := range steps {
		steps[i] = Step{1, 1}
	}
	steps[8998] = Step{100, 100} // so that the axes stay
	run.Replicas[0].Steps = steps
	var images [][]byte
	for _, loss := range []float64{1, 10} {
		steps[4000].Loss = loss
		f, err := StepPlot("caption", run)
		if err != nil {
			t.Fatal(err)
		}
		image, err := f.render()
		if err != nil {
			t.Fatal(err)
		}
		images = append(images, image)
	}
	if bytes.Equal(images[0], images[1]) {
		t.Error("a step is not drawn")
	}
}

// Seeds that ended in different epochs can not be compared epoch by epoch.
func TestGradNormsOfDifferentLengths(t *testing.T) {
	run := mustTrain(t, Spec{Task: Sinc, Arch: MLP(1, 5, 1), Epochs: 3, SnapshotEach: 1, Seeds: 2})
	first := &run.Replicas[0]
	first.Snapshots = first.Snapshots[:2]
	_, err := GradNorms(run)
	checkMessage(t, messageOf(err), "different", "Patience")
}
