package analysis_test

import (
	"testing"

	"hw1/pkg/hw1/capacity"
	"hw1/pkg/hw1/classify"
	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/fit"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/memorize"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/sensitivity"
	"hw1/pkg/hw1/sharpness"
	"hw1/pkg/hw1/train"
)

// points is a task of two classes on a line, of which each shift makes another.
func points(t *testing.T, shift float64) data.Task {
	t.Helper()
	var e data.Examples
	for i := range 40 {
		e.X, e.Labels = append(e.X, shift+float64(i%2)), append(e.Labels, uint8(i%2))
	}
	task, err := data.Own(data.Set{Name: "points", Train: e, Test: e, Shape: []int{1}, Classes: []string{"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func trained(t *testing.T, task data.Task, batch int) *experiment.Run {
	t.Helper()
	run, err := train.One(experiment.Spec{Task: task, Arch: nn.MLP(1, 3, 2), Epochs: 2, Batch: batch, SnapshotEach: 1})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// measured returns what there is to draw of two runs.
func measured(t *testing.T, runs ...*experiment.Run) (sensitivity.Group, []sharpness.Sharpness, []classify.Classification) {
	t.Helper()
	sensitive, err1 := sensitivity.Measure(runs...)
	sharp, err2 := sharpness.Measure(sharpness.Ascent{Eps: []float64{1e-3}, Steps: 1, Examples: 40}, runs...)
	classified, err3 := classify.Images(runs...)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return sensitivity.Group{Title: "two", Sensitivities: sensitive}, sharp, classified
}

// Losses of two tasks are on two scales: no figure compares them.
func TestNoFigureMixesTasks(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	runs := []*experiment.Run{trained(t, points(t, 0), 10), trained(t, points(t, 7), 10)}
	group, sharp, _ := measured(t, runs...)
	for name, draw := range map[string]func() (*figure.Figure, error){
		"capacity.Plot":        func() (*figure.Figure, error) { return capacity.Plot("c", runs...) },
		"capacity.DescentPlot": func() (*figure.Figure, error) { return capacity.DescentPlot("c", curves.Panel{Title: "p", Runs: runs}) },
		"memorize.NoisePlot":   func() (*figure.Figure, error) { return memorize.NoisePlot("c", "peer", nil, runs...) },
		"sharpness.Plot":       func() (*figure.Figure, error) { return sharpness.Plot("c", sharp...) },
		"the group \"two\"":    func() (*figure.Figure, error) { return sensitivity.Plot("c", group) },
	} {
		_, err := draw()
		hw1test.CheckMessage(t, hw1test.MessageOf(err), name, "one task")
	}
}

// Whoever shows a training's scores refuses weights that a cell has changed since, also beside what was measured of these.
func TestNoFigureShowsScoresOfOtherWeights(t *testing.T) {
	hw1test.NewStore(t)
	task := points(t, 0)
	runs := []*experiment.Run{trained(t, task, 10), trained(t, task, 20)}
	runs[1].Replicas[0].Theta[0]++
	group, sharp, _ := measured(t, runs...)
	probed, err := memorize.Probe(runs...)
	if err != nil {
		t.Fatal(err)
	}
	figureOf := func(_ *figure.Figure, err error) error { return err }
	tableOf := func(_ *figure.Table, err error) error { return err }
	_, correlated := sensitivity.Correlate(group)
	for name, err := range map[string]error{
		"fit.SeedPlot":          figureOf(fit.SeedPlot("c", runs, nil)),
		"capacity.Plot":         figureOf(capacity.Plot("c", runs...)),
		"memorize.NoisePlot":    figureOf(memorize.NoisePlot("c", "peer", []float64{0, 0}, runs...)),
		"memorize.ProbePlot":    figureOf(memorize.ProbePlot("c", probed...)),
		"memorize.Table":        tableOf(memorize.Table("c", runs...)),
		"sharpness.Plot":        figureOf(sharpness.Plot("c", sharp...)),
		"sensitivity.Plot":      figureOf(sensitivity.Plot("c", group)),
		"sensitivity.Table":     tableOf(sensitivity.Table("c", group)),
		"sensitivity.GapPlot":   figureOf(sensitivity.GapPlot("c", group)),
		"sensitivity.Correlate": correlated,
	} {
		hw1test.CheckMessage(t, name+": "+hw1test.MessageOf(err), "shows scores, and those of 1-3-2", "are of its training")
	}
}

// A line leads from one setting to the next: runs of one setting, or in another order, are none.
func TestNoLineLeadsBack(t *testing.T) {
	hw1test.NewStore(t)
	task := points(t, 0)
	for _, batches := range [][2]int{{20, 10}, {10, 10}} {
		runs := []*experiment.Run{trained(t, task, batches[0]), trained(t, task, batches[1])}
		group, sharp, _ := measured(t, runs...)
		for says, draw := range map[string]func() (*figure.Figure, error){
			"sharpness.Plot draws lines against the batch size":                 func() (*figure.Figure, error) { return sharpness.Plot("c", sharp...) },
			"sensitivity.Plot draws lines against the batch size":               func() (*figure.Figure, error) { return sensitivity.Plot("c", group) },
			"sensitivity.EqualLossPlot draws lines against the batch size":      func() (*figure.Figure, error) { return sensitivity.EqualLossPlot("c", group) },
			"memorize.NoisePlot draws lines against the share of random labels": func() (*figure.Figure, error) { return memorize.NoisePlot("c", "peer", []float64{0, 0}, runs...) },
		} {
			_, err := draw()
			hw1test.CheckMessage(t, hw1test.MessageOf(err), says, "comes after", "strictly rising order")
		}
	}
}

// Runs without a name that were trained one after the other are told apart by what differs, in tables, too.
func TestTablesTellRunsApart(t *testing.T) {
	hw1test.NewStore(t)
	task := points(t, 0)
	runs := []*experiment.Run{trained(t, task, 10), trained(t, task, 20)}
	_, sharp, classified := measured(t, runs...)
	for name, made := range map[string]func() (*figure.Table, error){
		"memorize.Table":  func() (*figure.Table, error) { return memorize.Table("c", runs...) },
		"capacity.Table":  func() (*figure.Table, error) { return capacity.Table("c", runs...) },
		"sharpness.Table": func() (*figure.Table, error) { return sharpness.Table("c", sharp...) },
	} {
		table, err := made()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if table.Rows[0][0] != "1-3-2, batch 10" || table.Rows[1][0] != "1-3-2, batch 20" {
			t.Errorf("%s has rows of %q and %q", name, table.Rows[0][0], table.Rows[1][0])
		}
	}
	_, err := classify.PairTable("c", classified[0])
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "1-3-2", "two classifications or more")
	pairs, err := classify.PairTable("c", classified...)
	if err != nil || pairs.Rows[0][0] != "1-3-2, batch 10 and 1-3-2, batch 20" {
		t.Error(pairs, err)
	}
}
