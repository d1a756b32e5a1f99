package num

import (
	"fmt"
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
