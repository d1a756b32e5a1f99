package figure

import (
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/internal/num"
)

// Valid returns an error unless there is something to draw, on axes that can be drawn.
func (f *Figure) Valid() error {
	if f == nil || len(f.panels) == 0 || len(f.panels[0]) == 0 {
		return errors.New("there is no figure to draw; take one that a plot function returned")
	}
	for _, p := range slices.Concat(f.panels...) {
		if p.err != nil {
			return fmt.Errorf("figure %q: %w", f.Name, p.err)
		}
		for name, axis := range map[string]plot.Axis{"x": p.X, "y": p.Y} {
			if err := validAxis(axis); err != nil {
				return fmt.Errorf("figure %q, %s axis %q: %w", f.Name, name, axis.Label.Text, err)
			}
		}
	}
	return nil
}

// validAxis returns an error unless an axis has a range that can be drawn: on any other range,
// gonum searches for ticks forever.
func validAxis(axis plot.Axis) error {
	const largest = 1e300
	switch _, logarithmic := axis.Scale.(logScale); {
	case !(axis.Min <= axis.Max) || axis.Min < -largest || axis.Max > largest:
		return fmt.Errorf("the range from %g to %g cannot be drawn; is there no data, or a value far too large?", axis.Min, axis.Max)
	case logarithmic && axis.Min <= 0:
		return fmt.Errorf("the range from %g to %g is not above 0, as a logarithmic axis needs", axis.Min, axis.Max)
	}
	return nil
}

// upright is a dotted line at one x, from the bottom of a panel to the height of
// its legend.
type upright struct {
	x     float64
	style draw.LineStyle
}

// Upright draws a vertical line at x, unless that lies beyond what the panel shows so far, and adds it to the legend unless
// its name is empty.
func (p *Panel) Upright(x float64, name string, c color.Color) {
	if x < p.X.Min || x > p.X.Max {
		return
	}
	u := upright{x, draw.LineStyle{Color: c, Width: vg.Points(1.2), Dashes: []vg.Length{vg.Points(1.5), vg.Points(2.5)}}}
	p.Add(u)
	if name != "" {
		p.Legend.Add(name, u)
	}
}

// uprightHeight is the height of the line, as a share of the panel's.
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

// Label is a text at a point of a panel.
type Label struct {
	At    plotter.XY
	Text  string
	Style draw.TextStyle
	Minor bool // gives way to the others
}

// Labels are labels to the upper right of their points. Of labels that would overlap only the
// first is drawn; minor ones come last.
type Labels []Label

// labelOffset is the offset of a label from its point.
var labelOffset = vg.Point{X: 4, Y: 3}

// Plot implements plot.Plotter.
func (all Labels) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	var taken []vg.Rectangle
	for _, l := range slices.SortedStableFunc(slices.Values(all), func(a, b Label) int { return num.Int(a.Minor) - num.Int(b.Minor) }) {
		at := vg.Point{X: x(l.At.X), Y: y(l.At.Y)}.Add(labelOffset)
		box := l.Style.Rectangle(l.Text).Add(at)
		if !slices.ContainsFunc(taken, func(other vg.Rectangle) bool { return overlap(box, other) }) {
			taken = append(taken, box)
			c.FillText(l.Style, at, l.Text)
		}
	}
}

// GlyphBoxes implements plot.GlyphBoxer, so that labels at the edge get room.
func (all Labels) GlyphBoxes(p *plot.Plot) []plot.GlyphBox {
	return num.Map(all, func(l Label) plot.GlyphBox {
		return plot.GlyphBox{X: p.X.Norm(l.At.X), Y: p.Y.Norm(l.At.Y), Rectangle: l.Style.Rectangle(l.Text).Add(labelOffset)}
	})
}

// overlap reports whether two rectangles have a point in common.
func overlap(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}

// RightAxis is a second y axis, at the right of a panel, with what is drawn against it. gonum/plot has none, so this
// is a separate panel that is drawn on the first panel's canvas, with its x axis, as one of its plotters.
//
//	right := figure.NewRightAxis("accuracy", figure.Color(1))
//	right.Line(points, figure.Color(1), 1.6)
//	right.AddTo(panel)
type RightAxis struct{ *Panel }

// NewRightAxis returns an axis whose label and ticks are in the colour of what is drawn against
// it.
func NewRightAxis(label string, c color.Color) *RightAxis {
	a := &RightAxis{NewPanel("", "", label)}
	a.drawn = nil // the panel has a grid already
	ColorAxis(&a.Y, c)
	a.Y.Label.TextStyle.Rotation = -math.Pi / 2
	a.Y.Label.TextStyle.XAlign, a.Y.Label.TextStyle.YAlign = draw.XCenter, draw.YBottom
	a.Y.Tick.Label.XAlign, a.Y.Tick.Label.YAlign = draw.XLeft, draw.YCenter
	return a
}

// ColorAxis draws an axis in the colour of the one quantity that it measures.
func ColorAxis(axis *plot.Axis, c color.Color) {
	axis.Label.TextStyle.Color, axis.Tick.Label.Color = c, c
}

// AddTo puts the axis, with everything that was drawn against it before, on a panel. If there
// is nothing to draw, that is an error of the panel.
func (a *RightAxis) AddTo(panel *Panel) {
	if err := validAxis(a.Y); err != nil {
		panel.err = cmp.Or(panel.err, a.err, fmt.Errorf("right axis %q: %w", a.Y.Label.Text, err))
		return
	}
	panel.err, panel.data.Rows = cmp.Or(panel.err, a.err), append(panel.data.Rows, a.data.Rows...)
	if isFlat(a.Y.Min, a.Y.Max) {
		widen(&a.Y, max(math.Abs(a.Y.Min)/2, 1e-9))
	}
	panel.Add(a)
}

// Plot implements plot.Plotter.
func (a *RightAxis) Plot(c draw.Canvas, panel *plot.Plot) {
	a.X = panel.X
	beginCurves(c, a.Panel.Plot)
	for _, plotter := range a.drawn {
		plotter.Plot(c, a.Panel.Plot)
	}
	endGroup(c)
	if svg := readableOf(c); svg != nil { // the axis is no curve, but is drawn among the curves
		svg.begin("")
		defer svg.Pop()
	}
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

// GlyphBoxes implements plot.GlyphBoxer: it reserves room for the axis, to the right of the
// data.
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
