package capacity

import (
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/words"
	"hw1/pkg/hw1/nn"
)

func TestMain(m *testing.M) { hw1test.Main(m) }

// The ten networks of part 3-2 have the parameter counts of the source.
func TestSourceParameterCounts(t *testing.T) {
	for _, c := range []struct{ h1, h2, want int }{
		{5, 9, 4079},
		{25, 50, 21435},
		{50, 100, 45360},
		{60, 120, 55630},
		{100, 200, 100710},
		{150, 300, 166060},
		{200, 400, 241410},
		{250, 500, 326760},
		{280, 560, 382770},
		{350, 600, 491360},
	} {
		if got := nn.MLP(784, c.h1, c.h2, 10).ParamCount(); got != c.want {
			t.Errorf("784-%d-%d-10 has %d parameters, want %d", c.h1, c.h2, got, c.want)
		}
	}
}

// sized returns a run of a network with so many hidden units.
func sized(hidden int, train, test float64) *experiment.Run {
	return runtest.Handmade(&experiment.Run{
		Spec:     experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, hidden, 10)},
		Replicas: []experiment.Replica{{Train: experiment.Score{Loss: 1 - train, Accuracy: train}, Test: experiment.Score{Loss: 1 - test, Accuracy: test}}},
	})
}

func TestThresholdIsTheSmallestFromWhichAllFit(t *testing.T) {
	a, b, c, d := sized(1, 0.9, 0.5), sized(2, 1, 0.5), sized(3, 0.99, 0.6), sized(4, 0.9995, 0.7)
	e := sized(5, 1, 0.8)
	if got, ok := Threshold(e, a, c, d, b); !ok || got != d {
		t.Errorf("the threshold is %v", got)
	}
	if _, ok := Threshold(a, c); ok {
		t.Error("networks that do not fit have a threshold")
	}
	e.Replicas[0].Train.Accuracy = math.NaN() // as of a regression
	if _, ok := Threshold(e); ok {
		t.Error("a network without an accuracy has a threshold")
	}
}

// A training loss of 0 has not fallen by any share of itself.
func TestTableOfNetworksWithoutALoss(t *testing.T) {
	run := sized(1, 1, 1)
	run.Replicas[0].Epochs, run.Replicas[0].History.Epoch, run.Replicas[0].History.TrainLoss = 2, []int{1, 2}, []float64{0, 0}
	table, err := Table("caption", runtest.Handmade(run))
	if err != nil || table.Rows[0][len(table.Header)-1] != "–" {
		t.Errorf("the table is %v, %v", table, err)
	}
}

// Running statistics of batch normalization, two of each hidden unit, are no parameters, of whichever table.
func TestParametersAreThoseThatAreTrained(t *testing.T) {
	run := sized(3, 0.9, 0.5)
	plain := run.Spec.Arch.ParamCount()
	run.Spec.Arch = run.Spec.Arch.Normalized()
	run = runtest.Handmade(run)
	for name, table := range map[string]func(string, ...*experiment.Run) (*figure.Table, error){"capacity": Table, "accuracy": curves.AccuracyTable} {
		got, err := table("caption", run)
		if want := words.Thousands(plain + 2*3); err != nil || got.Rows[0][slices.Index(got.Header, "parameters")] != want {
			t.Errorf("the table of %s has %v, %v, and should have %s parameters", name, got, err, want)
		}
	}
}

// The place is that of the median's bump; a row that has its own elsewhere gets no credit for it.
func TestBumpsAreAtOnePlace(t *testing.T) {
	rows := [][]float64{{9, 3, 5, 2, 1}, {9, 3, 6, 2, 1}, {9, 2, 4, 5, 1}}
	at, heights := Bumps(rows) // median 9 3 5 2 1
	if at != 2 || !slices.Equal(heights, []float64{2, 3, 2}) {
		t.Errorf("at %d, heights %v", at, heights)
	}
	if at, heights := Bumps([][]float64{{3, 2, 1}, {3, 1, 2}, {3, 2, 1}}); at != 0 || !slices.Equal(heights, make([]float64, 3)) {
		t.Errorf("curves that fall have bumps at %d, %v", at, heights)
	}
	for _, rows := range [][][]float64{{{1, 2}, {1}}, {{1}, {1, 2}}, {{}, {1}}, {{}}, nil} {
		if at, heights := Bumps(rows); at != 0 || heights != nil {
			t.Errorf("%v have bumps at %d, %v", rows, at, heights)
		}
	}
	if at, heights := Bumps([][]float64{{1}}); at != 0 || !slices.Equal(heights, []float64{0}) {
		t.Errorf("one point has a bump at %d, %v", at, heights)
	}
}

func TestBump(t *testing.T) {
	for _, c := range []struct {
		values []float64
		at     int
		height float64
	}{
		{[]float64{5, 3, 2, 1}, 0, 0},         // falls
		{[]float64{5, 3, 1, 2, 4}, 0, 0},      // falls and rises
		{[]float64{9, 2, 5, 1}, 2, 3},         // double descent: 5 above 2
		{[]float64{9, 2, 5, 3, 4, 3.5}, 2, 2}, // 5 above 3
		{[]float64{1, 4, 2, 6, 3, 9}, 3, 3},   // the highest of two
		{[]float64{math.Pi}, 0, 0},
	} {
		if at, height := Bump(c.values); at != c.at || height != c.height {
			t.Errorf("%v has a bump of %g at %d, want %g at %d", c.values, height, at, c.height, c.at)
		}
	}
}

// linesOf returns the curves of a panel in a figure's data, each point as "curve x median", without a prefix of the curves' names.
func linesOf(t *testing.T, text, panel, prefix string) string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, row := range rows {
		if median, _ := strconv.ParseFloat(row[3], 64); row[0] == panel {
			lines = append(lines, fmt.Sprintf("%s %s %.4g", strings.TrimPrefix(row[1], prefix), row[2], median))
		}
	}
	return strings.Join(lines, ", ")
}

func TestCapacityFigures(t *testing.T) {
	runs := []*experiment.Run{sized(3, 1, 0.8), sized(1, 0.6, 0.5), sized(2, 0.9995, 0.7)}
	f, err := Plot("", runs...)
	if err != nil {
		t.Fatal(err)
	}
	figuretest.CheckDrawn(t, f, "parameters", "loss", "accuracy", "train − test")
	if !strings.Contains(f.CSV, "\"accuracy, train − test\",gap,805,0.0") {
		t.Errorf("no gap of the smallest network in %s", f.CSV)
	}
	if f, err = DescentPlot("", curves.Panel{Title: "no noise", Runs: runs}); err != nil {
		t.Fatal(err)
	}
	figuretest.CheckDrawn(t, f, "no noise, fits", "no noise, test")
	for panel, want := range map[string]string{
		"loss":                       "training 805 0.4, training 1600 0.0005, training 2395 0, test 805 0.5, test 1600 0.3, test 2395 0.2",
		"classification error":       "training 805 0.4, training 1600 0.0005, training 2395 0, test 805 0.5, test 1600 0.3, test 2395 0.2",
		"classification error, test": "test 1600 0.3, test 2395 0.2", // of at most twice the error of the largest
	} {
		if got := linesOf(t, f.CSV, panel, "no noise, "); got != want {
			t.Errorf("panel %q has %s", panel, got)
		}
	}
	if _, err := Plot(""); err == nil {
		t.Error("no runs were drawn")
	}
	late := sized(2, 0.5, 0.5) // training loss 0.5
	late.Replicas[0].Epochs = 100
	late.Replicas[0].History = experiment.History{Epoch: []int{50, 90, 100}, TrainLoss: []float64{4, 2, 0.5}}
	runtest.Handmade(late)
	if got := lateFall(late.Replicas[0]); got != 0.75 {
		t.Errorf("a loss that fell from 2 to 0.5 fell by %g", got)
	}
	for epochs, want := range map[int]string{20: "18", 5: "4", 4: "NaN", 1: "NaN"} { // whose loss is a tenth, or a fifth, above the last
		r := experiment.Replica{Epochs: epochs, Train: experiment.Score{Loss: 1}}
		for e := 1; e <= epochs; e++ {
			r.History.Epoch, r.History.TrainLoss = append(r.History.Epoch, e), append(r.History.TrainLoss, 1/(1-float64(e)/100))
		}
		if got := fmt.Sprintf("%.0f", 100*lateFall(r)); got != want {
			t.Errorf("with %d epochs it fell by %s, not %s", epochs, got, want)
		}
	}
	if got := lateFall(experiment.Replica{Epochs: 100, Train: experiment.Score{Loss: 1}}); !math.IsNaN(got) {
		t.Errorf("without a history, it fell by %g", got)
	}
	table, err := Table("", late)
	if err != nil || table.Rows[0][2] != "1,600" || table.Rows[0][7] != "75.0 %" {
		t.Errorf("the table is %v (%v)", table, err)
	}
	two := sized(9, 1, 1)
	two.Replicas = append(two.Replicas, two.Replicas[0])
	runtest.Handmade(two)
	_, err = Plot("", runs[0], two)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "1 seed", "2 seeds")
}
