// Package runtest has specs and runs for tests.
package runtest

import (
	"cmp"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runstore"
	"hw1/pkg/hw1/nn"
)

// MustResolve returns the spec with its defaults.
func MustResolve(t testing.TB, spec experiment.Spec) experiment.Spec {
	t.Helper()
	spec, err := spec.Resolved()
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// Files returns the files of a run, by name, as the run store has them.
func Files(t testing.TB, run *experiment.Run) map[string][]byte {
	t.Helper()
	encoded, err := runstore.Encode(run)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range encoded {
		files[f.Name] = f.Content
	}
	return files
}

// Handmade completes a run that a test puts together: it fills in the defaults of its
// Spec, and what its replicas lack.
func Handmade(run *experiment.Run) *experiment.Run {
	run.Spec.Epochs = cmp.Or(run.Spec.Epochs, 1)
	if !run.Spec.Task.IsFunction() {
		run.Spec.Batch = cmp.Or(run.Spec.Batch, 10)
	}
	var err error
	if run.Spec, err = run.Spec.Resolved(); err != nil {
		panic(err)
	}
	if len(run.Replicas) == 0 {
		run.Replicas = make([]experiment.Replica, 1)
	}
	for i := range run.Replicas {
		r := &run.Replicas[i]
		r.Theta = make([]float64, run.Spec.Arch.ParamCount())
		r.Initial = r.Theta
		for _, column := range []*[]float64{&r.History.TrainLoss, &r.History.TestLoss, &r.History.TrainAccuracy, &r.History.TestAccuracy, &r.History.GradNorm} {
			for len(*column) < len(r.History.Epoch) {
				*column = append(*column, math.NaN())
			}
		}
		if len(run.Keys) == i {
			run.Keys = append(run.Keys, fmt.Sprint("handmade ", i))
		}
	}
	return run
}

// ScoreOf returns the score of outputs [n·width] on examples, with the cross-entropy
// as loss, computed with gonum and without a graph.
func ScoreOf(outputs []float64, e data.Examples) experiment.Score {
	n := e.Len()
	width := len(outputs) / n
	loss, right := 0.0, 0
	for i := range n {
		out := outputs[i*width : (i+1)*width]
		var label int
		if width == 1 { // two logits, 0 and z
			out, label = []float64{0, out[0]}, int(e.Y[i])
		} else {
			label = int(e.Labels[i])
		}
		loss += floats.LogSumExp(out) - out[label]
		right += num.Int(floats.MaxIdx(out) == label)
	}
	return experiment.Score{Loss: loss / float64(n), Accuracy: float64(right) / float64(n)}
}

// DenseNet is the dense network of the benchmarks.
var DenseNet = experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 350, 600, 10), Batch: 100, Dropout: 0.25, Epochs: 1}

// Bench measures an analysis that does some units of work per call, after a first call that compiles.
func Bench(b *testing.B, some int, analysis func() error) {
	b.Helper()
	if err := analysis(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := analysis(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(some*b.N), "ms")
	b.ReportMetric(0, "ns/op")
}

// MustExamples returns the training set of a spec.
func MustExamples(t testing.TB, spec experiment.Spec) data.Examples {
	t.Helper()
	train, _, err := MustResolve(t, spec).Examples()
	if err != nil {
		t.Fatal(err)
	}
	return train
}

// DrawnBatches returns runs of several batch sizes and two seeds, for drawing.
func DrawnBatches() []*experiment.Run {
	var runs []*experiment.Run
	for i, batch := range []int{10, 100, 6000} {
		run := &experiment.Run{Spec: experiment.Spec{Name: fmt.Sprint("batch ", batch), Task: data.MNIST, Arch: nn.MLP(784, 5, 10), Batch: batch, TrainSize: 60_000}}
		for seed := range 2 {
			share := float64(2*i+seed+1) / 10
			run.Replicas = append(run.Replicas, experiment.Replica{Seed: seed + 1, Train: experiment.Score{Loss: share / 2, Accuracy: 1 - share/20}, Test: experiment.Score{Loss: share, Accuracy: 1 - share/10}})
			run.Keys = append(run.Keys, fmt.Sprint(batch, seed))
		}
		runs = append(runs, Handmade(run))
	}
	return runs
}

// Small is a valid spec for a function.
func Small() experiment.Spec {
	return experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 10}
}

// Digits is a valid spec for images.
func Digits() experiment.Spec {
	return experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 5, 10), Epochs: 1, Batch: 100}
}

// Whole returns a run of two seeds that has all that a run can have, in numbers that single precision holds.
func Whole(t testing.TB, validation int) *experiment.Run {
	spec := MustResolve(t, experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 1, 1), Epochs: 4, SnapshotEach: 2, EvaluateEach: 2, Validation: validation, Seed: 3, Seeds: 2})
	run := &experiment.Run{Spec: spec, Backend: "some:device", Seconds: 3}
	for seed := range 2 {
		x := float64(1 + seed)
		theta := func(v float64) []float64 { return []float64{v, x, -1, 0.5} }
		r := experiment.Replica{
			Seed: 3 + seed, Epochs: 4, Stop: experiment.StopBudget, DeadStart: seed == 1, Initial: theta(0), Theta: theta(4),
			Snapshots: []experiment.Snapshot{{Epoch: 0, Theta: theta(0)}, {Epoch: 2, Theta: theta(2)}, {Epoch: 4, Theta: theta(4)}},
			Steps:     []experiment.Step{{Loss: x, GradNorm: 3}, {Loss: 0.5 * x, GradNorm: 2}, {Loss: 0.25, GradNorm: 1}},
			Train:     experiment.Score{Loss: 0.1 * x, Accuracy: 0.9}, Test: experiment.Score{Loss: 0.2 * x, Accuracy: 0.8}, Validation: experiment.NoScore,
		}
		for i, epoch := range []int{1, 2, 4} {
			r.History.Add(epoch, experiment.Score{Loss: x / float64(i+1), Accuracy: 0.5}, experiment.Score{Loss: 1e-300, Accuracy: 0.25}, []float64{1, math.NaN(), 1. / 3}[i])
			if validation > 0 {
				r.History.AddValidation(experiment.Score{Loss: x + 1/float64(i+1), Accuracy: 0.125})
			}
		}
		if validation > 0 {
			r.Validation, r.Best = experiment.Score{Loss: 0.3 * x, Accuracy: 0.7}, experiment.Snapshot{Epoch: 2, Theta: theta(2)}
		}
		run.Replicas = append(run.Replicas, r)
	}
	run.Seal(spec.Key())
	return run
}

// Plain returns a run without snapshots and steps, of a regression.
func Plain(t testing.TB) *experiment.Run {
	run := Handmade(&experiment.Run{Spec: Small()})
	run.Replicas[0].Train, run.Replicas[0].Test, run.Replicas[0].Validation = experiment.Score{Loss: 2, Accuracy: math.NaN()}, experiment.Score{Loss: 3, Accuracy: math.NaN()}, experiment.NoScore
	run.Seal(run.Spec.Key())
	return run
}
