package fit

import (
	"math"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

func TestMain(m *testing.M) { hw1test.Main(m) }

func TestTestErrorLeavesPartsOut(t *testing.T) {
	_, xs := data.FunctionGrid()
	exact := data.SquareWave.Truth(xs)
	if e := testError(data.SquareWave, xs, exact); e.MSE != 0 || e.Overshoot != 0 {
		t.Errorf("the truth has error %+v", e)
	}
	beside := append([]float64(nil), exact...)
	for i, x := range xs {
		if jumpDistance(x) <= nearJump/2 {
			beside[i] += 1
		}
	}
	e := testError(data.SquareWave, xs, beside)
	if e.MSE == 0 || e.OffJumps != 0 || math.Abs(e.Overshoot-1) > 1e-12 {
		t.Errorf("an error beside the jumps gives %+v", e)
	}
	if d := jumpDistance(0.39); math.Abs(d-0.01) > 1e-12 {
		t.Errorf("0.39 is %g from the jump at 0.4", d)
	}
	if d := jumpDistance(0.01); math.Abs(d-0.19) > 1e-12 {
		t.Errorf("0.01 is %g from the nearest jump: 0 is none", d)
	}
}

func TestFitsOfClassesAreProbabilities(t *testing.T) {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 2, 1)}})
	theta := run.Replicas[0].Theta
	theta[len(theta)-1] = math.Log(3) // the last bias: a probability of 3/4 everywhere
	fits, err := Evaluate(run)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range fits[0].Y {
		if math.Abs(p-0.75) > 1e-6 {
			t.Fatalf("at %g the probability is %g, want 3/4", fits[0].X[i], p)
		}
	}
	// Six tenths of the line are of class 1; the test points on the jumps are of class 0.
	if mse := fits[0].TestErrors[0].MSE; math.Abs(mse-(0.6/16+0.4*9/16)) > 0.01 {
		t.Errorf("the mean squared error of the probability is %g", mse)
	}
}
