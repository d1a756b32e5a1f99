package hw1

import (
	"context"
	"fmt"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// functionChunk is the number of epochs that functions train in one execution:
// long enough that its dispatch costs nothing, short enough for a lively
// progress display. Convergence is looked at after each.
const functionChunk = 250

// trainer trains one resolved Spec.
type trainer struct {
	spec    Spec
	backend compute.Backend
	net     network
	execs   map[int]*graph.Exec // by the number of steps in one execution
	eval    *evaluator

	train, test     Examples
	inputs, targets *tensors.Tensor // of the training set, on the device

	state    [4]*tensors.Tensor // theta, m, v [R, P] and t, as in optState
	epoch    int                // epochs done
	replicas []*replicaTraining
}

// replicaTraining is one seed's part in a training.
type replicaTraining struct {
	Replica
	progress convergence
	done     bool
}

// trainOne trains a resolved Spec from its initial weights to its end and calls
// report after every chunk of epochs.
func trainOne(ctx context.Context, spec Spec, report func(epoch int, loss float64)) (*Run, error) {
	start := time.Now()
	tr, err := newTrainer(spec)
	if err != nil {
		return nil, err
	}
	for !tr.finished() {
		losses, norms, err := tr.advance(ctx, tr.chunk())
		if err != nil {
			return nil, err
		}
		if err := tr.record(losses, norms); err != nil {
			return nil, err
		}
		if err := tr.evaluate(); err != nil {
			return nil, err
		}
		if err := tr.keepThetas(); err != nil {
			return nil, err
		}
		report(tr.epoch, tr.meanLoss())
	}
	return tr.run(time.Since(start)), nil
}

// newTrainer returns a trainer at epoch 0: each replica has the weights that its
// seed gives.
func newTrainer(spec Spec) (*trainer, error) {
	backend, err := openBackend()
	if err != nil {
		return nil, err
	}
	train, test, err := spec.examples()
	if err != nil {
		return nil, err
	}
	tr := &trainer{
		spec: spec, backend: backend, net: newNetwork(spec), execs: map[int]*graph.Exec{},
		train: train, test: test, inputs: spec.inputTensor(train), targets: spec.targetTensor(train),
	}
	if tr.eval, err = newEvaluator(backend, spec); err != nil {
		return nil, err
	}
	r, p, dtype := spec.Seeds, spec.Arch.ParamCount(), spec.dtype()
	var thetas []float64
	for seed := spec.Seed; seed < spec.Seed+r; seed++ {
		theta := spec.rounded(spec.Arch.initTheta(uint64(seed)))
		thetas = append(thetas, theta...)
		replica := Replica{Seed: seed, Initial: theta}
		if spec.SnapshotEach > 0 {
			replica.Snapshots = []Snapshot{{0, theta}}
		}
		tr.replicas = append(tr.replicas, &replicaTraining{Replica: replica, progress: newConvergence(train.Y)})
	}
	zeros := make([]float64, r*p)
	tr.state = [4]*tensors.Tensor{
		floatTensor(thetas, dtype, r, p), floatTensor(zeros, dtype, r, p), floatTensor(zeros, dtype, r, p),
		floatTensor([]float64{0}, dtype),
	}
	return tr, nil
}

// finished reports whether every replica is done.
func (tr *trainer) finished() bool {
	for _, r := range tr.replicas {
		if !r.done {
			return false
		}
	}
	return true
}

// chunk returns how many epochs to train before the next look at the replicas.
func (tr *trainer) chunk() int {
	n := 1
	if tr.spec.isFunction() {
		n = functionChunk
	}
	if tr.spec.SnapshotEach > 0 {
		n = min(n, tr.spec.SnapshotEach)
	}
	return min(n, tr.spec.Epochs-tr.epoch)
}

// advance trains some epochs and returns the losses and gradient norms of each
// of their steps, [steps][R].
func (tr *trainer) advance(ctx context.Context, epochs int) (losses, norms [][]float64, err error) {
	steps := epochs * tr.spec.stepsPerEpoch()
	streams := newStreams(tr.spec, tr.epoch, epochs)
	atOnce := tr.stepsAtOnce(steps)
	lossParts, normParts := make([]*tensors.Tensor, 0, steps/atOnce), make([]*tensors.Tensor, 0, steps/atOnce)
	for first := 0; first < steps; first += atOnce {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		out, err := tr.execute(atOnce, streams.tensors(first, first+atOnce))
		if err != nil {
			return nil, nil, fmt.Errorf("training %s, epoch %d: %w", tr.spec.describe(), tr.epoch+1, err)
		}
		copy(tr.state[:], out)
		lossParts, normParts = append(lossParts, out[4]), append(normParts, out[5])
	}
	tr.epoch += epochs
	if losses, err = rowsOf(lossParts); err != nil {
		return nil, nil, err
	}
	norms, err = rowsOf(normParts)
	return losses, norms, err
}

// loopParams is the size up to which a dense network on images trains an epoch in
// one execution on a CPU. Such a step takes less time than its dispatch.
const loopParams = 100_000

// stepsAtOnce returns how many of the steps to run in one execution: all of
// them, but one by one for large networks on images on a CPU, where XLA runs
// convolutions and products on one slow path, on one core, inside a loop.
func (tr *trainer) stepsAtOnce(steps int) int {
	arch := tr.spec.Arch
	large := !tr.spec.isFunction() && (len(arch.Conv) > 0 || arch.ParamCount() > loopParams)
	if !canLoop(tr.backend) || large && nameOf(tr.backend) == "xla:cpu" {
		return 1
	}
	return steps
}

// execute runs the graph of some steps on the state, which it uses up.
func (tr *trainer) execute(steps int, streams []any) ([]*tensors.Tensor, error) {
	exec := tr.execs[steps]
	if exec == nil {
		var err error
		exec, err = graph.NewExec(tr.backend, func(operands []*graph.Node) []*graph.Node {
			return tr.net.loop(tr.spec, steps, operands)
		})
		if err != nil {
			return nil, err
		}
		tr.execs[steps] = exec
	}
	args := make([]any, 0, 8)
	for _, state := range tr.state {
		donated, err := graph.DonateTensorBuffer(state, tr.backend, 0)
		if err != nil {
			return nil, err
		}
		args = append(args, donated)
	}
	args = append(args, tr.inputs, tr.targets)
	return exec.Call(append(args, streams...)...)
}

// rounded returns values in the Spec's precision, as they are trained and stored.
func (s Spec) rounded(values []float64) []float64 {
	if !s.Float64 {
		for i, v := range values {
			values[i] = float64(float32(v))
		}
	}
	return values
}

func (s Spec) dtype() dtypes.DType {
	if s.Float64 {
		return dtypes.Float64
	}
	return dtypes.Float32
}
