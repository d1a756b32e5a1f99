package classify

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
)

func TestRasterFigureIsPNG(t *testing.T) {
	c := Classification{
		Run: runtest.Drawn("net", 1), Test: data.Examples{Images: make([]uint8, 4*784), Labels: []uint8{1, 2, 3, 4}},
		Predicted: []int{1, 2, 4, 4}, Loss: []float64{0, 0, 5, 1},
	}
	f, err := WorstPlot("", c, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	file, err := f.Render()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(file)); err != nil {
		t.Error(err)
	}
	if first := strings.Split(f.CSV, "\n")[1]; !strings.HasPrefix(first, "2,3,4,") {
		t.Errorf("the worst image is given as %q, not as image 2, label 3, prediction 4", first)
	}
	confusion, err := ConfusionPlot("", c)
	if err != nil {
		t.Fatal(err)
	}
	svg, err := confusion.Render()
	if err != nil {
		t.Fatal(err)
	}
	hw1test.WellFormed(t, svg)
}
