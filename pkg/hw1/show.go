package hw1

import (
	"fmt"
	"os"

	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/cell"
)

// This file displays what a notebook shows: figures, tables, verdicts, progress, and
// errors that stop a cell. Outside a notebook it prints text. The metadata of an
// output tells the report what kind of output it is.

// Check returns the value, or stops the cell with the error in plain words:
//
//	runs := hw1.Check(hw1.Train(specs...))
func Check[T any](value T, err error) T {
	Must(err)
	return value
}

// Must is [Check] for calls that return only an error:
//
//	hw1.Must(os.MkdirAll("images", 0o755))
//
// It prints no stack trace: the mistake is the user's, or the fault is the machine's.
func Must(err error) {
	if err == nil {
		return
	}
	cell.Sync()
	fmt.Fprintln(os.Stderr, "Error:", err)
	os.Exit(1)
}

// Show displays a figure with its caption. It takes the results of a plot function:
//
//	hw1.Show(curves.LossPlot("Training loss on sinc", curves.Panel{"sinc", runs}))
func Show(f *figure.Figure, err error) {
	Must(err)
	image, err := f.Render()
	Must(err)
	mime, content := cell.SVG, any(string(image))
	if f.Raster {
		mime, content = cell.PNG, image
	}
	cell.Send("figure", f.Caption, cell.Output{
		Data:     map[string]any{mime: content, cell.Text: f.Alt},
		Metadata: map[string]any{"hw1.alt": f.Alt, "hw1.name": f.Name, "hw1.csv": f.CSV},
	})
}

// ShowTable displays a table with its caption. It takes the results of a table function.
func ShowTable(t *figure.Table, err error) {
	Must(err)
	Must(t.Valid())
	cell.Send("table", t.Caption, cell.Output{
		Data:     map[string]any{cell.HTML: t.HTML(), cell.Text: t.Text()},
		Metadata: map[string]any{"hw1.name": t.Name, "hw1.csv": t.CSV()},
	})
}
