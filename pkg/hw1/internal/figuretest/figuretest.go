// Package figuretest checks figures.
package figuretest

import (
	"bytes"
	"strings"
	"testing"

	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/hw1test"
)

// CheckDrawn returns a figure's SVG, and fails unless it says the words.
func CheckDrawn(t *testing.T, f *figure.Figure, words ...string) []byte {
	t.Helper()
	svg, err := f.Render()
	if err != nil {
		t.Fatal(err)
	}
	text := hw1test.WellFormed(t, svg)
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("the figure %s does not say %q", f.Name, word)
		}
	}
	return svg
}

// CheckRenders draws a figure and checks its kind and that its data has this many rows.
func CheckRenders(t *testing.T, f *figure.Figure, err error, rows int) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	file, err := f.Render()
	if err != nil {
		t.Fatal(err)
	}
	start := []byte("<?xml")
	if f.Raster {
		start = []byte("\x89PNG")
	}
	if !bytes.HasPrefix(file, start) || f.Alt == "" || f.Caption == "" {
		t.Errorf("%s begins with %q", f.Name, file[:min(5, len(file))])
	}
	if got := strings.Count(f.CSV, "\n") - 1; got != rows {
		t.Errorf("%s has %d rows of data, not %d", f.Name, got, rows)
	}
}

// CheckFigure fails unless a figure can be drawn, says what it should, and has a
// line of data for each of its points.
func CheckFigure(t *testing.T, f *figure.Figure, err error, lines int, says ...string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if svg := CheckDrawn(t, f, says...); bytes.Contains(svg, []byte("NaN")) {
		t.Error("a point of the figure has no place")
	}
	if got := strings.Count(f.CSV, "\n"); got != lines+1 {
		t.Errorf("%d lines of data, want a header and %d", got, lines)
	}
}
