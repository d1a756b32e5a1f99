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
		if got, _ := p.free(placed, placed.DataCanvas(on), p.Legend.Rectangle(on).Size()); got != c.want {
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
	if got, _ := p.free(placed, placed.DataCanvas(on), p.Legend.Rectangle(on).Size()); got != (spot{down: 0.1}) {
		t.Errorf("the legend is at %+v", got)
	}
}

// A legend that fits keeps the size of its letters, one with long names is inside the axes, and one with many names
// stands beside them if it would cover a curve.
func TestLegendFits(t *testing.T) {
	for name, c := range map[string]struct {
		names         []string
		large, beside bool
	}{
		"few and short": {[]string{"Adam", "SGD"}, true, false},
		"many":          {strings.Split("rate 0.001"+strings.Repeat(",rate 0.001", 11), ","), true, true},
		"very many":     {strings.Split("rate 0.001"+strings.Repeat(",rate 0.001", 21), ","), false, true},
		"long":          {[]string{"gradient descent with momentum, a learning rate of 0.01 and weight decay"}, false, false},
	} {
		p := NewPanel("", "x", "y")
		for i, name := range c.names {
			p.Named(name, Curve{X: []float64{0, 1}, Median: []float64{0, 1}}, Stroke{Color: Color(i)})
		}
		drawn := &recorder.Canvas{}
		on := draw.NewCanvas(drawn, 11*vg.Centimeter, 8*vg.Centimeter)
		placed := settled(*p.Plot, true)
		area := placed.DataCanvas(on)
		if p.drawPanel(placed, on); c.beside {
			area = on // of which it covers nothing that is drawn
		}
		var lines []recorder.Action
		for _, action := range drawn.Actions {
			if line, is := action.(*recorder.Stroke); is {
				lines = append(lines, line)
			}
		}
		for _, action := range drawn.Actions {
			text, is := action.(*recorder.FillString)
			if !is || !slices.Contains(c.names, text.String) {
				continue
			}
			width := draw.TextStyle{Font: text.Font, Handler: p.Legend.TextStyle.Handler}.Rectangle(text.String).Size().X
			box := vg.Rectangle{Min: text.Point, Max: text.Point.Add(vg.Point{X: width, Y: text.Font.Size})}
			if box.Min.X < area.Min.X || box.Max.X > area.Max.X || box.Min.Y < area.Min.Y || box.Max.Y > area.Max.Y {
				t.Errorf("%s: %q is at %v, and there is room at %v", name, text.String, box, area.Rectangle)
			}
			if covered := coveredBy(box, lines); c.beside && covered > 0 {
				t.Errorf("%s: %q covers %d points of lines", name, text.String, covered)
			}
			if large := text.Font.Size == 10; large != c.large {
				t.Errorf("%s: the letters have %v points", name, text.Font.Size)
			}
		}
	}
}
