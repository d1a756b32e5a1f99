package stability_test

import (
	"math"
	"strings"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
	"hw1/pkg/hw1/stability"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

// line is a network whose loss is a parabola: y = w·x + b on points of the mean 0 has the Hessian
// diag(2·mean x², 2).
func line(r optim.Rule, epochs int) experiment.Spec {
	return experiment.Spec{
		Task: data.Sinc, Arch: nn.MLP(1, 1), Optimizer: r.Optimizer, Momentum: r.Momentum, LearningRate: r.LearningRate,
		Epochs: epochs, SnapshotEach: 1, Float64: true, Seed: 1, Seeds: 2,
	}
}

// moments returns the means of x², y and xy over the training points.
func moments(t *testing.T) (xx, y, xy float64) {
	t.Helper()
	train, _, err := data.Sinc.Load()
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range train.X {
		n := float64(train.Len())
		xx, y, xy = xx+x*x/n, y+train.Y[i]/n, xy+x*train.Y[i]/n
	}
	return xx, y, xy
}

// follow trains and follows a spec.
func follow(t *testing.T, every int, spec experiment.Spec) stability.Course {
	t.Helper()
	courses, err := stability.Follow(every, traintest.MustTrain(t, spec))
	if err != nil {
		t.Fatal(err)
	}
	return courses[0]
}

// On a parabola the curvature is 2 all the time, and the loss falls in every step below the threshold, and
// rises in every one above it.
func TestGradientDescentOnAParabola(t *testing.T) {
	for rate, c := range map[float64]struct{ ratio, rises float64 }{0.5: {0.5, 0}, 1.1: {1.1, 1}} {
		course := follow(t, 5, line(optim.Rule{Optimizer: optim.SGD, LearningRate: rate}, 20))
		for _, seed := range course.Ratios() {
			hw1test.CheckNear(t, "ratios", seed, []float64{c.ratio, c.ratio, c.ratio, c.ratio, c.ratio}, 1e-3)
		}
		hw1test.CheckNear(t, "shares of rising steps", course.Rises(), []float64{c.rises, c.rises}, 0)
		if falls := course.Falls()[0]; falls < 1 != (c.ratio < 1) {
			t.Errorf("at %g of the threshold the loss grows by a factor of %g", c.ratio, falls)
		}
		hw1test.CheckNear(t, "growth", course.Growth(), []float64{1, 1}, 1e-3)
	}
	momentum := follow(t, 1, line(optim.Rule{Optimizer: optim.SGD, LearningRate: 0.5, Momentum: 0.9}, 2))
	hw1test.CheckNear(t, "threshold with momentum", []float64{momentum.Threshold()}, []float64{2 * 1.9 / 0.5}, 1e-12)
}

// Adam by hand on the parabola, in plain Go: the largest eigenvalue of the preconditioned Hessian, which
// is diagonal, is the larger one of two quotients.
func TestAdamOnAParabola(t *testing.T) {
	const rate, epochs, every = 0.05, 39, 4
	course := follow(t, every, line(optim.Rule{LearningRate: rate}, epochs))
	xx, y, xy := moments(t)
	hessian := []float64{2 * xx, 2}
	for r, replica := range course.Run.Replicas {
		theta := append([]float64{}, replica.Initial...)
		var m, v [2]float64
		var want []float64
		for step := range epochs + 1 {
			gradient := []float64{2 * (xx*theta[0] - xy), 2 * (theta[1] - y)}
			largest, t := 0.0, float64(step+1)
			for i, g := range gradient {
				m[i], v[i] = 0.9*m[i]+0.1*g, 0.999*v[i]+0.001*g*g
				p := (1 - math.Pow(0.9, t)) * (math.Sqrt(v[i]/(1-math.Pow(0.999, t))) + 1e-8)
				largest = max(largest, hessian[i]/p)
				theta[i] -= rate * m[i] / p
			}
			if step%every == 0 || step == epochs {
				want = append(want, largest)
			}
		}
		hw1test.CheckNear(t, "preconditioned eigenvalues", course.Preconditioned[r], want, 2e-3)
		for i := range want {
			want[i] *= rate / 38
		}
		hw1test.CheckNear(t, "ratios", course.Ratios()[r], want, 2e-3)
	}
}

func TestPlotAndTable(t *testing.T) {
	descent := follow(t, 5, line(optim.Rule{Optimizer: optim.SGD, LearningRate: 0.5}, 20))
	adam := follow(t, 5, line(optim.Rule{LearningRate: 0.05}, 20))
	f, err := stability.Plot("caption", descent)
	figuretest.CheckFigure(t, f, err, 5+20, "eigenvalue / threshold", "training loss")
	f, err = stability.Plot("caption", descent, adam)
	figuretest.CheckFigure(t, f, err, 2*(5+5+20), "eigenvalue / threshold", "largest eigenvalue", "training loss")
	table, err := stability.Table("caption", descent, adam)
	if err != nil || len(table.Rows) != 2 || !strings.Contains(table.CSV(), "4,0.50,0.50 (0.50 – 0.50),0 %,2 → 2") {
		t.Errorf("the table is %v, %v", table, err)
	}
	table, err = stability.Table("caption", follow(t, 5, line(optim.Rule{Optimizer: optim.SGD, LearningRate: 2 / 999.7}, 20)))
	if err != nil || table.Rows[0][1] != "1,000" {
		t.Errorf("a threshold of 999.7 is written %v, %v", table, err)
	}
}

// Images keep the loss of each step, however seldom they are evaluated.
func TestFollowOfImagesThatAreSeldomEvaluated(t *testing.T) {
	hw1test.NeedData(t)
	spec := experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 3, 10), Loss: loss.MSE, Optimizer: optim.SGD, LearningRate: 0.1, TrainSize: 50, TestSize: 50, Batch: 50, Epochs: 4, SnapshotEach: 2, EvaluateEach: 4}
	if rises := follow(t, 1, spec).Rises(); len(rises) != 1 || math.IsNaN(rises[0]) {
		t.Errorf("the share of steps in which the loss rises is %v", rises)
	}
}

func TestFollowRefusesOtherTrainings(t *testing.T) {
	hw1test.Slow(t)
	for message, change := range map[string]func(s *experiment.Spec){
		"set Batch to 500":      func(s *experiment.Spec) { s.Batch = 300 },
		"leave Schedule":        func(s *experiment.Spec) { s.Schedule.Cosine = true },
		"ClipNorm and Mask":     func(s *experiment.Spec) { s.ClipNorm = 1 },
		"set Optimizer":         func(s *experiment.Spec) { s.Optimizer = optim.AdamW },
		"set SnapshotEach to 1": func(s *experiment.Spec) { s.SnapshotEach = 2 },
		"set Epochs lower":      func(s *experiment.Spec) { s.Optimizer, s.Epochs, s.SnapshotEach = optim.SGD, 4000, 4000 },
		"leave EvaluateEach":    func(s *experiment.Spec) { s.Optimizer, s.Epochs, s.EvaluateEach = optim.SGD, 4, 2 },
		"Validation out":        func(s *experiment.Spec) { s.Optimizer, s.Epochs, s.EvaluateEach = optim.SGD, 4, 1 },
		"batch normalization":   func(s *experiment.Spec) { s.Arch = nn.MLP(1, 2, 1).Normalized() },
		"all steps and weights": func(s *experiment.Spec) { s.Mask = experiment.WeightsOf([]float64{1, 0}) },
	} {
		spec := line(optim.Rule{LearningRate: 0.05}, 2)
		change(&spec)
		_, err := stability.Follow(1, traintest.MustTrain(t, spec))
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "stability.Follow", message)
	}
}
