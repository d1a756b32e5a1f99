package custom

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/hw1test"
)

// Where types do not match, a message says how numbers get theirs, whatever the backend calls the mistake.
func TestMismatchOfTypes(t *testing.T) {
	for _, open := range []func() (compute.Backend, error){device.Open, func() (compute.Backend, error) { return compute.NewWithConfig("go") }} {
		backend, err := open()
		if err != nil {
			t.Fatal(err)
		}
		kind := NewKind[int]("thing")
		mine := kind.Declare("mine", 1, nil, Trial{What: "its graph", Case: "a number", Build: func(_ *graph.Graph, _ dtypes.DType) []*graph.Node {
			g := graph.NewGraph(backend, "mismatch")
			return []*graph.Node{graph.Mul(graph.Const(g, 1.0), graph.Const(g, float32(1)))}
		}})
		_, _, err = kind.Lookup(mine)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "its graph cannot be built for a number, float32 or float64", "graph.ConstAs give numbers their type")
	}
}
