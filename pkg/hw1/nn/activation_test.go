package nn

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/diff/fd"

	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
)

// The row of every activation has its value, and the derivatives of it, near 0 and far away.
func TestActivations(t *testing.T) {
	points := []float64{-40, -5.2, -1.3, -0.4, -0.01, 0.02, 0.3, 1.1, 2.7, 6, 45}
	for name, a := range activations {
		value := func(z float64) float64 { return hw1test.Activate(string(name), z) }
		got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
			v := a.value(in[0])
			slope := a.slope(in[0], v)
			out := []*graph.Node{v, slope, graph.Gradient(graph.ReduceAllSum(v), in[0])[0]}
			if a.curve != nil {
				out = append(out, a.curve(in[0], v, slope))
			}
			return out
		}, tensors.FromFlatDataAndDimensions(points, len(points)))
		slopes := num.Map(points, func(z float64) float64 {
			return fd.Derivative(value, z, &fd.Settings{Formula: fd.Central, Step: 1e-4})
		})
		curves := num.Map(points, func(z float64) float64 {
			return fd.Derivative(value, z, &fd.Settings{Formula: fd.Central2nd, Step: 1e-3})
		})
		hw1test.CheckNear(t, string(name)+" value", got[0], num.Map(points, value), 1e-12)
		hw1test.CheckNear(t, string(name)+" slope", got[1], slopes, 1e-6)
		hw1test.CheckNear(t, string(name)+" gradient", got[2], slopes, 1e-6)
		if a.curve != nil {
			hw1test.CheckNear(t, string(name)+" second derivative", got[3], curves, 1e-5)
		}
		if want := name == ReLU || name == LeakyReLU; name.Homogeneous() != want {
			t.Errorf("%s is homogeneous: %v", name, !want)
		}
	}
}
