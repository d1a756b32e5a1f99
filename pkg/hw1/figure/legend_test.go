package figure

import (
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// A legend stands in the corner that is free, or else where it covers the least.
func TestLegendMakesWay(t *testing.T) {
	ramp := func(from, to float64) []float64 {
		return []float64{from, from + (to-from)/4, (from + to) / 2, to - (to-from)/4, to}
	}
	for name, c := range map[string]struct {
		lines [][]float64
		want  spot
	}{
		"one that falls":              {[][]float64{ramp(1, 0)}, spot{}},
		"one that rises":              {[][]float64{ramp(0, 1)}, spot{down: 1}},
		"above all others":            {[][]float64{ramp(0, 0), ramp(0, 0.02), ramp(1, 0.02)}, spot{}},
		"two that part":               {[][]float64{ramp(0.5, 0), ramp(0.5, 1)}, spot{left: true}},
		"two that meet":               {[][]float64{ramp(0, 0.5), ramp(1, 0.5)}, spot{}},
		"above and below":             {[][]float64{{1, 1, 1, 1, 1}, {0, 0, 0, 0, 0}}, spot{down: 0.1}},
		"top, bottom right, top left": {[][]float64{{1, 1, 1, 1, 1}, {0.5, 0.5, 0.5, 0, 0}}, spot{left: true, down: 1}},
	} {
		p := NewPanel("", "x", "y")
		for i, y := range c.lines {
			p.Named("name", Curve{X: []float64{0, 1, 2, 3, 4}, Median: y}, Stroke{Color: Color(i)})
		}
		on := draw.NewCanvas(&recorder.Canvas{}, 12*vg.Centimeter, 8*vg.Centimeter)
		placed := settled(*p.Plot, true)
		if got := p.free(placed, placed.DataCanvas(on), p.Legend.Rectangle(on).Size()); got != c.want {
			t.Errorf("%s: the legend is at %+v, and %+v is free", name, got, c.want)
		}
	}
}

// What is drawn against a right axis counts.
func TestLegendMakesWayForTheRightAxis(t *testing.T) {
	x := []float64{0, 1, 2}
	p, right := NewPanel("", "x", "y"), NewRightAxis("z", Color(1))
	p.Named("low", Curve{X: x, Median: []float64{0, 0, 0.1}}, Stroke{Color: Color(0)})
	p.Line(XYs([]float64{0}, []float64{1}), Color(0), 1)
	right.Line(XYs(x, []float64{1000, 1000, 1000}), Color(1), 1)
	right.Line(XYs(x, []float64{0, 0, 500}), Color(1), 1)
	right.AddTo(p)
	on := draw.NewCanvas(&recorder.Canvas{}, 12*vg.Centimeter, 8*vg.Centimeter)
	placed := settled(*p.Plot, true)
	if got := p.free(placed, placed.DataCanvas(on), p.Legend.Rectangle(on).Size()); got != (spot{down: 0.1}) {
		t.Errorf("the legend is at %+v", got)
	}
}
