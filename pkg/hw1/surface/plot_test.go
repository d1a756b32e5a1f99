package surface

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hw1/pkg/hw1/internal/figuretest"
)

func TestFigureOfSurfaces(t *testing.T) {
	run := trainedForSurface(t)
	random, err := Random(run, Grid{Points: 5})
	if err != nil {
		t.Fatal(err)
	}
	path, err := OfPath(run, Grid{Points: 5})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Plot("caption", random, path)
	figuretest.CheckFigure(t, f, err, 2*25+len(path.PathX))
	says := fmt.Sprintf("caption The colour is the loss on the plane; the path itself lies off it: at its start, the loss is %.3g where the plane shows %.3g. The plane holds ", path.PathLosses[0], path.PlaneLosses[0])
	if !strings.HasPrefix(f.Caption, says) {
		t.Errorf("the caption is %q", f.Caption)
	}
	if f, err = Plot("caption", random); err != nil || f.Caption != "caption" {
		t.Errorf("without a path the caption is %q, %v", f.Caption, err)
	}
}

// The path is drawn over the heat map: it shows where a snapshot lies. The axes say how much of it they hold.
func TestPathOnASurface(t *testing.T) {
	path, err := OfPath(trainedForSurface(t), Grid{Points: 3})
	if err != nil {
		t.Fatal(err)
	}
	moved := path
	moved.PathX = slices.Clone(path.PathX)
	moved.PathX[2] = path.X[0]
	var images [][]byte
	for _, s := range []Surface{path, moved} {
		f, err := Plot("caption", s)
		images = append(images, figuretest.Rendered(t, f, err))
	}
	if bytes.Equal(images[0], images[1]) {
		t.Error("a snapshot is drawn where it does not lie")
	}
	path.Shares = []float64{0.875, 0.0625}
	if p := path.panel(); p.X.Label.Text != "component 1 (88 % of the path's variance)" || p.Y.Label.Text != "component 2 (6 %)" {
		t.Errorf("the axes are %q and %q", p.X.Label.Text, p.Y.Label.Text)
	}
}
