package fit

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
	"hw1/pkg/hw1/nn"
)

// Polished is where the Levenberg-Marquardt method leads from the final weights of a run, in
// double precision and without weight decay: it shows what the architecture can express near
// the weights that Adam found.
type Polished struct {
	Run     *experiment.Run `json:"-"`
	Results []PolishedTo    // of each replica
}

// PolishedTo is the result of one replica.
type PolishedTo struct {
	Iterations          int
	TrainLoss, TestLoss float64 // mean squared errors
	Distance            float64 // from Adam's weights, divided by their norm
}

// Label returns the run's label.
func (p Polished) Label() string { return p.Run.Label() }

// TrainLosses returns the replicas' training losses.
func (p Polished) TrainLosses() []float64 {
	return num.Map(p.Results, func(r PolishedTo) float64 { return r.TrainLoss })
}

// TestLosses returns the replicas' test losses.
func (p Polished) TestLosses() []float64 {
	return num.Map(p.Results, func(r PolishedTo) float64 { return r.TestLoss })
}

// needFewDerivatives returns an error if there are too many derivatives, of every target by every parameter: they are held at once.
func needFewDerivatives(function string, s experiment.Spec) error {
	const most = 50_000_000
	if targets := s.TrainSize * s.Arch.Outputs(); targets*s.Arch.ParamCount() > most {
		return fmt.Errorf("%s needs the derivatives of all targets by all parameters, at most %s numbers, but %s has %s targets and %s parameters; take a smaller network, or a smaller TrainSize",
			function, words.Thousands(most), s.Describe(), words.Thousands(targets), words.Thousands(s.Arch.ParamCount()))
	}
	return nil
}

// polishStall is the number of accepted steps within which the residual has to fall by a tenth,
// or polishing stops.
const polishStall = 60

// Polish runs at most this many iterations of the Levenberg-Marquardt method from the final
// weights of every replica of runs on functions.
func Polish(iterations int, runs ...*experiment.Run) ([]Polished, error) {
	if err := cmp.Or(experiment.NeedSharedLabels("fit.Polish", runs...), experiment.NeedNoMask("fit.Polish", runs...)); err != nil {
		return nil, err
	}
	if !check.IsCount(iterations) {
		return nil, fmt.Errorf("fit.Polish cannot run %d iterations; give it 1 to %d", iterations, check.Most)
	}
	if env.Quick() {
		iterations = min(iterations, 3)
	}
	for _, run := range runs {
		if !run.Spec.Loss.LeastSquares() || !run.Spec.Task.IsFunction() {
			return nil, fmt.Errorf("fit.Polish is for least squares on functions, and %s has the loss %s on %s", run.Spec.Describe(), run.Spec.Loss, run.Spec.Task)
		}
		if err := needFewDerivatives("fit.Polish", run.Spec); err != nil {
			return nil, err
		}
	}
	keys := num.Map(runs, (*experiment.Run).Identity)
	asked := any(keys)
	if flat := slices.Concat(keys...); len(flat) == len(runs) { // a single key each: in stored results, they are not nested
		asked = flat
	}
	question := analysis.Question{Name: "polishing", Version: 2, Inputs: map[string]any{"runs": asked, "iterations": iterations}}
	polished, err := analysis.Of(question, func(ctx context.Context, w *analysis.Work) ([]Polished, error) {
		results, err := analysis.EachReplica(ctx, w, runs, newCurveFit, func(ctx context.Context, c *curveFit, r analysis.Replica) (PolishedTo, error) {
			return c.polish(ctx, r, iterations)
		})
		return num.Map(results, func(of []PolishedTo) Polished { return Polished{Results: of} }), err
	})
	for i := range polished {
		polished[i].Run = runs[i]
	}
	return polished, err
}

// curveFit is the least-squares problem of fitting a function: the residuals are
// (prediction - target)/√(n·outputs), so that the sum of their squares is the MSE.
type curveFit struct {
	*eval.Sweep // in double precision
	jacobian    device.Computation
}

func newCurveFit(spec experiment.Spec) (*curveFit, error) {
	spec.Float64 = true
	s, err := eval.NewSweep(spec)
	if err != nil {
		return nil, err
	}
	exec := device.Shared(s.Eval.Net.Tell("Jacobian of the outputs"), func(theta, inputs, output *graph.Node) *graph.Node {
		return jacobian(s.Eval.Net, theta, inputs, output)
	})
	return &curveFit{s, exec}, nil
}

// jacobian returns the derivatives of an output by theta, [n, P], for theta [1, P], inputs
// [n, features] and the number of the output: each example gets its own replica, whose gradient is that of the example.
func jacobian(n nn.Network, theta, inputs, output *graph.Node) *graph.Node {
	examples := inputs.Shape().Dimensions[0]
	weights := n.Unpack(graph.BroadcastToDims(theta, examples, theta.Shape().Dimensions[1]))
	outputs := n.Forward(weights, graph.InsertAxes(nn.Pixels(inputs, theta.DType()), 1))
	if n.Arch.Outputs() > 1 {
		outputs = nn.Only(outputs, output)
	}
	return nn.Pack(graph.Gradient(graph.ReduceAllSum(outputs), weights...))
}

// jacobianAt returns the Jacobian on the training set, [n·outputs, P], for all examples at once if one execution
// can take that many networks.
func (c *curveFit) jacobianAt(theta []float64) ([]float64, error) {
	step, outputs := c.Train.Len(), c.Eval.Net.Arch.Outputs()
	if c.Eval.Net.Arch.OneAtATime() {
		step = 1
	}
	all := make([]float64, len(c.Train.Y)*len(theta))
	for first := 0; first < c.Train.Len(); first += step {
		inputs := c.Train.Slice(first, first+step).Inputs(c.Eval.Net.DType)
		for k := range outputs {
			rows, err := c.jacobian.Value(c.Tensor(theta), inputs, int32(k))
			if err != nil {
				return nil, err
			}
			for i := range step {
				copy(all[((first+i)*outputs+k)*len(theta):], rows[i*len(theta):][:len(theta)])
			}
		}
	}
	return all, nil
}

func (c *curveFit) problem(ctx context.Context) num.LeastSquares {
	scale := 1 / math.Sqrt(float64(len(c.Train.Y)))
	return num.LeastSquares{
		Residuals: func(theta []float64) ([]float64, error) {
			outputs, err := c.Eval.Outputs(ctx, c.Tensor(theta), c.Train)
			if err != nil {
				return nil, err
			}
			residuals := floats.SubTo(outputs[0], outputs[0], c.Train.Y)
			floats.Scale(scale, residuals)
			return residuals, nil
		},
		Linearize: func(theta []float64) (num.Linearization, error) {
			flat, err := c.jacobianAt(theta)
			if err != nil {
				return nil, err
			}
			floats.Scale(scale, flat)
			return num.NewNormalEquations(mat.NewDense(len(c.Train.Y), len(theta), flat)), nil
		},
	}
}

func (c *curveFit) polish(ctx context.Context, replica analysis.Replica, iterations int) (PolishedTo, error) {
	loss := replica.Watch(fmt.Sprintf("loss of %s, seed %d", replica.Run.Label(), replica.Seed))
	watch := func(step int, norm float64) { loss(step, norm*norm) }
	// Between its kinks, a piecewise linear network has no curvature that a step would have to be
	// corrected for.
	plain := c.Eval.Net.Arch.Own == nil && c.Eval.Net.Activation.Homogeneous()
	end, err := num.LevenbergMarquardt(ctx, c.problem(ctx), replica.Theta, num.LMSettings{Iterations: iterations, Stall: polishStall, Plain: plain, Watch: watch})
	if err != nil {
		return PolishedTo{}, err
	}
	test, err := c.Eval.Scores(ctx, c.Tensor(end.X), c.Test)
	if err != nil {
		return PolishedTo{}, err
	}
	return PolishedTo{
		Iterations: end.Iterations, TrainLoss: floats.Dot(end.F, end.F), TestLoss: test[0].Loss,
		Distance: floats.Distance(end.X, replica.Theta, 2) / floats.Norm(replica.Theta, 2),
	}, nil
}

// PolishTable returns a row per run: the losses that training reached and those that polishing
// reached from there, as medians over the seeds with their range.
func PolishTable(caption string, all ...Polished) (*figure.Table, error) {
	runs := num.Map(all, func(p Polished) *experiment.Run { return p.Run })
	if err := cmp.Or(check.Args("fit.PolishTable", all...), experiment.NeedScores("fit.PolishTable", runs...)); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "polished", "model", "task", "train MSE, trained", "train MSE, polished", "test, trained", "test, polished")
	names := experiment.Labels(runs...)
	for i, p := range all {
		t.Add(names[i], p.Run.Spec.Task, words.MedianRange(p.Run.TrainLosses()), words.MedianRange(p.TrainLosses()),
			words.Significant(2, num.Median(p.Run.TestLosses())), words.Significant(2, num.Median(p.TestLosses())))
	}
	return t, nil
}

// Valid checks that there is a result for each replica.
func (p Polished) Valid() error {
	return experiment.Complete("polishing", "fit.Polish", p.Run, len(p.Results))
}
