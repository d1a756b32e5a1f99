package dataset_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hw1/pkg/hw1/dataset"
	"hw1/pkg/hw1/internal/hw1test"
)

func TestTable(t *testing.T) {
	dir := t.TempDir()
	var text strings.Builder
	text.WriteString("\ufeffwidth, species ,length\n")
	for i := range 40 {
		fmt.Fprintf(&text, "%d,%s,%g\n", i, []string{"setosa", "virginica"}[i%2], 0.5*float64(i))
	}
	path := write(t, dir+"/a.csv", []byte(text.String()))
	task, err := dataset.Table("flowers", path, dataset.Columns{Target: "species ", Classes: true, Standardize: true})
	train, test, info := load(t, task, err)
	if train.Len() != 32 || test.Len() != 8 || !slices.Equal(info.ClassNames, []string{"setosa", "virginica"}) || !slices.Equal(info.Shape, []int{2}) {
		t.Errorf("%d and %d examples, %+v", train.Len(), test.Len(), info)
	}
	mean, square := 0.0, 0.0
	for i := range train.Len() {
		mean, square = mean+train.Numbers(i)[1]/32, square+train.Numbers(i)[1]*train.Numbers(i)[1]/32
	}
	hw1test.CheckNear(t, "mean and variance", []float64{mean, square}, []float64{0, 1}, 1e-12)
	numbers := write(t, dir+"/b.csv.gz", gzipped(t, []byte("1,2,3\n4,5,6\n7,8,9\n10,11,12\n13,14,15\n")))
	zero, err := dataset.Table("numbers", numbers, dataset.Columns{Scale: 2})
	if err != nil {
		t.Fatal(err)
	}
	task, err = dataset.Table("numbers", numbers, dataset.Columns{Scale: 2, Split: dataset.Split{Seed: 1}})
	if task == zero {
		t.Error("seeds 0 and 1 draw the same examples for the test")
	}
	train, test, info = load(t, task, err)
	if train.Len() != 4 || test.Len() != 1 || info.Labels || train.Y[0] != 3 || !slices.Equal(train.Numbers(0), []float64{0.5, 1}) {
		t.Errorf("%+v, %+v", train, info)
	}
	task, err = dataset.Table("numbers", numbers, dataset.Columns{StandardizeTarget: true, Split: dataset.Split{Seed: 1}})
	standard, _, _ := load(t, task, err)
	y := standard.Y
	hw1test.CheckNear(t, "mean and mean square of a standardized target", []float64{(y[0] + y[1] + y[2] + y[3]) / 4, (y[0]*y[0] + y[1]*y[1] + y[2]*y[2] + y[3]*y[3]) / 4}, []float64{0, 1}, 1e-12)
	hw1test.CheckNear(t, "its steps", []float64{(y[2] - y[0]) / (y[1] - y[0])}, []float64{(train.Y[2] - train.Y[0]) / (train.Y[1] - train.Y[0])}, 1e-12)
	for says, c := range map[string]struct {
		text string
		dataset.Columns
	}{
		`line 3, column 2: "x" is not a number`:    {"a,b\n1,2\n3,x\n", dataset.Columns{}},
		`line 2, column 1: "" is not a number`:     {"a,b\n,2\n", dataset.Columns{}},
		"or the column (Omit)":                     {"a,b\nmale,2\n", dataset.Columns{}},
		`"yes" is not a number; set Classes`:       {"a,b\n1,yes\n2,no\n", dataset.Columns{}},
		`column 1: "NaN" is not a number`:          {"1,1\nNaN,2\n", dataset.Columns{}},
		"line 3: wrong number of fields":           {"a,b\n1,2\n3\n", dataset.Columns{}},
		"fields, 3 where the first line has":       {"a,b\n1,2\n3,4,5\n", dataset.Columns{}},
		"semicolons, tabs or spaces; write":        {"1 2 3\n4 5 6\n", dataset.Columns{}},
		`"5;2" is not a number; write it with`:     {"1,5;2,5;3\n1,5;2,5;4\n", dataset.Columns{}},
		`no column "c"; its columns are ["a" "b"]`: {"a,b\n1,2\n", dataset.Columns{Target: "c"}},
		"no header to find":                        {"1,2\n3,4\n", dataset.Columns{Target: "c"}},
		"0 rows":                                   {"", dataset.Columns{}},
		"2 rows of 0 inputs":                       {"a\n1\n2\n", dataset.Columns{}},
		"line 3, column 2: the class is mis":       {"a,b\n1,x\n2, \n3,y\n", dataset.Columns{Classes: true}},
		"line 1, column 3":                         {"1,2,\n3,4,5\n", dataset.Columns{}},
		`only the class "x"`:                       {"a,b\n1,x\n2,x\n", dataset.Columns{Classes: true}},
		"choose one of the two":                    {"1,2\n3,4\n5,6\n7,8\n9,0\n", dataset.Columns{Standardize: true, Scale: 2}},
		"a class cannot be standardized":           {"1,a\n3,b\n5,a\n7,b\n9,b\n", dataset.Columns{Classes: true, StandardizeTarget: true}},
		"a scale of -1":                            {"1,2\n3,4\n5,6\n7,8\n9,0\n", dataset.Columns{Scale: -1}},
		`more than one column "y"`:                 {"y,a,y\n1,2,1\n3,4,3\n", dataset.Columns{Target: "y"}},
		"separated by semicolons":                  {"a;b\n0,5;1\n", dataset.Columns{}},
		"leave Classes out":                        {"a,b\n1,0.5\n2,0.7\n3,0.1\n", dataset.Columns{Classes: true}},
		"in UTF-8":                                 {"a,b\n1,gro\xdf\n2,klein\n3,klein\n4,gro\xdf\n5,klein\n6,gro\xdf\n", dataset.Columns{Classes: true}},
		"set Header":                               {"2019,2020,species\n1,2,a\n3,4,b\n5,6,a\n", dataset.Columns{Classes: true}},
		"like a pandas index":                      {",a,b\n0,7,1\n1,8,2\n2,9,3\n", dataset.Columns{}},
		"their shape is [2 2 1]":                   {"1,2\n3,4\n5,6\n7,8\n9,0\n", dataset.Columns{Shape: []int{2, 2, 1}}},
	} {
		_, err := dataset.Table("t", write(t, dir+"/c.csv", []byte(c.text)), c.Columns)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says)
	}
}

// Columns of texts and identifiers are left out by name: what is read is what a table without them gives.
func TestColumnsAreOmitted(t *testing.T) {
	dir := t.TempDir()
	whole, plain := "id,x,note,y,late\n", "x,y\n"
	for i := range 10 {
		whole += fmt.Sprintf("%d,%d,said \"\"%d\"\",%d,2020-01-%02d\n", 1000+i, i, i, i%3, i+1)
		plain += fmt.Sprintf("%d,%d\n", i, i%3)
	}
	whole = strings.ReplaceAll(whole, `said ""`, `"said ""`)
	whole = strings.ReplaceAll(whole, `"",`, `""",`)
	for _, kind := range []dataset.Columns{{}, {Classes: true}, {Target: "y"}, {Targets: []string{"y"}}} {
		without, err := dataset.Table("plain", write(t, dir+"/plain.csv", []byte(plain)), kind)
		if err != nil {
			t.Fatal(err)
		}
		kind.Omit = []string{"late", "id", "note"}
		if omitted, err := dataset.Table("whole", write(t, dir+"/whole.csv", []byte(whole)), kind); err != nil || omitted != without {
			t.Errorf("%+v: %v is another task than %v, %v", kind, omitted, without, err)
		}
	}
	for says, c := range map[string]dataset.Columns{
		`no column "name"`:                  {Omit: []string{"name"}},
		"10 rows of 0 inputs":               {Omit: []string{"late", "id", "note", "x"}},
		"0 inputs; give it a row":           {Omit: []string{"late", "id", "note", "x", "y"}},
		`line 2, column 3: "said \"0\"" is`: {Omit: []string{"late"}, Target: "y"},
	} {
		_, err := dataset.Table("whole", dir+"/whole.csv", c)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says)
	}
}

// Several columns are learnt at once, in the order in which they are named.
func TestTableOfSeveralTargets(t *testing.T) {
	dir := t.TempDir()
	text := "b,x,a,y\n" // a is ten times x, and b a hundred times
	for i := range 10 {
		text += fmt.Sprintf("%d,%d,%d,%d\n", 100*i, i, 10*i, -i)
	}
	path := write(t, dir+"/a.csv", []byte(text))
	task, err := dataset.Table("two", path, dataset.Columns{Targets: []string{"a", "b"}})
	train, test, info := load(t, task, err)
	if info.Outputs != 2 || train.Len() != 8 || test.Len() != 2 || train.Features() != 2 {
		t.Fatalf("%+v: %d and %d examples of %d inputs", info, train.Len(), test.Len(), train.Features())
	}
	for i := range train.Len() {
		x := train.Numbers(i)
		hw1test.CheckNear(t, "targets", train.Slice(i, i+1).Y, []float64{10 * x[0], 100 * x[0]}, 0)
		hw1test.CheckNear(t, "inputs", x[1:], []float64{-x[0]}, 0)
	}
	task, err = dataset.Table("two", path, dataset.Columns{Targets: []string{"a", "b"}, StandardizeTarget: true})
	train, _, _ = load(t, task, err)
	var mean, square [2]float64
	for i, y := range train.Y {
		mean[i%2], square[i%2] = mean[i%2]+y/8, square[i%2]+y*y/8
	}
	hw1test.CheckNear(t, "means and variances", []float64{mean[0], mean[1], square[0], square[1]}, []float64{0, 0, 1, 1}, 1e-12)
	for says, c := range map[string]dataset.Columns{
		`no column "c"`:                          {Targets: []string{"a", "c"}},
		`its column "a" is given twice`:          {Targets: []string{"a", "a"}},
		`its column "b" is given twice`:          {Targets: []string{"b", "a"}, Omit: []string{"b"}},
		"one of Target, which can be a class":    {Targets: []string{"a"}, Target: "b"},
		"and Targets, which are numbers":         {Targets: []string{"a", "b"}, Classes: true},
		"10 rows of 0 inputs; give it a row for": {Targets: []string{"a", "b", "x", "y"}},
	} {
		_, err := dataset.Table("two", path, c)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says)
	}
	_, err = dataset.Table("two", write(t, path, []byte("a,b,c\n1,2,3\n4,5,x\n")), dataset.Columns{Targets: []string{"c", "a"}})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), `line 3, column 3: "x" is not a number; correct it`)
}

func TestHeaderOfNumbers(t *testing.T) {
	for name, c := range map[string]struct {
		text     string
		columns  dataset.Columns
		examples int
	}{
		"numbered":          {"0,1,target\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n9,9,0\n1,1,1\n", dataset.Columns{Classes: true}, 6},
		"numbered, by name": {"y,0,1\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n9,9,0\n", dataset.Columns{Target: "y"}, 5},
		"said to be one":    {"0,1,2\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n9,9,0\n", dataset.Columns{Header: true}, 5},
		"years, and a name": {"2019,2020,species\n1,2,a\n3,4,b\n5,6,a\n7,8,b\n9,9,a\n", dataset.Columns{Target: "species", Classes: true}, 5},
		"unnamed inputs":    {",a,b\n0,7,1\n2,8,2\n1,9,3\n3,1,1\n4,2,2\n", dataset.Columns{}, 5}, // which do not count the rows
		"none":              {"1,2,a\n3,4,b\n5,6,a\n7,8,b\n9,9,a\n1,1,b\n", dataset.Columns{Classes: true}, 6},
	} {
		task, err := dataset.Table(name, write(t, t.TempDir()+"/a.csv", []byte(c.text)), c.columns)
		train, test, _ := load(t, task, err)
		if n := train.Len() + test.Len(); n != c.examples {
			t.Errorf("%s: %d examples, want %d", name, n, c.examples)
		}
	}
}
