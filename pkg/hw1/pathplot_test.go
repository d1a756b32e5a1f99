package hw1

import (
	"bytes"
	"strings"
	"testing"
)

// checkRenders draws a figure and checks its kind and that its data has this many rows.
func checkRenders(t *testing.T, f *Figure, err error, rows int) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	file, err := f.render()
	if err != nil {
		t.Fatal(err)
	}
	start := []byte("<?xml")
	if f.Raster {
		start = []byte("\x89PNG")
	}
	if !bytes.HasPrefix(file, start) || f.Alt == "" || f.Caption == "" {
		t.Errorf("%s begins with %q", f.Name, file[:min(5, len(file))])
	}
	if got := strings.Count(f.CSV, "\n") - 1; got != rows {
		t.Errorf("%s has %d rows of data, not %d", f.Name, got, rows)
	}
}

func TestFiguresOfPaths(t *testing.T) {
	run, err := TrainOne(Spec{Task: WaveSign, Arch: MLP(1, 6, 5, 1), Epochs: 12, Batch: 50, SnapshotEach: 3, Seeds: 2, LearningRate: 1e-2})
	if err != nil {
		t.Fatal(err)
	}
	paths, err := FollowPaths(run, WholeModel)
	if err != nil {
		t.Fatal(err)
	}
	f, err := PathPlot("caption", paths)
	checkRenders(t, f, err, 2*5)
	walks, err := RandomWalks(paths, 1)
	if err != nil {
		t.Fatal(err)
	}
	f, err = SharePlot("caption", walks)
	checkRenders(t, f, err, 10+5+10+5) // ten components, or as many as snapshots
	if table, err := ShareTable("caption", walks); err != nil || len(table.Rows) != 2 {
		t.Errorf("table %v, %v", table, err)
	}
	if _, err := PathPlot("caption"); err == nil {
		t.Error("no paths make a figure")
	}
}

func TestFiguresOfCriticalPoints(t *testing.T) {
	points, err := FindCritical(searchRun(t), CriticalSearch{FirstEpoch: 20, Neighbours: 100})
	if err != nil {
		t.Fatal(err)
	}
	f, err := MinimalRatioPlot("caption", points)
	checkRenders(t, f, err, len(points))
	f, err = SpectrumPlot("caption", [2]string{"one", "other"}, [2]CriticalPoint{points[0], points[1]})
	checkRenders(t, f, err, 2*len(points[0].Theta))
	steps := 0
	for _, p := range points {
		steps += len(p.Norms)
	}
	f, err = SearchPlot("caption", points)
	checkRenders(t, f, err, steps)
	table, err := ClassTable("caption", points)
	if err != nil || len(table.Rows) != len(classes) {
		t.Errorf("table %v, %v", table, err)
	}
	if _, err := MinimalRatioPlot("caption", nil); err == nil {
		t.Error("no points make a figure")
	}
}

func TestFigureOfSurfaces(t *testing.T) {
	run := trainedForSurface(t)
	random, err := RandomSurface(run, SurfaceGrid{Points: 5})
	if err != nil {
		t.Fatal(err)
	}
	path, err := PathSurface(run, SurfaceGrid{Points: 5})
	if err != nil {
		t.Fatal(err)
	}
	f, err := SurfacePlot("caption", random, path)
	checkRenders(t, f, err, 2*25)
}
