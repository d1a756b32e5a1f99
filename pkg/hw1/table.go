package hw1

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

var tableHTML = template.Must(template.New("table").Parse(`<table>
<thead><tr>{{range .Header}}<th scope="col">{{.}}</th>{{end}}</tr></thead>
<tbody>
{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</tbody>
</table>`))

func (t *Table) html() string {
	var out bytes.Buffer
	if err := tableHTML.Execute(&out, t); err != nil {
		panic(err) // the template is fixed and a buffer takes everything
	}
	return out.String()
}

func (t *Table) text() string {
	var out bytes.Buffer
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // a buffer takes everything
	return out.String()
}

func (t *Table) csv() string { return csvText(t.Header, t.Rows) }

// Comparison is a row of a [CompareTable]: one figure, as the source gives it and
// as it is here.
type Comparison struct{ What, Source, Here string }

// Compare returns a comparison. The source's figures are typed, those here are
// computed: each is formatted by the verb, such as %.2f.
func Compare[T any](what, source, verb string, here ...T) Comparison {
	texts := make([]string, len(here))
	for i, value := range here {
		texts[i] = fmt.Sprintf(verb, value)
	}
	return Comparison{what, source, strings.Join(texts, " / ")}
}

// CompareTable returns a table of the source's figures beside those here.
func CompareTable(caption string, rows ...Comparison) (*Table, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("CompareTable needs at least one row")
	}
	t := &Table{Caption: caption, Name: "source", Header: []string{"figure", "source", "here"}}
	for _, row := range rows {
		if row.Source == "" || row.Here == "" || strings.Contains(row.Here, "%!") {
			return nil, fmt.Errorf("the row %q of a comparison has the figures %q and %q; give it both, and a verb that fits", row.What, row.Source, row.Here)
		}
		t.Rows = append(t.Rows, []string{row.What, row.Source, row.Here})
	}
	return t, nil
}
