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
// principal components hold, largest first, and the first two components, [P, 2].
func PrincipalPlane(points *mat.Dense) (shares []float64, plane mat.Matrix, err error) {
	n, p := points.Dims()
	if all := points.RawMatrix().Data; !check.IsFinite(floats.Dot(all, all)) { // gonum would not come back
		return nil, nil, fmt.Errorf("some of %d points lie too far out for principal components", n)
	}
	var pc stat.PC
	if !pc.PrincipalComponents(points, nil) {
		return nil, nil, fmt.Errorf("the principal components of %d points did not converge", n)
	}
	shares = pc.VarsTo(nil)
	if total := floats.Sum(shares); total > 0 {
		floats.Scale(1/total, shares)
	}
	if len(shares) < 2 {
		return nil, nil, fmt.Errorf("a path of %d parameters has no two principal components", p)
	}
	var vectors mat.Dense
	pc.VectorsTo(&vectors)
	return shares, vectors.Slice(0, p, 0, 2), nil
}

// PrincipalComponents returns the shares of [PrincipalPlane], and the points, less
// their mean, in that plane.
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
	for i := range points {
		projected = append(projected, out.RawRowView(i))
	}
	return shares, projected, nil
}

// Mean returns the mean of points.
func Mean(points [][]float64) []float64 {
	mean := make([]float64, len(points[0]))
	for _, p := range points {
		floats.AddScaled(mean, 1/float64(len(points)), p)
	}
	return mean
}

// Variance returns the mean square of the distances of points from their mean.
func Variance(points [][]float64) float64 {
	mean, sum := Mean(points), 0.0
	for _, p := range points {
		d := floats.Distance(p, mean, 2)
		sum += d * d
	}
	return sum / float64(len(points))
}

// LargestEigenvalue returns the largest eigenvalue of a symmetric matrix [n, n]
// that is known by its products with vectors, by the iteration of Lanczos (1950)
// from a random vector. Every new vector is made orthogonal to all others, without
// which rounding makes copies of the eigenvalues that have been found.
func LargestEigenvalue(n, steps int, tolerance float64, multiply func(v []float64) ([]float64, error)) (float64, error) {
	rng := rand.New(rand.NewPCG(1, streamLanczos))
	v := Normals(rng, n)
	floats.Scale(1/floats.Norm(v, 2), v)
	basis := [][]float64{v}
	var diagonal, side []float64
	for {
		w, err := multiply(basis[len(basis)-1])
		if err != nil {
			return 0, err
		}
		diagonal = append(diagonal, floats.Dot(w, basis[len(basis)-1]))
		for range 2 { // twice is enough (Parlett 1980)
			for _, b := range basis {
				floats.AddScaled(w, -floats.Dot(w, b), b)
			}
		}
		norm := floats.Norm(w, 2)
		value, last, err := topOfTridiagonal(diagonal, side)
		if err != nil {
			return 0, err
		}
		distance := norm * math.Abs(last) // at most, to an eigenvalue of the matrix
		if len(basis) == n || distance <= tolerance*math.Abs(value) {
			return value, nil
		}
		if len(basis) == steps {
			return 0, fmt.Errorf("the largest eigenvalue was not found in %d products with the Hessian: it is %.3g, give or take %.2g; take weights after more epochs", steps, value, distance)
		}
		floats.Scale(1/norm, w)
		basis, side = append(basis, w), append(side, norm)
	}
}

// topOfTridiagonal returns the largest eigenvalue of a symmetric tridiagonal
// matrix, and the last component of its eigenvector.
func topOfTridiagonal(diagonal, side []float64) (value, last float64, err error) {
	k := len(diagonal)
	t := mat.NewSymDense(k, nil)
	for i, d := range diagonal {
		t.SetSym(i, i, d)
		if i < k-1 {
			t.SetSym(i, i+1, side[i])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(t, true) {
		return 0, 0, fmt.Errorf("the eigenvalues of a Lanczos matrix were not found; is the Hessian finite?")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	return eigen.Values(nil)[k-1], vectors.At(k-1, k-1), nil
}
