package connect

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot/plotter"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Plot draws paths between two networks. The left panel shows all of the first path, the
// straight line: loss on the left axis and, if there is one, accuracy on the right axis. The
// right panel compares the losses of all paths between the networks with the chord of the first
// path. Training is drawn solid and test dashed.
func Plot(caption string, paths ...Connection) (*figure.Figure, error) {
	if err := check.Args("connect.Plot", paths...); err != nil {
		return nil, err
	}
	for _, p := range paths[1:] {
		if !slices.Equal(p.From.Identity(), paths[0].From.Identity()) || !slices.Equal(p.To.Identity(), paths[0].To.Identity()) {
			apart := endsOf([]Connection{paths[0], p})
			return nil, fmt.Errorf("connect.Plot draws paths between two networks, and got %s (%s) and %s (%s); give paths between others to connect.ComparePlot", paths[0].Label, apart[0], p.Label, apart[1])
		}
	}
	ends := strings.Join(experiment.Labels(paths[0].From, paths[0].To), " and ")
	inner := num.Map(paths, Connection.between)
	right := lossPanel("between the networks", inner)
	median, _, _ := num.Spread(losses(inner[0].Train))
	chords := num.Map(inner[0].At, func(t float64) float64 { return chord(t, median[0], median[len(median)-1]) })
	right.Legend.Add("chord, train", right.Line(right.Points(inner[0].At, chords), figure.TextColor, 0.8))
	return figure.New(figure.Figure{
		Name: "path-" + words.Slug(ends), Caption: caption, Alt: "Loss and accuracy along paths between " + ends, CSV: dataOf(paths).CSV(),
	}, []*figure.Panel{linePanel(paths[0]), right})
}

func linePanel(path Connection) *figure.Panel {
	p := figure.NewPanel(path.Label, "position α (0 and 1: the networks)", "loss")
	p.LogY()
	figure.ColorAxis(&p.Y, figure.Color(0))
	solid, dashed := figure.Stroke{Color: figure.Color(0)}, figure.Stroke{Color: figure.Color(0), Dashes: figure.TestDashes}
	p.Named("train loss", figure.CurveOf(path.At, losses(path.Train)), solid)
	p.Named("test loss", figure.CurveOf(path.At, losses(path.Test)), dashed)
	figure.Headroom(&p.Y, 0.4)
	if !curves.HasAccuracy(path.From) {
		return p
	}
	accuracy := func(s experiment.Score) float64 { return s.Accuracy }
	right := figure.NewRightAxis("accuracy", figure.Color(1))
	right.Y.Tick.Marker = figure.ShareTicks{}
	solid.Color, dashed.Color = figure.Color(1), figure.Color(1)
	p.Legend.Add("train accuracy", right.Curve("train accuracy", figure.CurveOf(path.At, valuesOf(path.Train, accuracy)), solid))
	p.Legend.Add("test accuracy", right.Curve("test accuracy", figure.CurveOf(path.At, valuesOf(path.Test, accuracy)), dashed))
	figure.Headroom(&right.Y, 0.4)
	right.AddTo(p)
	return p
}

// ComparePlot draws several paths in full: the losses in the left panel and the accuracies, if there are
// any, in the right one. Training is drawn solid and test dashed.
func ComparePlot(caption string, paths ...Connection) (*figure.Figure, error) {
	if err := check.Args("connect.ComparePlot", paths...); err != nil {
		return nil, err
	}
	paths = toldApart(paths)
	panels := []*figure.Panel{lossPanel("loss", paths)}
	if !slices.ContainsFunc(paths, func(p Connection) bool { return !curves.HasAccuracy(p.From) }) {
		p := figure.NewPanel("accuracy", positions, "accuracy")
		p.Y.Tick.Marker = figure.ShareTicks{}
		addPaths(p, paths, func(s experiment.Score) float64 { return s.Accuracy })
		p.NoLegend() // the left panel has it
		panels = append(panels, p)
	}
	return figureOf("paths", "Losses and accuracies along ", caption, paths, panels...)
}

// WidthPlot draws straight lines through networks. The left panel shows the losses between them, as medians of
// the seeds. The right panel shows each seed's training loss against the distance from the first network, also
// beyond the two networks while it is below 1, with a dot for each network.
func WidthPlot(caption string, lines ...Connection) (*figure.Figure, error) {
	if err := check.Args("connect.WidthPlot", lines...); err != nil {
		return nil, err
	}
	lines = toldApart(lines)
	return figureOf("widths", "Losses along ", caption, lines, lossPanel("between the networks", num.Map(lines, Connection.between)), widthPanel(lines))
}

func widthPanel(lines []Connection) *figure.Panel {
	p := figure.NewPanel("along the line", "distance of the weights from the network at 0 (L2)", "training loss")
	p.LogY()
	for i, line := range lines {
		ends := []int{slices.Index(line.At, 0), slices.Index(line.At, 1)}
		for r, distance := range line.distances() {
			var low, networks plotter.XYs
			all := p.Points(num.Map(line.At, func(t float64) float64 { return distance * t }), losses(line.Train)[r])
			for k, score := range line.Train[r] {
				at := all[k]
				if slices.Contains(ends, k) {
					networks = append(networks, at)
				}
				if k >= ends[0] && k <= ends[1] || score.Loss < 1 {
					low = append(low, at)
				}
			}
			drawn := p.Line(low, connectionColor(i), 1)
			p.Dots(networks, connectionColor(i), 2.4, figure.Circle)
			if r == 0 {
				p.Legend.Add(line.Label, drawn)
			}
		}
	}
	figure.Headroom(&p.Y, 0.3)
	return p
}

// figureOf returns a figure of several paths.
func figureOf(name, alt, caption string, paths []Connection, panels ...*figure.Panel) (*figure.Figure, error) {
	labels := strings.Join(num.Map(paths, func(p Connection) string { return p.Label }), ", ")
	return figure.New(figure.Figure{Name: name + "-" + words.Slug(labels), Caption: caption, Alt: alt + labels, CSV: dataOf(paths).CSV()}, panels)
}

// toldApart returns the paths; those that share a label but not the networks are labelled with the networks, too.
func toldApart(paths []Connection) []Connection {
	apart := slices.Clone(paths)
	for i, label := range words.ToldApart(num.Map(paths, func(p Connection) string { return p.Label }), endsOf(paths), ", ") {
		apart[i].Label = label
	}
	return apart
}

// endsOf names the networks of each path; of two that have been given one name, also the seeds.
func endsOf(paths []Connection) []string {
	var networks []*experiment.Run
	for _, p := range paths {
		networks = append(networks, p.From, p.To)
	}
	labels := experiment.Labels(networks...)
	return num.Make(len(paths), func(i int) string {
		from, to := labels[2*i], labels[2*i+1]
		if from == to {
			from, to = fmt.Sprintf("%s, seed %d", from, paths[i].From.Spec.Seed), fmt.Sprintf("%s, seed %d", to, paths[i].To.Spec.Seed)
		}
		return from + " → " + to
	})
}

const positions = "position (0 and 1: the networks)"

// between returns the part of a path from one network to the other.
func (p Connection) between() Connection {
	first, end := slices.Index(p.At, 0), slices.Index(p.At, 1)+1
	part := func(row []experiment.Score) []experiment.Score { return row[first:end] }
	p.At, p.Train, p.Test = p.At[first:end], num.Map(p.Train, part), num.Map(p.Test, part)
	return p
}

func lossPanel(title string, paths []Connection) *figure.Panel {
	p := figure.NewPanel(title, positions, "loss")
	p.LogY()
	addPaths(p, paths, func(s experiment.Score) float64 { return s.Loss })
	figure.Headroom(&p.Y, min(1, 0.13*float64(2*len(paths)+1))) // for the legend
	return p
}

// addPaths draws one quantity along each path.
func addPaths(p *figure.Panel, paths []Connection, of func(experiment.Score) float64) {
	for i, path := range paths {
		p.Named(path.Label+", train", figure.CurveOf(path.At, valuesOf(path.Train, of)), figure.Stroke{Color: connectionColor(i)})
		p.Named(path.Label+", test", figure.CurveOf(path.At, valuesOf(path.Test, of)), figure.Stroke{Color: connectionColor(i), Dashes: figure.TestDashes})
	}
}

// connectionColor returns the colour of the i-th path: the colour of the loss for the first,
// and never the colour that stands for the accuracy.
func connectionColor(i int) color.Color {
	if i > 0 {
		i++
	}
	return figure.Color(i)
}

// losses returns the losses at each position, [R][n].
func losses(scores [][]experiment.Score) [][]float64 {
	return valuesOf(scores, func(s experiment.Score) float64 { return s.Loss })
}

// valuesOf returns one quantity of the scores at each position, [R][n].
func valuesOf(scores [][]experiment.Score, of func(experiment.Score) float64) [][]float64 {
	return num.Map(scores, func(row []experiment.Score) []float64 { return num.Map(row, of) })
}

// dataOf returns the scores along paths as a figure's data.
func dataOf(paths []Connection) *figure.Table {
	table := figure.NewData("path", "set", "seed", "position", "loss", "accuracy")
	for _, p := range paths {
		for k, scores := range [][][]experiment.Score{p.Train, p.Test} {
			for r, row := range scores {
				for i, s := range row {
					table.Add(p.Label, []string{"train", "test"}[k], p.From.Replicas[r].Seed, p.At[i], s.Loss, s.Accuracy)
				}
			}
		}
	}
	return table
}

// BarrierTable returns a row per path: the distance between the networks' weights, how far the loss between
// the networks rises above the larger of their losses and above the chord, and the lowest test accuracy
// there with its position; medians over the seeds.
func BarrierTable(caption string, paths ...Connection) (*figure.Table, error) {
	if err := check.Args("connect.BarrierTable", paths...); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "barriers",
		"networks", "path", "distance", "train barrier / above the chord", "test barrier / above the chord", "lowest test accuracy", "position")
	ends := endsOf(paths)
	for i, p := range paths {
		barriers := func(scores [][]experiment.Score) string {
			above, chord := num.Median(p.Barriers(scores)), num.Median(p.ChordBarriers(scores))
			if chord >= 5e-5 { // a smaller value beside it is written as 0
				return words.Fixed(4, above, "") + " / " + words.Fixed(4, chord, "")
			}
			return words.Decimals(4, above) + " / " + words.Decimals(4, chord)
		}
		accuracies, at := p.Lowest(p.Test)
		t.Add(ends[i], p.Label, words.Significant(3, num.Median(p.distances())),
			barriers(p.Train), barriers(p.Test), words.Percent(num.Median(accuracies)), words.Fixed(2, num.Median(at), ""))
	}
	return t, nil
}

// WidthTable returns a row per straight line: the training losses of its two networks, their distance, how far
// the training loss rises above the chord between them, and how far the line can be followed beyond each
// network until that loss has doubled; medians over the seeds, with the range.
func WidthTable(caption string, lines ...Connection) (*figure.Table, error) {
	if err := check.Args("connect.WidthTable", lines...); err != nil {
		return nil, err
	}
	for _, p := range lines {
		if err := experiment.NeedScores("connect.WidthTable", p.From, p.To); err != nil {
			return nil, err
		}
	}
	lines = toldApart(lines)
	t := figure.NewTable(caption, "widths", "line", "training losses", "distance", "barrier above the chord", "width beyond 0", "width beyond 1")
	for _, p := range lines {
		row := []any{p.Label, words.Decimals(3, num.Median(p.From.TrainLosses())) + " / " + words.Decimals(3, num.Median(p.To.TrainLosses()))}
		first, second := p.Widths()
		for _, ofSeeds := range [][]float64{p.distances(), p.ChordBarriers(p.Train), first, second} {
			if slices.ContainsFunc(ofSeeds, math.IsNaN) {
				row = append(row, "–")
			} else {
				row = append(row, words.MedianRange(ofSeeds))
			}
		}
		t.Add(row...)
	}
	return t, nil
}

// distances returns the distance between the trained weights of the two networks, for each
// replica.
func (p Connection) distances() []float64 {
	trained := p.From.Spec.Arch.TrainedAt()
	return num.Make(len(p.From.Replicas), func(i int) float64 {
		return floats.Distance(num.At(p.From.Replicas[i].Theta, trained), num.At(p.To.Replicas[i].Theta, trained), 2)
	})
}
