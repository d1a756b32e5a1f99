package nn

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// Activation names the function between two layers.
type Activation string

// The activations; each is a row of the table below.
const (
	ReLU      Activation = "relu"
	LeakyReLU Activation = "leaky-relu" // slope 0.01 below 0
	Tanh      Activation = "tanh"
)

const leakySlope = 0.01

// activation is what the graphs need to know of one, elementwise in its input z.
type activation struct {
	value func(z *graph.Node) *graph.Node
	slope func(z, value *graph.Node) *graph.Node        // the first derivative
	curve func(z, value, slope *graph.Node) *graph.Node // the second; nil where it vanishes but at kinks
}

var activations = map[Activation]activation{
	ReLU: {
		value: func(z *graph.Node) *graph.Node { return graph.MaxScalar(z, 0) },
		slope: func(z, _ *graph.Node) *graph.Node { return isPositiveNode(z) },
	},
	LeakyReLU: {
		value: func(z *graph.Node) *graph.Node { return graph.Max(z, graph.MulScalar(z, leakySlope)) },
		slope: func(z, _ *graph.Node) *graph.Node {
			return graph.AddScalar(graph.MulScalar(isPositiveNode(z), 1-leakySlope), leakySlope)
		},
	},
	Tanh: {
		value: graph.Tanh,
		slope: func(_, value *graph.Node) *graph.Node { return graph.OneMinus(graph.Square(value)) },
		curve: func(_, value, slope *graph.Node) *graph.Node { return graph.MulScalar(graph.Mul(value, slope), -2) },
	},
}

// isPositiveNode returns 1 where z is positive, and 0 elsewhere.
func isPositiveNode(z *graph.Node) *graph.Node {
	return graph.ConvertDType(graph.GreaterThan(z, graph.ScalarZero(z.Graph(), z.DType())), z.DType())
}

// Valid says what is wrong with the name, if anything is.
func (a Activation) Valid() error {
	if _, ok := activations[a]; !ok {
		return fmt.Errorf("unknown activation %q; known are %q", a, slices.Sorted(maps.Keys(activations)))
	}
	return nil
}

// Homogeneous reports whether f(c·z) = c·f(z) for c > 0, as of ReLU: then f is linear on
// either side of 0.
func (a Activation) Homogeneous() bool { return activations[a].curve == nil }
