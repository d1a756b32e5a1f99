package hw1

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestMeasuredCosts(t *testing.T) {
	newStore(t)
	small, large := small(), small()
	large.Arch, large.Seeds = MLP(1, 60, 60, 1), 3
	costs, err := MeasureCosts(small, large)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := costs[0].Median(), costs[1].Median(); !(0 < a && a < b) {
		t.Errorf("an epoch of %d parameters takes %g s, and of %d with three seeds %g s", small.Arch.ParamCount(), a, large.Arch.ParamCount(), b)
	}
	again, err := MeasureCosts(small, large)
	if err != nil || again[0].Seconds[0] != costs[0].Seconds[0] {
		t.Errorf("what was measured is not kept: %v", err)
	}
	machine, err1 := os.Hostname()
	backend, err2 := backendName()
	questions, err3 := filepath.Glob(entryDir("*/analysis.json"))
	if err := errors.Join(err1, err2, err3); err != nil || len(questions) != 1 {
		t.Fatal(err, questions)
	}
	question, err := os.ReadFile(questions[0])
	if err != nil || !strings.Contains(string(question), strconv.Quote(machine)) || !strings.Contains(string(question), strconv.Quote(backend)) {
		t.Errorf("%s, or %s, is not in %s (%v)", machine, backend, question, err)
	}
	images := Spec{Task: MNIST, Arch: MLP(784, 4, 10), Batch: 10, Seeds: 2}
	_, err = MeasureCosts(images)
	checkMessage(t, messageOf(err), "one by one", "measure one")
}

func TestExponentOfACost(t *testing.T) {
	var s CostSeries
	for _, n := range []int{10, 40, 200} {
		spec := mustResolve(t, Spec{Task: Sinc, Arch: MLP(1, 5, 1), Epochs: 1, TrainSize: n})
		s.Costs = append(s.Costs, Cost{spec, []float64{1e-6 * math.Pow(float64(n), 1.5)}})
	}
	points := func(s Spec) float64 { return float64(s.TrainSize) }
	if got := s.Exponent(points); math.Abs(got-1.5) > 1e-12 {
		t.Errorf("seconds that grow as n^1.5 have the exponent %g", got)
	}
	if got := s.Exponent(func(Spec) float64 { return 500 }); !math.IsNaN(got) {
		t.Errorf("costs at one size alone have the exponent %g", got)
	}
	f, err := CostPlot("a caption", []CostSeries{s}, []CostSeries{s}, []CostSeries{s})
	checkFigure(t, f, err, 9, "parameters", "examples", "seeds", "seconds an epoch")
}
