package num

import (
	"cmp"
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
)

// This file minimizes a function by the saddle-free Newton method (Dauphin et al. 2014, "Identifying and attacking
// the saddle point problem in high-dimensional non-convex optimization"), with Levenberg's damping: it divides by the
// absolute value of each eigenvalue, so that a step goes down along directions of negative curvature, too.

// Smooth is a function with its gradient and its Hessian.
type Smooth struct {
	Value   func(x []float64) (f float64, gradient []float64, err error)
	Hessian func(x []float64) (Symmetric, error)
}

// FindRoot solves gradient = 0 by [LevenbergMarquardt], with the Hessian as the derivative of the gradient. Each
// step makes the gradient's norm smaller, whatever f does, so it may end at saddles and maxima as well as at minima.
func FindRoot(ctx context.Context, p Smooth, x []float64, s LMSettings) (LMResult, error) {
	return LevenbergMarquardt(ctx, LeastSquares{
		Residuals: func(x []float64) ([]float64, error) {
			_, gradient, err := p.Value(x)
			return gradient, err
		},
		Linearize: func(x []float64) (Linearization, error) { return p.Hessian(x) },
	}, x, s)
}

// Constants of Descend: the relative error of f, and the shortest step along the most negative curvature.
const (
	roundoff = 1e-15
	escape   = 1e-5
)

// Descend starts at x and takes only steps that make f smaller or, if rounding hides that, the gradient. It ends
// when the gradient's norm is below the tolerance and no curvature is negative, when no step goes down, or when the
// iterations are used up. In the result, F is the gradient; its norm may rise on the way.
func Descend(ctx context.Context, p Smooth, x []float64, s LMSettings) (LMResult, error) {
	f, gradient, err1 := p.Value(x)
	at, err2 := p.Hessian(x)
	if err := cmp.Or(err1, err2); err != nil {
		return LMResult{}, err
	}
	r := LMResult{X: x, F: gradient, At: at, Norms: []float64{floats.Norm(gradient, 2)}}
	size := math.Sqrt(at.Scale())
	mu := 1e-3 * size
	for r.Iterations < s.Iterations && (r.norm() > s.Tolerance || at.Values[0] < -at.Zero()) {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		r.Iterations++
		step := at.down(mu, s.Tolerance, r.F)
		next := floats.AddTo(make([]float64, len(step)), r.X, step)
		below, gradient, err := p.Value(next)
		if err != nil {
			return r, err
		}
		hidden := below <= f+roundoff*math.Abs(f) && floats.Norm(gradient, 2) < r.norm()
		if !(below < f || hidden) {
			if mu *= muUp; mu > 1e12*size {
				break // no step, however short, goes down
			}
			continue
		}
		if at, err = p.Hessian(next); err != nil {
			return r, err
		}
		size = math.Sqrt(at.Scale())
		mu = max(mu/muDown, 1e-15*size)
		f, r.X, r.F, r.At, r.Norms = below, next, gradient, at, append(r.Norms, floats.Norm(gradient, 2))
		s.tell(r)
	}
	return r, nil
}

// down returns -(|H| + mu)⁻¹ g. Along the most negative curvature a smaller |g| counts as least, or as what makes the
// step visible in f: at a saddle g may be 0 along this direction, in which any step goes down.
func (s Symmetric) down(mu, least float64, g []float64) []float64 {
	lowest := s.Values[0]
	return s.apply(func(lambda, c float64) float64 {
		if lambda == lowest && lowest < -s.Zero() {
			c = math.Copysign(max(math.Abs(c), least, -escape*lowest), c)
		}
		return -c / (math.Abs(lambda) + mu)
	}, g)
}
