package critical

import (
	"testing"

	"hw1/pkg/hw1/internal/figuretest"
)

func TestFiguresOfCriticalPoints(t *testing.T) {
	points, err := Find(searchRun(t), Search{FirstEpoch: 20, Neighbours: 100})
	if err != nil {
		t.Fatal(err)
	}
	f, err := MinimalRatioPlot("caption", points)
	figuretest.CheckRenders(t, f, err, len(points))
	f, err = SpectrumPlot("caption", [2]string{"one", "other"}, [2]Point{points[0], points[1]})
	figuretest.CheckRenders(t, f, err, 2*len(points[0].Theta))
	steps := 0
	for _, p := range points {
		steps += len(p.Norms)
	}
	f, err = SearchPlot("caption", points)
	figuretest.CheckRenders(t, f, err, steps)
	table, err := ClassTable("caption", points)
	if err != nil || len(table.Rows) != len(classes) {
		t.Errorf("table %v, %v", table, err)
	}
	if _, err := MinimalRatioPlot("caption", nil); err == nil {
		t.Error("no points make a figure")
	}
}
