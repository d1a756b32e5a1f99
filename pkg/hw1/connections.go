package hw1

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot"
)

// ConnectionPlot draws paths between two networks. The left panel shows the first one,
// the straight line, as far as it goes: loss on the left axis, accuracy on the
// right one. The right panel compares the losses of all paths between the
// networks. Training is drawn solid and test dashed.
func ConnectionPlot(caption string, paths ...*Connection) (*Figure, error) {
	if err := check("ConnectionPlot", paths...); err != nil {
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
	f := newFigure("path-"+slug(ends), caption, "Loss and accuracy along paths between "+ends, [][]*plot.Plot{{straight, between}})
	var rows [][]string
	for _, path := range paths {
		rows = append(rows, path.rows("train", path.Train)...)
		rows = append(rows, path.rows("test", path.Test)...)
	}
	f.CSV = csvText([]string{"path", "set", "seed", "position", "loss", "accuracy"}, rows)
	return f, nil
}

func linePanel(path *Connection) (*plot.Plot, error) {
	p := newPanel(path.Label, "position α (0 and 1: the networks)", "loss")
	right := newRightAxis("accuracy", colorOf(1))
	logY(p)
	colorAxis(&p.Y, colorOf(0))
	right.plot.Y.Tick.Marker = shareTicks{}
	err := addSeries(p, path.At,
		series{p, "train loss", losses(path.Train), stroke{color: colorOf(0)}},
		series{p, "test loss", losses(path.Test), stroke{color: colorOf(0), dashes: testDashes}},
		series{right, "train accuracy", accuracies(path.Train), stroke{color: colorOf(1)}},
		series{right, "test accuracy", accuracies(path.Test), stroke{color: colorOf(1), dashes: testDashes}})
	if err != nil {
		return nil, err
	}
	headroom(&p.Y, 0.4)
	headroom(&right.plot.Y, 0.4)
	return p, right.addTo(p)
}

func comparePanel(paths []*Connection) (*plot.Plot, error) {
	p := newPanel("between the networks", "position (0 and 1: the networks)", "loss")
	logY(p)
	for i, path := range paths {
		first, last := slices.Index(path.At, 0), slices.Index(path.At, 1)+1
		err := addSeries(p, path.At[first:last],
			series{p, path.Label + ", train", losses(path.Train)[first:last], stroke{color: connectionColor(i)}},
			series{p, path.Label + ", test", losses(path.Test)[first:last], stroke{color: connectionColor(i), dashes: testDashes}})
		if err != nil {
			return nil, err
		}
	}
	headroom(&p.Y, 0.5)
	return p, nil
}

// connectionColor returns the colour of the i-th path: that of the loss for the first,
// and none that stands for the accuracy.
func connectionColor(i int) color.Color {
	if i > 0 {
		i++
	}
	return colorOf(i)
}

// losses returns the losses at each position, [n][R].
func losses(scores [][]Score) [][]float64 {
	return columnsOf(scores, func(s Score) float64 { return s.Loss })
}

// accuracies returns the accuracies at each position, [n][R].
func accuracies(scores [][]Score) [][]float64 {
	return columnsOf(scores, func(s Score) float64 { return s.Accuracy })
}

func columnsOf(scores [][]Score, of func(Score) float64) [][]float64 {
	columns := make([][]float64, len(scores[0]))
	for _, row := range scores {
		for i, s := range row {
			columns[i] = append(columns[i], of(s))
		}
	}
	return columns
}

func (p *Connection) rows(set string, scores [][]Score) [][]string {
	var rows [][]string
	for r, row := range scores {
		for i, s := range row {
			rows = append(rows, []string{
				p.Label, set, fmt.Sprint(p.From.Replicas[r].Seed), formatFloat(p.At[i]), formatFloat(s.Loss), formatFloat(s.Accuracy),
			})
		}
	}
	return rows
}

// BarrierTable returns a row per path: how far the weights of the networks are apart,
// how far the loss rises between them above the larger of their own, and the lowest
// accuracy there; medians over the seeds.
func BarrierTable(caption string, paths ...*Connection) (*Table, error) {
	if err := check("BarrierTable", paths...); err != nil {
		return nil, err
	}
	t := &Table{Caption: caption, Name: "barriers", Header: []string{
		"networks", "distance", "path", "train barrier", "test barrier", "lowest train accuracy", "lowest test accuracy", "where",
	}}
	for _, p := range paths {
		train, _ := p.Lowest(p.Train)
		test, at := p.Lowest(p.Test)
		t.Rows = append(t.Rows, []string{
			p.From.Label() + " → " + p.To.Label(), significant(3, Median(p.distances())), p.Label,
			fmt.Sprintf("%.4f", Median(p.Barriers(p.Train))), fmt.Sprintf("%.4f", Median(p.Barriers(p.Test))),
			percent(train), percent(test), fmt.Sprintf("%.2f", at),
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
