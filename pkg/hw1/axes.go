package hw1

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// logX gives a panel a logarithmic x axis for the positive values.
func logX(p *plot.Plot) {
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, logTicks{}
}

// upright is a dotted line across a panel at one x, with a name along its top.
type upright struct {
	x     float64
	name  string
	color color.Color
}

// addUpright draws a line at x, which must lie on the panel's axis.
func addUpright(p *plot.Plot, x float64, name string, c color.Color) {
	p.Add(upright{x, name, c})
}

// Plot implements plot.Plotter.
func (u upright) Plot(c draw.Canvas, p *plot.Plot) {
	toX, _ := p.Transforms(&c)
	x := toX(u.x)
	c.StrokeLine2(draw.LineStyle{Color: u.color, Width: vg.Points(1), Dashes: []vg.Length{vg.Points(1.5), vg.Points(2.5)}}, x, c.Min.Y, x, c.Max.Y)
	style := p.X.Tick.Label
	style.Color, style.Rotation = u.color, math.Pi/2
	style.XAlign, style.YAlign = draw.XRight, draw.YBottom
	c.FillText(style, vg.Point{X: x - vg.Points(2), Y: c.Max.Y - vg.Points(4)}, u.name)
}
