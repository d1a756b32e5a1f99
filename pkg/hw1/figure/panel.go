package figure

import (
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/internal/num"
)

// Panel is a plot in the theme. If something on it cannot be drawn, [New] returns the error.
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

// Add draws plotters on the panel and extends its axes to hold them.
func (p *Panel) Add(plotters ...plot.Plotter) {
	p.Plot.Add(plotters...)
	p.drawn = append(p.drawn, plotters...)
}

// drawable returns the points; if gonum cannot draw them, it returns none and sets the panel's error.
func (p *Panel) drawable(points plotter.XYs) plotter.XYs {
	points, err := plotter.CopyXYs(points)
	p.err = cmp.Or(p.err, err)
	return points
}

// Line draws a line with a width in points; a line of a single point is drawn as a dot.
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

// Text writes a text centred at a point.
func (p *Panel) Text(at plotter.XY, text string) {
	style := p.Y.Tick.Label
	style.XAlign, style.YAlign = -0.5, -0.3
	p.Add(&plotter.Labels{XYs: p.drawable(plotter.XYs{at}), Labels: []string{text}, TextStyle: []draw.TextStyle{style}})
}

// Band fills the area between two curves, in a faded colour.
func (p *Panel) Band(x, low, high []float64, c color.Color) {
	lower, upper := p.Points(x, low), p.Points(x, high)
	slices.Reverse(upper)
	p.Polygon(append(lower, upper...), Faded(c, 0.13))
}

// Points returns the points x, y to be drawn. On a logarithmic axis, a 0 is raised to what it shows; values below 0 make
// the axis a plain one, as losses may be that cells declare.
func (p *Panel) Points(x, y []float64) plotter.XYs {
	if HasNegative(y) {
		p.PlainY()
	}
	if _, logarithmic := p.Y.Scale.(logScale); logarithmic {
		floor := LogFloor(y)
		y = num.Map(y, func(v float64) float64 { return max(v, floor) })
	}
	return XYs(x, y)
}

// HasNegative reports whether a value is below 0 by more than the rounding of a sum.
func HasNegative(values []float64) bool {
	return slices.ContainsFunc(values, func(v float64) bool { return v < -1e-6 })
}

// Stroke is how a line is drawn.
type Stroke struct {
	Color  color.Color
	Dashes []vg.Length
	Marked bool // with a dot at each point
}

// Curve is a quantity at the points X: its median, lowest and highest values, or only its values, as Median. All are [n].
type Curve struct {
	X, Median, Low, High []float64
	Rows                 [][]float64 // the values of each replica, if there are several and they are known, [R][n]
}

// CurveOf returns the curve of rows [R][n], one per replica, at the points x [n].
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

// Across returns the curve at the points x [n] of a quantity of n things, such as runs, each with the same number of replicas.
func Across[T any](x []float64, all []T, of func(T) []float64) Curve {
	return CurveOf(x, num.Transposed(num.Map(all, of)))
}

// Curve draws a curve, with its range, if it has one, as a band behind it, and returns the line for a legend. It records the
// curve in the figure's data under the name.
func (p *Panel) Curve(name string, c Curve, s Stroke) *plotter.Line {
	if len(c.X) == 0 {
		p.err = cmp.Or(p.err, errors.New("there is no data to draw a line from"))
		return &plotter.Line{}
	}
	p.Record(name, c)
	if !slices.Equal(c.Low, c.High) {
		p.Band(c.X, c.Low, c.High, s.Color)
	}
	line := p.Line(p.Points(c.X, c.Median), s.Color, 1.6, s.Dashes...)
	if s.Marked {
		p.Dots(p.Points(c.X, c.Median), s.Color, 2.4, Circle)
	}
	return line
}

// Named is [Panel.Curve] that also adds the name to the panel's legend.
func (p *Panel) Named(name string, c Curve, s Stroke) { p.Legend.Add(name, p.Curve(name, c, s)) }

// Sample adds an entry to the legend for all lines with these dashes, whatever their colour.
func (p *Panel) Sample(name string, dashes ...vg.Length) {
	p.Legend.Add(name, &plotter.Line{LineStyle: draw.LineStyle{Color: TextColor, Width: vg.Points(1.6), Dashes: dashes}})
}

// NoLegend removes the legend, for a panel beside one that has it.
func (p *Panel) NoLegend() { p.Legend = plot.NewLegend() }

// Record adds a curve to the figure's data, under a name.
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

// NewBatchPanel returns a panel with batch sizes on a logarithmic x axis.
func NewBatchPanel(title, y string, batches []float64) *Panel {
	p := NewPanel(title, "batch size", y)
	p.X.Scale = logScale{}
	p.X.Tick.Marker = plot.ConstantTicks(num.Map(batches, func(b float64) plot.Tick { return plot.Tick{Value: b, Label: fmt.Sprintf("%g", b)} }))
	return p
}

// Margin widens an axis by a share of its length on both sides.
func Margin(axis *plot.Axis, share float64) { widen(axis, share*(axis.Max-axis.Min)) }

// widen moves both ends of an axis outwards.
func widen(axis *plot.Axis, room float64) { axis.Min, axis.Max = axis.Min-room, axis.Max+room }

// curvePoints is the most points that a curve is drawn with; longer curves are thinned, since a
// figure is only a few hundred pixels wide.
const curvePoints = 400

// Thinned returns the indices of at most curvePoints of n points, evenly spaced, including the first and the last.
func Thinned(n int) []int {
	most := min(n, curvePoints)
	return num.Make(most, func(i int) int { return i * (n - 1) / max(1, most-1) })
}

// Thinned is [Thinned] for values from left to right of the panel: on a logarithmic x axis, for which the first value is at 1, the indices
// rise by about equal factors.
func (p *Panel) Thinned(n int) []int {
	all := Thinned(n)
	if _, logarithmic := p.X.Scale.(logScale); !logarithmic || n == len(all) {
		return all
	}
	last := float64(len(all) - 1)
	return slices.Compact(num.Make(len(all), func(i int) int { return int(math.Round(math.Pow(float64(n), float64(i)/last))) - 1 }))
}

// ClampLog raises a value to the least that a logarithmic axis shows.
func ClampLog(v float64) float64 { return max(v, 1e-12) }

// LogFloor returns where a logarithmic axis draws values that are not above 0: at 1e-12, or at the lowest positive value.
func LogFloor(values []float64) float64 {
	return slices.Min(append(slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !(v > 0) }), ClampLog(0)))
}

// XYs returns points.
func XYs(x, y []float64) plotter.XYs {
	return num.Make(len(x), func(i int) plotter.XY { return plotter.XY{X: x[i], Y: y[i]} })
}
