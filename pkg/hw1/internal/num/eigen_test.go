package num

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/internal/hw1test"
)

// tilted returns points a·u + b·v + w of a plane in four dimensions, whose directions u and v are orthonormal.
func tilted(plane [][2]float64) (points [][]float64) {
	u, v, w := []float64{0.5, 0.5, 0.5, 0.5}, []float64{0.5, -0.5, 0.5, -0.5}, []float64{7, -3, 2, 100}
	for _, p := range plane {
		x := append([]float64{}, w...)
		floats.AddScaled(x, p[0], u)
		floats.AddScaled(x, p[1], v)
		points = append(points, x)
	}
	return points
}

// Points of a plane are found there again: with the shares of its two directions, and as far from each other.
func TestPrincipalComponentsOfAPlane(t *testing.T) {
	plane := [][2]float64{{3, 1}, {-3, 1}, {3, -1}, {-3, -1}, {0, 0}}
	shares, projected, err := PrincipalComponents(tilted(plane))
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "shares", shares, []float64{0.9, 0.1, 0, 0}, 1e-12)
	for i, p := range projected {
		hw1test.CheckNear(t, "coordinates", []float64{math.Abs(p[0]), math.Abs(p[1])}, []float64{math.Abs(plane[i][0]), math.Abs(plane[i][1])}, 1e-12)
		for k, q := range projected {
			hw1test.CheckNear(t, "distance", []float64{floats.Distance(p, q, 2)}, []float64{math.Hypot(plane[i][0]-plane[k][0], plane[i][1]-plane[k][1])}, 1e-12)
		}
	}
}

func TestPrincipalComponentsThatAreNotThere(t *testing.T) {
	for _, point := range [][]float64{{1, 2}, {0.1, 0.7}} { // the mean of three 0.1 is another number
		still, _, err := PrincipalComponents([][]float64{point, point, point})
		if err != nil {
			t.Fatal(err)
		}
		hw1test.CheckNear(t, "shares of points that are all one", still, []float64{0, 0}, 0)
	}
	_, _, err := PrincipalComponents([][]float64{{1}, {2}, {4}})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "points of 1 dimension")
	_, _, err = PrincipalComponents([][]float64{{1, 2}, {1e200, 0}, {0, 1}})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "3 points lie too far out")
}

func TestMeanAndVariance(t *testing.T) {
	points := [][]float64{{1, 0}, {3, 0}, {2, 3}}
	hw1test.CheckNear(t, "mean", Mean(points), []float64{2, 1}, 1e-15)
	hw1test.CheckNear(t, "variance", []float64{Variance(points)}, []float64{(2 + 2 + 4) / 3.0}, 1e-15)
}

// In as many steps as there are dimensions, the nodes are the eigenvalues, and the weights add up to 1; where only two eigenvalues
// differ, two steps are enough.
func TestSpectralDensityOfSmallMatrices(t *testing.T) {
	for _, c := range []struct{ eigenvalues, nodes []float64 }{
		{[]float64{-2, -0.5, 0, 1, 3, 7}, []float64{-2, -0.5, 0, 1, 3, 7}},
		{[]float64{5, -1, 5, -1, -1}, []float64{-1, 5}},
	} {
		for _, steps := range []int{len(c.eigenvalues), 50} {
			nodes, weights, err := SpectralDensity(len(c.eigenvalues), steps, 4, func(v []float64) ([]float64, error) {
				return floats.MulTo(make([]float64, len(v)), c.eigenvalues, v), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			hw1test.CheckNear(t, "nodes", nodes, c.nodes, 1e-9)
			hw1test.CheckNear(t, "sum of the weights", []float64{floats.Sum(weights)}, []float64{1}, 1e-12)
		}
	}
}

// The estimated moments of a spectrum are right on average over random vectors: here of a dense matrix.
func TestSpectralDensityHasTheMoments(t *testing.T) {
	const n, draws = 30, 400
	a := mat.NewSymDense(n, nil)
	for i := range n {
		for k := range i + 1 {
			a.SetSym(i, k, math.Sin(float64(i*i+3*k)))
		}
	}
	var square mat.Dense
	square.Mul(a, a)
	var first, second float64
	for seed := range uint64(draws) {
		nodes, weights, err := SpectralDensity(n, 8, seed, func(v []float64) ([]float64, error) {
			var out mat.VecDense
			out.MulVec(a, mat.NewVecDense(n, v))
			return out.RawVector().Data, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, node := range nodes {
			first += weights[i] * node / draws
			second += weights[i] * node * node / draws
		}
	}
	wantSecond := mat.Trace(&square) / n
	if want := mat.Trace(a) / n; math.Abs(first-want) > 0.05*math.Sqrt(wantSecond) || math.Abs(second-wantSecond) > 0.05*wantSecond {
		t.Errorf("moments %g and %g, want %g and %g", first, second, want, wantSecond)
	}
}
