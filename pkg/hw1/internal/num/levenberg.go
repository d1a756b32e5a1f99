package num

import (
	"cmp"
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

// LeastSquares is the problem F(x) = 0, or as near to it as possible.
type LeastSquares struct {
	Residuals func(x []float64) ([]float64, error)
	Linearize func(x []float64) (Linearization, error)
}

// Linearization is J, the derivative of F at some x.
type Linearization interface {
	// Solve returns the v that minimizes |J v + b|² + mu |v|².
	Solve(mu float64, b []float64) []float64
	// Times returns J v.
	Times(v []float64) []float64
	// Scale returns the size of JᵀJ, with which mu has to be compared.
	Scale() float64
}

// LMSettings bound the work.
type LMSettings struct {
	Iterations int     // most iterations, accepted or not
	Tolerance  float64 // value of |F| at which to stop
	Stall      int     // accepted steps over which |F| must fall by a tenth; 0 for no limit
	Plain      bool    // without geodesic acceleration

	Watch func(iterations int, norm float64) // called with |F| after each accepted step; nil for none
}

func (s LMSettings) tell(r LMResult) {
	if s.Watch != nil {
		s.Watch(r.Iterations, r.norm())
	}
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

// LMResult is where the method ended.
type LMResult struct {
	X, F       []float64
	At         Linearization
	Iterations int
	Norms      []float64 // of F, at the start and after each accepted step
}

// LevenbergMarquardt starts at x and ends when |F| is below the tolerance, no
// longer falls, or the iterations are used up.
func LevenbergMarquardt(ctx context.Context, p LeastSquares, x []float64, s LMSettings) (LMResult, error) {
	f, err1 := p.Residuals(x)
	at, err2 := p.Linearize(x)
	if err := cmp.Or(err1, err2); err != nil {
		return LMResult{}, err
	}
	r := LMResult{X: x, F: f, At: at, Norms: []float64{floats.Norm(f, 2)}}
	mu := 1e-3 * at.Scale()
	for r.Iterations < s.Iterations && r.norm() > s.Tolerance && !r.stalled(s.Stall) {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		r.Iterations++
		next, f, err := r.step(p, mu, s.Plain)
		if err != nil {
			return r, err
		}
		if next == nil || !(floats.Norm(f, 2) < r.norm()) {
			if mu *= muUp; mu > 1e12*at.Scale() {
				break // no step, however small, makes |F| smaller
			}
			continue
		}
		mu = max(mu/muDown, 1e-30*at.Scale())
		if r.At, err = p.Linearize(next); err != nil {
			return r, err
		}
		r.X, r.F, r.Norms = next, f, append(r.Norms, floats.Norm(f, 2))
		s.tell(r)
	}
	return r, nil
}

func (r LMResult) norm() float64 { return r.Norms[len(r.Norms)-1] }

// stalled reports whether the last steps, if there were so many, gained too little.
func (r LMResult) stalled(steps int) bool {
	before := len(r.Norms) - 1 - steps
	return steps > 0 && before >= 0 && r.norm() > stallGain*r.Norms[before]
}

// step returns the point that one step with the damping mu leads to, and F there,
// or nil if the correction is too large for the step to be trusted.
func (r LMResult) step(p LeastSquares, mu float64, plain bool) (next, f []float64, err error) {
	v := r.At.Solve(mu, r.F)
	if plain {
		next = floats.AddTo(v, v, r.X)
		f, err = p.Residuals(next)
		return next, f, err
	}
	ahead, err := p.Residuals(floats.AddScaledTo(make([]float64, len(v)), r.X, geodesicStep, v))
	if err != nil {
		return nil, nil, err
	}
	// F'' along v: 2/h ((F(x+hv) - F(x))/h - J v).
	jv := r.At.Times(v)
	second := make([]float64, len(ahead))
	for i := range second {
		second[i] = 2 / geodesicStep * ((ahead[i]-r.F[i])/geodesicStep - jv[i])
	}
	correction := r.At.Solve(mu, second)
	floats.Scale(0.5, correction)
	if !(2*floats.Norm(correction, 2) <= geodesicMax*floats.Norm(v, 2)) {
		return nil, nil, nil
	}
	next = floats.AddTo(correction, correction, v)
	floats.Add(next, r.X)
	f, err = p.Residuals(next)
	return next, f, err
}

// Symmetric is a linearization by a symmetric matrix, such as a Hessian. Its
// eigendecomposition solves it for every mu.
type Symmetric struct {
	Values  []float64 // ascending
	vectors *mat.Dense
}

// NewSymmetric returns the linearization by a symmetric matrix, or an error if its eigenvalues are not found.
func NewSymmetric(m *mat.SymDense) (Symmetric, error) {
	var eigen mat.EigenSym
	ok := eigen.Factorize(m, true)
	s := Symmetric{Values: eigen.Values(nil), vectors: &mat.Dense{}}
	if !ok || floats.HasNaN(s.Values) {
		return s, fmt.Errorf("the eigenvalues of a %d×%d matrix did not converge; are all its entries finite?", m.SymmetricDim(), m.SymmetricDim())
	}
	eigen.VectorsTo(s.vectors)
	return s, nil
}

// apply returns Q f(λ, c) of c = Qᵀ b.
func (s Symmetric) apply(f func(lambda, c float64) float64, b []float64) []float64 {
	var c, out mat.VecDense
	c.MulVec(s.vectors.T(), mat.NewVecDense(len(b), b))
	for i, lambda := range s.Values {
		c.SetVec(i, f(lambda, c.AtVec(i)))
	}
	out.MulVec(s.vectors, &c)
	return out.RawVector().Data
}

// Solve implements Linearization.
func (s Symmetric) Solve(mu float64, b []float64) []float64 {
	return s.apply(func(lambda, c float64) float64 { return -lambda / (lambda*lambda + mu) * c }, b)
}

// Times implements Linearization.
func (s Symmetric) Times(v []float64) []float64 {
	return s.apply(func(lambda, c float64) float64 { return lambda * c }, v)
}

// Scale implements Linearization.
func (s Symmetric) Scale() float64 {
	return max(s.Values[0]*s.Values[0], s.Values[len(s.Values)-1]*s.Values[len(s.Values)-1])
}

// Zero returns [ZeroTolerance] of the eigenvalues.
func (s Symmetric) Zero() float64 { return ZeroTolerance(s.Values) }

// ZeroTolerance returns P · eps · max|λ|, below which an eigenvalue of a symmetric matrix
// with these eigenvalues cannot be distinguished from zero.
func ZeroTolerance(eigenvalues []float64) float64 {
	const eps = 0x1p-52
	return float64(len(eigenvalues)) * eps * floats.Norm(eigenvalues, math.Inf(1))
}

// normalEquations is a linearization by a rectangular matrix J [m, n], solved with the
// Cholesky factor of JᵀJ + mu·1.
type normalEquations struct {
	j     *mat.Dense
	jtj   *mat.SymDense
	diag  float64
	lastM float64
	chol  *mat.Cholesky
}

// NewNormalEquations returns the linearization by a matrix J.
func NewNormalEquations(j *mat.Dense) *normalEquations {
	_, n := j.Dims()
	e := &normalEquations{j: j, jtj: mat.NewSymDense(n, nil), lastM: math.NaN(), chol: &mat.Cholesky{}}
	e.jtj.SymOuterK(1, j.T())
	for i := range n {
		e.diag = max(e.diag, e.jtj.At(i, i))
	}
	return e
}

// Solve implements Linearization.
func (e *normalEquations) Solve(mu float64, b []float64) []float64 {
	_, n := e.j.Dims()
	if mu != e.lastM {
		damped := mat.NewSymDense(n, nil)
		damped.CopySym(e.jtj)
		for i := range n {
			damped.SetSym(i, i, damped.At(i, i)+mu)
		}
		if !e.chol.Factorize(damped) {
			return make([]float64, n) // too little damping for the rounding: a step of 0 is rejected
		}
		e.lastM = mu
	}
	var rhs, v mat.VecDense
	rhs.MulVec(e.j.T(), mat.NewVecDense(len(b), b))
	rhs.ScaleVec(-1, &rhs)
	_ = e.chol.SolveVecTo(&v, &rhs) // its only error says that the solution is imprecise, and LevenbergMarquardt rejects a bad step
	return v.RawVector().Data
}

// Times implements Linearization.
func (e *normalEquations) Times(v []float64) []float64 {
	var out mat.VecDense
	out.MulVec(e.j, mat.NewVecDense(len(v), v))
	return out.RawVector().Data
}

// Scale implements Linearization.
func (e *normalEquations) Scale() float64 { return e.diag }
