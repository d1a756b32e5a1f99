package hw1

import (
	"fmt"
	"strings"

	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/num"
)

// Comparison is a row of a [CompareTable]: one figure, as the source gives it and as it is here.
type Comparison struct{ What, Source, Here string }

// Compare returns a comparison. The source's figures are typed, those here are
// computed: each is formatted by the verb, such as %.2f, and NaN as a dash.
func Compare[T any](what, source, verb string, here ...T) Comparison {
	texts := num.Map(here, func(value T) string { return dashed(fmt.Sprintf(verb, value)) })
	return Comparison{what, source, strings.Join(texts, " / ")}
}

// CompareTable returns a table of the source's figures beside those here.
func CompareTable(caption string, rows ...Comparison) (*figure.Table, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("hw1.CompareTable needs at least one row")
	}
	t := figure.NewTable(caption, "source", "figure", "source", "here")
	for _, row := range rows {
		if row.Source == "" || row.Here == "" || strings.Contains(row.Here, "%!") {
			return nil, fmt.Errorf("the row %q of a comparison has the figures %q and %q; give it both, and a verb that fits", row.What, row.Source, row.Here)
		}
		t.Rows = append(t.Rows, []string{row.What, row.Source, row.Here})
	}
	return t, nil
}
