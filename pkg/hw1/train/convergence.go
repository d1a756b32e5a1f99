package train

import (
	"math"

	"hw1/pkg/hw1/nn"
)

// convergedGain is the relative gain of the best loss below which training makes
// no progress.
const convergedGain = 1e-4

// convergence watches one replica's training loss.
type convergence struct {
	plateau float64 // half of the lowest loss of a constant, which none can reach
	best    float64 // lowest loss so far
	mark    float64 // the best loss when it last made progress, in epoch since
	since   int
}

// newConvergence watches a loss on targets.
func newConvergence(targets []float64, loss nn.Loss) convergence {
	return convergence{plateau: loss.Constant(targets) / 2, best: math.Inf(1), mark: math.Inf(1)}
}

func (c *convergence) add(epoch int, loss float64) {
	c.best = min(c.best, loss)
	if c.best < c.mark*(1-convergedGain) {
		c.mark, c.since = c.best, epoch
	}
}

// converged reports whether the best loss gained less than convergedGain in the
// last patience epochs. A net on the plateau at the start, where it predicts a
// constant, has not converged, however long it stays there.
func (c *convergence) converged(epoch, patience int) bool {
	return patience > 0 && c.best < c.plateau && epoch-c.since >= patience
}
