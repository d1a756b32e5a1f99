package sensitivity

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// This file draws sensitivities.

// Group holds the sensitivities of runs that are compared, under a title.
type Group struct {
	Title         string
	Sensitivities []*Sensitivity
}

// The colours and names of the two sensitivities.
var (
	gradientColor, jacobianColor = figure.Color(1), figure.Color(2)
	gradientName, jacobianName   = "input gradient of the loss", "Jacobian of the softmax"
)

// Plot returns loss (log) and accuracy against the batch size, on the
// left axis, training solid and test dashed, and both sensitivities on the right
// one: medians over the seeds, and their range as a band.
func Plot(caption string, r Group) (*figure.Figure, error) {
	if err := check.Args("SensitivityPlot", r); err != nil {
		return nil, err
	}
	runs := make([]*experiment.Run, len(r.Sensitivities))
	for i, s := range r.Sensitivities {
		runs[i] = s.Run
	}
	if err := experiment.NeedSameSeeds("SensitivityPlot", runs); err != nil {
		return nil, err
	}
	loss, err := scorePanel(r, runs, "loss", func(s experiment.Score) float64 { return s.Loss })
	if err != nil {
		return nil, err
	}
	accuracy, err := scorePanel(r, runs, "accuracy", func(s experiment.Score) float64 { return s.Accuracy })
	if err != nil {
		return nil, err
	}
	f := figure.New("sensitivity-"+words.Slug(r.Title), caption, "Loss, accuracy and sensitivity against the batch size, "+r.Title, [][]*plot.Plot{{loss, accuracy}})
	f.CSV = sensitivityRows(r)
	return f, nil
}

// scorePanel draws a score of the runs on the left axis, and their sensitivities on
// the right one.
func scorePanel(r Group, runs []*experiment.Run, name string, of func(experiment.Score) float64) (*plot.Plot, error) {
	batches := curves.Batches(runs)
	p, right := figure.NewBatchPanel(r.Title, name, batches), figure.NewRightAxis("sensitivity", figure.TextColor)
	figure.ColorAxis(&p.Y, figure.Color(0))
	p.Y.Tick.Marker = figure.ShareTicks{}
	if name == "loss" {
		figure.LogY(p)
	}
	train, test := curves.FinalScores(runs, of)
	var gradients, jacobians [][]float64
	for _, s := range r.Sensitivities {
		gradient, jacobian := s.Final()
		gradients, jacobians = append(gradients, gradient), append(jacobians, jacobian)
	}
	err := figure.AddSeries(p, batches,
		figure.Series{To: p, Label: "train " + name, Columns: train, Stroke: figure.Stroke{Color: figure.Color(0), Marked: true}},
		figure.Series{To: p, Label: "test " + name, Columns: test, Stroke: figure.Stroke{Color: figure.Color(0), Dashes: figure.TestDashes, Marked: true}},
		figure.Series{To: right, Label: gradientName, Columns: gradients, Stroke: figure.Stroke{Color: gradientColor, Marked: true}},
		figure.Series{To: right, Label: jacobianName, Columns: jacobians, Stroke: figure.Stroke{Color: jacobianColor, Marked: true}})
	if err != nil {
		return nil, err
	}
	figure.Headroom(&p.Y, 0.45)
	figure.Headroom(&right.Panel.Y, 0.45)
	return p, right.AddTo(p)
}

func sensitivityRows(rs ...Group) string {
	var rows [][]string
	for _, r := range rs {
		for _, s := range r.Sensitivities {
			for k, c := range s.Courses {
				for i, epoch := range c.Epoch {
					rows = append(rows, []string{
						r.Title, fmt.Sprint(s.Run.Spec.Batch), fmt.Sprint(s.Run.Replicas[k].Seed), fmt.Sprint(epoch),
						words.Float(c.TrainLoss[i]), words.Float(c.LossGradient[i]), words.Float(c.Jacobian[i]),
					})
				}
			}
		}
	}
	return figure.CSV([]string{"rule", "batch", "seed", "epoch", "train loss", "loss gradient", "jacobian"}, rows)
}

// EqualLossPlot returns, in a row for each group, the sensitivities
// against the batch size, at the end of training and at the training loss that all
// networks of the row reach, and the course of the Jacobian with the training loss.
func EqualLossPlot(caption string, rs ...Group) (*figure.Figure, error) {
	if err := check.Args("EqualLossPlot", rs...); err != nil {
		return nil, err
	}
	var panels [][]*plot.Plot
	for _, r := range rs {
		equal, err := equalLossPanel(r)
		if err != nil {
			return nil, err
		}
		course, err := coursePanel(r)
		if err != nil {
			return nil, err
		}
		panels = append(panels, []*plot.Plot{equal, course})
	}
	f := figure.New("equal-loss", caption, "Sensitivity against the batch size at equal training loss, and against the training loss", panels)
	f.CSV = sensitivityRows(rs...)
	return f, nil
}

func equalLossPanel(r Group) (*plot.Plot, error) {
	loss := CommonLoss(r.Sensitivities...)
	var runs []*experiment.Run
	var all, reached []float64
	var ends, equals [2][][]float64
	for _, s := range r.Sensitivities {
		batch := curves.Batches([]*experiment.Run{s.Run})[0]
		runs, all = append(runs, s.Run), append(all, batch)
		gradient, jacobian := s.Final()
		ends[0], ends[1] = append(ends[0], gradient), append(ends[1], jacobian)
		if gradient, jacobian = s.AtLoss(loss); len(gradient) == len(s.Courses) {
			reached = append(reached, batch)
			equals[0], equals[1] = append(equals[0], gradient), append(equals[1], jacobian)
		}
	}
	if err := experiment.NeedSameSeeds("EqualLossPlot", runs); err != nil {
		return nil, err
	}
	p := figure.NewBatchPanel(r.Title, "sensitivity", all)
	for i, name := range []string{gradientName, jacobianName} {
		c := []figure.Stroke{{Color: gradientColor, Marked: true}, {Color: jacobianColor, Marked: true}}[i]
		if err := figure.AddSeries(p, all, figure.Series{To: p, Label: name + ", last epoch", Columns: ends[i], Stroke: c}); err != nil {
			return nil, err
		}
		c.Dashes = figure.TestDashes
		if len(reached) == 0 { // in a quick run, say
			continue
		}
		if err := figure.AddSeries(p, reached, figure.Series{To: p, Label: fmt.Sprintf("%s, at train loss %.2g", name, loss), Columns: equals[i], Stroke: c}); err != nil {
			return nil, err
		}
	}
	figure.Headroom(&p.Y, 0.45)
	return p, nil
}

// coursePanel draws the Jacobian's course of each run, the median over its
// replicas epoch by epoch, with a line for each batch size.
func coursePanel(r Group) (*plot.Plot, error) {
	p := figure.NewPanel("after each epoch, from right to left", "training loss", jacobianName)
	figure.LogX(p)
	for i, s := range r.Sensitivities {
		var losses, jacobians []float64
		for e := range s.Courses[0].Epoch {
			var loss, jacobian []float64
			for _, c := range s.Courses {
				if e >= len(c.Epoch) {
					continue // it ended earlier
				}
				loss, jacobian = append(loss, c.TrainLoss[e]), append(jacobian, c.Jacobian[e])
			}
			losses, jacobians = append(losses, num.Median(loss)), append(jacobians, num.Median(jacobian))
		}
		line, dots, err := plotter.NewLinePoints(figure.LogXYs(losses, jacobians))
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = figure.Color(i), vg.Points(1.3)
		dots.Color, dots.Radius, dots.Shape = figure.Color(i), vg.Points(2), figure.Circle
		p.Add(line, dots)
		p.Legend.Add(s.Run.Label(), line)
	}
	figure.Headroom(&p.Y, 0.7)
	return p, nil
}

// Table returns a row per run: losses and sensitivities, medians over the
// seeds, at the end and at the training loss that all runs of its group reach.
func Table(caption string, rs ...Group) (*figure.Table, error) {
	if err := check.Args("SensitivityTable", rs...); err != nil {
		return nil, err
	}
	t := &figure.Table{Caption: caption, Name: "sensitivity", Header: []string{
		"rate", "batch", "train loss", "test loss", "test accuracy", "gradient", "Jacobian", "equal loss", "gradient there", "Jacobian there",
	}}
	number := func(values []float64) string {
		if len(values) == 0 {
			return "–"
		}
		return fmt.Sprintf("%.3f", num.Median(values))
	}
	for _, r := range rs {
		loss := CommonLoss(r.Sensitivities...)
		for _, s := range r.Sensitivities {
			gradient, jacobian := s.Final()
			equalGradient, equalJacobian := s.AtLoss(loss)
			t.Rows = append(t.Rows, []string{
				fmt.Sprintf("%s (%.2g)", r.Title, s.Run.Spec.LearningRate), fmt.Sprint(s.Run.Spec.Batch),
				number(s.Run.TrainLosses()), number(s.Run.TestLosses()), words.Percent(num.Median(s.Run.TestAccuracies())),
				number(gradient), number(jacobian), fmt.Sprintf("%.3f", loss), number(equalGradient), number(equalJacobian),
			})
		}
	}
	return t, nil
}
