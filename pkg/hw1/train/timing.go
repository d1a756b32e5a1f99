package train

import (
	"context"
	"math"
	"time"

	"hw1/pkg/hw1/experiment"
)

// timedEpochs is how often epochs are timed at least.
const timedEpochs = 3

// TimeEpochs returns the seconds of the epochs of a resolved Spec within a span of
// seconds.
func TimeEpochs(ctx context.Context, s experiment.Spec, span float64) ([]float64, error) {
	tr, err := newTrainer(newJob(s))
	if err != nil {
		return nil, err
	}
	tr.checkpoints.each = math.MaxInt64 // none
	epochs := tr.chunk(0)
	var times []float64
	for begin := time.Now(); len(times) <= timedEpochs || time.Since(begin).Seconds() < span; {
		start := time.Now()
		if err := tr.advance(ctx, epochs); err != nil {
			return nil, err
		}
		if _, _, err := tr.endChunk(epochs); err != nil { // waits for the device
			return nil, err
		}
		times = append(times, time.Since(start).Seconds()/float64(epochs))
	}
	return times[1:], nil
}
