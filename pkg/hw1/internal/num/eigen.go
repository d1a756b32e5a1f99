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

// lanczos is the iteration of Lanczos (1950) on a symmetric matrix [n, n] that is known by its
// products with vectors. Every new vector is made orthogonal to all others, without which
// rounding makes copies of the eigenvalues that have been found.
type lanczos struct {
	multiply       func(v []float64) ([]float64, error)
	basis          [][]float64
	diagonal, side []float64 // of the matrix in the basis
}

// start begins with a random vector.
func (l *lanczos) start(n int, rng *rand.Rand) {
	v := Normals(rng, n)
	floats.Scale(1/floats.Norm(v, 2), v)
	l.basis = [][]float64{v}
}

// project adds the last vector's row to the matrix in the basis, and returns what is left of its
// product outside of the basis.
func (l *lanczos) project() (rest []float64, norm float64, err error) {
	last := l.basis[len(l.basis)-1]
	w, err := l.multiply(last)
	if err != nil {
		return nil, 0, err
	}
	l.diagonal = append(l.diagonal, floats.Dot(w, last))
	for range 2 { // twice is enough (Parlett 1980)
		for _, b := range l.basis {
			floats.AddScaled(w, -floats.Dot(w, b), b)
		}
	}
	return w, floats.Norm(w, 2), nil
}

// extend makes the rest of a product the next vector.
func (l *lanczos) extend(rest []float64, norm float64) {
	floats.Scale(1/norm, rest)
	l.basis, l.side = append(l.basis, rest), append(l.side, norm)
}

// eigen returns the eigenvalues of the matrix in the basis, ascending, and its eigenvectors.
func (l *lanczos) eigen() (values []float64, vectors *mat.Dense, err error) {
	k := len(l.diagonal)
	t := mat.NewSymDense(k, nil)
	for i, d := range l.diagonal {
		t.SetSym(i, i, d)
		if i < k-1 {
			t.SetSym(i, i+1, l.side[i])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(t, true) {
		return nil, nil, fmt.Errorf("the eigenvalues of a Lanczos matrix were not found; is the Hessian finite?")
	}
	vectors = &mat.Dense{}
	eigen.VectorsTo(vectors)
	return eigen.Values(nil), vectors, nil
}

// LargestEigenvalue returns the largest eigenvalue of a symmetric matrix [n, n]
// that is known by its products with vectors, by Lanczos's iteration from a random vector.
func LargestEigenvalue(n, steps int, tolerance float64, multiply func(v []float64) ([]float64, error)) (float64, error) {
	l := lanczos{multiply: multiply}
	l.start(n, rand.New(rand.NewPCG(1, streamLanczos)))
	for {
		rest, norm, err := l.project()
		if err != nil {
			return 0, err
		}
		values, vectors, err := l.eigen()
		if err != nil {
			return 0, err
		}
		k := len(values)
		value, distance := values[k-1], norm*math.Abs(vectors.At(k-1, k-1)) // at most, to an eigenvalue of the matrix
		if k == n || distance <= tolerance*math.Abs(value) {
			return value, nil
		}
		if k == steps {
			return 0, fmt.Errorf("the largest eigenvalue was not found in %d products with the Hessian: it is %.3g, give or take %.2g; take weights after more epochs", steps, value, distance)
		}
		l.extend(rest, norm)
	}
}

// SpectralDensity returns nodes, ascending, and their weights, of the sum 1, whose sum over any
// interval estimates the share of a symmetric matrix's eigenvalues there: stochastic Lanczos quadrature
// (Ubaru, Chen & Saad 2017) with so many steps from a random vector. The outermost nodes are near
// the outermost eigenvalues.
func SpectralDensity(n, steps int, seed uint64, multiply func(v []float64) ([]float64, error)) (nodes, weights []float64, err error) {
	l := lanczos{multiply: multiply}
	l.start(n, rand.New(rand.NewPCG(seed, streamLanczos)))
	for {
		rest, norm, err := l.project()
		if err != nil {
			return nil, nil, err
		}
		nodes, vectors, err := l.eigen()
		if err != nil {
			return nil, nil, err
		}
		// Beyond what rounding leaves there is nothing outside of the basis.
		if k := len(nodes); k == min(n, steps) || norm <= 1e-10*floats.Norm(nodes, math.Inf(1)) {
			weights = mat.Row(nil, 0, vectors)
			floats.Mul(weights, weights)
			return nodes, weights, nil
		}
		l.extend(rest, norm)
	}
}
