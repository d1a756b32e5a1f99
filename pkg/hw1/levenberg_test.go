package hw1

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// problemOf returns a problem with an analytic Jacobian [m][n].
func problemOf(f func(x []float64) []float64, jacobian func(x []float64) [][]float64) leastSquares {
	return leastSquares{
		residuals: func(x []float64) ([]float64, error) { return f(x), nil },
		linearize: func(x []float64) (linearization, error) {
			rows := jacobian(x)
			j := mat.NewDense(len(rows), len(x), nil)
			for i, row := range rows {
				j.SetRow(i, row)
			}
			return newNormalEquations(j), nil
		},
	}
}

func rosenbrock(steep float64) leastSquares {
	return problemOf(
		func(x []float64) []float64 { return []float64{steep * (x[1] - x[0]*x[0]), 1 - x[0]} },
		func(x []float64) [][]float64 { return [][]float64{{-2 * steep * x[0], steep}, {-1, 0}} })
}

func TestLevenbergMarquardtOnRosenbrock(t *testing.T) {
	for _, steep := range []float64{1, 10, 1000} {
		for _, plain := range []bool{false, true} {
			end, err := levenbergMarquardt(context.Background(), rosenbrock(steep), []float64{-1.2, 1}, lmSettings{iterations: 2000, tolerance: 1e-12, plain: plain})
			if err != nil {
				t.Fatal(err)
			}
			checkNear(t, "minimum", end.x, []float64{1, 1}, 1e-9)
			for i := 1; i < len(end.norms); i++ {
				if end.norms[i] >= end.norms[i-1] {
					t.Fatalf("the residual grew in step %d", i)
				}
			}
		}
	}
}

// Powell's singular function: the Jacobian has rank 2 at the solution, 0.
func TestLevenbergMarquardtOnPowell(t *testing.T) {
	r5, r10 := math.Sqrt(5), math.Sqrt(10)
	p := problemOf(func(x []float64) []float64 {
		return []float64{x[0] + 10*x[1], r5 * (x[2] - x[3]), (x[1] - 2*x[2]) * (x[1] - 2*x[2]), r10 * (x[0] - x[3]) * (x[0] - x[3])}
	}, func(x []float64) [][]float64 {
		a, b := 2*(x[1]-2*x[2]), 2*r10*(x[0]-x[3])
		return [][]float64{{1, 10, 0, 0}, {0, 0, r5, -r5}, {0, a, -2 * a, 0}, {b, 0, 0, -b}}
	})
	end, err := levenbergMarquardt(context.Background(), p, []float64{3, -1, 0, 1}, lmSettings{iterations: 200, tolerance: 1e-14})
	if err != nil {
		t.Fatal(err)
	}
	checkNear(t, "solution", end.x, make([]float64, 4), 1e-6)
}

// The gradient of f = x³/3 - x + y²/2 - y⁴/4 vanishes at minima, saddles and maxima;
// from near each the method finds that one, and not the nearest minimum.
func TestLevenbergMarquardtFindsSaddlesToo(t *testing.T) {
	gradient := leastSquares{
		residuals: func(x []float64) ([]float64, error) {
			return []float64{x[0]*x[0] - 1, x[1] - x[1]*x[1]*x[1]}, nil
		},
		linearize: func(x []float64) (linearization, error) {
			return newSymmetric(mat.NewSymDense(2, []float64{2 * x[0], 0, 0, 1 - 3*x[1]*x[1]}))
		},
	}
	for _, want := range [][]float64{{1, 0}, {-1, 0}, {-1, 1}, {1, -1}} {
		start := []float64{want[0] + 0.2, want[1] - 0.15}
		end, err := levenbergMarquardt(context.Background(), gradient, start, lmSettings{iterations: 100, tolerance: 1e-13})
		if err != nil {
			t.Fatal(err)
		}
		checkNear(t, "critical point", end.x, want, 1e-9)
	}
}

func TestSymmetricSolvesAsTheNormalEquations(t *testing.T) {
	a := mat.NewSymDense(3, []float64{4, 1, -2, 1, -3, 0.5, -2, 0.5, 1})
	s, err := newSymmetric(a)
	if err != nil {
		t.Fatal(err)
	}
	n := newNormalEquations(mat.DenseCopyOf(a))
	b := []float64{1, -2, 3}
	for _, mu := range []float64{1e-3, 1, 50} {
		x, err1 := s.solve(mu, b)
		y, err2 := n.solve(mu, b)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		checkNear(t, "solution", x, y, 1e-10)
	}
	checkNear(t, "product", s.times(b), n.times(b), 1e-13)
	if _, err := newSymmetric(mat.NewSymDense(1, []float64{math.NaN()})); err == nil {
		t.Error("the eigenvalues of NaN are found")
	}
}

func TestCurveFitJacobianAgainstFiniteDifferences(t *testing.T) {
	spec := mustResolve(t, Spec{Task: Sinc, Arch: MLP(1, 3, 2, 1), Activation: Tanh, Epochs: 1})
	c, err := newCurveFit(spec)
	if err != nil {
		t.Fatal(err)
	}
	p, theta := c.problem(t.Context()), spec.Arch.initTheta(3)
	at, err := p.linearize(theta)
	if err != nil {
		t.Fatal(err)
	}
	want := mat.NewDense(c.train.Len(), len(theta), nil)
	fd.Jacobian(want, func(y, x []float64) {
		r, err := p.residuals(x)
		if err != nil {
			t.Fatal(err)
		}
		copy(y, r)
	}, theta, &fd.JacobianSettings{Formula: fd.Central})
	for i := range theta {
		unit := make([]float64, len(theta))
		unit[i] = 1
		checkNear(t, "Jacobian", at.times(unit), mat.Col(nil, i, want), 1e-8)
	}
}

// The sinc with one tanh unit more than needed: a network fits another's outputs.
func TestPolishFindsAKnownMinimum(t *testing.T) {
	spec := mustResolve(t, Spec{Task: Sinc, Arch: MLP(1, 3, 1), Activation: Tanh, Epochs: 1})
	c, err := newCurveFit(spec)
	if err != nil {
		t.Fatal(err)
	}
	teacher := []float64{3, -2, 1, 0.5, 0.3, -0.7, 1.5, -1, 0.8, 0.1}
	outputs, err := c.eval.outputs(context.Background(), c.tensor(teacher), c.train)
	if err != nil {
		t.Fatal(err)
	}
	c.train.Y = outputs[0]
	start := floats.AddTo(make([]float64, 10), teacher, []float64{0.3, -0.2, 0.1, -0.1, 0.2, 0.1, -0.3, 0.2, 0.1, 0})
	result, err := c.polish(context.Background(), Replica{Theta: start}, 200)
	if err != nil {
		t.Fatal(err)
	}
	if result.TrainLoss > 1e-20 {
		t.Errorf("MSE %g against a network of the same size", result.TrainLoss)
	}
}

func TestPolishRefusesOtherLosses(t *testing.T) {
	_, err := Polish(10, handmade(&Run{Spec: Spec{Task: WaveSign, Arch: MLP(1, 2, 1)}}))
	checkMessage(t, messageOf(err), "least squares", "cross-entropy")
}
