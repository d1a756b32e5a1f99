package figure

import (
	"slices"
	"strings"
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

// A legend of many or long names is inside the axes, and one that fits keeps the size of its letters.
func TestLegendFits(t *testing.T) {
	for name, c := range map[string]struct {
		names []string
		large bool
	}{
		"few and short": {[]string{"Adam", "SGD"}, true},
		"many":          {strings.Split(strings.Repeat("rate 0.001,", 22), ","), false},
		"long":          {[]string{"gradient descent with momentum, a learning rate of 0.01 and weight decay"}, false},
	} {
		p := NewPanel("", "x", "y")
		for i, name := range c.names {
			p.Named(name, Curve{X: []float64{0, 1}, Median: []float64{0, 1}}, Stroke{Color: Color(i)})
		}
		drawn := &recorder.Canvas{}
		on := draw.NewCanvas(drawn, 11*vg.Centimeter, 8*vg.Centimeter)
		placed := settled(*p.Plot, true)
		area := placed.DataCanvas(on)
		p.drawPanel(placed, on)
		for _, action := range drawn.Actions {
			text, is := action.(*recorder.FillString)
			if !is || !slices.Contains(c.names, text.String) {
				continue
			}
			width := draw.TextStyle{Font: text.Font, Handler: p.Legend.TextStyle.Handler}.Rectangle(text.String).Size().X
			if at := text.Point; at.X < area.Min.X || at.X+width > area.Max.X || at.Y < area.Min.Y || at.Y+text.Font.Size > area.Max.Y {
				t.Errorf("%s: %q is at %v, as wide as %v, and the data at %v", name, text.String, at, width, area.Rectangle)
			}
			if large := text.Font.Size == 10; large != c.large {
				t.Errorf("%s: the letters have %v points", name, text.Font.Size)
			}
		}
	}
}
