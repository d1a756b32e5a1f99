package experiment

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/store"
)

// This file turns a run's vectors into the arrays of weights.npz and back: initial
// and final thetas [R, P]; of replica i its snapshots, snapshots_i [S, P], with
// their epochs, snapshot_epochs_i [S], and the loss and the gradient's norm of each
// training step, steps_i [steps, 2].

func (r *Run) arrays() map[string]*tensors.Tensor {
	dtype, p := r.Spec.DType(), r.Spec.Arch.ParamCount()
	arrays := map[string]*tensors.Tensor{}
	var initial, final []float64
	for i, replica := range r.Replicas {
		initial, final = append(initial, replica.Initial...), append(final, replica.Theta...)
		if n := len(replica.Snapshots); n > 0 {
			var thetas []float64
			var epochs []int32
			for _, s := range replica.Snapshots {
				thetas, epochs = append(thetas, s.Theta...), append(epochs, int32(s.Epoch))
			}
			arrays[numbered("snapshots", i)] = device.Tensor(thetas, dtype, n, p)
			arrays[numbered("snapshot_epochs", i)] = tensors.FromFlatDataAndDimensions(epochs, n)
		}
		if n := len(replica.Steps); n > 0 {
			var steps []float64
			for _, s := range replica.Steps {
				steps = append(steps, s.Loss, s.GradNorm)
			}
			arrays[numbered("steps", i)] = device.Tensor(steps, dtype, n, 2)
		}
	}
	arrays["initial"] = device.Tensor(initial, dtype, len(r.Replicas), p)
	arrays["final"] = device.Tensor(final, dtype, len(r.Replicas), p)
	return arrays
}

func numbered(name string, i int) string { return fmt.Sprintf("%s_%d", name, i) }

// setArrays is the inverse of arrays.
func (r *Run) setArrays(arrays map[string]*tensors.Tensor) error {
	p := r.Spec.Arch.ParamCount()
	initial, err := store.Matrix(arrays, "initial", p)
	if err != nil {
		return err
	}
	final, err := store.Matrix(arrays, "final", p)
	if err != nil {
		return err
	}
	if len(initial) != len(r.Replicas) || len(final) != len(r.Replicas) {
		return fmt.Errorf("it does not hold %d replicas", len(r.Replicas))
	}
	for i := range r.Replicas {
		replica := &r.Replicas[i]
		replica.Initial, replica.Theta = initial[i], final[i]
		if err := replica.setSnapshots(arrays, i, p); err != nil {
			return err
		}
		steps, err := store.Matrix(arrays, numbered("steps", i), 2)
		if err != nil {
			return err
		}
		for _, s := range steps {
			replica.Steps = append(replica.Steps, Step{s[0], s[1]})
		}
	}
	return nil
}

func (r *Replica) setSnapshots(arrays map[string]*tensors.Tensor, i, p int) error {
	thetas, err := store.Matrix(arrays, numbered("snapshots", i), p)
	if err != nil || thetas == nil {
		return err
	}
	name := numbered("snapshot_epochs", i)
	array := arrays[name]
	if array == nil || array.DType() != dtypes.Int32 || array.Rank() != 1 || array.Size() != len(thetas) {
		return fmt.Errorf("%s does not hold the epochs of %d snapshots", name, len(thetas))
	}
	epochs, err := tensors.CopyFlatData[int32](array)
	if err != nil {
		return err
	}
	for j, theta := range thetas {
		r.Snapshots = append(r.Snapshots, Snapshot{int(epochs[j]), theta})
	}
	return nil
}
