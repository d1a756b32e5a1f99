package eval_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/nn"
)

// A run with all weights changed has another name and identity, and leaves the one that it comes from as it was.
func TestChanged(t *testing.T) {
	hw1test.NewStore(t)
	run, err := hw1.TrainOne(hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 5, 1), Epochs: 500, SnapshotEach: 250, Validation: 50, Seeds: 2})
	if err != nil {
		t.Fatal(err)
	}
	changed := eval.Changed(run, "shifted", "plus the seed", func(i int, theta []float64) []float64 {
		return num.Map(theta, func(v float64) float64 { return v + float64(i) })
	})
	if got, want := changed.Identity(), []string{run.Spec.Key() + ", plus the seed"}; !slices.Equal(got, want) || changed.Label() != "shifted" || !run.AsMade() || !changed.AsMade() {
		t.Errorf("the changed run %q is %q, and the run %q", changed.Label(), got, run.Identity())
	}
	thetas := func(r hw1.Replica) [][]float64 {
		return append(num.Map(r.Snapshots, func(s experiment.Snapshot) []float64 { return s.Theta }), r.Theta, r.Initial, r.Best.Theta)
	}
	for i, r := range changed.Replicas {
		was := thetas(run.Replicas[i])
		for k, theta := range thetas(r) {
			hw1test.CheckNear(t, "difference", floats.SubTo(make([]float64, len(theta)), theta, was[k]), slices.Repeat([]float64{float64(i)}, len(theta)), 1e-12)
		}
		if len(r.Snapshots) != 3 || r.Snapshots[2].Epoch != 500 || r.Best.Epoch != run.Replicas[i].Best.Epoch || r.Train != run.Replicas[i].Train && !math.IsNaN(r.Train.Accuracy) {
			t.Errorf("%d snapshots, best epoch %d", len(r.Snapshots), r.Best.Epoch)
		}
	}
	if plain := eval.Changed(&experiment.Run{Replicas: make([]experiment.Replica, 1)}, "", "", func(int, []float64) []float64 { return []float64{1} }); plain.Replicas[0].Best.Theta != nil {
		t.Error("weights of the lowest validation loss come from nowhere")
	}
}

// The average of two networks is a run as a trained one is: scored on the sets, and told
// apart from both.
func TestWithWeights(t *testing.T) {
	hw1test.NewStore(t)
	wave := hw1.Function("wave", func(x float64) float64 { return math.Sin(3 * x) }, hw1.Sampling{Train: 50})
	run, err := hw1.TrainOne(hw1.Spec{Task: wave, Arch: hw1.MLP(1, 5, 1), Activation: "gelu", Epochs: 30, Seeds: 2})
	if err != nil {
		t.Fatal(err)
	}
	mean := floats.AddTo(make([]float64, 16), run.Replicas[0].Theta, run.Replicas[1].Theta)
	floats.Scale(0.5, mean)
	made, err := eval.WithWeights(run, "average", mean, run.Replicas[1].Theta)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := made.Replicas[1].Test, run.Replicas[1].Test; math.Abs(got.Loss-want.Loss) > 1e-9 || made.Label() != "average" {
		t.Errorf("trained weights have the loss %g, and had %g", got.Loss, want.Loss)
	}
	for _, r := range append(made.Replicas, run.Replicas...) {
		if !math.IsNaN(r.Validation.Loss) {
			t.Errorf("without a validation set the loss on it is %g", r.Validation.Loss)
		}
		hw1test.CheckNear(t, "initial weights", r.Initial, run.Spec.Arch.InitTheta(uint64(r.Seed)), 1e-6)
	}
	more, err := eval.WithWeights(run, "more", mean, mean, mean)
	if err != nil || len(more.Replicas) != 3 || more.Spec.Seeds != 3 || more.Replicas[2].Seed != run.Spec.Seed+2 || !slices.Equal(more.Replicas[2].Initial, run.Replicas[1].Initial) {
		t.Errorf("of more weights than seeds, there are %d: %v", len(more.Replicas), err)
	}
	train, _, err := wave.Load()
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := eval.Predict(made, train.X)
	if err != nil {
		t.Fatal(err)
	}
	residuals := floats.SubTo(outputs[0], outputs[0], train.Y)
	hw1test.CheckNear(t, "the average's loss", []float64{made.Replicas[0].Train.Loss}, []float64{floats.Dot(residuals, residuals) / 50}, 1e-6)
	if id := made.Identity(); len(id) != 2 || id[0] == id[1] || id[0] == run.Identity()[0] {
		t.Errorf("the run made by hand is %q, and the trained one %q", id, run.Identity())
	}
	for says, thetas := range map[string][][]float64{"no weights": nil, "3 numbers instead of 16": {{1, 2, 3}}, "number 1 of 16 is NaN": {floats.ScaleTo(make([]float64, 16), math.NaN(), mean)}, "take smaller weights": {floats.ScaleTo(make([]float64, 16), 1e30, mean)}} {
		_, err := eval.WithWeights(run, "", thetas...)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says)
	}
}

// Images need no labels to be looked at.
func TestPredictOfImages(t *testing.T) {
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	run, err := hw1.TrainOne(hw1.Spec{Task: hw1.MNIST, Arch: hw1.CNN([]int{2}, 10), Epochs: 1, Batch: 50, TrainSize: 100, TestSize: 20})
	if err != nil {
		t.Fatal(err)
	}
	_, test, err := run.Spec.Examples()
	if err != nil {
		t.Fatal(err)
	}
	logits, err := eval.Logits(run, test)
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := eval.Predict(run, append(test.Numbers(0), test.Numbers(1)...))
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "logits", outputs[0], logits[0][:20], 1e-5)
	_, err = eval.Predict(run, []float64{1, 2})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "2 numbers", "784 inputs")
}

// Weights made by hand are scored on the validation set, too, and on labels that are one set for all of them.
func TestWithWeightsOnOtherSets(t *testing.T) {
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	spec := hw1.Spec{Task: hw1.MNIST, Arch: hw1.MLP(784, 5, 10), Epochs: 2, Batch: 50, TrainSize: 300, TestSize: 50, Validation: 200, SnapshotEach: 1, LabelNoise: 0.2}
	run, err := hw1.TrainOne(spec)
	if err != nil {
		t.Fatal(err)
	}
	theta := run.Replicas[0].Theta
	made, err := eval.WithWeights(run, "the same", theta)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := made.Replicas[0].Validation, run.Replicas[0].Validation; got != want || want.Loss == 0 {
		t.Errorf("the validation set has the score %v, and had %v", got, want)
	}
	then, err := run.AtLoss(run.Replicas[0].History.TrainLoss[0])
	if err != nil {
		t.Fatal(err)
	}
	if got, want := then.Replicas[0].Validation.Loss, run.Replicas[0].History.ValidationLoss[0]; got != want {
		t.Errorf("after the first epoch the validation loss is %g, and was %g", got, want)
	}
	at, err := eval.AtBest(run)
	if err != nil || at.Replicas[0].Validation.Loss != slices.Min(run.Replicas[0].History.ValidationLoss) || !strings.HasSuffix(at.Label(), ", lowest validation loss") {
		t.Errorf("at its best %s has %+v: %v", at.Label(), at.Replicas[0].Validation, err)
	}
	first, err := eval.AtEpoch(run, 1)
	if err != nil || first.Replicas[0].Train.Loss != run.Replicas[0].History.TrainLoss[0] || !slices.Equal(first.Replicas[0].Theta, run.Replicas[0].Snapshots[1].Theta) {
		t.Errorf("after epoch 1 the training loss is %+v, and was %g: %v", first.Replicas[0], run.Replicas[0].History.TrainLoss[0], err)
	}
	if best := at.Replicas[0].Epochs; best < 1 || best != run.Replicas[0].Best.Epoch || first.Replicas[0].Epochs != 1 {
		t.Errorf("the runs are of epoch %d, which was the best of %v, and of epoch %d", best, run.Replicas[0].History.ValidationLoss, first.Replicas[0].Epochs)
	}
	_, err = eval.AtEpoch(run, 3)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "no snapshot of epoch 3, only of [0 1 2]")
	many := run.Replicas[0]
	many.Snapshots = num.Make(12, func(i int) experiment.Snapshot { return experiment.Snapshot{Epoch: 5 * i, Theta: theta} })
	_, err = eval.AtEpoch(&experiment.Run{Spec: run.Spec, Replicas: []experiment.Replica{many}}, 3)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "no snapshot of epoch 3, only of 12 others, from 0, 5 and 10 to 55")
	if got := fmt.Sprint(run); got != run.Spec.Describe() {
		t.Errorf("it is printed as %.100s", got)
	}
	_, err = eval.AtBest(made)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "eval.AtBest", "set Validation")
	_, err = eval.WithWeights(run, "two", theta, theta)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "random labels", "one theta at a time")
}

// Seeds that each have their own random labels are scored on these also where they were after an epoch.
func TestEarlierWeightsOfSeedsWithTheirOwnLabels(t *testing.T) {
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	spec := hw1.Spec{Task: hw1.MNIST, Arch: hw1.MLP(784, 5, 10), Epochs: 3, Batch: 50, TrainSize: 300, TestSize: 50, Validation: 100, SnapshotEach: 1, LabelNoise: 0.5, Seed: 4, Seeds: 2}
	run, err := hw1.TrainOne(spec)
	if err != nil {
		t.Fatal(err)
	}
	then, err1 := eval.AtEpoch(run, 2)
	best, err2 := eval.AtBest(run)
	if err := cmp.Or(err1, err2); err != nil {
		t.Fatal(err)
	}
	for i, r := range run.Replicas {
		k := slices.Index(r.History.ValidationLoss, slices.Min(r.History.ValidationLoss))
		for _, c := range []struct {
			made  hw1.Replica
			entry int
		}{{then.Replicas[i], 1}, {best.Replicas[i], k}} {
			want := hw1.Score{Loss: r.History.TrainLoss[c.entry], Accuracy: r.History.TrainAccuracy[c.entry]}
			if c.made.Seed != r.Seed || c.made.Epochs != c.entry+1 || c.made.Train != want {
				t.Errorf("seed %d after epoch %d is seed %d after epoch %d, with %v instead of %v", r.Seed, c.entry+1, c.made.Seed, c.made.Epochs, c.made.Train, want)
			}
		}
	}
}

// A graph that GoMLX differentiates once has a gradient, and for more one line says what it lacks.
func TestGraphThatIsDifferentiatedOnce(t *testing.T) {
	hw1test.NewStore(t)
	weights := []nn.Param{{Name: "kernel", Shape: []int{2, 2, 1, 2}, FanIn: 4}, {Name: "w", Shape: []int{18, 1}, FanIn: 18}}
	arch := hw1.Network("convolution", 1, []int{16}, 1, weights, func(w []*graph.Node, x *graph.Node) *graph.Node {
		n := x.Shape().Dimensions[0]
		y := graph.Convolve(graph.Reshape(x, n, 4, 4, 1), w[0]).Done()
		return graph.Dot(graph.Reshape(graph.Tanh(y), n, 18), w[1]).Product()
	})
	task := hw1.FunctionOf("sum", 16, floats.Sum, hw1.Sampling{Train: 20})
	o, theta := traintest.Objective(t, hw1.Spec{Task: task, Arch: arch, Epochs: 2})
	_, err := o.HessianVectors(theta, theta)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "convolution", "twice", "gradients alone")
}

// A graph that looks at a whole batch would compute something else for each size of it.
func TestNetworksThatMixExamplesAreRefused(t *testing.T) {
	hw1test.NewStore(t)
	weights := []nn.Param{{Name: "slope", Shape: []int{1, 1}, FanIn: 1}}
	for mixes, of := range map[bool]func(x *graph.Node) *graph.Node{
		true:  func(x *graph.Node) *graph.Node { return graph.Sub(x, graph.ReduceAllMean(x)) },
		false: func(x *graph.Node) *graph.Node { return graph.Sin(x) },
	} {
		arch := hw1.Network("a slope", 1+num.Int(mixes), []int{1}, 1, weights, func(w []*graph.Node, x *graph.Node) *graph.Node { return graph.Mul(of(x), w[0]) })
		_, err := hw1.TrainOne(hw1.Spec{Task: hw1.Sinc, Arch: arch, Epochs: 2})
		if mixes {
			hw1test.CheckMessage(t, hw1test.MessageOf(err), "output 1 of a slope", "depends on the other examples of its batch")
		} else if err != nil {
			t.Error(err)
		}
	}
}
