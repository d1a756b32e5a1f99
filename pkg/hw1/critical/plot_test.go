package critical

import (
	"fmt"
	"slices"
	"testing"

	"hw1/pkg/hw1/internal/figuretest"
)

func TestFiguresOfCriticalPoints(t *testing.T) {
	points, err := Find(searchRun(t), Search{FirstEpoch: 20, Neighbours: 100})
	if err != nil {
		t.Fatal(err)
	}
	names, searches := []string{"all", "half"}, [][]Point{points, points[:3]}
	f, err := MinimalRatioPlot("caption", names, searches)
	figuretest.CheckFigure(t, f, err, len(points)+3)
	f, err = MinimalRatioPlot("of one search", names[:1], [][]Point{points[:1]})
	figuretest.CheckFigure(t, f, err, 1)
	f, err = SpectrumPlot("caption", [2]string{"one", "other"}, [2]Point{points[0], points[1]})
	figuretest.CheckFigure(t, f, err, 2*len(points[0].Theta))
	steps := 0
	for _, p := range slices.Concat(searches...) {
		steps += len(p.Norms)
	}
	f, err = SearchPlot("caption", names, searches)
	figuretest.CheckFigure(t, f, err, steps)
	table, err := ClassTable("caption", names, searches)
	if err != nil || len(table.Rows) < 2 || table.Rows[0][2] != fmt.Sprint(len(OfClass(points, Converged))) {
		t.Errorf("table %v, %v", table, err)
	}
	for _, row := range table.Rows {
		if len(row) != len(table.Header) {
			t.Errorf("%d cells under %d headers: %q", len(row), len(table.Header), row)
		}
	}
	for _, wrong := range [][][]Point{nil, {points}, {points, nil}} {
		if _, err := MinimalRatioPlot("caption", names, wrong); err == nil {
			t.Errorf("%d searches of two names make a figure", len(wrong))
		}
	}
}
