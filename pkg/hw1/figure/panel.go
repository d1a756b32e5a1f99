package figure

import (
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/internal/num"
)

// Panel is a plot in the theme. An error of what is drawn on it is one of the figure's, as [New] returns it.
type Panel struct {
	*plot.Plot
	drawn []plot.Plotter
	err   error
	data  Table
}

// NewPanel returns an empty panel with a title and the labels of its axes.
func NewPanel(title, x, y string) *Panel {
	p := &Panel{Plot: plot.New()}
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font = sans
	p.Title.TextStyle.Font.Size = 12
	p.Title.TextStyle.Color = TextColor
	p.Title.Padding = 6
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font, axis.Tick.Label.Font = sans, sans
		axis.Label.TextStyle.Font.Size, axis.Tick.Label.Font.Size = 11, 10
		axis.Label.TextStyle.Color, axis.Tick.Label.Color = TextColor, TextColor
		axis.LineStyle.Color, axis.Tick.Color = color.Gray{0x99}, color.Gray{0x99}
		axis.Padding = 2
		axis.Tick.Marker = plainTicks{}
	}
	p.Legend.TextStyle.Font = sans
	p.Legend.TextStyle.Font.Size = 10
	p.Legend.TextStyle.Color = TextColor
	p.Legend.ThumbnailWidth = 24
	p.Legend.Padding = 2
	p.Add(grid{})
	return p
}

// Add draws plotters on the panel, whose axes grow to hold them.
func (p *Panel) Add(plotters ...plot.Plotter) {
	p.Plot.Add(plotters...)
	p.drawn = append(p.drawn, plotters...)
}

// drawable returns the points, or none and an error of the panel where gonum cannot draw them.
func (p *Panel) drawable(points plotter.XYs) plotter.XYs {
	points, err := plotter.CopyXYs(points)
	p.err = cmp.Or(p.err, err)
	return points
}

// Line draws a line, so many points wide; one of a single point as a dot.
func (p *Panel) Line(points plotter.XYs, c color.Color, width float64, dashes ...vg.Length) *plotter.Line {
	line := &plotter.Line{XYs: p.drawable(points), LineStyle: draw.LineStyle{Color: c, Width: vg.Points(width), Dashes: dashes}}
	p.Add(line)
	if len(points) == 1 {
		p.Dots(points, c, 2.4, Circle)
	}
	return line
}

// Dots draws dots of a shape, with a radius in points.
func (p *Panel) Dots(points plotter.XYs, c color.Color, radius float64, shape draw.GlyphDrawer) *plotter.Scatter {
	dots := &plotter.Scatter{XYs: p.drawable(points), GlyphStyle: draw.GlyphStyle{Color: c, Radius: vg.Points(radius), Shape: shape}}
	p.Add(dots)
	return dots
}

// Polygon fills an area.
func (p *Panel) Polygon(outline plotter.XYs, c color.Color) *plotter.Polygon {
	area := &plotter.Polygon{XYs: []plotter.XYs{p.drawable(outline)}, Color: c}
	p.Add(area)
	return area
}

// Text writes a text with its middle at a point.
func (p *Panel) Text(at plotter.XY, text string) {
	style := p.Y.Tick.Label
	style.XAlign, style.YAlign = -0.5, -0.3
	p.Add(&plotter.Labels{XYs: p.drawable(plotter.XYs{at}), Labels: []string{text}, TextStyle: []draw.TextStyle{style}})
}

// Band fills the area between two curves, in a faded colour.
func (p *Panel) Band(x, low, high []float64, c color.Color) {
	lower, upper := p.points(x, low), p.points(x, high)
	slices.Reverse(upper)
	p.Polygon(append(lower, upper...), Faded(c, 0.13))
}

// points returns the points x, y to be drawn: on a logarithmic axis, none too low for it.
func (p *Panel) points(x, y []float64) plotter.XYs {
	if _, logarithmic := p.Y.Scale.(logScale); logarithmic {
		return LogXYs(x, y)
	}
	return XYs(x, y)
}

// Stroke is how a line is drawn.
type Stroke struct {
	Color  color.Color
	Dashes []vg.Length
	Marked bool // with a dot at each of its points
}

// Curve is a quantity at the points X: its median, its lowest and its highest value, or itself as the median alone. All are [n].
type Curve struct {
	X, Median, Low, High []float64
	Rows                 [][]float64 // that these are of, where there are several and they are known, [R][n]
}

// CurveOf returns the curve of rows [R][n] at the points x [n].
func CurveOf(x []float64, rows [][]float64) (c Curve) {
	if len(rows) > 0 {
		c.X = x
		c.Median, c.Low, c.High = num.Spread(rows)
	}
	if len(rows) > 1 {
		c.Rows = rows
	}
	return c
}

// Across returns the curve at the points x [n] of what each of n things, such as a run, has for as many replicas.
func Across[T any](x []float64, all []T, of func(T) []float64) Curve {
	return CurveOf(x, num.Transposed(num.Map(all, of)))
}

// Curve draws a curve over its range, if it has one, as a band, and returns the line for a legend. The figure's data have it under the name.
func (p *Panel) Curve(name string, c Curve, s Stroke) *plotter.Line {
	if len(c.X) == 0 {
		p.err = cmp.Or(p.err, errors.New("there is nothing to draw a line of"))
		return &plotter.Line{}
	}
	p.Record(name, c)
	if !slices.Equal(c.Low, c.High) {
		p.Band(c.X, c.Low, c.High, s.Color)
	}
	line := p.Line(p.points(c.X, c.Median), s.Color, 1.6, s.Dashes...)
	if s.Marked {
		p.Dots(p.points(c.X, c.Median), s.Color, 2.4, Circle)
	}
	return line
}

// Named is [Panel.Curve], with the name in the panel's legend, too.
func (p *Panel) Named(name string, c Curve, s Stroke) { p.Legend.Add(name, p.Curve(name, c, s)) }

// Sample names the lines of a kind in the legend, whatever their colour.
func (p *Panel) Sample(name string, dashes ...vg.Length) {
	p.Legend.Add(name, &plotter.Line{LineStyle: draw.LineStyle{Color: TextColor, Width: vg.Points(1.6), Dashes: dashes}})
}

// NoLegend takes the legend away, where another panel has it.
func (p *Panel) NoLegend() { p.Legend = plot.NewLegend() }

// Record writes a curve into the figure's data, under a name.
func (p *Panel) Record(name string, c Curve) {
	for i, x := range c.X {
		row := []any{cmp.Or(p.Title.Text, p.Y.Label.Text), name, x, c.Median[i], "", ""}
		if len(c.Low) > 0 {
			row[4], row[5] = c.Low[i], c.High[i]
		}
		for _, values := range c.Rows {
			row = append(row, values[i])
		}
		p.data.Add(row...)
	}
}

// NewBatchPanel returns a panel against batch sizes, on a logarithmic axis.
func NewBatchPanel(title, y string, batches []float64) *Panel {
	p := NewPanel(title, "batch size", y)
	p.X.Scale = logScale{}
	p.X.Tick.Marker = plot.ConstantTicks(num.Map(batches, func(b float64) plot.Tick { return plot.Tick{Value: b, Label: fmt.Sprintf("%g", b)} }))
	return p
}

// Margin widens an axis by a share of its length on both sides.
func Margin(axis *plot.Axis, share float64) {
	room := share * (axis.Max - axis.Min)
	axis.Min, axis.Max = axis.Min-room, axis.Max+room
}

// curvePoints is the most points that a curve is drawn with; longer ones are
// thinned, since a figure is a few hundred dots wide.
const curvePoints = 400

// Thinned returns the indices of at most curvePoints of n points, evenly spaced, the
// first and the last among them.
func Thinned(n int) []int {
	most := min(n, curvePoints)
	return num.Make(most, func(i int) int { return i * (n - 1) / max(1, most-1) })
}

// ClampLog keeps a value on a logarithmic axis.
func ClampLog(v float64) float64 { return max(v, 1e-12) }

// LogXYs returns points for a logarithmic axis y.
func LogXYs(x, y []float64) plotter.XYs {
	floor := LogFloor(y)
	return XYs(x, num.Map(y, func(v float64) float64 { return max(v, floor) }))
}

// LogFloor returns where values that are not above 0 stand on a logarithmic axis: at 1e-12, or with the lowest other one.
func LogFloor(values []float64) float64 {
	return slices.Min(append(slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !(v > 0) }), ClampLog(0)))
}

// XYs returns points.
func XYs(x, y []float64) plotter.XYs {
	return num.Make(len(x), func(i int) plotter.XY { return plotter.XY{X: x[i], Y: y[i]} })
}
