// Package figuretest checks figures.
package figuretest

import (
	"bytes"
	"strings"
	"testing"

	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/hw1test"
)

// Rendered returns the file of a figure that a function has returned.
func Rendered(t *testing.T, f *figure.Figure, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	file, err := f.Render()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// CheckDrawn returns a figure's SVG, and fails unless it contains the words.
func CheckDrawn(t *testing.T, f *figure.Figure, words ...string) []byte {
	t.Helper()
	svg := Rendered(t, f, nil)
	text := hw1test.WellFormed(t, svg)
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("the figure %s does not say %q", f.Name, word)
		}
	}
	return svg
}

// CheckFigure fails unless a figure can be drawn, contains the right words (unless it is a raster image), and has so many rows of
// data, one for each of its points.
func CheckFigure(t *testing.T, f *figure.Figure, err error, rows int, says ...string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if f.Raster {
		if file, err := f.Render(); err != nil || !bytes.HasPrefix(file, []byte("\x89PNG")) {
			t.Errorf("%s is no picture: %v", f.Name, err)
		}
	} else if bytes.Contains(CheckDrawn(t, f, says...), []byte("NaN")) {
		t.Error("a point of the figure has no place")
	}
	if got := strings.Count(f.CSV, "\n") - 1; got != rows || f.Alt == "" || f.Caption == "" {
		t.Errorf("%s has %d rows of data, not %d, or no words beside it", f.Name, got, rows)
	}
}
