package cell

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
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

// What can not be drawn is left out, as are the oldest of many curves; there is no figure before there is a line.
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
