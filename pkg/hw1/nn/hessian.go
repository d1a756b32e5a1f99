package nn

import (
	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/internal/num"
)

// This file builds the graph of Hessian-vector products: for dense networks by
// Pearlmutter's R-operator (1994), which differentiates back-propagation in the
// direction of a vector. Differentiating the gradient's graph again gives the same
// numbers, and serves all other networks; but it evaluates the network once for each
// vector, where the R-operator evaluates it once for all of them.
//
// K vectors are handled at once. Quantities of the network are [width, n], and their
// derivatives in the directions of the vectors [width, K, n], so that every matrix
// product is a single large one.

// denseLayer is one layer of a network at theta, with its derivatives in the directions of the vectors.
type denseLayer struct {
	w, dw *graph.Node // weights [out, in] and their directions [out, K, in]
	b, db *graph.Node // biases [out] and their directions [out, K]

	in, din      *graph.Node // input [in, n] and its derivative [in, K, n], which is nil in the first layer
	slope, curve *graph.Node // first and second derivatives of the activation, [out, n]; nil in the output layer
	dz           *graph.Node // derivative of the pre-activation, [out, K, n]
}

// hasProducts reports whether the R-operator serves: the network has only dense layers, without batch normalization, and its
// activation and loss have known derivatives.
func (n Network) hasProducts() bool {
	return !n.Arch.OneAtATime() && !n.Arch.BatchNorm && n.form().Slopes != nil && n.Activation.row().slope != nil
}

// ProductsAtOnce returns how many vectors HessianVectors takes at once: for dense networks as many
// as still fit their activations into the processor's cache, for others one.
func (n Network) ProductsAtOnce() int {
	if n.hasProducts() {
		return 16
	}
	return 1
}

// HessianVectors returns the products of the Hessian of the objective at theta
// [1, P] with vectors [K, P].
func (n Network) HessianVectors(theta, vectors, inputs, targets *graph.Node, decay float64) *graph.Node {
	if !n.hasProducts() {
		return n.differentiatedTwice(theta, vectors, inputs, targets, decay)
	}
	layers := n.denseLayers(theta, vectors)
	z, dz := n.forwardR(layers, graph.Transpose(Pixels(inputs, theta.DType()), 0, 1))
	delta, dDelta := n.form().Slopes(z, dz, targets, 1/float64(z.Shape().Dimensions[1]))
	products := n.backwardR(layers, delta, dDelta)
	if decay > 0 {
		products = graph.Add(products, graph.MulScalar(vectors, decay))
	}
	return products
}

// differentiatedTwice returns the gradient of the gradient's product with one vector, [1, P]. Both
// gradients are with respect to the unpacked weights: GoMLX 0.28.2 cannot differentiate slices twice.
func (n Network) differentiatedTwice(theta, vector, inputs, targets *graph.Node, decay float64) *graph.Node {
	weights := n.Unpack(theta)
	value := (&pass{Network: n, weights: weights, smooth: true}).objective(inputs, targets, decay)
	slope := graph.ScalarZero(theta.Graph(), theta.DType())
	directions := n.Unpack(vector)
	for i, gradient := range graph.Gradient(graph.ReduceAllSum(value), weights...) {
		slope = graph.Add(slope, graph.ReduceAllSum(graph.Mul(gradient, directions[i])))
	}
	return Pack(graph.Gradient(slope, weights...))
}

func (n Network) denseLayers(theta, vectors *graph.Node) []*denseLayer {
	weights, directions := n.Unpack(theta), n.Unpack(vectors)
	return num.Make(len(n.Arch.Dense), func(i int) *denseLayer {
		return &denseLayer{
			w: graph.Squeeze(weights[2*i], 0), dw: graph.Transpose(directions[2*i], 0, 1),
			b: graph.Squeeze(weights[2*i+1], 0), db: graph.Transpose(directions[2*i+1], 0, 1),
		}
	})
}

// forwardR evaluates the network on x [features, n] and returns its outputs
// [outputs, n] and their derivative [outputs, K, n].
func (n Network) forwardR(layers []*denseLayer, x *graph.Node) (z, dz *graph.Node) {
	f := n.Activation.row()
	var dx *graph.Node
	for i, l := range layers {
		l.in, l.din = x, dx
		z = graph.Add(graph.Dot(l.w, x).Product(), graph.InsertAxes(l.b, -1))
		l.dz = graph.Add(contract(l.dw, 2, x, 0), graph.InsertAxes(l.db, -1))
		if dx != nil {
			l.dz = graph.Add(l.dz, contract(l.w, 1, dx, 0))
		}
		if i == len(layers)-1 {
			return z, l.dz
		}
		x = f.value(z)
		if l.slope = f.slope(z, x); f.curve != nil {
			l.curve = f.curve(z, x, l.slope)
		}
		dx = graph.Mul(graph.InsertAxes(l.slope, 1), l.dz)
	}
	return nil, nil
}

// backwardR returns the Hessian-vector products [K, P] from the derivatives of the
// objective with respect to the outputs, [outputs, n], and their derivatives, [outputs, K, n].
func (n Network) backwardR(layers []*denseLayer, delta, dDelta *graph.Node) *graph.Node {
	products := make([]*graph.Node, 2*len(layers))
	for i := len(layers) - 1; i >= 0; i-- {
		l := layers[i]
		weight := graph.Transpose(contract(dDelta, 2, l.in, 1), 0, 1) // [K, out, in]
		if l.din != nil {
			weight = graph.Add(weight, graph.TransposeAllAxes(contract(delta, 1, l.din, 2), 2, 0, 1))
		}
		products[2*i] = weight
		products[2*i+1] = graph.Transpose(graph.ReduceSum(dDelta, 2), 0, 1)
		if i == 0 {
			break
		}
		below := layers[i-1]
		back := contract(l.w, 0, delta, 0) // [in, n]
		dBack := graph.Add(contract(l.w, 0, dDelta, 0), graph.Transpose(contract(l.dw, 0, delta, 0), 0, 1))
		delta = graph.Mul(back, below.slope)
		dDelta = graph.Mul(dBack, graph.InsertAxes(below.slope, 1))
		if below.curve != nil {
			dDelta = graph.Add(dDelta, graph.Mul(graph.InsertAxes(graph.Mul(back, below.curve), 1), below.dz))
		}
	}
	return Pack(products)
}

// contract multiplies two tensors along one axis of each.
func contract(a *graph.Node, aAxis int, b *graph.Node, bAxis int) *graph.Node {
	return graph.DotGeneral(a, []int{aAxis}, nil, b, []int{bAxis}, nil)
}
