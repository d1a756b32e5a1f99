package critical

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// classes are the ways in which a search can end, in the order of figures and tables, with the
// shapes that tell them apart.
var classes = []struct {
	class Class
	shape draw.GlyphDrawer
}{
	{Converged, draw.CircleGlyph{}}, {GradientFlat, draw.CrossGlyph{}}, {OutOfBudget, draw.PlusGlyph{}},
}

// MinimalRatioPlot returns the minimal ratio against the loss, a row per search: from the exact
// Hessian, and from random neighbours. The colour is the gradient norm.
func MinimalRatioPlot(caption string, names []string, searches [][]Point) (*figure.Figure, error) {
	if err := named("critical.MinimalRatioPlot", names, searches); err != nil {
		return nil, err
	}
	all := slices.Concat(searches...)
	norms := num.Map(all, logNorm)
	bar := figure.NewColorBar("|∇L|", false, slices.Min(norms), slices.Max(norms))
	lowest, highest := LossRange(all)
	least := min(0.9, slices.Min(MinimalRatios(all)), slices.Min(num.Map(all, sampled)))
	table := figure.NewData("search", "seed", "start epoch", "start loss", "loss", "loss without L2", "gradient norm", "class", "iterations", "kernel ratio",
		"negative", "zero", "positive", "naive ratio", "sampled ratio")
	var rows [][]*figure.Panel
	for i, points := range searches {
		row := []*figure.Panel{
			ratioPanel(names[i]+": share of positive eigenvalues", "minimal ratio", points, Point.MinimalRatio, bar),
			ratioPanel(names[i]+": share of neighbours with a higher loss", "minimal ratio, sampled", points, sampled, bar),
		}
		for _, p := range row {
			p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = lowest, highest, least, 1
			if lowest > 0 {
				p.LogX()
				p.X.Min, p.X.Max = lowest/1.1, 1.1*highest
			}
			figure.Margin(&p.Y, 0.08)
			figure.Headroom(&p.Y, 0.09*float64(len(classes))) // for the legend: its shapes are not data, so they stand above 1, where no share can be
			p.Y.Tick.Marker = figure.ShareTicks{}
		}
		row[1].Add(bar)
		rows = append(rows, row)
		for _, p := range points {
			negative, zero, positive := p.Signs()
			table.Add(names[i], p.Seed, p.StartEpoch, p.StartLoss, p.Loss, p.DataLoss, p.GradNorm(), p.Class, p.Iterations, p.Kernel,
				negative, zero, positive, p.NaiveRatio(), p.Sampled)
		}
	}
	return figure.New(figure.Figure{
		Name: "minimal-ratio", Caption: caption, Alt: "Minimal ratio against the loss of the ends of all searches", CSV: table.CSV(),
	}, rows...)
}

// ratioPanel draws a ratio against the loss, with a shape for each class and the colours of a
// colour bar.
func ratioPanel(title, label string, points []Point, of func(Point) float64, bar figure.ColorBar) *figure.Panel {
	p := figure.NewPanel(title, "loss", label)
	for _, c := range classes {
		group := OfClass(points, c.class)
		if len(group) == 0 {
			continue
		}
		dots := p.Dots(figure.XYs(Losses(group), num.Map(group, of)), figure.TruthColor, 3, c.shape)
		dots.GlyphStyleFunc = func(k int) draw.GlyphStyle {
			return draw.GlyphStyle{Color: bar.Color(logNorm(group[k])), Radius: vg.Points(3), Shape: c.shape}
		}
		p.Legend.Add(fmt.Sprintf("%s (%d)", c.class, len(group)), dots)
	}
	return p
}

func logNorm(p Point) float64 { return math.Log10(figure.ClampLog(p.GradNorm())) }

func sampled(p Point) float64 { return p.Sampled }

// named returns an error unless there are searches, each with a name and complete points.
func named(function string, names []string, searches [][]Point) error {
	if len(names) != len(searches) || len(names) == 0 {
		return fmt.Errorf("%s got %s for %s; give it a name for each, of one or more", function, words.Plural(len(names), "name"), words.Plural(len(searches), "search"))
	}
	for _, points := range searches {
		if err := check.Args(function, points...); err != nil {
			return err
		}
	}
	return nil
}

// SearchPlot returns the gradient norm against the steps of every search, in a colour that says
// how the search ended, a panel for each kind of search.
func SearchPlot(caption string, names []string, searches [][]Point) (*figure.Figure, error) {
	if err := named("critical.SearchPlot", names, searches); err != nil {
		return nil, err
	}
	var row []*figure.Panel
	for i, points := range searches {
		row = append(row, normPanel(names[i], points))
	}
	return figure.New(figure.Figure{Name: "search", Caption: caption, Alt: "Norm of the gradient during every search"}, row)
}

// normPanel draws the norm of the gradient during searches.
func normPanel(title string, points []Point) *figure.Panel {
	p := figure.NewPanel(title, "accepted step of the search", "norm of the gradient")
	p.LogY()
	for i, c := range classes {
		group := OfClass(points, c.class)
		for k, point := range group {
			drawn := figure.Thinned(len(point.Norms))
			norms := figure.Curve{X: num.Map(drawn, func(step int) float64 { return float64(step) }), Median: num.At(point.Norms, drawn)}
			p.Record(fmt.Sprintf("%s, seed %d", c.class, point.Seed), norms)
			sample := *p.Line(p.Points(norms.X, norms.Median), figure.Faded(figure.Color(i), 0.35), 0.7)
			if k == 0 {
				sample.Color, sample.Width = figure.Color(i), vg.Points(1.8)
				p.Legend.Add(fmt.Sprintf("%s (%d)", c.class, len(group)), &sample)
			}
		}
	}
	return p
}

// SpectrumPlot returns the eigenvalues of the exact Hessian at two points, such as a minimum
// and a saddle, side by side: their absolute values, in order of the eigenvalues, and their
// signs in colour.
func SpectrumPlot(caption string, titles [2]string, points [2]Point) (*figure.Figure, error) {
	if err := check.Args("critical.SpectrumPlot", points[:]...); err != nil {
		return nil, err
	}
	var row []*figure.Panel
	for i, point := range points {
		row = append(row, spectrumPanel(titles[i], point))
	}
	lowest := min(row[0].Y.Min, row[1].Y.Min)
	highest := max(row[0].Y.Max, row[1].Y.Max)
	for _, p := range row {
		p.Y.Min, p.Y.Max = lowest, highest*10
	}
	return figure.New(figure.Figure{
		Name: "spectrum", Caption: caption, Alt: "Eigenvalues of the exact Hessian at " + titles[0] + " and at " + titles[1],
	}, row)
}

// spectrumPanel draws the absolute values of a point's eigenvalues in order, in groups by sign.
func spectrumPanel(title string, point Point) *figure.Panel {
	p := figure.NewPanel(title, "eigenvalue, in order", "|eigenvalue|")
	p.LogY()
	number := num.Make(len(point.Eigenvalues), func(k int) float64 { return float64(k + 1) })
	p.Record("eigenvalues", figure.Curve{X: number, Median: point.Eigenvalues})
	tolerance := num.ZeroTolerance(point.Eigenvalues)
	for _, group := range []struct {
		name  string
		has   func(lambda float64) bool
		color color.Color
		shape draw.GlyphDrawer
	}{
		{"negative", func(lambda float64) bool { return lambda < -tolerance }, figure.Color(1), draw.TriangleGlyph{}},
		{"zero", func(lambda float64) bool { return math.Abs(lambda) <= tolerance }, color.Gray{0x99}, draw.RingGlyph{}},
		{"positive", func(lambda float64) bool { return lambda > tolerance }, figure.Color(0), draw.CircleGlyph{}},
	} {
		var points plotter.XYs
		for k, lambda := range point.Eigenvalues {
			if group.has(lambda) {
				points = append(points, plotter.XY{X: number[k], Y: figure.ClampLog(math.Abs(lambda))})
			}
		}
		if len(points) > 0 {
			p.Legend.Add(fmt.Sprintf("%s (%d)", group.name, len(points)), p.Dots(points, group.color, 2.4, group.shape))
		}
	}
	return p
}

// ClassTable returns, for each search, a row for each way in which some of its searches ended: how many there are, what kinds
// of critical points they are, the range of their losses, and medians of what was measured there.
func ClassTable(caption string, names []string, searches [][]Point) (*figure.Table, error) {
	if err := named("critical.ClassTable", names, searches); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "classes",
		"search", "end", "searches", "strict minima", "saddles", "losses", "gradient norm", "minimal ratio", "negative", "naive", "sampled", "kernel ratio")
	for i, points := range searches {
		for _, c := range classes {
			if group := OfClass(points, c.class); len(group) > 0 {
				t.Rows = append(t.Rows, append([]string{names[i], string(c.class)}, classRow(group)...))
			}
		}
	}
	return t, nil
}

// classRow returns the cells about the points of one class.
func classRow(group []Point) []string {
	row := []string{fmt.Sprint(len(group))}
	for _, kind := range []Kind{StrictMinimum, Saddle} {
		count := "–"
		if group[0].Class == Converged {
			count = fmt.Sprint(len(OfKind(group, kind)))
		}
		row = append(row, count)
	}
	row = append(row, lossRange(group))
	for _, of := range []func(Point) float64{
		Point.GradNorm, Point.MinimalRatio,
		func(p Point) float64 { negative, _, _ := p.Signs(); return negative },
		Point.NaiveRatio, sampled, func(p Point) float64 { return p.Kernel },
	} {
		row = append(row, words.Significant(2, num.Median(num.Map(group, of))))
	}
	return row
}

// SearchTable returns a row per search, with how many of its points ended in which way and the
// ratios of eigenvalues, to compare networks, L2 terms and methods.
func SearchTable(caption string, names []string, searches [][]Point) (*figure.Table, error) {
	if err := named("critical.SearchTable", names, searches); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "searches", "search", "converged", "at losses", "gradient-flat", "out of budget", "iterations", "minimal ratio", "naive ratio")
	for i, points := range searches {
		share := func(class Class) string {
			return fmt.Sprintf("%d of %d", len(OfClass(points, class)), len(points))
		}
		row := []string{names[i], share(Converged), lossRange(OfClass(points, Converged)), share(GradientFlat), share(OutOfBudget)}
		iterations := num.Median(num.Map(points, func(p Point) float64 { return float64(p.Iterations) }))
		t.Rows = append(t.Rows, append(row, fmt.Sprintf("%.0f", iterations),
			fmt.Sprintf("%.2f", num.Median(MinimalRatios(points))), fmt.Sprintf("%.2f", num.Median(num.Map(points, Point.NaiveRatio)))))
	}
	return t, nil
}

func lossRange(points []Point) string {
	if len(points) == 0 {
		return "–"
	}
	lowest, highest := LossRange(points)
	return words.Significant(2, lowest) + " – " + words.Significant(2, highest)
}
