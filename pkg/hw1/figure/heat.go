package figure

import (
	"image/color"
	"math"
	"sync"

	"gonum.org/v1/plot"
	shades "gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
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

// ColorBar is a plotter that draws the scale of a heat map, of logarithms or of plain values,
// at the right of its panel.
type ColorBar struct {
	Low, High float64 // log10, unless they are plain
	Plain     bool
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
	for _, tick := range b.ticks() {
		y := c.Min.Y + height*vg.Length((tick.Value-b.Low)/(b.High-b.Low))
		c.FillText(b.Style, vg.Point{X: left + barWidth + 3, Y: y}, tick.Label)
	}
	b.Style.XAlign = draw.XCenter
	b.Style.YAlign = draw.YBottom
	c.FillText(b.Style, vg.Point{X: left + barWidth/2, Y: c.Max.Y + 2}, b.Title)
}

func (b ColorBar) ticks() []plot.Tick {
	if b.Plain {
		return plainTicks{}.Ticks(b.Low, b.High)
	}
	ticks := (LogTicks{Raster: true}).Ticks(math.Pow(10, b.Low), math.Pow(10, b.High))
	for i := range ticks {
		ticks[i].Value = math.Log10(ticks[i].Value)
	}
	return ticks
}

// Grid is values Z [rows][cols] at X [cols] and Y [rows], as gonum's plotters take them.
type Grid struct {
	AtX, AtY []float64
	Values   [][]float64
}

// Dims implements plotter.GridXYZ, as the methods that follow do.
func (g Grid) Dims() (cols, rows int) { return len(g.AtX), len(g.AtY) }

// X returns the place of a column.
func (g Grid) X(col int) float64 { return g.AtX[col] }

// Y returns the place of a row.
func (g Grid) Y(row int) float64 { return g.AtY[row] }

// Z returns a value.
func (g Grid) Z(col, row int) float64 { return g.Values[row][col] }

// Heat draws a grid as a heat map that fills the panel, with a bar that says what the
// colours mean: plain values, or logarithms of them.
func (p *Panel) Heat(g Grid, bar string, plain bool) *plotter.HeatMap {
	heat := plotter.NewHeatMap(g, HeatColors())
	heat.Rasterized = true    // no seams between the cells
	if heat.Min == heat.Max { // of a constant
		heat.Min, heat.Max = heat.Min-0.5, heat.Max+0.5
	}
	p.Add(heat, ColorBar{Low: heat.Min, High: heat.Max, Plain: plain, Style: p.Y.Tick.Label, Title: bar})
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = g.AtX[0], g.AtX[len(g.AtX)-1], g.AtY[0], g.AtY[len(g.AtY)-1]
	return heat
}
