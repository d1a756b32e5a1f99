// Package gradnorm is part 2-2: the gradient norm during training, of mini-batches and of the whole
// training set.
package gradnorm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Norms holds the gradient norms of the whole training set during a run.
type Norms struct {
	Run    *experiment.Run
	Epochs []int
	Losses [][]float64 // [R][epochs], mean loss
	Norms  [][]float64 // [R][epochs], L2 over all trained parameters
}

// Measure returns the loss and the norm of its gradient on the whole training set, without the
// L2 term and without dropout, at each snapshot of a run. Its seeds must have the same
// snapshots. On images, the result is kept in the run store.
func Measure(run *experiment.Run) (Norms, error) {
	full := Norms{Run: run}
	var err error
	if full.Epochs, err = experiment.SnapshotEpochs("gradnorm.Measure", run); err != nil {
		return Norms{}, err
	}
	points, err := measured(run)
	for replica := range slices.Chunk(points, len(full.Epochs)) {
		full.Losses = append(full.Losses, num.Map(replica, func(p point) float64 { return p.Loss }))
		full.Norms = append(full.Norms, num.Map(replica, func(p point) float64 { return p.Norm }))
	}
	return full, err
}

// point is what is measured at one snapshot.
type point struct{ Loss, Norm float64 }

// measured returns the points of all snapshots, one replica after another. For a function,
// computing them takes no longer than reading them would.
func measured(run *experiment.Run) ([]point, error) {
	loss := *run
	loss.Spec.WeightDecay = 0
	thetas := func(r experiment.Replica) [][]float64 {
		return num.Map(r.Snapshots, func(s experiment.Snapshot) []float64 { return s.Theta })
	}
	if run.Spec.Regime().Loops {
		objective, err := eval.NewObjective(&loss)
		if err != nil {
			return nil, err
		}
		var all []point
		for _, replica := range run.Replicas {
			points, err := pointsAt(objective, thetas(replica))
			if err != nil {
				return nil, err
			}
			all = append(all, points...)
		}
		return all, nil
	}
	question := analysis.Question{Name: "gradient norm", Version: 2 + num.Int(run.Spec.Mask != ""), Inputs: map[string]any{"runs": run.Identity()}}
	return analysis.Of(question, func(ctx context.Context, w *analysis.Work) ([]point, error) {
		objective, err := eval.NewObjective(&loss)
		if err != nil {
			return nil, err
		}
		all := slices.Concat(num.Map(run.Replicas, thetas)...)
		return analysis.EachPart(ctx, w, len(all), func(_ context.Context, i int) (point, error) {
			points, err := pointsAt(objective, all[i:i+1])
			if err != nil {
				return point{}, err
			}
			return points[0], nil
		})
	})
}

func pointsAt(objective *eval.Objective, thetas [][]float64) ([]point, error) {
	losses, gradients, err := objective.Gradients(thetas...)
	return num.Make(len(losses), func(i int) point { return point{losses[i], floats.Norm(gradients[i], 2)} }), err
}

// Medians returns the medians of losses and norms over the replicas at each epoch; none if
// gradnorm.Measure did not return the norms.
func (f Norms) Medians() (losses, norms []float64) {
	if f.Valid() != nil {
		return nil, nil
	}
	losses, _, _ = num.Spread(f.Losses)
	norms, _, _ = num.Spread(f.Norms)
	return losses, norms
}

// Plot returns loss and gradient norm of a run against epochs, one above the other: of the
// whole training set, and of the mini-batches during training.
func Plot(caption string, full Norms) (*figure.Figure, error) {
	if err := check.Args("gradnorm.Plot", full); err != nil {
		return nil, err
	}
	loss, norm := figure.NewPanel("", "", "loss"), figure.NewPanel("", "epoch", "norm of the gradient")
	x := num.Map(full.Epochs, func(epoch int) float64 { return float64(epoch) })
	for i, q := range []struct {
		panel   *figure.Panel
		batches func(experiment.History) []float64 // means over the mini-batches of an epoch
		whole   [][]float64                        // on the whole training set, [R][epochs]
	}{
		{loss, func(h experiment.History) []float64 { return h.TrainLoss }, full.Losses},
		{norm, func(h experiment.History) []float64 { return h.GradNorm }, full.Norms},
	} {
		q.panel.LogY()
		c, err := curves.Of(full.Run, q.batches, figure.Thinned)
		if err != nil {
			return nil, err
		}
		batches := "mini-batches, mean over an epoch"
		if full.Run.Spec.Batch == 0 { // there is one step in an epoch
			batches = "whole training set, in training"
		}
		raw := q.panel.Line(q.panel.Points(c.X, c.Median), figure.Faded(figure.TruthColor, 0.35), 0.8)
		q.panel.Record(batches, c)
		q.panel.Named("whole training set", figure.CurveOf(x, q.whole), figure.Stroke{Color: figure.Color(i)})
		q.panel.Legend.Add(batches, raw)
	}
	figure.Headroom(&loss.Y, 0.2) // for the legends
	figure.Headroom(&norm.Y, 0.25)
	return figure.New(figure.Figure{
		Name: "gradient-norm", Caption: caption, Alt: "Loss and norm of the gradient against epochs of " + full.Run.Label(),
	}, []*figure.Panel{loss}, []*figure.Panel{norm})
}

// StepPlot returns the loss and the gradient norm of every training step of the first replica
// of a run on images as dots, and the median over each sixtieth of the steps: if there are
// several replicas, the median of these with its range.
func StepPlot(caption string, run *experiment.Run) (*figure.Figure, error) {
	if err := check.Args("gradnorm.StepPlot", run); err != nil {
		return nil, err
	}
	steps := slices.Min(num.Map(run.Replicas, func(r experiment.Replica) int { return len(r.Steps) }))
	if steps == 0 {
		return nil, fmt.Errorf("gradnorm.StepPlot is for runs on images or other labels; the run of %s has no recorded steps", run.Spec.Describe())
	}
	loss, norm := figure.NewPanel("", "", "loss of the mini-batch"), figure.NewPanel("", "iteration", "norm of its gradient")
	addSteps(loss, run, steps, func(s experiment.Step) float64 { return s.Loss }, figure.Color(0))
	addSteps(norm, run, steps, func(s experiment.Step) float64 { return s.GradNorm }, figure.Color(1))
	table := figure.NewData("iteration", "loss", "gradient norm")
	for k, s := range run.Replicas[0].Steps {
		table.Add(k+1, s.Loss, s.GradNorm)
	}
	return figure.New(figure.Figure{
		Name: "steps", Caption: caption, Alt: "Loss and gradient norm of every training step of " + run.Label(),
		Raster: true, CSV: table.CSV(), // thousands of dots
	}, []*figure.Panel{loss}, []*figure.Panel{norm})
}

// addSteps draws a quantity of this many steps: a dot for each step of the first replica, and
// the median over each sixtieth of the steps, for all replicas.
func addSteps(p *figure.Panel, run *experiment.Run, steps int, of func(experiment.Step) float64, c color.Color) {
	rows := num.Map(run.Replicas, func(r experiment.Replica) []float64 { return num.Map(r.Steps[:steps], of) })
	iteration := num.Make(steps, func(k int) float64 { return float64(k + 1) })
	p.LogY()
	p.Y.Tick.Marker = figure.LogTicks{Raster: true}
	p.Dots(p.Points(iteration, rows[0]), figure.Faded(c, 0.25), 0.7, figure.Circle)
	window := (steps + 59) / 60
	smooth := num.Map(rows, func(row []float64) []float64 { return medians(row, window) })
	p.Named("median of "+words.Plural(window, "step"), figure.CurveOf(medians(iteration, window), smooth), figure.Stroke{Color: figure.TruthColor})
	if p.Y.Min > 0 {
		p.Y.Min = max(p.Y.Min, p.Y.Max*1e-7)
	}
	figure.Headroom(&p.Y, 0.1) // for the legend
}

// medians returns the median of each window of the values, one window after another.
func medians(values []float64, window int) []float64 {
	return num.Map(slices.Collect(slices.Chunk(values, window)), num.Median)
}

// Valid checks that there is a loss and a norm for each replica and epoch.
func (f Norms) Valid() error {
	if err := f.Run.Valid(); err != nil {
		return fmt.Errorf("the norms of the whole training set: %w", err)
	}
	if len(f.Epochs) == 0 || len(f.Losses) == 0 {
		return errors.New("the norms of the whole training set have no epochs; take those that gradnorm.Measure returned")
	}
	return cmp.Or(check.Matrix("the losses of the whole set", f.Losses, len(f.Losses), len(f.Epochs)),
		check.Matrix("the norms of the whole set", f.Norms, len(f.Losses), len(f.Epochs)))
}
