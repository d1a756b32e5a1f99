package layer

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
)

func TestToomCookIsCorrelation(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {2, 3}, {3, 4}, {4, 4}, {5, 3}} {
		rows, k := size[0], size[1]
		d, g := hw1test.RandomVector(rows+k-1, 1), hw1test.RandomVector(k, 2)
		want := make([]float64, rows)
		for i := range want {
			for j := range g {
				want[i] += g[j] * d[i+j]
			}
		}
		matA, matG, matB := toomCook(rows, k)
		var u, v, y mat.VecDense
		u.MulVec(matG, mat.NewVecDense(len(g), g))
		v.MulVec(matB.T(), mat.NewVecDense(len(d), d))
		u.MulElemVec(&u, &v)
		y.MulVec(matA.T(), &u)
		hw1test.CheckNear(t, "correlation", y.RawVector().Data, want, 1e-12)
	}
}

// homeworkKernel is the side of the kernel of the homework's convolutions.
const homeworkKernel = 4

// A GPU takes correlate where a CPU takes winograd, which TestForwardAndGradient holds
// against finite differences: here they have the same values and gradients.
func TestWinogradIsCorrelate(t *testing.T) {
	const n, height, width, in, out = 2, 2*winogradTile + homeworkKernel - 1, 9, 3, 2
	x, kernel := hw1test.RandomVector(n*height*width*in, 1), hw1test.RandomVector(homeworkKernel*homeworkKernel*in*out, 2)
	run := func(layer func(x, kernel *graph.Node) *graph.Node) [][]float64 {
		return devicetest.Call(t, func(args []*graph.Node) []*graph.Node {
			y := layer(args[0], args[1])
			return append(graph.Gradient(graph.ReduceAllSum(graph.Sin(y)), args...), y)
		}, device.Tensor(x, dtypes.Float64, n, height, width, in), device.Tensor(kernel, dtypes.Float64, homeworkKernel, homeworkKernel, in, out))
	}
	want := run(func(x, kernel *graph.Node) *graph.Node { return correlate(x, kernel, 1) })
	for i, got := range run(winograd) {
		hw1test.CheckNear(t, []string{"gradient of the image", "gradient of the kernel", "value"}[i], got, want[i], 1e-11)
	}
}

// In single precision the tiles lose a digit at most: beside values of size 16, the
// root of the number of terms, an error of 1e-4 would be that of a wrong transform.
func TestConvolutionRounding(t *testing.T) {
	const n, height, width, in, out = 2, 14, 13, 16, 3
	x, kernel := hw1test.RandomVector(n*height*width*in, 1), hw1test.RandomVector(homeworkKernel*homeworkKernel*in*out, 2)
	run := func(dtype dtypes.DType) []float64 {
		return devicetest.Call(t, func(args []*graph.Node) []*graph.Node {
			return []*graph.Node{Convolution(args[0], args[1], 1, 2, 1, true, false)}
		}, device.Tensor(x, dtype, n, height, width, in), device.Tensor(kernel, dtype, homeworkKernel, homeworkKernel, in, out))[0]
	}
	exact := run(dtypes.Float64)
	if len(exact) != n*14*12*out {
		t.Fatalf("%d values, want those of 14 rows and 12 columns", len(exact))
	}
	for i, v := range run(dtypes.Float32) {
		if d := math.Abs(v - exact[i]); d > 1e-4 {
			t.Errorf("value %d is off by %g", i, d)
		}
	}
}
