package gradnorm

import (
	"math"
	"slices"
	"strings"
	"testing"

	"hw1/pkg/hw1/curvature"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

// handmade returns a trend of two seeds, whose norms are the epochs and twice them.
func handmade() Trend {
	run := runtest.Handmade(&experiment.Run{
		Spec:     experiment.Spec{Name: "by hand", Task: data.Sinc, Arch: nn.MLP(1, 2, 1), Epochs: 40, Schedule: optim.Schedule{Steps: []int{30}}},
		Replicas: make([]experiment.Replica, 2),
	})
	norms := [][]float64{{0, 10, 20, 30, 40}, {0, 20, 40, 60, 80}}
	return Trend{
		Norms{run, []int{0, 10, 20, 30, 40}, norms, norms},
		curvature.Course{Run: run, Epochs: []int{0, 20, 40}, Eigenvalues: [][]float64{{1, 2, 3}, {4, 5, 6}}},
	}
}

func TestTrend(t *testing.T) {
	trend := handmade()
	hw1test.CheckNear(t, "first half", trend.Between(0, 20), []float64{15, 30}, 0)
	hw1test.CheckNear(t, "second half", trend.Between(20, 40), []float64{35, 70}, 0)
	if none := trend.Between(40, 60); !math.IsNaN(none[0]) {
		t.Errorf("norms after the end: %g", none)
	}
	hw1test.CheckNear(t, "eigenvalues", append(trend.Eigenvalues(-1, 0), trend.Eigenvalues(0, 39)...), []float64{1, 4, 2, 5}, 0)
	if none := trend.Eigenvalues(-2, -1); !math.IsNaN(none[0]) {
		t.Errorf("eigenvalues before the start: %g", none)
	}
	if none := trend.Eigenvalues(40, 1000); !math.IsNaN(none[0]) {
		t.Errorf("eigenvalues after the last measurement: %g", none)
	}
	seldom := handmade()
	seldom.Curvature.Epochs = []int{0, 10, 15}
	stale, err := TrendTable("caption", 20, seldom)
	if err != nil || !strings.HasSuffix(stale.CSV(), ",–\n") || strings.Count(stale.CSV(), "–\n") != 1 {
		t.Errorf("where nothing was measured, the table says %v, %v", stale, err)
	}
	f, err := TrendPlot("caption", 20, trend)
	figuretest.CheckFigure(t, f, err, 2*2+3, "norm of the gradient", "largest eigenvalue", "learning rate × 0.1")
	twice := handmade()
	twice.Run.Spec.Schedule.Steps = []int{10, 30}
	if f, err = TrendPlot("caption", 20, twice); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(figuretest.CheckDrawn(t, f)), "learning rate × 0.1"); n != 1 {
		t.Errorf("the lines of two steps are named %d times", n)
	}
	table, err := TrendTable("caption", 20, trend, trend)
	if err != nil || len(table.Rows) != 2 || !strings.Contains(table.CSV(), "21 – 40,52.5 (35.0 – 70.0),4.50 (3.00 – 6.00)") {
		t.Errorf("the table is %v, %v", table, err)
	}
	unnamed, slower := handmade(), handmade()
	unnamed.Run.Spec.Name, slower.Run.Spec.Name, slower.Run.Spec.LearningRate = "", "", 1e-4
	if table, err = TrendTable("caption", 20, unnamed, slower); err != nil || table.Header[1] == table.Header[3] {
		t.Errorf("the columns of two runs are %q, %v", table.Header, err)
	}
	longer := handmade()
	longer.Epochs, longer.Curvature.Epochs = []int{0, 20, 40, 60, 80}, []int{0, 40, 80}
	for _, both := range [][]Trend{{trend, longer}, {longer, trend}} { // the shorter one has nothing in the last rows
		table, err := TrendTable("caption", 20, both...)
		if err != nil || len(table.Rows) != 4 || slices.Index(table.Rows[3], "–") != 1+2*slices.IndexFunc(both, func(t Trend) bool { return t.Epochs[4] == 40 }) || len(table.Rows[3]) != 5 {
			t.Errorf("the table is %v, %v", table, err)
		}
	}
	for width, message := range map[int]string{0: "1 or more", 5: "no snapshot", 50: "fewer than 50 epochs"} {
		_, err = TrendTable("caption", width, trend)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), message)
	}
}

// Norms and eigenvalues of a trend are those of the run.
func TestFollow(t *testing.T) {
	run := traintest.MustTrain(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Activation: nn.Tanh, Epochs: 4, SnapshotEach: 1, Float64: true})
	trend, err := Follow(2, run)
	if err != nil || trend.Valid() != nil {
		t.Fatal(err, trend.Valid())
	}
	h := run.Replicas[0].History
	hw1test.CheckNear(t, "norm", trend.Between(1, 3), []float64{(h.GradNorm[2] + h.GradNorm[3]) / 2}, 1e-12)
	if len(trend.Curvature.Epochs) != 3 {
		t.Errorf("the curvature is known at %d", trend.Curvature.Epochs)
	}
}

// With steps that are too short to change a weight, the norms that training records are those of its mini-batches
// at the initial weights: with dropout, or of a training without it.
func TestBatchesAreThoseOfTraining(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	spec := experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 8, 6, 10), Epochs: 1, Batch: 20, Dropout: 0.25, Optimizer: optim.SGD, LearningRate: 1e-30, WeightDecay: 0.1, TrainSize: 200, TestSize: 20, Seed: 3, Seeds: 2}
	run := traintest.MustTrain(t, spec)
	spec.Dropout = 0
	without := traintest.MustTrain(t, spec)
	b, err := MeasureBatches(4, run)
	if err != nil || b.Valid() != nil {
		t.Fatal(err, b.Valid())
	}
	for r := range run.Replicas {
		for i := range 4 {
			hw1test.CheckNear(t, "with dropout", []float64{b.Start[r].Dropped[i], b.End[r].Dropped[i]}, []float64{run.Replicas[r].Steps[i].GradNorm, run.Replicas[r].Steps[i].GradNorm}, 1e-5)
			hw1test.CheckNear(t, "without", []float64{b.Start[r].Kept[i]}, []float64{without.Replicas[r].Steps[i].GradNorm}, 1e-5)
		}
	}
	first, last := b.Iterations()
	for r, replica := range run.Replicas {
		hw1test.CheckNear(t, "first iterations", first[r], b.Start[r].Dropped, 1e-5)
		hw1test.CheckNear(t, "last iterations", last[r], []float64{replica.Steps[6].GradNorm, replica.Steps[7].GradNorm, replica.Steps[8].GradNorm, replica.Steps[9].GradNorm}, 0)
	}
	whole := spec
	whole.Batch = whole.TrainSize
	one := traintest.MustTrain(t, whole).Replicas
	hw1test.CheckNear(t, "whole set", []float64{b.Start[0].Whole, b.Start[1].Whole}, []float64{one[0].Steps[0].GradNorm, one[1].Steps[0].GradNorm}, 1e-5)
	table, err := BatchTable("caption", b)
	if err != nil || len(table.Rows) != 3 || !strings.Contains(table.Rows[0][0], "dropout 0.25") || table.Header[2] != "first 4 iterations" || table.Rows[0][2] != table.Rows[0][1] || table.Rows[1][3] != "–" {
		t.Errorf("the table is %v, %v", table, err)
	}
	for batch, want := range map[int]string{20: "the whole set of 200, without dropout", 30: "the 180 examples of an epoch, without dropout"} {
		b.Run.Spec.Batch = batch
		if table, err = BatchTable("caption", b); err != nil || table.Rows[2][0] != want {
			t.Errorf("the last row of batches of %d is %v, %v", batch, table, err)
		}
	}
	_, err = MeasureBatches(4, handmade().Run)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "Batch")
}
