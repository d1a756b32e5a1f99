package layer

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/internal/device"
)

// sumGradient returns the gradient of Σ weights·y(x) by x.
func sumGradient(t *testing.T, y func(x *graph.Node) *graph.Node, x []float64, dims []int, weights []float64) ([]float64, error) {
	t.Helper()
	exec := device.Compute(func(x, weights *graph.Node) *graph.Node {
		return graph.Gradient(graph.ReduceAllSum(graph.Mul(graph.Reshape(y(x), -1), weights)), x)[0]
	})
	return exec.Value(device.Tensor(x, dtypes.Float64, dims...), device.Tensor(weights, dtypes.Float64, len(weights)))
}

// Each fault of GoMLX that this package works around is still there. A test that fails here says that its
// workaround can go: docs/upstream.md has where it is.
func TestFaultsOfGoMLXAreThere(t *testing.T) {
	image := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	for name, fault := range map[string]struct {
		y       func(x *graph.Node) *graph.Node
		x       []float64
		dims    []int
		weights []float64
		want    []float64
	}{
		// The derivative of the first value of the output is the kernel, in the first place.
		"gradient of an even kernel": {func(x *graph.Node) *graph.Node {
			kernel := graph.Reshape(graph.Const(x.Graph(), []float64{1, 2, 3, 4}), 2, 2, 1, 1)
			return graph.Convolve(x, kernel).NoPadding().Done()
		}, image, []int{1, 3, 3, 1}, []float64{1, 0, 0, 0}, []float64{1, 2, 0, 3, 4, 0, 0, 0, 0}},
		"gradient of Pad": {func(x *graph.Node) *graph.Node {
			return graph.Pad(x, graph.ScalarZero(x.Graph(), x.DType()), compute.PadAxis{Start: 1})
		}, []float64{5}, []int{1}, []float64{1, 2}, []float64{2}},
		"gradient of a gradient of Slice": {func(x *graph.Node) *graph.Node {
			return graph.Gradient(graph.ReduceAllSum(graph.Square(graph.Slice(x, graph.AxisRange(0, 1)))), x)[0]
		}, []float64{3, 4}, []int{2}, []float64{1, 1}, []float64{2, 0}},
		// Where values are equal, shares of the gradient add up to it.
		"gradient of a maximum of equals": {func(x *graph.Node) *graph.Node {
			return graph.Reshape(graph.ReduceMax(x), 1)
		}, []float64{7, 7}, []int{2}, []float64{1}, []float64{1, 0}},
	} {
		got, err := sumGradient(t, fault.y, fault.x, fault.dims, fault.weights)
		if err != nil && !strings.Contains(err.Error(), "Pad") {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && slices.Equal(got, fault.want) {
			t.Errorf("%s is right in this GoMLX: its workaround can go", name)
		}
	}
}
