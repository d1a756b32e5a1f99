package hw1

import (
	"fmt"
	"image/color"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// stroke is how a line is drawn.
type stroke struct {
	color  color.Color
	dashes []vg.Length
	marked bool // with a dot at each of its points
}

// adder is what lines are drawn on: a panel, or its right axis.
type adder interface{ Add(...plot.Plotter) }

// pointsOn returns the points x, y to be drawn on a panel, or its right axis: where it
// is logarithmic, none too low for it.
func pointsOn(to adder, x, y []float64) plotter.XYs {
	p, ok := to.(*plot.Plot)
	if !ok {
		p = to.(*rightAxis).plot
	}
	if _, logarithmic := p.Y.Scale.(logScale); logarithmic {
		return xys(x, y)
	}
	return pairs(x, y)
}

// addMedian draws the median of rows [R][n] at the points x [n], over their range
// as a band where there are several, and returns the line for a legend.
func addMedian(to adder, x []float64, rows [][]float64, s stroke) (*plotter.Line, error) {
	if len(rows) == 0 || len(x) == 0 {
		return nil, fmt.Errorf("there is nothing to draw a line of")
	}
	median, low, high := spread(rows)
	if len(rows) > 1 {
		outline, upper := pointsOn(to, x, low), pointsOn(to, x, high)
		for i := range upper {
			outline = append(outline, upper[len(upper)-1-i])
		}
		area, err := plotter.NewPolygon(outline)
		if err != nil {
			return nil, err
		}
		area.Color, area.LineStyle.Width = faded(s.color, 0.13), 0
		to.Add(area)
	}
	line, err := plotter.NewLine(pointsOn(to, x, median))
	if err != nil {
		return nil, err
	}
	line.Color, line.Width, line.Dashes = s.color, vg.Points(1.6), s.dashes
	to.Add(line)
	if s.marked {
		dots, err := plotter.NewScatter(pointsOn(to, x, median))
		if err != nil {
			return nil, err
		}
		dots.Color, dots.Radius, dots.Shape = s.color, vg.Points(2.4), plotCircle
		to.Add(dots)
	}
	return line, nil
}

// spread returns the median, the lowest and the highest of each column.
func spread(rows [][]float64) (median, low, high []float64) {
	for i := range rows[0] {
		column := make([]float64, len(rows))
		for r, row := range rows {
			column[r] = row[i]
		}
		median = append(median, Median(column))
		low, high = append(low, floats.Min(column)), append(high, floats.Max(column))
	}
	return median, low, high
}

// batchPanel returns a panel against batch sizes, on a logarithmic axis.
func batchPanel(title, y string, batches []float64) *plot.Plot {
	p := newPanel(title, "batch size", y)
	p.X.Scale = logScale{}
	var ticks plot.ConstantTicks
	for _, b := range batches {
		ticks = append(ticks, plot.Tick{Value: b, Label: fmt.Sprintf("%g", b)})
	}
	p.X.Tick.Marker = ticks
	return p
}

// series is one line of a panel: columns [n][R], drawn to the panel or its right
// axis.
type series struct {
	to      adder
	label   string
	columns [][]float64
	stroke  stroke
}

// addSeries draws lines at the points x [n] and names them in the panel's legend.
func addSeries(p *plot.Plot, x []float64, lines ...series) error {
	for _, s := range lines {
		line, err := addMedian(s.to, x, transposed(s.columns), s.stroke)
		if err != nil {
			return err
		}
		p.Legend.Add(s.label, line)
	}
	return nil
}

// transposed returns the rows [R][n] of columns [n][R].
func transposed(columns [][]float64) [][]float64 {
	rows := make([][]float64, len(columns[0]))
	for _, column := range columns {
		for r, v := range column {
			rows[r] = append(rows[r], v)
		}
	}
	return rows
}
