package num

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/internal/hw1test"
)

// doubleWell is f = x⁴/4 - x²/2 + y²/2 + y⁴ z²/2 + (z-1)²/2: a saddle at (0, 0, 1), between
// minima at (±1, 0, 1), and no other critical point where y is small.
func doubleWell() Smooth {
	return Smooth{
		Value: func(v []float64) (float64, []float64, error) {
			x, y, z := v[0], v[1], v[2]
			f := math.Pow(x, 4)/4 - x*x/2 + y*y/2 + math.Pow(y, 4)*z*z/2 + (z-1)*(z-1)/2
			return f, []float64{x*x*x - x, y + 2*math.Pow(y, 3)*z*z, math.Pow(y, 4)*z + z - 1}, nil
		},
		Hessian: func(v []float64) (Symmetric, error) {
			x, y, z := v[0], v[1], v[2]
			cross := 4 * math.Pow(y, 3) * z
			return NewSymmetric(mat.NewSymDense(3, []float64{3*x*x - 1, 0, 0, 0, 1 + 6*y*y*z*z, cross, 0, cross, 1 + math.Pow(y, 4)}))
		},
	}
}

// From beside a saddle, and from the saddle itself, the one ends in the saddle and the other in a minimum.
func TestRootsAndDescentPartAtASaddle(t *testing.T) {
	p, s := doubleWell(), LMSettings{Iterations: 200, Tolerance: 1e-12}
	for _, start := range [][]float64{{0.1, -0.3, 1.2}, {-1e-9, 0, 1}, {0, 0, 1}} {
		saddle, err := FindRoot(context.Background(), p, start, s)
		if err != nil {
			t.Fatal(err)
		}
		hw1test.CheckNear(t, "root", saddle.X, []float64{0, 0, 1}, 1e-9)
		minimum, err := Descend(context.Background(), p, start, s)
		if err != nil {
			t.Fatal(err)
		}
		minimum.X[0] = math.Abs(minimum.X[0])
		hw1test.CheckNear(t, "minimum", minimum.X, []float64{1, 0, 1}, 1e-9)
		if at := minimum.At.(Symmetric); at.Values[0] <= 0 || minimum.norm() > s.Tolerance {
			t.Errorf("from %v descent ends at the eigenvalues %v and the norm %g", start, at.Values, minimum.norm())
		}
	}
}

// Rosenbrock's valley is bent, and at its start one curvature is negative.
func TestDescentOfRosenbrock(t *testing.T) {
	last := math.Inf(1)
	p := Smooth{
		Value: func(v []float64) (float64, []float64, error) {
			x, y := v[0], v[1]
			return 100*(y-x*x)*(y-x*x) + (1-x)*(1-x), []float64{-400*x*(y-x*x) - 2*(1-x), 200 * (y - x*x)}, nil
		},
		Hessian: func(v []float64) (Symmetric, error) { // asked for where a step was taken
			x, y := v[0], v[1]
			f := 100*(y-x*x)*(y-x*x) + (1-x)*(1-x)
			if f > last*(1+roundoff) {
				t.Errorf("a step led up, from %g to %g", last, f)
			}
			last = f
			return NewSymmetric(mat.NewSymDense(2, []float64{1200*x*x - 400*y + 2, -400 * x, -400 * x, 200}))
		},
	}
	end, err := Descend(context.Background(), p, []float64{-0.5, 2}, LMSettings{Iterations: 200, Tolerance: 1e-12})
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "minimum", end.X, []float64{1, 1}, 1e-9)
}
