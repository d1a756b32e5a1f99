package figure

import (
	"cmp"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// RightAxis is a second y axis, at the right of a panel, with what is drawn against it. gonum/plot has none: this is
// a panel of its own, drawn on the other's canvas with the other's x axis, and itself a plotter of the other.
//
//	right := figure.NewRightAxis("accuracy", figure.Color(1))
//	right.Line(points, figure.Color(1), 1.6)
//	right.AddTo(panel)
type RightAxis struct{ *Panel }

// NewRightAxis returns an axis whose label and ticks have the colour of what is
// drawn against it.
func NewRightAxis(label string, c color.Color) *RightAxis {
	a := &RightAxis{NewPanel("", "", label)}
	a.drawn = nil // the grid is the panel's
	ColorAxis(&a.Y, c)
	a.Y.Label.TextStyle.Rotation = -math.Pi / 2
	a.Y.Label.TextStyle.XAlign, a.Y.Label.TextStyle.YAlign = draw.XCenter, draw.YBottom
	a.Y.Tick.Label.XAlign, a.Y.Tick.Label.YAlign = draw.XLeft, draw.YCenter
	return a
}

// ColorAxis writes an axis in the colour of the one quantity that it measures.
func ColorAxis(axis *plot.Axis, c color.Color) {
	axis.Label.TextStyle.Color, axis.Tick.Label.Color = c, c
}

// AddTo puts the axis, with all that is drawn against it by now, on a panel, whose
// legend makes way for it. It is an error where nothing that can be drawn is.
func (a *RightAxis) AddTo(panel *Panel) {
	if err := validAxis(a.Y); err != nil {
		panel.err = cmp.Or(panel.err, a.err, fmt.Errorf("right axis %q: %w", a.Y.Label.Text, err))
		return
	}
	panel.err, panel.data.Rows = cmp.Or(panel.err, a.err), append(panel.data.Rows, a.data.Rows...)
	if y := &a.Y; y.Min == y.Max { // gonum has no ticks for it
		room := max(math.Abs(y.Min)/2, 1e-9)
		y.Min, y.Max = y.Min-room, y.Max+room
	}
	panel.Add(a)
	panel.Legend.XOffs -= a.Y.Padding + a.width()
}

// Plot implements plot.Plotter.
func (a *RightAxis) Plot(c draw.Canvas, panel *plot.Plot) {
	a.X = panel.X
	beginCurves(c, a.Panel.Plot)
	for _, plotter := range a.drawn {
		plotter.Plot(c, a.Panel.Plot)
	}
	endGroup(c)
	beginAside(c)
	defer endGroup(c)
	_, y := a.Transforms(&c)
	x := c.Max.X + a.Y.Padding
	c.StrokeLine2(a.Y.LineStyle, x, c.Min.Y, x, c.Max.Y)
	for _, tick := range ticksOn(a.Y) {
		length := a.Y.Tick.Length
		if tick.IsMinor() {
			length /= 2
		}
		c.StrokeLine2(a.Y.Tick.LineStyle, x, y(tick.Value), x+length, y(tick.Value))
		c.FillText(a.Y.Tick.Label, vg.Point{X: x + a.Y.Tick.Length + tickGap, Y: y(tick.Value)}, tick.Label)
	}
	c.FillText(a.Y.Label.TextStyle, vg.Point{X: x + a.width() - a.labelHeight(), Y: c.Center().Y}, a.Y.Label.Text)
}

// tickGap is the distance between a tick and its label.
const tickGap = vg.Length(2)

// GlyphBoxes implements plot.GlyphBoxer: it asks for the room of the axis, right
// of the data.
func (a *RightAxis) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	return []plot.GlyphBox{{X: 1, Rectangle: vg.Rectangle{Max: vg.Point{X: a.Y.Padding + a.width()}}}}
}

// width returns the room for ticks, their labels and the axis's label.
func (a *RightAxis) width() vg.Length {
	widest := vg.Length(0)
	for _, tick := range ticksOn(a.Y) {
		widest = max(widest, a.Y.Tick.Label.Width(tick.Label))
	}
	return a.Y.Tick.Length + tickGap + widest + 2*tickGap + a.labelHeight()
}

func (a *RightAxis) labelHeight() vg.Length {
	return a.Y.Label.TextStyle.Height(a.Y.Label.Text)
}

// Headroom raises the upper end of an axis by a share of its length, for a legend
// above the curves.
func Headroom(axis *plot.Axis, share float64) {
	if _, ok := axis.Scale.(logScale); ok {
		axis.Max *= math.Pow(axis.Max/axis.Min, share)
		return
	}
	axis.Max += share * (axis.Max - axis.Min)
}

// ShareTicks marks shares, such as accuracies: none above 1, whatever the range.
type ShareTicks struct{}

// Ticks implements plot.Ticker.
func (ShareTicks) Ticks(lo, hi float64) []plot.Tick {
	if lo < 1 {
		hi = min(hi, 1)
	}
	return plainTicks{}.Ticks(lo, hi)
}
