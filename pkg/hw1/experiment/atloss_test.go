package experiment_test

import (
	"slices"
	"testing"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
)

// course returns a replica with these training losses after each epoch, and with the weights of some epochs.
func course(seed int, losses []float64, kept ...int) experiment.Replica {
	r := experiment.Replica{Seed: seed, Epochs: len(losses)}
	for i, loss := range losses {
		r.History.Add(i+1, experiment.Score{Loss: loss, Accuracy: 1 - loss}, experiment.Score{Loss: 2 * loss, Accuracy: 1 - 2*loss}, 1)
	}
	for _, epoch := range kept {
		theta := make([]float64, runtest.Digits().Arch.ParamCount())
		theta[0] = float64(epoch)
		r.Snapshots = append(r.Snapshots, experiment.Snapshot{Epoch: epoch, Theta: theta})
	}
	return r
}

// By their ratios 0.08 is nearer to 0.11 than to 0.05.
func TestAtLossTakesTheNearestKeptEpoch(t *testing.T) {
	run := runtest.Handmade(&experiment.Run{Spec: runtest.Digits(), Replicas: []experiment.Replica{
		course(1, []float64{0.4, 0.11, 0.05, 0.02}, 0, 1, 2, 3, 4),
		course(2, []float64{0.3, 0.08, 0.07, 0.2}, 0, 1, 3, 4), // the nearest is not kept
	}})
	then, err := run.AtLoss(0.08)
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "training losses", then.TrainLosses(), []float64{0.11, 0.07}, 0)
	hw1test.CheckNear(t, "test accuracies", then.TestAccuracies(), []float64{1 - 0.22, 1 - 0.14}, 1e-15)
	for k, epoch := range []int{2, 3} {
		if r := then.Replicas[k]; r.Epochs != epoch || r.Theta[0] != float64(epoch) || r.Seed != k+1 {
			t.Errorf("replica %d: seed %d after epoch %d, weights of %g", k, r.Seed, r.Epochs, r.Theta[0])
		}
	}
	if err := then.Valid(); err != nil || slices.Equal(then.Identity(), run.Identity()) {
		t.Errorf("%v; analyses take it for the trained run", err)
	}
	hw1test.CheckNear(t, "the run itself", []float64{run.Replicas[0].Theta[0], float64(run.Replicas[0].Epochs)}, []float64{0, 4}, 0)
}

// A run whose loss stays above is taken at its end, whether that was kept or not.
func TestAtLossTakesTheEnd(t *testing.T) {
	run := &experiment.Run{Spec: runtest.Digits(), Replicas: []experiment.Replica{course(1, []float64{0.4, 0.3, 0.2}, 0, 2)}}
	run.Replicas[0].Train = experiment.Score{Loss: 0.2, Accuracy: 0.9}
	then, err := runtest.Handmade(run).AtLoss(0.01)
	if err != nil {
		t.Fatal(err)
	}
	if r := then.Replicas[0]; r.Epochs != 3 || r.Train.Accuracy != 0.9 {
		t.Errorf("after epoch %d, %+v", r.Epochs, r.Train)
	}
}

// A loss of one's own may end below 0, which is far from any loss above.
func TestAtLossOfARunThatEndsBelow0(t *testing.T) {
	run := &experiment.Run{Spec: runtest.Digits(), Replicas: []experiment.Replica{course(1, []float64{0.4, 0.1, -0.2}, 1, 2, 3)}}
	run.Replicas[0].Train.Loss = -0.2
	then, err := runtest.Handmade(run).AtLoss(0.12)
	if err != nil {
		t.Fatal(err)
	}
	if r := then.Replicas[0]; r.Epochs != 2 || r.Train.Loss != 0.1 || r.Theta[0] != 2 {
		t.Errorf("after epoch %d, with a loss of %g", r.Epochs, r.Train.Loss)
	}
}

func TestAtLossSaysWhatIsMissing(t *testing.T) {
	_, err := runtest.Handmade(&experiment.Run{Spec: runtest.Digits(), Replicas: []experiment.Replica{course(1, []float64{0.4, 0.1})}}).AtLoss(0.1)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "SnapshotEach")
	_, err = runtest.Handmade(&experiment.Run{Spec: runtest.Digits(), Replicas: []experiment.Replica{course(1, []float64{0.4, 0.1}, 0)}}).AtLoss(0)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "above 0")
	_, err = runtest.Handmade(&experiment.Run{Spec: runtest.Small()}).AtLoss(0.1)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "EvaluateEach")
}
