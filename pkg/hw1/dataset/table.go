package dataset

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// Columns says what a table holds, as plain data.
type Columns struct {
	Target      string  // header of the column that is learnt; default the last column
	Classes     bool    // the target is a class, named by its text; else a number
	Standardize bool    // each input has mean 0 and deviation 1 on the training set
	Scale       float64 // or the inputs are divided by it; default 1
	Shape       []int   // the inputs are an image, [height, width, channels]; default [features]
	Split       Split
}

// Table reads a table of numbers as CSV (RFC 4180), may be compressed (.gz): an example a row.
// A first row that has no number is the header, and so is one with none in the column of the target where the next row has one.
func Table(name, path string, columns Columns) (data.Task, error) {
	content, err := readFile(path)
	if err != nil {
		return "", err
	}
	set, err := columns.read(name, content)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return data.Own(set)
}

func (c Columns) read(name string, content []byte) (data.Set, error) {
	set := data.Set{Name: name, Shape: c.Shape}
	all, classes, err := c.parse(content)
	if err != nil {
		return set, err
	}
	set.Classes = classes
	if set.Train, set.Test, err = c.Split.apart(all); err != nil {
		return set, err
	}
	if c.Shape == nil {
		set.Shape = []int{all.Features()}
	}
	switch {
	case c.Standardize && c.Scale != 0:
		return set, errors.New("inputs can be standardized or scaled; choose one of the two")
	case c.Standardize:
		standardize(set.Train.X, set.Test.X, all.Features())
	case c.Scale < 0 || !check.IsFinite(c.Scale):
		return set, fmt.Errorf("a scale of %g; set it above 0", c.Scale)
	case c.Scale > 0:
		for _, x := range [][]float64{set.Train.X, set.Test.X} {
			for i := range x {
				x[i] /= c.Scale
			}
		}
	}
	return set, nil
}

// parse returns the examples of a table, and the names of its classes.
func (c Columns) parse(content []byte) (e data.Examples, classes []string, err error) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(content))
	r.ReuseRecord, r.TrimLeadingSpace = true, true
	target, width := -1, 0
	var texts []string // of the classes
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return e, nil, err // it names the line
		}
		line, _ := r.FieldPos(0)
		if first {
			width = len(row)
			header := c.hasHeader(content)
			if target, err = c.target(row, header); err != nil {
				return e, nil, err
			}
			if header {
				continue
			}
		}
		for i, field := range row {
			if i == target && c.Classes {
				class := strings.TrimSpace(field)
				if class == "" {
					return e, nil, fmt.Errorf("line %d, column %d: the class is missing; mend it, or leave the row out", line, i+1)
				}
				texts = append(texts, class)
				continue
			}
			v, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
			if err != nil || !check.IsFinite(v) {
				return e, nil, fmt.Errorf("line %d, column %d: %q is no number; mend it, or leave the row out", line, i+1, field)
			}
			if i == target {
				e.Y = append(e.Y, v)
			} else {
				e.X = append(e.X, v)
			}
		}
	}
	if len(e.Y)+len(texts) == 0 || width < 2 {
		return e, nil, fmt.Errorf("it has %d rows of %d columns; give it a row for each example, with an input and a target at least", len(e.Y)+len(texts), width)
	}
	if c.Classes {
		e.Labels, classes, err = labelled(texts)
	}
	return e, classes, err
}

// hasHeader reports whether the first row is a header: it has no number, or no number in the column of the target, where the
// second row has one, as in "0,1,target".
func (c Columns) hasHeader(content []byte) bool {
	r := csv.NewReader(bytes.NewReader(content))
	first, err := r.Read()
	if err != nil || !slices.ContainsFunc(first, isNumber) {
		return err == nil
	}
	at := len(first) - 1
	if c.Target != "" {
		at = slices.Index(first, c.Target)
	}
	second, err := r.Read()
	return err == nil && at >= 0 && strings.TrimSpace(first[at]) != "" && !isNumber(first[at]) && isNumber(second[at])
}

func isNumber(field string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
	return err == nil
}

// target returns the column of the target.
func (c Columns) target(row []string, header bool) (int, error) {
	if c.Target == "" {
		return len(row) - 1, nil
	}
	at := slices.Index(row, c.Target)
	switch {
	case !header:
		return 0, fmt.Errorf("it has no header, in which the target %q could be; leave the target out where it is the last column", c.Target)
	case at < 0:
		return 0, fmt.Errorf("its header has no column %q, but %q", c.Target, row)
	}
	return at, nil
}

// labelled returns the classes of some texts, in order, and their labels.
func labelled(texts []string) ([]uint8, []string, error) {
	classes := slices.Compact(slices.Sorted(slices.Values(texts)))
	if !slices.ContainsFunc(classes, func(s string) bool { return !isNumber(s) }) {
		slices.SortFunc(classes, func(a, b string) int {
			x, _ := strconv.ParseFloat(a, 64)
			y, _ := strconv.ParseFloat(b, 64)
			return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
		})
	}
	if len(classes) < 2 || len(classes) > 256 {
		return nil, nil, fmt.Errorf("its target has %d classes; give it 2 to 256, or leave Classes out", len(classes))
	}
	at := map[string]uint8{}
	for i, class := range classes {
		at[class] = uint8(i)
	}
	return num.Map(texts, func(text string) uint8 { return at[text] }), classes, nil
}

// standardize takes the training set's mean from each input, and divides by its deviation
// where there is one.
func standardize(train, test []float64, width int) {
	rows := mat.NewDense(len(train)/width, width, train)
	for k := range width {
		mean, deviation := stat.PopMeanStdDev(mat.Col(nil, k, rows), nil)
		if deviation == 0 {
			deviation = 1
		}
		for _, x := range [][]float64{train, test} {
			for i := k; i < len(x); i += width {
				x[i] = (x[i] - mean) / deviation
			}
		}
	}
}
