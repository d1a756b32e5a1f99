package figure

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"text/tabwriter"

	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Table is a table of text cells with a caption: either a table to be shown, or the data that a
// figure draws.
type Table struct {
	Caption string
	Name    string // short, for file names
	Header  []string
	Rows    [][]string
}

// NewTable returns an empty table with a header.
func NewTable(caption, name string, header ...string) *Table {
	return &Table{caption, name, header, nil}
}

// NewData returns a table of a figure's data with a header.
func NewData(header ...string) *Table { return &Table{Header: header} }

// Valid checks that there is a table, each of whose rows has as many cells as the header.
func (t *Table) Valid() error {
	if t == nil {
		return errors.New("there is no table to show; pass one that a table function returned")
	}
	for i, row := range t.Rows {
		if len(row) != len(t.Header) {
			return fmt.Errorf("row %d of the table %q has %s, and its header has %d; give each row a cell for each column", i+1, t.Name, words.Plural(len(row), "cell"), len(t.Header))
		}
	}
	return nil
}

// Add adds a row. Numbers are written so that they read back exactly, and each element of a
// slice gets a cell.
func (t *Table) Add(cells ...any) {
	var row []string
	for _, cell := range cells {
		switch cell := cell.(type) {
		case float64:
			row = append(row, words.Float(cell))
		case []float64:
			row = append(row, num.Map(cell, words.Float)...)
		default:
			row = append(row, fmt.Sprint(cell))
		}
	}
	t.Rows = append(t.Rows, row)
}

// Drop removes the column with this header, if there is one.
func (t *Table) Drop(header string) {
	i := slices.Index(t.Header, header)
	if i < 0 {
		return
	}
	t.Header = slices.Delete(slices.Clone(t.Header), i, i+1)
	for k, row := range t.Rows {
		t.Rows[k] = slices.Delete(slices.Clone(row), i, i+1)
	}
}

// DropDashes removes the columns that have a dash in every row, since they apply to no row.
func (t *Table) DropDashes() {
	for i := len(t.Header) - 1; i >= 0; i-- {
		if !slices.ContainsFunc(t.Rows, func(row []string) bool { return row[i] != "–" }) {
			t.Drop(t.Header[i])
		}
	}
}

var tableHTML = template.Must(template.New("table").Parse(`<table>
<thead><tr>{{range .Header}}<th scope="col">{{.}}</th>{{end}}</tr></thead>
<tbody>
{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</tbody>
</table>`))

// HTML returns the table as HTML.
func (t *Table) HTML() string {
	var out bytes.Buffer
	_ = tableHTML.Execute(&out, t) // the template is fixed, and writing to a buffer cannot fail
	return out.String()
}

// Text returns the table as text in columns.
func (t *Table) Text() string {
	var out bytes.Buffer
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // writing to a buffer cannot fail
	return out.String()
}

// CSV returns the table as CSV.
func (t *Table) CSV() string {
	var text bytes.Buffer
	_ = csv.NewWriter(&text).WriteAll(append([][]string{t.Header}, t.Rows...)) // writing to a buffer cannot fail
	return text.String()
}
