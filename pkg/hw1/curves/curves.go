// Package curves draws runs: their learning curves, and tables of their final scores.
package curves

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Panel is one panel of a figure: runs that are compared.
type Panel struct {
	Title string
	Runs  []*experiment.Run
}

// LossPlot returns the training loss against epochs, on a logarithmic axis. Of
// each run it draws the median over the seeds, faint as it is and smoothed on
// top, and the range of the seeds as a band.
func LossPlot(caption string, panels ...Panel) (*figure.Figure, error) {
	if err := check.Args("LossPlot", panels...); err != nil {
		return nil, err
	}
	row := make([]*plot.Plot, len(panels))
	var rows [][]string
	for i, panel := range panels {
		p := figure.NewPanel(panel.Title, "epoch", "training loss")
		figure.LogY(p)
		for j, run := range panel.Runs {
			lossBand, err := BandOf(run, func(h experiment.History) []float64 { return h.TrainLoss })
			if err != nil {
				return nil, err
			}
			if err := lossBand.addTo(p, j, run.Label()); err != nil {
				return nil, err
			}
			rows = append(rows, lossBand.Rows(panel.Title, run.Label())...)
		}
		row[i] = p
	}
	shareY(row)
	f := figure.New("loss-"+words.Slug(string(panels[0].Runs[0].Spec.Task)), caption, "Training loss against epochs of "+labels(panels), [][]*plot.Plot{row})
	f.CSV = figure.CSV([]string{"panel", "model", "epoch", "median", "lowest", "highest"}, rows)
	return f, nil
}

// Band is the course of one quantity over the replicas of a run.
type Band struct{ Epoch, Median, Low, High []float64 }

// BandOf returns a quantity's median and range over the replicas, thinned. A replica
// that ended early keeps its last value, so that the median is always that of all.
func BandOf(run *experiment.Run, of func(experiment.History) []float64) (Band, error) {
	var longest []int
	for _, r := range run.Replicas {
		if len(r.History.Epoch) > len(longest) {
			longest = r.History.Epoch
		}
	}
	if len(longest) == 0 {
		return Band{}, fmt.Errorf("the run of %s has no history to draw", run.Spec.Describe())
	}
	var b Band
	for _, i := range figure.Thinned(len(longest)) {
		var values []float64
		for _, r := range run.Replicas {
			column := of(r.History)
			if len(column) == 0 {
				continue
			}
			if value := column[min(i, len(column)-1)]; check.IsFinite(value) {
				values = append(values, value)
			}
		}
		if len(values) == 0 {
			continue
		}
		b.Epoch = append(b.Epoch, float64(longest[i]))
		b.Median = append(b.Median, num.Median(values))
		b.Low, b.High = append(b.Low, floats.Min(values)), append(b.High, floats.Max(values))
	}
	return b, nil
}

// addTo draws the band, the raw median faintly, and the smoothed median.
func (b Band) addTo(p *plot.Plot, index int, label string) error {
	c := figure.Color(index)
	area, err := b.area(c)
	if err != nil {
		return err
	}
	raw, err := plotter.NewLine(figure.LogXYs(b.Epoch, b.Median))
	if err != nil {
		return err
	}
	raw.Color, raw.Width = figure.Faded(c, 0.35), vg.Points(0.6)
	smooth, err := plotter.NewLine(figure.LogXYs(b.Epoch, smoothed(b.Median)))
	if err != nil {
		return err
	}
	smooth.Color, smooth.Width = c, vg.Points(1.8)
	p.Add(area, raw, smooth)
	p.Legend.Add(label, smooth)
	return nil
}

// area returns the range of the band, to be drawn.
func (b Band) area(c color.Color) (*plotter.Polygon, error) {
	var outline plotter.XYs
	for i, x := range b.Epoch {
		outline = append(outline, plotter.XY{X: x, Y: figure.ClampLog(b.Low[i])})
	}
	for i := len(b.Epoch) - 1; i >= 0; i-- {
		outline = append(outline, plotter.XY{X: b.Epoch[i], Y: figure.ClampLog(b.High[i])})
	}
	area, err := plotter.NewPolygon(outline)
	if err != nil {
		return nil, err
	}
	area.Color, area.LineStyle.Width = figure.Faded(c, 0.13), 0
	return area, nil
}

func (b Band) Rows(panel, label string) [][]string {
	rows := make([][]string, len(b.Epoch))
	for i := range rows {
		rows[i] = []string{panel, label, words.Float(b.Epoch[i]), words.Float(b.Median[i]), words.Float(b.Low[i]), words.Float(b.High[i])}
	}
	return rows
}

// smoothed returns the running geometric mean over about a fortieth of the curve.
func smoothed(values []float64) []float64 {
	half := len(values) / 80
	out := make([]float64, len(values))
	for i := range values {
		// The window shrinks towards the ends, so that the curve starts and ends where the raw one does.
		w := min(half, i, len(values)-1-i)
		sum := 0.0
		for _, v := range values[i-w : i+w+1] {
			sum += math.Log(figure.ClampLog(v))
		}
		out[i] = math.Exp(sum / float64(2*w+1))
	}
	return out
}

// CurvesPlot returns loss (log) and accuracy against epochs: a colour per model,
// training drawn solid and test dashed; the medians over the seeds, with their
// range as a band where there are several.
func CurvesPlot(caption string, runs ...*experiment.Run) (*figure.Figure, error) {
	if err := check.Args("CurvesPlot", runs...); err != nil {
		return nil, err
	}
	if err := experiment.NeedImages("CurvesPlot", runs...); err != nil {
		return nil, err
	}
	loss, accuracy := figure.NewPanel("", "epoch", "loss"), figure.NewPanel("", "epoch", "accuracy")
	accuracy.Legend.Top = false
	return Figure("curves", caption, loss, accuracy, runs)
}

// quantity is a column of the history, and where it is drawn.
type quantity struct {
	Panel *plot.Plot
	name  string
	Test  bool
	Of    func(experiment.History) []float64
}

// Quantities returns the scores of images.
func Quantities(loss, accuracy *plot.Plot) []quantity {
	return []quantity{
		{loss, "train loss", false, func(h experiment.History) []float64 { return h.TrainLoss }},
		{loss, "test loss", true, func(h experiment.History) []float64 { return h.TestLoss }},
		{accuracy, "train accuracy", false, func(h experiment.History) []float64 { return h.TrainAccuracy }},
		{accuracy, "test accuracy", true, func(h experiment.History) []float64 { return h.TestAccuracy }},
	}
}

// Figure draws the scores of runs on images against epochs on two panels.
func Figure(name, caption string, loss, accuracy *plot.Plot, runs []*experiment.Run) (*figure.Figure, error) {
	figure.LogY(loss)
	var rows [][]string
	for j, run := range runs {
		for _, q := range Quantities(loss, accuracy) {
			b, err := BandOf(run, q.Of)
			if err != nil {
				return nil, err
			}
			line, err := plotter.NewLine(figure.LogXYs(b.Epoch, b.Median))
			if err != nil {
				return nil, err
			}
			line.Color, line.Width = figure.Color(j), vg.Points(1.6)
			if q.Test {
				line.Dashes = figure.TestDashes
			}
			if len(run.Replicas) > 1 {
				area, err := b.area(figure.Color(j))
				if err != nil {
					return nil, err
				}
				q.Panel.Add(area)
			}
			q.Panel.Add(line)
			if q.Panel == accuracy && !q.Test {
				accuracy.Legend.Add(run.Label(), line)
			}
			rows = append(rows, b.Rows(q.name, run.Label())...)
		}
	}
	addStyles(accuracy)
	f := figure.New(name, caption, "Loss and accuracy against epochs, training and test, of "+labels([]Panel{{Runs: runs}}), [][]*plot.Plot{{loss, accuracy}})
	f.CSV = figure.CSV([]string{"quantity", "model", "epoch", "median", "lowest", "highest"}, rows)
	return f, nil
}

// addStyles adds the two styles of lines to a legend of colours.
func addStyles(p *plot.Plot) {
	p.Legend.Add("training", &plotter.Line{LineStyle: draw.LineStyle{Color: figure.TextColor, Width: vg.Points(1.6)}})
	p.Legend.Add("test", &plotter.Line{LineStyle: draw.LineStyle{Color: figure.TextColor, Width: vg.Points(1.6), Dashes: figure.TestDashes}})
}

// shareY gives logarithmic panels one y range, so that they can be compared by
// eye, with room for the legend.
func shareY(panels []*plot.Plot) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, p := range panels {
		lo, hi = min(lo, p.Y.Min), max(hi, p.Y.Max)
	}
	for _, p := range panels {
		p.Y.Min, p.Y.Max = lo, hi*math.Pow(hi/lo, 0.25) // the legend stands above the curves
	}
}

func labels(panels []Panel) string {
	var names []string
	for _, panel := range panels {
		for _, run := range panel.Runs {
			name := run.Label()
			if panel.Title != "" {
				name += " (" + panel.Title + ")"
			}
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func (p Panel) Valid() error {
	if len(p.Runs) == 0 {
		return fmt.Errorf("the panel %q has no runs; give it one or more", p.Title)
	}
	for _, run := range p.Runs {
		if err := run.Valid(); err != nil {
			return fmt.Errorf("the panel %q: %w", p.Title, err)
		}
	}
	return nil
}
