package sharpness

import (
	"fmt"

	"gonum.org/v1/plot"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Plot returns the sharpness (log), at each size of the box, and the
// largest eigenvalue of the Hessian (log) against the batch size, on the left
// axis, and the test accuracy on the right one: medians over the seeds, and their
// range as a band.
func Plot(caption string, ss ...*Sharpness) (*figure.Figure, error) {
	if err := check.Args("SharpnessPlot", ss...); err != nil {
		return nil, err
	}
	if err := needSameBoxes("SharpnessPlot", ss); err != nil {
		return nil, err
	}
	runs := make([]*experiment.Run, len(ss))
	var eigenvalues [][]float64
	for i, s := range ss {
		runs[i] = s.Run
		eigenvalues = append(eigenvalues, s.Eigenvalues())
	}
	if err := experiment.NeedSameSeeds("SharpnessPlot", runs); err != nil {
		return nil, err
	}
	batches := curves.Batches(runs)
	box := figure.NewBatchPanel("sharpness in a box around the weights", "sharpness (%)", batches)
	curvature := figure.NewBatchPanel("largest eigenvalue of the Hessian", "eigenvalue", batches)
	for e, eps := range ss[0].Ascent.Eps {
		var columns [][]float64
		for _, s := range ss {
			columns = append(columns, s.Keskar(e))
		}
		dashes := figure.TestDashes
		if e == 0 {
			dashes = nil
		}
		line := figure.Series{To: box, Label: fmt.Sprintf("sharpness, ε = %g", eps), Columns: columns, Stroke: figure.Stroke{Color: figure.Color(0), Dashes: dashes, Marked: true}}
		if err := figure.AddSeries(box, batches, line); err != nil {
			return nil, err
		}
	}
	if err := figure.AddSeries(curvature, batches, figure.Series{To: curvature, Label: "largest eigenvalue", Columns: eigenvalues, Stroke: figure.Stroke{Color: figure.Color(0), Marked: true}}); err != nil {
		return nil, err
	}
	for _, p := range []*plot.Plot{box, curvature} {
		if err := addTestAccuracy(p, batches, runs); err != nil {
			return nil, err
		}
	}
	f := figure.New("sharpness", caption, "Sharpness, largest eigenvalue of the Hessian and test accuracy against the batch size", [][]*plot.Plot{{box, curvature}})
	f.CSV = sharpnessRows(ss)
	return f, nil
}

// addTestAccuracy gives a panel of sharpness a logarithmic axis on the left, and
// the test accuracy on the right.
func addTestAccuracy(p *plot.Plot, batches []float64, runs []*experiment.Run) error {
	figure.LogY(p)
	figure.ColorAxis(&p.Y, figure.Color(0))
	right := figure.NewRightAxis("test accuracy", figure.Color(1))
	right.Panel.Y.Tick.Marker = figure.ShareTicks{}
	_, test := curves.FinalScores(runs, func(s experiment.Score) float64 { return s.Accuracy })
	if err := figure.AddSeries(p, batches, figure.Series{To: right, Label: "test accuracy", Columns: test, Stroke: figure.Stroke{Color: figure.Color(1), Marked: true}}); err != nil {
		return err
	}
	figure.Headroom(&p.Y, 0.35)
	figure.Headroom(&right.Panel.Y, 0.35)
	return right.AddTo(p)
}

func sharpnessRows(ss []*Sharpness) string {
	var rows [][]string
	for _, s := range ss {
		for r, replica := range s.Replicas {
			for e, eps := range s.Ascent.Eps {
				rows = append(rows, []string{
					s.Run.Label(), fmt.Sprint(s.Run.Spec.Batch), fmt.Sprint(s.Run.Replicas[r].Seed), words.Float(eps),
					words.Float(replica.Keskar[e]), words.Float(replica.Eigenvalue), words.Float(s.Run.Replicas[r].Test.Accuracy),
				})
			}
		}
	}
	return figure.CSV([]string{"network", "batch", "seed", "eps", "sharpness (%)", "largest eigenvalue", "test accuracy"}, rows)
}

// Table returns a row per run: its losses, its sharpness φ at each size of
// the box and the largest eigenvalue λ of its Hessian, medians over the seeds.
func Table(caption string, ss ...*Sharpness) (*figure.Table, error) {
	if err := check.Args("SharpnessTable", ss...); err != nil {
		return nil, err
	}
	if err := needSameBoxes("SharpnessTable", ss); err != nil {
		return nil, err
	}
	t := &figure.Table{Caption: caption, Name: "sharpness", Header: []string{"network", "rate", "epochs", "train loss", "test accuracy"}}
	for _, eps := range ss[0].Ascent.Eps {
		t.Header = append(t.Header, fmt.Sprintf("φ, ε = %g", eps))
	}
	t.Header = append(t.Header, "λ max")
	for _, s := range ss {
		row := []string{
			s.Run.Label(), fmt.Sprintf("%.2g", s.Run.Spec.LearningRate), fmt.Sprint(s.Run.Spec.Epochs),
			fmt.Sprintf("%.4f", num.Median(s.Run.TrainLosses())), words.Percent(num.Median(s.Run.TestAccuracies())),
		}
		for e := range s.Ascent.Eps {
			row = append(row, words.Significant(3, num.Median(s.Keskar(e)))+" %")
		}
		t.Rows = append(t.Rows, append(row, words.Significant(3, num.Median(s.Eigenvalues()))))
	}
	return t, nil
}
