package fit

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

func TestErrorsLeavePartsOut(t *testing.T) {
	_, test, err := data.SquareWave.Load()
	if err != nil {
		t.Fatal(err)
	}
	xs := test.X
	exact := data.SquareWave.Truth(xs)
	if e := errorsAt(data.SquareWave, xs, data.SquareWave.Truth(xs), exact); e.MSE != 0 || e.Overshoot != 0 {
		t.Errorf("the truth has error %+v", e)
	}
	beside := append([]float64(nil), exact...)
	for i, x := range xs {
		if jumpDistance(x) <= nearJump/2 {
			beside[i] += 1
		}
	}
	e := errorsAt(data.SquareWave, xs, data.SquareWave.Truth(xs), beside)
	if e.MSE == 0 || e.OffJumps != 0 || math.Abs(e.Overshoot-1) > 1e-12 {
		t.Errorf("an error beside the jumps gives %+v", e)
	}
	if d := jumpDistance(0.39); math.Abs(d-0.01) > 1e-12 {
		t.Errorf("0.39 is %g from the jump at 0.4", d)
	}
	if d := jumpDistance(0.01); math.Abs(d-0.19) > 1e-12 {
		t.Errorf("0.01 is %g from the nearest jump: 0 is none", d)
	}
	if d := jumpDistance(-0.99); math.Abs(d-0.19) > 1e-12 {
		t.Errorf("-0.99 is %g from the nearest jump: the end of the interval is none", d)
	}
}

// What is wrong at the jumps alone, as an S-shaped prediction is, is seen by the training points beside them, and not
// by the test points on them; and a part without points is none.
func TestErrorsAtJumps(t *testing.T) {
	trained, tested, err := data.SquareWave.Load()
	if err != nil {
		t.Fatal(err)
	}
	train, test := trained.X, tested.X
	steep := func(xs []float64) []float64 {
		return num.Map(xs, func(x float64) float64 {
			return data.SquareWave.At(x) * min(1, jumpDistance(x)/0.004)
		})
	}
	a, b := errorsAt(data.SquareWave, train, data.SquareWave.Truth(train), steep(train)), errorsAt(data.SquareWave, test, data.SquareWave.Truth(test), steep(test))
	hw1test.CheckNear(t, "training", []float64{a.MSE, a.AtJumps, a.Elsewhere}, []float64{0.25 * 16 / 500, 0.25, 0}, 1e-9)
	hw1test.CheckNear(t, "test", []float64{b.MSE, b.AtJumps, b.Elsewhere}, []float64{0, 0, 0}, 1e-9)
	if e := errorsAt(data.Sinc, train, data.Sinc.Truth(train), steep(train)); !math.IsNaN(e.AtJumps) || e.Elsewhere != e.MSE || e.OffJumps != e.MSE {
		t.Errorf("the sinc has no jumps: %+v", e)
	}
	pole := data.SignedDecay.Truth(train)
	pole[249]++ // at -0.002
	if e := errorsAt(data.SignedDecay, train, data.SignedDecay.Truth(train), pole); e.OffJumps != 0 || e.OffZero != 0 || e.Elsewhere == 0 {
		t.Errorf("an error beside the pole is not away from it: %+v", e)
	}
}

func TestJumpTableAndSeedPlot(t *testing.T) {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Name: "flat", Task: data.SquareWave, Arch: nn.MLP(1, 2, 1)}})
	fits, err := Evaluate(run)
	if err != nil {
		t.Fatal(err)
	}
	table, err := JumpTable("", fits...)
	if err != nil {
		t.Fatal(err)
	}
	// The prediction is 0: right on the jumps, and wrong by 1 everywhere else.
	if row := []string{"flat", "square wave", "1.0", "0.98", "1.0", "0.0", "1.0", "1.0"}; !slices.Equal(table.Rows[0], row) {
		t.Errorf("%q, want %q", table.Rows[0], row)
	}
	f, err := SeedPlot("", []*experiment.Run{run}, []Polished{{Run: run, Results: []PolishedTo{{TrainLoss: 0.5}}}})
	if err != nil {
		t.Fatal(err)
	}
	if want := "function,model,group,training loss\nsquare wave,flat,weight decay 0,0\nsquare wave,flat,polished,0.5\n"; f.CSV != want {
		t.Errorf("%q, want %q", f.CSV, want)
	}
	if _, err := f.Render(); err != nil {
		t.Error(err)
	}
}

func TestSummaryTableNamesWeightDecayWhereThereIsAny(t *testing.T) {
	plain := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Name: "plain", Task: data.Sinc, Arch: nn.MLP(1, 2, 1)}})
	decayed := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Name: "decayed", Task: data.Sinc, Arch: nn.MLP(1, 2, 1), WeightDecay: 1e-4}})
	without, err := SummaryTable("", plain)
	if err != nil {
		t.Fatal(err)
	}
	with, err := SummaryTable("", plain, decayed)
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.Index(without.Header, "weight decay"); i >= 0 || len(without.Rows[0]) != len(without.Header) {
		t.Errorf("%q over %q", without.Header, without.Rows[0])
	}
	if i := slices.Index(with.Header, "weight decay"); i < 0 || with.Rows[0][i] != "0" || with.Rows[1][i] != "0.0001" {
		t.Errorf("%q over %q", with.Header, with.Rows)
	}
	normalized := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 2, 1).Normalized()}})
	if table, err := SummaryTable("", normalized); err != nil || table.Rows[0][2] != "11" {
		t.Errorf("7 weights, and 4 of batch normalization that are trained, are %q, %v", table.Rows[0], err)
	}
	classes := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Name: "classes", Task: data.WaveSign, Arch: nn.MLP(1, 2, 1)}})
	if entropies, err := SummaryTable("", plain, classes); err != nil || slices.Contains(entropies.Header, "train MSE") || !slices.Contains(entropies.Header, "train loss") {
		t.Errorf("%q, %v", entropies.Header, err)
	}
}

// A row counts the seeds that converged and those that never left the start.
func TestSummaryTableCounts(t *testing.T) {
	run := &experiment.Run{Spec: experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 2, 1), Epochs: 90}}
	for seed, stop := range []string{experiment.StopConverged, experiment.StopBudget, experiment.StopConverged} {
		run.Replicas = append(run.Replicas, experiment.Replica{Seed: seed + 1, Epochs: 30 * (seed + 1), Stop: stop, DeadStart: seed == 1, Train: experiment.Score{Loss: 0.1 * float64(seed+1)}, Test: experiment.Score{Loss: 0.2 * float64(seed+1)}})
	}
	table, err := SummaryTable("", runtest.Handmade(run))
	if err != nil {
		t.Fatal(err)
	}
	for column, want := range map[string]string{"epochs": "60", "converged": "2 of 3", "dead starts": "1 of 3"} {
		if got := table.Rows[0][slices.Index(table.Header, column)]; got != want {
			t.Errorf("%s: %s, want %s", column, got, want)
		}
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

// Runs without a name that were trained one after the other are told apart by what differs, in each table and figure.
func TestUnnamedRunsAreToldApart(t *testing.T) {
	var runs []*experiment.Run
	for _, rate := range []float64{0.01, 0.1} {
		runs = append(runs, runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.SquareWave, Arch: nn.MLP(1, 2, 1), LearningRate: rate}}))
	}
	fits, err1 := Evaluate(runs...)
	summary, err2 := SummaryTable("", runs...)
	errors, err3 := ErrorTable("", fits...)
	jumps, err4 := JumpTable("", fits...)
	polished, err5 := PolishTable("", Polished{runs[0], make([]PolishedTo, 1)}, Polished{runs[1], make([]PolishedTo, 1)})
	seeds, err6 := SeedPlot("", runs[:1], []Polished{{runs[1], make([]PolishedTo, 1)}})
	if err := cmp.Or(err1, err2, err3, err4, err5, err6); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{summary.CSV(), errors.CSV(), jumps.CSV(), polished.CSV(), seeds.CSV} {
		if !strings.Contains(text, "1-2-1, learning rate 0.01") || !strings.Contains(text, "1-2-1, learning rate 0.1") {
			t.Errorf("the two are not told apart in %s", text)
		}
	}
}

// The caption speaks of the residuals away from the pole where they are drawn: below the signed decay, and below no other function.
func TestCaptionOfThePole(t *testing.T) {
	for task, caption := range map[data.Task]string{data.Sinc: "The fit.", data.SignedDecay: "The fit; at the bottom, the residuals away from the pole, on an axis of their own."} {
		fits, err1 := Evaluate(runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: task, Arch: nn.MLP(1, 2, 1)}}))
		f, err2 := Plot("The fit.", fits...)
		if err := cmp.Or(err1, err2); err != nil || f.Caption != caption {
			t.Errorf("%s: the caption is %q, %v", task, f.Caption, err)
		}
	}
}

// A table of the errors at jumps is refused for a function without any: it would have nothing but dashes.
func TestJumpTableNeedsJumps(t *testing.T) {
	for task, refused := range map[data.Task]bool{data.Sinc: true, data.SignedDecay: false, data.SquareWave: false} {
		fits, err := Evaluate(runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: task, Arch: nn.MLP(1, 2, 1)}}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = JumpTable("caption", fits...); (err != nil) != refused {
			t.Errorf("%s: %v", task, err)
		}
		if refused {
			hw1test.CheckMessage(t, hw1test.MessageOf(err), "sinc", "leave it out")
		}
	}
}
