package figure

import (
	"encoding/json"
	"fmt"
	"html"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// This file writes into an SVG what a page needs to read values off its curves: the curves of a panel are in
// a group whose attribute data-axes says where the axes are and what they measure.

// readable is an SVG with such groups.
type readable struct {
	*vgsvg.Canvas
	groups []string // the attributes of each group
}

// groupTag is the tag that vgsvg writes for a rotation by 0, which changes nothing.
const groupTag = `<g transform="rotate(0)">`

// begin opens a group with attributes, which Pop closes.
func (c *readable) begin(attributes string) {
	c.groups = append(c.groups, attributes)
	c.Push()
	c.Rotate(0)
}

// named gives the groups their attributes.
func (c *readable) named(svg []byte) []byte {
	parts := strings.Split(string(svg), groupTag)
	for i, attributes := range c.groups {
		parts[i] += "<g" + attributes + ">"
	}
	return []byte(strings.Join(parts, ""))
}

// readableAxis is an axis: its label, and its ends as numbers and in the drawing.
type readableAxis struct {
	Label string     `json:"label"`
	Ends  [2]float64 `json:"ends"`
	At    [2]float64 `json:"at"`
	Log   bool       `json:"log"`
}

// readableOf returns the SVG that a canvas is part of, nil if it is of another kind.
func readableOf(c draw.Canvas) *readable {
	for {
		switch whole := c.Canvas.(type) {
		case *readable:
			return whole
		case draw.Canvas:
			c = whole
		default:
			return nil
		}
	}
}

// beginCurves opens the group for the curves of a panel on an SVG, and does nothing on other
// canvases.
func beginCurves(c draw.Canvas, p *plot.Plot) {
	svg := readableOf(c)
	if svg == nil {
		return
	}
	of := func(axis plot.Axis, from, to float64) readableAxis {
		_, logarithmic := axis.Scale.(logScale)
		return readableAxis{axis.Label.Text, [2]float64{axis.Min, axis.Max}, [2]float64{math.Round(100*from) / 100, math.Round(100*to) / 100}, logarithmic}
	}
	axes, _ := json.Marshal(map[string]readableAxis{
		"x": of(p.X, c.Min.X.Points(), c.Max.X.Points()),
		"y": of(p.Y, c.Min.Y.Points(), c.Max.Y.Points()),
	}) // the numbers are finite, as Valid refuses others
	svg.begin(fmt.Sprintf(` data-axes="%s"`, html.EscapeString(string(axes))))
}

// endGroup closes the group that was opened last.
func endGroup(c draw.Canvas) {
	if svg := readableOf(c); svg != nil {
		svg.Pop()
	}
}

// endOfCurves is added to a panel last, and ends the group of its curves.
type endOfCurves struct{}

// Plot implements plot.Plotter.
func (endOfCurves) Plot(c draw.Canvas, _ *plot.Plot) { endGroup(c) }
