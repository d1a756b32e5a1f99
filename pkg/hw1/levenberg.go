package hw1

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// This file minimizes |F(x)|² by the Levenberg-Marquardt method with geodesic
// acceleration (Transtrum & Sethna 2012, "Improvements to the Levenberg-Marquardt
// algorithm for nonlinear least-squares minimization"): each step v of the
// linearized problem gets a correction of second order, for which F is evaluated
// once more, on the way.

// leastSquares is a problem F(x) = 0, or as near to it as can be.
type leastSquares struct {
	residuals func(x []float64) ([]float64, error)
	linearize func(x []float64) (linearization, error)
}

// linearization is J, the derivative of F at some x.
type linearization interface {
	// solve returns the v that minimizes |J v + b|² + mu |v|².
	solve(mu float64, b []float64) ([]float64, error)
	// times returns J v.
	times(v []float64) []float64
	// scale returns the size of JᵀJ, which mu is to be compared with.
	scale() float64
}

// lmSettings bound the work.
type lmSettings struct {
	iterations int     // accepted or not
	tolerance  float64 // of |F|
	stall      int     // accepted steps over which |F| has to fall by a tenth; 0, no limit
	plain      bool    // without geodesic acceleration
}

// The method's constants: the step over which the second derivative is measured,
// as a share of v; the largest correction, as a share of v; and how mu grows
// after a rejected step and falls after an accepted one.
const (
	geodesicStep = 0.1
	geodesicMax  = 0.75
	muUp, muDown = 2.5, 4.0
	stallGain    = 0.9
)

// lmResult is where the method ended.
type lmResult struct {
	x, f       []float64
	at         linearization
	iterations int
	norms      []float64 // of F, at the start and after each accepted step
}

// levenbergMarquardt starts at x and ends when |F| is below the tolerance, no
// longer falls, or the iterations are used up.
func levenbergMarquardt(ctx context.Context, p leastSquares, x []float64, s lmSettings) (lmResult, error) {
	f, err := p.residuals(x)
	if err != nil {
		return lmResult{}, err
	}
	at, err := p.linearize(x)
	if err != nil {
		return lmResult{}, err
	}
	r := lmResult{x: x, f: f, at: at, norms: []float64{floats.Norm(f, 2)}}
	mu := 1e-3 * at.scale()
	for r.iterations < s.iterations && r.norm() > s.tolerance && !r.stalled(s.stall) {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		r.iterations++
		next, f, err := r.step(p, mu, s.plain)
		if err != nil {
			return r, err
		}
		if next == nil || !(floats.Norm(f, 2) < r.norm()) {
			if mu *= muUp; mu > 1e12*at.scale() {
				break // no step, however small, makes |F| smaller
			}
			continue
		}
		mu = max(mu/muDown, 1e-30*at.scale())
		if r.at, err = p.linearize(next); err != nil {
			return r, err
		}
		r.x, r.f, r.norms = next, f, append(r.norms, floats.Norm(f, 2))
	}
	return r, nil
}

func (r lmResult) norm() float64 { return r.norms[len(r.norms)-1] }

// stalled reports whether the last steps, if there are so many, gained too little.
func (r lmResult) stalled(steps int) bool {
	before := len(r.norms) - 1 - steps
	return steps > 0 && before >= 0 && r.norm() > stallGain*r.norms[before]
}

// step returns the point that one step with the damping mu leads to, and F there,
// or nil where the correction is too large for the step to be trusted.
func (r lmResult) step(p leastSquares, mu float64, plain bool) (next, f []float64, err error) {
	v, err := r.at.solve(mu, r.f)
	if err != nil {
		return nil, nil, err
	}
	if plain {
		next = floats.AddTo(v, v, r.x)
		f, err = p.residuals(next)
		return next, f, err
	}
	ahead, err := p.residuals(floats.AddScaledTo(make([]float64, len(v)), r.x, geodesicStep, v))
	if err != nil {
		return nil, nil, err
	}
	// F'' along v: 2/h ((F(x+hv) - F(x))/h - J v).
	jv := r.at.times(v)
	second := make([]float64, len(ahead))
	for i := range second {
		second[i] = 2 / geodesicStep * ((ahead[i]-r.f[i])/geodesicStep - jv[i])
	}
	correction, err := r.at.solve(mu, second)
	if err != nil {
		return nil, nil, err
	}
	floats.Scale(0.5, correction)
	if !(2*floats.Norm(correction, 2) <= geodesicMax*floats.Norm(v, 2)) {
		return nil, nil, nil
	}
	next = floats.AddTo(correction, correction, v)
	floats.Add(next, r.x)
	f, err = p.residuals(next)
	return next, f, err
}

// symmetric is a linearization by a symmetric matrix, such as a Hessian, which
// its eigenvalues solve at every mu.
type symmetric struct {
	values  []float64 // ascending
	vectors *mat.Dense
}

func newSymmetric(m *mat.SymDense) (symmetric, error) {
	var eigen mat.EigenSym
	ok := eigen.Factorize(m, true)
	s := symmetric{values: eigen.Values(nil), vectors: &mat.Dense{}}
	if !ok || floats.HasNaN(s.values) {
		return s, fmt.Errorf("the eigenvalues of a %d×%d matrix did not converge; are all its entries finite?", m.SymmetricDim(), m.SymmetricDim())
	}
	eigen.VectorsTo(s.vectors)
	return s, nil
}

// apply returns Q f(λ) Qᵀ b.
func (s symmetric) apply(f func(lambda float64) float64, b []float64) []float64 {
	var c, out mat.VecDense
	c.MulVec(s.vectors.T(), mat.NewVecDense(len(b), b))
	for i, lambda := range s.values {
		c.SetVec(i, f(lambda)*c.AtVec(i))
	}
	out.MulVec(s.vectors, &c)
	return out.RawVector().Data
}

func (s symmetric) solve(mu float64, b []float64) ([]float64, error) {
	return s.apply(func(lambda float64) float64 { return -lambda / (lambda*lambda + mu) }, b), nil
}

func (s symmetric) times(v []float64) []float64 {
	return s.apply(func(lambda float64) float64 { return lambda }, v)
}

func (s symmetric) scale() float64 {
	return max(s.values[0]*s.values[0], s.values[len(s.values)-1]*s.values[len(s.values)-1])
}

// normalEquations is a linearization by a rectangular matrix J [m, n], by the
// Cholesky factor of JᵀJ + mu·1.
type normalEquations struct {
	j     *mat.Dense
	jtj   *mat.SymDense
	diag  float64
	lastM float64
	chol  *mat.Cholesky
}

func newNormalEquations(j *mat.Dense) *normalEquations {
	_, n := j.Dims()
	e := &normalEquations{j: j, jtj: mat.NewSymDense(n, nil), lastM: math.NaN(), chol: &mat.Cholesky{}}
	e.jtj.SymOuterK(1, j.T())
	for i := range n {
		e.diag = max(e.diag, e.jtj.At(i, i))
	}
	return e
}

func (e *normalEquations) solve(mu float64, b []float64) ([]float64, error) {
	_, n := e.j.Dims()
	if mu != e.lastM {
		damped := mat.NewSymDense(n, nil)
		damped.CopySym(e.jtj)
		for i := range n {
			damped.SetSym(i, i, damped.At(i, i)+mu)
		}
		if !e.chol.Factorize(damped) {
			return make([]float64, n), nil // too little damping for the rounding: a step of 0 is rejected
		}
		e.lastM = mu
	}
	var rhs, v mat.VecDense
	rhs.MulVec(e.j.T(), mat.NewVecDense(len(b), b))
	rhs.ScaleVec(-1, &rhs)
	if err := e.chol.SolveVecTo(&v, &rhs); err != nil {
		if _, imprecise := err.(mat.Condition); !imprecise {
			return nil, err
		}
	}
	return v.RawVector().Data, nil
}

func (e *normalEquations) times(v []float64) []float64 {
	var out mat.VecDense
	out.MulVec(e.j, mat.NewVecDense(len(v), v))
	return out.RawVector().Data
}

func (e *normalEquations) scale() float64 { return e.diag }
