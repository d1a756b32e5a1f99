package paths

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/train"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

func TestFiguresOfPaths(t *testing.T) {
	run, err := train.One(experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 6, 5, 1), Epochs: 12, Batch: 50, SnapshotEach: 3, Seeds: 2, LearningRate: 1e-2})
	if err != nil {
		t.Fatal(err)
	}
	paths, err := Follow(WholeModel, run)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Plot("caption", paths)
	figuretest.CheckFigure(t, f, err, 2*5)
	walks, err1 := RandomWalks(paths, 1)
	lines, err2 := StraightLines(paths)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	controls := Controls{walks, lines}
	f, err = SharePlot("caption", controls)
	figuretest.CheckFigure(t, f, err, 3*10+5+5+10) // ten components, or as many as snapshots
	if table, err := ShareTable("caption", controls); err != nil || len(table.Rows) != 3 || len(table.Rows[0]) != len(table.Header) {
		t.Errorf("table %v, %v", table, err)
	}
	lines.Beside.What = "layer 2"
	if _, err := SharePlot("caption", Controls{walks, lines}); err == nil {
		t.Error("controls of different paths make a figure")
	}
	if _, err := Plot("caption"); err == nil {
		t.Error("no paths make a figure")
	}
}

// Paths of one loss and others' runs are told apart by the runs, in figures and tables, and are not beside each other's controls.
func TestPathsOfOneLossAreToldApart(t *testing.T) {
	var all []Controls
	var planes []Trajectories
	for _, rate := range []float64{1e-2, 1e-3} {
		spec := experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 6, 5, 1), Epochs: 6, Batch: 50, SnapshotEach: 2, LearningRate: rate}
		paths, err := Follow(WholeModel, traintest.MustTrain(t, spec))
		walks, err1 := RandomWalks(paths, 1)
		lines, err2 := StraightLines(paths)
		if err := cmp.Or(err, err1, err2); err != nil {
			t.Fatal(err)
		}
		all, planes = append(all, Controls{walks, lines}), append(planes, paths)
	}
	label := func(rate string) string { return "whole model, cross-entropy: 1-6-5-1, learning rate " + rate }
	if got := labelsOf(planes...); !slices.Equal(got, []string{label("0.01"), label("0.001")}) {
		t.Errorf("they are called %q", got)
	}
	table, err := ShareTable("caption", all...)
	if err != nil || table.Rows[0][0] != label("0.01") || table.Rows[3][0] != label("0.001") {
		t.Errorf("table %v, %v", table, err)
	}
	f, err := SharePlot("caption", all...)
	if err != nil || !strings.Contains(f.CSV, "random walks beside "+label("0.001")) {
		t.Errorf("the data do not name the runs: %.300s, %v", f.CSV, err)
	}
	if _, err := SharePlot("caption", all[0], all[0]); err != nil {
		t.Error(err)
	}
	_, err = SharePlot("caption", Controls{all[0].Walks, all[1].Lines})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), label("0.01"), label("0.001"), "give both for the same paths")
}
