package hw1

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/png"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

// drawnRun returns a run whose losses fall, for drawing.
func drawnRun(name string, epochs int) *Run {
	run := &Run{Spec: Spec{Name: name, Task: Sinc, Arch: MLP(1, 2, 1)}}
	for seed := range 3 {
		r := Replica{Seed: seed + 1, Epochs: epochs}
		for e := 1; e <= epochs; e++ {
			loss := float64(seed+1) / float64(e)
			r.History.add(e, Score{loss, 1 - loss/4}, Score{2 * loss, 1 - loss/3}, loss)
		}
		run.Replicas = append(run.Replicas, r)
	}
	return handmade(run)
}

// wellFormed fails unless the SVG is XML, and returns its text.
func wellFormed(t *testing.T, svg []byte) string {
	t.Helper()
	var text strings.Builder
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return text.String()
		}
		if err != nil {
			t.Fatalf("the SVG is not well-formed: %v", err)
		}
		if chars, ok := token.(xml.CharData); ok {
			text.Write(chars)
		}
	}
}

func TestLossPlotNamesModelsAndAxes(t *testing.T) {
	f, err := LossPlot("caption", Panel{"with decay", []*Run{drawnRun("deep", 1000), drawnRun("flat", 700)}})
	if err != nil {
		t.Fatal(err)
	}
	svg, err := f.render()
	if err != nil {
		t.Fatal(err)
	}
	text := wellFormed(t, svg)
	for _, want := range []string{"deep", "flat", "with decay", "epoch", "training loss"} {
		if !strings.Contains(text, want) {
			t.Errorf("the figure does not say %q", want)
		}
	}
	if texts, fixed := bytes.Count(svg, []byte("<text")), bytes.Count(svg, []byte("textLength=")); texts == 0 || fixed != texts {
		t.Errorf("%d of %d texts have a width of their own", fixed, texts)
	}
	if !bytes.Contains(svg, []byte("sans-serif")) {
		t.Error("the figure's fonts have no fallback")
	}
	if rows := strings.Count(f.CSV, "\n"); rows < 400 || rows > 1600 {
		t.Errorf("the data has %d lines for two curves of about 400 points", rows)
	}
}

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

func TestBandIsMedianAndRange(t *testing.T) {
	b, err := bandOf(drawnRun("deep", 10), func(h History) []float64 { return h.TrainLoss })
	if err != nil {
		t.Fatal(err)
	}
	if b.median[0] != 2 || b.low[0] != 1 || b.high[0] != 3 {
		t.Errorf("losses 1, 2, 3 have band %g, %g, %g", b.low[0], b.median[0], b.high[0])
	}
}

// A long curve is thinned, and keeps its ends.
func TestThinnedCurvesKeepTheirEnds(t *testing.T) {
	for _, n := range []int{0, 1, 2, curvePoints, curvePoints + 1, 799, 2000} {
		indices := thinned(n)
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

// A line below 0 is drawn where it is, and on a logarithmic axis at its lowest value.
func TestNegativeValuesAreDrawnAsTheyAre(t *testing.T) {
	linear, logarithmic := newPanel("", "", ""), newPanel("", "", "")
	logY(logarithmic)
	for p, want := range map[*plot.Plot]float64{linear: -0.5, logarithmic: 1e-12} {
		if _, err := addMedian(p, []float64{1, 2}, [][]float64{{-0.5, 1}, {-0.5, 2}}, stroke{color: colorOf(0), marked: true}); err != nil {
			t.Fatal(err)
		}
		if p.Y.Min != want {
			t.Errorf("the axis begins at %g, want %g", p.Y.Min, want)
		}
	}
}

func TestFiguresOfNothingAreErrors(t *testing.T) {
	if _, err := LossPlot("", Panel{"", []*Run{{Spec: Spec{Arch: MLP(1, 1)}}}}); err == nil {
		t.Error("a run without history was drawn")
	}
	if _, err := FitPlot(""); err == nil {
		t.Error("no fit was drawn")
	}
	if _, err := FunctionPlot("", MNIST); err == nil {
		t.Error("MNIST was drawn as a function")
	}
	if _, err := WorstPlot("", Classification{}, 5, 5); err == nil {
		t.Error("25 of no images were drawn")
	}
}

func TestSmoothingKeepsConstantsAndEnds(t *testing.T) {
	values := make([]float64, 400)
	for i := range values {
		values[i] = 3
	}
	values[0], values[399] = 1, 7
	out := smoothed(values)
	if math.Abs(out[0]-1) > 1e-12 || math.Abs(out[399]-7) > 1e-12 || math.Abs(out[200]-3) > 1e-12 {
		t.Errorf("smoothed to %g … %g … %g", out[0], out[200], out[399])
	}
}

func TestLogTicksAreLabelledAndInRange(t *testing.T) {
	for _, r := range [][2]float64{{1e-7, 1}, {0.3, 0.9}, {1, 2000}, {1e-12, 1e3}, {4e-5, 7e-5}, {1.27, 2.3}, {11, 11.5}} {
		labelled := 0
		for _, tick := range (logTicks{}).Ticks(r[0], r[1]) {
			if tick.Value < r[0]*0.999 || tick.Value > r[1]*1.001 {
				t.Errorf("tick %g outside %v", tick.Value, r)
			}
			if !tick.IsMinor() {
				labelled++
			}
		}
		if labelled < 3 || labelled > 12 {
			t.Errorf("%v has %d labelled ticks", r, labelled)
		}
	}
	if got := tickLabel(2, -4); got != "2·10⁻⁴" {
		t.Errorf("2e-4 is labelled %q", got)
	}
}

func TestRasterFigureIsPNG(t *testing.T) {
	c := Classification{
		Run: drawnRun("net", 1), Test: Examples{Images: make([]uint8, 4*784), Labels: []uint8{1, 2, 3, 4}},
		Predicted: []int{1, 2, 4, 4}, Loss: []float64{0, 0, 5, 1},
	}
	f, err := WorstPlot("", c, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	file, err := f.render()
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
	svg, err := confusion.render()
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, svg)
}

func TestUndrawableFigureIsAnError(t *testing.T) {
	p := newPanel("", "", "")
	logY(p)
	p.Y.Min, p.Y.Max = -1, 1
	if _, err := newFigure("bad", "", "", [][]*plot.Plot{{p}}).render(); err == nil {
		t.Error("a logarithmic axis below 0 was drawn")
	}
}

func TestTableEscapesHTML(t *testing.T) {
	table := &Table{Header: []string{"a"}, Rows: [][]string{{"<b>"}}}
	if got := table.html(); strings.Contains(got, "<b>") || !strings.Contains(got, "&lt;b&gt;") {
		t.Errorf("table is %s", got)
	}
	if table.csv() != "a\n<b>\n" {
		t.Errorf("CSV is %q", table.csv())
	}
}

func TestShortNumbers(t *testing.T) {
	for want, value := range map[string]float64{
		"0": 1e-18, "250": 250, "0.5": 0.5, "12,000": 12000, "−12.5": -12.5, "0.3": 0.1 + 0.2, "1e-5": 1e-5, "2e7": 2e7,
	} {
		if got := shortNumber(value, math.Abs(value)+1e-6); got != want {
			t.Errorf("%v is written %s, not %s", value, got, want)
		}
	}
}

func TestPlainTicksAreRoundAndFew(t *testing.T) {
	for _, r := range [][2]float64{{-1, 1}, {1, 15}, {0.9631, 0.9987}, {0, 20_000}, {-3e-7, 5e-8}, {12, 12.001}} {
		ticks := plainTicks{}.Ticks(r[0], r[1])
		if len(ticks) < 3 || len(ticks) > 7 {
			t.Errorf("%v has %d ticks", r, len(ticks))
		}
		for _, tick := range ticks {
			if tick.Value < r[0]-1e-9 || tick.Value > r[1]+1e-9 || len(tick.Label) > 7 {
				t.Errorf("%v has a tick %q at %v", r, tick.Label, tick.Value)
			}
		}
	}
	if got := tickStep(2); got != 0.5 {
		t.Errorf("an axis from -1 to 1 has a tick every %v", got)
	}
}

// The font that draws PNG figures has no superscripts beyond Latin-1.
func TestRasterTicksAreASCII(t *testing.T) {
	labels := map[string]bool{}
	for _, tick := range (logTicks{raster: true}).Ticks(1e-6, 1e5) {
		labels[tick.Label] = true
		for _, r := range tick.Label {
			if r > 127 {
				t.Errorf("label %s", tick.Label)
			}
		}
	}
	if !labels["0.0001"] || !labels["1e-6"] || !labels["10,000"] {
		t.Errorf("labels %v", labels)
	}
}
