package hw1

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"
)

// evaluator evaluates a network on whole sets of examples, without dropout.
type evaluator struct {
	spec    Spec
	forward *graph.Exec // theta [R, P] and inputs [n, features] to outputs [R, outputs, n]
	totals  *graph.Exec // theta [R, P], inputs and targets [n] to what network.totals returns
}

func newEvaluator(spec Spec) (*evaluator, error) {
	net := newNetwork(spec)
	forward, err := newExec(func(theta, inputs *graph.Node) *graph.Node {
		return net.forward(net.unpack(theta), pixels(inputs, theta.DType()), nil)
	})
	if err != nil {
		return nil, err
	}
	totals, err := newExec(net.totals)
	return &evaluator{spec, forward, totals}, err
}

// outputs returns the network's outputs for theta [R, P], as [R][n·outputs] with
// an example's outputs side by side.
func (e *evaluator) outputs(ctx context.Context, theta *tensors.Tensor, set Examples) ([][]float64, error) {
	width := e.spec.Arch.Outputs()
	all := make([][]float64, theta.Shape().Dimensions[0])
	for r := range all {
		all[r] = make([]float64, set.Len()*width)
	}
	err := set.inBatches(ctx, theta, e.spec.evalBatch(), func(first int, batch Examples) error {
		values, err := callOne(e.forward, theta, e.spec.inputTensor(batch))
		if err != nil {
			return err
		}
		for r, outputs := range byExample(values, len(all), batch.Len()) {
			copy(all[r][first*width:], outputs)
		}
		return nil
	})
	return all, e.wrap(err)
}

// byExample returns values [R, outputs, n] as [R][n·outputs].
func byExample(values []float64, replicas, n int) [][]float64 {
	rows := make([][]float64, replicas)
	width := len(values) / (replicas * n)
	for r := range rows {
		rows[r] = make([]float64, n*width)
		for c := range width {
			for i := range n {
				rows[r][i*width+c] = values[(r*width+c)*n+i]
			}
		}
	}
	return rows
}

// scores returns the loss and the accuracy of each replica of theta [R, P].
func (e *evaluator) scores(ctx context.Context, theta *tensors.Tensor, set Examples) ([]Score, error) {
	exact := e.spec // for the targets, whatever the network computes in
	exact.Float64 = true
	size := e.spec.evalBatch()
	totals := make([][]float64, (set.Len()+size-1)/size) // of each batch
	err := set.inBatches(ctx, theta, size, func(first int, batch Examples) (err error) {
		totals[first/size], err = callOne(e.totals, theta, e.spec.inputTensor(batch), exact.targetTensor(batch))
		return err
	})
	if err != nil {
		return nil, e.wrap(err)
	}
	sums := make([]float64, len(totals[0]))
	for _, batch := range totals { // in their order, so that the sums are the same each time
		floats.Add(sums, batch)
	}
	scores := make([]Score, theta.Shape().Dimensions[0])
	for r := range scores {
		scores[r] = Score{sums[r] / float64(set.Len()), math.NaN()} // a regression has no accuracy
		if e.spec.Loss != MSE {
			scores[r].Accuracy = sums[len(scores)+r] / float64(set.Len())
		}
	}
	return scores, nil
}

func (e *evaluator) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("evaluating %s: %w", e.spec.describe(), err)
}

// totals returns the sums over the examples of each replica's losses and, unless it
// is a regression, below them how many it gets right, [2, R]. From the outputs on all
// is in double precision, as the targets are: in single precision the loss of an
// example learnt well is 0.
func (n network) totals(theta, inputs, targets *graph.Node) *graph.Node {
	x, y := batchOf(inputs, targets, nil, theta.Shape().Dimensions[0], theta.DType())
	outputs := graph.ConvertDType(n.forward(n.unpack(theta), x, nil), dtypes.Float64)
	sums := []*graph.Node{graph.ReduceSum(n.exampleLosses(outputs, y), 1)}
	if n.loss != MSE {
		right := graph.ConvertDType(n.right(outputs, y), dtypes.Float64)
		sums = append(sums, graph.ReduceSum(right, 1))
	}
	return graph.Stack(sums, 0)
}

// right tells which examples are classified right, [R, n].
func (n network) right(outputs, y *graph.Node) *graph.Node {
	if n.arch.Outputs() == 1 {
		return graph.Equal(graph.ConvertDType(graph.IsPositive(graph.Squeeze(outputs, 1)), y.DType()), y)
	}
	return graph.Equal(graph.ArgMax(outputs, 1, y.DType()), y)
}

// Predict returns the outputs of every replica of a function's run at the points
// xs, [R][n].
func Predict(run *Run, xs []float64) ([][]float64, error) {
	if err := check("Predict", run); err != nil {
		return nil, err
	}
	if err := cmp.Or(needFunction("Predict", run), validNumbers("the points for Predict", xs)); err != nil {
		return nil, err
	}
	if len(xs) == 0 {
		return make([][]float64, len(run.Replicas)), nil
	}
	return run.outputs(Examples{X: xs, Y: make([]float64, len(xs))})
}

// Logits returns the outputs of every replica of a run on images for a set of
// images, [R][n·classes].
func Logits(run *Run, set Examples) ([][]float64, error) {
	if err := cmp.Or(check("Logits", run), check("Logits", set)); err != nil {
		return nil, err
	}
	if run.Spec.isFunction() || len(set.Labels) == 0 {
		return nil, fmt.Errorf("Logits is for runs on images, and for images")
	}
	return run.outputs(set)
}

// outputs evaluates the run's final weights.
func (r *Run) outputs(set Examples) ([][]float64, error) {
	eval, err := newEvaluator(r.Spec)
	if err != nil {
		return nil, err
	}
	var all [][]float64
	for _, replica := range r.Replicas {
		out, err := eval.outputs(context.Background(), floatTensor(replica.Theta, r.Spec.dtype(), 1, len(replica.Theta)), set)
		if err != nil {
			return nil, err
		}
		all = append(all, out...)
	}
	return all, nil
}
