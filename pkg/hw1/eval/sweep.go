package eval

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

// Sweep evaluates many thetas of one network on the training and test sets.
type Sweep struct {
	Eval        *Evaluator
	Train, Test data.Examples
	batch       int // of the training
}

// NewSweep returns a sweep on the sets of a resolved Spec.
func NewSweep(spec experiment.Spec) (*Sweep, error) {
	train, test, err1 := spec.Shared()
	e, err2 := New(spec)
	return &Sweep{e, train, test, min(cmp.Or(spec.Batch, train.Len()), train.Len())}, cmp.Or(err1, err2)
}

// Tensor returns theta as a tensor [1, P] for the evaluator.
func (s *Sweep) Tensor(theta []float64) *tensors.Tensor {
	return device.Tensor(theta, s.Eval.Net.DType, 1, len(theta))
}

// Scores returns the scores at n thetas, evaluating several at a time. Each is evaluated in the
// same batches as during training, so that equal thetas have equal scores.
func (s *Sweep) Scores(ctx context.Context, n int, theta func(i int) ([]float64, error), report func(share float64)) (train, test []experiment.Score, err error) {
	train, test = make([]experiment.Score, n), make([]experiment.Score, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	var done atomic.Int64
	for i := range n {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			at, err := theta(i)
			if err != nil {
				return err
			}
			scores, err := s.Eval.ScoresOn(ctx, s.Tensor(at), [3]data.Examples{s.Train, s.Test})
			if err != nil {
				return err
			}
			train[i], test[i] = scores[0][0], scores[0][1]
			if loss := train[i].Loss + test[i].Loss; !check.IsFinite(loss) {
				return fmt.Errorf("the loss at position %d of %d is %g; choose positions nearer to the networks", i+1, n, loss)
			}
			report(float64(done.Add(1)) / float64(n))
			return nil
		})
	}
	return train, test, group.Wait()
}

// UpdateBatchNorm returns a theta [P] with running statistics of its own, see the function [UpdateBatchNorm]; the given one stays as it is.
func (s *Sweep) UpdateBatchNorm(ctx context.Context, theta []float64) ([]float64, error) {
	net := s.Eval.Net
	if !net.Arch.BatchNorm {
		return theta, nil
	}
	inputs, targets, err := s.Train.OnDevice(net.DType)
	if err != nil {
		return nil, err
	}
	exec := device.Shared(net.Tell("batch statistics"), func(theta, inputs, targets, rows *graph.Node) *graph.Node {
		x, _ := nn.Batch(inputs, targets, graph.Squeeze(rows, 0), 1, theta.DType())
		return net.Statistics(net.Unpack(theta), x)
	})
	order := optim.Order{Seeds: 1, Examples: s.Train.Len(), Batch: s.batch}
	weights, streams, steps := s.Tensor(theta), order.Streams(0, 1), order.StepsPerEpoch()
	var means []float64
	for step := range steps {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		batch, err := exec.Value(weights, inputs, targets, streams.Tensors(step, step+1)[0])
		if err != nil {
			return nil, s.Eval.wrap(err)
		}
		if means == nil {
			means = make([]float64, len(batch))
		}
		floats.AddScaled(means, 1/float64(steps), batch)
	}
	theta = slices.Clone(theta)
	for _, p := range net.Params {
		if p.Fixed {
			means = means[copy(theta[p.Offset:p.Offset+p.Size], means):]
		}
	}
	return theta, nil
}
