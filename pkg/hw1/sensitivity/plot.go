package sensitivity

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Group holds, under a title, the sensitivities of runs that are compared.
type Group struct {
	Title         string
	Sensitivities []Sensitivity
}

// The names and colours of the two sensitivities.
const gradientName, jacobianName = "input gradient of the loss", "Jacobian of the prediction"

var names, colors = []string{gradientName, jacobianName}, []color.Color{figure.Color(1), figure.Color(2)}

// both returns two sensitivities in the order of their names.
func both(gradient, jacobian []float64) [2][]float64 { return [2][]float64{gradient, jacobian} }

// Plot returns loss (log) and accuracy, if there is one, against the batch size on the left
// axis, training solid and test dashed, and both sensitivities on the right axis: medians over
// the seeds, with their range as a band.
func Plot(caption string, r Group) (*figure.Figure, error) {
	if err := check.Args("sensitivity.Plot", r); err != nil {
		return nil, err
	}
	if err := r.inLine("sensitivity.Plot"); err != nil {
		return nil, err
	}
	row := []*figure.Panel{scorePanel(r, "loss", (*experiment.Run).TrainLosses, (*experiment.Run).TestLosses)}
	if curves.HasAccuracy(r.runs()...) {
		row = append(row, scorePanel(r, "accuracy", (*experiment.Run).TrainAccuracies, (*experiment.Run).TestAccuracies))
	}
	return figure.New(figure.Figure{
		Name: "sensitivity-" + words.Slug(r.Title), Caption: caption, Alt: "Scores and sensitivity against the batch size, " + r.Title, CSV: courses(r),
	}, row)
}

// inLine returns an error unless lines through the runs' seeds can be drawn against the batch
// size.
func (r Group) inLine(function string) error {
	return curves.NeedRising(function, "batch size", curves.Batches(r.runs()), r.runs())
}

func (r Group) runs() []*experiment.Run {
	return num.Map(r.Sensitivities, func(s Sensitivity) *experiment.Run { return s.Run })
}

// scorePanel draws a score of the runs on the left axis, and their sensitivities on
// the right one.
func scorePanel(r Group, name string, train, test func(*experiment.Run) []float64) *figure.Panel {
	batches := curves.Batches(r.runs())
	p, right := figure.NewBatchPanel(r.Title, name, batches), figure.NewRightAxis("sensitivity", figure.TextColor)
	figure.ColorAxis(&p.Y, figure.Color(0))
	p.Y.Tick.Marker = figure.ShareTicks{}
	if name == "loss" {
		p.LogY()
	}
	p.Named("train "+name, figure.Across(batches, r.runs(), train), figure.Stroke{Color: figure.Color(0), Marked: true})
	p.Named("test "+name, figure.Across(batches, r.runs(), test), figure.Stroke{Color: figure.Color(0), Dashes: figure.TestDashes, Marked: true})
	for i, name := range names {
		c := figure.Across(batches, r.Sensitivities, func(s Sensitivity) []float64 { return both(s.Final())[i] })
		p.Legend.Add(name, right.Curve(name, c, figure.Stroke{Color: colors[i], Marked: true}))
	}
	figure.Headroom(&p.Y, 0.45)
	figure.Headroom(&right.Y, 0.45)
	right.AddTo(p)
	return p
}

// courses returns the courses of all groups as CSV.
func courses(rs ...Group) string {
	table := figure.NewData("rule", "batch", "seed", "epoch", "train loss", "loss gradient", "jacobian")
	for _, r := range rs {
		for _, s := range r.Sensitivities {
			for k, c := range s.Courses {
				for i, epoch := range c.Epoch {
					table.Add(r.Title, cmp.Or(s.Run.Spec.Batch, s.Run.Spec.TrainSize), s.Run.Replicas[k].Seed, epoch, c.TrainLoss[i], c.LossGradient[i], c.Jacobian[i])
				}
			}
		}
	}
	return table.CSV()
}

// EqualLossPlot returns, in a row for each group, the sensitivities against the batch size, at
// the end of training and at a training loss that all networks of the row reach, and the course
// of the Jacobian as the training loss falls.
func EqualLossPlot(caption string, rs ...Group) (*figure.Figure, error) {
	if err := check.Args("sensitivity.EqualLossPlot", rs...); err != nil {
		return nil, err
	}
	var panels [][]*figure.Panel
	for _, r := range rs {
		if err := r.inLine("sensitivity.EqualLossPlot"); err != nil {
			return nil, err
		}
		panels = append(panels, []*figure.Panel{equalLossPanel(r), coursePanel(r)})
	}
	return figure.New(figure.Figure{
		Name: "equal-loss", Caption: caption, CSV: courses(rs...),
		Alt: "Sensitivity against the batch size at equal training loss, and against the training loss",
	}, panels...)
}

func equalLossPanel(r Group) *figure.Panel {
	loss, batches := CommonLoss(r.Sensitivities...), curves.Batches(r.runs())
	reached := Group{Sensitivities: slices.DeleteFunc(slices.Clone(r.Sensitivities), func(s Sensitivity) bool {
		gradient, _ := s.AtLoss(loss)
		return len(gradient) < len(s.Courses)
	})}
	p := figure.NewBatchPanel(r.Title, "sensitivity", batches)
	for i, name := range names {
		s := figure.Stroke{Color: colors[i], Marked: true}
		p.Named(name+", last epoch", figure.Across(batches, r.Sensitivities, func(s Sensitivity) []float64 { return both(s.Final())[i] }), s)
		if len(reached.Sensitivities) > 0 { // there may be none, for example in a quick run
			s.Dashes = figure.TestDashes
			equal := figure.Across(curves.Batches(reached.runs()), reached.Sensitivities, func(s Sensitivity) []float64 { return both(s.AtLoss(loss))[i] })
			p.Named(fmt.Sprintf("%s, at train loss %.2g", name, loss), equal, s)
		}
	}
	figure.Headroom(&p.Y, 0.45)
	return p
}

// coursePanel draws the course of the Jacobian for each run, the median over its replicas epoch
// by epoch, with a line for each batch size.
func coursePanel(r Group) *figure.Panel {
	p := figure.NewPanel("after each epoch, from right to left", "training loss", jacobianName)
	names := experiment.Labels(r.runs()...)
	for i, s := range r.Sensitivities {
		var losses, jacobians []float64
		for e := range len(slices.MaxFunc(s.Courses, func(a, b Course) int { return len(a.Epoch) - len(b.Epoch) }).Epoch) { // the longest course
			left := slices.DeleteFunc(slices.Clone(s.Courses), func(c Course) bool { return e >= len(c.Epoch) }) // others ended earlier
			losses = append(losses, num.Median(num.Map(left, func(c Course) float64 { return c.TrainLoss[e] })))
			jacobians = append(jacobians, num.Median(num.Map(left, func(c Course) float64 { return c.Jacobian[e] })))
		}
		points := figure.XYs(losses, jacobians)
		p.Legend.Add(names[i], p.Line(points, figure.Color(i), 1.3))
		p.Dots(points, figure.Color(i), 2, figure.Circle)
	}
	if p.X.Min > 0 {
		p.LogX()
	}
	figure.Headroom(&p.Y, 0.7)
	return p
}

// Table returns a row per run: losses and sensitivities, medians over the seeds, at the end and
// at a training loss that all runs of its group reach.
func Table(caption string, rs ...Group) (*figure.Table, error) {
	if err := check.Args("sensitivity.Table", rs...); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "sensitivity",
		"rate", "batch", "train loss", "test loss", "test accuracy", "gradient", "Jacobian", "equal loss", "gradient there", "Jacobian there")
	number := func(values []float64) string { return words.Decimals(3, num.Median(values)) }
	for _, r := range rs {
		loss := CommonLoss(r.Sensitivities...)
		for _, s := range r.Sensitivities {
			gradient, jacobian := s.Final()
			equalGradient, equalJacobian := s.AtLoss(loss)
			t.Add(fmt.Sprintf("%s (%.2g)", r.Title, s.Run.Spec.LearningRate), cmp.Or(s.Run.Spec.Batch, s.Run.Spec.TrainSize),
				number(s.Run.TrainLosses()), number(s.Run.TestLosses()), words.Percent(num.Median(s.Run.TestAccuracies())),
				number(gradient), number(jacobian), words.Decimals(3, loss), number(equalGradient), number(equalJacobian))
		}
	}
	return t, nil
}
