package optim

import (
	"math/rand/v2"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/num"
)

// Order says which examples the steps of an epoch take: mini-batches in an order that each
// replica shuffles for itself. All have the same size: examples that do not fill a last batch are left out,
// different ones in each epoch. A Batch of 0 is the whole set.
type Order struct {
	Seed, Seeds int // the first replica's seed, and the number of replicas
	Examples    int // in the training set
	Batch       int
	Random      bool // the steps need random numbers, for dropout or noise
}

// StepsPerEpoch returns the optimizer's steps in one epoch.
func (o Order) StepsPerEpoch() int {
	if o.Batch == 0 {
		return 1
	}
	return o.Examples / o.Batch
}

// Streams holds what the steps of some epochs need besides the training set: the
// rows of each mini-batch and the keys of random numbers. Both depend only on the
// seed and the epoch, so that a run can be resumed at any epoch.
type Streams struct {
	order Order
	rows  []int32  // [steps, R, batch]; nil for full batches
	keys  []uint32 // [steps, 2]; nil without random numbers
}

// Streams returns the streams of some epochs.
func (o Order) Streams(epoch, epochs int) Streams {
	s := Streams{order: o}
	steps := o.StepsPerEpoch()
	s.rows = slices.Grow(s.rows, epochs*steps*o.Seeds*o.Batch)
	for e := range epochs {
		if o.Batch > 0 {
			orders := num.Make(o.Seeds, func(r int) []int { return epochRand(o.Seed+r, epoch+e, num.StreamShuffle).Perm(o.Examples) })
			for step := range steps {
				for _, order := range orders {
					for _, i := range order[step*o.Batch:][:o.Batch] {
						s.rows = append(s.rows, int32(i))
					}
				}
			}
		}
		if o.Random {
			rng := epochRand(o.Seed, epoch+e, num.StreamDropout)
			for range 2 * steps {
				s.keys = append(s.keys, rng.Uint32())
			}
		}
	}
	return s
}

func epochRand(seed, epoch int, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(seed), stream<<32|uint64(epoch)))
}

// Tensors returns the operands of the steps from first to before last, in the
// order in which a [Loop] expects them.
func (s Streams) Tensors(first, last int) []any {
	var operands []any
	if s.rows != nil {
		n := s.order.Seeds * s.order.Batch
		operands = append(operands, tensors.FromFlatDataAndDimensions(s.rows[first*n:last*n], last-first, s.order.Seeds, s.order.Batch))
	}
	if s.keys != nil {
		operands = append(operands, tensors.FromFlatDataAndDimensions(s.keys[2*first:2*last], last-first, 2))
	}
	return operands
}
