//go:build !js

package cell

import (
	"fmt"
	"html"
	"image/color"
	"math"
	"slices"
	"strings"
	"time"

	"hw1/pkg/hw1/internal/words"
)

// colors are the colours of runs and series in figures, which colour-blind readers can tell apart, too (Okabe & Ito 2008),
// ordered so that neighbours differ in lightness.
var colors = []color.NRGBA{
	{0x00, 0x72, 0xb2, 0xff}, // blue
	{0xd5, 0x5e, 0x00, 0xff}, // vermilion
	{0x00, 0x9e, 0x73, 0xff}, // green
	{0xcc, 0x79, 0xa7, 0xff}, // purple
	{0xe6, 0x9f, 0x00, 0xff}, // orange
	{0x56, 0xb4, 0xe9, 0xff}, // sky
	{0x7a, 0x4f, 0x2b, 0xff}, // brown
	{0x44, 0x44, 0x44, 0xff}, // grey
}

// Color returns the colour of the i-th run or series. After the last colour they repeat, darker each time.
func Color(i int) color.NRGBA {
	c, darker := colors[i%len(colors)], math.Pow(0.6, float64(i/len(colors)))
	shade := func(v uint8) uint8 { return uint8(darker * float64(v)) }
	return color.NRGBA{shade(c.R), shade(c.G), shade(c.B), c.A}
}

// chart is a small figure, with a logarithmic axis, of curves that grow while some work goes on. It shows the curves that most
// recently got a point, at most as many as there are colours.
type chart struct {
	curves []*curve

	drawn string
	at    time.Time // when it was drawn
}

// curve is a series of points. Whenever they become too many, every second one is dropped.
type curve struct {
	name   string
	number int
	x, y   []float64
}

const (
	chartWidth, chartHeight = 640., 200.
	chartMargin             = 60. // on the left, for the longest number
	chartFoot               = 22. // below
	chartPoints             = 240 // most points of a curve
	redraw                  = 500 * time.Millisecond
)

// add appends a point to the curve with a number, which gives its colour, and a name. Points that a logarithmic axis
// cannot show are left out.
func (c *chart) add(number int, name string, x, y float64) {
	if !(y > 0) || math.IsInf(y, 0) {
		return
	}
	i := slices.IndexFunc(c.curves, func(s *curve) bool { return s.number == number })
	if i < 0 {
		if len(c.curves) == len(colors) {
			c.curves = c.curves[1:]
		}
		i = len(c.curves)
		c.curves = append(c.curves, &curve{name: name, number: number})
	}
	s := c.curves[i]
	if s.x, s.y = append(s.x, x), append(s.y, y); len(s.x) <= chartPoints {
		return
	}
	n := 0
	for i := 1; i < len(s.x); i += 2 {
		s.x[n], s.y[n] = s.x[i], s.y[i]
		n++
	}
	s.x, s.y = s.x[:n], s.y[:n]
}

// html returns the figure, drawn at most twice a second, or "" if no curve has two points.
func (c *chart) html(now time.Time) string {
	if now.Sub(c.at) >= redraw {
		c.drawn, c.at = c.draw(), now
	}
	return c.drawn
}

func (c *chart) draw() string {
	left, right, low, high := math.Inf(1), 0., math.Inf(1), math.Inf(-1)
	any := false
	for _, s := range c.curves {
		any = any || len(s.x) > 1
		left, right = min(left, slices.Min(s.x)), max(right, slices.Max(s.x))
		low, high = min(low, slices.Min(s.y)), max(high, slices.Max(s.y))
	}
	if !any || right == left {
		return ""
	}
	if left <= right/2 { // else resumed work shows its new points at full width
		left = 0
	}
	bottom, top := math.Log10(low), math.Log10(high)
	bottom, top = bottom-0.05*(top-bottom)-0.01, top+0.05*(top-bottom)+0.01
	height := func(y float64) float64 { return (chartHeight - chartFoot) * (top - math.Log10(y)) / (top - bottom) }
	var text strings.Builder
	fmt.Fprintf(&text, `<svg viewBox="0 0 %g %g" width="%g" style="display:block;max-width:100%%" role="img" aria-label="curves so far" font-size="11" fill="currentColor">`, chartWidth, chartHeight, chartWidth)
	for _, y := range ticks(bottom, top) {
		fmt.Fprintf(&text, `<path d="M%g %.1fH%g" stroke="currentColor" stroke-opacity=".15"/><text x="%g" y="%.1f" text-anchor="end">%.3g</text>`, chartMargin, height(y), chartWidth, chartMargin-5, height(y)+4, y)
	}
	fmt.Fprintf(&text, `<text x="%g" y="%g">%s</text><text x="%g" y="%g" text-anchor="end">%s</text>`,
		chartMargin, chartHeight-5, words.Thousands(int(left)), chartWidth, chartHeight-5, words.Thousands(int(right)))
	for _, s := range c.curves {
		fmt.Fprintf(&text, `<polyline fill="none" stroke="%s" stroke-width="1.6" points="`, s.color())
		for i, x := range s.x {
			fmt.Fprintf(&text, "%.1f,%.1f ", chartMargin+(chartWidth-chartMargin)*(x-left)/(right-left), height(s.y[i]))
		}
		text.WriteString(`"/>`)
	}
	text.WriteString("</svg>")
	for _, s := range slices.SortedFunc(slices.Values(c.curves), func(a, b *curve) int { return a.number - b.number }) {
		fmt.Fprintf(&text, `<span style="color:%s">━</span> %s `, s.color(), html.EscapeString(s.name))
	}
	return "<div>" + text.String() + "</div>"
}

func (s *curve) color() string {
	c := Color(s.number)
	return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
}

// ticks returns the powers of ten between two logarithms, at most six, or the two ends if there are fewer than two.
func ticks(bottom, top float64) []float64 {
	var all []float64
	step := math.Ceil((top - bottom) / 6)
	for p := math.Ceil(bottom); p <= top; p += step {
		all = append(all, math.Pow(10, p))
	}
	if len(all) < 2 {
		return []float64{math.Pow(10, bottom+0.1*(top-bottom)), math.Pow(10, top-0.1*(top-bottom))}
	}
	return all
}
