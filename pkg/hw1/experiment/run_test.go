package experiment_test

import (
	"math"
	"testing"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
)

// The validation loss goes before the test loss; of equal losses the first one counts, and none that is not finite.
func TestEarlyStop(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(-1)
	for _, c := range []struct {
		test, validation []float64
		want             int
	}{
		{nil, nil, -1},
		{[]float64{nan, inf}, nil, -1},
		{[]float64{nan, 2, inf, 1, 1, 3}, nil, 3},
		{[]float64{1, 2, 3}, nil, 0},
		{[]float64{1}, []float64{2}, 0},
		{[]float64{1, 2, 3}, []float64{3, 1, 2}, 1},
		{[]float64{2}, []float64{nan}, -1},
	} {
		if got := (experiment.History{TestLoss: c.test, ValidationLoss: c.validation}).EarlyStop(); got != c.want {
			t.Errorf("%v and %v: %d, want %d", c.test, c.validation, got, c.want)
		}
	}
}

func TestNumbersOfARun(t *testing.T) {
	run := &experiment.Run{Replicas: []experiment.Replica{
		{Stop: experiment.StopFitted, Epochs: 7, Train: experiment.Score{Loss: 1, Accuracy: 0.5}},
		{Stop: experiment.StopBudget, Epochs: 9, Train: experiment.Score{Loss: 3, Accuracy: 0.25}},
		{Stop: experiment.StopFitted, Epochs: 8, Train: experiment.Score{Loss: 2, Accuracy: 1}},
	}}
	epochs := run.EpochsToFit()
	if !math.IsInf(epochs[1], 1) || epochs[0] != 7 || epochs[2] != 8 {
		t.Errorf("the epochs to fit are %v", epochs)
	}
	fitted := func(r experiment.Replica) bool { return r.Stop == experiment.StopFitted }
	loss := func(r experiment.Replica) float64 { return r.Train.Loss }
	var none *experiment.Run
	if got := [...]int{run.Count(fitted), run.Count(nil), none.Count(fitted), none.Count(nil)}; got != [...]int{2, 0, 0, 0} {
		t.Errorf("the counts are %v", got)
	}
	if run.Values(nil) != nil || none.Values(loss) != nil || none.Label() != "" || none.String() != "no run" {
		t.Errorf("no run is %q, %v", none, none.Values(loss))
	}
	hw1test.CheckNear(t, "medians", experiment.Medians([]*experiment.Run{run, run}, loss), []float64{2, 2}, 0)
	hw1test.CheckNear(t, "accuracies", run.TrainAccuracies(), []float64{0.5, 0.25, 1}, 0)
}

// Of epochs that are equally near the first one is taken, and the end where none is nearer.
func TestAtLossOfEqualLosses(t *testing.T) {
	for _, c := range []struct {
		losses []float64
		end    float64
		epoch  int
	}{
		{[]float64{0.4, 0.1, 0.1, 0.01}, 0.01, 2},
		{[]float64{0.1, 0.4, 0.2, 0.01}, 0.01, 1},
		{[]float64{0.1}, 0.01, 1},
		{[]float64{0.4, 0.1, 0.2, 0.1}, 0.1, 4}, // its end, with the scores of the end
	} {
		r := course(1, c.losses, 1, 2, 3)
		r.Train.Loss, r.Validation = c.end, experiment.Score{Loss: 9, Accuracy: 0.9}
		for i := range c.losses {
			r.History.AddValidation(experiment.Score{Loss: float64(i), Accuracy: float64(i) / 8})
		}
		run := &experiment.Run{Spec: runtest.Digits(), Replicas: []experiment.Replica{r}}
		run.Spec.Validation = 10
		then, err := runtest.Handmade(run).AtLoss(0.1)
		if err != nil {
			t.Fatal(err)
		}
		if clear(then.Replicas[0].Theta); r.Snapshots[0].Theta[0] != 1 {
			t.Error("the weights of the run are shared")
		}
		want := experiment.Score{Loss: float64(c.epoch - 1), Accuracy: float64(c.epoch-1) / 8}
		if c.end == 0.1 {
			want = r.Validation
		}
		if got := then.Replicas[0]; got.Epochs != c.epoch || got.Validation != want {
			t.Errorf("%v: after epoch %d with the validation score %v, want %d with %v", c.losses, got.Epochs, got.Validation, c.epoch, want)
		}
	}
}
