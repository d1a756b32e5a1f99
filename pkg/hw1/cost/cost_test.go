package cost

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/store"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

func TestMain(m *testing.M) { hw1test.Main(m) }

func TestMeasuredCosts(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	small, large := runtest.Small(), runtest.Small()
	large.Arch, large.Seeds = nn.MLP(1, 60, 60, 1), 3
	costs, err := Measure(small, large)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := costs[0].Median(), costs[1].Median(); !(0 < a && a < b) {
		t.Errorf("an epoch of %d parameters takes %g s, and of %d with three seeds %g s", small.Arch.ParamCount(), a, large.Arch.ParamCount(), b)
	}
	scheduled := small
	scheduled.Epochs, scheduled.Schedule = 5000, optim.Schedule{Steps: []int{4000}}
	if _, err := Measure(scheduled); err != nil {
		t.Errorf("a schedule that ends after the epochs that are timed: %v", err)
	}
	again, err := Measure(small, large)
	if err != nil || again[0].Seconds[0] != costs[0].Seconds[0] {
		t.Errorf("what was measured is not kept: %v", err)
	}
	machine, err1 := os.Hostname()
	backend, err2 := device.Open()
	questions, err3 := filepath.Glob(store.Dir("*/analysis.json"))
	if err := errors.Join(err1, err2, err3); err != nil || len(questions) != 2 {
		t.Fatal(err, questions)
	}
	name := device.NameOf(backend)
	question, err := os.ReadFile(questions[0])
	if err != nil || !strings.Contains(string(question), strconv.Quote(machine)) || !strings.Contains(string(question), strconv.Quote(name)) {
		t.Errorf("%s, or %s, is not in %s (%v)", machine, name, question, err)
	}
	images := experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 4, 10), Batch: 10, Seeds: 2}
	_, err = Measure(images)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "one by one", "set Seeds no higher")
}

func TestExponentOfACost(t *testing.T) {
	var s Series
	for _, n := range []int{10, 40, 200} {
		spec := runtest.MustResolve(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 1, TrainSize: n})
		s.Costs = append(s.Costs, Cost{spec, []float64{1e-6 * math.Pow(float64(n), 1.5)}})
	}
	points := func(s experiment.Spec) float64 { return float64(s.TrainSize) }
	if got := s.Exponent(points); math.Abs(got-1.5) > 1e-12 {
		t.Errorf("seconds that grow as n^1.5 have the exponent %g", got)
	}
	if got := s.Exponent(func(experiment.Spec) float64 { return 500 }); !math.IsNaN(got) {
		t.Errorf("costs at one size alone have the exponent %g", got)
	}
	f, err := Plot("a caption", []Series{s}, []Series{s}, []Series{s})
	figuretest.CheckFigure(t, f, err, 9, "parameters", "examples", "seeds", "seconds per epoch")
}
