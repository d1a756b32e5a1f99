// Package figure defines the look that all figures and tables share: theme, axes, ticks, lines,
// bands. It draws what it is given, and knows nothing of runs, tensors or files.
package figure

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"image/color"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"hw1/pkg/hw1/internal/cell"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// This file has the theme that every figure shares, and turns a figure into an image. It only
// draws; it neither computes nor reads anything.

// Figure is a drawing of one or more panels, with the texts and data that go with it.
type Figure struct {
	Caption string // what it shows and what to look at, in Markdown
	Alt     string // what it shows, for readers who cannot see it
	Name    string // short, for file names
	CSV     string // the data that it draws; default: the data of its panels
	Raster  bool   // rendered as pixels (PNG) rather than as SVG

	Width, Height vg.Length // default: the width of the report, and 8 cm per row
	Aspect        float64   // height over width of the panels' areas, which then decides the height

	panels [][]*Panel
}

// Circle is the shape of most dots.
var Circle = draw.CircleGlyph{}

// The size of a panel that fills the width of the report.
const (
	figureWidth = 22 * vg.Centimeter
	panelHeight = 8 * vg.Centimeter
)

// The colours of things that belong to no model, and the dashes of curves on the test set.
var (
	TruthColor = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	GridColor  = color.NRGBA{0xe4, 0xe4, 0xe4, 0xff}
	TextColor  = color.NRGBA{0x33, 0x33, 0x33, 0xff}
	TestDashes = []vg.Length{vg.Points(5), vg.Points(3)}
)

// Color returns the colour of the i-th model, run or series of a figure: the first sixteen colours differ.
func Color(i int) color.Color { return cell.Color(i) }

// Faded returns a colour with an opacity from 0 to 1.
func Faded(c color.Color, opacity float64) color.Color {
	r, g, b, _ := c.RGBA()
	return color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), uint8(255 * opacity)}
}

// OnWhite returns the opaque colour that looks like the colour with this opacity on white.
func OnWhite(c color.Color, opacity float64) color.Color {
	r, g, b, _ := c.RGBA()
	mix := func(v uint32) uint8 { return uint8(255 - opacity*(255-float64(v>>8))) }
	return color.NRGBA{mix(r), mix(g), mix(b), 0xff}
}

var sans = font.Font{Typeface: "Liberation", Variant: "Sans"}

// New completes a figure with its panels, in rows of equal length. It returns the first error
// of a panel on which something cannot be drawn.
func New(f Figure, panels ...[]*Panel) (*Figure, error) {
	f.panels = panels
	f.Width, f.Height = cmp.Or(f.Width, figureWidth), cmp.Or(f.Height, vg.Length(len(panels))*panelHeight)
	for _, row := range panels {
		for _, p := range row {
			if p.err != nil {
				return &f, p.err
			}
			cutTitle(p.Plot, f.Width/vg.Length(len(row))) // drawPanel knows if it has less
			if ticks, ok := p.X.Tick.Marker.(LogTicks); ok && len(row) > 2 {
				ticks.most = 4 // a narrow panel has no room for more
				p.X.Tick.Marker = ticks
			}
		}
	}
	if f.Aspect > 0 {
		plots, canvases := f.arranged(draw.NewCanvas(&recorder.Canvas{}, f.Width, f.Height))
		area := plots[0][0].DataCanvas(canvases[0][0]).Size()
		f.Height += vg.Length(len(panels)) * (vg.Length(f.Aspect)*area.X - area.Y)
	}
	if f.CSV == "" {
		f.CSV = f.data().CSV()
	}
	return &f, nil
}

// cutTitle cuts the lines of a plot's title that are longer than its room.
func cutTitle(p *plot.Plot, room vg.Length) {
	lines := strings.Split(p.Title.Text, "\n")
	for i := range lines {
		for n := len([]rune(lines[i])); n > 1 && p.Title.TextStyle.Width(lines[i]) > room; n-- {
			lines[i] = cut(lines[i], n-1)
		}
	}
	p.Title.Text = strings.Join(lines, "\n")
}

// data returns the curves that the panels have drawn, with a column per replica of the curve with the most
// replicas.
func (f *Figure) data() *Table {
	t := NewData("panel", "curve", "x", "median", "lowest", "highest")
	for _, p := range slices.Concat(f.panels...) {
		for _, row := range p.data.Rows {
			for len(row) > len(t.Header) {
				t.Header = append(t.Header, fmt.Sprintf("replica %d", len(t.Header)-5))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	for i, row := range t.Rows {
		t.Rows[i] = append(slices.Clip(row), make([]string, len(t.Header)-len(row))...)
	}
	return t
}

// Render draws the figure and returns the file: SVG, or PNG for a raster figure. gonum panics
// on data that it cannot draw; Render returns such a panic as an error.
func (f *Figure) Render() (file []byte, err error) {
	if err := f.Valid(); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("figure %q cannot be drawn: %v", f.Name, p)
		}
	}()
	var out bytes.Buffer
	if f.Raster {
		canvas := vgimg.NewWith(vgimg.UseWH(f.Width, f.Height), vgimg.UseDPI(192))
		f.draw(draw.New(canvas))
		_, err = vgimg.PngCanvas{Canvas: canvas}.WriteTo(&out)
		return out.Bytes(), err
	}
	canvas := &readable{Canvas: vgsvg.New(f.Width, f.Height)}
	f.draw(draw.New(canvas))
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, err
	}
	text := bytes.Map(func(r rune) rune {
		if check.NotXML(r) { // such as bytes of a title that are not UTF-8
			return utf8.RuneError
		}
		return r
	}, out.Bytes())
	return withFontFallback(canvas.named(text)), nil
}

func (f *Figure) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	plots, canvases := f.arranged(c)
	for row := range plots {
		for col, p := range plots[row] {
			f.panels[row][col].drawPanel(p, canvases[row][col])
		}
	}
}

// arranged returns the panels' plots, and where each is drawn, so that their areas line up.
func (f *Figure) arranged(c draw.Canvas) ([][]*plot.Plot, [][]draw.Canvas) {
	tiles := draw.Tiles{
		Rows: len(f.panels), Cols: len(f.panels[0]),
		PadTop: 6, PadBottom: 4, PadLeft: 4, PadRight: 10, PadX: 16, PadY: 10,
	}
	plots := num.Map(f.panels, func(row []*Panel) []*plot.Plot {
		return num.Map(row, func(p *Panel) *plot.Plot { return settled(*p.Plot, !f.Raster) }) // a heat map fills its panel, so its axes stay
	})
	return plots, plot.Align(plots, tiles, c)
}

// settled returns a plot with the settings that have to wait until everything is on it.
func settled(p plot.Plot, rounded bool) *plot.Plot {
	p.Add(endOfCurves{})
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		if _, ok := axis.Tick.Marker.(plainTicks); ok && rounded {
			roundEnds(axis)
		}
		scale, logarithmic := axis.Scale.(logScale)
		switch flat := isFlat(axis.Min, axis.Max); {
		case flat && logarithmic:
			axis.Min, axis.Max = axis.Min/2, axis.Max*2
		case flat:
			widen(axis, max(1, 1e-6*math.Abs(axis.Min)))
		}
		if logarithmic {
			scale.unround(axis)
		}
	}
	return &p
}

// svgText matches the end of a text as vgsvg writes it: the rest of its style, with the font
// size, and its characters.
var svgText = regexp.MustCompile(`font-family:Liberation Sans;([^"]*font-size:([\d.]+)px[^"]*)">([^<]+)</text>`)

// withFontFallback names fonts that other machines have, after the one that set the figure, and
// fixes the width of each text to its width in that font: some fonts are a fifth wider, and
// would run into what is beside them.
func withFontFallback(svg []byte) []byte {
	return svgText.ReplaceAllFunc(svg, func(found []byte) []byte {
		parts := svgText.FindSubmatch(found)
		size, _ := strconv.ParseFloat(string(parts[2]), 64) // the pattern matches only digits and dots
		face := font.DefaultCache.Lookup(sans, vg.Length(size))
		width := face.Width(html.UnescapeString(string(parts[3])))
		return fmt.Appendf(nil, `font-family:'Liberation Sans',Arial,Helvetica,sans-serif;%s" textLength="%.2f" lengthAdjust="spacingAndGlyphs">%s</text>`,
			parts[1], width.Points(), parts[3])
	})
}

// grid draws light lines at the major ticks. It is drawn before the curves, so they cover it.
type grid struct{}

// panelMargin is the room above and below the data of every panel, for half a tick label, so
// that panels side by side line up whatever their ticks are.
const panelMargin = vg.Length(7)

// GlyphBoxes implements plot.GlyphBoxer.
func (grid) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	box := func(y float64, low, high vg.Length) plot.GlyphBox {
		return plot.GlyphBox{X: 0.5, Y: y, Rectangle: vg.Rectangle{Min: vg.Point{Y: low}, Max: vg.Point{X: 1, Y: high}}}
	}
	return []plot.GlyphBox{box(0, -panelMargin, 0), box(1, 0, panelMargin)}
}

// Plot implements plot.Plotter.
func (grid) Plot(c draw.Canvas, p *plot.Plot) {
	style := draw.LineStyle{Color: GridColor, Width: vg.Points(0.6)}
	x, y := p.Transforms(&c)
	for _, tick := range ticksOn(p.X) {
		if !tick.IsMinor() {
			c.StrokeLine2(style, x(tick.Value), c.Min.Y, x(tick.Value), c.Max.Y)
		}
	}
	for _, tick := range ticksOn(p.Y) {
		if !tick.IsMinor() {
			c.StrokeLine2(style, c.Min.X, y(tick.Value), c.Max.X, y(tick.Value))
		}
	}
	beginCurves(c, p)
}
