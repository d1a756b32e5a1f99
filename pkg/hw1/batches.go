package hw1

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

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

// inputTensor returns the examples' inputs, [n, features]: pixels as bytes,
// points as floats.
func (s Spec) inputTensor(e Examples) *tensors.Tensor {
	if len(e.X) > 0 {
		return floatTensor(e.X, s.dtype(), e.Len(), 1)
	}
	return tensors.FromFlatDataAndDimensions(e.Images, e.Len(), len(e.Images)/e.Len())
}

// targetTensor returns the examples' targets, [n]: labels as int32, values as floats.
func (s Spec) targetTensor(e Examples) *tensors.Tensor {
	if e.Y != nil {
		return floatTensor(e.Y, s.dtype(), e.Len())
	}
	labels := make([]int32, e.Len())
	for i, label := range e.Labels {
		labels[i] = int32(label)
	}
	return tensors.FromFlatDataAndDimensions(labels, e.Len())
}

// floatTensor returns values as a tensor of a float type.
func floatTensor(values []float64, dtype dtypes.DType, dims ...int) *tensors.Tensor {
	if dtype == dtypes.Float64 {
		return tensors.FromFlatDataAndDimensions(values, dims...)
	}
	narrow := make([]float32, len(values))
	for i, v := range values {
		narrow[i] = float32(v)
	}
	return tensors.FromFlatDataAndDimensions(narrow, dims...)
}

// floatsOf returns a float tensor's values.
func floatsOf(t *tensors.Tensor) ([]float64, error) {
	values := make([]float64, t.Size())
	var wrong error
	err := t.ConstFlatData(func(flat any) {
		switch flat := flat.(type) {
		case []float64:
			copy(values, flat)
		case []float32:
			for i, v := range flat {
				values[i] = float64(v)
			}
		default:
			wrong = fmt.Errorf("%T are no numbers of single or double precision", flat)
		}
	})
	return values, errors.Join(err, wrong)
}

// rowsOf returns the rows of matrices with equally many columns, one below the other.
func rowsOf(matrices []*tensors.Tensor) ([][]float64, error) {
	var rows [][]float64
	for _, m := range matrices {
		values, err := floatsOf(m)
		if err != nil {
			return nil, err
		}
		width := m.Shape().Dimensions[1]
		for ; len(values) > 0; values = values[width:] {
			rows = append(rows, values[:width:width])
		}
	}
	return rows, nil
}

func meanColumn(rows [][]float64, column int) float64 {
	sum := 0.0
	for _, row := range rows {
		sum += row[column]
	}
	return sum / float64(len(rows))
}
