package connect

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/sharpness"
	"hw1/pkg/hw1/train"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

// twoRuns trains a small network with two batch sizes from one initialization.
func twoRuns(t *testing.T) (small, large *experiment.Run) {
	t.Helper()
	hw1test.NeedData(t)
	spec := experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 16, 12, 10), Batch: 20, Epochs: 3, LearningRate: 1e-2, TrainSize: 1500, TestSize: 700}
	other := spec
	other.Batch = 500
	runs, err := train.All(spec, other)
	if err != nil {
		t.Fatal(err)
	}
	return runs[0], runs[1]
}

func TestEndsOfPathsAreTheNetworks(t *testing.T) {
	hw1test.Slow(t)
	small, large := twoRuns(t)
	straight, err := Interpolate(small, large, Positions(-1, 2, 7))
	if err != nil {
		t.Fatal(err)
	}
	curve, err := Bezier(small, large, Bend{Epochs: 1, Batch: 100, LearningRate: 1e-3, Seed: 1, Points: 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path     Connection
		from, to int
	}{{straight, 2, 4}, {curve, 0, 4}} {
		for _, end := range []struct {
			i   int
			run *experiment.Run
		}{{c.from, small}, {c.to, large}} {
			train, test := c.path.Train[0][end.i], c.path.Test[0][end.i]
			if want := end.run.Replicas[0]; train != want.Train || test != want.Test {
				t.Errorf("%s at %g: %v and %v, the network has %v and %v", c.path.Label, c.path.At[end.i], train, test, want.Train, want.Test)
			}
		}
	}
	if half := straight.Train[0][3]; half == straight.Train[0][2] || half == straight.Train[0][4] {
		t.Error("the middle of the line scores as an end does")
	}
	// At -1 the line is at 2·theta1 - theta2.
	x := floatsAt(2, small.Replicas[0].Theta, -1, large.Replicas[0].Theta)
	_, test, err := small.Spec.Examples()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, label := range test.Labels {
		pixels := make([]float64, 784)
		for k := range pixels {
			pixels[k] = float64(test.Images[784*i+k]) / 255
		}
		sum += hw1test.Loss("cross-entropy", hw1test.NetOf(small.Spec.Arch).Forward("relu", x, pixels), float64(label))
	}
	hw1test.CheckNear(t, "loss at -1", []float64{straight.Test[0][0].Loss}, []float64{sum / float64(test.Len())}, 1e-4)
}

func floatsAt(a float64, x []float64, b float64, y []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = a*x[i] + b*y[i]
	}
	return out
}

func TestCurveAndMatchedUnitsAreLowerThanTheLine(t *testing.T) {
	hw1test.Slow(t)
	small, large := twoRuns(t)
	// Between independent networks the line crosses a barrier.
	spec := large.Spec
	spec.Seed = 2
	other, err := train.One(spec)
	if err != nil {
		t.Fatal(err)
	}
	straight, err := Interpolate(small, other, Positions(0, 1, 11))
	if err != nil {
		t.Fatal(err)
	}
	curve, err := Bezier(small, other, Bend{Epochs: 30, Batch: 100, LearningRate: 3e-3, Seed: 1, Points: 11})
	if err != nil {
		t.Fatal(err)
	}
	line, bend := straight.Barriers(straight.Train)[0], curve.Barriers(curve.Train)[0]
	if line < 0.05 || bend > line/2 {
		t.Errorf("barriers %.3f of the line and %.3f of the curve", line, bend)
	}
	matched, err := Interpolate(small, mustMatch(t, small, other), Positions(0, 1, 11))
	if err != nil {
		t.Fatal(err)
	}
	if end := matched.Test[0][10].Loss; math.Abs(end-other.Replicas[0].Test.Loss) > 1e-5 {
		t.Errorf("the loss %g after matching is not that of the network, %g", end, other.Replicas[0].Test.Loss)
	}
	if rest := matched.Barriers(matched.Train)[0]; rest > line/2 {
		t.Errorf("barriers %.3f of the line and %.3f with matched units", line, rest)
	}
}

func TestBarrierAndLowest(t *testing.T) {
	p := Connection{At: []float64{-1, 0, 0.25, 0.5, 1, 2}}
	row := []experiment.Score{{Loss: 9, Accuracy: 0.1}, {Loss: 1, Accuracy: 0.9}, {Loss: 2.5, Accuracy: 0.7}, {Loss: 2, Accuracy: 0.6}, {Loss: 1.5, Accuracy: 0.8}, {Loss: 8, Accuracy: 0.2}}
	if got := p.Barriers([][]experiment.Score{row})[0]; got != 1 {
		t.Errorf("barrier %g, want 2.5 - 1.5", got)
	}
	if got := p.ChordBarriers([][]experiment.Score{row})[0]; got != 1.375 {
		t.Errorf("barrier %g above the chord, want 2.5 - 1.125", got)
	}
	if lowest, at := p.Lowest([][]experiment.Score{row}); !slices.Equal(lowest, []float64{0.6}) || !slices.Equal(at, []float64{0.5}) {
		t.Errorf("lowest accuracies %g at %g, want 0.6 at 0.5", lowest, at)
	}
	row[2].Loss, row[3].Loss = 1.2, 1.3
	if got := p.Barriers([][]experiment.Score{row})[0]; got != 0 {
		t.Errorf("a valley has barrier %g", got)
	}
	if got := p.ChordBarriers([][]experiment.Score{row})[0]; math.Abs(got-0.075) > 1e-15 {
		t.Errorf("barrier %g above the chord, want 1.2 - 1.125", got)
	}
}

func TestPositionsHoldTheEndsExactly(t *testing.T) {
	at := Positions(-1, 2, 61)
	if len(at) != 61 || at[0] != -1 || at[20] != 0 || at[40] != 1 || at[60] != 2 {
		t.Errorf("%d positions: %g, %g, %g, %g", len(at), at[0], at[20], at[40], at[60])
	}
	v := []float64{0.1, math.Pi, -1e-9}
	w := bezierWeights(1)
	hw1test.CheckNear(t, "end", combine(w[:], []float64{3, 3, 3}, []float64{5, 5, 5}, v), v, 0)
}

func TestPathsRefuseWhatIsNone(t *testing.T) {
	a := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 5, 10)}})
	b := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 6, 10)}})
	_, err := Interpolate(a, b, []float64{0, 1})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "784-5-10", "784-6-10", "not have the same architecture")
	other := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 5, 10), Activation: nn.Tanh}})
	_, err = Interpolate(a, other, []float64{0, 1})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "784-5-10 with relu and 784-5-10 with tanh", "not have the same architecture")
	own := func(n int) *experiment.Run {
		arch := nn.Graph("own", 1, []int{784}, 10, []nn.Param{{Name: "w", Shape: []int{n}, Start: 1}}, func(_ []*graph.Node, x *graph.Node) *graph.Node { return x })
		return runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: arch}})
	}
	_, err = Interpolate(own(2), own(3), []float64{0, 1})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "not have the same architecture")
	_, err = Interpolate(a, a, []float64{0.5, 1})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "0 and 1")
	_, err = Bezier(a, a, Bend{})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "epochs")
	fewer := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 5, 10), TrainSize: 100}})
	_, err = Interpolate(a, fewer, []float64{0, 1})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "different examples")
	noisy := func(seed int) *experiment.Run {
		return runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 5, 10), LabelNoise: 1, Seed: seed}})
	}
	_, err = Interpolate(noisy(1), noisy(2), []float64{0, 1})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "different examples or labels")
}

// Where each replica has random labels of its own, none is measured on another's.
func TestRandomLabelsAreNotMixed(t *testing.T) {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 5, 10), LabelNoise: 0.5, Seeds: 2}, Replicas: make([]experiment.Replica, 2)})
	_, objective := eval.NewObjective(run)
	_, sharpness := sharpness.Measure(sharpness.Ascent{Eps: []float64{1e-3}, Steps: 1, Examples: 10}, run)
	_, path := Interpolate(run, run, []float64{0, 1})
	_, curve := Bezier(run, run, Bend{Epochs: 1, Batch: 10, LearningRate: 1e-3, Points: 2})
	for _, err := range []error{objective, sharpness, path, curve} {
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "2 seeds", "labels", "pass a run of one seed")
	}
}
