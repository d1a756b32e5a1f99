package nn

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/internal/device"
)

// convolution returns the convolution of x [n, height, width, in], with zeros before
// and after the image in both directions, with a kernel [k, k, in, out], as far as
// the pool behind it reads: an odd last row or column is not computed.
func convolution(x, kernel *graph.Node, before, after int) *graph.Node {
	image, k := x.Shape().Dimensions, kernel.Shape().Dimensions[0]
	pooled := func(axis int) int { return (image[axis] + before + after - k + 1) / convPool * convPool }
	rows, columns := pooled(1), pooled(2)
	// A GPU's library has its own; and with one channel a row of the kernel is too short to gain by it.
	if image[3] == 1 || device.NameOf(x.Graph().Backend()) == "xla:cuda" {
		return correlate(frame(x, before, rows+k-1, columns+k-1), kernel)
	}
	tiles := (rows + winogradTile - 1) / winogradTile
	y := winograd(frame(x, before, tiles*winogradTile+k-1, columns+k-1), kernel)
	return graph.Slice(y, graph.AxisRange(), graph.AxisRange(0, rows))
}

// frame returns the images x [n, height, width, channels] in one of this height and
// width, after so many rows and columns of zeros: what lies outside is cut off.
// GoMLX 0.28.2 has no gradient of Pad.
func frame(x *graph.Node, before, height, width int) *graph.Node {
	for i, size := range []int{height, width} {
		axis := i + 1
		image := min(x.Shape().Dimensions[axis], size-before)
		x = graph.SliceAxis(x, axis, graph.AxisRange(0, image))
		zeros := func(count int) *graph.Node {
			shape := x.Shape().Clone()
			shape.Dimensions[axis] = count
			return graph.Zeros(x.Graph(), shape)
		}
		parts := []*graph.Node{x}
		if before > 0 {
			parts = append([]*graph.Node{zeros(before)}, parts...)
		}
		if after := size - before - image; after > 0 {
			parts = append(parts, zeros(after))
		}
		x = graph.Concatenate(parts, axis)
	}
	return x
}

// correlate is graph.Convolve without padding, for x [n, height, width, in] and a
// kernel [r, c, in, out], with the right gradient: GoMLX 0.28.2 shifts that of x by
// one row where r is even, and by one column where c is.
func correlate(x, kernel *graph.Node) *graph.Node {
	var a adjoint
	x = a.input(x, func(dy *graph.Node) *graph.Node {
		r, c := kernel.Shape().Dimensions[0]-1, kernel.Shape().Dimensions[1]-1
		flipped := graph.Transpose(graph.Reverse(kernel, 0, 1), 2, 3)
		return graph.Convolve(dy, flipped).PaddingPerDim([][2]int{{r, r}, {c, c}}).Done()
	})
	return a.output(graph.Convolve(x, kernel).NoPadding().Done())
}

// winogradTile is the number of rows that a tile of [winograd] computes.
const winogradTile = 4

// winograd is correlate with fewer multiplications: a tile of 4 rows takes 7
// products of rows instead of 4·4 for a kernel of 4 (Winograd 1980; Lavin and Gray
// 2016, here in the direction of the rows alone). The result has the height
// of x less k-1, which must be whole tiles.
//
// With the matrices of [toomCook], the rows d of a tile give the rows y = Aᵀ(Gg * Bᵀd),
// where * convolves along a row.
func winograd(x, kernel *graph.Node) *graph.Node {
	k := kernel.Shape().Dimensions[0]
	tiles := (x.Shape().Dimensions[1] - k + 1) / winogradTile
	a, g, b := toomCook(winogradTile, k)

	kernelRows := make([]*graph.Node, k)
	for i := range kernelRows {
		kernelRows[i] = graph.Slice(kernel, graph.AxisRange(i, i+1))
	}
	products, _ := b.Dims()
	d := make([]*graph.Node, products) // d[i] has row i of each tile
	for i := range d {
		end := i + (tiles-1)*winogradTile + 1
		d[i] = graph.Slice(x, graph.AxisRange(), graph.AxisRange(i, end).Stride(winogradTile))
	}
	m := make([]*graph.Node, products)
	for i := range m {
		m[i] = correlate(weightedSum(b.ColView(i), d), weightedSum(g.RowView(i), kernelRows))
	}
	y := make([]*graph.Node, winogradTile)
	for i := range y {
		y[i] = weightedSum(a.ColView(i), m)
	}
	out := graph.Stack(y, 2)
	dims := out.Shape().Dimensions
	return graph.Reshape(out, dims[0], tiles*winogradTile, dims[3], dims[4])
}

// toomCook returns the matrices A [n, rows], G [n, k] and B [n, n], n = rows+k-1, with
// which y = Aᵀ(Gg ⊙ Bᵀd) are the values y[i] = Σ_j g[j]·d[i+j]. They evaluate
// polynomials at n points, one of them infinity, and B interpolates them.
func toomCook(rows, k int) (a, g, b *mat.Dense) {
	n := rows + k - 1
	points := []float64{0, 1, -1, 2, -2, 0.5, -0.5}[:n-1] // small, so that little is lost to rounding
	evaluate := func(coefficients int) *mat.Dense {
		v := mat.NewDense(n, coefficients, nil)
		for i, point := range points {
			power := 1.0
			for j := range coefficients {
				v.Set(i, j, power)
				power *= point
			}
		}
		v.Set(n-1, coefficients-1, 1) // at infinity the highest one is left
		return v
	}
	b = mat.NewDense(n, n, nil)
	for i := range n {
		b.SetCol(i, lagrange(points, i))
	}
	return evaluate(rows), evaluate(k), b
}

// lagrange returns the coefficients of the polynomial that is 1 at point i and 0 at the
// others; for i beyond the last, of that which is 0 at all and has the leading coefficient 1.
func lagrange(points []float64, i int) []float64 {
	coefficients, scale := make([]float64, len(points)+1), 1.0
	coefficients[0] = 1
	for j, point := range points {
		if j == i {
			continue
		}
		for k := len(points); k > 0; k-- { // times (x - point)
			coefficients[k] = coefficients[k-1] - point*coefficients[k]
		}
		coefficients[0] *= -point
		if i < len(points) {
			scale *= points[i] - point
		}
	}
	floats.Scale(1/scale, coefficients)
	return coefficients
}

// weightedSum returns Σ weights[i]·x[i], without the terms of weight 0.
func weightedSum(weights mat.Vector, x []*graph.Node) *graph.Node {
	var sum *graph.Node
	for i, term := range x {
		weight := weights.AtVec(i)
		if math.Abs(weight) < 1e-12 { // left by the inverse's rounding
			continue
		}
		if term = graph.MulScalar(term, weight); sum == nil {
			sum = term
		} else {
			sum = graph.Add(sum, term)
		}
	}
	return sum
}
