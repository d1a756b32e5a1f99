package hw1

import (
	"fmt"

	"gonum.org/v1/plot"
)

// SharpnessPlot returns the sharpness (log), at each size of the box, and the
// largest eigenvalue of the Hessian (log) against the batch size, on the left
// axis, and the test accuracy on the right one: medians over the seeds, and their
// range as a band.
func SharpnessPlot(caption string, ss ...*Sharpness) (*Figure, error) {
	if err := check("SharpnessPlot", ss...); err != nil {
		return nil, err
	}
	if err := needSameBoxes("SharpnessPlot", ss); err != nil {
		return nil, err
	}
	runs := make([]*Run, len(ss))
	var eigenvalues [][]float64
	for i, s := range ss {
		runs[i] = s.Run
		eigenvalues = append(eigenvalues, s.Eigenvalues())
	}
	if err := needSameSeeds("SharpnessPlot", runs); err != nil {
		return nil, err
	}
	batches := batchesOf(runs)
	box := batchPanel("sharpness in a box around the weights", "sharpness (%)", batches)
	curvature := batchPanel("largest eigenvalue of the Hessian", "eigenvalue", batches)
	for e, eps := range ss[0].Ascent.Eps {
		var columns [][]float64
		for _, s := range ss {
			columns = append(columns, s.Keskar(e))
		}
		dashes := testDashes
		if e == 0 {
			dashes = nil
		}
		line := series{box, fmt.Sprintf("sharpness, ε = %g", eps), columns, stroke{color: colorOf(0), dashes: dashes, marked: true}}
		if err := addSeries(box, batches, line); err != nil {
			return nil, err
		}
	}
	if err := addSeries(curvature, batches, series{curvature, "largest eigenvalue", eigenvalues, stroke{color: colorOf(0), marked: true}}); err != nil {
		return nil, err
	}
	for _, p := range []*plot.Plot{box, curvature} {
		if err := addTestAccuracy(p, batches, runs); err != nil {
			return nil, err
		}
	}
	f := newFigure("sharpness", caption, "Sharpness, largest eigenvalue of the Hessian and test accuracy against the batch size", [][]*plot.Plot{{box, curvature}})
	f.CSV = sharpnessRows(ss)
	return f, nil
}

// addTestAccuracy gives a panel of sharpness a logarithmic axis on the left, and
// the test accuracy on the right.
func addTestAccuracy(p *plot.Plot, batches []float64, runs []*Run) error {
	logY(p)
	colorAxis(&p.Y, colorOf(0))
	right := newRightAxis("test accuracy", colorOf(1))
	right.plot.Y.Tick.Marker = shareTicks{}
	_, test := finalScores(runs, func(s Score) float64 { return s.Accuracy })
	if err := addSeries(p, batches, series{right, "test accuracy", test, stroke{color: colorOf(1), marked: true}}); err != nil {
		return err
	}
	headroom(&p.Y, 0.35)
	headroom(&right.plot.Y, 0.35)
	return right.addTo(p)
}

func sharpnessRows(ss []*Sharpness) string {
	var rows [][]string
	for _, s := range ss {
		for r, replica := range s.Replicas {
			for e, eps := range s.Ascent.Eps {
				rows = append(rows, []string{
					s.Run.Label(), fmt.Sprint(s.Run.Spec.Batch), fmt.Sprint(s.Run.Replicas[r].Seed), formatFloat(eps),
					formatFloat(replica.Keskar[e]), formatFloat(replica.Eigenvalue), formatFloat(s.Run.Replicas[r].Test.Accuracy),
				})
			}
		}
	}
	return csvText([]string{"network", "batch", "seed", "eps", "sharpness (%)", "largest eigenvalue", "test accuracy"}, rows)
}

// SharpnessTable returns a row per run: its losses, its sharpness φ at each size of
// the box and the largest eigenvalue λ of its Hessian, medians over the seeds.
func SharpnessTable(caption string, ss ...*Sharpness) (*Table, error) {
	if err := check("SharpnessTable", ss...); err != nil {
		return nil, err
	}
	if err := needSameBoxes("SharpnessTable", ss); err != nil {
		return nil, err
	}
	t := &Table{Caption: caption, Name: "sharpness", Header: []string{"network", "rate", "epochs", "train loss", "test accuracy"}}
	for _, eps := range ss[0].Ascent.Eps {
		t.Header = append(t.Header, fmt.Sprintf("φ, ε = %g", eps))
	}
	t.Header = append(t.Header, "λ max")
	for _, s := range ss {
		row := []string{
			s.Run.Label(), fmt.Sprintf("%.2g", s.Run.Spec.LearningRate), fmt.Sprint(s.Run.Spec.Epochs),
			fmt.Sprintf("%.4f", Median(s.Run.TrainLosses())), percent(Median(s.Run.TestAccuracies())),
		}
		for e := range s.Ascent.Eps {
			row = append(row, significant(3, Median(s.Keskar(e)))+" %")
		}
		t.Rows = append(t.Rows, append(row, significant(3, Median(s.Eigenvalues()))))
	}
	return t, nil
}
