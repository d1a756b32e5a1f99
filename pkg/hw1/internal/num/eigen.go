package num

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/internal/check"
)

// PrincipalPlane returns the shares of the variance of points [n, P] that their
// principal components hold, largest first, and the first two components, [P, 2]. Of points that are all the same, the shares are 0.
func PrincipalPlane(points *mat.Dense) (shares []float64, plane mat.Matrix, err error) {
	n, p := points.Dims()
	if all := points.RawMatrix().Data; !check.IsFinite(floats.Dot(all, all)) { // gonum would never return
		return nil, nil, fmt.Errorf("some of %d points lie too far out for principal components", n)
	}
	var pc stat.PC
	if !pc.PrincipalComponents(points, nil) {
		return nil, nil, fmt.Errorf("the principal components of %d points did not converge", n)
	}
	shares = pc.VarsTo(nil)
	total, first := floats.Sum(shares), points.RawRowView(0)
	if !slices.ContainsFunc(Make(n, points.RawRowView), func(row []float64) bool { return !slices.Equal(row, first) }) {
		total = math.Inf(1) // what is left of their variance are rounding errors of the mean
	}
	if total > 0 {
		floats.Scale(1/total, shares)
	}
	if len(shares) < 2 {
		return nil, nil, fmt.Errorf("points of %d dimension have no two principal components, which a plane needs; take at least two weights", p)
	}
	var vectors mat.Dense
	pc.VectorsTo(&vectors)
	return shares, vectors.Slice(0, p, 0, 2), nil
}

// PrincipalComponents returns the shares of [PrincipalPlane], and the points, minus
// their mean, projected onto that plane.
func PrincipalComponents(points [][]float64) (shares []float64, projected [][]float64, err error) {
	data := mat.NewDense(len(points), len(points[0]), slices.Concat(points...))
	shares, plane, err := PrincipalPlane(data)
	if err != nil {
		return nil, nil, err
	}
	mean := Mean(points)
	for i := range points {
		floats.Sub(data.RawRowView(i), mean)
	}
	var out mat.Dense
	out.Mul(data, plane)
	return shares, Make(len(points), out.RawRowView), nil
}

// Mean returns the mean of points.
func Mean(points [][]float64) []float64 {
	mean := make([]float64, len(points[0]))
	for _, p := range points {
		floats.AddScaled(mean, 1/float64(len(points)), p)
	}
	return mean
}

// Variance returns the mean squared distance of points from their mean.
func Variance(points [][]float64) float64 {
	mean, sum := Mean(points), 0.0
	for _, p := range points {
		d := floats.Distance(p, mean, 2)
		sum += d * d
	}
	return sum / float64(len(points))
}

// lanczos is the iteration of Lanczos (1950), from a random vector, on a symmetric matrix [n, n] that is given by its
// products with vectors. Every new basis vector is orthogonalized against all others, as otherwise rounding duplicates
// eigenvalues that have already been found. After each product it calls enough with the matrix in the basis and the size of
// the product's part outside the basis, until enough reports true.
func lanczos(n int, seed uint64, multiply func(v []float64) ([]float64, error), enough func(in Symmetric, rest float64) (bool, error)) error {
	v := Normals(rand.New(rand.NewPCG(seed, streamLanczos)), n)
	floats.Scale(1/floats.Norm(v, 2), v)
	basis := [][]float64{v}
	var diagonal, side []float64 // of the matrix in the basis
	for {
		last := basis[len(basis)-1]
		w, err := multiply(last)
		if err != nil {
			return err
		}
		diagonal = append(diagonal, floats.Dot(w, last))
		for range 2 { // twice is enough (Parlett 1980)
			for _, b := range basis {
				floats.AddScaled(w, -floats.Dot(w, b), b)
			}
		}
		in, err := tridiagonal(diagonal, side)
		if err != nil {
			return fmt.Errorf("the Lanczos iteration on the Hessian: %w", err)
		}
		rest := floats.Norm(w, 2)
		if done, err := enough(in, rest); done || err != nil {
			return err
		}
		floats.Scale(1/rest, w)
		basis, side = append(basis, w), append(side, rest)
	}
}

// tridiagonal returns a symmetric tridiagonal matrix.
func tridiagonal(diagonal, side []float64) (Symmetric, error) {
	t := mat.NewSymDense(len(diagonal), nil)
	for i, d := range diagonal {
		t.SetSym(i, i, d)
	}
	for i, s := range side {
		t.SetSym(i, i+1, s)
	}
	return NewSymmetric(t)
}

// LargestEigenvalue returns the largest eigenvalue of a symmetric matrix [n, n]
// that is given by its products with vectors, by Lanczos iteration from a random vector.
func LargestEigenvalue(n, steps int, tolerance float64, multiply func(v []float64) ([]float64, error)) (largest float64, err error) {
	err = lanczos(n, 1, multiply, func(in Symmetric, rest float64) (bool, error) {
		k := len(in.Values)
		value, distance := in.Values[k-1], rest*math.Abs(in.vectors.At(k-1, k-1)) // an upper bound on the distance to an eigenvalue of the matrix
		switch {
		case k == n || distance <= tolerance*math.Abs(value):
			largest = value
			return true, nil
		case k == steps:
			return false, fmt.Errorf("the largest eigenvalue was not found in %d products with the Hessian: it is %.3g, give or take %.2g; take weights after more epochs", steps, value, distance)
		}
		return false, nil
	})
	return largest, err
}

// SpectralDensity returns nodes, ascending, and weights that sum to 1. The sum of the weights in any
// interval estimates the share of a symmetric matrix's eigenvalues there: stochastic Lanczos quadrature
// (Ubaru, Chen & Saad 2017) with so many steps from a random vector. The outermost nodes are near
// the outermost eigenvalues.
func SpectralDensity(n, steps int, seed uint64, multiply func(v []float64) ([]float64, error)) (nodes, weights []float64, err error) {
	err = lanczos(n, seed, multiply, func(in Symmetric, rest float64) (bool, error) {
		nodes, weights = in.Values, mat.Row(nil, 0, in.vectors)
		floats.Mul(weights, weights)
		// It also ends when nothing but rounding is left outside the basis.
		return len(nodes) == min(n, steps) || rest <= 1e-10*floats.Norm(nodes, math.Inf(1)), nil
	})
	return nodes, weights, err
}
