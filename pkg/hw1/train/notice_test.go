package train

import (
	"math"
	"strings"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

// ownLabels declares n labelled examples of two inputs, in four classes by their quadrant.
func ownLabels(t *testing.T, n int) data.Task {
	t.Helper()
	var e data.Examples
	for i := range n {
		a, b := i%2, i/2%2
		e.X, e.Labels = append(e.X, float64(2*a-1), float64(2*b-1)), append(e.Labels, uint8(2*a+b))
	}
	task, err := data.Own(data.Set{Name: "quadrants", Train: e, Test: e, Shape: []int{2}, Classes: []string{"0", "1", "2", "3"}})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// What a batch leaves out of each epoch is said, once for all seeds, where it is more than 2 %.
func TestExamplesThatAreLeftOutAreNamed(t *testing.T) {
	hw1test.Slow(t)
	for _, c := range []struct {
		batch int
		says  string
	}{
		{300, "1-5-1 on sinc: each epoch leaves out 200 of 500 training examples, different ones each time, as their number is not a multiple of the batch size, 300."},
		{49, ""}, // 10 examples
		{50, ""},
		{0, ""},
	} {
		spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 1, Batch: c.batch, Seeds: 26} // two runs
		got, printed := trainElsewhere(t, spec)
		if got.Error != "" {
			t.Fatal(got.Error)
		}
		if n := strings.Count(printed, "leaves out"); n > 1 || (n == 1) != (c.says != "") || !strings.Contains(printed, c.says) {
			t.Errorf("batches of %d: %s", c.batch, printed)
		}
	}
}

// A network on labels whose training loss stays at what a constant prediction has is a dead
// start, and is named; one that learns is not.
func TestDeadNetworksOnLabelsAreNamed(t *testing.T) {
	hw1test.NewStore(t)
	task := ownLabels(t, 200)
	learns := experiment.Spec{Name: "learns", Task: task, Arch: nn.MLP(2, 16, 4), Epochs: 30, Batch: 20, LearningRate: 1e-2, Patience: 100}
	hardly, random := learns, learns
	hardly.Name, hardly.LearningRate, hardly.Epochs = "hardly learns", 1e-9, 2
	random.Name, random.LabelNoise, random.Epochs = "random labels", 1, 2
	random.LearningRate = 1e-5
	squares, hardlySquares := learns, hardly
	squares.Loss, hardlySquares.Loss = loss.MSE, loss.MSE
	runs, err := All(learns, hardly, random, squares, hardlySquares)
	if err != nil {
		t.Fatal(err)
	}
	constant := math.Log(4)
	for i, dead := range []bool{false, true, true, false, true} {
		r := runs[i].Replicas[0]
		if i > 2 {
			constant = 0.75 * 0.25
		}
		if r.DeadStart != dead || (r.Train.Loss < 0.99*constant) == dead {
			t.Errorf("%s: training loss %g, dead: %t", runs[i].Label(), r.Train.Loss, r.DeadStart)
		}
	}
	if stored := mustRun(t, hardly).Replicas[0]; !stored.DeadStart {
		t.Error("a dead start is forgotten in the store")
	}
}

// A regression on a table whose targets are far from 0 learns nothing at a usual rate, and is told how to scale them; of a
// function, the table of losses says it.
func TestDeadRegressionsAreNamed(t *testing.T) {
	hw1test.NewStore(t)
	price := func(x float64) float64 { return 200_000 + 50_000*x }
	var e data.Examples
	for i := range 20 {
		e.X, e.Y = append(e.X, float64(i)/20), append(e.Y, price(float64(i)/20))
	}
	prices, err := data.Own(data.Set{Name: "prices", Train: e, Test: e, Shape: []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	spec := experiment.Spec{Task: prices, Arch: nn.MLP(1, 5, 1), Epochs: 10}
	function := spec
	function.Task = data.Function("price", price, data.Sampling{Low: 0, High: 1, Train: 20})
	runs, err := All(spec, function)
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckMessage(t, noticeOfDead(runs[0]), "prices, seed 0: 1 network of 1 ended with", "StandardizeTarget in dataset.Columns")
	if text := noticeOfDead(runs[1]); text != "" || !runs[1].Replicas[0].DeadStart {
		t.Errorf("of a function it says %q; dead start %t", text, runs[1].Replicas[0].DeadStart)
	}
	t.Setenv("HW1_QUICK", "1")
	if text := noticeOfDead(runs[0]); text != "" {
		t.Errorf("with a quick budget it says %q", text)
	}
}

// So is one on MNIST at a learning rate of 1.
func TestDeadNetworkOnMNIST(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	spec := experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 30, 30, 10), Epochs: 3, Batch: 100, LearningRate: 1, TrainSize: 6000, TestSize: 100, Seeds: 2}
	_, printed := trainElsewhere(t, spec)
	for _, part := range []string{"784-30-30-10, MNIST, seeds 0-1: 2 networks of 2 ended with a training loss hardly below that of a constant prediction", "lower learning rate"} {
		if !strings.Contains(printed, part) {
			t.Errorf("%q is not in %s", part, printed)
		}
	}
}

// A call of which a run fails says how many did, and of the others what became of them.
func TestFailedRunsAreCounted(t *testing.T) {
	hw1test.NewStore(t)
	fine, fails := runtest.Small(), runtest.Small()
	fails.Optimizer, fails.LearningRate, fails.Epochs = optim.SGD, 10, 200
	for _, spec := range []*experiment.Spec{&fine, &fails} {
		*spec = runtest.MustResolve(t, *spec)
	}
	plan, err := newPlan([]experiment.Spec{fine, fails})
	if err != nil {
		t.Fatal(err)
	}
	board := newBoard(plan.jobs)
	plan.runAll(t.Context(), board)
	if got := board.close("Failed", nil); len(plan.errs) != 1 || !strings.Contains(got, "1 run trained in") || !strings.HasSuffix(got, ", 1 run failed") {
		t.Errorf("%v: %s", plan.errs, got)
	}
}
