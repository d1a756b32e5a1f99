package sensitivity_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/sensitivity"
	"hw1/pkg/hw1/train"
)

// functionRuns trains networks of two inputs: a regression, two classes with one logit, and the
// same two classes by least squares. Every other epoch has no entry in their histories.
func functionRuns(t *testing.T) []*experiment.Run {
	t.Helper()
	points := data.Sampling{Train: 36, Test: 25, Low: -1, High: 2}
	plane := data.FunctionOf("plane", 2, func(x []float64) float64 { return x[0] * x[1] }, points)
	points.Classes = 2
	corner := data.FunctionOf("corner", 2, func(x []float64) float64 { return math.Round(1 / (1 + math.Exp(x[0]*x[1]-0.3))) }, points)
	base := experiment.Spec{Task: plane, Arch: nn.MLP(2, 4, 1), Activation: nn.Tanh, Epochs: 4000, SnapshotEach: 1999, Seeds: 2, LearningRate: 1e-2}
	logit, squares := base, base
	logit.Task, squares.Task, squares.Loss = corner, corner, loss.MSE
	runs, err := train.All(base, logit, squares)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

// expected returns a network's training loss and both sensitivities, in plain Go.
func expected(t *testing.T, spec experiment.Spec, theta []float64) []float64 {
	t.Helper()
	train, test, err := spec.Examples()
	if err != nil {
		t.Fatal(err)
	}
	forward := func(x []float64) []float64 { return hw1test.NetOf(spec.Arch).Forward("tanh", theta, x) }
	prediction := func(x []float64) float64 {
		if spec.Loss == loss.MSE {
			return forward(x)[0]
		}
		return 1 / (1 + math.Exp(-forward(x)[0]))
	}
	var loss, gradient, jacobian float64
	for i, y := range train.Y {
		loss += hw1test.Loss(string(spec.Loss), forward(train.Numbers(i)), y) / float64(train.Len())
	}
	central := &fd.Settings{Formula: fd.Central, Step: 1e-5}
	for i, y := range test.Y {
		lossAt := func(x []float64) float64 { return hw1test.Loss(string(spec.Loss), forward(x), y) }
		gradient += floats.Norm(fd.Gradient(nil, lossAt, test.Numbers(i), central), 2) / float64(test.Len())
		jacobian += floats.Norm(fd.Gradient(nil, prediction, test.Numbers(i), central), 2) / float64(test.Len())
	}
	return []float64{loss, gradient, jacobian}
}

func TestSensitivityOfFunctions(t *testing.T) {
	hw1test.Slow(t)
	runs := functionRuns(t)
	measured, err := sensitivity.Measure(runs...)
	if err != nil {
		t.Fatal(err)
	}
	for i, run := range runs {
		for r, c := range measured[i].Courses {
			if !slices.Equal(c.Epoch, []int{0, 1999, 3998, 4000}) {
				t.Fatalf("measured after epochs %v", c.Epoch)
			}
			thetas := [][]float64{run.Replicas[r].Theta}
			for k, snapshot := range run.Replicas[r].Snapshots {
				thetas = slices.Insert(thetas, k, snapshot.Theta)
			}
			for k, theta := range thetas {
				want := expected(t, run.Spec, theta)
				for q, got := range []float64{c.TrainLoss[k], c.LossGradient[k], c.Jacobian[k]} {
					tolerance := []float64{1e-4, 1e-6, 1e-6}[q] // the loss is that of single precision
					hw1test.CheckNear(t, fmt.Sprint(run.Spec.Task, " ", run.Spec.Loss, " after epoch ", c.Epoch[k]), []float64{got / want[q]}, []float64{1}, tolerance)
				}
			}
		}
	}
	squares := sensitivity.Group{Title: "least squares", Sensitivities: measured[:1]}
	f, err := sensitivity.Plot("caption", squares)
	figuretest.CheckFigure(t, f, err, 2*4, "train loss", "Jacobian of the prediction", "36")
	if c, err := sensitivity.Correlate(squares, squares, sensitivity.Group{Title: "classes", Sensitivities: measured[2:]}); err != nil || c.Networks != 4 {
		t.Errorf("%d networks of two runs of two seeds, %v", c.Networks, err)
	}
	table, err := sensitivity.Table("caption", squares)
	if err != nil || table.Rows[0][1] != "36" || table.Rows[0][4] != "–" {
		t.Errorf("%v, %v", table, err)
	}
}

// A function is measured at all of its snapshots, however seldom it was evaluated: at the same sensitivities and losses.
func TestSensitivityOfSeldomEvaluatedFunctions(t *testing.T) {
	hw1test.NewStore(t)
	spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Activation: nn.Tanh, Epochs: 30, SnapshotEach: 10}
	seldom := spec
	seldom.EvaluateEach = 20
	runs, err := train.All(spec, seldom)
	if err != nil {
		t.Fatal(err)
	}
	measured, err := sensitivity.Measure(runs...)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := measured[0].Courses[0], measured[1].Courses[0]; !reflect.DeepEqual(a, b) || !slices.Equal(b.Epoch, []int{0, 10, 20, 30}) {
		t.Errorf("measured %+v, and %+v with few evaluations", a, b)
	}
}

// Weights made by hand have no history; their loss is computed.
func TestSensitivityOfWeightsByHand(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	run, err := train.One(experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 8, 10), Batch: 100, Epochs: 1, TrainSize: 300, TestSize: 200})
	if err != nil {
		t.Fatal(err)
	}
	made, err := eval.WithWeights(run, "halved", floats.ScaleTo(make([]float64, len(run.Replicas[0].Theta)), 0.5, run.Replicas[0].Theta))
	if err != nil {
		t.Fatal(err)
	}
	measured, err := sensitivity.Measure(made)
	if err != nil {
		t.Fatal(err)
	}
	if c := measured[0].Courses[0]; len(c.TrainLoss) != 1 || c.TrainLoss[0] != made.Replicas[0].Train.Loss {
		t.Errorf("losses %v, the weights have %g", c.TrainLoss, made.Replicas[0].Train.Loss)
	}
}

// Changed final weights are what is measured, though a snapshot of the same epoch has others.
func TestSensitivityOfChangedWeights(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	for _, spec := range []experiment.Spec{
		{Task: data.Sinc, Arch: nn.MLP(1, 4, 1), Activation: nn.Tanh, Epochs: 4, SnapshotEach: 2},
		{Task: data.FunctionOf("side", 2, func(x []float64) float64 {
			return math.Round(1/(1+math.Exp(-x[0]))) + math.Round(1/(1+math.Exp(-x[1])))
		}, data.Sampling{Classes: 3}), Arch: nn.MLP(2, 4, 3), Epochs: 2, Batch: 64, SnapshotEach: 1},
	} {
		run, err := train.One(spec)
		if err != nil {
			t.Fatal(err)
		}
		before := len(run.Replicas[0].Snapshots)
		for i := range run.Replicas[0].Theta {
			run.Replicas[0].Theta[i] = 0
		}
		measured, err := sensitivity.Measure(run)
		if err != nil {
			t.Fatal(err)
		}
		c, last := measured[0].Courses[0], before-1
		made, err := eval.WithWeights(run, "zeros", run.Replicas[0].Theta)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Epoch) != before || c.LossGradient[last] != 0 || c.Jacobian[last] != 0 || c.Jacobian[last-1] == 0 {
			t.Errorf("%s: the Jacobian is %g at epochs %d, and of zeros 0 at the end", spec.Describe(), c.Jacobian, c.Epoch)
		}
		hw1test.CheckNear(t, "training loss", c.TrainLoss[last:], made.TrainLosses(), 1e-6)
	}
}
