package figure

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

func TestLogTicksAreLabelledAndInRange(t *testing.T) {
	for _, r := range [][2]float64{{1e-7, 1}, {0.3, 0.9}, {1, 2000}, {1e-12, 1e3}, {4e-5, 7e-5}, {1.27, 2.3}, {11, 11.5}} {
		labelled := 0
		for _, tick := range (LogTicks{}).Ticks(r[0], r[1]) {
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

// Ticks side by side have other labels, however short the axis is.
func TestTicksOfAShortAxisDiffer(t *testing.T) {
	for _, r := range [][2]float64{{3.33332e29, 3.333321e29}, {1, 1 + 1e-6}, {1e6, 1e6 + 1e-2}, {-2e-9 - 1e-17, -2e-9}} {
		seen := map[string]bool{}
		for _, tick := range (plainTicks{}).Ticks(r[0], r[1]) {
			if seen[tick.Label] {
				t.Errorf("%v has two ticks %s", r, tick.Label)
			}
			seen[tick.Label] = true
		}
	}
}

// A logarithmic axis with one value on it has a decade's ticks around it.
func TestLogAxisOfOneValue(t *testing.T) {
	p := NewPanel("", "", "")
	p.LogX()
	p.Dots(XYs([]float64{33}, []float64{1}), Color(0), 1, Circle)
	p.Plot = settled(*p.Plot, true)
	if ticks := ticksOn(p.X); p.X.Min > 20 || p.X.Max < 60 || !slices.ContainsFunc(ticks, func(tick plot.Tick) bool { return tick.Label == "30" }) {
		t.Errorf("the axis goes from %g to %g, with the ticks %v", p.X.Min, p.X.Max, ticks)
	}
}

// The font that draws PNG figures has no superscripts beyond Latin-1.
func TestRasterTicksAreASCII(t *testing.T) {
	labels := map[string]bool{}
	for _, tick := range (LogTicks{Raster: true}).Ticks(1e-6, 1e5) {
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

// Values that are one up to rounding, such as those of sin² + cos², are drawn as one value is: between them are no numbers
// for ticks, and counting those would take forever.
func TestValuesThatAreOneUpToRounding(t *testing.T) {
	for _, value := range []float64{1, -0.6931471805599453, 1e17} {
		next := math.Nextafter(value, math.Inf(1))
		if at := value / tickStep(next-value); at+1 != at {
			t.Fatalf("ticks from %v to %v can be counted", value, next)
		}
		for _, high := range []float64{value, next} {
			if ticks := (plainTicks{}).Ticks(value, high); len(ticks) != 1 || ticks[0].Value != value {
				t.Errorf("from %v to %v are the ticks %v", value, high, ticks)
			}
			if ticks := NewColorBar("", true, value, high).ticks(); len(ticks) < 3 {
				t.Errorf("the colour bar from %v to %v has the ticks %v", value, high, ticks)
			}
			p, right := NewPanel("", "", ""), NewRightAxis("", Color(1))
			p.Dots(XYs([]float64{value, high}, []float64{value, high}), Color(0), 1, Circle)
			right.Dots(XYs([]float64{value, high}, []float64{value, high}), Color(0), 1, Circle)
			right.AddTo(p)
			f, err := New(Figure{}, []*Panel{p})
			if err != nil {
				t.Fatal(err)
			}
			if svg, err := f.Render(); err != nil || strings.Contains(string(svg), "NaN") {
				t.Errorf("from %v to %v: %v", value, high, err)
			}
		}
	}
}
