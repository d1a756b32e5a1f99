package sensitivity

import (
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/runtest"
)

func drawnResponses() Group {
	r := Group{Title: "a rule"}
	for i, run := range runtest.DrawnBatches() {
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

// A single configuration has no correlation: the table has dashes, and what a verdict rests on is NaN rather than 0.
func TestCorrelationOfTooFewNetworks(t *testing.T) {
	r := drawnResponses()
	r.Sensitivities = r.Sensitivities[:1]
	table, err := CorrelationTable("caption", r)
	if err != nil || table.Rows[0][1] != "2 (1)" || slices.ContainsFunc(table.Rows[0][2:], func(cell string) bool { return cell != "–" }) {
		t.Errorf("the table is %v, %v", table, err)
	}
	for _, groups := range [][]Group{nil, {r}} {
		if c, err := Correlate(groups...); err == nil || !math.IsNaN(c.JacobianGap.Rho) || !math.IsNaN(c.JacobianGap.Low) {
			t.Errorf("correlations %+v, %v", c, err)
		}
	}
}
