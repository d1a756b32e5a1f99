package fit

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/plot/plotter"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// sample is what the seeds of one model reach on one function.
type sample struct {
	task, model, group string
	losses             []float64
}

// SeedPlot returns the final training loss of every seed, a panel a function: for each model, side by side,
// those of its runs with each weight decay and the polished ones, with a bar at their median.
func SeedPlot(caption string, runs []*experiment.Run, polished []Polished) (*figure.Figure, error) {
	if err := cmp.Or(check.Args("fit.SeedPlot", runs...), check.Args("fit.SeedPlot", polished...)); err != nil {
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

// seedPanel draws the samples of one function, and writes them into the figure's data.
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
			for i, loss := range s.losses {
				dots = append(dots, plotter.XY{X: at + 0.1*width*float64(i%5-2), Y: figure.ClampLog(loss)}) // side by side
				table.Add(task, s.model, group, loss)
			}
			median := num.Median(s.losses)
			p.Line(figure.LogXYs([]float64{at - 0.4*width, at + 0.4*width}, []float64{median, median}), c, 2)
		}
		if len(dots) > 0 {
			p.Legend.Add(group, p.Dots(dots, figure.Faded(c, 0.6), 1.8, figure.Circle))
		}
	}
	figure.Headroom(&p.Y, 0.3) // for the legend
	return p
}

// distinct returns the different words of samples, in the order in which they come.
func distinct(samples []sample, of func(sample) string) (all []string) {
	for _, s := range samples {
		if !slices.Contains(all, of(s)) {
			all = append(all, of(s))
		}
	}
	return all
}
