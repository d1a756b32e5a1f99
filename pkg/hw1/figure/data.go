package figure

import (
	"bytes"
	"encoding/csv"
	"fmt"

	"hw1/pkg/hw1/internal/words"
)

// Data is what a figure draws, as a table.
type Data struct{ rows [][]string }

// NewData returns a table with a header.
func NewData(header ...string) *Data { return &Data{[][]string{header}} }

// Add adds a row. Numbers are written so that they read back as the same ones, and each of a
// slice has a field.
func (d *Data) Add(fields ...any) {
	var row []string
	for _, field := range fields {
		switch field := field.(type) {
		case float64:
			row = append(row, words.Float(field))
		case []float64:
			for _, v := range field {
				row = append(row, words.Float(v))
			}
		default:
			row = append(row, fmt.Sprint(field))
		}
	}
	d.rows = append(d.rows, row)
}

// CSV returns the table as CSV.
func (d *Data) CSV() string { return csvText(d.rows) }

func csvText(rows [][]string) string {
	var text bytes.Buffer
	if err := csv.NewWriter(&text).WriteAll(rows); err != nil {
		panic(err) // a buffer takes everything
	}
	return text.String()
}
