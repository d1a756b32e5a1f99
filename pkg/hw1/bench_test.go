package hw1

import (
	"cmp"
	"context"
	"testing"
)

// benchTrainer measures epochs of a Spec, without its evaluation.
func benchTrainer(b *testing.B, spec Spec, epochsAtOnce int) {
	b.Helper()
	spec.Epochs = 1 << 20
	spec = mustResolve(b, spec)
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
	deep571 = Spec{Task: Sinc, Arch: MLP(1, 5, 10, 10, 10, 10, 10, 5, 1), Activation: LeakyReLU, WeightDecay: 1e-4}
	cnnNet  = Spec{Task: MNIST, Arch: CNN([]int{16, 32}, 128, 10), Batch: 100, Dropout: 0.25}
)

func BenchmarkEpoch(b *testing.B) {
	five, shallow, small, large := deep571, deep571, denseNet, denseNet
	five.Seeds, shallow.Seeds = 5, 5
	shallow.Arch = MLP(1, 190, 1)
	small.Batch, large.Batch = 64, 1024
	b.Run("deep571", func(b *testing.B) { benchTrainer(b, deep571, 250) })
	b.Run("deep571x5", func(b *testing.B) { benchTrainer(b, five, 250) })
	b.Run("shallow571x5", func(b *testing.B) { benchTrainer(b, shallow, 250) })
	b.Run("dense-64", func(b *testing.B) { benchTrainer(b, small, 1) })
	b.Run("dense-100", func(b *testing.B) { benchTrainer(b, denseNet, 1) })
	b.Run("dense-1024", func(b *testing.B) { benchTrainer(b, large, 1) })
	b.Run("cnn", func(b *testing.B) { benchTrainer(b, cnnNet, 1) })
}

// BenchmarkHessian measures the exact Hessian of 701 parameters on 500 points, in
// double precision.
func BenchmarkHessian(b *testing.B) {
	o, theta := objectiveOf(b, Spec{Task: SquareWave, Arch: MLP(1, 20, 30, 1), Activation: Tanh, Epochs: 1})
	bench(b, 1, func() error {
		_, err := o.Hessian(theta)
		return err
	})
}

// BenchmarkSensitivity measures the loss gradient of 10,000 test images.
func BenchmarkSensitivity(b *testing.B) {
	needData(b)
	spec := mustResolve(b, denseNet)
	_, test, err1 := spec.examples()
	s, err2 := newSensor("", spec.network())
	if err := cmp.Or(err1, err2); err != nil {
		b.Fatal(err)
	}
	theta := spec.rounded(spec.Arch.initTheta(1))
	bench(b, 1, func() error {
		_, err := s.lossGradients(b.Context(), theta, test, sensorBatch)
		return err
	})
}

// BenchmarkEvaluation measures loss and accuracy on 60,000 images.
func BenchmarkEvaluation(b *testing.B) {
	sweep, theta := benchSweep(b)
	weights := floatTensor(theta, sweep.eval.net.dtype, 1, len(theta))
	bench(b, 1, func() error {
		_, err := sweep.eval.scores(context.Background(), weights, sweep.train)
		return err
	})
}

// BenchmarkInterpolation measures a position of a sweep: loss and accuracy on the
// training and the test set.
func BenchmarkInterpolation(b *testing.B) {
	sweep, theta := benchSweep(b)
	const positions = 6
	bench(b, positions, func() error {
		_, _, err := sweep.scores(context.Background(), positions, func(int) []float64 { return theta }, func(float64) {})
		return err
	})
}

// benchSweep returns the dense net on MNIST, and weights for it.
func benchSweep(b *testing.B) (*sweep, []float64) {
	b.Helper()
	needData(b)
	spec := mustResolve(b, denseNet)
	s, err := newSweep(spec)
	if err != nil {
		b.Fatal(err)
	}
	return s, spec.rounded(spec.Arch.initTheta(1))
}

// BenchmarkCheckpoint measures what a checkpoint of a large network costs, which
// is written each ten seconds at most.
func BenchmarkCheckpoint(b *testing.B) {
	b.Setenv("HW1_RUNS", b.TempDir())
	tr, err := newTrainer(newJob(mustResolve(b, Spec{Task: MNIST, Arch: MLP(784, 512, 512, 10), Epochs: 2, Batch: 250})))
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
