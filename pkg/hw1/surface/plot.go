package surface

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Plot returns surfaces as heat maps of the logarithm of the loss with contour lines, a panel
// each. A cross marks the final weights. If the plane is that of the training path, the path is
// drawn, and the caption says how far it lies off the plane.
func Plot(caption string, surfaces ...Surface) (*figure.Figure, error) {
	if err := check.Args("surface.Plot", surfaces...); err != nil {
		return nil, err
	}
	var row []*figure.Panel
	table := figure.NewData("plane", "x", "y", "loss", "loss at the snapshot")
	for _, s := range surfaces {
		row = append(row, s.panel())
		for j, y := range s.Y {
			for k, x := range s.X {
				table.Add(s.Plane, x, y, s.Losses[j][k], "")
			}
		}
		for k, x := range s.PathX {
			table.Add(s.Plane, x, s.PathY[k], s.PlaneLosses[k], s.PathLosses[k])
		}
		if held := 100 * floats.Sum(s.Shares); len(s.PathX) > 0 && held < 99.95 {
			caption += fmt.Sprintf(" The colour is the loss on the plane; the path itself lies off it: at its start, the loss is %.3g where the plane shows %.3g. The plane holds %.0f %% of the path's variance.",
				s.PathLosses[0], s.PlaneLosses[0], held)
		}
	}
	of := surfaces[0].Run
	return figure.New(figure.Figure{
		Name: "surface-" + words.Slug(of.Spec.Task.String()), Caption: caption, Raster: true, Height: 10 * vg.Centimeter, CSV: table.CSV(),
		Alt: "Loss around the final weights of " + of.Label() + " in " + surfaces[0].Plane,
	}, row)
}

func (s Surface) panel() *figure.Panel {
	p := figure.NewPanel(s.Plane, "direction 1", "direction 2")
	if len(s.PathX) > 0 {
		p.X.Label.Text = fmt.Sprintf("component 1 (%.0f %% of the path's variance)", 100*s.Shares[0])
		p.Y.Label.Text = fmt.Sprintf("component 2 (%.0f %%)", 100*s.Shares[1])
	}
	all := slices.Concat(s.Losses...)
	floor, plain := figure.LogFloor(all), figure.HasNegative(all)
	grid := figure.Grid{AtX: s.X, AtY: s.Y, Values: s.Losses}
	if !plain {
		grid.Values = num.Map(s.Losses, func(row []float64) []float64 {
			return num.Map(row, func(loss float64) float64 { return math.Log10(max(loss, floor)) })
		})
	}
	heat := p.Heat(grid, "loss", plain)
	heights := floats.Span(make([]float64, 11), heat.Min, heat.Max)
	contours := plotter.NewContour(grid, heights[1:10], nil) // without the two ends
	contours.LineStyles = []draw.LineStyle{{Color: color.NRGBA{0xff, 0xff, 0xff, 0x90}, Width: vg.Points(0.7)}}
	p.Add(contours)
	if len(s.PathX) > 0 {
		path := figure.XYs(s.PathX, s.PathY)
		p.Line(path, color.White, 1.4)
		p.Dots(path, color.White, 1.6, figure.Circle)
		p.Dots(path[:1], figure.Color(1), 3.5, figure.Circle)
	}
	p.Dots(plotter.XYs{{X: 0, Y: 0}}, figure.Color(1), 4.5, boldCross{})
	return p
}

// boldCross is a cross with a white rim, visible on any background.
type boldCross struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (boldCross) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	r := style.Radius
	for _, line := range []draw.LineStyle{{Color: color.White, Width: vg.Points(4)}, {Color: style.Color, Width: vg.Points(2.2)}} {
		c.StrokeLine2(line, at.X-r, at.Y-r, at.X+r, at.Y+r)
		c.StrokeLine2(line, at.X-r, at.Y+r, at.X+r, at.Y-r)
	}
}
