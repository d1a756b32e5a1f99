package figure

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
)

// drawnCurve is a path of an SVG, and the axes of the group that it is directly in.
type drawnCurve struct {
	axes     map[string]readableAxis
	vertices [][2]float64
}

// curvesOf returns the paths that an SVG has directly in a group with axes.
func curvesOf(t *testing.T, svg []byte) []drawnCurve {
	t.Helper()
	var curves []drawnCurve
	var inside []string // the axes of each element that is open
	decoder := xml.NewDecoder(strings.NewReader(string(svg)))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return curves
		}
		if err != nil {
			t.Fatal(err)
		}
		switch element := token.(type) {
		case xml.EndElement:
			inside = inside[:len(inside)-1]
		case xml.StartElement:
			attributes := map[string]string{}
			for _, a := range element.Attr {
				attributes[a.Name.Local] = a.Value
			}
			if axes := append(inside, "")[max(0, len(inside)-1)]; element.Name.Local == "path" && axes != "" {
				curve := drawnCurve{vertices: verticesOf(t, attributes["d"])}
				if err := json.Unmarshal([]byte(axes), &curve.axes); err != nil {
					t.Fatal(err)
				}
				curves = append(curves, curve)
			}
			inside = append(inside, attributes["data-axes"])
		}
	}
}

// verticesOf returns the vertices of a path of straight lines.
func verticesOf(t *testing.T, d string) (vertices [][2]float64) {
	t.Helper()
	for _, pair := range strings.FieldsFunc(d, func(r rune) bool { return strings.ContainsRune("MLZ", r) }) {
		x, y, _ := strings.Cut(pair, ",")
		var v [2]float64
		for i, text := range []string{x, y} {
			number, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			v[i] = number
		}
		vertices = append(vertices, v)
	}
	return vertices
}

// value is what a position along an axis stands for.
func (a readableAxis) value(at float64) float64 {
	share := (at - a.At[0]) / (a.At[1] - a.At[0])
	if a.Log {
		return a.Ends[0] * math.Pow(a.Ends[1]/a.Ends[0], share)
	}
	return a.Ends[0] + share*(a.Ends[1]-a.Ends[0])
}

// Whoever has the SVG alone reads the points that were drawn, against either axis, and takes nothing else for a curve.
func TestCurvesCanBeReadOffTheDrawing(t *testing.T) {
	x := []float64{0, 1000, 20_000}
	losses, shares := []float64{3, 2e-2, 4.5e-6}, []float64{0.1, 0.7, 0.95}
	left, beside := NewPanel("", "epoch", "loss"), NewPanel("", "epoch", "share")
	left.LogY()
	right := NewRightAxis("share & more", Color(1))
	left.Named("loss", Curve{X: x, Median: losses}, Stroke{Color: Color(0)})
	left.Legend.Add("share", right.Curve("share", Curve{X: x, Median: shares}, Stroke{Color: Color(1)}))
	right.AddTo(left)
	f, err := New(Figure{Name: "read"}, []*Panel{left, beside})
	if err != nil {
		t.Fatal(err)
	}
	if want := "panel,curve,x,median,lowest,highest\nloss,loss,0,3,,\nloss,loss,1000,0.02,,\nloss,loss,20000,4.5e-06,,\nshare & more,share,0,0.1,,\n"; !strings.HasPrefix(f.CSV, want) {
		t.Errorf("the data are %q, want %q first", f.CSV, want)
	}
	beside.Named("share", Curve{X: x, Median: shares}, Stroke{Color: Color(2)}) // some come late
	for range 2 {                                                               // it can be drawn again
		svg, err := f.Render()
		if err != nil {
			t.Fatal(err)
		}
		expected := []struct {
			label  string
			values []float64
		}{{"loss", losses}, {"share & more", shares}, {"share", shares}}
		curves := curvesOf(t, svg)
		if len(curves) != len(expected) {
			t.Fatalf("%d curves are found, want %d", len(curves), len(expected))
		}
		for i, want := range expected {
			curve := curves[i]
			if got := curve.axes["y"].Label; got != want.label || curve.axes["x"].Label != "epoch" {
				t.Errorf("curve %d is against %q and %q", i, curve.axes["x"].Label, got)
			}
			for k, v := range curve.vertices {
				gotX, gotY := curve.axes["x"].value(v[0]), curve.axes["y"].value(v[1])
				if math.Abs(gotX-x[k]) > 5 || math.Abs(gotY/want.values[k]-1) > 5e-3 {
					t.Errorf("point %d of %s reads %g, %g, want %g, %g", k, want.label, gotX, gotY, x[k], want.values[k])
				}
			}
		}
	}
}
