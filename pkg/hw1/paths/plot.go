package paths

import (
	"errors"
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot"
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
	if err := check.Args("PathPlot", all...); err != nil {
		return nil, err
	}
	row := make([]*plot.Plot, len(all))
	var table [][]string
	for i, t := range all {
		p := figure.NewPanel(fmt.Sprintf("%s, %s", t.What, t.Run.Spec.Loss),
			fmt.Sprintf("first component, %.0f %% of the variance", 100*t.Shares[0]),
			fmt.Sprintf("second component, %.0f %%", 100*t.Shares[1]))
		var losses figure.Labels
		for j, path := range t.Paths {
			if err := path.addTo(p, &losses, j); err != nil {
				return nil, err
			}
			for k, epoch := range path.Epochs {
				table = append(table, []string{
					t.What, string(t.Run.Spec.Loss), fmt.Sprint(path.Seed), fmt.Sprint(epoch),
					words.Float(path.X[k]), words.Float(path.Y[k]), words.Float(path.Losses[k]),
				})
			}
		}
		p.Add(losses)
		figure.Margin(&p.X, 0.06)
		figure.Margin(&p.Y, 0.06)
		row[i] = p
	}
	f := figure.New("paths-"+string(all[0].Run.Spec.Loss), caption, fmt.Sprintf("Training paths of %d seeds on two principal components", len(all[0].Paths)), [][]*plot.Plot{row})
	f.Height = 10 * vg.Centimeter
	f.CSV = figure.CSV([]string{"parameters", "loss function", "seed", "epoch", "component 1", "component 2", "loss"}, table)
	return f, nil
}

// addTo draws a path, and notes the loss at a few points, the end first.
func (path Path) addTo(p *plot.Plot, losses *figure.Labels, color int) error {
	points := figure.XYs(path.X, path.Y)
	line, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	line.Color, line.Width = figure.Faded(figure.Color(color), 0.85), vg.Points(1.3)
	last := len(points) - 1
	start, err := plotter.NewScatter(points[:1])
	if err != nil {
		return err
	}
	start.Color, start.Radius, start.Shape = figure.Color(color), vg.Points(3), draw.RingGlyph{}
	end, err := plotter.NewScatter(points[last:])
	if err != nil {
		return err
	}
	end.Color, end.Radius, end.Shape = figure.Color(color), vg.Points(3), figure.Circle
	style := p.X.Tick.Label
	style.Font.Size, style.Color = 8, figure.Color(color)
	style.XAlign, style.YAlign = draw.XLeft, draw.YBottom
	for k := labelledPoints - 1; k >= 0; k-- {
		at := k * last / (labelledPoints - 1)
		*losses = append(*losses, figure.Label{At: points[at], Text: fmt.Sprintf("%.2g", path.Losses[at]), Style: style, Minor: k != labelledPoints-1})
	}
	p.Add(line, start, end)
	return nil
}

// sharedComponents is the most components that a SharePlot has.
const sharedComponents = 10

// SharePlot returns the cumulative share of the variance against the number of
// components: of all paths pooled and of each alone, beside their random walks, dashed.
// Pooled, each set of paths has walks of its own; alone, walks hardly differ, and
// those of the first set stand for all.
func SharePlot(caption string, all ...Walks) (*figure.Figure, error) {
	if err := check.Args("SharePlot", all...); err != nil {
		return nil, err
	}
	pooled := &sharePanel{Plot: figure.NewPanel("all seeds in one PCA", "components", "share of the variance")}
	own := &sharePanel{Plot: figure.NewPanel("each seed in its own PCA, mean", "components", "share of the variance")}
	for i, walks := range all {
		t, c := walks.Beside, figure.Color(i)
		label := t.label()
		err := errors.Join(
			pooled.add(label, t.Shares, figure.Stroke{Color: c}), own.add(label, t.own(), figure.Stroke{Color: c}),
			pooled.add("random walks beside "+label, walks.Pooled, figure.Stroke{Color: c, Dashes: figure.TestDashes}))
		if i == 0 {
			err = errors.Join(err, own.add("random walks", walks.Own, figure.Stroke{Color: figure.TextColor, Dashes: figure.TestDashes}))
		}
		if err != nil {
			return nil, err
		}
	}
	for _, p := range []*sharePanel{pooled, own} {
		p.Legend.Add("random walks", &plotter.Line{LineStyle: draw.LineStyle{Color: figure.TextColor, Width: vg.Points(1.6), Dashes: figure.TestDashes}})
		p.Y.Min, p.Y.Max, p.Legend.Top = 0, 1, false
	}
	f := figure.New("shares", caption, "Cumulative share of the variance of training paths and of random walks", [][]*plot.Plot{{pooled.Plot, own.Plot}})
	f.CSV = figure.CSV([]string{"PCA", "paths", "components", "cumulative share"}, append(pooled.table, own.table...))
	return f, nil
}

// sharePanel is one panel of a SharePlot, with what is drawn on it.
type sharePanel struct {
	*plot.Plot
	table [][]string
}

// add draws the cumulative sums of shares. A dashed line has no name in the legend.
func (p *sharePanel) add(label string, shares []float64, s figure.Stroke) error {
	n := min(sharedComponents, len(shares))
	x, y := make([]float64, n), make([]float64, n)
	for i := range x {
		x[i] = float64(i + 1)
	}
	floats.CumSum(y, shares[:n])
	s.Marked = true
	line, err := figure.AddMedian(p.Plot, x, [][]float64{y}, s)
	if err != nil {
		return err
	}
	if s.Dashes == nil {
		p.Legend.Add(label, line)
	}
	for i := range x {
		p.table = append(p.table, []string{p.Title.Text, label, fmt.Sprint(i + 1), words.Float(y[i])})
	}
	return nil
}

// ShareTable returns a row per set of paths, and one for the random walks beside it:
// the variance of the starts as a share of all, and the shares of one and two
// components, pooled and alone.
func ShareTable(caption string, all ...Walks) (*figure.Table, error) {
	if err := check.Args("ShareTable", all...); err != nil {
		return nil, err
	}
	table := &figure.Table{Caption: caption, Name: "shares", Header: []string{"paths", "of the starts", "pooled, 1", "pooled, 2", "alone, 1", "alone, 2", "end-to-end loss"}}
	for _, walks := range all {
		t := walks.Beside
		var first, last []float64
		for _, path := range t.Paths {
			first, last = append(first, path.Losses[0]), append(last, path.Losses[len(path.Losses)-1])
		}
		table.Rows = append(table.Rows, []string{
			t.label(), words.Percent(t.Starts), words.Percent(t.Shares[0]), words.Percent(t.TwoShare()), words.Percent(t.meanOwn(1)), words.Percent(t.meanOwn(2)),
			words.Significant(2, num.Median(first)) + " → " + words.Significant(2, num.Median(last)),
		}, []string{
			"random walks beside", words.Percent(walks.Starts), words.Percent(walks.Pooled[0]), words.Percent(floats.Sum(walks.Pooled[:2])), words.Percent(walks.Own[0]), words.Percent(floats.Sum(walks.Own[:2])), "–",
		})
	}
	return table, nil
}
