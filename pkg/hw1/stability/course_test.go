package stability_test

import (
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1/curvature"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
	"hw1/pkg/hw1/stability"
)

// handmade returns a course of gradient descent with the threshold 4, with these losses before the steps.
func handmade(losses ...[]float64) stability.Course {
	run := &experiment.Run{Spec: experiment.Spec{
		Name: "by hand", Task: data.Sinc, Arch: nn.MLP(1, 1), Optimizer: optim.SGD, LearningRate: 0.5, Epochs: len(losses[0]), SnapshotEach: 1,
	}}
	for _, all := range losses {
		run.Replicas = append(run.Replicas, experiment.Replica{Epochs: len(all), History: experiment.History{
			Epoch: num.Make(len(all), func(i int) int { return i + 1 }), TrainLoss: all,
		}})
	}
	eigenvalues := [][]float64{{1, 9, 3, 2, 4}, {2, 2, 2, 8, 6}}
	return stability.Course{Course: curvature.Course{Run: runtest.Handmade(run), Epochs: []int{0, 2, 4, 6, 8}, Eigenvalues: eigenvalues[:len(losses)]}}
}

// What is read off a course, by hand for two seeds.
func TestReadingsOfACourse(t *testing.T) {
	c := handmade([]float64{8, 4, 2, 1, 3, 2, 4, 4}, []float64{1, 2, 3, 4, 1, 2, 1, 0.5})
	if err := c.Valid(); err != nil {
		t.Fatal(err)
	}
	for what, values := range map[string][2][]float64{
		"threshold":                      {{c.Threshold()}, {4}},
		"start":                          {c.Start(), {0.25, 0.5}},
		"end":                            {c.End(), {1, 1.5}},
		"peak":                           {c.Peak(), {2.25, 2}},
		"median from the middle on":      {c.Settled(), {0.75, 1.5}},
		"growth":                         {c.Growth(), {4, 3}},
		"rises among the last four":      {c.Rises(), {1.0 / 3, 1.0 / 3}}, // equal losses are no rise
		"the last two, by those before":  {c.Falls(), {4 / 2.5, 0.75 / 1.5}},
		"ratios, in the order of epochs": {c.Ratios()[1], {0.5, 0.5, 0.5, 2, 1.5}},
	} {
		hw1test.CheckNear(t, what, values[0], values[1], 1e-15)
	}
	table, err := stability.Table("caption", c)
	if err != nil || !slices.Equal(table.Rows[0][1:], []string{"4", "0.38", "1.12 (0.75 – 1.50)", "33 %", "1.5 → 5"}) {
		t.Errorf("the table is %v, %v", table, err)
	}
}

// A few steps have no halves or quarters to compare; a course without its eigenvalues, or with Adam those of the preconditioned Hessian, has no readings.
func TestReadingsOfWhatIsTooLittle(t *testing.T) {
	for _, c := range []stability.Course{handmade([]float64{1}), handmade([]float64{1, 2})} {
		if rises, falls := c.Rises(), c.Falls(); !math.IsNaN(rises[0]) || !math.IsNaN(falls[0]) {
			t.Errorf("of %d steps a share of %g rises, and the last fall to %g", len(c.Run.Replicas[0].History.TrainLoss), rises, falls)
		}
	}
	without, other := handmade([]float64{1, 2, 3, 4}), handmade([]float64{1, 2, 3, 4})
	without.Eigenvalues = nil
	other.Run.Spec.Optimizer = optim.Adam
	for says, c := range map[string]stability.Course{"the curvature of by hand": without, "the preconditioned curvature of by hand": other} {
		hw1test.CheckMessage(t, hw1test.MessageOf(c.Valid()), says)
		if got := append(c.Rises(), c.Growth()...); len(got) != 0 || !math.IsNaN(c.Threshold()) || c.Ratios() != nil {
			t.Errorf("%s: there are readings %g, and the threshold %g", says, got, c.Threshold())
		}
	}
}
