package num

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/internal/hw1test"
)

// problemOf returns a problem with an analytic Jacobian [m][n].
func problemOf(f func(x []float64) []float64, jacobian func(x []float64) [][]float64) LeastSquares {
	return LeastSquares{
		Residuals: func(x []float64) ([]float64, error) { return f(x), nil },
		Linearize: func(x []float64) (Linearization, error) {
			rows := jacobian(x)
			j := mat.NewDense(len(rows), len(x), nil)
			for i, row := range rows {
				j.SetRow(i, row)
			}
			return NewNormalEquations(j), nil
		},
	}
}

func rosenbrock(steep float64) LeastSquares {
	return problemOf(
		func(x []float64) []float64 { return []float64{steep * (x[1] - x[0]*x[0]), 1 - x[0]} },
		func(x []float64) [][]float64 { return [][]float64{{-2 * steep * x[0], steep}, {-1, 0}} })
}

func TestLevenbergMarquardtOnRosenbrock(t *testing.T) {
	for _, steep := range []float64{1, 10, 1000} {
		for _, plain := range []bool{false, true} {
			end, err := LevenbergMarquardt(context.Background(), rosenbrock(steep), []float64{-1.2, 1}, LMSettings{Iterations: 2000, Tolerance: 1e-12, Plain: plain})
			if err != nil {
				t.Fatal(err)
			}
			hw1test.CheckNear(t, "minimum", end.X, []float64{1, 1}, 1e-9)
			for i := 1; i < len(end.Norms); i++ {
				if end.Norms[i] >= end.Norms[i-1] {
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
	end, err := LevenbergMarquardt(context.Background(), p, []float64{3, -1, 0, 1}, LMSettings{Iterations: 200, Tolerance: 1e-14})
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "solution", end.X, make([]float64, 4), 1e-6)
}

// The gradient of f = x³/3 - x + y²/2 - y⁴/4 vanishes at minima, saddles and maxima;
// from near each the method finds that one, and not the nearest minimum.
func TestLevenbergMarquardtFindsSaddlesToo(t *testing.T) {
	gradient := LeastSquares{
		Residuals: func(x []float64) ([]float64, error) {
			return []float64{x[0]*x[0] - 1, x[1] - x[1]*x[1]*x[1]}, nil
		},
		Linearize: func(x []float64) (Linearization, error) {
			return NewSymmetric(mat.NewSymDense(2, []float64{2 * x[0], 0, 0, 1 - 3*x[1]*x[1]}))
		},
	}
	for _, want := range [][]float64{{1, 0}, {-1, 0}, {-1, 1}, {1, -1}} {
		start := []float64{want[0] + 0.2, want[1] - 0.15}
		end, err := LevenbergMarquardt(context.Background(), gradient, start, LMSettings{Iterations: 100, Tolerance: 1e-13})
		if err != nil {
			t.Fatal(err)
		}
		hw1test.CheckNear(t, "critical point", end.X, want, 1e-9)
	}
}

func TestSymmetricSolvesAsTheNormalEquations(t *testing.T) {
	a := mat.NewSymDense(3, []float64{4, 1, -2, 1, -3, 0.5, -2, 0.5, 1})
	s, err := NewSymmetric(a)
	if err != nil {
		t.Fatal(err)
	}
	n := NewNormalEquations(mat.DenseCopyOf(a))
	b := []float64{1, -2, 3}
	for _, mu := range []float64{1e-3, 1, 50} {
		hw1test.CheckNear(t, "solution", s.Solve(mu, b), n.Solve(mu, b), 1e-10)
	}
	hw1test.CheckNear(t, "product", s.Times(b), n.Times(b), 1e-13)
	if _, err := NewSymmetric(mat.NewSymDense(1, []float64{math.NaN()})); err == nil {
		t.Error("the eigenvalues of NaN are found")
	}
}

// one returns the problem F(x) = x^power in one dimension.
func one(power float64) LeastSquares {
	return problemOf(func(x []float64) []float64 { return []float64{math.Pow(x[0], power)} },
		func(x []float64) [][]float64 { return [][]float64{{power * math.Pow(x[0], power-1)}} })
}

// A step of Newton's method on x² leads from 3 to 1.5, and its second-order correction, by Taylor's formula, on to 1.125. Where the
// correction is more than three eighths of the step, as on x⁵, no step is taken.
func TestGeodesicAcceleration(t *testing.T) {
	for _, c := range []struct {
		power float64
		plain bool
		want  []float64
	}{{2, true, []float64{1.5}}, {2, false, []float64{1.125}}, {5, true, []float64{2.4}}, {5, false, nil}} {
		p, x := one(c.power), []float64{3}
		at, err1 := p.Linearize(x)
		f, err2 := p.Residuals(x)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		next, _, err := LMResult{X: x, F: f, At: at}.step(p, 1e-12, c.plain)
		if err != nil || (next == nil) != (c.want == nil) {
			t.Fatalf("x^%g: %v, %v", c.power, next, err)
		}
		if next != nil {
			hw1test.CheckNear(t, "next", next, c.want, 1e-9)
		}
	}
}

// A search stalls where the last steps have gained less than a tenth, if there were so many.
func TestStalled(t *testing.T) {
	for _, c := range []struct {
		norms   []float64
		steps   int
		stalled bool
	}{
		{[]float64{10, 9.9, 9.5, 9.2}, 3, true},
		{[]float64{10, 9.9, 9.5, 9.2}, 4, false},
		{[]float64{10, 9.9, 9.5, 9.2}, 0, false},
		{[]float64{10, 9.9, 9.5, 9}, 3, false},
		{[]float64{100, 10, 9.9, 9.5}, 3, false},
		{[]float64{100, 10, 9.9, 9.5}, 2, true},
	} {
		if got := (LMResult{Norms: c.norms}).stalled(c.steps); got != c.stalled {
			t.Errorf("%v over %d steps: %v", c.norms, c.steps, got)
		}
	}
}

// A search ends at its tolerance, after its iterations, or when its context is done, and tells of each step that it takes.
func TestSearchesEnd(t *testing.T) {
	smooth := Smooth{
		Value: func(x []float64) (float64, []float64, error) {
			return math.Pow(x[0], 4), []float64{4 * math.Pow(x[0], 3)}, nil
		},
		Hessian: func(x []float64) (Symmetric, error) {
			return NewSymmetric(mat.NewSymDense(1, []float64{12 * x[0] * x[0]}))
		},
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	for name, search := range map[string]func(ctx context.Context, s LMSettings) (LMResult, error){
		"least squares": func(ctx context.Context, s LMSettings) (LMResult, error) {
			return LevenbergMarquardt(ctx, one(3), []float64{2}, s)
		},
		"descent": func(ctx context.Context, s LMSettings) (LMResult, error) {
			return Descend(ctx, smooth, []float64{2}, s)
		},
	} {
		var told []float64
		s := LMSettings{Iterations: 500, Tolerance: 1e-3, Watch: func(_ int, norm float64) { told = append(told, norm) }}
		end, err := search(context.Background(), s)
		if err != nil || end.norm() > 1e-3 || end.Norms[len(end.Norms)-2] <= 1e-3 || end.Iterations >= 500 {
			t.Errorf("%s ends at %v after %d iterations, %v", name, end.Norms, end.Iterations, err)
		}
		hw1test.CheckNear(t, name, told, end.Norms[1:], 0)
		s.Iterations = 3
		if end, err := search(context.Background(), s); err != nil || end.Iterations != 3 {
			t.Errorf("%s has made %d iterations of 3, %v", name, end.Iterations, err)
		}
		if end, err := search(done, s); !errors.Is(err, context.Canceled) || end.Iterations != 0 {
			t.Errorf("%s has made %d iterations although nobody waits, %v", name, end.Iterations, err)
		}
	}
}

func TestScales(t *testing.T) {
	for _, c := range []struct {
		values []float64
		scale  float64
	}{{[]float64{-3, 1, 2}, 9}, {[]float64{-1, 4}, 16}} {
		if got := (Symmetric{Values: c.values}).Scale(); got != c.scale {
			t.Errorf("the scale of %v is %g", c.values, got)
		}
	}
	if got := ZeroTolerance([]float64{-4, 1, 2}); got != 12*0x1p-52 {
		t.Errorf("the tolerance is %g", got)
	}
}
