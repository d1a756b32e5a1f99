package gradnorm

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
	"hw1/pkg/hw1/nn"
)

// Batches holds gradient norms of mini-batches that are all taken at the same weights: the initial and the final ones of a run.
type Batches struct {
	Run        *experiment.Run
	Start, End []BatchNorms // one per seed
}

// BatchNorms are the gradient norms at some weights, of the loss without an L2 term.
type BatchNorms struct {
	Dropped []float64 // of mini-batches with dropout, as training sees them, [n]
	Kept    []float64 // of the same mini-batches without dropout, [n]
	Whole   float64   // of all mini-batches of an epoch together, without dropout: of the whole training set, if Batch divides its size
}

// MeasureBatches returns the norms of n mini-batches, or of all in an epoch if there are fewer. They are kept in the
// run store.
func MeasureBatches(n int, run *experiment.Run) (Batches, error) {
	if err := experiment.NeedSharedLabels("gradnorm.MeasureBatches", run); err != nil {
		return Batches{}, err
	}
	if run.Spec.Batch == 0 || !check.IsCount(n) {
		return Batches{}, fmt.Errorf("gradnorm.MeasureBatches cannot take %d mini-batches of %s; give it a run with Batch set, and 1 or more mini-batches", n, run.Spec.Describe())
	}
	n = min(n, run.Spec.StepsPerEpoch())
	several := num.Int(len(run.Replicas) > 1) // in version 1, they could get each other's batches
	question := analysis.Question{Name: "gradient norms of batches", Version: 1 + several + 2*num.Int(run.Spec.Mask != ""), Inputs: map[string]any{"runs": run.Identity(), "batches": n}}
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
	train, _, err := run.Spec.Shared()
	if err != nil {
		return nil, err
	}
	inputs, targets, err := train.OnDevice(run.Spec.DType())
	if err != nil {
		return nil, err
	}
	trained, err := eval.TrainedAt(run.Spec)
	if err != nil {
		return nil, err
	}
	set := []*tensors.Tensor{inputs, targets}
	kept := run.Spec
	kept.Dropout = 0
	withDropout, without := epochGradients(run.Spec, set, trained), epochGradients(kept, set, trained)
	thetas := append(num.Map(run.Replicas, func(r experiment.Replica) []float64 { return r.Initial }), num.Map(run.Replicas, func(r experiment.Replica) []float64 { return r.Theta })...)
	return analysis.EachPart(ctx, w, len(thetas), func(ctx context.Context, i int) (b BatchNorms, err error) {
		seed := run.Replicas[i%len(run.Replicas)].Seed
		if b.Dropped, _, err = withDropout(ctx, seed, n, thetas[i]); err != nil {
			return b, err
		}
		epoch, whole, err := without(ctx, seed, run.Spec.StepsPerEpoch(), thetas[i])
		if err != nil {
			return b, err
		}
		b.Kept, b.Whole = epoch[:n], whole
		return b, nil
	})
}

// epochGradients returns a function of a seed, a number of steps and a theta. It returns the gradient norms of the
// first steps of a training, as if all of these were taken at theta, and the norm of the mean of these gradients. Only the trained
// parameters count.
func epochGradients(spec experiment.Spec, set []*tensors.Tensor, trained []int) func(ctx context.Context, seed, steps int, theta []float64) ([]float64, float64, error) {
	net := spec.Network()
	exec := device.Shared(net.Tell("gradient of a batch"), func(in []*graph.Node) *graph.Node { // theta, the training set, the rows of a step, and with dropout its key
		x, y := nn.Batch(in[1], in[2], graph.Squeeze(in[3], 0), 1, net.DType)
		var key *graph.Node
		if net.Dropout > 0 {
			key = graph.Squeeze(in[4], 0)
		}
		_, gradient, _ := net.TrainingGradient(in[0], x, y, key)
		return gradient
	})
	return func(ctx context.Context, seed, steps int, theta []float64) (norms []float64, whole float64, err error) {
		one := spec // a copy, as other seeds are measured at the same time
		one.Seed, one.Seeds = seed, 1
		streams := one.Order().Streams(0, 1)
		mean := make([]float64, len(theta))
		for i := range steps {
			operands := append([]any{device.Tensor(theta, spec.DType(), 1, len(theta)), set[0], set[1]}, streams.Tensors(i, i+1)...)
			gradient, err := exec.Value(operands...)
			if ctx.Err() != nil {
				return nil, 0, ctx.Err()
			}
			if err != nil {
				return nil, 0, fmt.Errorf("the gradients of %s: %w", spec.Describe(), err)
			}
			gradient = num.Only(gradient, trained)
			norms = append(norms, floats.Norm(gradient, 2))
			floats.AddScaled(mean, 1/float64(steps), gradient)
		}
		return norms, floats.Norm(mean, 2), nil
	}
}

// Iterations returns the norms of each seed's first and last iterations, as many as mini-batches were measured: with dropout,
// as in training, at weights that change from one to the next. It returns none if the run has not recorded its steps.
func (b Batches) Iterations() (first, last [][]float64) {
	if b.Valid() != nil {
		return nil, nil
	}
	for k, replica := range b.Run.Replicas {
		norms := num.Map(replica.Steps, func(s experiment.Step) float64 { return s.GradNorm })
		n := min(len(b.Start[k].Dropped), len(norms))
		first, last = append(first, norms[:n]), append(last, norms[len(norms)-n:])
	}
	return first, last
}

// BatchTable returns a row for each kind of gradient, with its norm at the untrained and at the trained weights and, for the
// kind that training uses, in the first and last iterations: medians over the mini-batches, and over the seeds.
func BatchTable(caption string, b Batches) (*figure.Table, error) {
	if err := check.Args("gradnorm.BatchTable", b); err != nil {
		return nil, err
	}
	first, last := b.Iterations()
	whole := "the whole set of " + words.Thousands(b.Run.Spec.TrainSize)
	if n := b.Run.Spec.StepsPerEpoch() * b.Run.Spec.Batch; n < b.Run.Spec.TrainSize {
		whole = "the " + words.Thousands(n) + " examples of an epoch"
	}
	iterations := words.Plural(len(b.Start[0].Dropped), "iteration")
	t := figure.NewTable(caption, "batch-norms", "gradient of", "untrained weights", "first "+iterations, "last "+iterations, "trained weights")
	between := num.Map([][][]float64{first, last}, func(norms [][]float64) string {
		if median := num.Median(num.Map(norms, num.Median)); !math.IsNaN(median) {
			return words.Significant(2, median)
		}
		return "–"
	})
	for i, kind := range []struct {
		name string
		of   func(BatchNorms) float64
	}{
		{fmt.Sprintf("mini-batches of %d, with dropout %g", b.Run.Spec.Batch, b.Run.Spec.Dropout), func(n BatchNorms) float64 { return num.Median(n.Dropped) }},
		{"the same mini-batches, without dropout", func(n BatchNorms) float64 { return num.Median(n.Kept) }},
		{whole + ", without dropout", func(n BatchNorms) float64 { return n.Whole }},
	} {
		if i > 0 { // training does not use these gradients
			between = []string{"–", "–"}
		}
		t.Add(kind.name, words.Significant(2, num.Median(num.Map(b.Start, kind.of))), between[0], between[1], words.Significant(2, num.Median(num.Map(b.End, kind.of))))
	}
	return t, nil
}

// Valid checks that there are norms for each replica.
func (b Batches) Valid() error {
	const result, function = "measurement of batches", "gradnorm.MeasureBatches"
	if err := cmp.Or(experiment.Complete(result, function, b.Run, len(b.Start)), experiment.Complete(result, function, b.Run, len(b.End))); err != nil {
		return err
	}
	for _, norms := range slices.Concat(b.Start, b.End) {
		n := len(norms.Dropped)
		if err := cmp.Or(check.Vector("the norms of batches with dropout", norms.Dropped, max(n, 1)), check.Vector("the norms of batches", norms.Kept, n), check.Numbers("the norm of the whole set", []float64{norms.Whole})); err != nil {
			return err
		}
	}
	return nil
}
