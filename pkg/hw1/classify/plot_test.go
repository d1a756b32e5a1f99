package classify

import (
	"bytes"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

func TestRasterFigureIsPNG(t *testing.T) {
	c := Classification{
		Run: outcome("+").Run, Set: data.Examples{Images: make([]uint8, 4*784), Labels: []uint8{1, 2, 3, 4}},
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
	figuretest.CheckDrawn(t, confusion)
}

// Names of classes that are long, or that the font of pixels lacks, leave the images and the matrix their room.
func TestNamesOfClassesAreDrawn(t *testing.T) {
	set := data.Examples{Images: make([]uint8, 3*18), Labels: []uint8{0, 1, 2}}
	names := []string{"кот", strings.Repeat("a very long name ", 20), "dog"}
	task, err := data.Own(data.Set{Name: "names", Train: set, Test: set, Shape: []int{3, 6, 1}, Classes: names})
	if err != nil {
		t.Fatal(err)
	}
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: task, Arch: nn.MLP(18, 3), Batch: 1}})
	c := Classification{Run: run, Set: set, Predicted: []int{1, 1, 2}, Loss: []float64{3, 2, 1}}
	worst, err := WorstPlot("", c, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if worst.Width > 4*vg.Centimeter || worst.Height > 4*vg.Centimeter {
		t.Errorf("a small image is drawn at %v × %v", worst.Width, worst.Height)
	}
	confusion, err := ConfusionPlot("", c)
	if err != nil {
		t.Fatal(err)
	}
	svg := figuretest.CheckDrawn(t, confusion)
	if !bytes.Contains(svg, []byte("a very long nam…")) || bytes.Contains(svg, []byte("name a")) || !bytes.Contains(svg, []byte("кот")) {
		t.Error("a long name is not cut, or a short one missing")
	}
	if info, err := task.Info(); err != nil || info.ClassNames[0] != "кот" {
		t.Errorf("the class is named %q now", info.ClassNames[0])
	}
}

// Pixels are drawn as squares, whatever the shape of the images and the grid of them.
func TestPixelsAreSquare(t *testing.T) {
	for _, kind := range []struct{ rows, cols, height, width int }{{1, 1, 28, 28}, {2, 6, 28, 28}, {3, 10, 28, 28}, {2, 3, 20, 60}, {2, 3, 60, 20}} {
		n, size := kind.rows*kind.cols, kind.height*kind.width
		set := data.Examples{Images: bytes.Repeat([]byte{255}, n*size), Labels: make([]uint8, n)} // black
		task, err := data.Own(data.Set{Name: "black", Train: set, Test: set, Shape: []int{kind.height, kind.width, 1}, Classes: []string{" ", "dog"}})
		if err != nil {
			t.Fatal(err)
		}
		run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: task, Arch: nn.MLP(size, 2), Batch: 1}})
		worst, err := WorstPlot("", Classification{Run: run, Set: set, Predicted: make([]int, n), Loss: make([]float64, n)}, kind.rows, kind.cols)
		drawing, err := png.Decode(bytes.NewReader(figuretest.Rendered(t, worst, err)))
		if err != nil {
			t.Fatal(err)
		}
		// Down the middle of the first column of images, and along the middle of the last image of it.
		black := func(x, y int) bool { r, _, _, _ := drawing.At(x, y).RGBA(); return r < 0x8000 }
		wide, high, below := 0, 0, drawing.Bounds().Dy()
		left := drawing.Bounds().Dx() / kind.cols / 3
		for below--; !black(left, below); below-- {
		}
		for ; black(left, below-high); high++ {
		}
		row := below - high/2
		for x := range drawing.Bounds().Dx() / kind.cols {
			if black(x, row) {
				wide++
			}
		}
		if want := float64(wide*kind.height) / float64(kind.width); math.Abs(float64(high)-want) > 2 {
			t.Errorf("%d×%d images of %d×%d pixels: one is %d high and %d wide", kind.rows, kind.cols, kind.height, kind.width, high, wide)
		}
	}
}

// Images of another size, in colour and with names of classes, are drawn as they are.
func TestOwnImagesAreDrawn(t *testing.T) {
	set := data.Examples{Images: make([]uint8, 2*18), Labels: []uint8{0, 1}}
	set.Images[0] = 200 // red
	task, err := data.Own(data.Set{Name: "pets", Train: set, Test: set, Shape: []int{3, 2, 3}, Classes: []string{"cat", "dog"}})
	if err != nil {
		t.Fatal(err)
	}
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: task, Arch: nn.MLP(18, 2), Batch: 1}})
	c := Classification{Run: run, Set: set, Predicted: []int{1, 1}, Loss: []float64{2, 1}}
	for name, plot := range map[string]func() (*figure.Figure, error){
		"worst":     func() (*figure.Figure, error) { return WorstPlot("", c, 1, 1) },
		"confusion": func() (*figure.Figure, error) { return ConfusionPlot("", c) },
	} {
		f, err := plot()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Render(); err != nil || !strings.Contains(f.CSV, "cat,dog,") && !strings.Contains(f.CSV, "0,0,1,2") {
			t.Errorf("%s: %v, %s", name, err, f.CSV)
		}
	}
	if at := picture(set.Numbers(0), []int{3, 2, 3}).At(0, 0); at != (color.NRGBA{R: 200, A: 255}) {
		t.Errorf("the red pixel is %v", at)
	}
}
