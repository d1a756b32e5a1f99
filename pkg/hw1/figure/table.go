package figure

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
	"text/tabwriter"
)

// Table is a table of text cells with a caption.
type Table struct {
	Caption string
	Name    string // short, for file names
	Header  []string
	Rows    [][]string
}

// Add adds a row.
func (t *Table) Add(cells ...any) {
	var row []string
	for _, c := range cells {
		row = append(row, fmt.Sprint(c))
	}
	t.Rows = append(t.Rows, row)
}

var tableHTML = template.Must(template.New("table").Parse(`<table>
<thead><tr>{{range .Header}}<th scope="col">{{.}}</th>{{end}}</tr></thead>
<tbody>
{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</tbody>
</table>`))

func (t *Table) HTML() string {
	var out bytes.Buffer
	if err := tableHTML.Execute(&out, t); err != nil {
		panic(err) // the template is fixed and a buffer takes everything
	}
	return out.String()
}

func (t *Table) Text() string {
	var out bytes.Buffer
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // a buffer takes everything
	return out.String()
}

func (t *Table) CSV() string { return csvText(append([][]string{t.Header}, t.Rows...)) }
