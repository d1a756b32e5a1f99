package figure

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

func TestRightAxisIsDrawnBesideTheData(t *testing.T) {
	p := NewPanel("", "x", "loss")
	p.LogY()
	right := NewRightAxis("accuracy", Color(1))
	right.Y.Tick.Marker = ShareTicks{}
	x := []float64{0, 1, 2}
	p.Named("loss", Curve{X: x, Median: []float64{1, 10, 100}}, Stroke{Color: Color(0)})
	p.Legend.Add("accuracy", right.Curve("accuracy", Curve{X: x, Median: []float64{0.5, 1, 0.75}}, Stroke{Color: Color(1)}))
	Headroom(&right.Y, 1)
	if right.AddTo(p); p.err != nil {
		t.Fatal(p.err)
	}
	var canvas recorder.Canvas
	c := draw.NewCanvas(&canvas, 400, 200)
	p.Draw(c)
	edge := p.DataCanvas(c).Max.X
	if room := c.Max.X - edge; room < right.width() {
		t.Errorf("%.1f points are left for an axis of %.1f", room, right.width())
	}
	found := map[string]bool{}
	for _, action := range canvas.Actions {
		if text, ok := action.(*recorder.FillString); ok {
			if text.Point.X > edge {
				found[text.String] = true
			}
		}
	}
	for _, want := range []string{"0.5", "0.8", "1"} {
		if !found[want] {
			t.Errorf("no tick %s right of the data; there are %v", want, found)
		}
	}
	for text := range found {
		if strings.HasPrefix(text, "1.") && text != "1.00" {
			t.Errorf("an accuracy of %s is marked", text)
		}
	}
}

// A value of the right axis lies where its share of the axis's range says.
func TestRightAxisHasItsOwnScale(t *testing.T) {
	p := NewPanel("", "x", "y")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 1, 1000
	right := NewRightAxis("share", Color(1))
	line, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0.25}, {X: 1, Y: 0.75}})
	if err != nil {
		t.Fatal(err)
	}
	right.Add(line)
	right.Y.Min, right.Y.Max = 0, 1
	var canvas recorder.Canvas
	right.Plot(draw.NewCanvas(&canvas, 100, 100), p.Plot)
	stroke, ok := firstStroke(canvas.Actions)
	if !ok || stroke[0].Pos != (vg.Point{X: 0, Y: 25}) || stroke[1].Pos != (vg.Point{X: 100, Y: 75}) {
		t.Errorf("the line is drawn as %v", stroke)
	}
}

func firstStroke(actions []recorder.Action) (vg.Path, bool) {
	for _, action := range actions {
		if stroke, ok := action.(*recorder.Stroke); ok {
			return stroke.Path, true
		}
	}
	return nil, false
}

func TestHeadroomKeepsTheScale(t *testing.T) {
	linear, logarithmic := NewPanel("", "", ""), NewPanel("", "", "")
	linear.Y.Min, linear.Y.Max = 1, 3
	Headroom(&linear.Y, 0.5)
	logarithmic.LogY()
	logarithmic.Y.Min, logarithmic.Y.Max = 1, 100
	Headroom(&logarithmic.Y, 0.5)
	if linear.Y.Max != 4 || math.Abs(logarithmic.Y.Max-1000) > 1e-9 {
		t.Errorf("axes end at %g and %g, want 4 and 1000", linear.Y.Max, logarithmic.Y.Max)
	}
}
