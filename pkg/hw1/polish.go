package hw1

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Polished is where the Levenberg-Marquardt method leads from the final weights of
// a run, in double precision and without weight decay: what the architecture can
// express, near what Adam found.
type Polished struct {
	Run     *Run         `json:"-"`
	Results []PolishedTo // of each replica
}

// PolishedTo is the result of one replica.
type PolishedTo struct {
	Iterations          int
	TrainLoss, TestLoss float64 // mean squared errors
	Distance            float64 // from Adam's weights, over their norm
}

// TrainLosses returns the replicas' training losses.
func (p Polished) TrainLosses() []float64 {
	return p.values(func(r PolishedTo) float64 { return r.TrainLoss })
}

// TestLosses returns the replicas' test losses.
func (p Polished) TestLosses() []float64 {
	return p.values(func(r PolishedTo) float64 { return r.TestLoss })
}

func (p Polished) values(of func(PolishedTo) float64) []float64 {
	values := make([]float64, len(p.Results))
	for i, r := range p.Results {
		values[i] = of(r)
	}
	return values
}

// polishStall is the number of accepted steps in which the residual has to fall
// by a tenth for the polishing to go on.
const polishStall = 60

// Polish runs at most so many iterations of the Levenberg-Marquardt method from
// the final weights of every replica of runs on functions.
func Polish(iterations int, runs ...*Run) ([]Polished, error) {
	if err := check("Polish", runs...); err != nil {
		return nil, err
	}
	if !isCount(iterations) {
		return nil, fmt.Errorf("Polish can not run %d iterations; give it 1 to %d", iterations, atMost)
	}
	if Quick() {
		iterations = min(iterations, 3)
	}
	var keys []string
	for _, run := range runs {
		if !run.Spec.Loss.leastSquares() {
			return nil, fmt.Errorf("Polish is for least squares, and the loss of %s is %s", run.Spec.describe(), run.Spec.Loss)
		}
		keys = append(keys, run.Keys...)
	}
	question := analysis{"polishing", 2, map[string]any{"runs": keys, "iterations": iterations}}
	polished, err := analyze(question, func(ctx context.Context, w *work) ([]Polished, error) {
		return polishAll(ctx, w, iterations, runs)
	})
	for i := range polished {
		polished[i].Run = runs[i]
	}
	return polished, err
}

func polishAll(ctx context.Context, w *work, iterations int, runs []*Run) ([]Polished, error) {
	problems, polished := make([]*curveFit, len(runs)), make([]Polished, len(runs))
	for i, run := range runs {
		var err error
		if problems[i], err = newCurveFit(run.Spec); err != nil {
			return nil, err
		}
	}
	results, err := eachReplica(ctx, w, runs, func(ctx context.Context, i, r int) (PolishedTo, error) {
		return problems[i].polish(ctx, runs[i].Replicas[r], iterations)
	})
	for i := range polished {
		polished[i].Results = results[i]
	}
	return polished, err
}

// curveFit is the least-squares problem of fitting a function: the residuals are
// (prediction - target)/√n, so that the sum of their squares is the MSE.
type curveFit struct {
	*sweep   // in double precision
	jacobian *graph.Exec
}

func newCurveFit(spec Spec) (*curveFit, error) {
	spec.Float64 = true
	s, err := newSweep(spec)
	if err != nil {
		return nil, err
	}
	exec, err := newExec(func(theta, inputs *graph.Node) *graph.Node { return jacobian(s.eval.net, theta, inputs) })
	return &curveFit{s, exec}, err
}

// jacobian returns the derivatives of the outputs by theta, [n, P], for theta
// [1, P] and inputs [n, 1]: each example gets a replica of its own, whose gradient
// is the example's.
func jacobian(n network, theta, inputs *graph.Node) *graph.Node {
	examples := inputs.Shape().Dimensions[0]
	weights := n.unpack(graph.BroadcastToDims(theta, examples, theta.Shape().Dimensions[1]))
	outputs := n.forward(weights, graph.InsertAxes(inputs, 1), nil)
	return pack(graph.Gradient(graph.ReduceAllSum(outputs), weights...))
}

func (c *curveFit) problem(ctx context.Context) leastSquares {
	scale := 1 / math.Sqrt(float64(c.train.Len()))
	return leastSquares{
		residuals: func(theta []float64) ([]float64, error) {
			outputs, err := c.eval.outputs(ctx, c.tensor(theta), c.train)
			if err != nil {
				return nil, err
			}
			residuals := floats.SubTo(outputs[0], outputs[0], c.train.Y)
			floats.Scale(scale, residuals)
			return residuals, nil
		},
		linearize: func(theta []float64) (linearization, error) {
			out, err := c.jacobian.Call1(c.tensor(theta), c.train.inputTensor(c.eval.net.dtype))
			if err != nil {
				return nil, err
			}
			flat, err := floatsOf(out)
			if err != nil {
				return nil, err
			}
			floats.Scale(scale, flat)
			return newNormalEquations(mat.NewDense(c.train.Len(), len(theta), flat)), nil
		},
	}
}

func (c *curveFit) polish(ctx context.Context, replica Replica, iterations int) (PolishedTo, error) {
	// Between its kinks a piecewise-linear network has no curvature to correct a step for.
	plain := c.eval.net.activation.homogeneous()
	end, err := levenbergMarquardt(ctx, c.problem(ctx), replica.Theta, lmSettings{iterations: iterations, stall: polishStall, plain: plain})
	if err != nil {
		return PolishedTo{}, err
	}
	test, err := c.eval.scores(ctx, c.tensor(end.x), c.test)
	if err != nil {
		return PolishedTo{}, err
	}
	return PolishedTo{
		Iterations: end.iterations, TrainLoss: floats.Dot(end.f, end.f), TestLoss: test[0].Loss,
		Distance: floats.Distance(end.x, replica.Theta, 2) / floats.Norm(replica.Theta, 2),
	}, nil
}

// PolishTable returns a row per run: the losses that Adam reached and those that the
// polishing reached from there, as medians over the seeds, with their range.
func PolishTable(caption string, all ...Polished) (*Table, error) {
	if err := check("PolishTable", all...); err != nil {
		return nil, err
	}
	t := &Table{Caption: caption, Name: "polished", Header: []string{
		"model", "task", "train MSE, Adam", "train MSE, polished", "test, Adam", "test, polished",
	}}
	for _, p := range all {
		t.Rows = append(t.Rows, []string{
			p.Run.Label(), string(p.Run.Spec.Task), medianRange(p.Run.TrainLosses()), medianRange(p.TrainLosses()),
			significant(2, Median(p.Run.TestLosses())), significant(2, Median(p.TestLosses())),
		})
	}
	return t, nil
}
