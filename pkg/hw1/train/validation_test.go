package train_test

import (
	"cmp"
	"context"
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1/curves"
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

// plainMSE returns the mean squared error of a network of tanh on examples, in plain Go.
func plainMSE(arch nn.Arch, theta []float64, on data.Examples) float64 {
	sum := 0.0
	for k, y := range on.Y {
		d := hw1test.NetOf(arch).Forward("tanh", theta, on.Numbers(k))[0] - y
		sum += d * d / float64(len(on.Y))
	}
	return sum
}

// A noisy function is watched on points that are drawn from its training points, and evaluated from time to time: how often
// changes nothing of what is learnt, and the best weights and the early stop are those of the validation points.
func TestValidationOfAFunction(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	noisy := data.Function("noisy", func(x float64) float64 { return math.Sin(3 * x) }, data.Sampling{Train: 60, Noise: 0.3})
	spec := experiment.Spec{Task: noisy, Arch: nn.MLP(1, 40, 40, 1), Activation: nn.Tanh, Epochs: 4000, LearningRate: 0.01, Validation: 20, EvaluateEach: 100, Patience: 500, Seeds: 2}
	often := spec
	often.EvaluateEach, often.Patience, often.Epochs = 7, 0, 700
	rarely := often
	rarely.EvaluateEach = 350
	runs, err := train.All(spec, often, rarely)
	if err != nil {
		t.Fatal(err)
	}
	whole, _, _ := noisy.Load()
	kept, _, err := runs[0].Spec.Examples()
	apart, err2 := runs[0].Spec.ValidationSet()
	if err := cmp.Or(err, err2); err != nil {
		t.Fatal(err)
	}
	both := slices.Concat(kept.X, apart.X)
	slices.Sort(both)
	if len(apart.Y) != 20 || !slices.Equal(both, whole.X) || slices.Max(apart.X)-slices.Min(apart.X) < 1 {
		t.Errorf("of %v, %v are kept apart", whole.X, apart.X)
	}
	for i, r := range runs[0].Replicas {
		h := r.History
		if r.Stop != experiment.StopConverged || r.Best.Epoch >= r.Epochs || h.Epoch[0] != 1 || h.Epoch[1] != 100 || h.Epoch[2] != 200 || len(r.Steps) > 0 {
			t.Errorf("stopped by %q after %d epochs, the best one %d, evaluated after %v, with %d steps", r.Stop, r.Epochs, r.Best.Epoch, h.Epoch, len(r.Steps))
		}
		for _, c := range []struct {
			what  string
			theta []float64
			on    data.Examples
			want  float64
		}{
			{"validation loss of the best weights", r.Best.Theta, apart, slices.Min(h.ValidationLoss)},
			{"validation loss", r.Theta, apart, r.Validation.Loss},
			{"last training loss", r.Theta, kept, h.TrainLoss[len(h.TrainLoss)-1]},
		} {
			if got := plainMSE(spec.Arch, c.theta, c.on); math.Abs(got/c.want-1) > 1e-4 {
				t.Errorf("seed %d: the %s is %g, in plain Go %g", i, c.what, c.want, got)
			}
		}
		if !slices.Equal(runs[1].Replicas[i].Theta, runs[2].Replicas[i].Theta) {
			t.Error("how often it is evaluated changes what is learnt")
		}
	}
	_, err = curves.CurvesPlot("", runs...)
	if err != nil {
		t.Error(err)
	}
}

// A function is learnt with dropout as images are: in training alone, with masks of each seed's own.
func TestDropoutOfAFunction(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 30, 30, 1), Activation: nn.Tanh, Epochs: 40, Batch: 50, Dropout: 0.2, Seeds: 2}
	alone, without := spec, spec
	alone.Seed, alone.Seeds, without.Dropout = 1, 1, 0
	runs, err := train.All(spec, alone, without)
	if err != nil {
		t.Fatal(err)
	}
	points, _, err := runs[0].Spec.Examples()
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range runs[0].Replicas {
		plain := plainMSE(spec.Arch, r.Theta, points)
		if math.Abs(plain/r.Train.Loss-1) > 1e-4 || slices.Equal(r.Theta, runs[2].Replicas[i].Theta) {
			t.Errorf("the training loss is %g, in plain Go without dropout %g", r.Train.Loss, plain)
		}
	}
	if !slices.Equal(runs[0].Replicas[1].Theta, runs[1].Replicas[0].Theta) {
		t.Error("a seed among others drops other activations than alone")
	}
}
