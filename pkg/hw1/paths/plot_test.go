package paths

import (
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/train"
)

func TestMain(m *testing.M) { hw1test.Main(m) }

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
