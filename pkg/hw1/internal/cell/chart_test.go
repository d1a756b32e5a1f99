package cell

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The figure is well-formed, has a curve for each name in the colours of the final figures, and stays small however long the
// work is.
func TestChartStaysSmall(t *testing.T) {
	var c chart
	for x := range 10_000 {
		for i := range 3 {
			c.add(i, fmt.Sprintf("a & b %d", i), float64(x), math.Pow(10, -float64(i)-float64(x)/5000))
		}
	}
	text := c.html(time.Now())
	decoder, lines := xml.NewDecoder(strings.NewReader(text)), 0
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in %.200s", err, text)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "polyline" {
			lines++
		}
	}
	if lines != 3 || len(text) > 20_000 || !strings.Contains(text, "#0072b2") || !strings.Contains(text, "a &amp; b 2") {
		t.Errorf("%d curves in %d bytes", lines, len(text))
	}
}

// A curve goes from the left to the right and, as its values fall, down.
func TestChartIsLogarithmic(t *testing.T) {
	var c chart
	for x, y := range []float64{1, 0.1, 0.01} {
		c.add(0, "loss", float64(x), y)
	}
	_, after, _ := strings.Cut(c.html(time.Now()), `points="`)
	var x, y [3]float64
	for i, point := range strings.Fields(after)[:3] {
		if _, err := fmt.Sscanf(point, "%f,%f", &x[i], &y[i]); err != nil {
			t.Fatal(err)
		}
	}
	if x[0] != chartMargin || x[2] != chartWidth || math.Abs(2*y[1]-y[0]-y[2]) > 0.2 || y[2] <= y[0] {
		t.Errorf("the points are at %v, %v", x, y)
	}
}

// Numbers beside the axis are within the figure, also where they are long: a digit takes 0.6 of the size of the font.
func TestChartShowsWholeNumbers(t *testing.T) {
	for _, y := range []float64{2.92e-4, 4.14e-5, 1.23e-12, 123456, 3.21e5} {
		var c chart
		c.add(0, "loss", 1, y)
		c.add(0, "loss", 2, y)
		labels := regexp.MustCompile(`<text x="([\d.]+)" y="[\d.]+" text-anchor="end">([^<]+)<`).FindAllStringSubmatch(c.html(time.Now()), -1)
		if len(labels) < 2 {
			t.Fatalf("%d numbers", len(labels))
		}
		for _, label := range labels {
			if at, err := strconv.ParseFloat(label[1], 64); err != nil || at < 0.6*11*float64(len(label[2])) {
				t.Errorf("%s ends at %g (%v)", label[2], at, err)
			}
		}
	}
}

// The curves of work that goes on from a checkpoint begin there, until they are as long as what came before.
func TestChartOfWorkThatGoesOn(t *testing.T) {
	var c chart
	now := time.Now()
	for i, says := range []string{"", ">130,000<", ">130,000<", ">0<"} {
		c.add(0, "loss", []float64{130_000, 145_500, 259_000, 261_000}[i], 1/float64(i+1))
		now = now.Add(redraw)
		text := c.html(now)
		if !strings.Contains(text, says) || says == ">130,000<" && !strings.Contains(text, fmt.Sprintf(`points="%.1f,`, chartMargin)) {
			t.Errorf("with %d points: %s", i+1, text)
		}
	}
}

// What cannot be drawn is left out, as are the oldest of many curves; there is no figure before there is a line.
func TestChartLeavesOut(t *testing.T) {
	var c chart
	for _, y := range []float64{0, -1, math.NaN(), math.Inf(1), 5} {
		c.add(0, "loss", 1, y)
	}
	if text := c.html(time.Now()); text != "" {
		t.Errorf("one point makes %s", text)
	}
	for i := range 20 {
		c.add(i, fmt.Sprintf("run %d.", i), 1, 2)
		c.add(i, fmt.Sprintf("run %d.", i), 2, 1)
	}
	text := c.html(time.Now().Add(time.Second))
	if strings.Count(text, "<polyline") != len(colors) || strings.Contains(text, "run 11.") || !strings.Contains(text, "run 19.") {
		t.Errorf("of twenty runs it has %s", text)
	}
}

// It is drawn anew twice a second at most.
func TestChartIsDrawnTwiceASecond(t *testing.T) {
	var c chart
	c.add(0, "loss", 1, 2)
	c.add(0, "loss", 2, 1)
	now := time.Now()
	first := c.html(now)
	c.add(0, "loss", 3, 0.5)
	if c.html(now.Add(redraw/2)) != first || c.html(now.Add(redraw)) == first {
		t.Error("it is drawn at other times")
	}
}

// BenchmarkChart is what a redraw costs, twice a second.
func BenchmarkChart(b *testing.B) {
	var c chart
	for x := range 1000 {
		for i := range len(colors) {
			c.add(i, fmt.Sprint(i), float64(x), math.Exp(-float64(x)/100))
		}
	}
	for b.Loop() {
		c.draw()
	}
}
