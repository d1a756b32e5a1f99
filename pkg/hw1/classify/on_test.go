package classify_test

import (
	"testing"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/classify"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/train"
)

// check compares a classification with the network in plain Go: the class of the largest output,
// or the second one of two where their logit is positive.
func check(t *testing.T, c classify.Classification, err error, targets []float64) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	mistakes := 0
	for i, y := range targets {
		outputs := hw1test.NetOf(c.Run.Spec.Arch).Forward(string(c.Run.Spec.Activation), c.Run.Replicas[0].Theta, c.Set.Numbers(i))
		if len(outputs) == 1 {
			outputs = []float64{0, outputs[0]}
		}
		if predicted := floats.MaxIdx(outputs); predicted != int(y) {
			mistakes++
		}
		hw1test.CheckNear(t, "loss", c.Loss[i:i+1], []float64{hw1test.Loss("cross-entropy", outputs, y)}, 1e-4)
	}
	if c.Mistakes() != mistakes || len(c.Predicted) != len(targets) {
		t.Errorf("%d mistakes in %d, want %d in %d", c.Mistakes(), len(c.Predicted), mistakes, len(targets))
	}
}

func numbers(labels []uint8) []float64 {
	var values []float64
	for _, label := range labels {
		values = append(values, float64(label))
	}
	return values
}

// Training images are classified against the noisy labels that were learnt, and the true ones.
func TestTrainingImagesAgainstBothLabels(t *testing.T) {
	hw1test.NeedData(t)
	run, err := train.One(experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 30, 10), Batch: 20, Epochs: 4, TrainSize: 500, TestSize: 100, LabelNoise: 0.4, Seeds: 2})
	if err != nil {
		t.Fatal(err)
	}
	noisy, _, err := run.Spec.Examples()
	if err != nil {
		t.Fatal(err)
	}
	clean, _, err := run.Spec.CleanExamples()
	if err != nil {
		t.Fatal(err)
	}
	whole, _, err := run.Spec.Task.Load()
	if err != nil {
		t.Fatal(err)
	}
	learnt, err := classify.On(run, noisy)
	check(t, learnt, err, numbers(noisy.Labels))
	truth, err := classify.On(run, clean)
	check(t, truth, err, numbers(whole.Labels[:500]))
	hw1test.CheckNear(t, "accuracy", []float64{1 - float64(learnt.Mistakes())/500}, run.TrainAccuracies()[:1], 1e-12)
	if truth.Mistakes() >= learnt.Mistakes() {
		t.Errorf("%d mistakes in noisy labels, and %d in true ones", learnt.Mistakes(), truth.Mistakes())
	}
	f, err := classify.ConfusionPlot("caption", truth)
	figuretest.CheckFigure(t, f, err, 100, "predicted class")
	_, _, _, err = classify.McNemar(learnt, truth)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "same labels")
}

// Two classes of a function have one logit; with random ones among them, too.
func TestFunctionsOfTwoClassesAreClassified(t *testing.T) {
	hw1test.Slow(t)
	spec := experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 20, 10, 1), Activation: nn.Tanh, Epochs: 500, LearningRate: 1e-2, Seeds: 2, LabelNoise: 0.3}
	squares := experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 5, 1), Loss: loss.MSE, Epochs: 1}
	runs, err := train.All(spec, squares)
	if err != nil {
		t.Fatal(err)
	}
	images, err := classify.Images(runs[0])
	if err != nil {
		t.Fatal(err)
	}
	noisy, test, err := runs[0].Spec.Examples()
	if err != nil {
		t.Fatal(err)
	}
	check(t, images[0], err, test.Y)
	learnt, err := classify.On(runs[0], noisy)
	check(t, learnt, err, noisy.Y)
	hw1test.CheckNear(t, "accuracy", []float64{1 - float64(learnt.Mistakes())/500}, runs[0].TrainAccuracies()[:1], 1e-12)
	f, err := classify.ConfusionPlot("caption", learnt)
	figuretest.CheckFigure(t, f, err, 4, "label", "0", "1")
	_, err = classify.On(runs[1], test)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "is for classes", "fit")
	test.Y = append([]float64{0.5}, test.Y[1:]...)
	_, err = classify.On(runs[0], test)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "from 0 to 1")
}
