package sensitivity

import (
	"fmt"
	"testing"

	"hw1/pkg/hw1/connect"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/sharpness"
)

func drawnResponses() Group {
	r := Group{Title: "a rule"}
	for i, run := range drawnBatches() {
		s := Sensitivity{Run: run}
		for seed := range run.Replicas {
			x := float64(2*i + seed + 1)
			s.Courses = append(s.Courses, Course{[]int{1, 2}, []float64{2, x / 20}, []float64{x, 2 * x}, []float64{x / 3, x / 2}})
		}
		r.Sensitivities = append(r.Sensitivities, s)
	}
	return r
}

func TestSensitivityFigures(t *testing.T) {
	r := drawnResponses()
	f, err := Plot("caption", r)
	figuretest.CheckFigure(t, f, err, 12, "a rule", "train loss", "test accuracy", gradientName, jacobianName, "sensitivity", "batch size", "6000")
	f, err = EqualLossPlot("caption", r, r)
	figuretest.CheckFigure(t, f, err, 24, "last epoch", "at train loss 0.3", "batch 100", "training loss")
	f, err = CorrelationPlot("caption", r)
	figuretest.CheckFigure(t, f, err, 12, "batch 10", "a rule", "test loss")
	f, err = GapPlot("caption", r)
	figuretest.CheckFigure(t, f, err, 6, "a rule", "test loss − training loss", "Jacobian")
}

func TestSensitivityTables(t *testing.T) {
	r := drawnResponses()
	table, err := Table("caption", r)
	if err != nil {
		t.Fatal(err)
	}
	// The median of the last loss gradients 2·(1, 2), and the common loss 6/20.
	if row := table.Rows[0]; row[5] != "3.000" || row[7] != "0.300" {
		t.Errorf("row %v", row)
	}
	// Test losses grow with both sensitivities; a run in two groups counts once.
	c, err := Correlate(r, r)
	if err != nil {
		t.Fatal(err)
	}
	if c.Networks != 6 || c.GradientTest.Rho < 1-1e-12 || c.JacobianTest.Rho < 1-1e-12 {
		t.Errorf("correlations %+v", c)
	}
	// Its configurations are too few for intervals.
	if table, err = CorrelationTable("caption", r); err != nil {
		t.Fatal(err)
	}
	if row := table.Rows[0]; row[2] != "1.00 (–)" {
		t.Errorf("row %v", row)
	}
}

func TestSharpnessFigureAndTable(t *testing.T) {
	var ss []sharpness.Sharpness
	for i, run := range drawnBatches() {
		s := sharpness.Sharpness{Run: run, Ascent: sharpness.Ascent{Eps: []float64{1e-3, 5e-4}, Steps: 1, Examples: 1}}
		for range run.Replicas {
			s.Replicas = append(s.Replicas, sharpness.ReplicaSharpness{Loss: 1, Keskar: []float64{float64(i + 1), 0.5}, Eigenvalue: 7})
		}
		ss = append(ss, s)
	}
	f, err := sharpness.Plot("caption", ss...)
	figuretest.CheckFigure(t, f, err, 3*(2+1+1+1), "ε = 0.001", "ε = 0.0005", "eigenvalue", "test accuracy", "batch size")
	table, err := sharpness.Table("caption", ss...)
	if err != nil {
		t.Fatal(err)
	}
	if row := table.Rows[2]; row[5] != "3.00 %" || row[6] != "0.500 %" || row[7] != "7.00" {
		t.Errorf("row %v", row)
	}
}

func TestConnectionFigureAndTable(t *testing.T) {
	runs := drawnBatches()
	for i := range runs[1].Replicas {
		runs[1].Replicas[i].Theta[0] += 3
		runs[1].Replicas[i].Theta[1] += 4
	}
	scores := func(at []float64) (rows [][]experiment.Score) {
		for range runs[0].Replicas {
			var row []experiment.Score
			for _, a := range at {
				row = append(row, experiment.Score{Loss: 1 + a*(1-a), Accuracy: 0.9 - 0.1*a*(1-a)})
			}
			rows = append(rows, row)
		}
		return rows
	}
	line := connect.Connection{Label: "line", From: runs[0], To: runs[1], At: connect.Positions(-1, 2, 13)}
	curve := connect.Connection{Label: "curve", From: runs[0], To: runs[1], At: connect.Positions(0, 1, 5)}
	for _, c := range []*connect.Connection{&line, &curve} {
		c.Train, c.Test = scores(c.At), scores(c.At)
	}
	f, err := connect.Plot("caption", line, curve)
	figuretest.CheckFigure(t, f, err, 2*2*(13+5), "train loss", "test accuracy", "curve, train", "position")
	if f.Name != "path-batch-10-and-batch-100" {
		t.Errorf("the figure's name is %s", f.Name)
	}
	table, err := connect.BarrierTable("caption", line)
	if err != nil {
		t.Fatal(err)
	}
	if row := table.Rows[0]; row[2] != "5.00" || row[3] != "0.2500 / 0.2500" || row[5] != "87.50 %" || row[6] != "0.50" {
		t.Errorf("row %v", row)
	}
}

// drawnBatches returns runs of several batch sizes and two seeds, for drawing.
func drawnBatches() []*experiment.Run {
	var runs []*experiment.Run
	for i, batch := range []int{10, 100, 6000} {
		run := &experiment.Run{Spec: experiment.Spec{Name: fmt.Sprint("batch ", batch), Task: data.MNIST, Arch: nn.MLP(784, 5, 10), Batch: batch, TrainSize: 60_000}}
		for seed := range 2 {
			share := float64(2*i+seed+1) / 10
			run.Replicas = append(run.Replicas, experiment.Replica{Seed: seed + 1, Train: experiment.Score{Loss: share / 2, Accuracy: 1 - share/20}, Test: experiment.Score{Loss: share, Accuracy: 1 - share/10}})
			run.Keys = append(run.Keys, fmt.Sprint(batch, seed))
		}
		runs = append(runs, runtest.Handmade(run))
	}
	return runs
}
