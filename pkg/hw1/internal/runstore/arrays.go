package runstore

import (
	"cmp"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/store"
)

// This file converts a run's vectors to the arrays of weights.npz and back: the initial
// and final thetas [R, P]; for each replica i its snapshots, snapshots_i [S, P], with
// their epochs, snapshot_epochs_i [S], and the loss and gradient norm of each
// training step, steps_i [steps, 2]; with a validation set, also best_i [1, P] and its
// epoch, best_epoch_i [1].

func arrays(r *experiment.Run) map[string]*tensors.Tensor {
	dtype, p := r.Spec.DType(), r.Spec.Arch.ParamCount()
	all := map[string]*tensors.Tensor{}
	var initial, final []float64
	for i, replica := range r.Replicas {
		initial, final = append(initial, replica.Initial...), append(final, replica.Theta...)
		if n := len(replica.Snapshots); n > 0 {
			var thetas []float64
			var epochs []int32
			for _, s := range replica.Snapshots {
				thetas, epochs = append(thetas, s.Theta...), append(epochs, int32(s.Epoch))
			}
			all[numbered("snapshots", i)] = device.Tensor(thetas, dtype, n, p)
			all[numbered("snapshot_epochs", i)] = tensors.FromFlatDataAndDimensions(epochs, n)
		}
		if replica.Best.Theta != nil {
			all[numbered("best", i)] = device.Tensor(replica.Best.Theta, dtype, 1, p)
			all[numbered("best_epoch", i)] = tensors.FromFlatDataAndDimensions([]int32{int32(replica.Best.Epoch)}, 1)
		}
		if n := len(replica.Steps); n > 0 {
			var steps []float64
			for _, s := range replica.Steps {
				steps = append(steps, s.Loss, s.GradNorm)
			}
			all[numbered("steps", i)] = device.Tensor(steps, dtype, n, 2)
		}
	}
	all["initial"] = device.Tensor(initial, dtype, len(r.Replicas), p)
	all["final"] = device.Tensor(final, dtype, len(r.Replicas), p)
	return all
}

func numbered(name string, i int) string { return fmt.Sprintf("%s_%d", name, i) }

// setArrays is the inverse of arrays.
func setArrays(r *experiment.Run, arrays map[string]*tensors.Tensor) error {
	p := r.Spec.Arch.ParamCount()
	initial, err1 := store.Matrix(arrays, "initial", p)
	final, err2 := store.Matrix(arrays, "final", p)
	if err := cmp.Or(err1, err2); err != nil {
		return err
	}
	if len(initial) != len(r.Replicas) || len(final) != len(r.Replicas) {
		return fmt.Errorf("it does not hold %d replicas", len(r.Replicas))
	}
	for i := range r.Replicas {
		kept, err1 := snapshots(arrays, numbered("snapshots", i), numbered("snapshot_epochs", i), p)
		best, err2 := snapshots(arrays, numbered("best", i), numbered("best_epoch", i), p)
		steps, err3 := store.Matrix(arrays, numbered("steps", i), 2)
		if err := cmp.Or(err1, err2, err3); err != nil {
			return err
		}
		replica := &r.Replicas[i]
		replica.Initial, replica.Theta, replica.Snapshots = initial[i], final[i], kept
		if len(best) > 0 {
			replica.Best = best[0]
		}
		for _, s := range steps {
			replica.Steps = append(replica.Steps, experiment.Step{Loss: s[0], GradNorm: s[1]})
		}
	}
	return nil
}

// snapshots returns the snapshots in an array of thetas [S, P] and an array of their epochs, or none if these are missing.
func snapshots(arrays map[string]*tensors.Tensor, name, epochsName string, p int) ([]experiment.Snapshot, error) {
	thetas, err := store.Matrix(arrays, name, p)
	if err != nil || thetas == nil {
		return nil, err
	}
	array := arrays[epochsName]
	if array == nil || array.DType() != dtypes.Int32 || array.Rank() != 1 || array.Size() != len(thetas) {
		return nil, fmt.Errorf("%s does not hold the epochs of %d snapshots", epochsName, len(thetas))
	}
	epochs, err := tensors.CopyFlatData[int32](array)
	if err != nil {
		return nil, err
	}
	return num.Make(len(thetas), func(j int) experiment.Snapshot { return experiment.Snapshot{Epoch: int(epochs[j]), Theta: thetas[j]} }), nil
}
