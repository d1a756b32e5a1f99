package sharpness

import (
	"cmp"
	"fmt"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Plot returns the sharpness (log) for each size of the box, and the largest eigenvalue of the Hessian
// (log), against the batch size on the left axis, and the test accuracy, if there is one, on the right
// axis: medians over the seeds, with their range as a band.
func Plot(caption string, ss ...Sharpness) (*figure.Figure, error) {
	if err := needSameBoxes("sharpness.Plot", ss); err != nil {
		return nil, err
	}
	runs := num.Map(ss, func(s Sharpness) *experiment.Run { return s.Run })
	batches := curves.Batches(runs)
	if err := cmp.Or(experiment.NeedOneTask("sharpness.Plot", runs...), experiment.NeedScores("sharpness.Plot", runs...), curves.NeedRising("sharpness.Plot", "batch size", batches, runs)); err != nil {
		return nil, err
	}
	box := figure.NewBatchPanel("sharpness in a box around the weights", "sharpness (%)", batches)
	curvature := figure.NewBatchPanel("largest eigenvalue of the Hessian", "eigenvalue", batches)
	box.LogY()
	curvature.LogY()
	for e, eps := range ss[0].Ascent.Eps {
		stroke := figure.Stroke{Color: figure.Color(0), Marked: true}
		if e > 0 {
			stroke.Dashes = figure.TestDashes
		}
		box.Named(fmt.Sprintf("sharpness, ε = %g", eps), figure.Across(batches, ss, func(s Sharpness) []float64 { return s.Keskar(e) }), stroke)
	}
	curvature.Named("largest eigenvalue", figure.Across(batches, ss, Sharpness.Eigenvalues), figure.Stroke{Color: figure.Color(0), Marked: true})
	addTestAccuracy(box, batches, runs)
	addTestAccuracy(curvature, batches, runs)
	return figure.New(figure.Figure{
		Name: "sharpness", Caption: caption,
		Alt: "Sharpness and largest eigenvalue of the Hessian against the batch size, with the test accuracy",
	}, []*figure.Panel{box, curvature})
}

// addTestAccuracy adds the test accuracy, if all runs have one, on the right axis of a panel whose
// left axis, a logarithmic one, shows a sharpness.
func addTestAccuracy(p *figure.Panel, batches []float64, runs []*experiment.Run) {
	figure.ColorAxis(&p.Y, figure.Color(0))
	figure.Headroom(&p.Y, 0.35)
	if !curves.HasAccuracy(runs...) {
		return
	}
	right := figure.NewRightAxis("test accuracy", figure.Color(1))
	right.Y.Tick.Marker = figure.ShareTicks{}
	test := figure.Across(batches, runs, (*experiment.Run).TestAccuracies)
	p.Legend.Add("test accuracy", right.Curve("test accuracy", test, figure.Stroke{Color: figure.Color(1), Marked: true}))
	figure.Headroom(&right.Y, 0.35)
	right.AddTo(p)
}

// Table returns a row per run: its training loss and test accuracy, its sharpness φ for each
// size of the box, and the largest eigenvalue λ of its Hessian; medians over the seeds.
func Table(caption string, ss ...Sharpness) (*figure.Table, error) {
	runs := num.Map(ss, func(s Sharpness) *experiment.Run { return s.Run })
	if err := cmp.Or(needSameBoxes("sharpness.Table", ss), experiment.NeedScores("sharpness.Table", runs...)); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "sharpness", "network", "rate", "epochs", "train loss", "test accuracy")
	for _, eps := range ss[0].Ascent.Eps {
		t.Header = append(t.Header, fmt.Sprintf("φ, ε = %g", eps))
	}
	t.Header = append(t.Header, "λ max")
	for i, name := range experiment.Labels(runs...) {
		s := ss[i]
		row := []string{
			name, fmt.Sprintf("%.2g", s.Run.Spec.LearningRate), fmt.Sprint(s.Run.Median(func(r experiment.Replica) float64 { return float64(r.Epochs) })),
			words.Decimals(4, num.Median(s.Run.TrainLosses())), words.Percent(num.Median(s.Run.TestAccuracies())),
		}
		for e := range s.Ascent.Eps {
			row = append(row, words.Significant(3, num.Median(s.Keskar(e)))+" %")
		}
		t.Rows = append(t.Rows, append(row, words.Significant(3, num.Median(s.Eigenvalues()))))
	}
	return t, nil
}
