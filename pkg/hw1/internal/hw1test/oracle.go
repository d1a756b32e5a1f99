package hw1test

import (
	"math"
)

// This file computes networks in plain Go and double precision, from the
// definitions and one example at a time: the oracle of the graphs.

// Activate returns an activation of x.
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

// Net is a network, as nn.Arch has it, which converts to it.
type Net struct {
	Input, Conv []int
	Pad         bool
	Dense       []int
}

// Forward returns the outputs of one example.
func (a Net) Forward(act string, theta, x []float64) []float64 {
	at := 0
	take := func(n int) []float64 {
		at += n
		return theta[at-n : at]
	}
	if len(a.Conv) > 0 {
		h, w, c := a.Input[0], a.Input[1], a.Input[2]
		for _, out := range a.Conv {
			kernel, bias := take(4*4*c*out), take(out)
			if a.Pad {
				x, h, w = refPad(x, h, w, c), h+3, w+3
			}
			x, h, w = refBlock(act, x, h, w, c, out, kernel, bias)
			c = out
		}
	}
	for layer, out := range a.Dense {
		weight, bias := take(out*len(x)), take(out)
		y := make([]float64, out)
		for o := range y {
			y[o] = bias[o]
			for i := range x {
				y[o] += weight[o*len(x)+i] * x[i]
			}
			if layer < len(a.Dense)-1 {
				y[o] = Activate(act, y[o])
			}
		}
		x = y
	}
	return x
}

// refPad puts one row and column of zeros before an image [h][w][c], and two after.
func refPad(x []float64, h, w, c int) []float64 {
	y := make([]float64, (h+3)*(w+3)*c)
	for row := range h {
		copy(y[((row+1)*(w+3)+1)*c:], x[row*w*c:(row+1)*w*c])
	}
	return y
}

// refBlock is a 4×4 convolution, the activation and a 2×2 max-pool of an image
// [h][w][c].
func refBlock(act string, x []float64, h, w, c, out int, kernel, bias []float64) (y []float64, height, width int) {
	conv := func(row, col, o int) float64 {
		sum := bias[o]
		for i := range 4 {
			for j := range 4 {
				for ch := range c {
					sum += x[((row+i)*w+col+j)*c+ch] * kernel[((i*4+j)*c+ch)*out+o]
				}
			}
		}
		return Activate(act, sum)
	}
	height, width = (h-3)/2, (w-3)/2
	for row := range height {
		for col := range width {
			for o := range out {
				y = append(y, max(
					conv(2*row, 2*col, o), conv(2*row, 2*col+1, o), conv(2*row+1, 2*col, o), conv(2*row+1, 2*col+1, o)))
			}
		}
	}
	return y, height, width
}

// Loss returns one example's loss; y is its value, or its label.
func Loss(loss string, out []float64, y float64) float64 {
	switch {
	case loss == "mse":
		return (out[0] - y) * (out[0] - y)
	case len(out) == 1: // two logits, 0 and z
		out = []float64{0, out[0]}
	}
	top, sum := out[0], 0.0
	for _, z := range out {
		top = max(top, z)
	}
	for _, z := range out {
		sum += math.Exp(z - top)
	}
	return top + math.Log(sum) - out[int(y)]
}
