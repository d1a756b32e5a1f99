package nn

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// Activation names the function between two layers: one of the constants, or one that [OwnActivation] declares.
type Activation string

// The activations; each is a row of the table below.
const (
	ReLU      Activation = "relu"
	LeakyReLU Activation = "leaky-relu" // slope 0.01 below 0
	Tanh      Activation = "tanh"
	Sigmoid   Activation = "sigmoid"
	Softplus  Activation = "softplus" // log(1+exp(z)) (Dugas et al. 2001)
	GELU      Activation = "gelu"     // z·Φ(z) with the normal distribution function Φ, exact (Hendrycks & Gimpel 2016)
	SiLU      Activation = "silu"     // z·sigmoid(z), also called Swish (Elfwing et al. 2018)
	Sine      Activation = "sine"     // sin(z) (Sitzmann et al. 2020)
)

const leakySlope = 0.01

// activation is what the graphs need to know about an activation, elementwise in its input z.
type activation struct {
	value func(z *graph.Node) *graph.Node
	slope func(z, value *graph.Node) *graph.Node        // the first derivative; nil for custom ones, which are differentiated by GoMLX
	curve func(z, value, slope *graph.Node) *graph.Node // the second; nil if it vanishes except at kinks

	rising bool // nowhere falling
}

var activations = map[Activation]activation{
	ReLU: {
		rising: true,
		value:  func(z *graph.Node) *graph.Node { return rectified(z, graph.ZerosLike(z)) },
		slope:  func(z, _ *graph.Node) *graph.Node { return positive(z) },
	},
	LeakyReLU: {
		rising: true,
		value:  func(z *graph.Node) *graph.Node { return rectified(z, graph.MulScalar(z, leakySlope)) },
		slope: func(z, _ *graph.Node) *graph.Node {
			return graph.AddScalar(graph.MulScalar(positive(z), 1-leakySlope), leakySlope)
		},
	},
	Tanh: {
		rising: true,
		value:  graph.Tanh,
		slope:  func(_, value *graph.Node) *graph.Node { return graph.OneMinus(graph.Square(value)) },
		curve:  func(_, value, slope *graph.Node) *graph.Node { return graph.MulScalar(graph.Mul(value, slope), -2) },
	},
	Sigmoid: {
		rising: true,
		value:  graph.Sigmoid,
		slope:  func(_, value *graph.Node) *graph.Node { return graph.Mul(value, graph.OneMinus(value)) },
		curve: func(_, value, slope *graph.Node) *graph.Node {
			return graph.Mul(slope, graph.OneMinus(graph.MulScalar(value, 2)))
		},
	},
	Softplus: {
		rising: true,
		value:  softplus,
		slope:  func(z, _ *graph.Node) *graph.Node { return graph.Sigmoid(z) },
		curve:  func(_, _, slope *graph.Node) *graph.Node { return graph.Mul(slope, graph.OneMinus(slope)) },
	},
	GELU: {
		value: func(z *graph.Node) *graph.Node { return graph.Mul(z, normalCDF(z)) },
		slope: func(z, _ *graph.Node) *graph.Node { return graph.Add(normalCDF(z), graph.Mul(z, normalDensity(z))) },
		curve: func(z, _, _ *graph.Node) *graph.Node {
			return graph.Mul(normalDensity(z), graph.AddScalar(graph.Neg(graph.Square(z)), 2))
		},
	},
	SiLU: {
		value: func(z *graph.Node) *graph.Node { return graph.Mul(z, graph.Sigmoid(z)) },
		slope: func(z, value *graph.Node) *graph.Node {
			s := graph.Sigmoid(z)
			return graph.Add(s, graph.Mul(value, graph.OneMinus(s)))
		},
		curve: func(z, value, _ *graph.Node) *graph.Node { // s' (2 + z - 2 z s)
			s := graph.Sigmoid(z)
			return graph.Mul(graph.Mul(s, graph.OneMinus(s)), graph.AddScalar(graph.Sub(z, graph.MulScalar(value, 2)), 2))
		},
	},
	Sine: {
		value: graph.Sin,
		slope: func(z, _ *graph.Node) *graph.Node { return graph.Cos(z) },
		curve: func(_, value, _ *graph.Node) *graph.Node { return graph.Neg(value) },
	},
}

// rectified returns z where it is positive, and another value elsewhere. It uses Where, as the gradient
// that GoMLX 0.28.2 builds for a maximum takes several times as long.
func rectified(z, otherwise *graph.Node) *graph.Node {
	return graph.Where(graph.IsPositive(z), z, otherwise)
}

// softplus is linear from 30 on, where the remainder is below the last bit.
func softplus(z *graph.Node) *graph.Node {
	most := graph.Scalar(z.Graph(), z.DType(), 30)
	return graph.Where(graph.GreaterThan(z, most), z, graph.Log1P(graph.Exp(graph.MinScalar(z, 30))))
}

func normalCDF(z *graph.Node) *graph.Node {
	return graph.MulScalar(graph.OnePlus(graph.Erf(graph.MulScalar(z, math.Sqrt2/2))), 0.5)
}

func normalDensity(z *graph.Node) *graph.Node {
	return graph.MulScalar(graph.Exp(graph.MulScalar(graph.Square(z), -0.5)), 1/math.Sqrt(2*math.Pi))
}

// positive returns 1 where z is positive, and 0 elsewhere.
func positive(z *graph.Node) *graph.Node { return graph.ConvertDType(graph.IsPositive(z), z.DType()) }

// Valid returns an error if the activation is unknown here, or a custom one that was declared wrongly or has changed since.
func (a Activation) Valid() error {
	switch known := a.row().value != nil; {
	case !known && a.IsOwn():
		return errors.New("an activation of your own is not declared here; call nn.OwnActivation in this cell or an earlier one")
	case !known:
		return fmt.Errorf("unknown activation %q; the known ones are %q, and nn.OwnActivation declares others", a, slices.Sorted(maps.Keys(activations)))
	}
	return ownActivations.Unchanged(string(a))
}

// Homogeneous reports whether f(c·z) = c·f(z) for c > 0, as for ReLU: then f is linear on
// either side of 0. It is false for custom ones.
func (a Activation) Homogeneous() bool { row := a.row(); return row.slope != nil && row.curve == nil }

// Rising reports whether f decreases nowhere, so that it commutes with a maximum. It is false for custom ones.
func (a Activation) Rising() bool { return a.row().rising }
