package hw1

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
)

// Cost is what an epoch of a Spec costs on this machine: the seconds of some epochs
// of all its seeds together, without the evaluation.
type Cost struct {
	Spec    Spec
	Seconds []float64
}

// Median returns the median of the seconds of an epoch.
func (c Cost) Median() float64 { return Median(c.Seconds) }

// costEpochs stands for the Epochs of what is measured: one key whatever they are.
const costEpochs = 250

// costSeconds is how long the epochs of a Spec are timed for.
const costSeconds = 1.0

// MeasureCosts times epochs of each Spec, one Spec after the other, after a first
// epoch that compiles. What else the machine does at the time slows them down. The
// Specs' Epochs make no difference. The times are kept for this machine and backend.
func MeasureCosts(specs ...Spec) ([]Cost, error) {
	if len(specs) == 0 {
		return nil, fmt.Errorf("MeasureCosts got no specs; give it one or more")
	}
	costs, keys, err := costsOf(specs)
	if err != nil {
		return nil, err
	}
	machine, err1 := os.Hostname()
	backend, err2 := backendName()
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("the cost of epochs: %w", err)
	}
	span := costSeconds
	if Quick() {
		span /= 10
	}
	question := analysis{"cost of epochs", 1, map[string]any{
		"runs": keys, "seconds": span, "machine": machine, "cores": runtime.GOMAXPROCS(0), "backend": backend,
	}}
	seconds, err := analyze(question, func(ctx context.Context, w *work) ([][]float64, error) {
		var all [][]float64
		for i, c := range costs {
			times, err := timeEpochs(ctx, c.Spec, span)
			if err != nil {
				return nil, err
			}
			all = append(all, times)
			w.report(float64(i+1) / float64(len(costs)))
		}
		return all, nil
	})
	for i := range seconds {
		costs[i].Seconds = seconds[i]
	}
	return costs, err
}

// costsOf returns what is to be measured: a Cost for each Spec, without its seconds, and
// the keys of the Specs.
func costsOf(specs []Spec) (costs []Cost, keys []string, err error) {
	for _, spec := range specs {
		spec.Epochs = costEpochs
		if spec, err = spec.resolved(); err != nil {
			return nil, nil, err
		}
		if most := spec.regime().SeedsTogether; spec.Seeds > most {
			return nil, nil, fmt.Errorf("the cost of %s: its seeds train %d at a time; measure one run of so many", spec.describe(), most)
		}
		costs, keys = append(costs, Cost{Spec: spec}), append(keys, spec.key())
	}
	return costs, keys, nil
}

// CostSeries are the costs of Specs that differ in one thing.
type CostSeries struct {
	Title string
	Costs []Cost
}

// Exponent returns the slope of the seconds against x on logarithmic axes: 1 where
// the cost of an epoch grows as x does. It is NaN where x is the same for all.
func (s CostSeries) Exponent(x func(Spec) float64) float64 {
	if s.valid() != nil || x == nil || len(s.Costs) == 0 {
		return math.NaN()
	}
	var logX, logY []float64
	for _, c := range s.Costs {
		logX, logY = append(logX, math.Log(x(c.Spec))), append(logY, math.Log(c.Median()))
	}
	if slices.Min(logX) == slices.Max(logX) {
		return math.NaN()
	}
	_, slope := stat.LinearRegression(logX, logY, nil, false)
	return slope
}

// CostPlot returns the seconds of an epoch against the parameters, the examples and
// the seeds of the series, a panel each, on logarithmic axes.
func CostPlot(caption string, parameters, examples, seeds []CostSeries) (*Figure, error) {
	row := make([]*plot.Plot, 3)
	var table [][]string
	for i, panel := range []struct {
		title, axis string
		series      []CostSeries
		x           func(Spec) float64
	}{
		{"size", "parameters", parameters, func(s Spec) float64 { return float64(s.Arch.ParamCount()) }},
		{"data", "examples", examples, func(s Spec) float64 { return float64(s.TrainSize) }},
		{"seeds together", "seeds", seeds, func(s Spec) float64 { return float64(s.Seeds) }},
	} {
		if err := check("CostPlot", panel.series...); err != nil {
			return nil, err
		}
		row[i] = newPanel(panel.title, panel.axis, "seconds an epoch")
		logX(row[i])
		logY(row[i])
		row[i].Legend.Top = false
		for k, s := range panel.series {
			var x []float64
			var columns [][]float64
			for _, c := range s.Costs {
				x = append(x, panel.x(c.Spec))
				columns = append(columns, []float64{c.Median()})
				table = append(table, []string{
					panel.axis, s.Title, formatFloat(panel.x(c.Spec)), formatFloat(c.Median()),
					formatFloat(slices.Min(c.Seconds)), formatFloat(slices.Max(c.Seconds)),
				})
			}
			if err := addSeries(row[i], x, series{row[i], s.Title, columns, stroke{color: colorOf(k), marked: true}}); err != nil {
				return nil, err
			}
		}
	}
	f := newFigure("cost", caption, "Seconds of an epoch against parameters, examples and seeds", [][]*plot.Plot{row})
	f.CSV = csvText([]string{"against", "series", "x", "median seconds", "lowest", "highest"}, table)
	return f, nil
}
