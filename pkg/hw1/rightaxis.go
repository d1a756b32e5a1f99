package hw1

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// rightAxis is a second y axis, at the right of a panel, with the plotters that
// are drawn against it. gonum/plot has none: this is a plot of its own, drawn on
// the panel's canvas with the panel's x axis, and itself a plotter of the panel.
//
//	right := newRightAxis("accuracy", colorOf(1))
//	right.Add(line)
//	right.addTo(panel)
type rightAxis struct {
	plot     *plot.Plot
	plotters []plot.Plotter
}

// newRightAxis returns an axis whose label and ticks have the colour of what is
// drawn against it.
func newRightAxis(label string, c color.Color) *rightAxis {
	a := &rightAxis{plot: newPanel("", "", label)}
	colorAxis(&a.plot.Y, c)
	a.plot.Y.Label.TextStyle.Rotation = -math.Pi / 2
	a.plot.Y.Label.TextStyle.XAlign, a.plot.Y.Label.TextStyle.YAlign = draw.XCenter, draw.YBottom
	a.plot.Y.Tick.Label.XAlign, a.plot.Y.Tick.Label.YAlign = draw.XLeft, draw.YCenter
	return a
}

// colorAxis writes an axis in the colour of the one quantity that it measures.
func colorAxis(axis *plot.Axis, c color.Color) {
	axis.Label.TextStyle.Color, axis.Tick.Label.Color = c, c
}

// Add draws plotters against the axis, whose range grows to hold them.
func (a *rightAxis) Add(plotters ...plot.Plotter) {
	a.plot.Add(plotters...)
	a.plotters = append(a.plotters, plotters...)
}

// addTo puts the axis, with all that is drawn against it by now, on a panel, whose
// legend makes way for it. It is an error where nothing that can be drawn is.
func (a *rightAxis) addTo(panel *plot.Plot) error {
	if err := validAxis(a.plot.Y); err != nil {
		return fmt.Errorf("right axis %q: %w", a.plot.Y.Label.Text, err)
	}
	if y := &a.plot.Y; y.Min == y.Max { // gonum has no ticks for it
		room := max(math.Abs(y.Min)/2, 1e-9)
		y.Min, y.Max = y.Min-room, y.Max+room
	}
	panel.Add(a)
	panel.Legend.XOffs -= a.plot.Y.Padding + a.width()
	return nil
}

// Plot implements plot.Plotter.
func (a *rightAxis) Plot(c draw.Canvas, panel *plot.Plot) {
	a.plot.X = panel.X
	for _, plotter := range a.plotters {
		plotter.Plot(c, a.plot)
	}
	_, y := a.plot.Transforms(&c)
	x := c.Max.X + a.plot.Y.Padding
	c.StrokeLine2(a.plot.Y.LineStyle, x, c.Min.Y, x, c.Max.Y)
	for _, tick := range a.ticks() {
		length := a.plot.Y.Tick.Length
		if tick.IsMinor() {
			length /= 2
		}
		c.StrokeLine2(a.plot.Y.Tick.LineStyle, x, y(tick.Value), x+length, y(tick.Value))
		c.FillText(a.plot.Y.Tick.Label, vg.Point{X: x + a.plot.Y.Tick.Length + tickGap, Y: y(tick.Value)}, tick.Label)
	}
	c.FillText(a.plot.Y.Label.TextStyle, vg.Point{X: x + a.width() - a.labelHeight(), Y: c.Center().Y}, a.plot.Y.Label.Text)
}

// tickGap is the distance between a tick and its label.
const tickGap = vg.Length(2)

// GlyphBoxes implements plot.GlyphBoxer: it asks for the room of the axis, right
// of the data.
func (a *rightAxis) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	return []plot.GlyphBox{{X: 1, Rectangle: vg.Rectangle{Max: vg.Point{X: a.plot.Y.Padding + a.width()}}}}
}

// ticks returns the ticks that lie on the axis.
func (a *rightAxis) ticks() []plot.Tick {
	var ticks []plot.Tick
	for _, tick := range a.plot.Y.Tick.Marker.Ticks(a.plot.Y.Min, a.plot.Y.Max) {
		if tick.Value >= a.plot.Y.Min && tick.Value <= a.plot.Y.Max {
			ticks = append(ticks, tick)
		}
	}
	return ticks
}

// width returns the room for ticks, their labels and the axis's label.
func (a *rightAxis) width() vg.Length {
	widest := vg.Length(0)
	for _, tick := range a.ticks() {
		widest = max(widest, a.plot.Y.Tick.Label.Width(tick.Label))
	}
	return a.plot.Y.Tick.Length + tickGap + widest + 2*tickGap + a.labelHeight()
}

func (a *rightAxis) labelHeight() vg.Length {
	return a.plot.Y.Label.TextStyle.Height(a.plot.Y.Label.Text)
}

// headroom raises the upper end of an axis by a share of its length, for a legend
// above the curves.
func headroom(axis *plot.Axis, share float64) {
	if _, ok := axis.Scale.(logScale); ok {
		axis.Max *= math.Pow(axis.Max/axis.Min, share)
		return
	}
	axis.Max += share * (axis.Max - axis.Min)
}

// shareTicks marks shares, such as accuracies: none above 1, whatever the range.
type shareTicks struct{}

// Ticks implements plot.Ticker.
func (shareTicks) Ticks(lo, hi float64) []plot.Tick {
	if lo < 1 {
		hi = min(hi, 1)
	}
	return plainTicks{}.Ticks(lo, hi)
}
