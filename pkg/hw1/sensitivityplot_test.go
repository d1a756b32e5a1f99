package hw1

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// drawnRuns returns runs of several batch sizes and two seeds, for drawing.
func drawnRuns() []*Run {
	var runs []*Run
	for i, batch := range []int{10, 100, 6000} {
		run := &Run{Spec: Spec{Name: fmt.Sprint("batch ", batch), Task: MNIST, Arch: MLP(784, 5, 10), Batch: batch, TrainSize: 60_000}}
		for seed := range 2 {
			share := float64(2*i+seed+1) / 10
			run.Replicas = append(run.Replicas, Replica{Seed: seed + 1, Train: Score{share / 2, 1 - share/20}, Test: Score{share, 1 - share/10}})
			run.Keys = append(run.Keys, fmt.Sprint(batch, seed))
		}
		runs = append(runs, handmade(run))
	}
	return runs
}

func drawnResponses() SensitivityGroup {
	r := SensitivityGroup{Title: "a rule"}
	for i, run := range drawnRuns() {
		s := &Sensitivity{Run: run}
		for seed := range run.Replicas {
			x := float64(2*i + seed + 1)
			s.Courses = append(s.Courses, SensitivityCourse{[]int{1, 2}, []float64{2, x / 20}, []float64{x, 2 * x}, []float64{x / 3, x / 2}})
		}
		r.Sensitivities = append(r.Sensitivities, s)
	}
	return r
}

// checkFigure fails unless a figure can be drawn, says what it should, and has a
// line of data for each of its points.
func checkFigure(t *testing.T, f *Figure, err error, lines int, says ...string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	svg, err := f.render()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(svg, []byte("NaN")) {
		t.Error("a point of the figure has no place")
	}
	text := wellFormed(t, svg)
	for _, want := range says {
		if !strings.Contains(text, want) {
			t.Errorf("the figure does not say %q", want)
		}
	}
	if got := strings.Count(f.CSV, "\n"); got != lines+1 {
		t.Errorf("%d lines of data, want a header and %d", got, lines)
	}
}

func TestSensitivityFigures(t *testing.T) {
	r := drawnResponses()
	f, err := SensitivityPlot("caption", r)
	checkFigure(t, f, err, 12, "a rule", "train loss", "test accuracy", gradientName, jacobianName, "sensitivity", "batch size", "6000")
	f, err = EqualLossPlot("caption", r, r)
	checkFigure(t, f, err, 24, "last epoch", "at train loss 0.3", "batch 100", "training loss")
	f, err = CorrelationPlot("caption", r)
	checkFigure(t, f, err, 12, "batch 10", "a rule", "test loss")
}

func TestSensitivityTables(t *testing.T) {
	r := drawnResponses()
	table, err := SensitivityTable("caption", r)
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
}

func TestSharpnessFigureAndTable(t *testing.T) {
	var ss []*Sharpness
	for i, run := range drawnRuns() {
		s := &Sharpness{Run: run, Ascent: Ascent{Eps: []float64{1e-3, 5e-4}, Steps: 1, Examples: 1}}
		for range run.Replicas {
			s.Replicas = append(s.Replicas, ReplicaSharpness{Loss: 1, Keskar: []float64{float64(i + 1), 0.5}, Eigenvalue: 7})
		}
		ss = append(ss, s)
	}
	f, err := SharpnessPlot("caption", ss...)
	checkFigure(t, f, err, 12, "ε = 0.001", "ε = 0.0005", "eigenvalue", "test accuracy", "batch size")
	table, err := SharpnessTable("caption", ss...)
	if err != nil {
		t.Fatal(err)
	}
	if row := table.Rows[2]; row[5] != "3.00 %" || row[6] != "0.500 %" || row[7] != "7.00" {
		t.Errorf("row %v", row)
	}
}

func TestConnectionFigureAndTable(t *testing.T) {
	runs := drawnRuns()
	for i := range runs[1].Replicas {
		runs[1].Replicas[i].Theta[0] += 3
		runs[1].Replicas[i].Theta[1] += 4
	}
	scores := func(at []float64) (rows [][]Score) {
		for range runs[0].Replicas {
			var row []Score
			for _, a := range at {
				row = append(row, Score{1 + a*(1-a), 0.9 - 0.1*a*(1-a)})
			}
			rows = append(rows, row)
		}
		return rows
	}
	line := &Connection{Label: "line", From: runs[0], To: runs[1], At: Positions(-1, 2, 13)}
	curve := &Connection{Label: "curve", From: runs[0], To: runs[1], At: Positions(0, 1, 5)}
	for _, c := range []*Connection{line, curve} {
		c.Train, c.Test = scores(c.At), scores(c.At)
	}
	f, err := ConnectionPlot("caption", line, curve)
	checkFigure(t, f, err, 2*2*(13+5), "train loss", "test accuracy", "curve, train", "position")
	if f.Name != "path-batch-10-and-batch-100" {
		t.Errorf("the figure's name is %s", f.Name)
	}
	table, err := BarrierTable("caption", line)
	if err != nil {
		t.Fatal(err)
	}
	if row := table.Rows[0]; row[1] != "5.00" || row[3] != "0.2500" || row[5] != "87.50 %" || row[7] != "0.50" {
		t.Errorf("row %v", row)
	}
}
