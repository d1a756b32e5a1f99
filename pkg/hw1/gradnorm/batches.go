package gradnorm

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
	"hw1/pkg/hw1/optim"
)

// Batches are norms of gradients of a run at the same weights: its initial and its final ones.
type Batches struct {
	Run        *experiment.Run
	Start, End []BatchNorms // one a seed
}

// BatchNorms are those at some weights, of the loss without an L2 term.
type BatchNorms struct {
	Dropped []float64 // of mini-batches with dropout, as training sees them, [n]
	Kept    []float64 // of the same without dropout, [n]
	Whole   float64   // of the whole training set, without dropout
}

// MeasureBatches returns the norms of n mini-batches, or of as many as an epoch has. They are kept in the run store.
func MeasureBatches(n int, run *experiment.Run) (Batches, error) {
	if err := check.Args("gradnorm.MeasureBatches", run); err != nil {
		return Batches{}, err
	}
	if run.Spec.Batch == 0 || !check.IsCount(n) {
		return Batches{}, fmt.Errorf("gradnorm.MeasureBatches can not take %d mini-batches of %s; give it a run with Batch, and 1 or more of them", n, run.Spec.Describe())
	}
	n = min(n, run.Spec.StepsPerEpoch())
	question := analysis.Question{Name: "gradient norms of batches", Version: 1, Inputs: map[string]any{"runs": run.Identity(), "batches": n}}
	all, err := analysis.Of(question, func(ctx context.Context, w *analysis.Work) ([]BatchNorms, error) {
		return measureBatches(ctx, w, n, run)
	})
	if err != nil {
		return Batches{}, err
	}
	return Batches{run, all[:len(run.Replicas)], all[len(run.Replicas):]}, nil
}

// measureBatches returns the norms at the initial weights of all replicas, and then those at the final ones.
func measureBatches(ctx context.Context, w *analysis.Work, n int, run *experiment.Run) ([]BatchNorms, error) {
	loss, kept := *run, run.Spec
	loss.Spec.WeightDecay, kept.Dropout = 0, 0
	objective, err := eval.NewObjective(&loss)
	if err != nil {
		return nil, err
	}
	train, _, err := run.Spec.Examples()
	if err != nil {
		return nil, err
	}
	set := []*tensors.Tensor{train.Inputs(run.Spec.DType()), train.Targets(run.Spec.DType())}
	if err := cmp.Or(device.Move(set[0]), device.Move(set[1])); err != nil {
		return nil, err
	}
	withDropout, err1 := stepNorms(run.Spec, set)
	without, err2 := stepNorms(kept, set)
	if err := cmp.Or(err1, err2); err != nil {
		return nil, err
	}
	thetas := append(num.Map(run.Replicas, func(r experiment.Replica) []float64 { return r.Initial }), num.Map(run.Replicas, func(r experiment.Replica) []float64 { return r.Theta })...)
	return analysis.EachPart(ctx, w, len(thetas), func(_ context.Context, i int) (b BatchNorms, err error) {
		seed := run.Replicas[i%len(run.Replicas)].Seed
		if b.Dropped, err = withDropout(seed, n, thetas[i]); err != nil {
			return b, err
		}
		if b.Kept, err = without(seed, n, thetas[i]); err != nil {
			return b, err
		}
		whole, err := pointsAt(objective, thetas[i:i+1])
		if err == nil {
			b.Whole = whole[0].Norm
		}
		return b, err
	})
}

// stepNorms returns a function that returns the norms of the gradients of the first n steps of a Spec's training with
// a seed, had they all been taken from one theta: the steps have the length 0.
func stepNorms(spec experiment.Spec, set []*tensors.Tensor) (func(seed, n int, theta []float64) ([]float64, error), error) {
	loop := optim.Loop{Net: spec.Network(), Optimizer: optim.Optimizer{Rule: optim.SGD}, MiniBatches: true}
	exec, err := device.Exec(func(operands []*graph.Node) []*graph.Node { return loop.Steps(1, operands) })
	return func(seed, n int, theta []float64) ([]float64, error) {
		spec.Seed, spec.Seeds = seed, 1
		streams := spec.Order().Streams(0, 1)
		norms := make([]float64, n)
		for i := range norms {
			operands := append([]any{device.Tensor(theta, spec.DType(), 1, len(theta)), set[0], set[1]}, streams.Tensors(i, i+1)...)
			out, err := exec.Call(operands...)
			if err != nil {
				return nil, fmt.Errorf("the gradients of %s: %w", spec.Describe(), err)
			}
			values, err := device.Floats(out[2]) // after theta and the losses
			if err != nil {
				return nil, err
			}
			norms[i] = values[0]
		}
		return norms, nil
	}, err
}

// BatchTable returns a row for each kind of gradient, with its norm at the start and at the end of the
// training: medians over the mini-batches, and over the seeds.
func BatchTable(caption string, b Batches) (*figure.Table, error) {
	if err := check.Args("gradnorm.BatchTable", b); err != nil {
		return nil, err
	}
	t := &figure.Table{Caption: caption, Name: "batch-norms", Header: []string{"gradient of", "norm at the start", "norm at the end"}}
	for _, kind := range []struct {
		name string
		of   func(BatchNorms) float64
	}{
		{fmt.Sprintf("mini-batches of %d, with dropout %g", b.Run.Spec.Batch, b.Run.Spec.Dropout), func(n BatchNorms) float64 { return num.Median(n.Dropped) }},
		{"the same mini-batches, without dropout", func(n BatchNorms) float64 { return num.Median(n.Kept) }},
		{fmt.Sprintf("the whole set of %s, without dropout", words.Thousands(b.Run.Spec.TrainSize)), func(n BatchNorms) float64 { return n.Whole }},
	} {
		t.Add(kind.name, words.Significant(2, num.Median(num.Map(b.Start, kind.of))), words.Significant(2, num.Median(num.Map(b.End, kind.of))))
	}
	return t, nil
}

// Valid checks that there are norms of each replica.
func (b Batches) Valid() error {
	if err := b.Run.Valid(); err != nil {
		return fmt.Errorf("the norms of batches: %w", err)
	}
	if n := len(b.Run.Replicas); len(b.Start) != n || len(b.End) != n {
		return fmt.Errorf("the norms of batches of %s are not those of %s; take what gradnorm.MeasureBatches returned", b.Run.Label(), words.Plural(n, "seed"))
	}
	for _, norms := range slices.Concat(b.Start, b.End) {
		n := len(norms.Dropped)
		if err := cmp.Or(check.Vector("the norms of batches with dropout", norms.Dropped, max(n, 1)), check.Vector("the norms of batches", norms.Kept, n), check.Numbers("the norm of the whole set", []float64{norms.Whole})); err != nil {
			return err
		}
	}
	return nil
}
