package sensitivity

import (
	"cmp"
	"testing"

	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
)

// BenchmarkSensitivity measures the loss gradient of 10,000 test images.
func BenchmarkSensitivity(b *testing.B) {
	hw1test.NeedData(b)
	spec := runtest.MustResolve(b, runtest.DenseNet)
	_, test, err1 := spec.Examples()
	s, err2 := newSensor(spec)
	if err := cmp.Or(err1, err2); err != nil {
		b.Fatal(err)
	}
	theta := spec.Rounded(spec.Arch.InitTheta(1))
	runtest.Bench(b, 1, func() error {
		_, err := s.gradientNorms(b.Context(), theta, test, sensorBatch)
		return err
	})
}
