package hw1

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
)

// Panel is one panel of a figure: runs that are compared.
type Panel struct {
	Title string
	Runs  []*Run
}

// curvePoints is the most points that a curve is drawn with; longer ones are
// thinned, since a figure is a few hundred dots wide.
const curvePoints = 400

// thinned returns the indices of at most curvePoints of n points, evenly spaced, the
// first and the last among them.
func thinned(n int) []int {
	indices := make([]int, min(n, curvePoints))
	for i := range indices {
		indices[i] = i * (n - 1) / max(1, len(indices)-1)
	}
	return indices
}

// LossPlot returns the training loss against epochs, on a logarithmic axis. Of
// each run it draws the median over the seeds, faint as it is and smoothed on
// top, and the range of the seeds as a band.
func LossPlot(caption string, panels ...Panel) (*Figure, error) {
	if err := check("LossPlot", panels...); err != nil {
		return nil, err
	}
	row := make([]*plot.Plot, len(panels))
	var rows [][]string
	for i, panel := range panels {
		p := newPanel(panel.Title, "epoch", "training loss")
		logY(p)
		for j, run := range panel.Runs {
			lossBand, err := bandOf(run, func(h History) []float64 { return h.TrainLoss })
			if err != nil {
				return nil, err
			}
			if err := lossBand.addTo(p, j, run.Label()); err != nil {
				return nil, err
			}
			rows = append(rows, lossBand.rows(panel.Title, run.Label())...)
		}
		row[i] = p
	}
	shareY(row)
	f := newFigure("loss-"+slug(string(panels[0].Runs[0].Spec.Task)), caption, "Training loss against epochs of "+labels(panels), [][]*plot.Plot{row})
	f.CSV = csvText([]string{"panel", "model", "epoch", "median", "lowest", "highest"}, rows)
	return f, nil
}

// band is the course of one quantity over the replicas of a run.
type band struct{ epoch, median, low, high []float64 }

// bandOf returns a quantity's median and range over the replicas, thinned. A replica
// that ended early keeps its last value, so that the median is always that of all.
func bandOf(run *Run, of func(History) []float64) (band, error) {
	var longest []int
	for _, r := range run.Replicas {
		if len(r.History.Epoch) > len(longest) {
			longest = r.History.Epoch
		}
	}
	if len(longest) == 0 {
		return band{}, fmt.Errorf("the run of %s has no history to draw", run.Spec.describe())
	}
	var b band
	for _, i := range thinned(len(longest)) {
		var values []float64
		for _, r := range run.Replicas {
			column := of(r.History)
			if len(column) == 0 {
				continue
			}
			if value := column[min(i, len(column)-1)]; isFinite(value) {
				values = append(values, value)
			}
		}
		if len(values) == 0 {
			continue
		}
		b.epoch = append(b.epoch, float64(longest[i]))
		b.median = append(b.median, Median(values))
		b.low, b.high = append(b.low, floats.Min(values)), append(b.high, floats.Max(values))
	}
	return b, nil
}

// addTo draws the band, the raw median faintly, and the smoothed median.
func (b band) addTo(p *plot.Plot, index int, label string) error {
	c := colorOf(index)
	area, err := b.area(c)
	if err != nil {
		return err
	}
	raw, err := plotter.NewLine(xys(b.epoch, b.median))
	if err != nil {
		return err
	}
	raw.Color, raw.Width = faded(c, 0.35), vg.Points(0.6)
	smooth, err := plotter.NewLine(xys(b.epoch, smoothed(b.median)))
	if err != nil {
		return err
	}
	smooth.Color, smooth.Width = c, vg.Points(1.8)
	p.Add(area, raw, smooth)
	p.Legend.Add(label, smooth)
	return nil
}

// area returns the range of the band, to be drawn.
func (b band) area(c color.Color) (*plotter.Polygon, error) {
	var outline plotter.XYs
	for i, x := range b.epoch {
		outline = append(outline, plotter.XY{X: x, Y: clampLog(b.low[i])})
	}
	for i := len(b.epoch) - 1; i >= 0; i-- {
		outline = append(outline, plotter.XY{X: b.epoch[i], Y: clampLog(b.high[i])})
	}
	area, err := plotter.NewPolygon(outline)
	if err != nil {
		return nil, err
	}
	area.Color, area.LineStyle.Width = faded(c, 0.13), 0
	return area, nil
}

func (b band) rows(panel, label string) [][]string {
	rows := make([][]string, len(b.epoch))
	for i := range rows {
		rows[i] = []string{panel, label, formatFloat(b.epoch[i]), formatFloat(b.median[i]), formatFloat(b.low[i]), formatFloat(b.high[i])}
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
			sum += math.Log(clampLog(v))
		}
		out[i] = math.Exp(sum / float64(2*w+1))
	}
	return out
}

// clampLog keeps a value on a logarithmic axis.
func clampLog(v float64) float64 { return max(v, 1e-12) }

// xys returns points for a logarithmic axis y.
func xys(x, y []float64) plotter.XYs {
	points := make(plotter.XYs, len(x))
	for i := range x {
		points[i] = plotter.XY{X: x[i], Y: clampLog(y[i])}
	}
	return points
}

// CurvesPlot returns loss (log) and accuracy against epochs: a colour per model,
// training drawn solid and test dashed; the medians over the seeds, with their
// range as a band where there are several.
func CurvesPlot(caption string, runs ...*Run) (*Figure, error) {
	if err := check("CurvesPlot", runs...); err != nil {
		return nil, err
	}
	if err := needImages("CurvesPlot", runs...); err != nil {
		return nil, err
	}
	loss, accuracy := newPanel("", "epoch", "loss"), newPanel("", "epoch", "accuracy")
	accuracy.Legend.Top = false
	return curvesFigure("curves", caption, loss, accuracy, runs)
}

// quantity is a column of the history, and where it is drawn.
type quantity struct {
	panel *plot.Plot
	name  string
	test  bool
	of    func(History) []float64
}

// quantities returns the scores of images.
func quantities(loss, accuracy *plot.Plot) []quantity {
	return []quantity{
		{loss, "train loss", false, func(h History) []float64 { return h.TrainLoss }},
		{loss, "test loss", true, func(h History) []float64 { return h.TestLoss }},
		{accuracy, "train accuracy", false, func(h History) []float64 { return h.TrainAccuracy }},
		{accuracy, "test accuracy", true, func(h History) []float64 { return h.TestAccuracy }},
	}
}

// curvesFigure draws the scores of runs on images against epochs on two panels.
func curvesFigure(name, caption string, loss, accuracy *plot.Plot, runs []*Run) (*Figure, error) {
	logY(loss)
	var rows [][]string
	for j, run := range runs {
		for _, q := range quantities(loss, accuracy) {
			b, err := bandOf(run, q.of)
			if err != nil {
				return nil, err
			}
			line, err := plotter.NewLine(xys(b.epoch, b.median))
			if err != nil {
				return nil, err
			}
			line.Color, line.Width = colorOf(j), vg.Points(1.6)
			if q.test {
				line.Dashes = testDashes
			}
			if len(run.Replicas) > 1 {
				area, err := b.area(colorOf(j))
				if err != nil {
					return nil, err
				}
				q.panel.Add(area)
			}
			q.panel.Add(line)
			if q.panel == accuracy && !q.test {
				accuracy.Legend.Add(run.Label(), line)
			}
			rows = append(rows, b.rows(q.name, run.Label())...)
		}
	}
	addStyles(accuracy)
	f := newFigure(name, caption, "Loss and accuracy against epochs, training and test, of "+labels([]Panel{{Runs: runs}}), [][]*plot.Plot{{loss, accuracy}})
	f.CSV = csvText([]string{"quantity", "model", "epoch", "median", "lowest", "highest"}, rows)
	return f, nil
}

// addStyles adds the two styles of lines to a legend of colours.
func addStyles(p *plot.Plot) {
	p.Legend.Add("training", &plotter.Line{LineStyle: draw.LineStyle{Color: textColor, Width: vg.Points(1.6)}})
	p.Legend.Add("test", &plotter.Line{LineStyle: draw.LineStyle{Color: textColor, Width: vg.Points(1.6), Dashes: testDashes}})
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
