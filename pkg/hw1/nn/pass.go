package nn

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"hw1/pkg/hw1/internal/layer"
)

// pass is one evaluation of a network, which uses the weights in the order of theta.
type pass struct {
	Network
	weights  []*graph.Node // [R, shape...]
	key      *graph.Node   // for dropout; nil for none
	training bool          // batch normalization uses the statistics of the batch
	smooth   bool          // build a slower graph that can be differentiated twice

	taken   int
	dropped int                 // calls of drop
	first   *graph.Node         // products of the first dense layer's weights and its inputs
	hidden  []*graph.Node       // activations of the dense layers except the last, each [R, width, n]
	batch   map[int]*graph.Node // the statistics of the batch in training, by the index of the running one, [R, width]
}

// Forward returns the outputs [R, outputs, n] in evaluation mode for inputs x, which are
// [R, n, features] or, if all replicas share them, [n, features].
func (n Network) Forward(weights []*graph.Node, x *graph.Node) *graph.Node {
	return (&pass{Network: n, weights: weights}).forward(x)
}

// Hidden returns the activations of the dense layers except the last, in evaluation
// mode: [R, widths, n], the units of the first layer first. There must be at least one such layer.
func (n Network) Hidden(weights []*graph.Node, x *graph.Node) *graph.Node {
	p := &pass{Network: n, weights: weights}
	p.forward(x)
	return graph.Concatenate(p.hidden, 1)
}

// FromFirst is Forward, and also returns the products of the first dense layer's weights and inputs, [R, width, n]. If that layer
// is the network's first, the outputs depend on x only through them.
func (n Network) FromFirst(weights []*graph.Node, x *graph.Node) (outputs, first *graph.Node) {
	p := &pass{Network: n, weights: weights}
	outputs = p.forward(x)
	return outputs, p.first
}

func (p *pass) forward(x *graph.Node) *graph.Node {
	if !p.Arch.OneAtATime() {
		return p.dense(x)
	}
	if replicas := p.weights[0].Shape().Dimensions[0]; replicas != 1 {
		exceptions.Panicf("convolutional networks, and networks of your own, take one replica, not %d", replicas)
	}
	batch := x.Shape().Dimensions[x.Rank()-2]
	x = graph.Reshape(x, append([]int{batch}, p.Arch.Input...)...)
	if p.Arch.Own != nil {
		return p.Arch.Own.build(p.weights, x, p.drop)
	}
	for i, out := range p.Arch.Conv {
		x = p.block(x, p.Arch.block(i), p.Arch.channelsBefore(i), out)
	}
	return p.dense(graph.Reshape(x, 1, batch, -1))
}

// drop is dropout in a custom network: each call drops other values.
func (p *pass) drop(x *graph.Node) *graph.Node {
	if p.key == nil || p.Dropout == 0 {
		return x
	}
	p.dropped++
	return layer.Dropout(x, p.key, p.Dropout, p.dropped)
}

// dense runs the dense layers.
func (p *pass) dense(x *graph.Node) *graph.Node {
	a := p.Arch
	batch := []int{0}        // the axis of the replicas, for the first dense layer
	features := x.Rank() - 1 // the axis of x that it contracts
	if x.Rank() == 2 {
		batch = nil
	}
	for i := range a.Dense {
		if p.key != nil && p.Dropout > 0 && (i > 0 || len(a.Conv) > 0) {
			x = layer.Dropout(x, p.key, p.Dropout, i)
		}
		w, b := p.take(), p.take()
		if i == 0 {
			x = graph.DotGeneral(w, []int{2}, batch, x, []int{features}, batch)
			p.first = x
		} else {
			x = layer.Product(w, x)
		}
		x = layer.Shift(x, b)
		if i < len(a.Dense)-1 {
			x = p.activate(p.normalize(x, []int{2}))
			p.hidden = append(p.hidden, x)
		}
	}
	return x
}

// take returns the next of the weights, [R, shape...].
func (p *pass) take() *graph.Node {
	p.taken++
	return p.weights[p.taken-1]
}

func (p *pass) activate(x *graph.Node) *graph.Node { return p.Activation.row().value(x) }

// block runs a convolution block on x [n, height, width, in]. It takes one replica: training MNIST networks
// one seed at a time is just as fast, as grouped convolutions are slow on a CPU.
func (p *pass) block(x *graph.Node, b Block, in, out int) *graph.Node {
	before, after := b.padding(p.Arch.Pad)
	if b.Pool == MaxPool && !b.Residual && !p.Arch.BatchNorm && p.Activation.Rising() {
		kernel, bias := graph.Squeeze(p.take(), 0), graph.Squeeze(p.take(), 0)
		// The pool first: it commutes with rising activations, and leaves fewer values. It also commutes with
		// the bias, which shifts all values of a window alike.
		x = layer.MaxPool(layer.Convolution(x, kernel, before, after, b.Stride, true, p.smooth))
		return p.activate(graph.Add(x, graph.ExpandLeftToRank(bias, 4)))
	}
	y := p.convolve(x, before, after, b.Stride)
	if b.Residual {
		y = p.convolve(p.activate(y), before, after, 1)
		if b.projects(in, out) {
			x = p.affine(x, 0, 0, b.Stride)
		}
		y = graph.Add(x, y)
	}
	return p.pool(p.activate(y), b.Pool)
}

// convolve is a convolution with its batch normalization.
func (p *pass) convolve(x *graph.Node, before, after, stride int) *graph.Node {
	return p.normalize(p.affine(x, before, after, stride), []int{0, 1, 2})
}

// affine is a convolution with its bias.
func (p *pass) affine(x *graph.Node, before, after, stride int) *graph.Node {
	kernel, bias := graph.Squeeze(p.take(), 0), graph.Squeeze(p.take(), 0)
	x = layer.Convolution(x, kernel, before, after, stride, false, p.smooth)
	return graph.Add(x, graph.ExpandLeftToRank(bias, 4))
}

// pool reduces each window of x [n, height, width, channels]; an odd last row or column is left out.
func (p *pass) pool(x *graph.Node, kind Pool) *graph.Node {
	if kind == NoPool {
		return x
	}
	for axis := 1; axis <= 2; axis++ {
		side := x.Shape().Dimensions[axis]
		x = layer.Cut(x, axis, side-side%layer.Window)
	}
	if kind == MaxPool {
		return layer.MaxPool(x)
	}
	d := x.Shape().Dimensions
	return graph.ReduceMean(graph.Reshape(x, d[0], d[1]/layer.Window, layer.Window, d[2]/layer.Window, layer.Window, d[3]), 2, 4)
}

// Constants of batch normalization, as in PyTorch: what keeps a variance above 0, and the weight of a
// batch in the running statistics.
const (
	normEpsilon  = 1e-5
	normMomentum = 0.1
)

// normalize is batch normalization (Ioffe & Szegedy 2015) of x over these axes, if the network
// has it: with the statistics of the batch in training, and with the running ones in evaluation.
func (p *pass) normalize(x *graph.Node, axes []int) *graph.Node {
	if !p.Arch.BatchNorm {
		return x
	}
	dims := x.Shape().Clone().Dimensions
	count := 1
	for _, axis := range axes {
		count *= dims[axis]
		dims[axis] = 1
	}
	lift := func(w *graph.Node) *graph.Node { return graph.Reshape(w, dims...) }
	scale, shift := lift(p.take()), lift(p.take())
	mean, variance := p.take(), p.take()
	if !p.training {
		// Away from the path of training, in the plane of a surface, say, a variance can be negative.
		mean, variance = graph.StopGradient(mean), graph.StopGradient(graph.MaxScalar(variance, 0))
		return p.scaled(graph.Sub(x, lift(mean)), lift(variance), scale, shift)
	}
	batchMean := graph.ReduceAndKeep(x, graph.ReduceMean, axes...)
	x = graph.Sub(x, batchMean)
	batchVariance := graph.ReduceAndKeep(graph.Square(x), graph.ReduceMean, axes...)
	unbiased := graph.MulScalar(batchVariance, float64(count)/max(1, float64(count-1)))
	if p.batch == nil {
		p.batch = map[int]*graph.Node{}
	}
	p.batch[p.taken-2], p.batch[p.taken-1] = graph.Reshape(batchMean, mean.Shape().Dimensions...), graph.Reshape(unbiased, variance.Shape().Dimensions...)
	return p.scaled(x, batchVariance, scale, shift)
}

func (p *pass) scaled(centred, variance, scale, shift *graph.Node) *graph.Node {
	y := graph.Div(centred, graph.Sqrt(graph.AddScalar(variance, normEpsilon)))
	return graph.Add(graph.Mul(y, scale), shift)
}
