package fit

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
)

// constants returns a run on a function, whose networks predict these constants and report these training losses.
func constants(task data.Task, values, losses []float64) *experiment.Run {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: task, Arch: nn.MLP(1, 2, 1), Float64: true, Seeds: len(values)}, Replicas: make([]experiment.Replica, len(values))})
	for i, v := range values {
		run.Replicas[i].Seed, run.Replicas[i].Theta[6], run.Replicas[i].Train.Loss = 10+i, v, losses[i]
	}
	return run
}

// What is drawn is the replica with the median loss, of an even number the lower one; errors are of each.
func TestFitIsOfTheMedianReplica(t *testing.T) {
	for _, n := range []int{3, 4} {
		run := constants(data.Sinc, []float64{1, 2, 3, 4}[:n], []float64{0.4, 0.1, 0.3, 0.2}[:n])
		fits, err := Evaluate(run)
		if err != nil {
			t.Fatal(err)
		}
		want := []int{2, 3}[n-3]
		if f := fits[0]; f.Seed != 10+want || f.Y[0] != float64(want+1) || f.Y[len(f.Y)-1] != float64(want+1) || len(f.TestErrors) != n {
			t.Errorf("of %d, the fit is of seed %d and predicts %g", n, f.Seed, f.Y[0])
		}
		_, test, err := data.Sinc.Load()
		if err != nil {
			t.Fatal(err)
		}
		mse := 0.0
		for _, x := range test.X {
			mse += math.Pow(1-data.Sinc.At(x), 2) / float64(test.Len())
		}
		hw1test.CheckNear(t, "test error", []float64{fits[0].TestErrors[0].MSE}, []float64{mse}, 1e-12)
	}
}

// Each column of the tables has its part of the errors, as a median over the seeds.
func TestTablesOfErrorsByHand(t *testing.T) {
	errors := func(scale float64) (all []Errors) {
		for _, v := range []float64{1, 9, 2} {
			v *= scale
			all = append(all, Errors{v, 2 * v, 3 * v, 4 * v, 5 * v, 6 * v, 7 * v})
		}
		return all
	}
	fit := Fit{Run: constants(data.SquareWave, []float64{1, 2, 3}, make([]float64, 3)), X: []float64{0}, Y: []float64{0}, Truth: []float64{0}, TrainErrors: errors(0.1), TestErrors: errors(1)}
	table, err := ErrorTable("caption", fit)
	if want := []string{"1-2-1", "square wave", "0.20", "2.0", "4.0", "6.0", "8.0", "14"}; err != nil || !slices.Equal(table.Rows[0], want) {
		t.Errorf("%q, want %q; %v", table.Rows, want, err)
	}
	table, err = JumpTable("caption", fit)
	if want := []string{"1-2-1", "square wave", "0.20", "2.0", "1.0", "10", "1.2", "12"}; err != nil || !slices.Equal(table.Rows[0], want) {
		t.Errorf("%q, want %q; %v", table.Rows, want, err)
	}
	fit.Run.Spec.WeightDecay = 0.5
	for name, draw := range map[string]func(string, ...Fit) (*figure.Table, error){"errors": ErrorTable, "jumps": JumpTable} {
		if table, err = draw("caption", fit); err != nil || table.Header[2] != "weight decay" || table.Rows[0][2] != "0.5" {
			t.Errorf("the table of %s has the columns %q, and the weight decay is in none; %v", name, table.Header, err)
		}
	}
	fit.Run.Spec.Task = data.SignedDecay // overshoots are of the square wave
	if table, err = ErrorTable("caption", fit); err != nil || slices.Contains(table.Header, "overshoot at jumps") {
		t.Errorf("%q, %v", table.Header, err)
	}
	for says, spoil := range map[string]func(f *Fit){
		"0 points":               func(f *Fit) { f.Y = nil },
		"0 test errors":          func(f *Fit) { f.TestErrors = nil },
		"3 test errors":          func(f *Fit) { f.TrainErrors = f.TrainErrors[:1] },
		"the points of a fit":    func(f *Fit) { f.X = nil },
		"the truth of a fit":     func(f *Fit) { f.Truth = []float64{math.NaN()} },
		"the predictions of a f": func(f *Fit) { f.Y = []float64{math.Inf(1)} },
	} {
		broken := fit
		spoil(&broken)
		hw1test.CheckMessage(t, hw1test.MessageOf(broken.Valid()), says)
	}
	fit.Run = runtest.Handmade(&experiment.Run{Spec: runtest.Digits()})
	hw1test.CheckMessage(t, hw1test.MessageOf(fit.Valid()), "fit.Evaluate")
}

// Least squares of a line have one solution, the slope and shift of a regression, to which polishing leads from anywhere, also if
// the line is a graph of one's own.
func TestPolishingALine(t *testing.T) {
	hw1test.NewStore(t)
	own := nn.Graph("line", 1, []int{1}, 1, []nn.Param{{Name: "w", Shape: []int{1, 1}, FanIn: 1}, {Name: "b", Shape: []int{1, 1}, FanIn: 1}}, func(w []*graph.Node, x *graph.Node) *graph.Node {
		return graph.Add(graph.Dot(x, w[0]).Product(), w[1])
	})
	line := func(arch nn.Arch) *experiment.Run {
		run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Name: "line", Task: data.SquareWave, Arch: arch, WeightDecay: 0.1}, Keys: []string{arch.String()}})
		run.Replicas[0].Theta, run.Replicas[0].Train.Loss, run.Replicas[0].Test.Loss = []float64{3, -4}, 0.25, 0.5
		return run
	}
	run := line(nn.MLP(1, 1))
	polished, err1 := Polish(50, run, line(own))
	train, test, err2 := data.SquareWave.Load()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	design := mat.NewDense(train.Len(), 2, nil)
	for i, x := range train.X {
		design.SetRow(i, []float64{x, 1})
	}
	var best mat.VecDense
	if err := best.SolveVec(design, mat.NewVecDense(train.Len(), data.SquareWave.Truth(train.X))); err != nil {
		t.Fatal(err)
	}
	mse := func(xs []float64) float64 {
		off := num.Map(xs, func(x float64) float64 { return best.AtVec(0)*x + best.AtVec(1) - data.SquareWave.At(x) })
		return floats.Dot(off, off) / float64(len(xs))
	}
	for _, p := range polished {
		r := p.Results[0]
		hw1test.CheckNear(t, "losses and distance", []float64{r.TrainLoss, r.TestLoss, r.Distance},
			[]float64{mse(train.X), mse(test.X), math.Hypot(best.AtVec(0)-3, best.AtVec(1)+4) / 5}, 1e-9)
	}
	table, err := PolishTable("caption", Polished{Run: run, Results: []PolishedTo{{TrainLoss: 0.01, TestLoss: 0.02}}})
	if want := []string{"line", "square wave", "0.25 (0.25 – 0.25)", "0.010 (0.010 – 0.010)", "0.50", "0.020"}; err != nil || !slices.Equal(table.Rows[0], want) {
		t.Errorf("%q, want %q; %v", table.Rows, want, err)
	}
	for _, iterations := range []int{0, -1} {
		_, err := Polish(iterations, run)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "fit.Polish cannot run")
	}
	_, err = PolishTable("caption", Polished{Run: run})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "fit.Polish", "0 parts for 1 replica")
}

// Points on a line need no unit but the one whose kink lies at their start.
func TestThinnedLineKeepsItsEnds(t *testing.T) {
	if got := thinned([]float64{0, 1, 2, 3}, []float64{1, 2, 3, 4}, 4); !slices.Equal(got, []float64{0, 3}) {
		t.Errorf("of a line there are left %v", got)
	}
	run := constructed(t, data.Function("slope", func(x float64) float64 { return 3*x - 1 }), 4, nn.ReLU)
	if mse := run.TrainLosses()[0]; mse > 1e-20 {
		t.Errorf("MSE %g", mse)
	}
}

// Figures are of functions of one input, one function each, and tables say what is unknown.
func TestWhatFiguresAreFor(t *testing.T) {
	f, err := FunctionPlot("caption", data.Sinc, data.Function("own", math.Cos, data.Sampling{Train: 7}))
	figuretest.CheckFigure(t, f, err, 500+7, data.Sinc.Formula(), "own")
	for _, task := range []data.Task{data.MNIST, data.FunctionOf("plane", 2, func(x []float64) float64 { return x[0] })} {
		hw1test.NeedData(t)
		_, err := FunctionPlot("caption", task)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "fit.FunctionPlot is for functions of one input", task.String())
	}
	_, err = FunctionPlot("caption")
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "at least one function")
	sinc, err1 := Evaluate(constants(data.Sinc, []float64{0}, []float64{1}))
	wave, err2 := Evaluate(constants(data.SquareWave, []float64{0}, []float64{1}))
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	_, err = Plot("caption", sinc[0], wave[0])
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "fit.Plot draws one function, not sinc and square wave")
	own := constants(data.Sinc, []float64{0}, []float64{1})
	own.Spec.Loss = loss.Regression("own", func(outputs, targets *graph.Node) *graph.Node { return graph.Abs(graph.Sub(outputs, targets)) })
	if table, err := SummaryTable("caption", own); err != nil || table.Rows[0][slices.Index(table.Header, "dead starts")] != "–" || !strings.Contains(table.Header[len(table.Header)-1], "test loss") {
		t.Errorf("%v, %v", table, err)
	}
}
