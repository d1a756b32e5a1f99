package memorize

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/train"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

// Training ends at the first evaluation that reaches the target, and the scores
// are those of the final weights.
func TestTargetAccuracyEndsTraining(t *testing.T) {
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	spec := experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 30, 10), Epochs: 60, Batch: 20, TrainSize: 200, TestSize: 100, TargetAccuracy: 0.9, EvaluateEach: 3}
	r := traintest.MustTrain(t, spec).Replicas[0]
	h := r.History
	last := len(h.Epoch) - 1
	if r.Stop != experiment.StopFitted || r.Epochs != h.Epoch[last] || r.Train.Accuracy < 0.9 || h.TrainAccuracy[last] != r.Train.Accuracy {
		t.Fatalf("stopped as %s in epoch %d at %g; the history ends in epoch %d at %g", r.Stop, r.Epochs, r.Train.Accuracy, h.Epoch[last], h.TrainAccuracy[last])
	}
	for i, epoch := range h.Epoch {
		if epoch != 1 && epoch%3 != 0 {
			t.Errorf("epoch %d was evaluated", epoch)
		}
		if i < last && h.TrainAccuracy[i] >= 0.9 {
			t.Errorf("the target was reached in epoch %d already", epoch)
		}
	}
	outputs, err := eval.Logits(traintest.MustTrain(t, spec), runtest.MustExamples(t, spec))
	if err != nil {
		t.Fatal(err)
	}
	if got := runtest.ScoreOf(outputs[0], runtest.MustExamples(t, spec)); math.Abs(got.Loss-r.Train.Loss) > 1e-6 || got.Accuracy != r.Train.Accuracy {
		t.Errorf("the final weights score %+v, the run says %+v", got, r.Train)
	}
}

// Weights that a cell has made have no course, whatever they are for.
func TestTableOfWeightsByHand(t *testing.T) {
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	run := traintest.MustTrain(t, experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 2, 10), Epochs: 1, Batch: 20, TrainSize: 40, TestSize: 20})
	zero, err := eval.WithWeights(run, "zero", make([]float64, len(run.Replicas[0].Theta)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Table("caption", zero)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "memorize.Table needs test losses during training", "zero")
}

// Each seed of a function's two classes learns random ones of its own, as each seed of images does.
func TestEachSeedOfAFunctionHasItsOwnNoise(t *testing.T) {
	hw1test.NewStore(t)
	spec := experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 30, 1), Activation: nn.Tanh, Epochs: 300, LearningRate: 1e-2, LabelNoise: 0.5, Seeds: 2}
	run := traintest.MustTrain(t, spec)
	clean, _, err := run.Spec.CleanExamples()
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := eval.Logits(run, clean)
	if err != nil {
		t.Fatal(err)
	}
	for r, replica := range run.Replicas {
		noisy := clean
		noisy.Y = data.NoisyLabels(clean.Y, 0.5, 2, uint64(replica.Seed))
		if changed := floats.Distance(noisy.Y, clean.Y, 1) / 500; changed < 0.2 || changed > 0.3 {
			t.Errorf("a share of %g is changed, where half is drawn anew", changed)
		}
		if got := runtest.ScoreOf(outputs[r], noisy); math.Abs(got.Loss-replica.Train.Loss) > 1e-6 || got.Accuracy != replica.Train.Accuracy {
			t.Errorf("seed %d scores %+v on its targets, the run says %+v", replica.Seed, got, replica.Train)
		}
	}
	spec.Seed, spec.Seeds = 1, 1
	hw1test.CheckNear(t, "the second seed alone", traintest.MustTrain(t, spec).Replicas[0].Theta, run.Replicas[1].Theta, 0)
	_, err = eval.NewObjective(run)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "2 seeds", "pass a run of one seed")
}

// How often a network is evaluated does not change how it trains, nor does the
// company of other runs.
func TestEvaluationAndCompanyDoNotChangeTraining(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	base := experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 140, 10), Epochs: 4, Batch: 50, TrainSize: 200, TestSize: 100, LabelNoise: 1} // above loopParams
	small, rare := base, base
	small.Arch, rare.EvaluateEach = nn.MLP(784, 7, 10), 4
	hw1test.NewStore(t)
	alone := traintest.MustTrain(t, base).Replicas[0].Theta
	hw1test.NewStore(t)
	runs, err := train.All(small, rare, base)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(alone, runs[2].Replicas[0].Theta) {
		t.Error("a run has other weights beside another run")
	}
	if !slices.Equal(alone, runs[1].Replicas[0].Theta) {
		t.Error("a run has other weights where it is evaluated less often")
	}
	if got := runs[1].Replicas[0].History.Epoch; !slices.Equal(got, []int{1, 4}) {
		t.Errorf("evaluated after epochs %v", got)
	}
}

func TestEarlyStopIsTheLowestTestLoss(t *testing.T) {
	h := experiment.History{TestLoss: []float64{math.NaN(), 3, 2, 4, 2}}
	if got := h.EarlyStop(); got != 2 {
		t.Errorf("the lowest test loss is at %d, want the first at 2", got)
	}
	if got := (experiment.History{}).EarlyStop(); got != -1 {
		t.Errorf("no history stops at %d", got)
	}
	run := &experiment.Run{Replicas: []experiment.Replica{{Epochs: 7, Stop: experiment.StopFitted}, {Epochs: 9, Stop: experiment.StopBudget}}}
	if got := run.EpochsToFit(); got[0] != 7 || !math.IsInf(got[1], 1) {
		t.Errorf("epochs to fit %v", got)
	}
}

// memorized returns a run whose test loss is lowest after its second epoch.
func memorized(name string, noise float64) *experiment.Run {
	run := &experiment.Run{Spec: experiment.Spec{Name: name, Task: data.MNIST, Arch: nn.MLP(784, 2, 10), LabelNoise: noise, TrainSize: 1000, TestSize: 100}}
	for seed := range 2 {
		r := experiment.Replica{Seed: seed + 1, Epochs: 3, Stop: experiment.StopFitted, Train: experiment.Score{Loss: 0.1, Accuracy: 0.99}, Test: experiment.Score{Loss: 3, Accuracy: 0.4}}
		r.History.Add(1, experiment.Score{Loss: 2, Accuracy: 0.2}, experiment.Score{Loss: 2.3, Accuracy: 0.3}, 1)
		r.History.Add(2, experiment.Score{Loss: 1, Accuracy: 0.5}, experiment.Score{Loss: 2, Accuracy: 0.45}, 1)
		r.History.Add(3, r.Train, r.Test, 1)
		run.Replicas = append(run.Replicas, r)
	}
	return runtest.Handmade(run)
}

func TestMemorizeFigures(t *testing.T) {
	run := memorized("random", 1)
	f, err := Plot("", run, memorized("true", 0))
	if err != nil {
		t.Fatal(err)
	}
	svg := figuretest.CheckDrawn(t, f, "random", "training", "epoch", "loss", "accuracy")
	if n := strings.Count(string(svg), "lowest test loss"); n != 1 {
		t.Errorf("the rings of two runs are named %d times", n)
	}
	table, err := Table("", run)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"random", "3", "99.00 %", "40.00 %", "epoch 2", "50.00 % / 45.00 %"}; !slices.Equal(table.Rows[0], want) {
		t.Errorf("the row is %q, want %q", table.Rows[0], want)
	}
	watched := memorized("watched", 1) // the validation set, where there is one
	watched.Spec.Validation = 1
	for i := range watched.Replicas {
		h := &watched.Replicas[i].History
		h.ValidationLoss, h.ValidationAccuracy = h.TestLoss, h.TestAccuracy
	}
	if table, err = Table("", run, watched); err != nil {
		t.Fatal(err)
	}
	if table.Header[4] != "early stop" {
		t.Errorf("the place is named %q", table.Header[4])
	}
	if f, err = NoisePlot("", "others", []float64{math.NaN(), 0.1}, memorized("", 0), run); err != nil {
		t.Fatal(err)
	}
	figuretest.CheckDrawn(t, f, "others", "random labels (%)", "epochs to fit")
	for _, want := range []string{"test accuracy,here,100,0.4,0.4,0.4", "test accuracy,others,100,0.1,,", "epochs to fit,here,100,3,3,3"} {
		if !strings.Contains(f.CSV, want) {
			t.Errorf("%q does not have %q", f.CSV, want)
		}
	}
	if _, err := NoisePlot("", "others", []float64{0.9}, memorized("", 0), run); err == nil {
		t.Error("one figure of others was drawn beside two runs")
	}
	for _, wrong := range []float64{90, -0.1, math.Inf(1)} { // in percent, say
		_, err := NoisePlot("", "others", []float64{math.NaN(), wrong}, memorized("", 0), run)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "a number from 0 to 1")
	}
	rising := memorized("rising", 1)
	for i := range rising.Replicas {
		rising.Replicas[i].History.TestLoss[0] = 1
	}
	if table, err = Table("", rising); err != nil || table.Rows[0][4] != "epoch 1" {
		t.Errorf("test losses that rise from the first epoch on: %v, %v", table, err)
	}
	rising.Replicas[1].History = experiment.History{} // weights that one seed was given by hand
	if _, err = Table("", rising); err == nil {
		t.Error("a seed without test losses has a lowest one")
	}
	if f, err = NoisePlot("", "others", []float64{math.NaN(), math.NaN()}, memorized("", 0), run); err != nil || strings.Contains(f.CSV, "others") {
		t.Errorf("no accuracies of others were drawn: %v", err)
	}
	function := runtest.Handmade(&experiment.Run{Spec: runtest.Small()})
	_, err1 := Plot("", function)
	_, err2 := Table("", function)
	_, err3 := NoisePlot("", "others", []float64{0.1}, function)
	_, err4 := Probe(function)
	for i, err := range []error{err1, err2, err3, err4} {
		hw1test.CheckMessage(t, hw1test.MessageOf(err), []string{"memorize.Plot", "memorize.Table", "memorize.NoisePlot", "memorize.Probe"}[i], "images")
	}
	untested := runtest.Handmade(&experiment.Run{Spec: run.Spec, Replicas: []experiment.Replica{{History: experiment.History{Epoch: []int{1}, TrainLoss: []float64{1}}}}})
	if _, err := Plot("", untested); err == nil {
		t.Error("a run without test loss was drawn")
	}
	if _, err := Table("", untested); err == nil {
		t.Error("a run without test loss has a lowest one")
	}
}
