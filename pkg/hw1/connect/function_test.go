package connect_test

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/connect"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/train"
)

// functionPair trains two networks of two seeds each on a function, with full batches and with
// mini-batches.
func functionPair(t *testing.T, task data.Task) (from, to *experiment.Run) {
	t.Helper()
	spec := experiment.Spec{Task: task, Arch: nn.MLP(1, 6, 4, 1), Activation: nn.Tanh, Epochs: 300, Seeds: 2, LearningRate: 1e-2}
	other := spec
	other.Seed, other.Batch = 3, 100
	runs, err := train.All(spec, other)
	if err != nil {
		t.Fatal(err)
	}
	return runs[0], runs[1]
}

// meanLoss returns the loss of weights on a set, in plain Go.
func meanLoss(spec experiment.Spec, theta []float64, set data.Examples) float64 {
	sum := 0.0
	for i, y := range set.Y {
		sum += hw1test.Loss(string(spec.Loss), hw1test.NetOf(spec.Arch).Forward("tanh", theta, set.Numbers(i)), y)
	}
	return sum / float64(set.Len())
}

func TestPathsOfFunctions(t *testing.T) {
	hw1test.Slow(t)
	for _, task := range []data.Task{data.Sinc, data.WaveSign} {
		t.Run(task.String(), func(t *testing.T) {
			from, to := functionPair(t, task)
			line, err := connect.Interpolate(from, to, connect.Positions(-1, 2, 13))
			if err != nil {
				t.Fatal(err)
			}
			train, test, err := from.Spec.Examples()
			if err != nil {
				t.Fatal(err)
			}
			for r := range from.Replicas {
				for i, at := range line.At {
					theta := make([]float64, len(from.Replicas[r].Theta))
					for p := range theta {
						theta[p] = (1-at)*from.Replicas[r].Theta[p] + at*to.Replicas[r].Theta[p]
					}
					got := []float64{line.Train[r][i].Loss, line.Test[r][i].Loss}
					hw1test.CheckNear(t, "losses on the line", got, []float64{meanLoss(from.Spec, theta, train), meanLoss(from.Spec, theta, test)}, 1e-5)
				}
			}
			curve, err := connect.Bezier(from, to, connect.Bend{Epochs: 1000, Batch: 500, LearningRate: 1e-2, Seed: 1, Points: 13})
			if err != nil {
				t.Fatal(err)
			}
			for r, row := range curve.Train {
				hw1test.CheckNear(t, "ends of the curve", []float64{row[0].Loss, row[12].Loss}, []float64{from.Replicas[r].Train.Loss, to.Replicas[r].Train.Loss}, 1e-6)
				if straight, bent := line.Barriers(line.Train)[r], curve.Barriers(curve.Train)[r]; straight < 1e-3 || bent > 0.8*straight {
					t.Errorf("barriers %g of the line and %g of the curve", straight, bent)
				}
			}
			checkDrawn(t, task, line, curve)
		})
	}
}

// checkDrawn checks that only classes have accuracies.
func checkDrawn(t *testing.T, task data.Task, paths ...connect.Connection) {
	t.Helper()
	f, err := connect.Plot("caption", paths...)
	figuretest.CheckFigure(t, f, err, 2*2*(13+13), "train loss", "curve, test", "chord, train")
	compared, err := connect.ComparePlot("caption", paths...)
	figuretest.CheckFigure(t, compared, err, 2*2*(13+13), "line, train", "curve, test")
	along, err := connect.WidthPlot("caption", paths...)
	figuretest.CheckFigure(t, along, err, 2*2*(13+13), "along the line", "curve, test")
	widths, err := connect.WidthTable("caption", paths...)
	if err != nil || len(widths.Rows) != 2 || widths.Rows[1][4] != "–" { // a curve ends at its networks
		t.Errorf("the widths are %v, %v", widths, err)
	}
	table, err := connect.BarrierTable("caption", paths...)
	if err != nil {
		t.Fatal(err)
	}
	accuracy, at := paths[0].Lowest(paths[0].Train)
	if from, to, _ := strings.Cut(table.Rows[0][0], " → "); from == to || !strings.HasSuffix(to, "batch 100, seed 3") {
		t.Errorf("the networks are %s", table.Rows[0][0])
	}
	row, drawn := table.Rows[0], strings.Contains(string(figuretest.CheckDrawn(t, f)), "accuracy")
	if classes := task == data.WaveSign; drawn != classes || (row[5] == "–") == classes || (row[6] == "–") == classes || math.IsNaN(accuracy[0]) == classes || math.IsNaN(at[0]) == classes {
		t.Errorf("accuracy drawn: %v, lowest %g at %g, row %q", drawn, accuracy, at, row)
	}
}

// Two classes can be learnt with either loss, and there is no path from one to the other.
func TestNoPathBetweenLosses(t *testing.T) {
	spec := experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 3, 1), Epochs: 1}
	squares := spec
	squares.Loss = loss.MSE
	runs, err := train.All(spec, squares)
	if err != nil {
		t.Fatal(err)
	}
	_, err = connect.Interpolate(runs[0], runs[1], []float64{0, 1})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "cross-entropy", "mse", "the same task and loss")
}

// Between two networks a path has the statistics of its own weights, and at its ends those of the networks.
func TestPathsMeasureBatchStatistics(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	spec := hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 6, 1).Normalized(), Activation: hw1.Tanh, Epochs: 30, Seed: 1, Float64: true}
	other := spec
	other.Seed = 2
	runs, err := hw1.Train(spec, other)
	if err != nil {
		t.Fatal(err)
	}
	line, err := connect.Interpolate(runs[0], runs[1], []float64{0, 0.5, 1})
	if err != nil {
		t.Fatal(err)
	}
	a, b := runs[0].Replicas[0].Theta, runs[1].Replicas[0].Theta
	middle := floats.ScaleTo(make([]float64, len(a)), 0.5, floats.AddTo(make([]float64, len(a)), a, b))
	made, err := eval.WithWeights(runs[0], "middle", middle)
	if err != nil {
		t.Fatal(err)
	}
	updated, err := eval.UpdateBatchNorm(made)
	if err != nil {
		t.Fatal(err)
	}
	got := num.Map(line.Train[0], func(s hw1.Score) float64 { return s.Loss })
	hw1test.CheckNear(t, "losses", got, []float64{runs[0].Replicas[0].Train.Loss, updated.Replicas[0].Train.Loss, runs[1].Replicas[0].Train.Loss}, 1e-12)
	if near := made.Replicas[0].Train.Loss; math.Abs(near-got[1]) < 1e-6 {
		t.Errorf("with the mean of the statistics the loss is %g, too", near)
	}
	curve, err := connect.Bezier(runs[0], runs[1], connect.Bend{Epochs: 60, Batch: 500, LearningRate: 0.03, Seed: 1, Points: 5})
	if err != nil {
		t.Fatal(err)
	}
	if bent, straight := curve.Train[0][2].Loss, got[1]; bent >= straight {
		t.Errorf("the trained curve has a loss of %g in the middle, and the line %g", bent, straight)
	}
}
