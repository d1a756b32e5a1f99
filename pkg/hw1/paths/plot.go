package paths

import (
	"fmt"
	"image/color"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// labelledPoints is the number of points of a path that are labelled with the loss.
const labelledPoints = 3

// Plot returns trajectories on their first two principal components, a panel
// each: a colour per replica, a ring at the start, a dot at the end.
func Plot(caption string, all ...Trajectories) (*figure.Figure, error) {
	if err := check.Args("paths.Plot", all...); err != nil {
		return nil, err
	}
	var row []*figure.Panel
	table := figure.NewData("parameters", "loss function", "seed", "epoch", "component 1", "component 2", "loss")
	for _, t := range all {
		p := figure.NewPanel(t.label(),
			fmt.Sprintf("first component, %.0f %% of the variance", 100*t.Shares[0]),
			fmt.Sprintf("second component, %.0f %%", 100*t.Shares[1]))
		var losses figure.Labels
		for j, path := range t.Paths {
			path.addTo(p, &losses, figure.Color(j))
			for k, epoch := range path.Epochs {
				table.Add(t.What, t.Run.Spec.Loss, path.Seed, epoch, path.X[k], path.Y[k], path.Losses[k])
			}
		}
		p.Add(losses)
		figure.Margin(&p.X, 0.06)
		figure.Margin(&p.Y, 0.06)
		row = append(row, p)
	}
	return figure.New(figure.Figure{
		Name: "paths-" + string(all[0].Run.Spec.Loss), Caption: caption, Height: 10 * vg.Centimeter, CSV: table.CSV(),
		Alt: fmt.Sprintf("Training paths of %d seeds on two principal components", len(all[0].Paths)),
	}, row)
}

// addTo draws a path, and notes the loss at a few points, the end first.
func (path Path) addTo(p *figure.Panel, losses *figure.Labels, c color.Color) {
	points := figure.XYs(path.X, path.Y)
	last := len(points) - 1
	p.Line(points, figure.Faded(c, 0.85), 1.3)
	p.Dots(points[:1], c, 3, draw.RingGlyph{})
	p.Dots(points[last:], c, 3, figure.Circle)
	style := p.X.Tick.Label
	style.Font.Size, style.Color = 8, c
	style.XAlign, style.YAlign = draw.XLeft, draw.YBottom
	for k := labelledPoints - 1; k >= 0; k-- {
		at := k * last / (labelledPoints - 1)
		*losses = append(*losses, figure.Label{At: points[at], Text: fmt.Sprintf("%.2g", path.Losses[at]), Style: style, Minor: k != labelledPoints-1})
	}
}

// sharedComponents is the most components that a SharePlot has.
const sharedComponents = 10

// SharePlot returns the cumulative share of the variance against the number of
// components: of all paths pooled and of each alone, beside their random walks, dashed.
// Pooled, each set of paths has walks of its own; alone, walks hardly differ, and
// those of the first set stand for all.
func SharePlot(caption string, all ...Walks) (*figure.Figure, error) {
	if err := check.Args("paths.SharePlot", all...); err != nil {
		return nil, err
	}
	pooled := figure.NewPanel("all seeds in one PCA", "components", "share of the variance")
	own := figure.NewPanel("each seed in its own PCA, mean", "components", "share of the variance")
	table := figure.NewData("PCA", "paths", "components", "cumulative share")
	for i, walks := range all {
		t, solid := walks.Beside, figure.Stroke{Color: figure.Color(i), Marked: true}
		dashed := solid
		dashed.Dashes = figure.TestDashes
		addShares(pooled, table, t.label(), t.Shares, solid)
		addShares(pooled, table, "random walks beside "+t.label(), walks.Pooled, dashed)
	}
	for i, walks := range all {
		addShares(own, table, walks.Beside.label(), walks.Beside.own(), figure.Stroke{Color: figure.Color(i), Marked: true})
		if i == 0 {
			addShares(own, table, "random walks", walks.Own, figure.Stroke{Color: figure.TextColor, Dashes: figure.TestDashes, Marked: true})
		}
	}
	for _, p := range []*figure.Panel{pooled, own} {
		p.Legend.Add("random walks", &plotter.Line{LineStyle: draw.LineStyle{Color: figure.TextColor, Width: vg.Points(1.6), Dashes: figure.TestDashes}})
		p.Y.Min, p.Y.Max, p.Legend.Top = 0, 1, false
	}
	return figure.New(figure.Figure{
		Name: "shares", Caption: caption, Alt: "Cumulative share of the variance of training paths and of random walks", CSV: table.CSV(),
	}, []*figure.Panel{pooled, own})
}

// addShares draws the cumulative sums of shares. A dashed line has no name in the legend.
func addShares(p *figure.Panel, table *figure.Data, label string, shares []float64, s figure.Stroke) {
	n := min(sharedComponents, len(shares))
	x, y := make([]float64, n), make([]float64, n)
	floats.CumSum(y, shares[:n])
	for i := range x {
		x[i] = float64(i + 1)
		table.Add(p.Title.Text, label, i+1, y[i])
	}
	if line := p.Median(x, [][]float64{y}, s); s.Dashes == nil {
		p.Legend.Add(label, line)
	}
}

// ShareTable returns a row per set of paths, and one for the random walks beside it:
// the variance of the starts as a share of all, and the shares of one and two
// components, pooled and alone.
func ShareTable(caption string, all ...Walks) (*figure.Table, error) {
	if err := check.Args("paths.ShareTable", all...); err != nil {
		return nil, err
	}
	table := &figure.Table{Caption: caption, Name: "shares", Header: []string{"paths", "of the starts", "pooled, 1", "pooled, 2", "alone, 1", "alone, 2", "end-to-end loss"}}
	for _, walks := range all {
		t := walks.Beside
		var first, last []float64
		for _, path := range t.Paths {
			first, last = append(first, path.Losses[0]), append(last, path.Losses[len(path.Losses)-1])
		}
		two := func(shares []float64) string { return words.Percent(floats.Sum(shares[:2])) }
		table.Add(t.label(), words.Percent(t.Starts), words.Percent(t.Shares[0]), words.Percent(t.TwoShare()), words.Percent(t.meanOwn(1)), words.Percent(t.meanOwn(2)),
			words.Significant(2, num.Median(first))+" → "+words.Significant(2, num.Median(last)))
		table.Add("random walks beside", words.Percent(walks.Starts), words.Percent(walks.Pooled[0]), two(walks.Pooled), words.Percent(walks.Own[0]), two(walks.Own), "–")
	}
	return table, nil
}
