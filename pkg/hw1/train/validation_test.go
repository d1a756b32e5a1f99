package train_test

import (
	"context"
	"slices"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/train"
)

// The validation set is the end of the training set. It is scored, stops the training and
// chooses the best epoch; what the network learns, and what the test set is, changes nothing.
func TestValidation(t *testing.T) {
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	spec := experiment.Spec{
		Task: data.MNIST, Arch: nn.MLP(784, 30, 10), Epochs: 40, Batch: 30, LearningRate: 0.02, TrainSize: 300, TestSize: 50,
		LabelNoise: 0.3, Validation: 400, Patience: 3,
	}
	other := spec
	other.TestSize = 20
	runs, err := train.All(spec, other)
	if err != nil {
		t.Fatal(err)
	}
	again, err := train.One(spec) // from the store
	if err != nil {
		t.Fatal(err)
	}
	r, stored := runs[0].Replicas[0], again.Replicas[0]
	if r.Stop != experiment.StopConverged || r.Epochs == 40 || r.Best.Epoch != r.Epochs-3 || r.Best.Epoch != runs[1].Replicas[0].Best.Epoch {
		t.Errorf("stopped by %q after %d epochs, the best one %d, with another test set %d", r.Stop, r.Epochs, r.Best.Epoch, runs[1].Replicas[0].Best.Epoch)
	}
	if !slices.Equal(stored.Best.Theta, r.Best.Theta) || stored.Validation != r.Validation || !slices.Equal(stored.History.ValidationLoss, r.History.ValidationLoss) {
		t.Error("the stored run has another validation")
	}
	all, _, err := data.MNIST.Load()
	if err != nil {
		t.Fatal(err)
	}
	sweep, err := eval.NewSweep(runs[0].Spec)
	if err != nil {
		t.Fatal(err)
	}
	score := func(theta []float64) experiment.Score {
		s, err := sweep.Eval.Scores(context.Background(), sweep.Tensor(theta), all.Slice(59_600, 60_000))
		if err != nil {
			t.Fatal(err)
		}
		return s[0]
	}
	if at := r.History.EarlyStop(); score(r.Best.Theta).Loss != slices.Min(r.History.ValidationLoss) || r.History.Epoch[at] != r.Best.Epoch || score(r.Theta) != r.Validation {
		t.Errorf("the best weights have %+v, the last %+v; the history has %v", score(r.Best.Theta), score(r.Theta), r.History.ValidationLoss)
	}
	without := spec
	without.Validation, without.Patience, without.Epochs = 0, 0, r.Epochs
	plain, err := train.One(without)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(plain.Replicas[0].Theta, r.Theta) {
		t.Error("the validation set changes what is learnt")
	}
}
