//go:build !js

package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/cell"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runstore"
	"hw1/pkg/hw1/internal/store"
)

// A training that was killed continues from its last checkpoint: a file in the run
// store, .checkpoint-KEY, that is replaced as a whole. It is a zip archive of what
// an entry of the store would hold at that moment, and of optimizer.npz:
//
//	theta, m, v, t, …  the optimizer's state
//	position           epochs done, and steps done of the current chunk of epochs
//	losses, norms      of these steps, [steps, R]
//	convergence        best, mark, since, done of each replica, [R, 4]
//	graph              for a custom network: the test loss of the first replica's initial weights
//
// The order of the examples and the dropout depend only on seed and epoch, so a
// resumed training ends with the same bits as one that was not interrupted.

// checkpointShare bounds the time spent on checkpoints: a fiftieth.
const checkpointShare = 50

func checkpointPath(key string) string { return filepath.Join(env.RunsDir(), ".checkpoint-"+key) }

// checkpoints says when a trainer writes its next one.
type checkpoints struct {
	each   time.Duration
	last   time.Time     // when the last one was finished, or the start
	took   time.Duration // time to write the last one
	failed bool          // one failed, and the user has been told
}

func (c *checkpoints) due() bool {
	return time.Since(c.last) >= max(c.each, checkpointShare*c.took)
}

// checkpoint writes the state between two steps, and reports whether it could. If it
// cannot, the training continues without checkpoints, after a notice to the user.
func (tr *trainer) checkpoint() (written bool) {
	start := time.Now()
	content, err := tr.encodeCheckpoint()
	if err == nil {
		err = store.Replace(checkpointPath(tr.key), content)
	}
	if err != nil && !tr.checkpoints.failed {
		tr.checkpoints.failed = true
		cell.Notice("No checkpoint of %s can be written, so it will start from the beginning if it is stopped: %v.", tr.spec.Describe(), err)
	}
	tr.checkpoints.last, tr.checkpoints.took = time.Now(), time.Since(start)
	return err == nil
}

// removeCheckpoint removes the checkpoint of a run that is saved, including what a
// process left that was killed while it wrote one.
func removeCheckpoint(key string) {
	path := checkpointPath(key)
	_ = errors.Join(os.RemoveAll(path), os.RemoveAll(path+store.NewSuffix))
}

func (tr *trainer) encodeCheckpoint() ([]byte, error) {
	run := tr.run()
	thetas, err := device.Rows(tr.state[0])
	if err != nil {
		return nil, err
	}
	var watched []float64
	for i, r := range tr.replicas {
		if !r.done {
			run.Replicas[i].Theta = thetas[i]
		}
		watched = append(watched, r.progress.best, r.progress.mark, float64(r.progress.since), float64(num.Int(r.done)))
	}
	files, err := runstore.Encode(run)
	if err != nil {
		return nil, err
	}
	arrays := map[string]*tensors.Tensor{
		"position":    tensors.FromFlatDataAndDimensions([]int32{int32(tr.epoch), int32(tr.step)}, 2),
		"convergence": device.Tensor(watched, dtypes.Float64, len(tr.replicas), 4),
	}
	if tr.spec.Arch.Own != nil {
		loss, err := tr.ownLoss()
		if err != nil {
			return nil, err
		}
		arrays["graph"] = device.Tensor([]float64{loss}, dtypes.Float64)
	}
	for i, name := range tr.loop.Rule.StateNames() {
		arrays[name] = tr.state[i]
	}
	if tr.step > 0 {
		for name, parts := range map[string][]*tensors.Tensor{"losses": tr.losses, "norms": tr.norms} {
			rows, err := device.Rows(parts...)
			if err != nil {
				return nil, err
			}
			arrays[name] = device.Tensor(slices.Concat(rows...), tr.spec.DType(), tr.step, len(tr.replicas))
		}
	}
	optimizer, err := store.EncodeNpz(arrays)
	if err != nil {
		return nil, err
	}
	return store.Archive(append(files, store.File{Name: "optimizer.npz", Content: optimizer}))
}

// resume continues from the Spec's checkpoint, if there is one. A damaged one is
// reported, and the training starts from the beginning.
func (tr *trainer) resume() {
	path := checkpointPath(tr.key)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = tr.decodeCheckpoint(content)
	}
	if err != nil {
		cell.Notice("The checkpoint %s cannot be used: %v. The training of %s starts from the beginning.", path, err, tr.spec.Describe())
	}
}

// decodeCheckpoint adopts the state of a checkpoint, or changes nothing and returns an error.
func (tr *trainer) decodeCheckpoint(content []byte) error {
	files, err1 := store.Unarchive(content)
	run, err2 := runstore.Decode(files)
	if err := cmp.Or(err1, err2); err != nil {
		return err
	}
	switch {
	case !run.Spec.SameAs(tr.spec) || len(run.Replicas) != len(tr.replicas):
		return errors.New("it belongs to another run")
	case run.Backend != device.NameOf(tr.backend):
		return fmt.Errorf("it was made on the backend %s, but this is %s", run.Backend, device.NameOf(tr.backend))
	}
	arrays, err1 := store.DecodeNpz(files["optimizer.npz"])
	epoch, step, err2 := tr.decodePosition(arrays)
	watched, err3 := tr.decodeConvergence(arrays, epoch)
	if err := cmp.Or(err1, err2, err3); err != nil {
		return fmt.Errorf("optimizer.npz: %w", err)
	}
	if err := tr.goesOnIn(arrays["graph"], run.Replicas[0]); err != nil {
		return err
	}
	tr.epoch, tr.step, tr.spent = epoch, step, run.Seconds
	for i, name := range tr.loop.Rule.StateNames() {
		tr.state[i] = arrays[name]
	}
	if step > 0 {
		tr.losses, tr.norms = []*tensors.Tensor{arrays["losses"]}, []*tensors.Tensor{arrays["norms"]}
	}
	for i, r := range tr.replicas {
		r.Replica = run.Replicas[i]
		w := watched[i]
		r.progress.best, r.progress.mark, r.progress.since, r.done = w[0], w[1], int(w[2]), w[3] != 0
	}
	return nil
}

// decodePosition returns where the training was, after checking that the arrays fit
// that position.
func (tr *trainer) decodePosition(arrays map[string]*tensors.Tensor) (epoch, step int, err error) {
	position := arrays["position"]
	if position == nil || position.DType() != dtypes.Int32 || position.Size() != 2 {
		return 0, 0, errors.New("it has no position")
	}
	at, err := tensors.CopyFlatData[int32](position)
	if err != nil {
		return 0, 0, err
	}
	epoch, step = int(at[0]), int(at[1])
	if epoch < 0 || epoch > tr.spec.Epochs || step < 0 || step > tr.spec.Chunk(epoch)*tr.spec.StepsPerEpoch() {
		return 0, 0, fmt.Errorf("it is at epoch %d and step %d of %d epochs", epoch, step, tr.spec.Epochs)
	}
	for i, name := range tr.loop.Rule.StateNames() {
		if arrays[name] == nil || !arrays[name].Shape().Equal(tr.state[i].Shape()) {
			return 0, 0, fmt.Errorf("%s does not have the shape %v", name, tr.state[i].Shape())
		}
	}
	for _, name := range []string{"losses", "norms"} {
		rows, err := store.Matrix(arrays, name, len(tr.replicas))
		if err != nil || len(rows) != step {
			return 0, 0, fmt.Errorf("%s do not hold the values of %d steps", name, step)
		}
	}
	return epoch, step, nil
}

// decodeConvergence returns the convergence of each replica at an epoch, [R, 4].
func (tr *trainer) decodeConvergence(arrays map[string]*tensors.Tensor, epoch int) ([][]float64, error) {
	watched, err := store.Matrix(arrays, "convergence", 4)
	if err != nil || len(watched) != len(tr.replicas) {
		return nil, errors.New("convergence does not fit the replicas")
	}
	goesOn := func(w []float64) bool { return w[3] == 0 }
	if epoch == tr.spec.Epochs && slices.ContainsFunc(watched, goesOn) {
		return nil, fmt.Errorf("it is after the last of %d epochs, but not marked as done", epoch)
	}
	return watched, nil
}

// loadOrTrain returns a run from the store, or trains and saves it.
func loadOrTrain(ctx context.Context, shown *boardRun, turn *turn) (*experiment.Run, error) {
	run, made, err := store.Get(ctx, store.Entry[*experiment.Run]{
		Key:  shown.key,
		Load: func() (*experiment.Run, error) { return runstore.Load(shown.spec, shown.key) },
		Waiting: func() {
			turn.pass()
			shown.waiting()
		},
		Produce: func() (*experiment.Run, error) {
			if err := turn.take(ctx); err != nil {
				return nil, err
			}
			shown.starts()
			run, err := trainResolved(ctx, shown.job, shown)
			if err != nil {
				return nil, err
			}
			return run, runstore.Save(run)
		},
	})
	if err == nil && !made {
		err = sameGraph(ctx, run)
	}
	if err != nil {
		return nil, err
	}
	removeCheckpoint(shown.key)
	shown.note(func() {
		shown.finished, shown.read = made, !made
		if made {
			shown.board.backend = run.Backend
		}
	})
	return run, nil
}
