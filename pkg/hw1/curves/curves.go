// Package curves draws runs: their learning curves, and tables of their final scores.
package curves

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Panel is one panel of a figure: runs that are compared.
type Panel struct {
	Title string
	Runs  []*experiment.Run
}

// LossPlot returns the training loss against epochs, on a logarithmic axis. For each run it
// draws the median over the seeds, raw in a faint colour and smoothed on top, and the range of
// the seeds as a band.
func LossPlot(caption string, panels ...Panel) (*figure.Figure, error) {
	if err := check.Args("curves.LossPlot", panels...); err != nil {
		return nil, err
	}
	var row []*figure.Panel
	late, entries := math.Inf(-1), 0 // the highest loss in the second half, and the number of lines in a legend
	for _, panel := range panels {
		p := figure.NewPanel(panel.Title, "epoch", "training loss")
		p.LogY()
		for j, name := range experiment.Labels(panel.Runs...) {
			loss, err := Of(panel.Runs[j], func(h experiment.History) []float64 { return h.TrainLoss }, p.Thinned)
			if err != nil {
				return nil, err
			}
			addSmoothed(p, name, loss, figure.Color(j))
			late, entries = max(late, lateHigh(loss)), max(entries, j+1)
		}
		row = append(row, p)
	}
	shareY(row, late, 0.09*float64(entries))
	return figure.New(figure.Figure{
		Name: "loss-" + words.Slug(panels[0].Runs[0].Spec.Task.String()), Caption: caption,
		Alt: "Training loss against epochs of " + labels(panels...),
	}, row)
}

// Of returns the median and range of a quantity over the replicas, against epochs, at thinned places of the history. A
// replica that ended early keeps its last value, so that the median is always over all replicas.
func Of(run *experiment.Run, of func(experiment.History) []float64, thinned func(n int) []int) (c figure.Curve, err error) {
	var longest []int
	for _, r := range run.Replicas {
		if len(r.History.Epoch) > len(longest) {
			longest = r.History.Epoch
		}
	}
	if len(longest) == 0 {
		return c, fmt.Errorf("the run of %s has no history to draw", run.Spec.Describe())
	}
	for _, i := range thinned(len(longest)) {
		var values []float64
		for _, r := range run.Replicas {
			if column := of(r.History); len(column) > 0 {
				values = append(values, column[min(i, len(column)-1)])
			}
		}
		values = slices.DeleteFunc(values, func(v float64) bool { return !check.IsFinite(v) })
		if len(values) > 0 {
			c.X, c.Median = append(c.X, float64(longest[i])), append(c.Median, num.Median(values))
			c.Low, c.High = append(c.Low, floats.Min(values)), append(c.High, floats.Max(values))
		}
	}
	return c, nil
}

// addSmoothed draws a curve's range, the raw median in a faint colour, and the smoothed median.
func addSmoothed(p *figure.Panel, name string, c figure.Curve, in color.Color) {
	p.Record(name, c)
	p.Band(c.X, c.Low, c.High, in)
	p.Line(p.Points(c.X, c.Median), figure.Faded(in, 0.35), 0.6)
	p.Legend.Add(name, p.Line(p.Points(c.X, smoothed(c.Median)), in, 1.8))
}

// smoothed returns the running mean, over windows of about a fortieth of the curve; the geometric one, unless values are below 0.
func smoothed(values []float64) []float64 {
	half, floor, mean := len(values)/80, figure.LogFloor(values), stat.GeometricMean
	if figure.HasNegative(values) {
		floor, mean = math.Inf(-1), stat.Mean
	}
	above := num.Map(values, func(v float64) float64 { return max(v, floor) })
	return num.Make(len(values), func(i int) float64 {
		// The window shrinks towards the ends, so that the curve starts and ends where the raw one does.
		w := min(half, i, len(values)-1-i)
		return mean(above[i-w:i+w+1], nil)
	})
}

// CurvesPlot returns loss (log) and, for networks that classify, accuracy against epochs: a colour per
// model, training solid and test dashed; medians over the seeds, with their range as a band if there are
// several. Runs on functions need Spec.EvaluateEach for it.
func CurvesPlot(caption string, runs ...*experiment.Run) (*figure.Figure, error) {
	return against("curves.CurvesPlot", caption, func(*figure.Panel) {}, runs)
}

// LogCurvesPlot is [CurvesPlot] with a logarithmic axis of epochs, for what happens early and late in a long training, such as grokking
// (Power et al. 2022).
func LogCurvesPlot(caption string, runs ...*experiment.Run) (*figure.Figure, error) {
	return against("curves.LogCurvesPlot", caption, (*figure.Panel).LogX, runs)
}

func against(function, caption string, epochs func(*figure.Panel), runs []*experiment.Run) (*figure.Figure, error) {
	if err := experiment.NeedEvaluations(function, runs...); err != nil {
		return nil, err
	}
	loss, accuracy := figure.NewPanel("", "epoch", "loss"), figure.NewPanel("", "epoch", "accuracy")
	epochs(loss)
	epochs(accuracy)
	return Figure("curves", caption, loss, accuracy, runs)
}

// Quantity is a column of the history of runs on images, and where it is drawn.
type Quantity struct {
	Panel *figure.Panel
	Name  string
	Test  bool
	Of    func(experiment.History) []float64
}

// watched names what is drawn dashed: the validation set if a run has one, and otherwise the test
// set.
func watched(runs ...*experiment.Run) string {
	names := num.Map(runs, func(run *experiment.Run) string {
		if run.Spec.Validation > 0 {
			return "validation"
		}
		return "test"
	})
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), " or ")
}

// Quantities returns the scores of a run. If there is a validation set, scores on it take the
// place of those on the test set, at which nobody should look during training.
func Quantities(run *experiment.Run, loss, accuracy *figure.Panel) []Quantity {
	lossOf, accuracyOf := func(h experiment.History) []float64 { return h.TestLoss }, func(h experiment.History) []float64 { return h.TestAccuracy }
	if run.Spec.Validation > 0 {
		lossOf, accuracyOf = func(h experiment.History) []float64 { return h.ValidationLoss }, func(h experiment.History) []float64 { return h.ValidationAccuracy }
	}
	return []Quantity{
		{loss, "train loss", false, func(h experiment.History) []float64 { return h.TrainLoss }},
		{loss, watched(run) + " loss", true, lossOf},
		{accuracy, "train accuracy", false, func(h experiment.History) []float64 { return h.TrainAccuracy }},
		{accuracy, watched(run) + " accuracy", true, accuracyOf},
	}
}

// Figure draws the scores of runs against epochs on two panels, or on the first one alone if the runs have no
// accuracy.
func Figure(name, caption string, loss, accuracy *figure.Panel, runs []*experiment.Run) (*figure.Figure, error) {
	loss.LogY()
	what, panels, legend, late := "Loss and accuracy", []*figure.Panel{loss, accuracy}, accuracy, math.Inf(-1)
	if !HasAccuracy(runs...) {
		what, panels, legend = "Loss", panels[:1], loss
	}
	for j, name := range experiment.Labels(runs...) {
		for _, q := range Quantities(runs[j], loss, accuracy) {
			if !slices.Contains(panels, q.Panel) {
				continue
			}
			c, err := Of(runs[j], q.Of, q.Panel.Thinned)
			if err != nil {
				return nil, err
			}
			stroke := figure.Stroke{Color: figure.Color(j)}
			if q.Test {
				stroke.Dashes = figure.TestDashes
			}
			line := q.Panel.Curve(name+", "+q.Name, c, stroke)
			if q.Panel == legend && !q.Test {
				legend.Legend.Add(name, line)
			}
			late = max(late, lateHigh(c))
		}
	}
	if accuracy.Y.Min == accuracy.Y.Max { // otherwise it would go up to 2
		accuracy.Y.Min, accuracy.Y.Max = 0, 1
	}
	legend.Sample("training")
	legend.Sample(watched(runs...), figure.TestDashes...)
	if legend == loss {
		shareY(panels, late, 0.09*float64(len(runs)+2))
	}
	return figure.New(figure.Figure{
		Name: name, Caption: caption, Alt: what + " against epochs, training and " + watched(runs...) + ", of " + labels(Panel{Runs: runs}),
	}, panels)
}

func labels(panels ...Panel) string {
	var names []string
	for _, panel := range panels {
		for _, name := range experiment.Labels(panel.Runs...) {
			if panel.Title != "" {
				name += " (" + panel.Title + ")"
			}
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Valid checks that there are runs, and that they are complete.
func (p Panel) Valid() error { return check.Args(fmt.Sprintf("the panel %q", p.Title), p.Runs...) }

// AccuracyTable returns a row per run on images: its task, if there are several, its size, and its final
// scores as medians over the seeds, with the 95 % interval of the test accuracy (Wilson 1927).
func AccuracyTable(caption string, runs ...*experiment.Run) (*figure.Table, error) {
	if err := cmp.Or(experiment.NeedImages("curves.AccuracyTable", runs...), experiment.NeedScores("curves.AccuracyTable", runs...)); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "accuracy",
		"model", "task", "parameters", "epochs", "train loss", "test loss", "train accuracy", "test accuracy", "95 % interval")
	names := experiment.Labels(runs...)
	for i, run := range runs {
		accuracy := run.Median(func(r experiment.Replica) float64 { return r.Test.Accuracy })
		low, high := num.Wilson(accuracy, run.Spec.TestSize)
		t.Add(names[i], run.Spec.Task, words.Thousands(run.Spec.Arch.Trained()), words.Thousands(int(run.Median(func(r experiment.Replica) float64 { return float64(r.Epochs) }))),
			words.Decimals(4, num.Median(run.TrainLosses())), words.Decimals(4, num.Median(run.TestLosses())),
			words.Percent(num.Median(run.TrainAccuracies())), words.Percent(accuracy), words.Percent(low)+" – "+words.Percent(high))
	}
	if !slices.ContainsFunc(runs, func(run *experiment.Run) bool { return run.Spec.Task != runs[0].Spec.Task }) {
		t.Drop("task")
	}
	return t, nil
}

// Batches returns the batch size of each run.
func Batches(runs []*experiment.Run) []float64 {
	return num.Map(runs, func(run *experiment.Run) float64 { return float64(cmp.Or(run.Spec.Batch, run.Spec.TrainSize)) })
}

// NeedRising returns an error unless a setting rises from run to run and all runs have the same number of seeds, which lines
// against that setting through the seeds need. With the tiny budgets of HW1_QUICK, two runs may have the same value.
func NeedRising(function, setting string, of []float64, runs []*experiment.Run) error {
	if err := cmp.Or(experiment.NeedSameSeeds(function, runs...), experiment.NeedScores(function, runs...)); err != nil {
		return err
	}
	for i := range runs[1:] {
		if of[i+1] < of[i] || of[i+1] == of[i] && !env.Quick() {
			return fmt.Errorf("%s draws lines against the %s, and %s, with %g, comes after %s, with %g; give it runs in strictly rising order",
				function, setting, runs[i+1].Label(), of[i+1], runs[i].Label(), of[i])
		}
	}
	return nil
}

// HasAccuracy reports whether all runs classify; a regression has no accuracy.
func HasAccuracy(runs ...*experiment.Run) bool {
	return !slices.ContainsFunc(runs, func(run *experiment.Run) bool { return !run.Spec.Network().Classifies() })
}
