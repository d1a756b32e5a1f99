package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// This file finds the columns of a table by their headers.

// hasHeader reports whether the first row is a header: Header says so, it has no numbers, it has all names that are given, or it has no
// number in the last column while the second row does, as in "0,1,target".
func (c Columns) hasHeader(content []byte) bool {
	r := csv.NewReader(bytes.NewReader(content))
	r.TrimLeadingSpace = true
	first, err := r.Read()
	names := slices.Concat(c.named(), c.Omit)
	switch {
	case err != nil:
		return false
	case c.Header || !slices.ContainsFunc(first, isNumber):
		return true
	case len(names) > 0:
		return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(first, name) })
	}
	last := len(first) - 1
	second, err := r.Read()
	return err == nil && strings.TrimSpace(first[last]) != "" && !isNumber(first[last]) && isNumber(second[last])
}

func isNumber(field string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
	return err == nil
}

// named returns the headers of the columns to learn; none for the last column.
func (c Columns) named() []string {
	if c.Target != "" {
		return []string{c.Target}
	}
	return c.Targets
}

// roles returns the indices of the columns to learn, and of those to leave out.
func (c Columns) roles(row []string, header bool) (targets, omitted []int, err error) {
	if len(c.Targets) > 0 && (c.Target != "" || c.Classes) {
		return nil, nil, errors.New("it has several targets beside one, or beside classes; set one of Target, which can be a class, and Targets, which are numbers")
	}
	var found []int
	for _, name := range slices.Concat(c.named(), c.Omit) {
		at := slices.Index(row, name)
		switch {
		case !header:
			return nil, nil, fmt.Errorf("it has no header to find the column %q in; add one, or leave Target, Targets and Omit out if the last column is the target, and all others are inputs", name)
		case at < 0:
			return nil, nil, fmt.Errorf("its header has no column %q; its columns are %q", name, row)
		case slices.Contains(row[at+1:], name):
			return nil, nil, fmt.Errorf("its header has more than one column %q; rename or remove the others", name)
		case slices.Contains(found, at):
			return nil, nil, fmt.Errorf("its column %q is given twice; give each column once", name)
		}
		found = append(found, at)
	}
	targets, omitted = found[:len(c.named())], found[len(c.named()):]
	for last := len(row) - 1; len(targets) == 0 && last >= 0; last-- {
		if !slices.Contains(omitted, last) {
			targets = []int{last}
		}
	}
	return targets, omitted, nil
}
