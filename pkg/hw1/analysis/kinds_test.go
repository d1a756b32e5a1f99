package analysis_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/classify"
	"hw1/pkg/hw1/connect"
	"hw1/pkg/hw1/critical"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/dataset"
	"hw1/pkg/hw1/fit"
	"hw1/pkg/hw1/gradnorm"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/paths"
	"hw1/pkg/hw1/sensitivity"
	"hw1/pkg/hw1/sharpness"
	"hw1/pkg/hw1/surface"
)

// digitsOf reads the handwritten digits of scikit-learn, 1,797 of 8×8 pixels, from their table.
func digitsOf(t *testing.T, shape []int) hw1.Task {
	t.Helper()
	path := filepath.Join(env.DataDir(), "digits", "digits.csv.gz")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no %s; run scripts/setup.sh", path)
	}
	task, err := dataset.Table("digits", path, dataset.Columns{Classes: true, Scale: 16, Shape: shape})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// Real data from elsewhere are learnt, as a table and as images, and a validation set and
// another optimizer serve them.
func TestDigitsOfScikitLearn(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	base := hw1.Spec{Epochs: 30, Batch: 32, Optimizer: hw1.SGD, Momentum: 0.9, LearningRate: 0.05, Validation: 200, Patience: 10}
	table, images := base, base
	table.Task, table.Arch = digitsOf(t, nil), hw1.MLP(64, 50, 10)
	images.Task, images.Arch = digitsOf(t, []int{8, 8, 1}), hw1.CNN([]int{8, 16}, 10).Padded().On(8, 8, 1)
	runs, err := hw1.Train(table, images)
	if err != nil {
		t.Fatal(err)
	}
	info, err := table.Task.Info()
	if err != nil || info.TrainSize+info.TestSize != 1797 || !slices.Equal(info.ClassNames[:2], []string{"0", "1"}) {
		t.Errorf("%+v, %v", info, err)
	}
	for _, run := range runs {
		if accuracy := run.TestAccuracies()[0]; accuracy < 0.95 {
			t.Errorf("%s has test accuracy %g", run.Label(), accuracy)
		}
	}
}

// Every analysis takes every run that it can: of a table with classes, of images of another
// size, of functions of two inputs, and what it cannot, it refuses in a line.
func TestAnalysesOfOwnData(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	base := hw1.Spec{Epochs: 4, Batch: 100, SnapshotEach: 1}
	table, images := base, base
	table.Task, table.Arch = digitsOf(t, nil), hw1.MLP(64, 8, 10)
	images.Task, images.Arch = digitsOf(t, []int{8, 8, 1}), hw1.CNN([]int{2}, 10).On(8, 8, 1)
	other := table
	other.Seed = 2
	plane := hw1.FunctionOf("plane", 2, func(x []float64) float64 { return x[0] * x[1] }, hw1.Sampling{Train: 100, Test: 81})
	function := hw1.Spec{Task: plane, Arch: hw1.MLP(2, 4, 1), Activation: hw1.Tanh, Epochs: 8, SnapshotEach: 2, Seeds: 2}
	rings := hw1.FunctionOf("rings", 2, func(x []float64) float64 { return math.Round(math.Hypot(x[0], x[1]) / 1.5) }, hw1.Sampling{Classes: 2, Train: 100, Test: 81})
	twoClass := function
	twoClass.Task = rings
	curve := function // with two values
	curve.Task = data.VectorFunction("curve", 1, 2, func(x []float64) []float64 { return []float64{x[0], x[0] * x[0]} }, hw1.Sampling{Train: 100})
	curve.Arch = hw1.MLP(1, 4, 2)
	noisy := twoClass
	noisy.LabelNoise, noisy.Seeds = 0.2, 1
	runs, err := hw1.Train(table, images, other, function, twoClass, noisy, curve)
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range runs {
		kind := fmt.Sprint(run.Spec.Task, " ", run.Spec.Arch)
		takes := map[string]func() error{
			"gradient norm": func() error {
				norms, err := gradnorm.Measure(run)
				if err == nil {
					last := len(norms.Epochs) - 1
					hw1test.CheckNear(t, kind+" loss", []float64{norms.Losses[0][last]}, run.TrainLosses()[:1], 1e-5)
				}
				return complete(one(norms, err))
			},
			"paths":   func() error { return complete(one(paths.Follow(1, run))) },
			"surface": func() error { return complete(one(surface.Random(run, surface.Grid{Points: 3}))) },
			"plane":   func() error { return complete(one(surface.OfPath(run, surface.Grid{Points: 3}))) },

			"sensitivity": func() error { return complete(sensitivity.Measure(run)) },
			"sharpness": func() error {
				return complete(sharpness.Measure(sharpness.Ascent{Eps: []float64{1e-3}, Steps: 2, Examples: 50}, run))
			},
			"interpolation": func() error { return complete(one(connect.Interpolate(run, run, []float64{0, 1}))) },
			"Bézier curve": func() error {
				return complete(one(connect.Bezier(run, run, connect.Bend{Epochs: 1, Batch: 100, LearningRate: 1e-3, Points: 3})))
			},
		}
		if run.Spec.Task.IsFunction() {
			takes["predictions"] = func() error { return complete(fit.Evaluate(run)) }
		}
		if run.Spec.Task != plane && run.Spec.Task != curve.Task {
			takes["classification"] = func() error { return complete(classify.Images(run)) }
			takes["classification of what was learnt"] = func() error {
				train, _, err := run.Spec.Examples()
				if err != nil {
					return err
				}
				c, err := classify.On(run, train)
				if err == nil {
					hw1test.CheckNear(t, kind+" accuracy", []float64{1 - float64(c.Mistakes())/float64(train.Len())}, run.TrainAccuracies()[:1], 1e-12)
				}
				return complete(one(c, err))
			}
		}
		if run.Spec.Arch.ParamCount() < 600 {
			takes["critical points"] = func() error { return complete(critical.Find(run, critical.Search{Iterations: 3, Neighbours: 4})) }
		}
		if run.Spec.Task == table.Task {
			takes["another seed"] = func() error { return complete(one(connect.Interpolate(run, runs[2], []float64{0, 1}))) }
		}
		if run.Spec.Task == plane || run.Spec.Task == curve.Task {
			takes["polishing"] = func() error { return complete(fit.Polish(2, run)) }
		}
		for what, ask := range takes {
			if err := ask(); err != nil {
				t.Errorf("%s of %s: %v", what, kind, err)
			}
		}
	}
	for what, err := range map[string]error{
		"sharpness":    second(sharpness.Measure(sharpness.Ascent{Eps: []float64{1e-3}, Steps: 1, Examples: 5000}, runs[0])),
		"the spectrum": second(sharpness.Spectra(sharpness.Quadrature{Examples: 5000}, runs[0])),
		"the surface":  second(surface.Random(runs[0], surface.Grid{Points: 3, Examples: 5000})),
		"the curve":    second(connect.Bezier(runs[0], runs[2], connect.Bend{Epochs: 1, Batch: 5000, LearningRate: 1e-3, Points: 3})),
	} { // none takes quietly what there is
		hw1test.CheckMessage(t, what+": "+hw1test.MessageOf(err), "5000 training examples", "has 1")
	}
	_, err = fit.Polish(2, runs[4])
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "least squares")
	_, err = fit.Evaluate(runs[0])
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "has 10 classes; take classify.Images")
	for _, run := range []*hw1.Run{runs[3], runs[6]} {
		_, err = classify.Images(run)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "is for classes")
	}
	_, err = classify.WorstPlot("", classify.Classification{Run: runs[0], Set: data.Examples{X: make([]float64, 64), Labels: []uint8{1}}, Predicted: []int{1}, Loss: []float64{0}}, 1, 1)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "shows images")
}

func second[T any](_ T, err error) error { return err }
