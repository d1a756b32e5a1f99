package figure

import (
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"hw1/pkg/hw1/internal/hw1test"
)

func TestLabelsThatCoverOthersAreNotDrawn(t *testing.T) {
	p := NewPanel("", "", "")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	style := p.X.Tick.Label
	at := plotter.XY{X: 0.3, Y: 0.3}
	p.Add(Labels{{at, "under", style, true}, {at, "over", style, false}, {plotter.XY{X: 0.7, Y: 0.7}, "apart", style, true}})
	f, err := New(Figure{Name: "labels"}, []*Panel{p})
	if err != nil {
		t.Fatal(err)
	}
	svg, err := f.Render()
	if err != nil {
		t.Fatal(err)
	}
	text := hw1test.WellFormed(t, svg)
	if !strings.Contains(text, "over") || !strings.Contains(text, "apart") || strings.Contains(text, "under") {
		t.Errorf("drawn: %q", text)
	}
}

// gonum keeps room for the label of a logarithmic axis at a wrong place: see logScale.
func TestLongLabelOfALogAxisTakesNoRoomAtTheTop(t *testing.T) {
	p := NewPanel("", "", strings.Repeat("long ", 6)+"label")
	p.LogY()
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 1e-4, 1
	p.Plot = settled(*p.Plot, true)
	c := draw.New(vgsvg.New(10*vg.Centimeter, 7*vg.Centimeter))
	if room := c.Max.Y - p.DataCanvas(c).Max.Y; room > panelMargin+1 {
		t.Errorf("%v of the panel are empty above the data", room)
	}
}

// A line beyond what a panel shows would be drawn over what is beside the panel.
func TestUprightOnThePanelOnly(t *testing.T) {
	p := NewPanel("", "", "")
	p.Line(XYs([]float64{10, 90}, []float64{1, 2}), Color(0), 1)
	for x, inside := range map[float64]bool{5: false, 95: false, 50: true} {
		q := *p
		if q.Upright(x, "", Color(1)); (len(q.drawn) > len(p.drawn)) != inside {
			t.Errorf("a line at %g is drawn or not, and should be %t", x, inside)
		}
	}
}
