package train

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/runstore"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

// benchTrainer measures epochs of a Spec, without its evaluation, and the first ones, which compile.
func benchTrainer(b *testing.B, spec experiment.Spec, epochsAtOnce int) {
	b.Helper()
	spec.Epochs = 1 << 20
	spec = runtest.MustResolve(b, spec)
	tr, err := newTrainer(newJob(spec))
	if err != nil {
		b.Fatal(err)
	}
	epochs := func() {
		if err := tr.advance(context.Background(), epochsAtOnce); err != nil {
			b.Fatal(err)
		}
		if _, _, err := tr.endChunk(epochsAtOnce); err != nil {
			b.Fatal(err)
		}
	}
	begin := time.Now()
	epochs() // compiles
	first := time.Since(begin).Seconds()
	b.ResetTimer()
	for b.Loop() {
		epochs()
	}
	done := float64(b.N*epochsAtOnce) * float64(spec.Seeds)
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/done, "ms/epoch")
	b.ReportMetric(first, "s/first")
	b.ReportMetric(0, "ns/op")
}

// The benchmarks of the networks that scripts/bench.sh also measures in PyTorch and
// JAX: scripts/bench/peers.py has the same work under the same names.

var (
	deep571 = experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 10, 10, 10, 10, 10, 5, 1), Activation: nn.LeakyReLU, WeightDecay: 1e-4}
	cnnNet  = experiment.Spec{Task: data.MNIST, Arch: nn.CNN([]int{16, 32}, 128, 10), Batch: 100, Dropout: 0.25}
)

func BenchmarkEpoch(b *testing.B) {
	shallow, small, large := deep571, runtest.DenseNet, runtest.DenseNet
	shallow.Arch, shallow.Seeds = nn.MLP(1, 190, 1), 5
	small.Batch, large.Batch = 64, 1024
	b.Run("deep571", func(b *testing.B) { benchTrainer(b, deep571, 250) })
	for _, seeds := range []int{5, 10, 100} {
		together := deep571
		together.Seeds = seeds
		b.Run(fmt.Sprint("deep571x", seeds), func(b *testing.B) { benchTrainer(b, together, 250) })
	}
	b.Run("shallow571x5", func(b *testing.B) { benchTrainer(b, shallow, 250) })
	b.Run("dense-64", func(b *testing.B) { benchTrainer(b, small, 1) })
	b.Run("dense-100", func(b *testing.B) { benchTrainer(b, runtest.DenseNet, 1) })
	b.Run("dense-1024", func(b *testing.B) { benchTrainer(b, large, 1) })
	b.Run("cnn", func(b *testing.B) { benchTrainer(b, cnnNet, 1) })
}

// BenchmarkPart measures the trainings of some parts of the report: those that scripts/gpu-pack.sh took from
// a run store, with the scores that they had there.
func BenchmarkPart(b *testing.B) {
	text, err := os.ReadFile("testdata/parts.json")
	if err != nil {
		b.Skip("scripts/gpu-pack.sh makes it: ", err)
	}
	var parts map[string][]struct {
		Spec experiment.Spec
		Rows []runstore.Row
	}
	if err := json.Unmarshal(text, &parts); err != nil {
		b.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		b.Run(name, func(b *testing.B) {
			var specs []experiment.Spec
			for _, stored := range parts[name] {
				specs = append(specs, stored.Spec)
			}
			for b.Loop() {
				b.Setenv("HW1_RUNS", b.TempDir())
				runs, err := All(specs...)
				if err != nil {
					b.Fatal(err)
				}
				for i, run := range runs {
					for k, r := range run.Replicas {
						was := parts[name][i].Rows[k]
						fmt.Printf("%s: %d epochs, test loss %.4f; stored: %d epochs, %.4f\n", run.Spec.Describe(), r.Epochs, r.Test.Loss, was.Epochs, *was.TestLoss) // b.Logf stops after ten lines
					}
				}
			}
			b.ReportMetric(float64(len(specs)), "trainings")
		})
	}
}

// BenchmarkCheckpoint measures what a checkpoint of a large network costs, which
// is written each ten seconds at most.
func BenchmarkCheckpoint(b *testing.B) {
	b.Setenv("HW1_RUNS", b.TempDir())
	tr, err := newTrainer(newJob(runtest.MustResolve(b, experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 512, 512, 10), Epochs: 2, Batch: 250})))
	if err != nil {
		b.Fatal(err)
	}
	if err := tr.trainChunk(context.Background()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		tr.checkpoint()
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/checkpoint")
	b.ReportMetric(0, "ns/op")
}
