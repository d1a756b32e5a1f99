package figure

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// spot is the place of a legend: at the left or right side of the data, and how far down, as a share of the height.
type spot struct {
	left bool
	down float64
}

// corners are the spots in the corners; if a legend covers as much in two of them, the first is taken.
var corners = []spot{{}, {down: 1}, {left: true}, {left: true, down: 1}}

// between are spots between the corners, for legends that would cover several times as much in every corner.
var between = func() (all []spot) {
	for k := 1; k < 10; k++ {
		all = append(all, spot{down: float64(k) / 10}, spot{left: true, down: float64(k) / 10})
	}
	return all
}()

// Shares of a panel: a legend that is taller than this share of it, as one of nine names is, and would cover some of the data stands
// beside them, on no more than this share of the width.
const (
	tallLegend   = 0.42
	besideLegend = 0.4
)

// drawPanel draws a settled panel, with its legend in the spot that covers the least of what is drawn, or beside it; gonum itself
// does not choose a place. A legend that is larger than its room is written smaller.
func (p *Panel) drawPanel(settled *plot.Plot, c draw.Canvas) {
	cutTitle(settled, c.Size().X) // less than its share if a panel of the figure has a colour bar
	legend := settled.Legend
	settled.Legend = plot.NewLegend()
	if legend.Rectangle(c).Size().Y == 0 { // it has no entries
		settled.Draw(c)
		return
	}
	legend.Top = true
	data := settled.DataCanvas(c)
	room := draw.Canvas{Canvas: data.Canvas, Rectangle: inside(data.Rectangle)}
	full := legend.Rectangle(room).Size()
	shrink(&legend, room)
	size := legend.Rectangle(room).Size()
	at, covered := p.free(settled, data, size)
	if covered > 0 && full.Y > tallLegend*c.Size().Y {
		room.Rectangle = vg.Rectangle{Min: vg.Point{X: c.Max.X - besideLegend*c.Size().X, Y: c.Min.Y}, Max: vg.Point{X: c.Max.X, Y: data.Max.Y}}
		legend.TextStyle.Font.Size = p.Legend.TextStyle.Font.Size
		shrink(&legend, room)
		room.Min.X = room.Max.X - legend.Rectangle(room).Size().X
		c = draw.Crop(c, 0, room.Min.X-legend.TextStyle.Font.Size-c.Max.X, 0, 0)
		legend.Left = true
	} else {
		legend.Left, legend.YOffs = at.left, at.place(size, room.Rectangle).Max.Y-room.Max.Y
	}
	settled.Draw(c)
	legend.Draw(room)
}

// shrink makes the letters of a legend smaller until it fits into its room, or they could no longer be read.
func shrink(legend *plot.Legend, room draw.Canvas) {
	for legend.TextStyle.Font.Size > 5 {
		if size := legend.Rectangle(room).Size(); size.X <= room.Size().X && size.Y <= room.Size().Y {
			return
		}
		legend.TextStyle.Font.Size -= 0.5
	}
}

// free returns the spot where a legend of a given size covers the least of what is drawn in the area of the
// data, and how much that is.
func (p *Panel) free(settled *plot.Plot, data draw.Canvas, size vg.Point) (best spot, least int) {
	drawn, area := &recorder.Canvas{}, inside(data.Rectangle)
	least = math.MaxInt
	for _, plotter := range p.drawn {
		if _, is := plotter.(grid); !is {
			plotter.Plot(draw.Canvas{Canvas: drawn, Rectangle: data.Rectangle}, settled)
		}
	}
	look := func(spots []spot, weight int) {
		for _, at := range spots {
			if covered := weight * coveredBy(at.place(size, area), drawn.Actions); covered < least {
				best, least = at, covered
			}
		}
	}
	if look(corners, 1); least > 0 {
		look(between, 3)
	}
	return best, least
}

// inside returns the part of the data's area in which legends can be.
func inside(data vg.Rectangle) vg.Rectangle {
	room := vg.Point{X: 6, Y: 1}
	return vg.Rectangle{Min: data.Min.Add(room), Max: data.Max.Sub(room)}
}

// place returns the rectangle that a legend of a given size takes at a spot of an area.
func (at spot) place(size vg.Point, area vg.Rectangle) vg.Rectangle {
	low := vg.Point{X: area.Max.X - size.X, Y: area.Max.Y - size.Y}
	if at.left {
		low.X = area.Min.X
	}
	low.Y -= vg.Length(at.down) * max(0, low.Y-area.Min.Y)
	return vg.Rectangle{Min: low, Max: low.Add(size)}
}

// coveredBy counts the points of what was drawn that lie in an area or near it. Rotated text, such as the
// label of an axis, does not count.
func coveredBy(area vg.Rectangle, actions []recorder.Action) (count int) {
	gap := vg.Point{X: 2, Y: 2}
	area.Min, area.Max = area.Min.Sub(gap), area.Max.Add(gap)
	turned := 0
	for _, action := range actions {
		var path vg.Path
		switch action := action.(type) {
		case *recorder.Push:
			turned++
		case *recorder.Pop:
			turned--
		case *recorder.Stroke:
			path = action.Path
		case *recorder.Fill:
			path = action.Path
		case *recorder.FillString:
			path.Move(action.Point)
			path.Line(action.Point.Add(vg.Point{X: action.Size * vg.Length(len(action.String)) / 2}))
		}
		if turned == 0 {
			count += pointsIn(area, path)
		}
	}
	return count
}

// pointsIn counts the points of a path that lie in an area, one per unit of length along its lines.
func pointsIn(area vg.Rectangle, path vg.Path) (count int) {
	var last vg.Point
	for _, part := range path {
		way, steps := part.Pos.Sub(last), 1
		if part.Type == vg.LineComp {
			steps = max(1, int(math.Hypot(float64(way.X), float64(way.Y))))
		}
		for k := 1; k <= steps; k++ {
			at := last.Add(way.Scale(vg.Length(k) / vg.Length(steps)))
			if at.X >= area.Min.X && at.X <= area.Max.X && at.Y >= area.Min.Y && at.Y <= area.Max.Y {
				count++
			}
		}
		last = part.Pos
	}
	return count
}
