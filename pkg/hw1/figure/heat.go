package figure

import (
	"image/color"
	"math"
	"sync"

	"gonum.org/v1/plot"
	shades "gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// HeatColor returns the heat map's shade at a share of its range.
func HeatColor(share float64) color.Color {
	colors := HeatColors().Colors()
	return colors[int(math.Round(min(max(share, 0), 1)*float64(len(colors)-1)))]
}

// HeatColors are the shades of heat maps, from low to high: their lightness grows
// steadily, so that they are in order without colour, too.
var HeatColors = sync.OnceValue(func() shades.Palette {
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

// ColorBar is a plotter that draws the scale of a heat map of logarithms at the
// right of its panel.
type ColorBar struct {
	Low, High float64 // log10
	Style     draw.TextStyle
	Title     string
}

const (
	barGap, barWidth = vg.Length(8), vg.Length(10)
	barLabels        = vg.Length(38)
)

// GlyphBoxes implements plot.GlyphBoxer: it asks for the room.
func (b ColorBar) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	return []plot.GlyphBox{{X: 1, Rectangle: vg.Rectangle{Max: vg.Point{X: barGap + barWidth + barLabels}}}}
}

// Plot implements plot.Plotter.
func (b ColorBar) Plot(c draw.Canvas, _ *plot.Plot) {
	colors := HeatColors().Colors()
	left, height := c.Max.X+barGap, c.Max.Y-c.Min.Y
	for i, shade := range colors {
		y0 := c.Min.Y + height*vg.Length(i)/vg.Length(len(colors))
		y1 := min(c.Max.Y, c.Min.Y+height*vg.Length(i+2)/vg.Length(len(colors))) // under the next: no seams
		c.FillPolygon(shade, []vg.Point{{X: left, Y: y0}, {X: left + barWidth, Y: y0}, {X: left + barWidth, Y: y1}, {X: left, Y: y1}})
	}
	b.Style.XAlign, b.Style.YAlign = draw.XLeft, draw.YCenter
	for _, tick := range (LogTicks{Raster: true}).Ticks(math.Pow(10, b.Low), math.Pow(10, b.High)) {
		y := c.Min.Y + height*vg.Length((math.Log10(tick.Value)-b.Low)/(b.High-b.Low))
		c.FillText(b.Style, vg.Point{X: left + barWidth + 3, Y: y}, tick.Label)
	}
	b.Style.XAlign = draw.XCenter
	b.Style.YAlign = draw.YBottom
	c.FillText(b.Style, vg.Point{X: left + barWidth/2, Y: c.Max.Y + 2}, b.Title)
}
