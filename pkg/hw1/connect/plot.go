package connect

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Plot draws paths between two networks. The left panel shows the first one,
// the straight line, as far as it goes: loss on the left axis, accuracy on the
// right one. The right panel compares the losses of all paths between the
// networks. Training is drawn solid and test dashed.
func Plot(caption string, paths ...*Connection) (*figure.Figure, error) {
	if err := check.Args("ConnectionPlot", paths...); err != nil {
		return nil, err
	}
	straight, err := linePanel(paths[0])
	if err != nil {
		return nil, err
	}
	between, err := comparePanel(paths)
	if err != nil {
		return nil, err
	}
	ends := paths[0].From.Label() + " and " + paths[0].To.Label()
	f := figure.New("path-"+words.Slug(ends), caption, "Loss and accuracy along paths between "+ends, [][]*plot.Plot{{straight, between}})
	var rows [][]string
	for _, path := range paths {
		rows = append(rows, path.rows("train", path.Train)...)
		rows = append(rows, path.rows("test", path.Test)...)
	}
	f.CSV = figure.CSV([]string{"path", "set", "seed", "position", "loss", "accuracy"}, rows)
	return f, nil
}

func linePanel(path *Connection) (*plot.Plot, error) {
	p := figure.NewPanel(path.Label, "position α (0 and 1: the networks)", "loss")
	right := figure.NewRightAxis("accuracy", figure.Color(1))
	figure.LogY(p)
	figure.ColorAxis(&p.Y, figure.Color(0))
	right.Panel.Y.Tick.Marker = figure.ShareTicks{}
	err := figure.AddSeries(p, path.At,
		figure.Series{To: p, Label: "train loss", Columns: losses(path.Train), Stroke: figure.Stroke{Color: figure.Color(0)}},
		figure.Series{To: p, Label: "test loss", Columns: losses(path.Test), Stroke: figure.Stroke{Color: figure.Color(0), Dashes: figure.TestDashes}},
		figure.Series{To: right, Label: "train accuracy", Columns: accuracies(path.Train), Stroke: figure.Stroke{Color: figure.Color(1)}},
		figure.Series{To: right, Label: "test accuracy", Columns: accuracies(path.Test), Stroke: figure.Stroke{Color: figure.Color(1), Dashes: figure.TestDashes}})
	if err != nil {
		return nil, err
	}
	figure.Headroom(&p.Y, 0.4)
	figure.Headroom(&right.Panel.Y, 0.4)
	return p, right.AddTo(p)
}

func comparePanel(paths []*Connection) (*plot.Plot, error) {
	p := figure.NewPanel("between the networks", "position (0 and 1: the networks)", "loss")
	figure.LogY(p)
	for i, path := range paths {
		first, last := slices.Index(path.At, 0), slices.Index(path.At, 1)+1
		err := figure.AddSeries(p, path.At[first:last],
			figure.Series{To: p, Label: path.Label + ", train", Columns: losses(path.Train)[first:last], Stroke: figure.Stroke{Color: connectionColor(i)}},
			figure.Series{To: p, Label: path.Label + ", test", Columns: losses(path.Test)[first:last], Stroke: figure.Stroke{Color: connectionColor(i), Dashes: figure.TestDashes}})
		if err != nil {
			return nil, err
		}
	}
	figure.Headroom(&p.Y, 0.5)
	return p, nil
}

// connectionColor returns the colour of the i-th path: that of the loss for the first,
// and none that stands for the accuracy.
func connectionColor(i int) color.Color {
	if i > 0 {
		i++
	}
	return figure.Color(i)
}

// losses returns the losses at each position, [n][R].
func losses(scores [][]experiment.Score) [][]float64 {
	return columnsOf(scores, func(s experiment.Score) float64 { return s.Loss })
}

// accuracies returns the accuracies at each position, [n][R].
func accuracies(scores [][]experiment.Score) [][]float64 {
	return columnsOf(scores, func(s experiment.Score) float64 { return s.Accuracy })
}

func columnsOf(scores [][]experiment.Score, of func(experiment.Score) float64) [][]float64 {
	columns := make([][]float64, len(scores[0]))
	for _, row := range scores {
		for i, s := range row {
			columns[i] = append(columns[i], of(s))
		}
	}
	return columns
}

func (p *Connection) rows(set string, scores [][]experiment.Score) [][]string {
	var rows [][]string
	for r, row := range scores {
		for i, s := range row {
			rows = append(rows, []string{
				p.Label, set, fmt.Sprint(p.From.Replicas[r].Seed), words.Float(p.At[i]), words.Float(s.Loss), words.Float(s.Accuracy),
			})
		}
	}
	return rows
}

// BarrierTable returns a row per path: how far the weights of the networks are apart,
// how far the loss rises between them above the larger of their own, and the lowest
// accuracy there; medians over the seeds.
func BarrierTable(caption string, paths ...*Connection) (*figure.Table, error) {
	if err := check.Args("BarrierTable", paths...); err != nil {
		return nil, err
	}
	t := &figure.Table{Caption: caption, Name: "barriers", Header: []string{
		"networks", "distance", "path", "train barrier", "test barrier", "lowest train accuracy", "lowest test accuracy", "where",
	}}
	for _, p := range paths {
		train, _ := p.Lowest(p.Train)
		test, at := p.Lowest(p.Test)
		t.Rows = append(t.Rows, []string{
			p.From.Label() + " → " + p.To.Label(), words.Significant(3, num.Median(p.distances())), p.Label,
			fmt.Sprintf("%.4f", num.Median(p.Barriers(p.Train))), fmt.Sprintf("%.4f", num.Median(p.Barriers(p.Test))),
			words.Percent(train), words.Percent(test), fmt.Sprintf("%.2f", at),
		})
	}
	return t, nil
}

// distances returns how far the weights of the two networks are apart, for each replica.
func (p *Connection) distances() []float64 {
	distances := make([]float64, len(p.From.Replicas))
	for i, from := range p.From.Replicas {
		distances[i] = floats.Distance(from.Theta, p.To.Replicas[i].Theta, 2)
	}
	return distances
}
