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
	"hw1/pkg/hw1/internal/cell"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/words"
)

// Columns says what a table holds, as plain data.
type Columns struct {
	Target      string   // header of the column to learn; default the last column
	Targets     []string // or headers of several columns to learn, in this order, which are numbers
	Omit        []string // headers of columns to leave out, such as an identifier or a text
	Header      bool     // the first row is a header, even if it has numbers
	Classes     bool     // the target is a class, named by its text; else a number
	Standardize bool     // scale each input to mean 0 and standard deviation 1 on the training set
	Scale       float64  // or divide all inputs by this; default 1
	Shape       []int    // shape of the inputs if they are an image, [height, width, channels]; default [features]
	Split       Split

	StandardizeTarget bool // scale targets that are numbers to mean 0 and standard deviation 1 on the training set, so that the best constant's MSE is 1
}

// commas says how to write a table.
const commas = "write it with commas between columns, and decimal points in numbers"

// Table reads a table of numbers from a CSV file (RFC 4180), which may be compressed (.gz), with one example per row.
// The first row is the header if it has no numbers, if it has all names in Columns.Target, Targets and Omit, or if it has no number in
// the last column and the next row does.
func Table(name, path string, columns Columns) (data.Task, error) {
	content, err := readFile(path)
	if err != nil {
		return "", err
	}
	set, err := columns.read(name, content)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	if rare := single(set); len(rare) > 0 {
		cell.Notice("%s: classes with a single row: %s; if a name is misspelt, correct it.", path, strings.Join(rare, ", "))
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
			return set, errors.New("a class cannot be standardized; leave StandardizeTarget or Classes out")
		}
		standardize(set.Train.Y, set.Test.Y, max(1, all.Outputs))
	}
	switch {
	case c.Standardize && c.Scale != 0:
		return set, errors.New("inputs can be standardized or scaled, not both; choose one of the two")
	case c.Standardize:
		standardize(set.Train.X, set.Test.X, all.Features())
	case c.Scale < 0 || !check.IsFinite(c.Scale):
		return set, fmt.Errorf("the inputs cannot be divided by a scale of %g; set it above 0", c.Scale)
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
	var targets, omitted []int
	width, inputs, header := 0, 0, c.hasHeader(content)
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
				return e, nil, errors.New("it has only one column, or its columns are separated by semicolons, tabs or spaces; " + commas)
			}
			if targets, omitted, err = c.roles(row, header); err != nil {
				return e, nil, err
			}
			inputs, e.Outputs = width-len(targets)-len(omitted), len(c.Targets)
			if header {
				names = slices.Clone(row)
				continue
			}
		}
		class, err := c.appendRow(&e, row, width, targets, omitted, line)
		if err != nil {
			return e, nil, err
		}
		if c.Classes {
			texts = append(texts, class)
		}
	}
	if rows := max(e.Len(), len(texts)); rows == 0 || inputs < 1 {
		return e, nil, fmt.Errorf("it has %s of %s; give it a row for each example, with at least an input and a target, separated by commas", words.Plural(rows, "row"), words.Plural(inputs, "input"))
	}
	if header && !slices.Contains(targets, 0) && !slices.Contains(omitted, 0) && (names[0] == "" || names[0] == "Unnamed: 0") && counts(e.X, inputs) {
		return e, nil, fmt.Errorf("its first column has no name and counts the rows, like a pandas index, and would be taken for an input; write it with to_csv(path, index=False), or set Omit to []string{%q}", names[0])
	}
	if c.Classes {
		if !header && !isNumber(texts[0]) && len(texts) > 2 && !slices.Contains(texts[1:], texts[0]) {
			return e, nil, fmt.Errorf("only line 1 has the class %q; if that line is a header, set Header, else add examples of this class, or leave it out", texts[0])
		}
		e.Labels, classes, err = labelled(texts)
	}
	return e, classes, err
}

// appendRow appends the inputs of a row with width fields, and its targets, or returns the target if it is a class.
func (c Columns) appendRow(e *data.Examples, row []string, width int, targets, omitted []int, line int) (class string, err error) {
	if len(row) != width {
		return "", fmt.Errorf("line %d: wrong number of fields, %d where the first line has %d; correct the line, or leave it out", line, len(row), width)
	}
	first := len(e.Y)
	if !c.Classes {
		e.Y = append(e.Y, make([]float64, len(targets))...)
	}
	for i, field := range row {
		if slices.Contains(omitted, i) {
			continue
		}
		target := slices.Index(targets, i)
		if target >= 0 && c.Classes {
			if class = strings.TrimSpace(field); class == "" {
				return "", fmt.Errorf("line %d, column %d: the class is missing; fill it in, or leave the row out", line, i+1)
			}
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
		switch {
		case err != nil || !check.IsFinite(v):
			remedy := "correct it, or leave out the row, or the column (Omit)"
			if target >= 0 && field != "" && len(c.Targets) == 0 {
				remedy = "set Classes if it names a class, else correct it, or leave the row out"
			}
			if strings.ContainsAny(field, ";\t") {
				remedy = commas
			}
			return "", fmt.Errorf("line %d, column %d: %q is not a number; %s", line, i+1, field, remedy)
		case target >= 0:
			e.Y[first+target] = v
		default:
			e.X = append(e.X, v)
		}
	}
	return class, nil
}

// counts reports whether the first of n columns is 0, 1, 2, …
func counts(x []float64, columns int) bool {
	for i := 0; i < len(x); i += columns {
		if x[i] != float64(i/columns) {
			return false
		}
	}
	return true
}

// labelled returns the sorted classes among some texts, and each text's label.
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
		return nil, nil, fmt.Errorf("each of its %d rows has a class of its own; leave Classes out if the target is a number", len(texts))
	case len(classes) < 2:
		return nil, nil, fmt.Errorf("its target has only the class %q; give it 2 to 256, or leave Classes out", classes[0])
	case len(classes) > 256:
		return nil, nil, fmt.Errorf("its target has %d classes; give it 2 to 256, or leave Classes out", len(classes))
	}
	return numbers(texts, classes), classes, nil
}

// single returns the classes of which there is one example.
func single(set data.Set) (names []string) {
	counts := make([]int, len(set.Classes))
	for _, label := range slices.Concat(set.Train.Labels, set.Test.Labels) {
		counts[label]++
	}
	for class, n := range counts {
		if n == 1 {
			names = append(names, strconv.Quote(set.Classes[class]))
		}
	}
	return names
}

// standardize subtracts the training set's mean from each column, and divides by its standard
// deviation unless that is 0.
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
