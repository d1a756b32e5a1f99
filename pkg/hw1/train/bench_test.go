package train

import (
	"context"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

// benchTrainer measures epochs of a Spec, without its evaluation.
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
	epochs() // compiles
	b.ResetTimer()
	for b.Loop() {
		epochs()
	}
	done := float64(b.N*epochsAtOnce) * float64(spec.Seeds)
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/done, "ms/epoch")
	b.ReportMetric(0, "ns/op")
}

// The benchmarks of the networks that scripts/bench.sh also measures in PyTorch and
// JAX: scripts/bench/peers.py has the same work under the same names.

var (
	deep571 = experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 10, 10, 10, 10, 10, 5, 1), Activation: nn.LeakyReLU, WeightDecay: 1e-4}
	cnnNet  = experiment.Spec{Task: data.MNIST, Arch: nn.CNN([]int{16, 32}, 128, 10), Batch: 100, Dropout: 0.25}
)

func BenchmarkEpoch(b *testing.B) {
	five, shallow, small, large := deep571, deep571, runtest.DenseNet, runtest.DenseNet
	five.Seeds, shallow.Seeds = 5, 5
	shallow.Arch = nn.MLP(1, 190, 1)
	small.Batch, large.Batch = 64, 1024
	b.Run("deep571", func(b *testing.B) { benchTrainer(b, deep571, 250) })
	b.Run("deep571x5", func(b *testing.B) { benchTrainer(b, five, 250) })
	b.Run("shallow571x5", func(b *testing.B) { benchTrainer(b, shallow, 250) })
	b.Run("dense-64", func(b *testing.B) { benchTrainer(b, small, 1) })
	b.Run("dense-100", func(b *testing.B) { benchTrainer(b, runtest.DenseNet, 1) })
	b.Run("dense-1024", func(b *testing.B) { benchTrainer(b, large, 1) })
	b.Run("cnn", func(b *testing.B) { benchTrainer(b, cnnNet, 1) })
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
