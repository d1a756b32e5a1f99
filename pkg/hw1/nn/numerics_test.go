package nn

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/loss"
)

// Losses and their gradients have their closed forms at logits of ±1e4, where a
// softmax that is written down as it is defined gives NaN.
func TestLossesAtHugeLogits(t *testing.T) {
	const huge = 1e4
	// Of four examples: sure and right, sure and wrong, torn between two, all equal.
	logits := []float64{
		huge, huge, huge, huge, // class 0 of the examples
		-huge, -huge, huge, huge,
		-huge, -huge, -huge, huge,
	}
	labels := []int32{0, 1, 1, 2}
	wantLosses := []float64{0, 2 * huge, 0.6931471805599453, 1.0986122886681098}
	third := 1.0 / 3
	wantGradient := []float64{
		0, 1, 0.5, third,
		0, -1, -0.5, third,
		0, 0, 0, third - 1,
	}
	net := Network{Arch: MLP(1, 3), loss: loss.CrossEntropy, labels: true}
	for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
		got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
			losses := net.ExampleLosses(in[0], in[1])
			return []*graph.Node{losses, graph.Gradient(graph.ReduceAllSum(losses), in[0])[0]}
		}, device.Tensor(logits, dtype, 1, 3, 4), tensors.FromFlatDataAndDimensions(labels, 1, 4))
		hw1test.CheckNear(t, "losses", got[0], wantLosses, 1e-6)
		hw1test.CheckNear(t, "gradient", got[1], wantGradient, 1e-6)
	}
}

// The same holds of two classes with one logit.
func TestLogisticLossAtHugeLogits(t *testing.T) {
	logits, labels := []float64{1e4, -1e4, 1e4, -1e4, 0}, []float64{1, 0, 0, 1, 1}
	want := []float64{0, 0, 1e4, 1e4, 0.6931471805599453}
	wantGradient := []float64{0, 0, 1, -1, -0.5}
	net := Network{Arch: MLP(1, 1), loss: loss.CrossEntropy}
	for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
		got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
			losses := net.ExampleLosses(in[0], in[1])
			return []*graph.Node{losses, graph.Gradient(graph.ReduceAllSum(losses), in[0])[0]}
		}, device.Tensor(logits, dtype, 1, 1, 5), device.Tensor(labels, dtype, 1, 5))
		hw1test.CheckNear(t, "losses", got[0], want, 1e-6)
		hw1test.CheckNear(t, "gradient", got[1], wantGradient, 1e-6)
	}
}
