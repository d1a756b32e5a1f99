package figure

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"hw1/pkg/hw1/internal/num"
)

// curvePoints is the most points that a curve is drawn with; longer ones are
// thinned, since a figure is a few hundred dots wide.
const curvePoints = 400

// Thinned returns the indices of at most curvePoints of n points, evenly spaced, the
// first and the last among them.
func Thinned(n int) []int {
	indices := make([]int, min(n, curvePoints))
	for i := range indices {
		indices[i] = i * (n - 1) / max(1, len(indices)-1)
	}
	return indices
}

// ClampLog keeps a value on a logarithmic axis.
func ClampLog(v float64) float64 { return max(v, 1e-12) }

// LogXYs returns points for a logarithmic axis y.
func LogXYs(x, y []float64) plotter.XYs {
	points := make(plotter.XYs, len(x))
	for i := range x {
		points[i] = plotter.XY{X: x[i], Y: ClampLog(y[i])}
	}
	return points
}

func XYs(x, y []float64) plotter.XYs {
	points := make(plotter.XYs, len(x))
	for i := range x {
		points[i] = plotter.XY{X: x[i], Y: y[i]}
	}
	return points
}

// Stroke is how a line is drawn.
type Stroke struct {
	Color  color.Color
	Dashes []vg.Length
	Marked bool // with a dot at each of its points
}

// adder is what lines are drawn on: a panel, or its right axis.
type adder interface{ Add(...plot.Plotter) }

// pointsOn returns the points x, y to be drawn on a panel, or its right axis: where it
// is logarithmic, none too low for it.
func pointsOn(to adder, x, y []float64) plotter.XYs {
	p, ok := to.(*plot.Plot)
	if !ok {
		p = to.(*RightAxis).Panel
	}
	if _, logarithmic := p.Y.Scale.(logScale); logarithmic {
		return LogXYs(x, y)
	}
	return XYs(x, y)
}

// AddMedian draws the median of rows [R][n] at the points x [n], over their range
// as a band where there are several, and returns the line for a legend.
func AddMedian(to adder, x []float64, rows [][]float64, s Stroke) (*plotter.Line, error) {
	if len(rows) == 0 || len(x) == 0 {
		return nil, fmt.Errorf("there is nothing to draw a line of")
	}
	median, low, high := num.Spread(rows)
	if len(rows) > 1 {
		outline, upper := pointsOn(to, x, low), pointsOn(to, x, high)
		for i := range upper {
			outline = append(outline, upper[len(upper)-1-i])
		}
		area, err := plotter.NewPolygon(outline)
		if err != nil {
			return nil, err
		}
		area.Color, area.LineStyle.Width = Faded(s.Color, 0.13), 0
		to.Add(area)
	}
	line, err := plotter.NewLine(pointsOn(to, x, median))
	if err != nil {
		return nil, err
	}
	line.Color, line.Width, line.Dashes = s.Color, vg.Points(1.6), s.Dashes
	to.Add(line)
	if s.Marked {
		dots, err := plotter.NewScatter(pointsOn(to, x, median))
		if err != nil {
			return nil, err
		}
		dots.Color, dots.Radius, dots.Shape = s.Color, vg.Points(2.4), Circle
		to.Add(dots)
	}
	return line, nil
}

// NewBatchPanel returns a panel against batch sizes, on a logarithmic axis.
func NewBatchPanel(title, y string, batches []float64) *plot.Plot {
	p := NewPanel(title, "batch size", y)
	p.X.Scale = logScale{}
	var ticks plot.ConstantTicks
	for _, b := range batches {
		ticks = append(ticks, plot.Tick{Value: b, Label: fmt.Sprintf("%g", b)})
	}
	p.X.Tick.Marker = ticks
	return p
}

// Series is one line of a panel: columns [n][R], drawn to the panel or its right
// axis.
type Series struct {
	To      adder
	Label   string
	Columns [][]float64
	Stroke  Stroke
}

// AddSeries draws lines at the points x [n] and names them in the panel's legend.
func AddSeries(p *plot.Plot, x []float64, lines ...Series) error {
	for _, s := range lines {
		line, err := AddMedian(s.To, x, num.Transposed(s.Columns), s.Stroke)
		if err != nil {
			return err
		}
		p.Legend.Add(s.Label, line)
	}
	return nil
}

// Margin widens an axis by a share of its length on both sides.
func Margin(axis *plot.Axis, share float64) {
	room := share * (axis.Max - axis.Min)
	axis.Min, axis.Max = axis.Min-room, axis.Max+room
}
