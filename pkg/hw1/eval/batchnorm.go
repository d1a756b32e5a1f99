package eval

import (
	"context"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

// UpdateBatchNorm returns a run whose running statistics of batch normalization have been measured anew with its weights: means,
// over an epoch's mini-batches of the training set, of their means and unbiased variances. Weights that were averaged, or combined
// in another way, need that, for the average of statistics is no statistic of the averaged weights (Izmailov et al. 2018). Without
// batch normalization only the name changes.
func UpdateBatchNorm(run *experiment.Run) (*experiment.Run, error) {
	if err := check.Args("eval.UpdateBatchNorm", run); err != nil {
		return nil, err
	}
	sweep, err := NewSweep(run.Spec)
	if err != nil {
		return nil, err
	}
	return madeOf("eval.UpdateBatchNorm", run, "statistics of its weights", func(r experiment.Replica) (experiment.Snapshot, error) {
		theta, err := sweep.UpdateBatchNorm(context.Background(), r.Theta)
		return experiment.Snapshot{Epoch: r.Epochs, Theta: theta}, err
	})
}

// UpdateBatchNorm is the function of that name for a theta [P], which stays as it is.
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
