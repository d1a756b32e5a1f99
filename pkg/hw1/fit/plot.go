package fit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// FunctionPlot returns the graphs of functions, a panel each.
func FunctionPlot(caption string, tasks ...data.Task) (*figure.Figure, error) {
	if len(tasks) == 0 {
		return nil, fmt.Errorf("fit.FunctionPlot needs at least one function")
	}
	var row []*figure.Panel
	for _, task := range tasks {
		train, _, err := task.Shared()
		if err != nil {
			return nil, err
		}
		if train.Features() != 1 || len(train.Y) == 0 {
			return nil, fmt.Errorf("fit.FunctionPlot is for functions of one input, and %q is not one", task)
		}
		title := task.String()
		if task.Formula() != "" {
			title += ":  " + task.Formula()
		}
		p := figure.NewPanel(title, "x", "f(x)")
		outputs := len(train.Y) / train.Len()
		for k := range outputs {
			y, name := num.Column(train.Y, k, outputs), "training points"
			dots := p.Dots(figure.XYs(train.X, y), figure.Color(k), 1.1, figure.Circle)
			if outputs > 1 {
				name = ofOutput(name, k+1)
				p.Legend.Add(fmt.Sprintf("output %d", k+1), dots)
			}
			p.Record(name, figure.Curve{X: train.X, Median: y})
		}
		row = append(row, p)
	}
	return figure.New(figure.Figure{Name: "functions", Caption: caption, Alt: "The training points of each function"}, row)
}

// Plot returns the predictions of runs on one function against the truth, and below them the residuals, once more away from the pole if the function
// is the signed decay, as the caption then says;
// for a function of two inputs, it returns truth, fit and residual of each run as heat maps.
func Plot(caption string, fits ...Fit) (*figure.Figure, error) {
	if err := check.Args("fit.Plot", fits...); err != nil {
		return nil, err
	}
	if n := len(fits); n > mostFits {
		return nil, fmt.Errorf("fit.Plot draws at most %d fits, and got %d; give it some of them, such as fits[:%[1]d]", mostFits, n)
	}
	task := fits[0].Run.Spec.Task
	for _, fit := range fits {
		if other := fit.Run.Spec.Task; other != task {
			return nil, fmt.Errorf("fit.Plot draws one function, not %s and %s", task, other)
		}
	}
	switch inputs := fits[0].Run.Spec.Arch.Features(); inputs {
	case 1:
		return linePlot(caption, task, fits)
	case 2:
		return heatPlot(caption, task, fits)
	default:
		return nil, fmt.Errorf("fit.Plot draws functions of one or two inputs, and %s has %d", task, inputs)
	}
}

// mostFits is the most fits in a figure: more have no colors of their own, and a legend as high as the panel.
const mostFits = 12

func linePlot(caption string, task data.Task, fits []Fit) (*figure.Figure, error) {
	curves, residuals := figure.NewPanel(task.String(), "", "f(x)"), figure.NewPanel("", "x", "prediction − truth")
	elsewhere := figure.NewPanel("", "x", fmt.Sprintf("the same, |x| ≥ %g", nearZero))
	names := labels(fits)
	for i, fit := range fits {
		if !slices.ContainsFunc(fits[:i], func(f Fit) bool { return f.Output == fit.Output }) { // its truth is not there yet
			dots := curves.Dots(figure.XYs(fit.X, fit.Truth), figure.TruthColor, 1, figure.Circle)
			if i == 0 {
				curves.Legend.Add("truth", dots)
			}
			curves.Record(ofOutput("truth", fit.Output), figure.Curve{X: fit.X, Median: fit.Truth})
		}
		curves.Record(names[i], figure.Curve{X: fit.X, Median: fit.Y})
		c := figure.Faded(figure.Color(i), 0.9)
		line := curves.Line(figure.XYs(fit.X, fit.Y), c, 1.3)
		curves.Legend.Add(fmt.Sprintf("%s (seed %d)", names[i], fit.Seed), line)
		errors := figure.XYs(fit.X, floats.SubTo(make([]float64, len(fit.X)), fit.Y, fit.Truth))
		residuals.Line(errors, c, 1.3)
		left := slices.IndexFunc(fit.X, func(x float64) bool { return x > -nearZero })
		right := slices.IndexFunc(fit.X, func(x float64) bool { return x >= nearZero })
		if task == data.SignedDecay && left > 0 && right > 0 {
			elsewhere.Line(errors[:left], c, 1.3)
			elsewhere.Line(errors[right:], c, 1.3)
		}
	}
	share := min(0.075*float64(len(fits)+1), 0.6) // the legend's share of the height
	figure.Headroom(&curves.Y, max(0.45, share/(1-share)))
	f := figure.Figure{
		Name: "fit-" + words.Slug(task.String()), Caption: caption, Height: 14 * vg.Centimeter,
		Alt: "Predictions of each network for " + task.String() + " against the truth, and the residuals",
	}
	rows := [][]*figure.Panel{{curves}, {residuals}}
	if task == data.SignedDecay { // beside those at its pole, the other residuals look like zero
		residuals.X.Label.Text, f.Caption = "", strings.TrimSuffix(caption, ".")+"; at the bottom, the residuals away from the pole, on an axis of their own."
		rows, f.Height = append(rows, []*figure.Panel{elsewhere}), 20*vg.Centimeter
	}
	return figure.New(f, rows...)
}

func runsOf(fits []Fit) []*experiment.Run {
	return num.Map(fits, func(f Fit) *experiment.Run { return f.Run })
}

// labels returns labels that tell fits apart.
func labels(fits []Fit) []string {
	all := experiment.Labels(runsOf(fits)...)
	for i, fit := range fits {
		all[i] = ofOutput(all[i], fit.Output)
	}
	return all
}

// ofOutput adds to a name which output it is of, from 1; nothing for 0, the only one.
func ofOutput(name string, output int) string {
	if output == 0 {
		return name
	}
	return fmt.Sprintf("%s, output %d", name, output)
}

func heatPlot(caption string, task data.Task, fits []Fit) (*figure.Figure, error) {
	table := figure.NewData("model", "x1", "x2", "truth", "prediction")
	var rows [][]*figure.Panel
	names := labels(fits)
	for k, fit := range fits {
		side := make([]float64, gridSide)
		for i := range side {
			side[i] = fit.X[2*i+1]
		}
		for i := range fit.Y {
			table.Add(names[k], fit.X[2*i], fit.X[2*i+1], fit.Truth[i], fit.Y[i])
		}
		var row []*figure.Panel
		for i, values := range [][]float64{fit.Truth, fit.Y, floats.SubTo(make([]float64, len(fit.Y)), fit.Y, fit.Truth)} {
			title := []string{task.String(), fmt.Sprintf("%s (seed %d)", names[k], fit.Seed), "prediction − truth"}[i]
			p := figure.NewPanel(title, "x₁", "x₂")
			columns := slices.Collect(slices.Chunk(values, gridSide)) // one per x₁
			p.Heat(figure.Grid{AtX: side, AtY: side, Values: num.Transposed(columns)}, "", true)
			row = append(row, p)
		}
		rows = append(rows, row)
	}
	return figure.New(figure.Figure{
		Name: "fit-" + words.Slug(task.String()), Caption: caption, Raster: true, Height: vg.Length(len(rows)) * 5.6 * vg.Centimeter, CSV: table.CSV(),
		Alt: "Heat maps of " + task.String() + ", of each network's predictions and of the residuals",
	}, rows...)
}

// sample holds the losses that the seeds of one model reach on one function.
type sample struct {
	task, model, group string
	losses             []float64
}

// SeedPlot returns the final training loss of every seed, a panel per function: for each model, the losses
// with each weight decay and the polished ones side by side, with a bar at their median.
func SeedPlot(caption string, runs []*experiment.Run, polished []Polished) (*figure.Figure, error) {
	if err := cmp.Or(experiment.NeedScores("fit.SeedPlot", runs...), check.Args("fit.SeedPlot", polished...)); err != nil {
		return nil, err
	}
	names := experiment.Labels(append(slices.Clone(runs), num.Map(polished, func(p Polished) *experiment.Run { return p.Run })...)...)
	var samples []sample
	for i, run := range runs {
		samples = append(samples, sample{run.Spec.Task.String(), names[i], fmt.Sprintf("weight decay %g", run.Spec.WeightDecay), run.TrainLosses()})
	}
	for i, p := range polished {
		samples = append(samples, sample{p.Run.Spec.Task.String(), names[len(runs)+i], "polished", p.TrainLosses()})
	}
	table := figure.NewData("function", "model", "group", "training loss")
	tasks := distinct(samples, func(s sample) string { return s.task })
	row := num.Map(tasks, func(task string) *figure.Panel { return seedPanel(task, samples, table) })
	return figure.New(figure.Figure{Name: "seeds", Caption: caption, Alt: "The final training loss of every seed of each model", CSV: table.CSV()}, row)
}

// seedPanel draws the samples of one function, and adds them to the figure's data.
func seedPanel(task string, samples []sample, table *figure.Table) *figure.Panel {
	models, groups := distinct(samples, func(s sample) string { return s.model }), distinct(samples, func(s sample) string { return s.group })
	p := figure.NewPanel(task, "", "training loss")
	p.LogY()
	p.X.Tick.Marker = figure.NamedTicks(models)
	for g, group := range groups {
		var dots plotter.XYs
		c, width := figure.Color(g), 0.8/float64(len(groups))
		for _, s := range samples {
			if s.task != task || s.group != group {
				continue
			}
			at := float64(slices.Index(models, s.model)) + width*(float64(g)-float64(len(groups)-1)/2)
			dots = append(dots, p.Points(num.Make(len(s.losses), func(i int) float64 { return at + 0.1*width*float64(i%5-2) }), s.losses)...) // side by side
			for _, loss := range s.losses {
				table.Add(task, s.model, group, loss)
			}
			median := num.Median(s.losses)
			p.Line(p.Points([]float64{at - 0.4*width, at + 0.4*width}, []float64{median, median}), c, 2)
		}
		if len(dots) > 0 {
			p.Legend.Add(group, p.Dots(dots, figure.Faded(c, 0.6), 1.8, figure.Circle))
		}
	}
	figure.Headroom(&p.Y, 0.3) // for the legend
	return p
}

// distinct returns the distinct words of samples, in order of appearance.
func distinct(samples []sample, of func(sample) string) (all []string) {
	for _, s := range samples {
		if !slices.Contains(all, of(s)) {
			all = append(all, of(s))
		}
	}
	return all
}
