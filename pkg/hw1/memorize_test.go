package hw1

import (
	"math"
	"slices"
	"testing"
)

// Training ends at the first evaluation that reaches the target, and the scores
// are those of the final weights.
func TestTargetAccuracyEndsTraining(t *testing.T) {
	needData(t)
	newStore(t)
	spec := Spec{Task: MNIST, Arch: MLP(784, 30, 10), Epochs: 60, Batch: 20, TrainSize: 200, TestSize: 100, TargetAccuracy: 0.9, EvaluateEach: 3}
	r := mustTrain(t, spec).Replicas[0]
	h := r.History
	last := len(h.Epoch) - 1
	if r.Stop != StopFitted || r.Epochs != h.Epoch[last] || r.Train.Accuracy < 0.9 || h.TrainAccuracy[last] != r.Train.Accuracy {
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
	outputs, err := Logits(mustTrain(t, spec), mustExamples(t, spec))
	if err != nil {
		t.Fatal(err)
	}
	if got := scoreOf(outputs[0], mustExamples(t, spec)); math.Abs(got.Loss-r.Train.Loss) > 1e-6 || got.Accuracy != r.Train.Accuracy {
		t.Errorf("the final weights score %+v, the run says %+v", got, r.Train)
	}
}

func mustExamples(t testing.TB, spec Spec) Examples {
	t.Helper()
	train, _, err := mustResolve(t, spec).examples()
	if err != nil {
		t.Fatal(err)
	}
	return train
}

// How often a network is evaluated does not change how it trains, nor does the
// company of other runs.
func TestEvaluationAndCompanyDoNotChangeTraining(t *testing.T) {
	needData(t)
	base := Spec{Task: MNIST, Arch: MLP(784, 140, 10), Epochs: 4, Batch: 50, TrainSize: 200, TestSize: 100, LabelNoise: 1} // above loopParams
	small, rare := base, base
	small.Arch, rare.EvaluateEach = MLP(784, 7, 10), 4
	newStore(t)
	alone := mustTrain(t, base).Replicas[0].Theta
	newStore(t)
	runs, err := Train(small, rare, base)
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
	h := History{TestLoss: []float64{math.NaN(), 3, 2, 4, 2}}
	if got := h.EarlyStop(); got != 2 {
		t.Errorf("the lowest test loss is at %d, want the first at 2", got)
	}
	if got := (History{}).EarlyStop(); got != -1 {
		t.Errorf("no history stops at %d", got)
	}
	run := &Run{Replicas: []Replica{{Epochs: 7, Stop: StopFitted}, {Epochs: 9, Stop: StopBudget}}}
	if got := run.EpochsToFit(); got[0] != 7 || !math.IsInf(got[1], 1) {
		t.Errorf("epochs to fit %v", got)
	}
}

// memorized returns a run whose test loss is lowest after its second epoch.
func memorized(name string, noise float64) *Run {
	run := &Run{Spec: Spec{Name: name, Task: MNIST, Arch: MLP(784, 2, 10), LabelNoise: noise, TrainSize: 1000, TestSize: 100}}
	for seed := range 2 {
		r := Replica{Seed: seed + 1, Epochs: 3, Stop: StopFitted, Train: Score{0.1, 0.99}, Test: Score{3, 0.4}}
		r.History.add(1, Score{2, 0.2}, Score{2.3, 0.3}, 1)
		r.History.add(2, Score{1, 0.5}, Score{2, 0.45}, 1)
		r.History.add(3, r.Train, r.Test, 1)
		run.Replicas = append(run.Replicas, r)
	}
	return handmade(run)
}

func TestMemorizeFigures(t *testing.T) {
	run := memorized("random", 1)
	f, err := MemorizePlot("", run, memorized("true", 0))
	if err != nil {
		t.Fatal(err)
	}
	checkDrawn(t, f, "random", "training", "lowest test loss", "epoch", "loss", "accuracy")
	table, err := MemorizeTable("", run)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"random", "3", "99.00 %", "40.00 %", "epoch 2", "50.00 % / 45.00 %"}; !slices.Equal(table.Rows[0], want) {
		t.Errorf("the row is %q, want %q", table.Rows[0], want)
	}
	if f, err = NoisePlot("", "others", []float64{0.9, 0.1}, memorized("", 0), run); err != nil {
		t.Fatal(err)
	}
	checkDrawn(t, f, "others", "random labels (%)", "epochs to fit")
	if want := "100,0.4,0.4,0.4,3,0.1\n"; f.CSV[len(f.CSV)-len(want):] != want {
		t.Errorf("the last line of %q is not %q", f.CSV, want)
	}
	if _, err := NoisePlot("", "others", []float64{0.9}, memorized("", 0), run); err == nil {
		t.Error("one figure of others was drawn beside two runs")
	}
	untested := handmade(&Run{Spec: run.Spec, Replicas: []Replica{{History: History{Epoch: []int{1}, TrainLoss: []float64{1}}}}})
	if _, err := MemorizePlot("", untested); err == nil {
		t.Error("a run without test loss was drawn")
	}
	if _, err := MemorizeTable("", untested); err == nil {
		t.Error("a run without test loss has a lowest one")
	}
}
