package hw1

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"image/color"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// This file is the theme that every figure shares, and what turns a figure into
// an image. It draws; it neither computes nor reads anything.

// Figure is a drawing of one or more panels, with what a reader needs beside it.
type Figure struct {
	Caption string // what it is and what to see, in Markdown
	Alt     string // what it shows, for those who can not see it
	Name    string // short, for file names
	CSV     string // the data that it draws
	Raster  bool   // drawn as pixels rather than as SVG

	panels        [][]*plot.Plot
	width, height vg.Length
}

// The size of a panel that fills the width of the report.
const (
	figureWidth = 22 * vg.Centimeter
	panelHeight = 8 * vg.Centimeter
)

// palette holds colours that the colour-blind tell apart too (Okabe & Ito 2008),
// ordered so that neighbours differ in lightness.
var palette = []color.Color{
	color.NRGBA{0x00, 0x72, 0xb2, 0xff}, // blue
	color.NRGBA{0xd5, 0x5e, 0x00, 0xff}, // vermilion
	color.NRGBA{0x00, 0x9e, 0x73, 0xff}, // green
	color.NRGBA{0xcc, 0x79, 0xa7, 0xff}, // purple
	color.NRGBA{0xe6, 0x9f, 0x00, 0xff}, // orange
	color.NRGBA{0x56, 0xb4, 0xe9, 0xff}, // sky
	color.NRGBA{0x7a, 0x4f, 0x2b, 0xff}, // brown
	color.NRGBA{0x44, 0x44, 0x44, 0xff}, // grey
}

var (
	truthColor = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	gridColor  = color.NRGBA{0xe4, 0xe4, 0xe4, 0xff}
	textColor  = color.NRGBA{0x33, 0x33, 0x33, 0xff}
	testDashes = []vg.Length{vg.Points(5), vg.Points(3)}
)

// colorOf returns the colour of the i-th model, run or series of a figure.
func colorOf(i int) color.Color { return palette[i%len(palette)] }

// faded returns a colour with some of its opacity.
func faded(c color.Color, opacity float64) color.Color {
	r, g, b, _ := c.RGBA()
	return color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), uint8(255 * opacity)}
}

// newPanel returns an empty plot in the theme.
func newPanel(title, x, y string) *plot.Plot {
	p := plot.New()
	sans := font.Font{Typeface: "Liberation", Variant: "Sans"}
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font = sans
	p.Title.TextStyle.Font.Size = 12
	p.Title.TextStyle.Color = textColor
	p.Title.Padding = 6
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font, axis.Tick.Label.Font = sans, sans
		axis.Label.TextStyle.Font.Size, axis.Tick.Label.Font.Size = 11, 10
		axis.Label.TextStyle.Color, axis.Tick.Label.Color = textColor, textColor
		axis.LineStyle.Color, axis.Tick.Color = color.Gray{0x99}, color.Gray{0x99}
		axis.Padding = 2
		axis.Tick.Marker = plainTicks{}
	}
	p.Legend.TextStyle.Font = sans
	p.Legend.TextStyle.Font.Size = 10
	p.Legend.TextStyle.Color = textColor
	p.Legend.Top = true
	p.Legend.ThumbnailWidth = 24
	p.Legend.Padding = 2
	p.Legend.XOffs, p.Legend.YOffs = -6, -4
	p.Add(grid{})
	return p
}

// newFigure returns a figure of panels in rows.
func newFigure(name, caption, alt string, panels [][]*plot.Plot) *Figure {
	return &Figure{
		Name: name, Caption: caption, Alt: alt, panels: panels,
		width: figureWidth, height: vg.Length(len(panels)) * panelHeight,
	}
}

// render draws the figure and returns the file: SVG, or PNG for a raster one.
// gonum panics at data that it can not draw; the error is the same then.
func (f *Figure) render() (file []byte, err error) {
	if err := f.valid(); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("figure %q can not be drawn: %v", f.Name, p)
		}
	}()
	var out bytes.Buffer
	if f.Raster {
		canvas := vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(192))
		f.draw(draw.New(canvas))
		_, err = vgimg.PngCanvas{Canvas: canvas}.WriteTo(&out)
		return out.Bytes(), err
	}
	canvas := vgsvg.New(f.width, f.height)
	f.draw(draw.New(canvas))
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, err
	}
	return withFontFallback(out.Bytes()), nil
}

func (f *Figure) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	tiles := draw.Tiles{
		Rows: len(f.panels), Cols: len(f.panels[0]),
		PadTop: 6, PadBottom: 4, PadLeft: 4, PadRight: 10, PadX: 16, PadY: 10,
	}
	for row, canvases := range plot.Align(f.panels, tiles, c) {
		for col, canvas := range canvases {
			if p := f.panels[row][col]; p != nil {
				p.Draw(canvas)
			}
		}
	}
}

var svgFont = regexp.MustCompile(`font-family:Liberation Sans`)

// withFontFallback names fonts that other machines have beside the one that set
// the figure.
func withFontFallback(svg []byte) []byte {
	return svgFont.ReplaceAll(svg, []byte(`font-family:'Liberation Sans',Arial,Helvetica,sans-serif`))
}

// grid draws light lines at the major ticks.
type grid struct{}

// Plot implements plot.Plotter.
func (grid) Plot(c draw.Canvas, p *plot.Plot) {
	style := draw.LineStyle{Color: gridColor, Width: vg.Points(0.6)}
	x, y := p.Transforms(&c)
	for _, tick := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if !tick.IsMinor() && tick.Value >= p.X.Min && tick.Value <= p.X.Max {
			c.StrokeLine2(style, x(tick.Value), c.Min.Y, x(tick.Value), c.Max.Y)
		}
	}
	for _, tick := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if !tick.IsMinor() && tick.Value >= p.Y.Min && tick.Value <= p.Y.Max {
			c.StrokeLine2(style, c.Min.X, y(tick.Value), c.Max.X, y(tick.Value))
		}
	}
}

// plainTicks are gonum's ticks, with numbers as short as they can be: 250 and 0.5,
// not 250.00 and 0.50.
type plainTicks struct{}

// Ticks implements plot.Ticker.
func (plainTicks) Ticks(lo, hi float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(lo, hi)
	for i, tick := range ticks {
		if !tick.IsMinor() {
			ticks[i].Label = shortNumber(tick.Value, hi-lo)
		}
	}
	return ticks
}

// shortNumber writes a number of a range with no more digits than it takes.
func shortNumber(value, length float64) string {
	if math.Abs(value) < 1e-9*length {
		return "0" // but for rounding
	}
	digits := strconv.FormatFloat(value, 'g', 6, 64)
	if rounded, err := strconv.ParseFloat(digits, 64); err == nil && math.Abs(rounded) >= 1e-4 && math.Abs(rounded) < 1e7 {
		return strconv.FormatFloat(rounded, 'f', -1, 64)
	}
	return digits
}

// logY gives a panel a logarithmic y axis for the positive values.
func logY(p *plot.Plot) {
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, logTicks{}
}

// logTicks marks powers of ten, as many as can be told apart, with minor ticks
// between; on a range of about two decades or less, 1, 2 and 5 of each, and on one
// of less than half a decade all.
type logTicks struct {
	// raster says that the labels are drawn as pixels: with the font at hand, which
	// lacks most superscripts, and not by the reader's browser.
	raster bool
}

// Ticks implements plot.Ticker.
func (t logTicks) Ticks(lo, hi float64) []plot.Tick {
	if lo <= 0 || hi <= lo {
		return plot.DefaultTicks{}.Ticks(lo, hi)
	}
	first, last := int(math.Floor(math.Log10(lo))), int(math.Ceil(math.Log10(hi)))
	every := 1 + (last-first)/8
	narrow, narrowest := math.Log10(hi/lo) < 2.2, math.Log10(hi/lo) < 0.6
	var ticks []plot.Tick
	for e := first; e <= last; e++ {
		for m := 1; m <= 9; m++ {
			v := float64(m) * math.Pow(10, float64(e))
			if v < lo*0.9999 || v > hi*1.0001 {
				continue
			}
			label := ""
			if m == 1 && (e-first)%every == 0 || narrow && (m == 2 || m == 5) || narrowest {
				label = tickLabel(m, e)
				if t.raster {
					label = shortNumber(v, 0)
				}
			}
			ticks = append(ticks, plot.Tick{Value: v, Label: label})
		}
	}
	return ticks
}

// tickLabel writes m·10^e: plainly near 1, else as 10⁻⁴ or 2·10⁻⁴.
func tickLabel(m, e int) string {
	if e >= -2 && e <= 3 {
		return strings.TrimSuffix(fmt.Sprintf("%g", float64(m)*math.Pow(10, float64(e))), ".0")
	}
	power := "10" + superscript(e)
	if m == 1 {
		return power
	}
	return fmt.Sprintf("%d·%s", m, power)
}

func superscript(n int) string {
	digits := map[rune]rune{
		'-': '⁻', '0': '⁰', '1': '¹', '2': '²', '3': '³', '4': '⁴',
		'5': '⁵', '6': '⁶', '7': '⁷', '8': '⁸', '9': '⁹',
	}
	return strings.Map(func(r rune) rune { return digits[r] }, fmt.Sprint(n))
}

// csvText returns a header and rows as CSV.
func csvText(header []string, rows [][]string) string {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	if err := w.WriteAll(append([][]string{header}, rows...)); err != nil {
		panic(err) // a buffer takes everything
	}
	return text.String()
}

var plotCircle = draw.CircleGlyph{}
