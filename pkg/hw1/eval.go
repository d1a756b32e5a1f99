package hw1

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"
)

// evaluator evaluates a network on whole sets of examples, without dropout.
type evaluator struct {
	what    string // is evaluated, for messages
	net     network
	forward *graph.Exec // theta [R, P] and inputs [n, features] to outputs [R, outputs, n]
	totals  *graph.Exec // theta [R, P], inputs and targets [n] to what totalScores returns
}

func newEvaluator(what string, net network) (*evaluator, error) {
	forward, err := newExec(func(theta, inputs *graph.Node) *graph.Node {
		return net.forward(net.unpack(theta), pixels(inputs, theta.DType()), nil)
	})
	if err != nil {
		return nil, err
	}
	totals, err := newExec(func(theta, inputs, targets *graph.Node) *graph.Node { return totalScores(net, theta, inputs, targets) })
	return &evaluator{what, net, forward, totals}, err
}

// outputs returns the network's outputs for theta [R, P], as [R][n·outputs] with
// an example's outputs side by side.
func (e *evaluator) outputs(ctx context.Context, theta *tensors.Tensor, set Examples) ([][]float64, error) {
	width := e.net.arch.Outputs()
	all := make([][]float64, theta.Shape().Dimensions[0])
	for r := range all {
		all[r] = make([]float64, set.Len()*width)
	}
	err := inBatches(ctx, set, theta, e.net.evalBatch(), func(first int, batch Examples) error {
		values, err := callOne(e.forward, theta, batch.inputTensor(e.net.dtype))
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
	size := e.net.evalBatch()
	totals := make([][]float64, (set.Len()+size-1)/size) // of each batch
	err := inBatches(ctx, set, theta, size, func(first int, batch Examples) (err error) {
		totals[first/size], err = callOne(e.totals, theta, batch.inputTensor(e.net.dtype), batch.targetTensor(dtypes.Float64))
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
		if len(sums) > len(scores) {
			scores[r].Accuracy = sums[len(scores)+r] / float64(set.Len())
		}
	}
	return scores, nil
}

func (e *evaluator) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("evaluating %s: %w", e.what, err)
}

// totalScores returns the sums over the examples of each replica's losses and, unless it
// is a regression, below them how many it gets right, [2, R]. From the outputs on all
// is in double precision, as the targets are: in single precision the loss of an
// example learnt well is 0.
func totalScores(n network, theta, inputs, targets *graph.Node) *graph.Node {
	x, y := batchOf(inputs, targets, nil, theta.Shape().Dimensions[0], theta.DType())
	outputs := graph.ConvertDType(n.forward(n.unpack(theta), x, nil), dtypes.Float64)
	sums := []*graph.Node{graph.ReduceSum(n.exampleLosses(outputs, y), 1)}
	if right := n.right(outputs, y); right != nil {
		sums = append(sums, graph.ReduceSum(graph.ConvertDType(right, dtypes.Float64), 1))
	}
	return graph.Stack(sums, 0)
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
	return outputsOf(run, Examples{X: xs, Y: make([]float64, len(xs))})
}

// Logits returns the outputs of every replica of a run on images for a set of
// images, [R][n·classes].
func Logits(run *Run, set Examples) ([][]float64, error) {
	if err := cmp.Or(check("Logits", run), check("Logits", set)); err != nil {
		return nil, err
	}
	if err := needImages("Logits", run); err != nil {
		return nil, err
	}
	if len(set.Labels) == 0 {
		return nil, fmt.Errorf("Logits is for images, and the examples are points of a function")
	}
	return outputsOf(run, set)
}

// outputsOf evaluates the run's final weights.
func outputsOf(r *Run, set Examples) ([][]float64, error) {
	e, err := newEvaluator(r.Spec.describe(), r.Spec.network())
	if err != nil {
		return nil, err
	}
	var all [][]float64
	for _, replica := range r.Replicas {
		out, err := e.outputs(context.Background(), floatTensor(replica.Theta, e.net.dtype, 1, len(replica.Theta)), set)
		if err != nil {
			return nil, err
		}
		all = append(all, out...)
	}
	return all, nil
}

// inBatches works on a set in batches, several at a time: one does not keep all cores
// busy. They share theta, which is on the device before.
func inBatches(ctx context.Context, set Examples, theta *tensors.Tensor, size int, work func(first int, batch Examples) error) error {
	if err := toDevice(theta); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for first := 0; first < set.Len(); first += size {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return work(first, set.slice(first, min(first+size, set.Len())))
		})
	}
	return group.Wait()
}
