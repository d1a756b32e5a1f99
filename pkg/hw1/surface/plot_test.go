package surface

import (
	"fmt"
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
