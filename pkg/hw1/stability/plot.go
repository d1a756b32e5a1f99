package stability

import (
	"fmt"
	"math"
	"slices"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Plot returns the largest eigenvalue over its threshold, with a line at 1, and the loss of all steps (log) against
// steps; with Adam's preconditioner, the eigenvalue without it (log) between the two. Medians over the seeds with
// their range.
func Plot(caption string, courses ...Course) (*figure.Figure, error) {
	if err := check.Args("stability.Plot", courses...); err != nil {
		return nil, err
	}
	ratio, raw, loss := figure.NewPanel("", "", "eigenvalue / threshold"), figure.NewPanel("", "", "largest eigenvalue"), figure.NewPanel("", "step", "training loss")
	raw.LogY()
	loss.LogY()
	panels, longest, adam := [][]*figure.Panel{{ratio}}, 0, false
	names := experiment.Labels(num.Map(courses, func(c Course) *experiment.Run { return c.Run })...)
	for i, c := range courses {
		at := num.Map(c.Epochs, func(e int) float64 { return float64(e) })
		stroke := figure.Stroke{Color: figure.Color(i)}
		ratio.Named(names[i], figure.CurveOf(at, c.Ratios()), stroke)
		raw.Curve(names[i], figure.CurveOf(at, c.Eigenvalues), stroke)
		loss.Curve(names[i], drawnLosses(c.Run), stroke)
		longest, adam = max(longest, len(losses(c.Run.Replicas[0]))), adam || c.Preconditioned != nil
	}
	ratio.Legend.Add("threshold", ratio.Line(figure.XYs([]float64{0, float64(longest)}, []float64{1, 1}), figure.TruthColor, 1, figure.TestDashes...))
	ratio.Y.Min, ratio.Legend.Top = 0, false
	figure.Headroom(&ratio.Y, 0.05)
	if adam {
		panels = append(panels, []*figure.Panel{raw})
	}
	return figure.New(figure.Figure{
		Name: "edge-of-stability", Caption: caption,
		Alt: "Largest eigenvalue of the Hessian over the threshold of stability, and the loss, against steps",
	}, append(panels, []*figure.Panel{loss})...)
}

// drawnLosses returns the losses at some of the steps of a run.
func drawnLosses(run *experiment.Run) figure.Curve {
	drawn := figure.Thinned(len(losses(run.Replicas[0])))
	rows := num.Map(run.Replicas, func(r experiment.Replica) []float64 { return num.At(losses(r), drawn) })
	return figure.CurveOf(num.Map(drawn, func(i int) float64 { return float64(i) }), rows)
}

// Table returns a row for each course: the threshold of the eigenvalue, preconditioned with Adam; its ratio to the
// threshold at the start and over the second half, with the range of the seeds; the share of steps there in which
// the loss rises; and the largest eigenvalue of the Hessian itself at the start and at the end. Medians over the seeds.
func Table(caption string, courses ...Course) (*figure.Table, error) {
	if err := check.Args("stability.Table", courses...); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "edge-of-stability", "training", "threshold", "ratio at the start", "in the second half", "loss rises in", "largest eigenvalue")
	for i, name := range experiment.Labels(num.Map(courses, func(c Course) *experiment.Run { return c.Run })...) {
		c := courses[i]
		eigenvalues, _, _ := num.Spread(c.Eigenvalues)
		settled := c.Settled()
		t.Add(name, plain(c.Threshold()), fmt.Sprintf("%.2f", num.Median(c.Start())),
			fmt.Sprintf("%.2f (%.2f – %.2f)", num.Median(settled), slices.Min(settled), slices.Max(settled)),
			words.Fixed(0, 100*num.Median(c.Rises()), " %"), plain(eigenvalues[0])+" → "+plain(eigenvalues[len(eigenvalues)-1]))
	}
	return t, nil
}

// plain writes an eigenvalue without an exponent.
func plain(v float64) string {
	if v < 1000 {
		return fmt.Sprintf("%.3g", v)
	}
	return words.Thousands(int(math.Round(v)))
}
