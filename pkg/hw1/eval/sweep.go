package eval

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sync/errgroup"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
)

// Sweep evaluates many thetas of one network on the training and the test set.
type Sweep struct {
	Eval        *Evaluator
	Train, Test data.Examples
}

func NewSweep(spec experiment.Spec) (*Sweep, error) {
	train, test, err := spec.Examples()
	if err != nil {
		return nil, err
	}
	e, err := New(spec.Describe(), spec.Network())
	return &Sweep{e, train, test}, err
}

// Tensor returns theta as the evaluator takes it, [1, P].
func (s *Sweep) Tensor(theta []float64) *tensors.Tensor {
	return device.Tensor(theta, s.Eval.Net.DType, 1, len(theta))
}

// Scores returns the scores at n thetas, several at a time. Each is evaluated as
// training does, in the same batches, so that equal thetas have equal scores.
func (s *Sweep) Scores(ctx context.Context, n int, theta func(i int) []float64, report func(share float64)) (train, test []experiment.Score, err error) {
	train, test = make([]experiment.Score, n), make([]experiment.Score, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	var done atomic.Int64
	for i := range n {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			at := s.Tensor(theta(i))
			for set, scores := range map[*data.Examples][]experiment.Score{&s.Train: train, &s.Test: test} {
				score, err := s.Eval.Scores(ctx, at, *set)
				if err != nil {
					return err
				}
				if !check.IsFinite(score[0].Loss) {
					return fmt.Errorf("the loss at position %d of %d is %g; take positions nearer to the networks", i+1, n, score[0].Loss)
				}
				scores[i] = score[0]
			}
			report(float64(done.Add(1)) / float64(n))
			return nil
		})
	}
	return train, test, group.Wait()
}
