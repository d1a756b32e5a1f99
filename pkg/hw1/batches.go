package hw1

import (
	"context"
	"math/rand/v2"
	"runtime"

	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sync/errgroup"
)

// This file says which examples are computed on together: in the steps of training,
// and in evaluations.

// streams holds what the steps of some epochs need beside the training set: the
// rows of each mini-batch and the keys of dropout. Both depend on the
// seed and the epoch alone, so that a run can be taken up at any epoch.
type streams struct {
	replicas, batch int
	rows            []int32  // [steps, R, batch]; nil for full batches
	keys            []uint32 // for dropout, [steps, 2]; nil without
}

func newStreams(spec Spec, epoch, epochs int) streams {
	s := streams{replicas: spec.Seeds, batch: spec.Batch}
	steps := spec.stepsPerEpoch()
	if spec.miniBatches() {
		s.rows = make([]int32, epochs*steps*s.replicas*s.batch)
	}
	for e := range epochs {
		for r := range s.replicas {
			if spec.miniBatches() {
				s.shuffle(spec, e*steps, r, epochRand(spec.Seed+r, epoch+e, streamShuffle))
			}
		}
		if spec.Dropout > 0 {
			rng := epochRand(spec.Seed, epoch+e, streamDropout)
			for range 2 * steps {
				s.keys = append(s.keys, rng.Uint32())
			}
		}
	}
	return s
}

// shuffle writes one replica's batches of the epoch that begins at a step.
func (s *streams) shuffle(spec Spec, firstStep, replica int, rng *rand.Rand) {
	order := rng.Perm(spec.TrainSize)
	for step := range spec.stepsPerEpoch() {
		at := ((firstStep+step)*s.replicas + replica) * s.batch
		for i := range s.batch {
			s.rows[at+i] = int32(order[step*s.batch+i])
		}
	}
}

func epochRand(seed, epoch int, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(seed), stream<<32|uint64(epoch)))
}

// tensors returns the operands of the steps from first to before last, in the
// order that network.loop takes them.
func (s streams) tensors(first, last int) []any {
	var operands []any
	if s.rows != nil {
		n := s.replicas * s.batch
		operands = append(operands, tensors.FromFlatDataAndDimensions(s.rows[first*n:last*n], last-first, s.replicas, s.batch))
	}
	if s.keys != nil {
		operands = append(operands, tensors.FromFlatDataAndDimensions(s.keys[2*first:2*last], last-first, 2))
	}
	return operands
}

// Examples in one evaluation, of a network with convolutions, whose activations are
// large, and of another; results do not depend on it.
const (
	evalBatchConv  = 1000
	evalBatchDense = 4000
)

func (s Spec) evalBatch() int {
	if len(s.Arch.Conv) > 0 {
		return evalBatchConv
	}
	return evalBatchDense
}

// inBatches works on a set in batches, several at a time: one does not keep all cores
// busy. They share theta, which is on the device before.
func (e Examples) inBatches(ctx context.Context, theta *tensors.Tensor, size int, work func(first int, batch Examples) error) error {
	if err := toDevice(theta); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for first := 0; first < e.Len(); first += size {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return work(first, e.slice(first, min(first+size, e.Len())))
		})
	}
	return group.Wait()
}
