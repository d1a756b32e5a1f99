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
)

// Columns says what a table holds, as plain data.
type Columns struct {
	Target      string  // header of the column that is learnt; default the last column
	Header      bool    // the first row is a header, also where it has numbers
	Classes     bool    // the target is a class, named by its text; else a number
	Standardize bool    // each input has mean 0 and deviation 1 on the training set
	Scale       float64 // or the inputs are divided by it; default 1
	Shape       []int   // the inputs are an image, [height, width, channels]; default [features]
	Split       Split

	StandardizeTarget bool // a target that is a number has mean 0 and deviation 1 on the training set, so that a constant's MSE is 1
}

// commas says how a table has to be written.
const commas = "write it with commas between columns, and points in numbers"

// Table reads a table of numbers as CSV (RFC 4180), may be compressed (.gz): an example a row.
// A first row that has no number is the header, and so is one that names Columns.Target, or has no number in the column of
// the target where the next row has one.
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
	if c.StandardizeTarget {
		if c.Classes {
			return set, errors.New("a class can't be standardized; leave StandardizeTarget out, or Classes")
		}
		standardize(set.Train.Y, set.Test.Y, 1)
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
	r.ReuseRecord, r.TrimLeadingSpace, r.FieldsPerRecord = true, true, -1 // appendRow counts them
	target, width, header := -1, 0, c.hasHeader(content)
	var names []string // of the columns
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
			if width = len(row); width == 1 && (strings.ContainsAny(row[0], ";\t") || len(strings.Fields(row[0])) > 1) {
				return e, nil, errors.New("it has one column, or they are separated by semicolons, tabs or spaces; " + commas)
			}
			if target, err = c.target(row, header); err != nil {
				return e, nil, err
			}
			if header {
				names = slices.Clone(row)
				continue
			}
		}
		class, err := c.appendRow(&e, row, width, target, line)
		if err != nil {
			return e, nil, err
		}
		if c.Classes {
			texts = append(texts, class)
		}
	}
	if len(e.Y)+len(texts) == 0 || width < 2 {
		return e, nil, fmt.Errorf("it has %d rows of %d columns; give it a row for each example, with an input and a target at least, between commas", len(e.Y)+len(texts), width)
	}
	if header && target > 0 && (names[0] == "" || names[0] == "Unnamed: 0") && counts(e.X, width-1) {
		return e, nil, errors.New("its first column has no name and counts the rows, as pandas' index does, and would be an input; write it by to_csv(path, index=False)")
	}
	if c.Classes {
		if !header && !isNumber(texts[0]) && len(texts) > 2 && !slices.Contains(texts[1:], texts[0]) {
			return e, nil, fmt.Errorf("line 1 alone has the class %q; where it is a header, set Header, and else add or leave out examples", texts[0])
		}
		e.Labels, classes, err = labelled(texts)
	}
	return e, classes, err
}

// appendRow appends the inputs of a row of so many fields, and its target, which is returned where it is a class.
func (c Columns) appendRow(e *data.Examples, row []string, width, target, line int) (class string, err error) {
	if len(row) != width {
		return "", fmt.Errorf("line %d: wrong number of fields, %d where the first line has %d; mend it, or leave it out", line, len(row), width)
	}
	for i, field := range row {
		if i == target && c.Classes {
			if class = strings.TrimSpace(field); class == "" {
				return "", fmt.Errorf("line %d, column %d: the class is missing; mend it, or leave the row out", line, i+1)
			}
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
		switch {
		case err != nil || !check.IsFinite(v):
			remedy := "mend it, or leave out the row, or the column of all rows"
			if i == target && field != "" {
				remedy = "set Classes where it names a class, and else mend it, or leave the row out"
			}
			if strings.ContainsAny(field, ";\t") {
				remedy = commas
			}
			return "", fmt.Errorf("line %d, column %d: %q is no number; %s", line, i+1, field, remedy)
		case i == target:
			e.Y = append(e.Y, v)
		default:
			e.X = append(e.X, v)
		}
	}
	return class, nil
}

// counts reports whether the first of so many columns is 0, 1, 2, …
func counts(x []float64, columns int) bool {
	for i := 0; i < len(x); i += columns {
		if x[i] != float64(i/columns) {
			return false
		}
	}
	return true
}

// hasHeader reports whether the first row is a header: it is said to be, has no number, names the target, or has no number
// in the last column, where the second row has one, as in "0,1,target".
func (c Columns) hasHeader(content []byte) bool {
	r := csv.NewReader(bytes.NewReader(content))
	r.TrimLeadingSpace = true
	first, err := r.Read()
	switch {
	case err != nil:
		return false
	case c.Header || !slices.ContainsFunc(first, isNumber):
		return true
	case c.Target != "":
		return slices.Contains(first, c.Target)
	}
	last := len(first) - 1
	second, err := r.Read()
	return err == nil && strings.TrimSpace(first[last]) != "" && !isNumber(first[last]) && isNumber(second[last])
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
	case slices.Contains(row[at+1:], c.Target):
		return 0, fmt.Errorf("its header has more than one column %q; rename the others, or leave them out", c.Target)
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
	switch {
	case len(classes) == len(texts) && len(texts) > 2:
		return nil, nil, fmt.Errorf("each of its %d rows has another class; leave Classes out where the target is a number", len(texts))
	case len(classes) < 2 || len(classes) > 256:
		return nil, nil, fmt.Errorf("its target has %d classes; give it 2 to 256, or leave Classes out", len(classes))
	}
	return numbers(texts, classes), classes, nil
}

// standardize takes the training set's mean from each column, and divides by its deviation
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
