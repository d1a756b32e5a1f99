package hw1test

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
)

// This file computes networks in plain Go and double precision, from the
// definitions and one example at a time: the oracle for the graphs.

// Activate returns the value of an activation at x.
func Activate(a string, x float64) float64 {
	switch a {
	case "relu":
		return math.Max(0, x)
	case "leaky-relu":
		if x < 0 {
			return 0.01 * x
		}
		return x
	case "sigmoid":
		return 1 / (1 + math.Exp(-x))
	case "softplus":
		return math.Log(1 + math.Exp(x))
	case "gelu":
		return x * math.Erfc(-x/math.Sqrt2) / 2
	case "silu":
		return x / (1 + math.Exp(-x))
	case "sine":
		return math.Sin(x)
	case "tanh":
		return math.Tanh(x)
	}
	panic("no oracle of " + a)
}

// Net is a network, as the JSON of nn.Arch has it.
type Net struct {
	Input, Conv []int
	Pad         bool
	Dense       []int
	Blocks      []block
	BatchNorm   bool `json:"batch_norm"`
}

// block is a convolution block.
type block struct {
	Kernel, Stride int
	Pool           string
	Residual       bool
}

// NetOf returns the network of an nn.Arch.
func NetOf(arch any) Net {
	var net Net
	text, err := json.Marshal(arch)
	if err == nil {
		err = json.Unmarshal(text, &net)
	}
	if err != nil {
		panic(err)
	}
	return net
}

// layers takes the parameters of theta one by one.
type layers struct {
	Net
	act   string
	theta []float64
}

func (l *layers) take(n int) []float64 {
	taken := l.theta[:n]
	l.theta = l.theta[n:]
	return taken
}

// picture is an image [h][w][c].
type picture struct {
	values  []float64
	h, w, c int
}

func (p picture) at(row, col, ch int) float64 {
	if row < 0 || col < 0 || row >= p.h || col >= p.w {
		return 0
	}
	return p.values[(row*p.w+col)*p.c+ch]
}

// made returns a picture with the values of a function.
func made(h, w, c int, value func(row, col, ch int) float64) picture {
	p := picture{nil, h, w, c}
	for row := range h {
		for col := range w {
			for ch := range c {
				p.values = append(p.values, value(row, col, ch))
			}
		}
	}
	return p
}

// Forward returns the outputs of one example.
func (a Net) Forward(act string, theta, x []float64) []float64 {
	l := &layers{a, act, theta}
	if len(a.Conv) > 0 {
		image := picture{x, a.Input[0], a.Input[1], a.Input[2]}
		for i, out := range a.Conv {
			var b block
			if n := len(a.Blocks); n > 0 {
				b = a.Blocks[min(i, n-1)]
			}
			image = l.block(image, b, out)
		}
		x = image.values
	}
	for layer, out := range a.Dense {
		weight, bias := l.take(out*len(x)), l.take(out)
		y := make([]float64, out)
		for o := range y {
			y[o] = bias[o]
			for i := range x {
				y[o] += weight[o*len(x)+i] * x[i]
			}
		}
		if layer < len(a.Dense)-1 {
			y = l.activate(l.norm(picture{y, 1, 1, out})).values
		}
		x = y
	}
	return x
}

func (l *layers) block(x picture, b block, out int) picture {
	b.Kernel, b.Stride = cmp.Or(b.Kernel, 4), cmp.Or(b.Stride, 1)
	y := l.norm(l.convolution(x, b.Kernel, b.Stride, out, l.Pad))
	if b.Residual {
		y = l.norm(l.convolution(l.activate(y), b.Kernel, 1, out, l.Pad))
		if x.c != out || b.Stride > 1 {
			x = l.convolution(x, 1, b.Stride, out, false)
		}
		y = made(y.h, y.w, out, func(row, col, ch int) float64 { return y.at(row, col, ch) + x.at(row, col, ch) })
	}
	y = l.activate(y)
	if b.Pool == "none" {
		return y
	}
	return made(y.h/2, y.w/2, out, func(row, col, ch int) float64 {
		window := []float64{y.at(2*row, 2*col, ch), y.at(2*row, 2*col+1, ch), y.at(2*row+1, 2*col, ch), y.at(2*row+1, 2*col+1, ch)}
		if b.Pool == "average" {
			return (window[0] + window[1] + window[2] + window[3]) / 4
		}
		return slices.Max(window)
	})
}

// convolution is a k×k convolution, with zeros around the image if pad says so: with an even k
// there is one more of them after it than before.
func (l *layers) convolution(x picture, k, stride, out int, pad bool) picture {
	kernel, bias := l.take(k*k*x.c*out), l.take(out)
	h, w, before := (x.h-k)/stride+1, (x.w-k)/stride+1, 0
	if pad {
		h, w, before = (x.h-1)/stride+1, (x.w-1)/stride+1, (k-1)/2
	}
	return made(h, w, out, func(row, col, o int) float64 {
		sum := bias[o]
		for i := range k {
			for j := range k {
				for ch := range x.c {
					sum += x.at(row*stride+i-before, col*stride+j-before, ch) * kernel[((i*k+j)*x.c+ch)*out+o]
				}
			}
		}
		return sum
	})
}

// norm is batch normalization in evaluation mode.
func (l *layers) norm(x picture) picture {
	if !l.BatchNorm {
		return x
	}
	scale, shift, mean, variance := l.take(x.c), l.take(x.c), l.take(x.c), l.take(x.c)
	return made(x.h, x.w, x.c, func(row, col, ch int) float64 {
		return (x.at(row, col, ch)-mean[ch])/math.Sqrt(variance[ch]+1e-5)*scale[ch] + shift[ch]
	})
}

func (l *layers) activate(x picture) picture {
	return made(x.h, x.w, x.c, func(row, col, ch int) float64 { return Activate(l.act, x.at(row, col, ch)) })
}

// Loss returns one example's loss; y is its value, or its label.
func Loss(loss string, out []float64, y float64) float64 {
	switch {
	case loss == "mse" && len(out) == 1:
		return (out[0] - y) * (out[0] - y)
	case loss == "mse":
		sum := 0.0
		for class, z := range out {
			if class == int(y) {
				z--
			}
			sum += z * z / float64(len(out))
		}
		return sum
	case len(out) == 1: // two logits, 0 and z
		out = []float64{0, out[0]}
	}
	top, sum := slices.Max(out), 0.0
	for _, z := range out {
		sum += math.Exp(z - top)
	}
	return top + math.Log(sum) - out[int(y)]
}
