package surface

import (
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
	figuretest.CheckRenders(t, f, err, 2*25)
}
