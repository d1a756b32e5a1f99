// Package cell is what a cell of a notebook displays, and how it ends: figures and tables, notices, a
// line of progress, and interrupts. Outside a notebook it prints text.
package cell

import (
	"fmt"
	"html"
	"os"
)

// The types of what is displayed.
const (
	Text     = "text/plain"
	HTML     = "text/html"
	Markdown = "text/markdown"
	SVG      = "image/svg+xml"
	PNG      = "image/png"
)

// Output is one display, in several types of which the reader's program takes the best it
// knows. Its metadata tells the report what it is.
type Output struct {
	Data     map[string]any
	Metadata map[string]any
	id       string // of a display that is updated in place
}

// Send displays an output and its caption.
func Send(kind, caption string, out Output) {
	if !inNotebook() {
		fmt.Println(caption)
		fmt.Println(out.Data[Text])
		return
	}
	out.Metadata["hw1.kind"] = kind
	out.Metadata["hw1.caption"] = caption
	display(out)
	if caption != "" {
		display(Output{Data: map[string]any{Markdown: "*" + caption + "*"}, Metadata: map[string]any{"hw1.kind": "caption"}})
	}
	Sync()
}

// Notice tells the user something that needs no action of theirs at once.
func Notice(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !inNotebook() {
		fmt.Fprintln(os.Stderr, text)
		return
	}
	Send("notice", "", Output{
		Data:     map[string]any{HTML: "<p>⚠ " + html.EscapeString(text) + "</p>", Text: text},
		Metadata: map[string]any{},
	})
}
