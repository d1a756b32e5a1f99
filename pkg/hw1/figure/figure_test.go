package figure

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// The reference figures are Liberation Sans's (and Arial's) own advance widths, in
// 2048ths: a 1139, m 1706, & 1366, space 569.
func TestTextKeepsItsWidthInOtherFonts(t *testing.T) {
	const style = `style="font-family:Liberation Sans;font-weight:normal;font-size:%spx;fill:#333333">%s</text>`
	for _, c := range []struct {
		size, text string
		want       float64
	}{{"10", "a", 11390. / 2048}, {"11", "mam", 11 * 4551. / 2048}, {"10", "a &amp; m", 10 * (1139 + 2*569 + 1366 + 1706) / 2048.}} {
		svg := string(withFontFallback(fmt.Appendf(nil, style, c.size, c.text)))
		_, rest, _ := strings.Cut(svg, `textLength="`)
		length, _, _ := strings.Cut(rest, `"`)
		got, err := strconv.ParseFloat(length, 64)
		if err != nil || math.Abs(got-c.want) > 0.05 {
			t.Errorf("%q is %s wide, want %.2f", c.text, length, c.want)
		}
		if !strings.HasSuffix(svg, ">"+c.text+"</text>") {
			t.Errorf("the text is gone: %s", svg)
		}
	}
}

// A title may have what XML has not: bytes in Latin-1, a bell.
func TestFigureWithTitlesThatXMLHasNot(t *testing.T) {
	p := NewPanel("gr\xf6\xdfer \a", "x", "y")
	p.Line(XYs([]float64{0, 1}, []float64{0, 1}), Color(0), 1)
	f, err := New(Figure{Name: "latin", Caption: "c", Alt: "a", CSV: "x\n"}, []*Panel{p})
	if err != nil {
		t.Fatal(err)
	}
	svg, err := f.Render()
	if err != nil {
		t.Fatal(err)
	}
	for decoder := xml.NewDecoder(bytes.NewReader(svg)); err == nil; {
		_, err = decoder.Token()
	}
	if err != io.EOF || !strings.Contains(string(svg), "\ufffd") {
		t.Error(err)
	}
}

// A long curve is thinned, and keeps its ends.
func TestThinnedCurvesKeepTheirEnds(t *testing.T) {
	for _, n := range []int{0, 1, 2, curvePoints, curvePoints + 1, 799, 2000} {
		indices := Thinned(n)
		if len(indices) != min(n, curvePoints) {
			t.Errorf("%d of %d points are kept", len(indices), n)
		}
		if n > 0 && (indices[0] != 0 || indices[len(indices)-1] != n-1) {
			t.Errorf("of %d points those from %d to %d are kept", n, indices[0], indices[len(indices)-1])
		}
		for i := 1; i < len(indices); i++ {
			if indices[i] <= indices[i-1] {
				t.Errorf("of %d points, %d comes after %d", n, indices[i], indices[i-1])
			}
		}
	}
}

// A line below 0 is drawn where it is, on a logarithmic axis, too, as a loss of one's own may be below 0: the axis becomes plain. What is so
// by rounding alone is drawn at the lowest value of the axis.
func TestNegativeValuesAreDrawnAsTheyAre(t *testing.T) {
	linear, logarithmic, rounded := NewPanel("", "", ""), NewPanel("", "", ""), NewPanel("", "", "")
	logarithmic.LogY()
	rounded.LogY()
	for _, c := range []struct {
		panel        *Panel
		lowest, want float64
	}{{linear, -0.5, -0.5}, {logarithmic, -0.5, -0.5}, {rounded, -1e-9, 1e-12}} {
		p := c.panel
		if p.Curve("", CurveOf([]float64{1, 2}, [][]float64{{c.lowest, 1}, {c.lowest, 2}}), Stroke{Color: Color(0), Marked: true}); p.err != nil {
			t.Fatal(p.err)
		}
		if p.Y.Min != c.want {
			t.Errorf("the axis begins at %g, want %g", p.Y.Min, c.want)
		}
		Headroom(&p.Y, 0.1)
		if f, err := New(Figure{Name: "below"}, []*Panel{p}); err != nil || f.Valid() != nil {
			t.Errorf("%g is not drawn: %v, %v", c.lowest, err, f.Valid())
		}
	}
}

// A training of one epoch is a dot: a line of one point is nothing.
func TestLineOfOnePointIsADot(t *testing.T) {
	p := NewPanel("", "", "")
	p.Line(XYs([]float64{1}, []float64{2}), Color(0), 1)
	if _, dot := p.drawn[len(p.drawn)-1].(*plotter.Scatter); !dot {
		t.Errorf("%v is drawn", p.drawn)
	}
}

// Losses far below 1 are drawn where they are, and a 0 among them no higher.
func TestSmallValuesStandWhereTheyAre(t *testing.T) {
	for _, c := range [][2][]float64{{{1e-20, 0, 1e-18}, {1e-20, 1e-20, 1e-18}}, {{1, 0}, {1, 1e-12}}, {{0, 0}, {1e-12, 1e-12}}} {
		p := NewPanel("", "", "")
		p.LogY()
		for i, point := range p.Points([]float64{1, 2, 3}[:len(c[0])], c[0]) {
			if point.Y != c[1][i] {
				t.Errorf("of %v, %g stands at %g", c[0], c[0][i], point.Y)
			}
		}
	}
}

func TestUndrawableFigureIsAnError(t *testing.T) {
	p := NewPanel("", "", "")
	p.LogY()
	p.Y.Min, p.Y.Max = -1, 1
	bad, err := New(Figure{Name: "bad"}, []*Panel{p})
	if err == nil {
		_, err = bad.Render()
	}
	if err == nil {
		t.Error("a logarithmic axis below 0 was drawn")
	}
	empty := NewPanel("", "", "")
	empty.Line(plotter.XYs{{X: 1, Y: math.NaN()}}, Color(0), 1)
	if _, err := New(Figure{Name: "empty"}, []*Panel{empty}); err == nil {
		t.Error("a line through nowhere was drawn")
	}
}

func TestDropLeavesTheOtherColumns(t *testing.T) {
	header := []string{"a", "b", "c"}
	table := &Table{Header: header, Rows: [][]string{{"1", "2", "3"}, {"4", "5", "6"}}}
	table.Drop("b")
	table.Drop("none")
	if got := table.CSV(); got != "a,c\n1,3\n4,6\n" {
		t.Error(got)
	}
	if header[1] != "b" {
		t.Error("a caller's header was changed")
	}
	table = &Table{Header: header, Rows: [][]string{{"–", "2", "–"}, {"–", "–", "–"}}}
	if table.DropDashes(); table.CSV() != "b\n2\n–\n" {
		t.Error(table.CSV())
	}
}

func TestTableEscapesHTML(t *testing.T) {
	table := &Table{Header: []string{"a"}, Rows: [][]string{{"<b>"}}}
	if got := table.HTML(); strings.Contains(got, "<b>") || !strings.Contains(got, "&lt;b&gt;") {
		t.Errorf("table is %s", got)
	}
	if table.CSV() != "a\n<b>\n" {
		t.Errorf("CSV is %q", table.CSV())
	}
}

// A title is not wider than its panel's share of the figure: it would cover the next one.
func TestLongTitlesAreCut(t *testing.T) {
	long := NewPanel(strings.Repeat("a long title ", 20), "", "")
	if _, err := New(Figure{}, []*Panel{long, NewPanel("short", "", "")}); err != nil {
		t.Fatal(err)
	}
	if text := long.Title.Text; long.Title.TextStyle.Width(text) > figureWidth/2 || !strings.HasPrefix(text, "a long title a long") || !strings.HasSuffix(text, "…") {
		t.Errorf("the title is %q", text)
	}
}

// A title that is cut is inside the figure, and not over the title beside it.
func TestLongTitlesAreInside(t *testing.T) {
	for panels := 1; panels <= 4; panels++ {
		var row []*Panel
		for range panels {
			p := NewPanel(strings.Repeat("wide title ", 20), "x", "y")
			p.Line(XYs([]float64{0, 1}, []float64{0, 1}), Color(0), 1)
			row = append(row, p)
		}
		if last := row[panels-1]; panels > 2 {
			last.Add(NewColorBar("bar", true, 0, 1)) // which leaves the others less room, too
		}
		f, err := New(Figure{Name: "titles"}, row)
		if err != nil {
			t.Fatal(err)
		}
		drawn, before := &recorder.Canvas{}, vg.Length(0)
		f.draw(draw.NewCanvas(drawn, f.Width, f.Height))
		for _, action := range drawn.Actions {
			text, is := action.(*recorder.FillString)
			if !is || !strings.HasPrefix(text.String, "wide title") {
				continue
			}
			end := text.Point.X + row[0].Title.TextStyle.Width(text.String)
			if text.Point.X < before || end > f.Width {
				t.Errorf("of %d panels, a title is from %v to %v, of %v, and one ends at %v", panels, text.Point.X, end, f.Width, before)
			}
			before = end
		}
	}
}

// The data of a figure are its curves, with each replica where there are several.
func TestDataAreTheCurves(t *testing.T) {
	p := NewPanel("", "epoch", "loss")
	p.Named("two", CurveOf([]float64{1, 2}, [][]float64{{1, 2}, {3, 6}}), Stroke{Color: Color(0)})
	p.Named("one", Curve{X: []float64{3}, Median: []float64{7}}, Stroke{Color: Color(1)})
	f, err := New(Figure{Name: "curves"}, []*Panel{p})
	if want := "panel,curve,x,median,lowest,highest,replica 1,replica 2\nloss,two,1,2,1,3,1,3\nloss,two,2,4,2,6,2,6\nloss,one,3,7,,,,\n"; err != nil || f.CSV != want {
		t.Errorf("%q, want %q (%v)", f.CSV, want, err)
	}
}

// Sixteen lines have a colour each: no two are closer than 35 of 255 in RGB.
func TestColorsOfSixteenLines(t *testing.T) {
	for i := range 16 {
		r, g, b, _ := Color(i).RGBA()
		for j := range i {
			x, y, z, _ := Color(j).RGBA()
			distance := math.Hypot(math.Hypot(float64(r)-float64(x), float64(g)-float64(y)), float64(b)-float64(z)) / 257
			if distance < 35 {
				t.Errorf("lines %d and %d have the colours %v and %v, %.0f apart", j+1, i+1, Color(j), Color(i), distance)
			}
		}
	}
}
