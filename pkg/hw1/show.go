package hw1

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"os"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// This file is what a notebook sees: figures, tables, verdicts, progress, and
// errors that stop a cell. Outside a notebook it prints text. The metadata of an
// output tells the report what it is.

// Check returns the value, or stops the cell with the error in plain words:
//
//	runs := hw1.Check(hw1.Train(specs...))
func Check[T any](value T, err error) T {
	stopOn(err)
	return value
}

// stopOn ends the cell's program where there is an error. There is no stack
// trace: these are errors of a user's, or of the machine's.
func stopOn(err error) {
	if err == nil {
		return
	}
	gonbui.Sync()
	fmt.Fprintln(os.Stderr, "Error:", err)
	os.Exit(1)
}

// Show displays a figure with its caption. It takes what a plot function returns:
//
//	hw1.Show(hw1.LossPlot("Training loss on sinc", hw1.Panel{"sinc", runs}))
func Show(f *Figure, err error) {
	stopOn(err)
	image, err := f.render()
	stopOn(err)
	mime, content := protocol.MIMEImageSVG, any(string(image))
	if f.Raster {
		mime, content = protocol.MIMEImagePNG, image
	}
	send("figure", f.Caption, output{
		data:     map[protocol.MIMEType]any{mime: content, protocol.MIMETextPlain: f.Alt},
		metadata: map[string]any{"hw1.alt": f.Alt, "hw1.name": f.Name, "hw1.csv": f.CSV},
	})
}

// ShowTable displays a table with its caption. It takes what a table function returns.
func ShowTable(t *Table, err error) {
	stopOn(err)
	if t == nil {
		stopOn(errors.New("there is no table to show; take one that a table function returned"))
	}
	send("table", t.Caption, output{
		data:     map[protocol.MIMEType]any{protocol.MIMETextHTML: t.html(), protocol.MIMETextPlain: t.text()},
		metadata: map[string]any{"hw1.name": t.Name, "hw1.csv": t.csv()},
	})
}

// Verdict is a claim that a cell computed, with the figures it rests on.
type Verdict struct {
	Claim    string `json:"claim"`
	Answer   string `json:"answer"` // "true", "false" or "open"
	Evidence string `json:"evidence"`
}

// Claim returns a verdict; the evidence is formatted as by fmt.Sprintf. Where it has
// a NaN, something could not be measured (at quick budgets, say), and the verdict is open.
func Claim(claim string, holds bool, evidence string, args ...any) Verdict {
	v := Verdict{claim, fmt.Sprint(holds), fmt.Sprintf(evidence, args...)}
	if strings.Contains(v.Evidence, "NaN") {
		v.Answer, v.Evidence = "open", strings.ReplaceAll(v.Evidence, "NaN", "–")
	}
	return v
}

// ShowReading displays verdicts as a list.
func ShowReading(verdicts ...Verdict) {
	if len(verdicts) == 0 {
		stopOn(errors.New("there is no verdict to show; give ShowReading one or more"))
	}
	var list, plain strings.Builder
	for _, v := range verdicts {
		sign := map[string]string{"true": "✓", "false": "✗", "open": "?"}[v.Answer]
		fmt.Fprintf(&list, "- %s %s: **%s** (%s)\n", sign, literal.Replace(v.Claim), v.Answer, literal.Replace(v.Evidence))
		fmt.Fprintf(&plain, "%s %s: %s (%s)\n", sign, v.Claim, v.Answer, v.Evidence)
	}
	text, err := json.Marshal(verdicts)
	stopOn(err)
	send("reading", "", output{
		data:     map[protocol.MIMEType]any{protocol.MIMETextMarkdown: list.String(), protocol.MIMETextPlain: plain.String()},
		metadata: map[string]any{"hw1.verdicts": string(text)},
	})
}

// literal makes text into Markdown that shows it as it is.
var literal = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", `\*`, "_", `\_`, "`", "\\`", "$", `\$`, `\`, `\\`)

// output is one display.
type output struct {
	data     map[protocol.MIMEType]any
	metadata map[string]any
	id       string // of a display that is updated in place
}

// send displays an output and its caption.
func send(kind, caption string, out output) {
	if !gonbui.IsNotebook {
		fmt.Println(caption)
		fmt.Println(out.data[protocol.MIMETextPlain])
		return
	}
	out.metadata["hw1.kind"] = kind
	out.metadata["hw1.caption"] = caption
	gonbui.SendData(&protocol.DisplayData{Data: out.data, Metadata: out.metadata, DisplayID: out.id})
	if caption != "" {
		gonbui.SendData(&protocol.DisplayData{
			Data:     map[protocol.MIMEType]any{protocol.MIMETextMarkdown: "*" + caption + "*"},
			Metadata: map[string]any{"hw1.kind": "caption"},
		})
	}
	gonbui.Sync() // without it a display is lost now and then as the program ends
}

// notice tells the user something that needs no action of theirs at once.
func notice(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !gonbui.IsNotebook {
		fmt.Fprintln(os.Stderr, text)
		return
	}
	send("notice", "", output{
		data:     map[protocol.MIMEType]any{protocol.MIMETextHTML: "<p>⚠ " + html.EscapeString(text) + "</p>", protocol.MIMETextPlain: text},
		metadata: map[string]any{},
	})
}
