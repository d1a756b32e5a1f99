package hw1

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// classes are the ends of a search in the order of figures and tables, with the
// shapes that tell them apart.
var classes = []struct {
	class CriticalClass
	shape draw.GlyphDrawer
}{
	{Converged, draw.CircleGlyph{}}, {GradientFlat, draw.CrossGlyph{}}, {OutOfBudget, draw.PlusGlyph{}},
}

// MinimalRatioPlot returns the minimal ratio against the loss: by the exact
// Hessian, and by random neighbours. The colour is the gradient's norm.
func MinimalRatioPlot(caption string, points []CriticalPoint) (*Figure, error) {
	if err := check("MinimalRatioPlot", points...); err != nil {
		return nil, err
	}
	norms := valuesOf(points, func(p CriticalPoint) float64 { return math.Log10(clampLog(p.GradNorm())) })
	low, high := slices.Min(norms), slices.Max(norms)
	panels := []*plot.Plot{
		newPanel("share of positive eigenvalues", "loss", "minimal ratio"),
		newPanel("share of neighbours with a higher loss", "loss", "minimal ratio, sampled"),
	}
	for i, of := range []func(CriticalPoint) float64{CriticalPoint.MinimalRatio, func(p CriticalPoint) float64 { return p.Sampled }} {
		p := panels[i]
		logX(p)
		for _, c := range classes {
			group := OfClass(points, c.class)
			if len(group) == 0 {
				continue
			}
			dots, err := plotter.NewScatter(pairs(Losses(group), valuesOf(group, of)))
			if err != nil {
				return nil, err
			}
			dots.GlyphStyleFunc = func(k int) draw.GlyphStyle {
				share := (math.Log10(clampLog(group[k].GradNorm())) - low) / max(high-low, 1e-9)
				return draw.GlyphStyle{Color: shadeAt(share), Radius: vg.Points(3), Shape: c.shape}
			}
			p.Add(dots)
			p.Legend.Add(fmt.Sprintf("%s (%d)", c.class, len(group)), glyphThumbnail{c.shape})
		}
		margin(&p.Y, 0.08)
		p.Legend.Top, p.Legend.Left = false, i == 1
	}
	panels[1].Add(colorBar{low, high, panels[1].Y.Tick.Label, "|∇L|"})
	f := newFigure("minimal-ratio", caption, "Minimal ratio against the loss of the ends of all searches", [][]*plot.Plot{panels})
	f.CSV = csvText(pointHeader, pointRows(points))
	return f, nil
}

// shadeAt returns the heat map's shade at a share of its range.
func shadeAt(share float64) color.Color {
	colors := heatColors().Colors()
	return colors[int(math.Round(min(max(share, 0), 1)*float64(len(colors)-1)))]
}

// glyphThumbnail shows a shape in a legend.
type glyphThumbnail struct{ shape draw.GlyphDrawer }

// Thumbnail implements plot.Thumbnailer.
func (g glyphThumbnail) Thumbnail(c *draw.Canvas) {
	c.DrawGlyph(draw.GlyphStyle{Color: truthColor, Radius: vg.Points(3), Shape: g.shape}, c.Center())
}

var pointHeader = []string{
	"seed", "start epoch", "start loss", "loss", "mse", "gradient norm", "class", "iterations", "kernel ratio", "flatness index",
	"negative", "zero", "positive", "naive ratio", "sampled ratio",
}

func pointRows(points []CriticalPoint) [][]string {
	var rows [][]string
	for _, p := range points {
		negative, zero, positive := p.Signs()
		row := []string{
			fmt.Sprint(p.Seed), fmt.Sprint(p.StartEpoch), formatFloat(p.StartLoss), formatFloat(p.Loss), formatFloat(p.MSE),
			formatFloat(p.GradNorm()), string(p.Class), fmt.Sprint(p.Iterations),
		}
		for _, v := range []float64{p.Kernel, p.Flatness, negative, zero, positive, p.NaiveRatio(), p.Sampled} {
			row = append(row, formatFloat(v))
		}
		rows = append(rows, row)
	}
	return rows
}

// SearchPlot returns the norm of the gradient against the steps of every search,
// in the colour of how it ended.
func SearchPlot(caption string, points []CriticalPoint) (*Figure, error) {
	if err := check("SearchPlot", points...); err != nil {
		return nil, err
	}
	p := newPanel("", "accepted step of the search", "norm of the gradient")
	logY(p)
	var table [][]string
	for i, c := range classes {
		for k, point := range OfClass(points, c.class) {
			for s, norm := range point.Norms {
				table = append(table, []string{fmt.Sprint(point.Seed), string(c.class), fmt.Sprint(s), formatFloat(norm)})
			}
			var drawn plotter.XYs
			for _, s := range thinned(len(point.Norms)) {
				drawn = append(drawn, plotter.XY{X: float64(s), Y: clampLog(point.Norms[s])})
			}
			line, err := plotter.NewLine(drawn)
			if err != nil {
				return nil, err
			}
			line.Color, line.Width = faded(colorOf(i), 0.45), vg.Points(0.8)
			p.Add(line)
			if k == 0 {
				sample := *line
				sample.Color, sample.Width = colorOf(i), vg.Points(1.8)
				p.Legend.Add(fmt.Sprintf("%s (%d)", c.class, len(OfClass(points, c.class))), &sample)
			}
		}
	}
	f := newFigure("search", caption, "Norm of the gradient during every search", [][]*plot.Plot{{p}})
	f.CSV = csvText([]string{"seed", "class", "step", "gradient norm"}, table)
	return f, nil
}

// SpectrumPlot returns the eigenvalues of the exact Hessian at two points, such as
// a minimum and a saddle, side by side: their sizes in order, and their signs in
// colour.
func SpectrumPlot(caption string, titles [2]string, points [2]CriticalPoint) (*Figure, error) {
	if err := check("SpectrumPlot", points[:]...); err != nil {
		return nil, err
	}
	row := make([]*plot.Plot, len(points))
	var table [][]string
	for i, point := range points {
		var err error
		if row[i], err = spectrumPanel(titles[i], point); err != nil {
			return nil, err
		}
		for k, lambda := range point.Eigenvalues {
			table = append(table, []string{titles[i], fmt.Sprint(k + 1), formatFloat(lambda)})
		}
	}
	lowest := min(row[0].Y.Min, row[1].Y.Min)
	highest := max(row[0].Y.Max, row[1].Y.Max)
	for _, p := range row {
		p.Y.Min, p.Y.Max = lowest, highest*10
	}
	f := newFigure("spectrum", caption, "Eigenvalues of the exact Hessian at "+titles[0]+" and at "+titles[1], [][]*plot.Plot{row})
	f.CSV = csvText([]string{"point", "number", "eigenvalue"}, table)
	return f, nil
}

// spectrumPanel draws the sizes of a point's eigenvalues in order, by their signs.
func spectrumPanel(title string, point CriticalPoint) (*plot.Plot, error) {
	p := newPanel(title, "eigenvalue, in order", "size of the eigenvalue")
	logY(p)
	tolerance := ZeroTolerance(point.Eigenvalues)
	for _, group := range []struct {
		name  string
		has   func(lambda float64) bool
		color color.Color
		shape draw.GlyphDrawer
	}{
		{"negative", func(lambda float64) bool { return lambda < -tolerance }, colorOf(1), draw.TriangleGlyph{}},
		{"zero", func(lambda float64) bool { return math.Abs(lambda) <= tolerance }, color.Gray{0x99}, draw.RingGlyph{}},
		{"positive", func(lambda float64) bool { return lambda > tolerance }, colorOf(0), draw.CircleGlyph{}},
	} {
		var points plotter.XYs
		for k, lambda := range point.Eigenvalues {
			if group.has(lambda) {
				points = append(points, plotter.XY{X: float64(k + 1), Y: clampLog(math.Abs(lambda))})
			}
		}
		if len(points) == 0 {
			continue
		}
		dots, err := plotter.NewScatter(points)
		if err != nil {
			return nil, err
		}
		dots.Color, dots.Radius, dots.Shape = group.color, vg.Points(2.4), group.shape
		p.Add(dots)
		p.Legend.Add(fmt.Sprintf("%s (%d)", group.name, len(points)), dots)
	}
	p.Legend.Left = true
	return p, nil
}

// ClassTable returns a row per class of ends: how many there are, the range of their
// losses, and medians of what was measured there.
func ClassTable(caption string, points []CriticalPoint) (*Table, error) {
	if err := check("ClassTable", points...); err != nil {
		return nil, err
	}
	t := &Table{Caption: caption, Name: "classes", Header: []string{
		"end", "searches", "losses", "gradient norm", "minimal ratio", "zero", "negative", "naive", "sampled", "flatness index",
	}}
	for _, c := range classes {
		group := OfClass(points, c.class)
		row := []string{string(c.class), fmt.Sprint(len(group))}
		if len(group) == 0 {
			t.Rows = append(t.Rows, append(row, slices.Repeat([]string{"–"}, len(t.Header)-len(row))...))
			continue
		}
		row = append(row, lossRange(group))
		for _, of := range []func(CriticalPoint) float64{
			CriticalPoint.GradNorm, CriticalPoint.MinimalRatio,
			func(p CriticalPoint) float64 { _, zero, _ := p.Signs(); return zero },
			func(p CriticalPoint) float64 { negative, _, _ := p.Signs(); return negative },
			CriticalPoint.NaiveRatio,
			func(p CriticalPoint) float64 { return p.Sampled }, func(p CriticalPoint) float64 { return p.Flatness },
		} {
			row = append(row, significant(2, Median(valuesOf(group, of))))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// SearchTable returns a row per search of several, with the shares of their ends and
// the ratios of eigenvalues, to compare networks, L2 terms and methods.
func SearchTable(caption string, names []string, searches [][]CriticalPoint) (*Table, error) {
	if len(names) != len(searches) {
		return nil, fmt.Errorf("SearchTable got %d names for %d searches", len(names), len(searches))
	}
	t := &Table{Caption: caption, Name: "searches", Header: []string{
		"search", "converged", "at losses", "gradient-flat", "out of budget", "iterations", "minimal ratio", "naive ratio",
	}}
	for i, points := range searches {
		if err := check("SearchTable", points...); err != nil {
			return nil, err
		}
		share := func(class CriticalClass) string {
			return fmt.Sprintf("%d of %d", len(OfClass(points, class)), len(points))
		}
		row := []string{names[i], share(Converged), lossRange(OfClass(points, Converged)), share(GradientFlat), share(OutOfBudget)}
		iterations := Median(valuesOf(points, func(p CriticalPoint) float64 { return float64(p.Iterations) }))
		t.Rows = append(t.Rows, append(row, fmt.Sprintf("%.0f", iterations),
			fmt.Sprintf("%.2f", Median(MinimalRatios(points))), fmt.Sprintf("%.2f", Median(valuesOf(points, CriticalPoint.NaiveRatio)))))
	}
	return t, nil
}

func lossRange(points []CriticalPoint) string {
	if len(points) == 0 {
		return "–"
	}
	losses := Losses(points)
	return significant(2, slices.Min(losses)) + " – " + significant(2, slices.Max(losses))
}
