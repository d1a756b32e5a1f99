package hw1

import (
	"errors"
	"fmt"
	"os"

	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/cell"
)

// This file is what a notebook sees: figures, tables, verdicts, progress, and
// errors that stop a cell. Outside a notebook it prints text. The metadata of an
// output tells the report what it is.

// Check returns the value, or stops the cell with the error in plain words:
//
//	runs := hw1.Check(hw1.Train(specs...))
func Check[T any](value T, err error) T {
	Must(err)
	return value
}

// Must is [Check] for what returns an error alone:
//
//	hw1.Must(os.MkdirAll("images", 0o755))
//
// There is no stack trace: these are errors of a user's, or of the machine's.
func Must(err error) {
	if err == nil {
		return
	}
	cell.Sync()
	fmt.Fprintln(os.Stderr, "Error:", err)
	os.Exit(1)
}

// Show displays a figure with its caption. It takes what a plot function returns:
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

// ShowTable displays a table with its caption. It takes what a table function returns.
func ShowTable(t *figure.Table, err error) {
	Must(err)
	if t == nil {
		Must(errors.New("there is no table to show; take one that a table function returned"))
	}
	cell.Send("table", t.Caption, cell.Output{
		Data:     map[string]any{cell.HTML: t.HTML(), cell.Text: t.Text()},
		Metadata: map[string]any{"hw1.name": t.Name, "hw1.csv": t.CSV()},
	})
}
