package figure

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/internal/num"
)

// Label is a word at a point of a panel.
type Label struct {
	At    plotter.XY
	Text  string
	Style draw.TextStyle
	Minor bool // one that gives way to the others
}

// Labels are labels right of and above their points. Of those that would cover
// each other only the first is drawn, and minor ones come last.
type Labels []Label

// labelOffset is the way from a point to its label.
var labelOffset = vg.Point{X: 4, Y: 3}

// Plot implements plot.Plotter.
func (all Labels) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	var taken []vg.Rectangle
	for _, minor := range []bool{false, true} {
		for _, l := range all {
			if l.Minor != minor {
				continue
			}
			at := vg.Point{X: x(l.At.X), Y: y(l.At.Y)}.Add(labelOffset)
			box := l.Style.Rectangle(l.Text).Add(at)
			if slices.ContainsFunc(taken, func(other vg.Rectangle) bool { return overlap(box, other) }) {
				continue
			}
			taken = append(taken, box)
			c.FillText(l.Style, at, l.Text)
		}
	}
}

// GlyphBoxes implements plot.GlyphBoxer: labels at the edge get room.
func (all Labels) GlyphBoxes(p *plot.Plot) []plot.GlyphBox {
	return num.Map(all, func(l Label) plot.GlyphBox {
		return plot.GlyphBox{X: p.X.Norm(l.At.X), Y: p.Y.Norm(l.At.Y), Rectangle: l.Style.Rectangle(l.Text).Add(labelOffset)}
	})
}

// overlap reports whether two rectangles have a point in common.
func overlap(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}
