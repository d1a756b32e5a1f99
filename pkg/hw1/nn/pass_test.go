package nn

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/layer"
	"hw1/pkg/hw1/loss"
)

// affine returns w·x + b for the first weights of theta, [out, in] and [out], and the rest of theta.
func affine(theta, x []float64, out int) (y, rest []float64) {
	bias := theta[out*len(x):]
	for o := range out {
		sum := bias[o]
		for i, v := range x {
			sum += theta[o*len(x)+i] * v
		}
		y = append(y, sum)
	}
	return y, bias[out:]
}

// What is inside a dense network, of two replicas that share their inputs: the products of the first layer, and the units of both hidden layers.
func TestHiddenUnitsAndFirstProducts(t *testing.T) {
	const n, p = 4, 3*2 + 3 + 2*3 + 2 + 2 + 1
	net := New(MLP(2, 3, 2, 1), Tanh, loss.MSE, false, 0, dtypes.Float64)
	theta, x := hw1test.RandomVector(2*p, 1), hw1test.RandomVector(2*n, 2)
	got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
		weights := net.Unpack(in[0])
		outputs, first := net.FromFirst(weights, in[1])
		return []*graph.Node{net.Hidden(weights, in[1]), outputs, first}
	}, device.Tensor(theta, dtypes.Float64, 2, p), device.Tensor(x, dtypes.Float64, n, 2))
	hidden, outputs, first := make([]float64, 2*5*n), make([]float64, 2*n), make([]float64, 2*3*n)
	for r := range 2 {
		for i := range n {
			of := theta[r*p : (r+1)*p]
			units, rest := affine(of, x[2*i:2*i+2], 3)
			for u := range units {
				first[(r*3+u)*n+i] = units[u] - of[6+u]
				units[u] = math.Tanh(units[u])
				hidden[(r*5+u)*n+i] = units[u]
			}
			units, rest = affine(rest, units, 2)
			for u := range units {
				units[u] = math.Tanh(units[u])
				hidden[(r*5+3+u)*n+i] = units[u]
			}
			out, _ := affine(rest, units, 1)
			outputs[r*n+i] = out[0]
		}
	}
	for i, want := range [][]float64{hidden, outputs, first} {
		hw1test.CheckNear(t, []string{"hidden units", "outputs", "first products"}[i], got[i], want, 1e-13)
	}
}

// In training, dropout takes values from the inputs of every dense layer but the network's first, in each layer others; in evaluation it takes none.
func TestDropoutIsBeforeEveryDenseLayerButTheFirst(t *testing.T) {
	const n, width, rate = 3, 20, 0.4
	const p = 2*width + width*width + width + width + 1
	net := New(MLP(1, width, width, 1), Tanh, loss.MSE, false, rate, dtypes.Float64)
	theta, x, y := hw1test.RandomVector(p, 1), hw1test.RandomVector(n, 2), make([]float64, n)
	got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
		losses, _, _ := net.TrainingGradient(in[0], in[1], in[2], in[3])
		evaluated, _ := net.gradient(in[0], in[1], in[2])
		ones := graph.Ones(in[0].Graph(), shapes.Make(dtypes.Float64, 1, width, n))
		return []*graph.Node{losses, evaluated, layer.Dropout(ones, in[3], rate, 1), layer.Dropout(ones, in[3], rate, 2)}
	}, device.Tensor(theta, dtypes.Float64, 1, p), device.Tensor(x, dtypes.Float64, 1, n, 1), device.Tensor(y, dtypes.Float64, 1, n), tensors.FromFlatDataAndDimensions([]uint32{5, 6}, 2))
	if slices.Equal(got[2], got[3]) {
		t.Error("two layers lose the same values")
	}
	all := slices.Repeat([]float64{1}, width*n)
	for i, masks := range [][2][]float64{{got[2], got[3]}, {all, all}} {
		want := 0.0
		for example := range n {
			values, rest := affine(theta, x[example:example+1], width)
			for k, mask := range masks {
				for u := range values {
					values[u] = math.Tanh(values[u]) * mask[u*n+example]
				}
				values, rest = affine(rest, values, []int{width, 1}[k])
			}
			want += values[0] * values[0] / n
		}
		hw1test.CheckNear(t, []string{"loss in training", "loss in evaluation"}[i], got[i], []float64{want}, 1e-12)
	}
}

// Convolutions, and graphs of one's own, take one set of weights: two would be computed as if they were more examples.
func TestOneReplicaAtATime(t *testing.T) {
	own := Graph("mine", 1, []int{16}, 1, []Param{{Name: "w", Shape: []int{16, 1}, FanIn: 16}}, func(w []*graph.Node, x *graph.Node) *graph.Node {
		return graph.Dot(x, w[0]).Product()
	})
	for _, a := range []Arch{CNN([]int{1}, 1).On(4, 4, 1).With(Block{Kernel: 1}), own} {
		net := New(a, Tanh, loss.MSE, false, 0, dtypes.Float64)
		for replicas, says := range map[int]string{1: "", 2: "take one replica, not 2"} {
			_, err := device.Compute(func(theta, x *graph.Node) *graph.Node { return net.Forward(net.Unpack(theta), x) }).Value(
				device.Tensor(make([]float64, replicas*a.ParamCount()), dtypes.Float64, replicas, a.ParamCount()), device.Tensor(make([]float64, 3*16), dtypes.Float64, 3, 16))
			if wrong := hw1test.MessageOf(err); (says == "") != (wrong == "") || !strings.Contains(wrong, says) {
				t.Errorf("%v, %d replicas: %q", a, replicas, wrong)
			}
		}
	}
}
