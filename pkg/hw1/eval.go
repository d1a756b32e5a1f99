package hw1

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"
)

// evaluator computes a network's outputs on whole sets of examples, without dropout.
type evaluator struct {
	spec Spec
	net  network
	exec *graph.Exec // theta [R, P] and inputs [n, features] to outputs [R, outputs, n]
}

func newEvaluator(spec Spec) (*evaluator, error) {
	net := newNetwork(spec)
	exec, err := newExec(func(theta, inputs *graph.Node) *graph.Node {
		return net.forward(net.unpack(theta), pixels(inputs, theta.DType()), nil)
	})
	return &evaluator{spec, net, exec}, err
}

// outputs returns the network's outputs for theta [R, P], as [R][n·outputs] with
// an example's outputs side by side.
func (e *evaluator) outputs(ctx context.Context, theta *tensors.Tensor, set Examples) ([][]float64, error) {
	width := e.net.arch.Outputs()
	all := make([][]float64, theta.Shape().Dimensions[0])
	for r := range all {
		all[r] = make([]float64, set.Len()*width)
	}
	err := e.batches(ctx, theta, set, func(first int, _ Examples, outputs [][]float64) {
		for r := range all {
			copy(all[r][first*width:], outputs[r])
		}
	})
	return all, err
}

// batches evaluates a set in batches, several at a time. Of each, use gets the place of
// its first example, its examples and their outputs, [R][batch·outputs]; it is called
// from several goroutines.
func (e *evaluator) batches(ctx context.Context, theta *tensors.Tensor, set Examples, use func(first int, batch Examples, outputs [][]float64)) error {
	err := set.inBatches(ctx, theta, e.spec.evalBatch(), func(first int, batch Examples) error {
		values, err := callOne(e.exec, theta, e.spec.inputTensor(batch))
		if err == nil {
			use(first, batch, byExample(values, theta.Shape().Dimensions[0], batch.Len()))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("evaluating %s: %w", e.spec.describe(), err)
	}
	return nil
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
	size := e.spec.evalBatch()
	tallies := make([][]tally, (set.Len()+size-1)/size) // of each batch and replica
	err := e.batches(ctx, theta, set, func(first int, batch Examples, outputs [][]float64) {
		for _, out := range outputs {
			tallies[first/size] = append(tallies[first/size], tallyOf(out, batch, e.net.loss))
		}
	})
	if err != nil {
		return nil, err
	}
	scores := make([]Score, theta.Shape().Dimensions[0])
	for r := range scores {
		var sum tally
		for _, batch := range tallies {
			sum.loss, sum.right = sum.loss+batch[r].loss, sum.right+batch[r].right
		}
		scores[r] = sum.score(set.Len(), e.net.loss)
	}
	return scores, nil
}

// tally is the sum of the losses of some examples, and how many are classified right.
type tally struct {
	loss  float64
	right int
}

// tallyOf returns the tally of outputs [n·width] on examples.
func tallyOf(outputs []float64, e Examples, loss Loss) tally {
	n := e.Len()
	width := len(outputs) / n
	var t tally
	for i := range n {
		out := outputs[i*width : (i+1)*width]
		switch {
		case loss == MSE:
			t.loss += (out[0] - e.Y[i]) * (out[0] - e.Y[i])
		case width == 1:
			z, y := out[0], e.Y[i]
			t.loss += math.Log1p(math.Exp(-math.Abs(z))) + max(z, 0) - z*y
			t.right += btoi((z > 0) == (y > 0.5))
		default:
			t.loss += floats.LogSumExp(out) - out[e.Labels[i]]
			t.right += btoi(floats.MaxIdx(out) == int(e.Labels[i]))
		}
	}
	return t
}

// score returns the means over n examples; a regression has no accuracy.
func (t tally) score(n int, loss Loss) Score {
	accuracy := float64(t.right) / float64(n)
	if loss == MSE {
		accuracy = math.NaN()
	}
	return Score{t.loss / float64(n), accuracy}
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

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
