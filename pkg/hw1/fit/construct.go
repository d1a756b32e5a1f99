package fit

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// Construct returns, for each run of a 1-h-1 network with ReLU or leaky ReLU, the network of its Spec with weights that were
// constructed rather than trained, as a run named "constructed" with one replica in double precision. Each hidden unit bends
// the output at one of the training points at which the function bends most (Visvalingam & Whyatt 1993); the output layer
// solves linear least squares; units that are not needed have weights of 0. So the lowest training error that the architecture
// can reach is at most this one, whereas the error at which training ends is no lower bound.
func Construct(runs ...*experiment.Run) ([]*experiment.Run, error) {
	if err := check.Args("fit.Construct", runs...); err != nil {
		return nil, err
	}
	constructed := make([]*experiment.Run, len(runs))
	for i, run := range runs {
		theta, err := construct(run.Spec)
		if err != nil {
			return nil, err
		}
		precise := *run
		precise.Spec.Float64 = true
		if constructed[i], err = eval.WithWeights(&precise, "constructed", theta); err != nil {
			return nil, err
		}
	}
	return constructed, nil
}

// construct returns the constructed weights, [P].
func construct(spec experiment.Spec) ([]float64, error) {
	a := spec.Arch
	if a.Own != nil || a.BatchNorm || len(a.Conv) > 0 || len(a.Dense) != 2 || a.Features() != 1 || a.Outputs() != 1 || !spec.Activation.Homogeneous() || !spec.Loss.LeastSquares() || !spec.Task.IsFunction() {
		return nil, fmt.Errorf("fit.Construct is for networks such as hw1.MLP(1, 190, 1) with ReLU or leaky ReLU that minimize the squared error on a function, and %s is %v with %s and %s", spec.Describe(), a, spec.Activation, spec.Loss)
	}
	if err := needFewDerivatives("fit.Construct", spec); err != nil {
		return nil, err
	}
	c, err := newCurveFit(spec)
	if err != nil {
		return nil, err
	}
	p := a.Params() // weights and biases of the hidden layer, then of the output layer
	theta := make([]float64, a.ParamCount())
	bends := thinned(c.Train.X, c.Train.Y, a.Dense[0]+1)
	bends = bends[:len(bends)-1] // beyond the last one there is nothing to bend
	solved := []int{p[3].Offset}
	for unit, x := range bends {
		theta[p[0].Offset+unit], theta[p[1].Offset+unit] = 1, -x
		solved = append(solved, p[2].Offset+unit)
	}
	// The outputs are linear in the weights of the output layer, so their derivatives by these
	// weights are the design matrix.
	jacobian, err := c.jacobianAt(theta)
	if err != nil {
		return nil, err
	}
	rows, n := mat.NewDense(c.Train.Len(), len(theta), jacobian), c.Train.Len()
	weighed := mat.NewDense(n, len(solved), nil)
	for k, column := range solved {
		weighed.SetCol(k, mat.Col(nil, column, rows))
	}
	var solution mat.Dense
	if err := solution.Solve(weighed, mat.NewDense(n, 1, slices.Clone(c.Train.Y))); err != nil {
		return nil, fmt.Errorf("the least squares of %s: %w", spec.Describe(), err)
	}
	for k, i := range solved {
		theta[i] = solution.At(k, 0)
	}
	return theta, nil
}

// thinned returns the inputs of at most so many points of a curve, in order: again and again, it drops the
// point whose triangle with its two neighbours is smallest (Visvalingam & Whyatt 1993). Points on the line
// between their neighbours are always dropped.
func thinned(xs, ys []float64, most int) []float64 {
	kept := num.Order(xs)
	area := func(k int) float64 {
		a, b, c := kept[k-1], kept[k], kept[k+1]
		return math.Abs((xs[b]-xs[a])*(ys[c]-ys[a])-(xs[c]-xs[a])*(ys[b]-ys[a])) / 2
	}
	for len(kept) > 2 {
		least := 1
		for k := 2; k < len(kept)-1; k++ {
			if area(k) < area(least) {
				least = k
			}
		}
		if len(kept) <= most && area(least) > 1e-12 {
			break
		}
		kept = slices.Delete(kept, least, least+1)
	}
	return num.Map(kept, func(i int) float64 { return xs[i] })
}
