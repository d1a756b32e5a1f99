package device

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"unsafe"
	"weak"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/num"
)

// This file converts examples and numbers to tensors on a device, and back.

// Tensor returns values as a tensor of a float type.
func Tensor(values []float64, dtype dtypes.DType, dims ...int) *tensors.Tensor {
	if dtype == dtypes.Float64 {
		return tensors.FromFlatDataAndDimensions(values, dims...)
	}
	narrow := num.Map(values, func(v float64) float32 { return float32(v) })
	return tensors.FromFlatDataAndDimensions(narrow, dims...)
}

// Floats returns a float tensor's values.
func Floats(t *tensors.Tensor) ([]float64, error) {
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
			wrong = fmt.Errorf("%T does not hold numbers of single or double precision", flat)
		}
	})
	return values, errors.Join(err, wrong)
}

// Rows returns the rows of matrices with the same number of columns, stacked.
func Rows(matrices ...*tensors.Tensor) ([][]float64, error) {
	var rows [][]float64
	for _, m := range matrices {
		values, err := Floats(m)
		if err != nil {
			return nil, err
		}
		rows = slices.AppendSeq(rows, slices.Chunk(values, m.Shape().Dimensions[1]))
	}
	return rows, nil
}

// Move moves a tensor to the device before goroutines share it: GoMLX 0.28.2
// moves it on first use, and a second use at that moment does not find it.
func Move(t *tensors.Tensor) error {
	backend, err := Open()
	if err != nil {
		return err
	}
	return t.ToDevice(backend, 0)
}

// moved holds the tensors made from bytes that are still in use, and some that no longer are, by the address of the bytes.
var moved = struct {
	sync.Mutex
	all map[movedBytes]weak.Pointer[tensors.Tensor]
}{all: map[movedBytes]weak.Pointer[tensors.Tensor]{}}

type movedBytes struct {
	first   weak.Pointer[uint8]
	n, rows int
}

// MovedBytes returns bytes, which must not change, as a tensor [rows, n/rows] on the device. It returns the same tensor
// for as long as that is in use, so that trainings side by side hold their images only once.
func MovedBytes(values []uint8, rows int) (*tensors.Tensor, error) {
	moved.Lock()
	defer moved.Unlock()
	bytes := movedBytes{weak.Make(unsafe.SliceData(values)), len(values), rows}
	if t := moved.all[bytes].Value(); t != nil {
		return t, nil
	}
	t := tensors.FromFlatDataAndDimensions(values, rows, len(values)/rows)
	if err := Move(t); err != nil {
		return nil, err
	}
	maps.DeleteFunc(moved.all, func(_ movedBytes, t weak.Pointer[tensors.Tensor]) bool { return t.Value() == nil })
	moved.all[bytes] = weak.Make(t)
	return t, nil
}

// Donated returns a state as operands whose memory an execution may reuse for
// its results, without waiting for the garbage collector.
func Donated(backend compute.Backend, state []*tensors.Tensor) ([]any, error) {
	operands := make([]any, len(state))
	for i, tensor := range state {
		var err error
		if operands[i], err = graph.DonateTensorBuffer(tensor, backend, 0); err != nil {
			return nil, err
		}
	}
	return operands, nil
}
