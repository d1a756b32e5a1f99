package hw1

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// upright is a dotted line at one x, from the bottom of a panel to the height of
// its legend.
type upright struct {
	x     float64
	style draw.LineStyle
}

// addUpright draws a line at x, which must lie on the panel's axis, and names it
// in the legend, unless it has no name there.
func addUpright(p *plot.Plot, x float64, name string, c color.Color) {
	u := upright{x, draw.LineStyle{Color: c, Width: vg.Points(1.2), Dashes: []vg.Length{vg.Points(1.5), vg.Points(2.5)}}}
	p.Add(u)
	if name != "" {
		p.Legend.Add(name, u)
	}
}

// uprightHeight is the share of a panel's height that the line takes.
const uprightHeight = 0.6

// Plot implements plot.Plotter.
func (u upright) Plot(c draw.Canvas, p *plot.Plot) {
	toX, _ := p.Transforms(&c)
	x := toX(u.x)
	c.StrokeLine2(u.style, x, c.Min.Y, x, c.Min.Y+uprightHeight*(c.Max.Y-c.Min.Y))
}

// Thumbnail implements plot.Thumbnailer.
func (u upright) Thumbnail(c *draw.Canvas) {
	y := c.Center().Y
	c.StrokeLine2(u.style, c.Min.X, y, c.Max.X, y)
}
