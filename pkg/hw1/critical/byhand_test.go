package critical

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
)

var nan = math.NaN()

// lineRun returns a run of a line, with weights for its slope and shift.
func lineRun(task data.Task, minimized loss.Loss, theta ...float64) *experiment.Run {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: task, Arch: nn.MLP(1, 1), Loss: minimized, Float64: true, SnapshotEach: 1}})
	run.Replicas[0].Theta = theta
	run.Replicas[0].Snapshots = []experiment.Snapshot{{Epoch: 1, Theta: theta}}
	return run
}

// found returns where the search of a run of one seed ends.
func found(t *testing.T, run *experiment.Run, search Search) Point {
	t.Helper()
	hw1test.NewStore(t)
	points, err := Find(run, search)
	if err != nil {
		t.Fatal(err)
	}
	return points[0]
}

// Zeros fit zeros: nothing is left to search for, and only the shift has a curvature.
func TestSearchFromACriticalPoint(t *testing.T) {
	p := found(t, lineRun(data.Function("nothing", func(float64) float64 { return 0 }), "", 0, 0), Search{})
	if p.Valid() != nil || p.Class != Converged || p.Kind() != StrictMinimum || p.Kernel != 0 || p.Iterations != 0 || p.Sampled != 1 {
		t.Errorf("%+v, %v", p, p.Valid())
	}
}

// The squared error of a line is quadratic in its slope and shift. After a step it is known how far the gradient is from the
// kernel of the Hessian, and in how many directions the error is higher.
func TestMeasurementsOnTheWay(t *testing.T) {
	run := lineRun(data.Sinc, "", 3, -2)
	const radius = 0.02
	p := found(t, run, Search{Iterations: 1, Neighbours: 4000, Radius: radius})
	x, y := runtest.MustExamples(t, run.Spec).X, runtest.MustExamples(t, run.Spec).Y
	n := float64(len(x))
	hessian := [2][2]float64{{2 * floats.Dot(x, x) / n, 2 * stat.Mean(x, nil)}, {2 * stat.Mean(x, nil), 2}}
	times := func(v []float64) []float64 {
		return []float64{hessian[0][0]*v[0] + hessian[0][1]*v[1], hessian[1][0]*v[0] + hessian[1][1]*v[1]}
	}
	g := times(p.Theta)
	floats.Sub(g, []float64{2 * floats.Dot(x, y) / n, 2 * stat.Mean(y, nil)})
	kernel := floats.Norm(times(g), 2) / (floats.Max(p.Eigenvalues) * floats.Norm(g, 2))
	hw1test.CheckNear(t, "gradient and kernel ratio", []float64{p.GradNorm(), p.Kernel}, []float64{floats.Norm(g, 2), kernel}, 1e-9)
	higher := num.Make(1000, func(k int) float64 {
		s, c := math.Sincos(2 * math.Pi * float64(k) / 1000)
		u := []float64{radius * c, radius * s}
		return float64(num.Int(floats.Dot(g, u)+floats.Dot(u, times(u))/2 > 0))
	})
	if share := stat.Mean(higher, nil); share < 0.1 || share > 0.9 || math.Abs(p.Sampled-share) > 0.03 {
		t.Errorf("%g of the neighbours are higher, and %g of the directions", p.Sampled, share)
	}
	if p.Class != OutOfBudget || p.StartEpoch != 1 {
		t.Errorf("after one step the search from epoch %d is %s", p.StartEpoch, p.Class)
	}
}

// The gradient o' of o + o³/3 + 10 o²(y² - m)/2 is least at outputs of 0, where it is 1 along the shift, which has no curvature there.
func TestGradientFlatPoint(t *testing.T) {
	identity := data.Function("identity", func(x float64) float64 { return x })
	x := runtest.MustExamples(t, lineRun(identity, "", 0, 0).Spec).X
	m := floats.Dot(x, x) / float64(len(x))
	flat := loss.Regression("flat", func(o, y *graph.Node) *graph.Node {
		square := graph.Square(o)
		return graph.Add(graph.Add(o, graph.DivScalar(graph.Mul(o, square), 3)), graph.MulScalar(graph.Mul(square, graph.AddScalar(graph.Square(y), -m)), 5))
	})
	run := lineRun(identity, flat, 0.1, 0.2)
	p := found(t, run, Search{Iterations: 500, Stall: 20})
	if p.Class != GradientFlat || p.Kernel > 1e-2 || math.Abs(p.GradNorm()-1) > 1e-2 {
		t.Errorf("the search ends %s, with a gradient of %g and the ratio %g, at %g", p.Class, p.GradNorm(), p.Kernel, p.Theta)
	}
	if p = found(t, run, Search{Iterations: p.Iterations, Stall: 500}); p.Class != OutOfBudget {
		t.Errorf("a search that used up its iterations ended %s", p.Class)
	}
}

// Starts are drawn log-uniformly from the first epoch to the last.
func TestStartsAreLogUniform(t *testing.T) {
	snapshots := num.Make(400, func(i int) experiment.Snapshot { return experiment.Snapshot{Epoch: i + 1} })
	starts := num.Make(500, func(seed int) float64 {
		return float64(Search{FirstEpoch: 20}.start(experiment.Replica{Seed: seed, Snapshots: snapshots}).Epoch)
	})
	slices.Sort(starts)
	if starts[0] < 20 || starts[0] > 25 || starts[499] < 380 {
		t.Errorf("they are from %g to %g", starts[0], starts[499])
	}
	for k, share := range []float64{0.25, 0.5, 0.75} {
		if want := 20 * math.Pow(20, share); math.Abs(math.Log(starts[125*(k+1)]/want)) > 0.3 {
			t.Errorf("a share of %g is before epoch %g, want %g", share, starts[125*(k+1)], want)
		}
	}
	sparse := experiment.Replica{Snapshots: []experiment.Snapshot{{Epoch: 1}, {Epoch: 10}, {Epoch: 400}}}
	if got := (Search{FirstEpoch: 12}).start(experiment.Replica{Seed: 1, Snapshots: sparse.Snapshots[:2]}).Epoch; got != 10 {
		t.Errorf("the snapshot nearest to epoch 12 is that of epoch %d", got)
	}
}

func TestSearchesThatCannotBe(t *testing.T) {
	run := lineRun(data.Sinc, "", 1, 1)
	for _, c := range []struct {
		search Search
		says   string
	}{
		{Search{FirstEpoch: -1}, "epoch of the run"},
		{Search{FirstEpoch: 2}, "from epoch 2 of 1"},
		{Search{Tolerance: -1}, "numbers above 0"},
		{Search{Radius: math.Inf(1)}, "numbers above 0"},
		{Search{Iterations: -1}, "one of each at least"},
		{Search{Stall: -1}, "one of each at least"},
		{Search{Neighbours: -1}, "one of each at least"},
		{Search{Neighbours: nn.MaxParams/2 + 1}, "give it fewer"},
	} {
		_, err := Find(run, c.search)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), c.says)
	}
	run.Spec.Mask = "dense 1"
	_, err := Find(run, Search{})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "critical.Find moves all weights", "without Mask")
	large := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 334, 1), SnapshotEach: 1}})
	_, err = Find(large, Search{})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "1003 × 1003", "at most 1000 parameters")
}

// Points that are incomplete get a message, and losses of 0 and below stand on a plain axis.
func TestPointsByHand(t *testing.T) {
	for says, p := range map[string]Point{
		"no gradient norms": {Eigenvalues: []float64{1}},
		"or no eigenvalues": {Norms: []float64{1}},
		"gradient norms of": {Norms: []float64{nan}, Eigenvalues: []float64{1}},
		"eigenvalues of":    {Norms: []float64{1}, Eigenvalues: []float64{nan}},
		"loss and ratios":   {Norms: []float64{1}, Eigenvalues: []float64{1}, Kernel: nan},
	} {
		hw1test.CheckMessage(t, hw1test.MessageOf(p.Valid()), says)
	}
	if low, high := LossRange(nil); !math.IsNaN(low) || !math.IsNaN(high) || !math.IsNaN((Point{}).GradNorm()) {
		t.Error("no points have losses, or no norms a last one")
	}
	for _, lowest := range []float64{0, -1, 0.1} {
		var points []Point
		for i, class := range []Class{Converged, GradientFlat, OutOfBudget} {
			points = append(points, Point{Seed: i, Class: class, Loss: lowest + float64(i), Norms: []float64{1, 0.1}, Eigenvalues: []float64{-1, 0, 1, 2}, Sampled: 0.5})
		}
		f, err := MinimalRatioPlot("caption", []string{"all"}, [][]Point{points})
		figuretest.CheckFigure(t, f, err, 3, "converged (1)", "gradient-flat (1)", "out of budget (1)")
	}
}

// Tables count and summarize points as one does by hand.
func TestTablesByHand(t *testing.T) {
	point := func(class Class, loss, kernel float64, eigenvalues ...float64) Point {
		return Point{Class: class, Loss: loss, Norms: []float64{5, loss / 10}, Kernel: kernel, Eigenvalues: eigenvalues, Sampled: 0.9, Iterations: int(100 * loss)}
	}
	mixed := []Point{point(Converged, 0.1, 0.3, 1, 2), point(Converged, 0.3, 0.5, 1, 2), point(GradientFlat, 0.5, 0.001, -1, 0, 1, 2), point(Converged, 0.2, 0.7, -1, 1)}
	names, searches := []string{"mixed", "flat"}, [][]Point{mixed, mixed[2:3]}
	table, err := ClassTable("caption", names, searches)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{
		{"mixed", "converged", "3", "2", "1", "0.10 – 0.30", "0.020", "1.0", "0.0", "1.0", "0.90", "0.50"},
		{"mixed", "gradient-flat", "1", "–", "–", "0.50 – 0.50", "0.050", "0.50", "0.25", "0.50", "0.90", "0.0010"},
		{"flat", "gradient-flat", "1", "–", "–", "0.50 – 0.50", "0.050", "0.50", "0.25", "0.50", "0.90", "0.0010"},
	} {
		if !slices.Equal(table.Rows[i], want) {
			t.Errorf("the row is %q, want %q", table.Rows[i], want)
		}
	}
	if table, err = SearchTable("caption", names, searches); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{
		{"mixed", "3 of 4", "0.10 – 0.30", "1 of 4", "0 of 4", "25", "0.75", "0.75"},
		{"flat", "0 of 1", "–", "1 of 1", "0 of 1", "50", "0.50", "0.50"},
	} {
		if !slices.Equal(table.Rows[i], want) {
			t.Errorf("the row is %q, want %q", table.Rows[i], want)
		}
	}
	f, err := SpectrumPlot("caption", [2]string{"flat", "zeros"}, [2]Point{mixed[2], point(Converged, 0, 0, 0, 0)})
	figuretest.CheckFigure(t, f, err, 4+2, "negative (1)", "zero (1)", "positive (2)", "zero (2)")
	if !strings.Contains(f.CSV, "flat,eigenvalues,1,-1,") || !strings.Contains(f.CSV, "flat,eigenvalues,4,2,") || strings.Contains(string(figuretest.CheckDrawn(t, f)), "(0)") {
		t.Errorf("eigenvalues are counted from 1, and signs named that there are: %s", f.CSV)
	}
	f, err = SearchPlot("caption", names, searches)
	figuretest.CheckFigure(t, f, err, 4*2+2, "converged (3)", "gradient-flat (1)")
	_, err1 := SearchPlot("caption", names, searches[:1])
	_, err2 := SearchTable("caption", nil, nil)
	_, err3 := ClassTable("caption", names, [][]Point{mixed, {{}}})
	for i, err := range []error{err1, err2, err3} {
		hw1test.CheckMessage(t, hw1test.MessageOf(err), []string{"critical.SearchPlot got 2 names for 1 search", "critical.SearchTable got 0 names for 0", "critical.ClassTable"}[i])
	}
}
