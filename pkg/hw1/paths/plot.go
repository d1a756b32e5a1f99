package paths

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// labelledPoints is the number of points of a path that are labelled with their loss.
const labelledPoints = 3

// Plot returns trajectories on their first two principal components, a panel each: a colour per replica or, if
// there are several runs, per run; a ring at the start, a dot at the end.
func Plot(caption string, all ...Trajectories) (*figure.Figure, error) {
	if err := check.Args("paths.Plot", all...); err != nil {
		return nil, err
	}
	var row []*figure.Panel
	table := figure.NewData("parameters", "run", "loss function", "seed", "epoch", "component 1", "component 2", "loss")
	titles, of := labelsOf(all...), " of the variance"
	if len(all) > 2 { // a narrow panel has no room for more
		of = ""
	}
	for i, t := range all {
		p := figure.NewPanel(titles[i],
			fmt.Sprintf("first component, %.0f %%%s", 100*t.Shares[0], of),
			fmt.Sprintf("second component, %.0f %%", 100*t.Shares[1]))
		var losses figure.Labels
		labels, of := experiment.Labels(t.Runs...), t.of()
		for j, path := range t.Paths {
			c := figure.Color(j)
			if len(t.Runs) > 1 {
				c = figure.Color(of[j])
			}
			line := path.addTo(p, &losses, c)
			if len(t.Runs) > 1 && slices.Index(of, of[j]) == j {
				p.Legend.Add(labels[of[j]], line)
			}
			for k, epoch := range path.Epochs {
				table.Add(t.What, labels[of[j]], t.Runs[of[j]].Spec.Loss.Label(), path.Seed, epoch, path.X[k], path.Y[k], path.Losses[k])
			}
		}
		p.Add(losses)
		figure.Margin(&p.X, 0.06)
		figure.Margin(&p.Y, 0.06)
		row = append(row, p)
	}
	return figure.New(figure.Figure{
		Name: "paths-" + words.Slug(all[0].Runs[0].Spec.Loss.String()), Caption: caption, Height: 10 * vg.Centimeter, CSV: table.CSV(),
		Alt: fmt.Sprintf("%s on two principal components", words.Plural(len(all[0].Paths), "training path")),
	}, row)
}

// addTo draws a path, labels a few points with their loss, the end first, and returns the line for a
// legend.
func (path Path) addTo(p *figure.Panel, losses *figure.Labels, c color.Color) *plotter.Line {
	points := figure.XYs(path.X, path.Y)
	last := len(points) - 1
	line := p.Line(points, figure.Faded(c, 0.85), 1.3)
	p.Dots(points[:1], c, 3, draw.RingGlyph{})
	p.Dots(points[last:], c, 3, figure.Circle)
	style := p.X.Tick.Label
	style.Font.Size, style.Color = 8, c
	style.XAlign, style.YAlign = draw.XLeft, draw.YBottom
	for k := labelledPoints - 1; k >= 0; k-- {
		at := k * last / (labelledPoints - 1)
		*losses = append(*losses, figure.Label{At: points[at], Text: fmt.Sprintf("%.2g", path.Losses[at]), Style: style, Minor: k != labelledPoints-1})
	}
	return line
}

// sharedComponents is the most components that a SharePlot shows.
const sharedComponents = 10

// SharePlot returns the cumulative share of the variance against the number of components: for all paths pooled and
// for each path alone, beside random walks (dashed) and straight lines (dotted). Pooled, each set of paths has its
// own controls. Alone, walks hardly differ, so those of the first set stand for all, and a straight line has only
// one component.
func SharePlot(caption string, all ...Controls) (*figure.Figure, error) {
	if err := check.Args("paths.SharePlot", all...); err != nil {
		return nil, err
	}
	pooled := figure.NewPanel("all seeds in one PCA", "components", "share of the variance")
	own := figure.NewPanel("each seed in its own PCA, mean", "components", "share of the variance")
	names := labelsBeside(all)
	for i, c := range all {
		t := c.Walks.Beside
		label, solid := names[i], figure.Stroke{Color: figure.Color(i), Marked: true}
		addShares(pooled, label, t.Shares, solid)
		addShares(pooled, walksName+" beside "+label, c.Walks.Pooled, figure.Stroke{Color: figure.Color(i), Dashes: figure.TestDashes})
		addShares(pooled, linesName+" beside "+label, c.Lines.Pooled, figure.Stroke{Color: figure.Color(i), Dashes: dots})
		addShares(own, label, t.own(), solid)
	}
	addShares(own, walksName, all[0].Walks.Own, figure.Stroke{Color: figure.TextColor, Dashes: figure.TestDashes})
	addShares(own, linesName, append([]float64{1}, make([]float64, sharedComponents-1)...), figure.Stroke{Color: figure.TextColor, Dashes: dots})
	for _, p := range []*figure.Panel{pooled, own} {
		p.Sample(walksName, figure.TestDashes...)
		p.Sample(linesName, dots...)
		p.Y.Min, p.Y.Max = 0, 1
	}
	return figure.New(figure.Figure{
		Name: "shares", Caption: caption, Alt: "Cumulative share of the variance of training paths, random walks and straight lines",
	}, []*figure.Panel{pooled, own})
}

// labelsBeside names the paths that controls belong to.
func labelsBeside(all []Controls) []string {
	return labelsOf(num.Map(all, func(c Controls) Trajectories { return c.Walks.Beside })...)
}

// The controls, as figures and tables name them.
const walksName, linesName = "random walks", "straight lines"

var dots = []vg.Length{vg.Points(1.5), vg.Points(2.5)}

// addShares draws the cumulative sums of shares. A dashed line has no name in the legend.
func addShares(p *figure.Panel, label string, shares []float64, s figure.Stroke) {
	n := min(sharedComponents, len(shares))
	x, y := num.Make(n, func(i int) float64 { return float64(i + 1) }), floats.CumSum(make([]float64, n), shares[:n])
	if line := p.Curve(label, figure.Curve{X: x, Median: y}, s); s.Dashes == nil {
		p.Legend.Add(label, line)
	}
}

// ShareTable returns a row per set of paths, and one for each of its controls: the variance of the starts and of the
// paths' means as shares of the whole, the shares of one and two components, pooled and alone, and the share along
// the line between the ends.
func ShareTable(caption string, all ...Controls) (*figure.Table, error) {
	if err := check.Args("paths.ShareTable", all...); err != nil {
		return nil, err
	}
	table := figure.NewTable(caption, "shares", "paths", "of the starts", "of the means", "pooled, 1", "pooled, 2", "alone, 1", "alone, 2", "along the line")
	names := labelsBeside(all)
	for i, c := range all {
		t, w, l := c.Walks.Beside, c.Walks, c.Lines
		two := func(shares []float64) string { return words.Percent(floats.Sum(shares[:2])) }
		table.Add(names[i], words.Percent(t.Starts), words.Percent(l.Means), words.Percent(t.Shares[0]), two(t.Shares), words.Percent(t.meanOwn(1)), words.Percent(t.meanOwn(2)), words.Percent(stat.Mean(l.Along, nil)))
		table.Add(walksName+" beside", words.Percent(w.Starts), "–", words.Percent(w.Pooled[0]), two(w.Pooled), words.Percent(w.Own[0]), two(w.Own), "–")
		table.Add(linesName+" beside", words.Percent(l.Starts), "–", words.Percent(l.Pooled[0]), two(l.Pooled), words.Percent(1), words.Percent(1), words.Percent(1))
	}
	return table, nil
}
