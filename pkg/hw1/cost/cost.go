// Package cost is part 4-1: the seconds of an epoch.
package cost

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"

	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/train"
)

// Cost is what an epoch of a Spec costs on this machine: the seconds that some epochs took, for
// all its seeds together, without evaluation.
type Cost struct {
	Spec    experiment.Spec
	Seconds []float64
}

// Median returns the median of the seconds of an epoch.
func (c Cost) Median() float64 { return num.Median(c.Seconds) }

// costEpochs replaces the Epochs of the Specs that are measured, so that the key does not
// depend on them.
const costEpochs = 250

// costSeconds is how long the epochs of a Spec are timed for.
const costSeconds = 1.0

// Measure times epochs of each Spec, one Spec after the other, after a first epoch, which
// compiles the graph. Anything else that the machine does meanwhile slows them down. The Specs'
// Epochs make no difference. The times are kept for this machine and backend.
func Measure(specs ...experiment.Spec) ([]Cost, error) {
	if len(specs) == 0 {
		return nil, fmt.Errorf("cost.Measure got no specs; give it one or more")
	}
	costs, keys, err := costsOf(specs)
	if err != nil {
		return nil, err
	}
	machine, err1 := os.Hostname()
	backend, err2 := device.Open()
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("the cost of epochs: %w", err)
	}
	span := costSeconds
	if env.Quick() {
		span /= 10
	}
	question := analysis.Question{Name: "cost of epochs", Version: 1, Inputs: map[string]any{
		"runs": keys, "seconds": span, "machine": machine, "cores": runtime.GOMAXPROCS(0), "backend": device.NameOf(backend),
	}}
	seconds, err := analysis.Of(question, func(ctx context.Context, w *analysis.Work) ([][]float64, error) {
		var all [][]float64
		for i, c := range costs {
			times, err := train.TimeEpochs(ctx, c.Spec, span)
			if err != nil {
				return nil, err
			}
			all = append(all, times)
			w.Report(float64(i+1) / float64(len(costs)))
		}
		return all, nil
	})
	for i := range seconds {
		costs[i].Seconds = seconds[i]
	}
	return costs, err
}

// costsOf returns what is to be measured: a Cost for each Spec, still without seconds, and the
// keys of the Specs.
func costsOf(specs []experiment.Spec) (costs []Cost, keys []string, err error) {
	for _, spec := range specs {
		if spec.Epochs > 0 {
			spec.Schedule = spec.Schedule.Stretched(spec.Epochs, costEpochs)
		}
		spec.Epochs = costEpochs
		if spec, err = spec.Resolved(); err != nil {
			return nil, nil, err
		}
		if most := spec.Regime().SeedsTogether; spec.Seeds > most {
			return nil, nil, fmt.Errorf("the cost of %s: its seeds train one by one, or at most %d together; set Seeds no higher", spec.Describe(), most)
		}
		costs, keys = append(costs, Cost{Spec: spec}), append(keys, spec.Key())
	}
	return costs, keys, nil
}

// Series holds the costs of Specs that differ in one setting.
type Series struct {
	Title string
	Costs []Cost
}

// Exponent returns the slope of the seconds against x on logarithmic axes: 1 if the cost of an
// epoch is proportional to x. It is NaN if x is the same for all.
func (s Series) Exponent(x func(experiment.Spec) float64) float64 {
	if s.Valid() != nil || x == nil {
		return math.NaN()
	}
	logX := num.Map(s.Costs, func(c Cost) float64 { return math.Log(x(c.Spec)) })
	logY := num.Map(s.Costs, func(c Cost) float64 { return math.Log(c.Median()) })
	if slices.Min(logX) == slices.Max(logX) {
		return math.NaN()
	}
	_, slope := stat.LinearRegression(logX, logY, nil, false)
	return slope
}

// Plot returns the seconds of an epoch against the parameters, the examples and
// the seeds of the series, a panel each, on logarithmic axes.
func Plot(caption string, parameters, examples, seeds []Series) (*figure.Figure, error) {
	var row []*figure.Panel
	table := figure.NewData("against", "series", "x", "median seconds", "lowest", "highest")
	for _, panel := range []struct {
		title, axis string
		series      []Series
		x           func(experiment.Spec) float64
	}{
		{"size", "parameters", parameters, func(s experiment.Spec) float64 { return float64(s.Arch.Trained()) }},
		{"data", "examples", examples, func(s experiment.Spec) float64 { return float64(s.TrainSize) }},
		{"seeds together", "seeds", seeds, func(s experiment.Spec) float64 { return float64(s.Seeds) }},
	} {
		if err := check.Args("cost.Plot", panel.series...); err != nil {
			return nil, err
		}
		p := figure.NewPanel(panel.title, panel.axis, "seconds per epoch")
		p.LogX()
		p.LogY()
		for k, s := range panel.series {
			var x, seconds []float64
			for _, c := range s.Costs {
				x, seconds = append(x, panel.x(c.Spec)), append(seconds, c.Median())
				table.Add(panel.axis, s.Title, panel.x(c.Spec), c.Median(), slices.Min(c.Seconds), slices.Max(c.Seconds))
			}
			p.Named(s.Title, figure.Curve{X: x, Median: seconds}, figure.Stroke{Color: figure.Color(k), Marked: true})
		}
		row = append(row, p)
	}
	return figure.New(figure.Figure{Name: "cost", Caption: caption, Alt: "Seconds of an epoch against parameters, examples and seeds", CSV: table.CSV()}, row)
}

// Valid checks that a cost has been measured.
func (c Cost) Valid() error {
	if len(c.Seconds) == 0 || slices.Min(c.Seconds) <= 0 {
		return fmt.Errorf("the cost of %s is not complete; take one that cost.Measure returned", c.Spec.Describe())
	}
	if _, err := c.Spec.Resolved(); err != nil {
		return err
	}
	return check.Numbers("the seconds of an epoch", c.Seconds)
}

// Valid checks that all costs have been measured.
func (s Series) Valid() error { return check.Args("the series "+s.Title, s.Costs...) }
