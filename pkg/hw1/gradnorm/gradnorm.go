// Package gradnorm is part 2-2: the norm of the gradient during training, of mini-batches and of the whole
// training set.
package gradnorm

import (
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Norms are the norms of the gradient of the whole training set along a run.
type Norms struct {
	Run    *experiment.Run
	Epochs []int
	Losses [][]float64 // [R][epochs], mean loss
	Norms  [][]float64 // [R][epochs], L2 over all parameters
}

// Measure returns the loss and the norm of its gradient on the whole training set,
// without the L2 term, as training takes them down of its batches: at each snapshot of
// a run on a function, whose seeds must have the same ones.
func Measure(run *experiment.Run) (Norms, error) {
	if err := check.Args("GradNorms", run); err != nil {
		return Norms{}, err
	}
	full := Norms{Run: run}
	if err := cmp.Or(experiment.NeedFunction("GradNorms", run), experiment.NeedSnapshots("GradNorms", run, 1)); err != nil {
		return full, err
	}
	loss := *run
	loss.Spec.WeightDecay = 0
	objective, err := eval.NewObjective(&loss)
	if err != nil {
		return full, err
	}
	for _, replica := range run.Replicas {
		var epochs []int
		var thetas [][]float64
		for _, s := range replica.Snapshots {
			epochs, thetas = append(epochs, s.Epoch), append(thetas, s.Theta)
		}
		if full.Epochs == nil {
			full.Epochs = epochs
		}
		if !slices.Equal(epochs, full.Epochs) {
			return Norms{}, fmt.Errorf("GradNorms compares the seeds of %s epoch by epoch, and they ended in different ones; train them without Patience", run.Spec.Describe())
		}
		losses, gradients, err := objective.Gradients(thetas...)
		if err != nil {
			return full, err
		}
		norms := make([]float64, len(gradients))
		for i, g := range gradients {
			norms[i] = floats.Norm(g, 2)
		}
		full.Losses, full.Norms = append(full.Losses, losses), append(full.Norms, norms)
	}
	return full, nil
}

// Medians returns the medians of losses and norms over the replicas at each epoch;
// none of norms that GradNorms did not return.
func (f Norms) Medians() (losses, norms []float64) {
	if f.Valid() != nil {
		return nil, nil
	}
	losses, _, _ = num.Spread(f.Losses)
	norms, _, _ = num.Spread(f.Norms)
	return losses, norms
}

// Plot returns loss and gradient norm of a run against epochs, one above
// the other: of the whole training set, and of the mini-batches on the way.
func Plot(caption string, full Norms) (*figure.Figure, error) {
	if err := check.Args("GradNormPlot", full); err != nil {
		return nil, err
	}
	loss, norm := figure.NewPanel("", "", "loss"), figure.NewPanel("", "epoch", "norm of the gradient")
	var table [][]string
	for i, q := range []normQuantity{
		{"loss", loss, func(h experiment.History) []float64 { return h.TrainLoss }, full.Losses},
		{"gradient norm", norm, func(h experiment.History) []float64 { return h.GradNorm }, full.Norms},
	} {
		rows, err := q.add(full, figure.Color(i))
		if err != nil {
			return nil, err
		}
		table = append(table, rows...)
	}
	figure.Headroom(&loss.Y, 0.2) // for the legends
	figure.Headroom(&norm.Y, 0.25)
	f := figure.New("gradient-norm", caption, "Loss and norm of the gradient against epochs of "+full.Run.Label(), [][]*plot.Plot{{loss}, {norm}})
	f.CSV = figure.CSV([]string{"quantity", "model", "epoch", "median", "lowest", "highest"}, table)
	return f, nil
}

// normQuantity is one quantity of a GradNormPlot.
type normQuantity struct {
	name    string
	panel   *plot.Plot
	batches func(experiment.History) []float64 // means over the mini-batches of an epoch
	full    [][]float64                        // on the whole training set, [R][epochs]
}

// add draws the quantity, and returns what it drew as rows of a table.
func (q normQuantity) add(full Norms, c color.Color) ([][]string, error) {
	figure.LogY(q.panel)
	x := make([]float64, len(full.Epochs))
	for i, epoch := range full.Epochs {
		x[i] = float64(epoch)
	}
	b, err := curves.BandOf(full.Run, q.batches)
	if err != nil {
		return nil, err
	}
	raw, err := plotter.NewLine(figure.LogXYs(b.Epoch, b.Median))
	if err != nil {
		return nil, err
	}
	raw.Color, raw.Width = figure.Faded(figure.TruthColor, 0.35), vg.Points(0.8)
	q.panel.Add(raw)
	line, err := figure.AddMedian(q.panel, x, q.full, figure.Stroke{Color: c})
	if err != nil {
		return nil, err
	}
	q.panel.Legend.Add("whole training set", line)
	q.panel.Legend.Add("mini-batches, mean over an epoch", raw)
	median, low, high := num.Spread(q.full)
	label := full.Run.Label()
	return append(b.Rows(q.name+", mini-batches", label), curves.Band{Epoch: x, Median: median, Low: low, High: high}.Rows(q.name+", whole set", label)...), nil
}

// StepPlot returns the loss and the gradient norm of every training step of the
// first replica of a run on images, faint, and the running median over the steps: of
// several replicas, their median with its range.
func StepPlot(caption string, run *experiment.Run) (*figure.Figure, error) {
	if err := check.Args("StepPlot", run); err != nil {
		return nil, err
	}
	steps := len(run.Replicas[0].Steps)
	for _, r := range run.Replicas {
		steps = min(steps, len(r.Steps))
	}
	if steps == 0 {
		return nil, fmt.Errorf("StepPlot is for runs on images; that of %s has no steps", run.Spec.Describe())
	}
	loss, norm := figure.NewPanel("", "", "loss of the mini-batch"), figure.NewPanel("", "iteration", "norm of its gradient")
	for i, q := range []struct {
		panel *plot.Plot
		of    func(experiment.Step) float64
	}{{loss, func(s experiment.Step) float64 { return s.Loss }}, {norm, func(s experiment.Step) float64 { return s.GradNorm }}} {
		rows := stepRows(run, steps, q.of)
		if err := addSteps(q.panel, rows, figure.Color(i)); err != nil {
			return nil, err
		}
	}
	var table [][]string
	for k, s := range run.Replicas[0].Steps {
		table = append(table, []string{fmt.Sprint(k + 1), words.Float(s.Loss), words.Float(s.GradNorm)})
	}
	f := figure.New("steps", caption, "Loss and gradient norm of every training step of "+run.Label(), [][]*plot.Plot{{loss}, {norm}})
	f.Raster = true // thousands of dots
	f.CSV = figure.CSV([]string{"iteration", "loss", "gradient norm"}, table)
	return f, nil
}

// stepRows returns a quantity of the first steps of each replica, [R][steps].
func stepRows(r *experiment.Run, steps int, of func(experiment.Step) float64) [][]float64 {
	rows := make([][]float64, len(r.Replicas))
	for i, replica := range r.Replicas {
		for _, s := range replica.Steps[:steps] {
			rows[i] = append(rows[i], of(s))
		}
	}
	return rows
}

// addSteps draws a quantity of all steps: of the first of the rows [R][steps] a dot
// for each, and the running median of all.
func addSteps(p *plot.Plot, rows [][]float64, c color.Color) error {
	steps := len(rows[0])
	iteration := make([]float64, steps)
	for k := range iteration {
		iteration[k] = float64(k + 1)
	}
	figure.LogY(p)
	p.Y.Tick.Marker = figure.LogTicks{Raster: true}
	dots, err := plotter.NewScatter(figure.LogXYs(iteration, rows[0]))
	if err != nil {
		return err
	}
	dots.Color, dots.Radius, dots.Shape = figure.Faded(c, 0.25), vg.Points(0.7), figure.Circle
	p.Add(dots)
	window := steps/60 + 1
	smooth := make([][]float64, len(rows))
	for r, row := range rows {
		smooth[r] = runningMedian(row, window)
	}
	line, err := figure.AddMedian(p, runningMedian(iteration, window), smooth, figure.Stroke{Color: figure.TruthColor})
	if err != nil {
		return err
	}
	p.Legend.Add("running median", line)
	p.Y.Min = max(p.Y.Min, p.Y.Max*1e-7)
	figure.Headroom(&p.Y, 0.1) // for the legend
	return nil
}

// runningMedian returns the median of each window of the values.
func runningMedian(values []float64, window int) []float64 {
	var medians []float64
	for part := range slices.Chunk(values, window) {
		medians = append(medians, num.Median(part))
	}
	return medians
}

func (f Norms) Valid() error {
	if err := f.Run.Valid(); err != nil {
		return fmt.Errorf("the norms of the whole training set: %w", err)
	}
	if len(f.Epochs) == 0 || len(f.Losses) == 0 {
		return errors.New("the norms of the whole training set have no epochs; take those that GradNorms returned")
	}
	return cmp.Or(check.Matrix("the losses of the whole set", f.Losses, len(f.Losses), len(f.Epochs)),
		check.Matrix("the norms of the whole set", f.Norms, len(f.Losses), len(f.Epochs)))
}
