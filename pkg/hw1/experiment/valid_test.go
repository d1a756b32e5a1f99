package experiment_test

import (
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
)

// checkSays checks an error's message, or that there is none where it should say nothing.
func checkSays(t *testing.T, name string, err error, says string) {
	t.Helper()
	if says != "" {
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says)
	} else if err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// Whatever a run lacks, it is said of which replica.
func TestRunsSayWhatIsWrong(t *testing.T) {
	const second = "the run of 1-1-1, square wave sign, seeds 3-4, replica 2: "
	for says, change := range map[string]func(run *experiment.Run, r *experiment.Replica){
		"": func(*experiment.Run, *experiment.Replica) {},
		"the spec of a run: 0 epochs; set Epochs":     func(run *experiment.Run, _ *experiment.Replica) { run.Spec.Epochs = 0 },
		"has no replicas; pass one":                   func(run *experiment.Run, _ *experiment.Replica) { run.Replicas = nil },
		second + "the final weights: 3 numbers":       func(_ *experiment.Run, r *experiment.Replica) { r.Theta = r.Theta[:3] },
		second + "the initial weights: number 1 of 4": func(_ *experiment.Run, r *experiment.Replica) { r.Initial[0] = math.NaN() },
		"snapshot, or the best ones: 3 numbers":       func(_ *experiment.Run, r *experiment.Replica) { r.Snapshots[2].Theta = r.Theta[:3] },
		"snapshot, or the best ones: 1 numbers":       func(_ *experiment.Run, r *experiment.Replica) { r.Best.Theta = r.Theta[:1] },
		"the losses of the steps: number 2 of 3":      func(_ *experiment.Run, r *experiment.Replica) { r.Steps[1].Loss = math.NaN() },
		"the gradient norms of the steps: number 3":   func(_ *experiment.Run, r *experiment.Replica) { r.Steps[2].GradNorm = math.Inf(1) },
		"a score has loss NaN":                        func(_ *experiment.Run, r *experiment.Replica) { r.Train.Loss = math.NaN() },
		"a score has loss +Inf":                       func(_ *experiment.Run, r *experiment.Replica) { r.Test.Loss = math.Inf(1) },
		"and accuracy +Inf; they":                     func(_ *experiment.Run, r *experiment.Replica) { r.Test.Accuracy = math.Inf(1) },
		"and accuracy -Inf; they":                     func(_ *experiment.Run, r *experiment.Replica) { r.Validation.Accuracy = math.Inf(-1) },
		"the history has 2 values for 3":              func(_ *experiment.Run, r *experiment.Replica) { r.History.GradNorm = r.History.GradNorm[:2] },
		"the history has 2 validation values for 3 ep": func(_ *experiment.Run, r *experiment.Replica) {
			r.History.ValidationLoss, r.History.ValidationAccuracy = []float64{1, 2}, []float64{1, 2}
		},
		"the history has 3 validation values for 3 ep": func(_ *experiment.Run, r *experiment.Replica) { r.History.ValidationAccuracy = nil },
		"the history has 0 validation values for 3 ep": func(_ *experiment.Run, r *experiment.Replica) {
			r.History.ValidationLoss, r.History.ValidationAccuracy = nil, nil
		},
		"a score has loss NaN and accuracy NaN": func(_ *experiment.Run, r *experiment.Replica) { r.Validation = experiment.NoScore },
	} {
		run := runtest.Whole(t, 50)
		change(run, &run.Replicas[1])
		checkSays(t, "a whole run", run.Valid(), says)
	}
	checkSays(t, "without validation", runtest.Whole(t, 0).Valid(), "")
	checkSays(t, "plain", runtest.Plain(t).Valid(), "")
	one := runtest.Whole(t, 1)
	one.Replicas[0].History.ValidationLoss, one.Replicas[0].History.ValidationAccuracy = nil, nil
	checkSays(t, "one validation example", one.Valid(), "0 validation values for 3 epochs")
	empty := runtest.Plain(t)
	empty.Replicas[0].History.AddValidation(experiment.Score{})
	checkSays(t, "a validation value without an epoch", empty.Valid(), "1 validation values for 0 epochs")
	checkSays(t, "nil", (*experiment.Run)(nil).Valid(), "a run is nil")
}

// Functions that need something of their runs say which run lacks it, and what to do.
func TestNeeds(t *testing.T) {
	bare, full, noisy, digits, uneven := runtest.Plain(t), runtest.Whole(t, 0), runtest.Whole(t, 0), runtest.Handmade(&experiment.Run{Spec: runtest.Digits()}), runtest.Whole(t, 0)
	noisy.Spec.LabelNoise = 0.5
	uneven.Replicas[1].Snapshots = uneven.Replicas[1].Snapshots[:2]
	single := runtest.Whole(t, 0)
	single.Spec.LabelNoise, single.Replicas, single.Spec.Seeds = 0.5, single.Replicas[:1], 1
	wave := runtest.Whole(t, 0)
	wave.Spec.Task = data.SquareWave
	wave.Spec.Loss = ""
	wave.Spec = runtest.MustResolve(t, wave.Spec)
	otherLoss := runtest.Plain(t)
	otherLoss.Spec.Task, otherLoss.Spec.Loss = data.WaveSign, "mse"
	byHand := runtest.Plain(t)
	byHand.Replicas[0].Stop = experiment.StopByHand
	broken := runtest.Plain(t)
	broken.Replicas = nil
	sealed, pruned := runtest.Whole(t, 0), runtest.Whole(t, 0)
	sealed.Seal("key", "key 2")
	pruned.Seal("key", "key 2")
	pruned.Replicas[1].Theta = make([]float64, len(pruned.Replicas[1].Theta))
	epochs := func(run *experiment.Run) error { _, err := experiment.SnapshotEpochs("f", run); return err }
	for i, c := range []struct {
		err  error
		says string
	}{
		{experiment.NeedImages("f", digits, digits), ""},
		{experiment.NeedImages("f", digits, bare), "f is for runs on images or other labels, but the run of 1-5-1, sinc, seed 0 learns numbers"},
		{experiment.NeedImages("f"), "f got no arguments"},
		{experiment.NeedImages("f", broken), "f: the run of 1-5-1, sinc, seed 0 has no replicas"},
		{experiment.NeedEvaluations("f", full, digits), ""},
		{experiment.NeedEvaluations("f", full, bare), "f needs evaluations during training, but 1-5-1"},
		{experiment.NeedSnapshots("f", 3, full), ""},
		{experiment.NeedSnapshots("f", 0, bare), ""},
		{experiment.NeedSnapshots("f", 4, full), "f needs 4 snapshots or more of every replica, but one of 1-1-1, square wave sign, seeds 3-4 has 3; set SnapshotEach, now 2, so that there are as many"},
		{experiment.NeedSnapshots("f", 3, uneven), "has 2; set SnapshotEach"},
		{experiment.NeedSnapshots("f", 1, byHand), "f needs 1 snapshot or more of every replica, but one of 1-5-1, sinc, seed 0 has 0; pass the run as it was trained"},
		{epochs(full), ""},
		{epochs(single), ""},
		{epochs(bare), "f needs 1 snapshot"},
		{epochs(uneven), "f compares the seeds of 1-1-1, square wave sign, seeds 3-4 epoch by epoch"},
		{experiment.NeedSharedLabels("f", full, single, bare), ""},
		{experiment.NeedSharedLabels("f", full, noisy), "f looks at the training labels, but each of the 2 seeds of"},
		{experiment.NeedExamples("f", 0, bare), ""},
		{experiment.NeedExamples("f", 500, bare, full), ""},
		{experiment.NeedExamples("f", 501, bare), "f cannot use 501 training examples: 1-5-1, sinc, seed 0 has 500"},
		{experiment.NeedExamples("f", -1, bare), "f cannot use -1 training examples"},
		{experiment.NeedOneTask("f", full, noisy), ""},
		{experiment.NeedOneTask("f", bare, wave), "not sinc with mse and square wave with mse"},
		{experiment.NeedOneTask("f", full, otherLoss), "not square wave sign with cross-entropy and square wave sign with mse"},
		{experiment.NeedScores("f", sealed, byHand, bare), ""},
		{experiment.NeedScores("f", sealed, pruned), "f shows scores, and those of 1-1-1, square wave sign, seeds 3-4 are of its training"},
		{experiment.NeedSameSeeds("f", full, noisy), ""},
		{experiment.NeedSameSeeds("f", full, bare), "f: 1-5-1 has 1 seed and 1-1-1 has 2 seeds; give all"},
		{experiment.Complete("result", "g", full, 2), ""},
		{experiment.Complete("result", "g", full, 1), "the result of 1-1-1 has 1 part for 2 replicas; pass one that g returned"},
		{experiment.Complete("result", "g", broken, 0), "the result: the run of 1-5-1, sinc, seed 0 has no replicas"},
	} {
		if checkSays(t, "", c.err, c.says); t.Failed() {
			t.Fatalf("row %d", i)
		}
	}
	if got, err := experiment.SnapshotEpochs("f", full); err != nil || !slices.Equal(got, []int{0, 2, 4}) {
		t.Errorf("the snapshots are after %v, %v", got, err)
	}
	t.Setenv("HW1_QUICK", "1")
	checkSays(t, "with a tiny budget", experiment.NeedExamples("f", 501, bare), "")
	checkSays(t, "with a tiny budget", experiment.NeedExamples("f", -1, bare), "f cannot use -1")
}
