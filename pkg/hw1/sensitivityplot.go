package hw1

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// This file draws sensitivities.

// SensitivityGroup holds the sensitivities of runs that are compared, under a title.
type SensitivityGroup struct {
	Title         string
	Sensitivities []*Sensitivity
}

// The colours and names of the two sensitivities.
var (
	gradientColor, jacobianColor = colorOf(1), colorOf(2)
	gradientName, jacobianName   = "input gradient of the loss", "Jacobian of the softmax"
)

// SensitivityPlot returns loss (log) and accuracy against the batch size, on the
// left axis, training solid and test dashed, and both sensitivities on the right
// one: medians over the seeds, and their range as a band.
func SensitivityPlot(caption string, r SensitivityGroup) (*Figure, error) {
	if err := check("SensitivityPlot", r); err != nil {
		return nil, err
	}
	runs := make([]*Run, len(r.Sensitivities))
	for i, s := range r.Sensitivities {
		runs[i] = s.Run
	}
	if err := needSameSeeds("SensitivityPlot", runs); err != nil {
		return nil, err
	}
	loss, err := scorePanel(r, runs, "loss", func(s Score) float64 { return s.Loss })
	if err != nil {
		return nil, err
	}
	accuracy, err := scorePanel(r, runs, "accuracy", func(s Score) float64 { return s.Accuracy })
	if err != nil {
		return nil, err
	}
	f := newFigure("sensitivity-"+slug(r.Title), caption, "Loss, accuracy and sensitivity against the batch size, "+r.Title, [][]*plot.Plot{{loss, accuracy}})
	f.CSV = sensitivityRows(r)
	return f, nil
}

// scorePanel draws a score of the runs on the left axis, and their sensitivities on
// the right one.
func scorePanel(r SensitivityGroup, runs []*Run, name string, of func(Score) float64) (*plot.Plot, error) {
	batches := batchesOf(runs)
	p, right := batchPanel(r.Title, name, batches), newRightAxis("sensitivity", textColor)
	colorAxis(&p.Y, colorOf(0))
	p.Y.Tick.Marker = shareTicks{}
	if name == "loss" {
		logY(p)
	}
	train, test := finalScores(runs, of)
	var gradients, jacobians [][]float64
	for _, s := range r.Sensitivities {
		gradient, jacobian := s.Final()
		gradients, jacobians = append(gradients, gradient), append(jacobians, jacobian)
	}
	err := addSeries(p, batches,
		series{p, "train " + name, train, stroke{color: colorOf(0), marked: true}},
		series{p, "test " + name, test, stroke{color: colorOf(0), dashes: testDashes, marked: true}},
		series{right, gradientName, gradients, stroke{color: gradientColor, marked: true}},
		series{right, jacobianName, jacobians, stroke{color: jacobianColor, marked: true}})
	if err != nil {
		return nil, err
	}
	headroom(&p.Y, 0.45)
	headroom(&right.plot.Y, 0.45)
	return p, right.addTo(p)
}

func batchesOf(runs []*Run) []float64 {
	batches := make([]float64, len(runs))
	for i, run := range runs {
		batches[i] = float64(run.Spec.Batch)
		if run.Spec.Batch == 0 {
			batches[i] = float64(run.Spec.TrainSize)
		}
	}
	return batches
}

// finalScores returns a part of the final scores of each run, [n][R].
func finalScores(runs []*Run, of func(Score) float64) (train, test [][]float64) {
	for _, run := range runs {
		train = append(train, run.Values(func(r Replica) float64 { return of(r.Train) }))
		test = append(test, run.Values(func(r Replica) float64 { return of(r.Test) }))
	}
	return train, test
}

func sensitivityRows(rs ...SensitivityGroup) string {
	var rows [][]string
	for _, r := range rs {
		for _, s := range r.Sensitivities {
			for k, c := range s.Courses {
				for i, epoch := range c.Epoch {
					rows = append(rows, []string{
						r.Title, fmt.Sprint(s.Run.Spec.Batch), fmt.Sprint(s.Run.Replicas[k].Seed), fmt.Sprint(epoch),
						formatFloat(c.TrainLoss[i]), formatFloat(c.LossGradient[i]), formatFloat(c.Jacobian[i]),
					})
				}
			}
		}
	}
	return csvText([]string{"rule", "batch", "seed", "epoch", "train loss", "loss gradient", "jacobian"}, rows)
}

// EqualLossPlot returns, in a row for each group, the sensitivities
// against the batch size, at the end of training and at the training loss that all
// networks of the row reach, and the course of the Jacobian with the training loss.
func EqualLossPlot(caption string, rs ...SensitivityGroup) (*Figure, error) {
	if err := check("EqualLossPlot", rs...); err != nil {
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
	f := newFigure("equal-loss", caption, "Sensitivity against the batch size at equal training loss, and against the training loss", panels)
	f.CSV = sensitivityRows(rs...)
	return f, nil
}

func equalLossPanel(r SensitivityGroup) (*plot.Plot, error) {
	loss := CommonLoss(r.Sensitivities...)
	var runs []*Run
	var all, reached []float64
	var ends, equals [2][][]float64
	for _, s := range r.Sensitivities {
		batch := batchesOf([]*Run{s.Run})[0]
		runs, all = append(runs, s.Run), append(all, batch)
		gradient, jacobian := s.Final()
		ends[0], ends[1] = append(ends[0], gradient), append(ends[1], jacobian)
		if gradient, jacobian = s.AtLoss(loss); len(gradient) == len(s.Courses) {
			reached = append(reached, batch)
			equals[0], equals[1] = append(equals[0], gradient), append(equals[1], jacobian)
		}
	}
	if err := needSameSeeds("EqualLossPlot", runs); err != nil {
		return nil, err
	}
	p := batchPanel(r.Title, "sensitivity", all)
	for i, name := range []string{gradientName, jacobianName} {
		c := []stroke{{color: gradientColor, marked: true}, {color: jacobianColor, marked: true}}[i]
		if err := addSeries(p, all, series{p, name + ", last epoch", ends[i], c}); err != nil {
			return nil, err
		}
		c.dashes = testDashes
		if len(reached) == 0 { // in a quick run, say
			continue
		}
		if err := addSeries(p, reached, series{p, fmt.Sprintf("%s, at train loss %.2g", name, loss), equals[i], c}); err != nil {
			return nil, err
		}
	}
	headroom(&p.Y, 0.45)
	return p, nil
}

// coursePanel draws the Jacobian's course of each run, the median over its
// replicas epoch by epoch, with a line for each batch size.
func coursePanel(r SensitivityGroup) (*plot.Plot, error) {
	p := newPanel("after each epoch, from right to left", "training loss", jacobianName)
	logX(p)
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
			losses, jacobians = append(losses, Median(loss)), append(jacobians, Median(jacobian))
		}
		line, dots, err := plotter.NewLinePoints(xys(losses, jacobians))
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = colorOf(i), vg.Points(1.3)
		dots.Color, dots.Radius, dots.Shape = colorOf(i), vg.Points(2), plotCircle
		p.Add(line, dots)
		p.Legend.Add(s.Run.Label(), line)
	}
	headroom(&p.Y, 0.7)
	return p, nil
}

// SensitivityTable returns a row per run: losses and sensitivities, medians over the
// seeds, at the end and at the training loss that all runs of its group reach.
func SensitivityTable(caption string, rs ...SensitivityGroup) (*Table, error) {
	if err := check("SensitivityTable", rs...); err != nil {
		return nil, err
	}
	t := &Table{Caption: caption, Name: "sensitivity", Header: []string{
		"rate", "batch", "train loss", "test loss", "test accuracy", "gradient", "Jacobian", "equal loss", "gradient there", "Jacobian there",
	}}
	number := func(values []float64) string {
		if len(values) == 0 {
			return "–"
		}
		return fmt.Sprintf("%.3f", Median(values))
	}
	for _, r := range rs {
		loss := CommonLoss(r.Sensitivities...)
		for _, s := range r.Sensitivities {
			gradient, jacobian := s.Final()
			equalGradient, equalJacobian := s.AtLoss(loss)
			t.Rows = append(t.Rows, []string{
				fmt.Sprintf("%s (%.2g)", r.Title, s.Run.Spec.LearningRate), fmt.Sprint(s.Run.Spec.Batch),
				number(s.Run.TrainLosses()), number(s.Run.TestLosses()), percent(Median(s.Run.TestAccuracies())),
				number(gradient), number(jacobian), fmt.Sprintf("%.3f", loss), number(equalGradient), number(equalJacobian),
			})
		}
	}
	return t, nil
}
