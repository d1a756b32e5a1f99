package layer

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
)

// Convolution returns the convolution of x [n, height, width, in], padded with zeros before
// and after the image in both directions, with a kernel [k, k, in, out]. If it is pooled, it stops where
// the following pool stops reading, so that an odd last row or column is not computed. If smooth, it can be
// differentiated twice, and is slower.
func Convolution(x, kernel *graph.Node, before, after, stride int, pooled, smooth bool) *graph.Node {
	image, k := x.Shape().Dimensions, kernel.Shape().Dimensions[0]
	side := func(axis int) int {
		size := (image[axis]+before+after-k)/stride + 1
		if pooled {
			size -= size % Window
		}
		return size
	}
	rows, columns := side(1), side(2)
	down, across := (rows-1)*stride+k, (columns-1)*stride+k
	if smooth {
		return smoothCorrelate(frame(x, before, down, across), kernel, stride)
	}
	// A GPU's library has its own fast algorithms; and with one channel a row of the kernel is too short to gain.
	if image[3] == 1 || stride > 1 || k < 2 || k > winogradKernel || device.NameOf(x.Graph().Backend()) == "xla:cuda" {
		return correlate(frame(x, before, down, across), kernel, stride)
	}
	tiles := (rows + winogradTile - 1) / winogradTile
	y := winograd(frame(x, before, tiles*winogradTile+k-1, across), kernel)
	return graph.Slice(y, graph.AxisRange(), graph.AxisRange(0, rows))
}

// frame returns the images x [n, height, width, channels] framed to this height and
// width, after so many rows and columns of zeros; what lies outside is cut off.
// It does without Pad, as GoMLX 0.28.2 has no gradient of that.
func frame(x *graph.Node, before, height, width int) *graph.Node {
	for i, size := range []int{height, width} {
		axis := i + 1
		image := min(x.Shape().Dimensions[axis], size-before)
		x = padAxis(Cut(x, axis, image), axis, before, size-before-image)
	}
	return x
}

// padAxis returns x with zeros before and after it along an axis.
func padAxis(x *graph.Node, axis, before, after int) *graph.Node {
	zeros := func(count int) []*graph.Node {
		if count == 0 {
			return nil
		}
		shape := x.Shape().Clone()
		shape.Dimensions[axis] = count
		return []*graph.Node{graph.Zeros(x.Graph(), shape)}
	}
	return graph.Concatenate(slices.Concat(zeros(before), []*graph.Node{x}, zeros(after)), axis)
}

// correlate is graph.Convolve without padding, for x [n, height, width, in] and a
// kernel [r, c, in, out] that fits it at whole strides, with the right gradient: GoMLX 0.28.2 shifts the gradient of x by
// one row if r is even, and by one column if c is.
func correlate(x, kernel *graph.Node, stride int) *graph.Node {
	var a adjoint
	x = a.input(x, func(dy *graph.Node) *graph.Node { return backward(dy, kernel, stride) })
	return a.output(graph.Convolve(x, kernel).NoPadding().StridePerAxis(stride, stride).Done())
}

// backward returns the gradient with respect to the image of [correlate], given the gradient y of its output.
func backward(y, kernel *graph.Node, stride int) *graph.Node {
	r, c := kernel.Shape().Dimensions[0]-1, kernel.Shape().Dimensions[1]-1
	flipped := graph.Transpose(graph.Reverse(kernel, 0, 1), 2, 3)
	x := graph.Convolve(y, flipped).PaddingPerDim([][2]int{{r, r}, {c, c}})
	if stride > 1 {
		x = x.InputDilationPerAxis(stride, stride)
	}
	return x.Done()
}

// Cut returns the first entries of x along an axis. Slice cannot be differentiated twice: its gradient in GoMLX 0.28.2
// is a Pad, which has no gradient.
func Cut(x *graph.Node, axis, size int) *graph.Node {
	rest := x.Shape().Dimensions[axis] - size
	if rest == 0 {
		return x
	}
	var a adjoint
	x = a.input(x, func(dy *graph.Node) *graph.Node { return padAxis(dy, axis, 0, rest) })
	return a.output(graph.SliceAxis(x, axis, graph.AxisRange(0, size)))
}

// smoothCorrelate is [correlate] with a gradient that can itself be differentiated. It is
// linear in x and in the kernel, and so are its gradients with respect to them, [ofImage] and [ofKernel]:
// the derivatives of each of the three are the other two.
func smoothCorrelate(x, kernel *graph.Node, stride int) *graph.Node {
	var a adjoint
	x2 := a.input(x, func(dy *graph.Node) *graph.Node { return ofImage(dy, kernel, stride) })
	kernel2 := a.input(kernel, func(dy *graph.Node) *graph.Node { return ofKernel(x, dy, stride) })
	y := graph.Convolve(x, kernel).NoPadding().StridePerAxis(stride, stride).Done()
	return a.severed(y, x2, kernel2)
}

// ofImage returns the gradient with respect to the image, given the gradient y [n, rows, columns, out] of the output.
func ofImage(y, kernel *graph.Node, stride int) *graph.Node {
	var a adjoint
	y2 := a.input(y, func(dx *graph.Node) *graph.Node { return smoothCorrelate(dx, kernel, stride) })
	kernel2 := a.input(kernel, func(dx *graph.Node) *graph.Node { return ofKernel(dx, y, stride) })
	return a.severed(backward(y, kernel, stride), y2, kernel2)
}

// ofKernel returns the gradient with respect to the kernel: the convolution of the image with y as
// the kernel, where examples take the place of channels.
func ofKernel(x, y *graph.Node, stride int) *graph.Node {
	var a adjoint
	x2 := a.input(x, func(dk *graph.Node) *graph.Node { return ofImage(y, dk, stride) })
	y2 := a.input(y, func(dk *graph.Node) *graph.Node { return smoothCorrelate(x, dk, stride) })
	k := graph.Convolve(graph.Transpose(x, 0, 3), graph.TransposeAllAxes(y, 1, 2, 0, 3)).NoPadding().Dilations(stride).Done()
	return a.severed(graph.TransposeAllAxes(k, 1, 2, 0, 3), x2, y2)
}

// winogradTile is the number of rows that a tile of [winograd] computes, and winogradKernel the
// side of the largest kernel that it supports.
const (
	winogradTile   = 4
	winogradKernel = 4
)

// winograd is correlate with fewer multiplications: a tile of 4 rows takes 7
// products of rows instead of 4·4 for a kernel of 4 (Winograd 1980; Lavin and Gray
// 2016, here along the rows' axis only). The result has the height
// of x less k-1, which must be a whole number of tiles.
//
// With the matrices of [toomCook], the rows d of a tile give the rows y = Aᵀ(Gg * Bᵀd),
// where * convolves along a row.
func winograd(x, kernel *graph.Node) *graph.Node {
	k := kernel.Shape().Dimensions[0]
	tiles := (x.Shape().Dimensions[1] - k + 1) / winogradTile
	a, g, b := toomCook(winogradTile, k)

	kernelRows := num.Make(k, func(i int) *graph.Node { return graph.Slice(kernel, graph.AxisRange(i, i+1)) })
	products, _ := b.Dims()
	d := num.Make(products, func(i int) *graph.Node { // row i of each tile
		return graph.Slice(x, graph.AxisRange(), graph.AxisRange(i, i+(tiles-1)*winogradTile+1).Stride(winogradTile))
	})
	m := num.Make(products, func(i int) *graph.Node {
		return correlate(weightedSum(b.ColView(i), d), weightedSum(g.RowView(i), kernelRows), 1)
	})
	out := graph.Stack(num.Make(winogradTile, func(i int) *graph.Node { return weightedSum(a.ColView(i), m) }), 2)
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
		v.Set(n-1, coefficients-1, 1) // at infinity only the highest one remains
		return v
	}
	b = mat.NewDense(n, n, nil)
	for i := range n {
		b.SetCol(i, lagrange(points, i))
	}
	return evaluate(rows), evaluate(k), b
}

// lagrange returns the coefficients of the polynomial that is 1 at point i and 0 at the
// others; for i beyond the last, of the polynomial that is 0 at all and has the leading coefficient 1.
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
		if weight == 0 {
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
