package hw1

import (
	"context"
	"testing"
)

// Batches that are evaluated at once share the weights. Without their move to the
// device beforehand, about one evaluation in a thousand does not find them.
func TestEvaluationsShareTheirWeights(t *testing.T) {
	needData(t)
	spec := mustResolve(t, Spec{Task: MNIST, Arch: MLP(784, 10), Epochs: 1, Batch: 100, TestSize: 2 * evalBatchDense})
	s, err := newSweep(spec)
	if err != nil {
		t.Fatal(err)
	}
	theta := spec.rounded(spec.Arch.initTheta(1))
	for range 1000 {
		if _, err := s.eval.scores(context.Background(), floatTensor(theta, spec.dtype(), 1, len(theta)), s.test); err != nil {
			t.Fatal(err)
		}
	}
}
