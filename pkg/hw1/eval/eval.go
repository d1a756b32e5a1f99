// Package eval evaluates a network at any theta: its outputs and scores, and the objective with
// its gradient, its Hessian, and the Hessian's largest eigenvalue.
package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
	"hw1/pkg/hw1/nn"
)

// Evaluator evaluates a network on whole sets of examples, without dropout.
type Evaluator struct {
	what string // what is evaluated, for messages
	Net  nn.Network
}

// New returns an evaluator of the network of a Spec.
func New(spec experiment.Spec) (*Evaluator, error) {
	e := &Evaluator{spec.Describe(), spec.Network()}
	return e, try(e.what, e.Net)
}

// try returns an error that says what is wrong with a custom network, if anything is.
func try(what string, net nn.Network) error {
	backend, err := device.Open()
	if err == nil {
		err = net.Try(backend)
	}
	if err == nil && net.Arch.Own != nil {
		err = mixes(net)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Outputs returns the network's outputs for theta [R, P], as [R][n·outputs] with
// each example's outputs side by side.
func (e *Evaluator) Outputs(ctx context.Context, theta *tensors.Tensor, set data.Examples) ([][]float64, error) {
	exec := device.Shared(e.Net.Tell("outputs"), func(theta, inputs *graph.Node) *graph.Node {
		return e.Net.Forward(e.Net.Unpack(theta), nn.Pixels(inputs, theta.DType()))
	})
	return e.each(ctx, exec, e.Net.Arch.Outputs(), theta, set)
}

// Hidden returns the activations of the network's dense layers except the last for theta [R, P], as
// [R][layers] with a row for each example, [n, width].
func (e *Evaluator) Hidden(ctx context.Context, theta *tensors.Tensor, set data.Examples) ([][]*mat.Dense, error) {
	width := 0
	for _, units := range e.Net.Arch.Hidden() {
		width += units
	}
	if width == 0 {
		return nil, fmt.Errorf("%s: %v has no hidden dense layer; take a network with one", e.what, e.Net.Arch)
	}
	exec := device.Shared(e.Net.Tell("hidden activations"), func(theta, inputs *graph.Node) *graph.Node {
		return e.Net.Hidden(e.Net.Unpack(theta), nn.Pixels(inputs, theta.DType()))
	})
	all, err := e.each(ctx, exec, width, theta, set)
	return num.Map(all, func(values []float64) (layers []*mat.Dense) {
		side, first := mat.NewDense(set.Len(), width, values), 0 // all layers side by side
		for _, units := range e.Net.Arch.Hidden() {
			layers = append(layers, side.Slice(0, set.Len(), first, first+units).(*mat.Dense))
			first += units
		}
		return layers
	}), err
}

// eachValues is the most values that one execution in each returns.
const eachValues = 1 << 20

// each returns the results of a computation for every example of a set, width values per example.
func (e *Evaluator) each(ctx context.Context, exec device.Computation, width int, theta *tensors.Tensor, set data.Examples) ([][]float64, error) {
	all := num.Make(theta.Shape().Dimensions[0], func(int) []float64 { return make([]float64, set.Len()*width) })
	size := min(e.Net.EvalBatch(), max(1, eachValues/(width*len(all))))
	err := InBatches(ctx, set, theta, size, func(first int, batch data.Examples) error {
		values, err := exec.Value(theta, batch.Inputs(e.Net.DType))
		if err != nil {
			return err
		}
		n := batch.Len()
		for r, outputs := range slices.Collect(slices.Chunk(values, width*n)) { // [width, n] of each replica
			mat.NewDense(n, width, all[r][first*width:][:n*width]).Copy(mat.NewDense(width, n, outputs).T())
		}
		return nil
	})
	return all, e.wrap(err)
}

// Scores returns the loss and the accuracy of each replica of theta [R, P].
func (e *Evaluator) Scores(ctx context.Context, theta *tensors.Tensor, set data.Examples) ([]experiment.Score, error) {
	exec := device.Shared(e.Net.Tell("scores"), func(theta, inputs, targets *graph.Node) *graph.Node {
		return totalScores(e.Net, theta, inputs, targets)
	})
	size := e.Net.EvalBatch()
	totals := make([][]float64, (set.Len()+size-1)/size) // one per batch
	err := InBatches(ctx, set, theta, size, func(first int, batch data.Examples) (err error) {
		totals[first/size], err = exec.Value(theta, batch.Inputs(e.Net.DType), batch.Targets(dtypes.Float64))
		return err
	})
	if err != nil {
		return nil, e.wrap(err)
	}
	sums := make([]float64, len(totals[0]))
	for _, batch := range totals { // in a fixed order, so that the sums are the same each time
		floats.Add(sums, batch)
	}
	replicas := theta.Shape().Dimensions[0]
	return num.Make(replicas, func(r int) experiment.Score {
		score := experiment.Score{Loss: sums[r] / float64(set.Len()), Accuracy: math.NaN()} // a regression has no accuracy
		if len(sums) > replicas {
			score.Accuracy = sums[replicas+r] / float64(set.Len())
		}
		return score
	}), nil
}

// ScoresOn returns the scores of each replica of theta [R, P] on a training, a test and a validation set. The score on an empty set
// is experiment.NoScore.
func (e *Evaluator) ScoresOn(ctx context.Context, theta *tensors.Tensor, sets [3]data.Examples) ([][3]experiment.Score, error) {
	scores := make([][3]experiment.Score, theta.Shape().Dimensions[0])
	for k, set := range sets {
		all := slices.Repeat([]experiment.Score{experiment.NoScore}, len(scores))
		if set.Len() > 0 {
			var err error
			if all, err = e.Scores(ctx, theta, set); err != nil {
				return nil, err
			}
		}
		for r, score := range all {
			scores[r][k] = score
		}
	}
	return scores, nil
}

func (e *Evaluator) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("evaluating %s: %w", e.what, err)
}

// totalScores returns the sum of each replica's losses over the examples and, in a second row unless it
// is a regression, how many examples it classifies correctly, [2, R]. From the outputs on, everything
// is in double precision, as the targets are: in single precision the loss of a
// well-learnt example would be 0.
func totalScores(n nn.Network, theta, inputs, targets *graph.Node) *graph.Node {
	x, y := nn.Batch(inputs, targets, nil, theta.Shape().Dimensions[0], theta.DType())
	outputs := graph.ConvertDType(n.Forward(n.Unpack(theta), x), dtypes.Float64)
	sums := []*graph.Node{graph.ReduceSum(n.ExampleLosses(outputs, y), 1)}
	if right := n.Right(outputs, y); right != nil {
		sums = append(sums, graph.ReduceSum(graph.ConvertDType(right, dtypes.Float64), 1))
	}
	return graph.Stack(sums, 0)
}

// Predict returns the outputs of every replica of a run for inputs xs, [n, inputs] row by
// row, as [R][n·outputs]: values of a function, or logits of classes. Give pixels from 0 to 1.
func Predict(run *experiment.Run, xs []float64) ([][]float64, error) {
	if err := cmp.Or(check.Args("eval.Predict", run), check.Numbers("the inputs for eval.Predict", xs)); err != nil {
		return nil, err
	}
	if len(xs) == 0 {
		return make([][]float64, len(run.Replicas)), nil
	}
	width := run.Spec.Arch.Features()
	if len(xs)%width != 0 {
		return nil, fmt.Errorf("eval.Predict got %d numbers for %s, which has %s; give a multiple of that", len(xs), run.Spec.Describe(), words.Plural(width, "input"))
	}
	return ofReplicas(run, data.Examples{X: xs, Y: make([]float64, len(xs)/width)}, (*Evaluator).Outputs)
}

// Logits returns the outputs of every replica of a run for a set of examples,
// [R][n·outputs]: logits of classes, or values of a function.
func Logits(run *experiment.Run, set data.Examples) ([][]float64, error) {
	if err := takes("eval.Logits", run, set); err != nil {
		return nil, err
	}
	return ofReplicas(run, set, (*Evaluator).Outputs)
}

// Hidden returns the activations of the dense layers except the last, in evaluation mode, of every replica of a run for
// a set of examples: [R][layers], with a row for each example, [n, width].
func Hidden(run *experiment.Run, set data.Examples) ([][]*mat.Dense, error) {
	if err := takes("eval.Hidden", run, set); err != nil {
		return nil, err
	}
	return ofReplicas(run, set, (*Evaluator).Hidden)
}

// takes returns an error if a run or examples are not valid, or do not fit.
func takes(function string, run *experiment.Run, set data.Examples) error {
	if err := cmp.Or(check.Args(function, run), check.Args(function, set)); err != nil {
		return err
	}
	if width := run.Spec.Arch.Features(); set.Features() != width {
		return fmt.Errorf("%s got examples of %d values, but the network of %s takes %d; give examples that fit", function, set.Features(), run.Spec.Describe(), width)
	}
	return nil
}

// ofReplicas evaluates the run's final weights.
func ofReplicas[T any](r *experiment.Run, set data.Examples, of func(*Evaluator, context.Context, *tensors.Tensor, data.Examples) ([]T, error)) ([]T, error) {
	e, err := New(r.Spec)
	if err != nil {
		return nil, err
	}
	var all []T
	for _, replica := range r.Replicas {
		values, err := of(e, context.Background(), device.Tensor(replica.Theta, e.Net.DType, 1, len(replica.Theta)), set)
		if err != nil {
			return nil, err
		}
		all = append(all, values...)
	}
	return all, nil
}

// InBatches processes a set in batches, several at a time, as one does not keep all cores
// busy. They share theta, which is moved to the device first.
func InBatches(ctx context.Context, set data.Examples, theta *tensors.Tensor, size int, work func(first int, batch data.Examples) error) error {
	if err := device.Move(theta); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for first := 0; first < set.Len(); first += size {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return work(first, set.Slice(first, min(first+size, set.Len())))
		})
	}
	return group.Wait()
}
