package nn

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/custom"
	"hw1/pkg/hw1/internal/device"
)

// ActivationFn builds the values of an activation for inputs z of any shape, entry by entry. It may be called any number of times, so
// it must not use anything that changes between calls.
type ActivationFn func(z *graph.Node) *graph.Node

// ownActivations holds the activations that cells declare.
var ownActivations = custom.NewKind[activation]("activation")

// OwnActivation declares an activation of your own. It is identified by its graph and its values at a few inputs: changing it makes another
// activation, renaming it does not. Mistakes in it are reported when it is used.
//
//	snake := nn.OwnActivation("snake", func(z *graph.Node) *graph.Node { // Ziyin et al. 2020
//		return graph.Add(z, graph.Square(graph.Sin(z)))
//	})
func OwnActivation(name string, fn ActivationFn) Activation {
	row := activation{value: func(z *graph.Node) *graph.Node {
		value := fn(z)
		if value == nil {
			exceptions.Panicf("it must return values of the shape of its input, but returned nil")
		}
		if !value.Shape().Equal(z.Shape()) {
			exceptions.Panicf("it must return values of the shape of its input, %v, but returned %v; units that see several inputs, as in maxout, make a network of your own, hw1.Network", z.Shape(), value.Shape())
		}
		return value
	}}
	var mistake error
	if fn == nil {
		mistake = errors.New("its function is nil")
	}
	return Activation(ownActivations.Declare(name, row, mistake, custom.Trial{
		What: "its function", Case: "inputs of shape [2, 4]", Build: row.build, Run: row.tried, Rather: "compute it from the input",
	}))
}

// build adds eight values of a custom activation, and their derivatives, to a graph.
func (a activation) build(g *graph.Graph, dtype dtypes.DType) []*graph.Node {
	return a.slopes(graph.Parameter(g, "z", shapes.Make(dtype, 2, 4)))
}

func (a activation) slopes(z *graph.Node) []*graph.Node {
	value := a.value(z)
	return []*graph.Node{value, graph.Gradient(graph.ReduceAllSum(value), z)[0]}
}

// tried returns the values of a custom activation at a few inputs and the derivatives there, or an error that says what is wrong with them.
func (a activation) tried() ([]float64, error) {
	inputs := []float64{-20, -1.5, -0.25, 0, 0.25, 1, 2.5, 20}
	compute := device.Compute(func(z *graph.Node) []*graph.Node { return a.slopes(z) })
	all, err := compute.Values(device.Tensor(inputs, dtypes.Float64, 2, 4))
	if err != nil {
		return nil, err
	}
	for i, z := range inputs {
		if !check.IsFinite(all[0][i]) || !check.IsFinite(all[1][i]) {
			return nil, fmt.Errorf("at %g it is %g with the slope %g; both must be finite: look for a logarithm, a root or a quotient of 0, or for a number that grows too large", z, all[0][i], all[1][i])
		}
		alone, err := compute.Values(device.Tensor(inputs[i:i+1], dtypes.Float64, 1, 1))
		if err != nil {
			return nil, err
		}
		if custom.Differs(alone[0][0], all[0][i]) {
			return nil, errors.New("its value at an input depends on the other inputs; it must be computed entry by entry, as networks differ in the shapes of their layers")
		}
	}
	return append(all[0], all[1]...), nil
}

// row returns the description of an activation; its value is nil if there is none.
func (a Activation) row() activation {
	if row, known := activations[a]; known {
		return row
	}
	row, _, _ := ownActivations.Lookup(string(a))
	return row
}

// IsOwn reports whether the activation is a custom one, which [OwnActivation] declared.
func (a Activation) IsOwn() bool { return custom.Is(string(a)) }

// String returns the name of the activation.
func (a Activation) String() string { return ownActivations.Name(string(a)) }

// Label returns the name; to a custom activation it adds a part of its hash if another declared one has the same name.
func (a Activation) Label() string { return ownActivations.Label(string(a)) }
