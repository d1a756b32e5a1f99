package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/optim"
)

// trainer trains one resolved Spec.
type trainer struct {
	job
	regime  experiment.Regime
	backend compute.Backend
	loop    optim.Loop
	eval    *eval.Evaluator

	train, test     data.Examples
	validation      data.Examples   // empty without Spec.Validation
	inputs, targets *tensors.Tensor // of the training set, on the device
	mask            []any           // factors on the learning rates of the weights, on the device; empty for none

	state    []*tensors.Tensor // the optimizer's state; theta [R, P] comes first
	epoch    int               // epochs done
	replicas []*replicaTraining

	// The chunk of epochs that is being trained: the steps done, and their losses
	// and gradient norms, in parts of [steps, R].
	step          int
	losses, norms []*tensors.Tensor

	watch       watcher
	loss        float64  // the last loss that watch was told
	firstLoss   *float64 // see ownLoss
	checkpoints checkpoints
	start       time.Time
	spent       float64 // seconds spent on training before start
}

// replicaTraining is one seed's part in a training.
type replicaTraining struct {
	experiment.Replica
	progress convergence
	done     bool
}

// trainResolved trains a job to its end, from its checkpoint or from its
// initial weights, and reports to the watcher after every chunk of epochs. On an interrupt
// it writes a checkpoint, unless the training has failed, too.
func trainResolved(ctx context.Context, j job, watch watcher) (*experiment.Run, error) {
	tr, err := newTrainer(j)
	if err != nil {
		return nil, err
	}
	defer device.GiveMemoryBack()
	tr.watch = watch
	if tr.resume(); tr.epoch > 0 || tr.step > 0 {
		watch.resumes(tr.epoch)
	}
	for !tr.finished() {
		err := tr.trainChunk(ctx)
		if stopped := ctx.Err(); stopped != nil && (err == nil || errors.Is(err, stopped)) {
			if tr.checkpoint() {
				watch.paused(tr.epoch)
			}
			return nil, stopped
		}
		if err != nil {
			return nil, err
		}
		tr.loss = tr.meanLoss()
		watch.reached(float64(tr.epoch), tr.loss)
	}
	return tr.run(), nil
}

// watcher is informed of the course of a training.
type watcher interface {
	resumes(epoch int)
	reached(epochs, loss float64) // the loss is NaN until it is known
	paused(epoch int)
}

// trainChunk trains some epochs and records their results. It can be called
// again after an interrupt.
func (tr *trainer) trainChunk(ctx context.Context) error {
	epochs := tr.spec.Chunk(tr.epoch)
	if err := tr.advance(ctx, epochs); err != nil {
		return err
	}
	scores, err := tr.evaluate(ctx, tr.epoch+epochs)
	if err != nil {
		return err
	}
	losses, norms, err := tr.endChunk(epochs)
	if err != nil {
		return err
	}
	if err := tr.record(losses, norms, scores); err != nil {
		return err
	}
	if err := tr.setScores(scores); err != nil {
		return err
	}
	return tr.keepThetas()
}

// newTrainer returns a trainer at epoch 0, with the initial weights of each replica's
// seed.
func newTrainer(j job) (*trainer, error) {
	spec := j.spec
	start := time.Now()
	each, err1 := env.CheckpointInterval()
	backend, err2 := device.Open()
	train, test, err3 := spec.Shared()
	validation, err4 := spec.ValidationSet()
	if err := cmp.Or(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	inputs, targets, err := train.OnDevice(spec.DType())
	if err != nil {
		return nil, err
	}
	tr := &trainer{
		job: j, regime: spec.Regime(), backend: backend, loss: math.NaN(), loop: optim.Loop{Net: spec.Network(), Rule: spec.Rule(), MiniBatches: spec.Batch > 0, Scheduled: !spec.Schedule.Constant()},
		train: train, test: test, validation: validation, inputs: inputs, targets: targets,
		start: start, checkpoints: checkpoints{each: each, last: start},
	}
	tr.loop.Looped = tr.regime.Loops && device.NameOf(backend) != "go" // which takes one step at a time
	if tr.eval, err = eval.New(spec); err != nil {
		return nil, err
	}
	return tr, tr.begin()
}

// begin puts the initial weights of each replica's seed, and the mask, in their places.
func (tr *trainer) begin() error {
	spec := tr.spec
	mask, err := spec.TrainedMask()
	if err != nil {
		return err
	}
	if mask != nil {
		factors := device.Tensor(mask, spec.DType(), 1, len(mask))
		tr.mask, tr.loop.Masked = []any{factors}, true
		if err := device.Move(factors); err != nil {
			return err
		}
	}
	var thetas []float64
	for seed := spec.Seed; seed < spec.Seed+spec.Seeds; seed++ {
		theta, err := spec.InitialTheta(seed)
		if err != nil {
			return err
		}
		thetas = append(thetas, theta...)
		replica := experiment.Replica{Seed: seed, Initial: theta}
		if spec.SnapshotEach > 0 {
			replica.Snapshots = []experiment.Snapshot{{Epoch: 0, Theta: slices.Clone(theta)}}
		}
		tr.replicas = append(tr.replicas, &replicaTraining{Replica: replica, progress: newConvergence(spec.PlateauShare() * spec.Loss.Constant(tr.train.Y, spec.Arch.Outputs()))})
	}
	tr.state = tr.loop.Rule.InitialState(thetas, spec.Seeds, spec.DType())
	return nil
}

// finished reports whether every replica is done.
func (tr *trainer) finished() bool {
	return !slices.ContainsFunc(tr.replicas, func(r *replicaTraining) bool { return !r.done })
}

// advance takes the remaining steps of some epochs.
func (tr *trainer) advance(ctx context.Context, epochs int) error {
	steps := epochs * tr.spec.StepsPerEpoch()
	streams := tr.spec.Order().Streams(tr.epoch, epochs)
	atOnce := stepsAtOnce(tr.spec, device.NameOf(tr.backend), steps)
	for tr.step < steps {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if tr.checkpoints.due() {
			tr.checkpoint()
		}
		n := min(atOnce, steps-tr.step)
		out, err := tr.execute(n, streams.Tensors(tr.step, tr.step+n))
		if err != nil {
			return fmt.Errorf("training %s, epoch %d: %w", tr.spec.Describe(), tr.epoch+1, err)
		}
		k := copy(tr.state, out)
		tr.losses, tr.norms = append(tr.losses, out[k]), append(tr.norms, out[k+1])
		tr.step += n
		if tr.watch != nil {
			tr.watch.reached(float64(tr.epoch)+float64(tr.step)/float64(tr.spec.StepsPerEpoch()), tr.loss)
		}
	}
	return nil
}

// rates returns the learning rates of the next steps, [n], or a scalar if the rate is constant.
func (tr *trainer) rates(n int) *tensors.Tensor {
	if !tr.loop.Scheduled {
		return device.Tensor([]float64{tr.spec.LearningRate}, tr.spec.DType())
	}
	perEpoch := tr.spec.StepsPerEpoch()
	first := tr.epoch*perEpoch + tr.step
	return device.Tensor(tr.spec.Schedule.Rates(tr.spec.LearningRate, first, n, perEpoch, tr.spec.Epochs), tr.spec.DType(), n)
}

// endChunk returns the losses and gradient norms of the steps of some epochs,
// [steps][R], and counts the epochs as done.
func (tr *trainer) endChunk(epochs int) (losses, norms [][]float64, err error) {
	losses, err1 := device.Rows(tr.losses...)
	norms, err2 := device.Rows(tr.norms...)
	if err := cmp.Or(err1, err2); err != nil {
		return nil, nil, err
	}
	tr.epoch, tr.step, tr.losses, tr.norms = tr.epoch+epochs, 0, nil, nil
	return losses, norms, nil
}

// Limits of one execution on a CPU.
const (
	loopParams = 100_000 // most parameters of a dense network on images that trains an epoch at once: a step takes less time than dispatching it
	loopBatch  = 2000    // the largest batch with several steps at once, as the execution holds the activations of all of them
	loopSteps  = 1000    // the most steps: an interrupt waits for them, and may lose them
)

// stepsAtOnce returns how many of the steps of some epochs to run in one execution.
// On a GPU that is all of them. On a CPU it is all of them or, if they are many, about equal parts; but
// one step for large batches, and a few for large networks on images, because inside a loop XLA runs
// convolutions and matrix products slowly, on one core.
func stepsAtOnce(s experiment.Spec, backend string, steps int) int {
	most := loopSteps
	switch {
	case backend == "xla:cuda":
		return steps
	case backend == "go" || s.Arch.OneAtATime() && !s.Regime().Loops: // pure Go has no loops with what they need; a CNN's step keeps all cores busy
		return 1
	case !s.Regime().Loops && s.Batch > loopBatch:
		return 1
	case !s.Regime().Loops && s.Arch.ParamCount() > loopParams:
		most = optim.UnrolledSteps
	}
	parts := (steps + most - 1) / most
	return (steps + parts - 1) / parts
}

// execute runs the graph of some steps on the state, whose memory it reuses.
func (tr *trainer) execute(steps int, streams []any) ([]*tensors.Tensor, error) {
	loop := tr.loop
	exec := device.Shared(loop.Tell(steps), func(operands []*graph.Node) []*graph.Node { return loop.Steps(steps, operands) })
	args, err := device.Donated(tr.backend, tr.state)
	if err != nil {
		return nil, err
	}
	return exec.Call(slices.Concat(args, []any{tr.inputs, tr.targets}, tr.mask, streams, []any{tr.rates(steps)})...)
}

// timedEpochs is the least number of timings.
const timedEpochs = 3

// TimeEpochs trains a resolved Spec for a span of seconds, and returns the seconds per
// epoch, one value per chunk of epochs.
func TimeEpochs(ctx context.Context, s experiment.Spec, span float64) ([]float64, error) {
	tr, err := newTrainer(newJob(s))
	if err != nil {
		return nil, err
	}
	tr.checkpoints.each = math.MaxInt64 // none
	epochs := tr.spec.Chunk(0)
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
