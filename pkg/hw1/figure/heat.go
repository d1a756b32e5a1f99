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

// heatColors returns the shades of heat maps, from low to high: their lightness grows steadily,
// so that their order is visible without colour, too.
var heatColors = sync.OnceValue(func() shades.Palette {
	scale, _ := moreland.NewLuminance([]color.Color{
		color.NRGBA{0x30, 0x12, 0x4b, 0xff},
		color.NRGBA{0x2d, 0x4f, 0x8b, 0xff},
		color.NRGBA{0x1f, 0x8a, 0x8c, 0xff},
		color.NRGBA{0x5a, 0xc8, 0x64, 0xff},
		color.NRGBA{0xfd, 0xe7, 0x25, 0xff},
	}) // the colours are in order, so there is no error
	scale.SetMax(1)
	return scale.Palette(128)
})

// ColorBar is a plotter that draws the scale of a heat map, of logarithms or of plain values,
// at the right of its panel.
type ColorBar struct {
	low, high float64 // log10, unless they are plain
	plain     bool
	title     string
}

// NewColorBar returns the bar for values from low to high, or around their one value if these
// are equal.
func NewColorBar(title string, plain bool, low, high float64) ColorBar {
	if isFlat(low, high) {
		room := max(0.5, 1e-6*math.Abs(low))
		low, high = low-room, high+room
	}
	return ColorBar{low, high, plain, title}
}

// Color returns the shade of a value.
func (b ColorBar) Color(value float64) color.Color {
	colors := heatColors().Colors()
	share := min(max((value-b.low)/(b.high-b.low), 0), 1)
	return colors[int(math.Round(share*float64(len(colors)-1)))]
}

const (
	barGap, barWidth = vg.Length(8), vg.Length(10)
	barLabels        = vg.Length(38)
)

// GlyphBoxes implements plot.GlyphBoxer: it reserves room for the bar.
func (b ColorBar) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	return []plot.GlyphBox{{X: 1, Rectangle: vg.Rectangle{Max: vg.Point{X: barGap + barWidth + barLabels}}}}
}

// Plot implements plot.Plotter.
func (b ColorBar) Plot(c draw.Canvas, p *plot.Plot) {
	colors := heatColors().Colors()
	left, height := c.Max.X+barGap, c.Max.Y-c.Min.Y
	for i, shade := range colors {
		y0 := c.Min.Y + height*vg.Length(i)/vg.Length(len(colors))
		y1 := min(c.Max.Y, c.Min.Y+height*vg.Length(i+2)/vg.Length(len(colors))) // reaches under the next, which leaves no seams
		c.FillPolygon(shade, []vg.Point{{X: left, Y: y0}, {X: left + barWidth, Y: y0}, {X: left + barWidth, Y: y1}, {X: left, Y: y1}})
	}
	style := p.Y.Tick.Label
	style.XAlign, style.YAlign = draw.XLeft, draw.YCenter
	for _, tick := range b.ticks() {
		y := c.Min.Y + height*vg.Length((tick.Value-b.low)/(b.high-b.low))
		c.FillText(style, vg.Point{X: left + barWidth + 3, Y: y}, tick.Label)
	}
	style.XAlign, style.YAlign = draw.XCenter, draw.YBottom
	c.FillText(style, vg.Point{X: left + barWidth/2, Y: c.Max.Y + 2}, b.title)
}

func (b ColorBar) ticks() []plot.Tick {
	if b.plain {
		return plainTicks{}.Ticks(b.low, b.high)
	}
	ticks := (LogTicks{Raster: true}).Ticks(math.Pow(10, b.low), math.Pow(10, b.high))
	for i := range ticks {
		ticks[i].Value = math.Log10(ticks[i].Value)
	}
	return ticks
}

// Grid holds Values [rows][cols] at AtX [cols] and AtY [rows], as gonum's plotters take them.
type Grid struct {
	AtX, AtY []float64
	Values   [][]float64
}

// Dims implements plotter.GridXYZ, as do the methods that follow.
func (g Grid) Dims() (cols, rows int) { return len(g.AtX), len(g.AtY) }

// X returns the coordinate of a column.
func (g Grid) X(col int) float64 { return g.AtX[col] }

// Y returns the coordinate of a row.
func (g Grid) Y(row int) float64 { return g.AtY[row] }

// Z returns a value.
func (g Grid) Z(col, row int) float64 { return g.Values[row][col] }

// Heat draws a grid, of plain values or of logarithms, as a heat map that fills the panel, with
// a colour bar titled bar.
func (p *Panel) Heat(g Grid, bar string, plain bool) *plotter.HeatMap {
	heat := plotter.NewHeatMap(g, heatColors())
	heat.Rasterized = true // no seams between the cells
	scale := NewColorBar(bar, plain, heat.Min, heat.Max)
	heat.Min, heat.Max = scale.low, scale.high
	p.Add(heat, scale)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = heat.DataRange() // half a cell beyond the outermost points
	return heat
}
