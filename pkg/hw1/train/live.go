package train

import (
	"context"
	"fmt"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/device"
)

// Live is the training of one seed while somebody watches: it runs for as long as it is asked to, and
// stores nothing. It takes the same steps as [One], with the same losses.
type Live struct {
	tr *trainer
}

// NewLive returns the training of a Spec at its beginning.
func NewLive(spec experiment.Spec) (*Live, error) {
	resolved, err := spec.Resolved()
	if err != nil {
		return nil, err
	}
	if resolved.Seeds != 1 {
		return nil, fmt.Errorf("a live training has one seed, not %d", resolved.Seeds)
	}
	tr, err := newTrainer(newJob(resolved))
	return &Live{tr}, err
}

// Epoch returns how many epochs are done.
func (l *Live) Epoch() int { return l.tr.epoch }

// Train trains one more epoch, and returns the loss and the gradient norm, averaged over its steps. It
// fails if they are not finite: the training has diverged, and ends.
func (l *Live) Train(ctx context.Context) (loss, norm float64, err error) {
	if err := l.tr.advance(ctx, 1); err != nil {
		return 0, 0, err
	}
	losses, norms, err := l.tr.endChunk(1)
	if err != nil {
		return 0, 0, err
	}
	return l.tr.means(losses, norms, 0, l.tr.epoch)
}

// Theta returns the weights, [P].
func (l *Live) Theta() ([]float64, error) { return device.Floats(l.tr.state[0]) }

// TestLoss returns the loss on the test set.
func (l *Live) TestLoss(ctx context.Context) (float64, error) {
	scores, err := l.tr.eval.Scores(ctx, l.tr.state[0], l.tr.test)
	if err != nil {
		return 0, err
	}
	return scores[0].Loss, nil
}

// Outputs returns the network's outputs [n·outputs] for inputs [n, features], given row by row.
func (l *Live) Outputs(ctx context.Context, inputs []float64) ([]float64, error) {
	outputs, err := l.tr.eval.Outputs(ctx, l.tr.state[0], data.Examples{X: inputs, Y: make([]float64, len(inputs)/l.tr.spec.Arch.Features())})
	if err != nil {
		return nil, err
	}
	return outputs[0], nil
}
