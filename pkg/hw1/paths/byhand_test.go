package paths

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

// byHand returns two paths with their controls. The first one ended early, and has fewer components of its own.
func byHand(name string) Controls {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Name: name, Task: data.Sinc, Arch: nn.MLP(1, 2, 1)}, Replicas: make([]experiment.Replica, 2), Keys: []string{name, name}})
	epochs, losses := []int{0, 1, 2, 3, 4}, []float64{0.91, 0.82, 0.73, 0.64, 0.55}
	t := Trajectories{Runs: []*experiment.Run{run}, What: "whole model", Shares: []float64{0.6, 0.3, 0.1}, Starts: 0.25, Paths: []Path{
		{1, epochs[:3], []float64{0, 1, 2}, []float64{0, 1, 0}, losses[:3], []float64{0.8, 0.2}},
		{2, epochs, []float64{0, -1, -2, -3, -4}, []float64{0, -1, 0, -1, 0}, losses, []float64{0.5, 0.3, 0.2}},
	}}
	return Controls{
		Walks{t, []float64{0.55, 0.2}, 0.15, []float64{0.61, 0.15}},
		Lines{t, []float64{0.7, 0.2}, 0.35, []float64{0.9, 0.7}, []float64{0.4, 0.6}, 0.45},
	}
}

// Tables and curves have each number at its place.
func TestSharesByHand(t *testing.T) {
	c := byHand("one")
	table, err := ShareTable("caption", c)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{
		{"25.00 %", "45.00 %", "60.00 %", "90.00 %", "65.00 %", "90.00 %", "80.00 %"},
		{"15.00 %", "–", "55.00 %", "75.00 %", "61.00 %", "76.00 %", "–"},
		{"35.00 %", "–", "70.00 %", "90.00 %", "100.00 %", "100.00 %", "100.00 %"},
	} {
		if !slices.Equal(table.Rows[i][1:], want) {
			t.Errorf("row %q, want %q", table.Rows[i], want)
		}
	}
	f, err := SharePlot("caption", c)
	figuretest.CheckFigure(t, f, err, 3+2+2+3+2+10, "random walks", "straight lines")
	hw1test.CheckNear(t, "mean shares alone", c.Walks.Beside.own(), []float64{0.65, 0.25, 0.1}, 1e-12)
	label, own := `"whole model, mse"`, `"each seed in its own PCA, mean"`
	for _, row := range []string{
		"all seeds in one PCA," + label + ",2,0.8999999999999999,", own + "," + label + ",1,0.65,", own + "," + label + ",2,0.9,",
		own + ",random walks,2,0.76,", own + ",straight lines,1,1,", own + ",straight lines,10,1,",
	} {
		if !strings.Contains(f.CSV, "\n"+row) {
			t.Errorf("%s is not in %s", row, f.CSV)
		}
	}
}

// Axes tell the share of the variance, points their loss, and the legend the runs, where there are several.
func TestPlotOfPathsByHand(t *testing.T) {
	one := byHand("one").Walks.Beside
	f, err := Plot("caption", one)
	figuretest.CheckFigure(t, f, err, 3+5, "first component, 60 % of the variance", "second component, 30 %", "0.91", "0.73", "0.55")
	if strings.Contains(string(figuretest.CheckDrawn(t, f)), "one<") {
		t.Error("a single run is named in the legend")
	}
	f, err = Plot("caption", one, one, one)
	figuretest.CheckFigure(t, f, err, 3*(3+5), "first component, 60 %")
	if strings.Contains(string(figuretest.CheckDrawn(t, f)), "of the variance") {
		t.Error("narrow panels have long titles")
	}
	two := one
	two.Runs, two.Paths = append(two.Runs, byHand("other").Walks.Beside.Runs...), slices.Concat(two.Paths, two.Paths)
	f, err = Plot("caption", two)
	figuretest.CheckFigure(t, f, err, 2*(3+5))
	for _, name := range []string{"one<", "other<"} {
		if n := strings.Count(string(figuretest.CheckDrawn(t, f)), name); n != 1 {
			t.Errorf("the legend names %s %d times", name, n)
		}
	}
}

// Whatever is missing is told.
func TestPathsThatAreIncomplete(t *testing.T) {
	for says, spoil := range map[string]func(c *Controls){
		"random walks have fewer":     func(c *Controls) { c.Walks.Pooled = c.Walks.Pooled[:1] },
		"walks have fewer than two":   func(c *Controls) { c.Walks.Own = c.Walks.Own[:1] },
		"shares of random walks":      func(c *Controls) { c.Walks.Pooled[1] = math.NaN() },
		"straight lines have fewer":   func(c *Controls) { c.Lines.Pooled = c.Lines.Pooled[:1] },
		"shares along the lines":      func(c *Controls) { c.Lines.Along = c.Lines.Along[:1] },
		"chords":                      func(c *Controls) { c.Lines.Chord = nil },
		"1 component and 2 paths":     func(c *Controls) { c.Walks.Beside.Shares = []float64{1} },
		"3 components and 0 paths":    func(c *Controls) { c.Walks.Beside.Paths = nil },
		"3 components and 1 path":     func(c *Controls) { c.Walks.Beside.Paths = c.Walks.Beside.Paths[:1] },
		"seed 2: a path of 0 epochs":  func(c *Controls) { c.Walks.Beside.Paths[1].Epochs = nil },
		"5 epochs and 1 component":    func(c *Controls) { c.Walks.Beside.Paths[1].Own = []float64{1} },
		"the path's first component":  func(c *Controls) { c.Walks.Beside.Paths[1].X = nil },
		"the path's second component": func(c *Controls) { c.Walks.Beside.Paths[1].Y = nil },
		"the path's losses":           func(c *Controls) { c.Walks.Beside.Paths[1].Losses = nil },
		"got no arguments":            func(c *Controls) { c.Walks.Beside.Runs = nil },
	} {
		c := byHand("one")
		if err := c.Valid(); err != nil {
			t.Fatal(err)
		}
		spoil(&c)
		hw1test.CheckMessage(t, hw1test.MessageOf(c.Valid()), says)
	}
}

// A weight can be followed by its name; it is that of a layer.
func TestFollowWeightOfALayer(t *testing.T) {
	run := handmadePaths(2, 3).Runs[0]
	byName, err1 := FollowWeight("dense 1 weight", run)
	layer, err2 := Follow(1, run)
	if err1 != nil || err2 != nil || byName.What != "dense 1 weight" || layer.What != "layer 1" {
		t.Fatal(fmt.Sprint(byName.What, layer.What), err1, err2)
	}
	hw1test.CheckNear(t, "shares", byName.Shares, layer.Shares, 0)
	_, err := FollowWeight("dense 9 weight", run)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "dense 9 weight")
}
