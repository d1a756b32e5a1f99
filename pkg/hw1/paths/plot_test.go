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
	paths, err := Follow(run, WholeModel)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Plot("caption", paths)
	figuretest.CheckRenders(t, f, err, 2*5)
	walks, err := RandomWalks(paths, 1)
	if err != nil {
		t.Fatal(err)
	}
	f, err = SharePlot("caption", walks)
	figuretest.CheckRenders(t, f, err, 10+5+10+5) // ten components, or as many as snapshots
	if table, err := ShareTable("caption", walks); err != nil || len(table.Rows) != 2 {
		t.Errorf("table %v, %v", table, err)
	}
	if _, err := Plot("caption"); err == nil {
		t.Error("no paths make a figure")
	}
}
