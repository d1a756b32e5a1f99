package surface

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/words"
)

// Plot returns surfaces as heat maps of the loss's logarithm with contour
// lines, a panel each: the final weights as a cross, and the path of training in
// the plane where there is one.
func Plot(caption string, surfaces ...Surface) (*figure.Figure, error) {
	if err := check.Args("surface.Plot", surfaces...); err != nil {
		return nil, err
	}
	var row []*figure.Panel
	table := figure.NewData("plane", "x", "y", "loss")
	for _, s := range surfaces {
		row = append(row, s.panel())
		for j, y := range s.Y {
			for k, x := range s.X {
				table.Add(s.Plane, x, y, s.Losses[j][k])
			}
		}
	}
	of := surfaces[0].Run
	return figure.New(figure.Figure{
		Name: "surface-" + words.Slug(string(of.Spec.Task)), Caption: caption, Raster: true, Height: 10 * vg.Centimeter, CSV: table.CSV(),
		Alt: "Loss around the final weights of " + of.Label() + " in " + surfaces[0].Plane,
	}, row)
}

func (s Surface) panel() *figure.Panel {
	p := figure.NewPanel(s.Plane, "direction 1", "direction 2")
	if s.Shares != nil {
		p.X.Label.Text = fmt.Sprintf("component 1 (%.0f %% of the path's variance)", 100*s.Shares[0])
		p.Y.Label.Text = fmt.Sprintf("component 2 (%.0f %%)", 100*s.Shares[1])
	}
	heat := plotter.NewHeatMap(logGrid{s}, figure.HeatColors())
	heat.Rasterized = true // no seams between the cells
	contours := plotter.NewContour(logGrid{s}, levels(heat.Min, heat.Max, 9), nil)
	contours.LineStyles = []draw.LineStyle{{Color: color.NRGBA{0xff, 0xff, 0xff, 0x90}, Width: vg.Points(0.7)}}
	p.Add(heat, contours, figure.ColorBar{Low: heat.Min, High: heat.Max, Style: p.Y.Tick.Label, Title: "loss"})
	if len(s.PathX) > 0 {
		path := figure.XYs(s.PathX, s.PathY)
		p.Line(path, color.White, 1.4)
		p.Dots(path, color.White, 1.6, figure.Circle)
		p.Dots(path[:1], figure.Color(1), 3.5, figure.Circle)
	}
	p.Dots(plotter.XYs{{X: 0, Y: 0}}, figure.Color(1), 4.5, boldCross{})
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = s.X[0], s.X[len(s.X)-1], s.Y[0], s.Y[len(s.Y)-1]
	return p
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

func (g logGrid) X(col int) float64 { return g.s.X[col] }

func (g logGrid) Y(row int) float64 { return g.s.Y[row] }

func (g logGrid) Z(col, row int) float64 { return math.Log10(figure.ClampLog(g.s.Losses[row][col])) }

// levels returns the heights between low and high at n equal steps, without these.
func levels(low, high float64, n int) []float64 {
	heights := floats.Span(make([]float64, n+2), low, high)
	return heights[1 : n+1]
}
