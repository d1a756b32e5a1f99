package hw1

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// FullNorms are the norms of the gradient of the whole training set along a run.
type FullNorms struct {
	Run    *Run
	Epochs []int
	Losses [][]float64 // [R][epochs], mean loss
	Norms  [][]float64 // [R][epochs], L2 over all parameters
}

// GradNorms returns the loss and the norm of its gradient on the whole training set,
// without the L2 term, as training takes them down of its batches: at each snapshot of
// a run on a function, whose seeds must have the same ones.
func GradNorms(run *Run) (FullNorms, error) {
	if err := check("GradNorms", run); err != nil {
		return FullNorms{}, err
	}
	full := FullNorms{Run: run}
	if err := cmp.Or(needFunction("GradNorms", run), needSnapshots("GradNorms", run, 1)); err != nil {
		return full, err
	}
	loss := *run
	loss.Spec.WeightDecay = 0
	objective, err := NewObjective(&loss)
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
			return FullNorms{}, fmt.Errorf("GradNorms compares the seeds of %s epoch by epoch, and they ended in different ones; train them without Patience", run.Spec.describe())
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
func (f FullNorms) Medians() (losses, norms []float64) {
	if f.valid() != nil {
		return nil, nil
	}
	losses, _, _ = spread(f.Losses)
	norms, _, _ = spread(f.Norms)
	return losses, norms
}

// GradNormPlot returns loss and gradient norm of a run against epochs, one above
// the other: of the whole training set, and of the mini-batches on the way.
func GradNormPlot(caption string, full FullNorms) (*Figure, error) {
	if err := check("GradNormPlot", full); err != nil {
		return nil, err
	}
	loss, norm := newPanel("", "", "loss"), newPanel("", "epoch", "norm of the gradient")
	var table [][]string
	for i, q := range []normQuantity{
		{"loss", loss, func(h History) []float64 { return h.TrainLoss }, full.Losses},
		{"gradient norm", norm, func(h History) []float64 { return h.GradNorm }, full.Norms},
	} {
		rows, err := q.add(full, colorOf(i))
		if err != nil {
			return nil, err
		}
		table = append(table, rows...)
	}
	headroom(&loss.Y, 0.2) // for the legends
	headroom(&norm.Y, 0.25)
	f := newFigure("gradient-norm", caption, "Loss and norm of the gradient against epochs of "+full.Run.Label(), [][]*plot.Plot{{loss}, {norm}})
	f.CSV = csvText([]string{"quantity", "model", "epoch", "median", "lowest", "highest"}, table)
	return f, nil
}

// normQuantity is one quantity of a GradNormPlot.
type normQuantity struct {
	name    string
	panel   *plot.Plot
	batches func(History) []float64 // means over the mini-batches of an epoch
	full    [][]float64             // on the whole training set, [R][epochs]
}

// add draws the quantity, and returns what it drew as rows of a table.
func (q normQuantity) add(full FullNorms, c color.Color) ([][]string, error) {
	logY(q.panel)
	x := make([]float64, len(full.Epochs))
	for i, epoch := range full.Epochs {
		x[i] = float64(epoch)
	}
	b, err := bandOf(full.Run, q.batches)
	if err != nil {
		return nil, err
	}
	raw, err := plotter.NewLine(xys(b.epoch, b.median))
	if err != nil {
		return nil, err
	}
	raw.Color, raw.Width = faded(truthColor, 0.35), vg.Points(0.8)
	q.panel.Add(raw)
	line, err := addMedian(q.panel, x, q.full, stroke{color: c})
	if err != nil {
		return nil, err
	}
	q.panel.Legend.Add("whole training set", line)
	q.panel.Legend.Add("mini-batches, mean over an epoch", raw)
	median, low, high := spread(q.full)
	label := full.Run.Label()
	return append(b.rows(q.name+", mini-batches", label), band{x, median, low, high}.rows(q.name+", whole set", label)...), nil
}

// StepPlot returns the loss and the gradient norm of every training step of the
// first replica of a run on images, faint, and the running median over the steps: of
// several replicas, their median with its range.
func StepPlot(caption string, run *Run) (*Figure, error) {
	if err := check("StepPlot", run); err != nil {
		return nil, err
	}
	steps := len(run.Replicas[0].Steps)
	for _, r := range run.Replicas {
		steps = min(steps, len(r.Steps))
	}
	if steps == 0 {
		return nil, fmt.Errorf("StepPlot is for runs on images; that of %s has no steps", run.Spec.describe())
	}
	loss, norm := newPanel("", "", "loss of the mini-batch"), newPanel("", "iteration", "norm of its gradient")
	for i, q := range []struct {
		panel *plot.Plot
		of    func(Step) float64
	}{{loss, func(s Step) float64 { return s.Loss }}, {norm, func(s Step) float64 { return s.GradNorm }}} {
		rows := stepRows(run, steps, q.of)
		if err := addSteps(q.panel, rows, colorOf(i)); err != nil {
			return nil, err
		}
	}
	var table [][]string
	for k, s := range run.Replicas[0].Steps {
		table = append(table, []string{fmt.Sprint(k + 1), formatFloat(s.Loss), formatFloat(s.GradNorm)})
	}
	f := newFigure("steps", caption, "Loss and gradient norm of every training step of "+run.Label(), [][]*plot.Plot{{loss}, {norm}})
	f.Raster = true // thousands of dots
	f.CSV = csvText([]string{"iteration", "loss", "gradient norm"}, table)
	return f, nil
}

// stepRows returns a quantity of the first steps of each replica, [R][steps].
func stepRows(r *Run, steps int, of func(Step) float64) [][]float64 {
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
	logY(p)
	p.Y.Tick.Marker = logTicks{raster: true}
	dots, err := plotter.NewScatter(xys(iteration, rows[0]))
	if err != nil {
		return err
	}
	dots.Color, dots.Radius, dots.Shape = faded(c, 0.25), vg.Points(0.7), plotCircle
	p.Add(dots)
	window := steps/60 + 1
	smooth := make([][]float64, len(rows))
	for r, row := range rows {
		smooth[r] = runningMedian(row, window)
	}
	line, err := addMedian(p, runningMedian(iteration, window), smooth, stroke{color: truthColor})
	if err != nil {
		return err
	}
	p.Legend.Add("running median", line)
	p.Y.Min = max(p.Y.Min, p.Y.Max*1e-7)
	headroom(&p.Y, 0.1) // for the legend
	return nil
}

// runningMedian returns the median of each window of the values.
func runningMedian(values []float64, window int) []float64 {
	var medians []float64
	for part := range slices.Chunk(values, window) {
		medians = append(medians, Median(part))
	}
	return medians
}
