package hw1

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/floats"
)

// evalBatch is the number of examples in one evaluation; results do not depend on it.
const evalBatch = 1000

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
	n, width := set.Len(), e.net.arch.Outputs()
	all := make([][]float64, theta.Shape().Dimensions[0])
	for r := range all {
		all[r] = make([]float64, n*width)
	}
	if err := toDevice(theta); err != nil {
		return nil, fmt.Errorf("evaluating %s: %w", e.spec.describe(), err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0)) // one batch does not keep all cores busy
	for first := 0; first < n; first += evalBatch {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			batch := set.slice(first, min(first+evalBatch, n))
			out, err := e.exec.Call1(theta, e.spec.inputTensor(batch))
			if err != nil {
				return fmt.Errorf("evaluating %s: %w", e.spec.describe(), err)
			}
			values, err := floatsOf(out)
			if err != nil {
				return err
			}
			for r := range all {
				for c := range width {
					for i := range batch.Len() {
						all[r][(first+i)*width+c] = values[(r*width+c)*batch.Len()+i]
					}
				}
			}
			return nil
		})
	}
	return all, group.Wait()
}

// toDevice moves a tensor to the device before goroutines share it: GoMLX 0.28.2
// moves it at its first use, and a second use at that moment finds it nowhere.
func toDevice(t *tensors.Tensor) error {
	backend, err := openBackend()
	if err != nil {
		return err
	}
	return t.MaterializeOnDevice(backend, false, 0)
}

// scores returns the loss and the accuracy of each replica of theta [R, P].
func (e *evaluator) scores(ctx context.Context, theta *tensors.Tensor, set Examples) ([]Score, error) {
	outputs, err := e.outputs(ctx, theta, set)
	if err != nil {
		return nil, err
	}
	scores := make([]Score, len(outputs))
	for r := range outputs {
		scores[r] = score(outputs[r], set, e.net.loss)
	}
	return scores, nil
}

// score returns the mean loss and the accuracy of outputs [n·width] on examples.
func score(outputs []float64, e Examples, loss Loss) Score {
	n := e.Len()
	width := len(outputs) / n
	var sum float64
	right := 0
	for i := range n {
		out := outputs[i*width : (i+1)*width]
		switch {
		case loss == MSE:
			sum += (out[0] - e.Y[i]) * (out[0] - e.Y[i])
		case width == 1:
			z, y := out[0], e.Y[i]
			sum += math.Log1p(math.Exp(-math.Abs(z))) + max(z, 0) - z*y
			right += btoi((z > 0) == (y > 0.5))
		default:
			sum += floats.LogSumExp(out) - out[e.Labels[i]]
			right += btoi(floats.MaxIdx(out) == int(e.Labels[i]))
		}
	}
	accuracy := float64(right) / float64(n)
	if loss == MSE {
		accuracy = math.NaN()
	}
	return Score{sum / float64(n), accuracy}
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
