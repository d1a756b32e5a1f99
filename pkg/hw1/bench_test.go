package hw1

import (
	"context"
	"testing"
)

// benchTrainer measures epochs of a Spec, without its evaluation.
func benchTrainer(b *testing.B, spec Spec, epochsAtOnce int) {
	b.Helper()
	spec.Epochs = 1 << 20
	spec, err := spec.resolved()
	if err != nil {
		b.Fatal(err)
	}
	tr, err := newTrainer(spec)
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

func BenchmarkEpoch(b *testing.B) {
	deep := Spec{Task: Sinc, Arch: MLP(1, 5, 10, 10, 10, 10, 10, 5, 1), Activation: LeakyReLU, WeightDecay: 1e-4}
	fiveSeeds := deep
	fiveSeeds.Seeds = 5
	b.Run("deep571", func(b *testing.B) { benchTrainer(b, deep, functionChunk) })
	b.Run("deep571x5", func(b *testing.B) { benchTrainer(b, fiveSeeds, functionChunk) })
	b.Run("shallow571x5", func(b *testing.B) { s := fiveSeeds; s.Arch = MLP(1, 190, 1); benchTrainer(b, s, functionChunk) })
	b.Run("dense784-350-600-10", func(b *testing.B) {
		benchTrainer(b, Spec{Task: MNIST, Arch: MLP(784, 350, 600, 10), Batch: 100, Dropout: 0.25}, 1)
	})
	b.Run("cnn16-32", func(b *testing.B) {
		benchTrainer(b, Spec{Task: MNIST, Arch: CNN([]int{16, 32}, 128, 10), Batch: 100, Dropout: 0.25}, 1)
	})
}

// BenchmarkCheckpoint measures what a checkpoint of a large network costs, which
// is written each ten seconds at most.
func BenchmarkCheckpoint(b *testing.B) {
	b.Setenv("HW1_RUNS", b.TempDir())
	spec, err := Spec{Task: MNIST, Arch: MLP(784, 512, 512, 10), Epochs: 2, Batch: 250}.resolved()
	if err != nil {
		b.Fatal(err)
	}
	tr, err := newTrainer(spec)
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
