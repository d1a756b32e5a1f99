package hw1

import (
	"fmt"
	"image/color"
	"math"
	"sync"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot"
	shades "gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// heatColors are the shades of heat maps, from low to high: their lightness grows
// steadily, so that they are in order without colour, too.
var heatColors = sync.OnceValue(func() shades.Palette {
	scale, err := moreland.NewLuminance([]color.Color{
		color.NRGBA{0x30, 0x12, 0x4b, 0xff},
		color.NRGBA{0x2d, 0x4f, 0x8b, 0xff},
		color.NRGBA{0x1f, 0x8a, 0x8c, 0xff},
		color.NRGBA{0x5a, 0xc8, 0x64, 0xff},
		color.NRGBA{0xfd, 0xe7, 0x25, 0xff},
	})
	if err != nil {
		panic(err) // the colours above are in order
	}
	scale.SetMax(1)
	return scale.Palette(128)
})

// SurfacePlot returns surfaces as heat maps of the loss's logarithm with contour
// lines, a panel each: the final weights as a cross, and the path of training in
// the plane where there is one.
func SurfacePlot(caption string, surfaces ...Surface) (*Figure, error) {
	if err := check("SurfacePlot", surfaces...); err != nil {
		return nil, err
	}
	row := make([]*plot.Plot, len(surfaces))
	var table [][]string
	for i, s := range surfaces {
		p, err := s.panel()
		if err != nil {
			return nil, err
		}
		row[i] = p
		for j, y := range s.Y {
			for k, x := range s.X {
				table = append(table, []string{s.Plane, formatFloat(x), formatFloat(y), formatFloat(s.Losses[j][k])})
			}
		}
	}
	f := newFigure("surface-"+slug(string(surfaces[0].Run.Spec.Task)), caption, "Loss around the final weights of "+surfaces[0].Run.Label()+" in "+surfaces[0].Plane, [][]*plot.Plot{row})
	f.Raster, f.height = true, 10*vg.Centimeter
	f.CSV = csvText([]string{"plane", "x", "y", "loss"}, table)
	return f, nil
}

func (s Surface) panel() (*plot.Plot, error) {
	p := newPanel(s.Plane, "direction 1", "direction 2")
	if s.Shares != nil {
		p.X.Label.Text = fmt.Sprintf("component 1 (%.0f %% of the path's variance)", 100*s.Shares[0])
		p.Y.Label.Text = fmt.Sprintf("component 2 (%.0f %%)", 100*s.Shares[1])
	}
	heat := plotter.NewHeatMap(logGrid{s}, heatColors())
	heat.Rasterized = true // no seams between the cells
	contours := plotter.NewContour(logGrid{s}, levels(heat.Min, heat.Max, 9), nil)
	contours.LineStyles = []draw.LineStyle{{Color: color.NRGBA{0xff, 0xff, 0xff, 0x90}, Width: vg.Points(0.7)}}
	p.Add(heat, contours, colorBar{heat.Min, heat.Max, p.Y.Tick.Label, "loss"})
	if len(s.PathX) > 0 {
		line, dots, err := plotter.NewLinePoints(pairs(s.PathX, s.PathY))
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = color.White, vg.Points(1.4)
		dots.Color, dots.Radius, dots.Shape = color.White, vg.Points(1.6), plotCircle
		start, err := plotter.NewScatter(pairs(s.PathX[:1], s.PathY[:1]))
		if err != nil {
			return nil, err
		}
		start.Color, start.Radius, start.Shape = colorOf(1), vg.Points(3.5), plotCircle
		p.Add(line, dots, start)
	}
	end, err := plotter.NewScatter(plotter.XYs{{X: 0, Y: 0}})
	if err != nil {
		return nil, err
	}
	end.Color, end.Radius, end.Shape = colorOf(1), vg.Points(4.5), boldCross{}
	p.Add(end)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = s.X[0], s.X[len(s.X)-1], s.Y[0], s.Y[len(s.Y)-1]
	return p, nil
}

// boldCross is a cross with a white rim, to be seen on any ground.
type boldCross struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (boldCross) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	r := style.Radius
	for _, line := range []draw.LineStyle{{Color: color.White, Width: vg.Points(4)}, {Color: style.Color, Width: vg.Points(2.2)}} {
		c.StrokeLine2(line, at.X-r, at.Y-r, at.X+r, at.Y+r)
		c.StrokeLine2(line, at.X-r, at.Y+r, at.X+r, at.Y-r)
	}
}

// logGrid is a surface as gonum's grid, of log10 of the loss.
type logGrid struct{ s Surface }

func (g logGrid) Dims() (cols, rows int) { return len(g.s.X), len(g.s.Y) }
func (g logGrid) X(col int) float64      { return g.s.X[col] }
func (g logGrid) Y(row int) float64      { return g.s.Y[row] }
func (g logGrid) Z(col, row int) float64 { return math.Log10(clampLog(g.s.Losses[row][col])) }

// levels returns the heights between low and high at n equal steps, without these.
func levels(low, high float64, n int) []float64 {
	heights := floats.Span(make([]float64, n+2), low, high)
	return heights[1 : n+1]
}

// colorBar is a plotter that draws the scale of a heat map of logarithms at the
// right of its panel.
type colorBar struct {
	low, high float64 // log10
	style     draw.TextStyle
	title     string
}

const (
	barGap, barWidth = vg.Length(8), vg.Length(10)
	barLabels        = vg.Length(38)
)

// GlyphBoxes implements plot.GlyphBoxer: it asks for the room.
func (b colorBar) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	return []plot.GlyphBox{{X: 1, Rectangle: vg.Rectangle{Max: vg.Point{X: barGap + barWidth + barLabels}}}}
}

// Plot implements plot.Plotter.
func (b colorBar) Plot(c draw.Canvas, _ *plot.Plot) {
	colors := heatColors().Colors()
	left, height := c.Max.X+barGap, c.Max.Y-c.Min.Y
	for i, shade := range colors {
		y0 := c.Min.Y + height*vg.Length(i)/vg.Length(len(colors))
		y1 := min(c.Max.Y, c.Min.Y+height*vg.Length(i+2)/vg.Length(len(colors))) // under the next: no seams
		c.FillPolygon(shade, []vg.Point{{X: left, Y: y0}, {X: left + barWidth, Y: y0}, {X: left + barWidth, Y: y1}, {X: left, Y: y1}})
	}
	b.style.XAlign, b.style.YAlign = draw.XLeft, draw.YCenter
	for _, tick := range (logTicks{raster: true}).Ticks(math.Pow(10, b.low), math.Pow(10, b.high)) {
		y := c.Min.Y + height*vg.Length((math.Log10(tick.Value)-b.low)/(b.high-b.low))
		c.FillText(b.style, vg.Point{X: left + barWidth + 3, Y: y}, tick.Label)
	}
	b.style.XAlign = draw.XCenter
	b.style.YAlign = draw.YBottom
	c.FillText(b.style, vg.Point{X: left + barWidth/2, Y: c.Max.Y + 2}, b.title)
}
