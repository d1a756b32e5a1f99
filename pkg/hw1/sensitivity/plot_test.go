package sensitivity

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
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

// Each correlation is that of its two quantities, by the closed form for ranks without ties.
func TestCorrelationsAreOfTheirQuantities(t *testing.T) {
	gradients, jacobians := []float64{2, 1, 4, 3, 6, 5}, []float64{6, 4, 5, 1, 2, 3}
	tests, gaps, trains := []float64{1, 3, 2, 5, 4, 6}, []float64{1, 6, 2, 5, 4, 3}, []float64{6, 1, 2, 4, 3, 5} // in these orders
	r := drawnResponses()
	for i, train := range []float64{6.5, 1, 1.9, 4.2, 3.3, 5.4} {
		s := r.Sensitivities[i/2]
		s.Run.Replicas[i%2].Test.Loss, s.Run.Replicas[i%2].Train.Loss = tests[i], train
		s.Courses[i%2] = Course{[]int{1}, []float64{1}, gradients[i : i+1], jacobians[i : i+1]}
	}
	rho := func(a, b []float64) float64 { d := floats.Distance(a, b, 2); return 1 - 6*d*d/210 }
	c, err := Correlate(r)
	if err != nil {
		t.Fatal(err)
	}
	jg, jt, gt := rho(jacobians, gaps), rho(jacobians, trains), rho(gaps, trains)
	hw1test.CheckNear(t, "correlations", []float64{c.GradientTest.Rho, c.JacobianTest.Rho, c.GradientGap.Rho, c.JacobianGap.Rho, c.JacobianGapGiven.Rho},
		[]float64{rho(gradients, tests), rho(jacobians, tests), rho(gradients, gaps), jg, (jg - jt*gt) / math.Sqrt((1-jt*jt)*(1-gt*gt))}, 1e-12)
	table, err := CorrelationTable("caption", r, r)
	if err != nil || len(table.Rows) != 3 || table.Rows[2][0] != "all" || table.Rows[2][1] != "6 (3)" {
		t.Errorf("of two groups: %v, %v", table, err)
	}
	if table, err = CorrelationTable("caption", r); err != nil || len(table.Rows) != 1 {
		t.Fatalf("of a group: %v, %v", table, err)
	}
	for i, of := range []float64{c.GradientTest.Rho, c.JacobianTest.Rho, c.GradientGap.Rho, c.JacobianGap.Rho, c.JacobianGapGiven.Rho} {
		if want := fmt.Sprintf("%.2f (–)", of); table.Rows[0][2+i] != want {
			t.Errorf("%s: %s, want %s", table.Header[2+i], table.Rows[0][2+i], want)
		}
	}
	r.Sensitivities = r.Sensitivities[:2] // four networks have correlations, unless one side is the same for all
	for i := range 4 {
		r.Sensitivities[i/2].Run.Replicas[i%2].Test.Loss = 1
	}
	_, err = CorrelationTable("caption", r)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "needs values that differ")
}

// The curves are what the legend says: medians of the seeds, at the end and where the training loss is the common one.
func TestCurvesOfSensitivities(t *testing.T) {
	r := drawnResponses()
	f, err := figure.New(figure.Figure{}, []*figure.Panel{scorePanel(r, "loss", (*experiment.Run).TrainLosses, (*experiment.Run).TestLosses), equalLossPanel(r)})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		"a rule,train loss,100,0.175,0.15,0.2,", "a rule,test loss,100,0.35,0.3,0.4,",
		"sensitivity,input gradient of the loss,100,7,6,8,", "sensitivity,Jacobian of the prediction,100,1.75,1.5,2,",
		`a rule,"input gradient of the loss, last epoch",100,7,6,8,`, `a rule,"Jacobian of the prediction, last epoch",100,1.75,1.5,2,`,
		// From 2 to 0.15, the loss is 0.3 after this share of its fall, in the logarithm.
		fmt.Sprintf(`a rule,"input gradient of the loss, at train loss 0.3",100,%.4f`, (3+3*math.Log(2/.3)/math.Log(2/.15)+4+4*math.Log(2/.3)/math.Log(2/.2))/2),
	} {
		if !strings.Contains(f.CSV, "\n"+row) {
			t.Errorf("%q is not in %s", row, f.CSV)
		}
	}
	late := &r.Sensitivities[0].Courses[1] // it goes on for an epoch without the other
	*late = Course{[]int{1, 2, 3}, []float64{4, 3, 0.01}, []float64{1, 1, 1}, []float64{1, 1, 9}}
	if p := coursePanel(r); p.X.Min != 0.01 || p.X.Max != 3 || p.Y.Max < 9 {
		t.Errorf("the courses are drawn for losses from %g to %g, Jacobians up to %g", p.X.Min, p.X.Max, p.Y.Max)
	}
}

// Where no run gets to the common loss between two epochs, the ends are drawn alone; and lines need rising batch sizes.
func TestSensitivityFiguresOfFewRuns(t *testing.T) {
	r := drawnResponses()
	for _, s := range r.Sensitivities {
		for k, c := range s.Courses {
			s.Courses[k] = Course{c.Epoch[:1], c.TrainLoss[:1], c.LossGradient[:1], c.Jacobian[:1]}
		}
	}
	f, err := EqualLossPlot("caption", r)
	figuretest.CheckFigure(t, f, err, 6, "last epoch")
	r.Sensitivities[1] = drawnResponses().Sensitivities[1] // this one gets there
	f, err = EqualLossPlot("caption", r)
	figuretest.CheckFigure(t, f, err, 2+4+2, "last epoch", "at train loss 2")
	slices.Reverse(r.Sensitivities)
	_, err1 := Plot("caption", r)
	_, err2 := EqualLossPlot("caption", r)
	for _, err := range []error{err1, err2} {
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "batch size")
	}
	slices.Reverse(r.Sensitivities)
	other := drawnResponses()
	if f, err = CorrelationPlot("caption", r, other); err != nil || strings.Count(string(figuretest.CheckDrawn(t, f)), "batch 10<") != 1 {
		t.Errorf("the legend does not name the batch size once; %v", err)
	}
}
