package playground

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
)

// Network is a network of the report that reads digits.
type Network struct {
	Name  string          `json:"name"`
	Spec  experiment.Spec `json:"spec"`
	Theta []byte          `json:"theta"` // float32, little-endian, [P]
}

// Reader says which digit each of some networks sees in an image.
type Reader struct {
	networks []network
}

type network struct {
	theta *tensors.Tensor
	exec  device.Computation // from theta [1, P] and an image [1, side·side] to the probabilities and the gradient
	side  int
}

// Answer is what a network says of an image.
type Answer struct {
	Probabilities []float64 `json:"probabilities"` // of each class
	Gradient      []float64 `json:"gradient"`      // of the log-probability of the likeliest class by each pixel
}

// NewReader returns a reader with these networks, which must take images of one channel.
func NewReader(all ...Network) (*Reader, error) {
	r := &Reader{}
	for _, w := range all {
		arch, theta := w.Spec.Arch, make([]float32, len(w.Theta)/4)
		if len(theta) != arch.ParamCount() || arch.Features() != arch.Input[0]*arch.Input[0] {
			return nil, fmt.Errorf("the network %v with %d weights and inputs %v cannot read digits", arch, len(theta), arch.Input)
		}
		_, _ = binary.Decode(w.Theta, binary.LittleEndian, theta) // the sizes match
		net := w.Spec.Network()
		exec := device.Compute(func(theta, image *graph.Node) (logs, gradient *graph.Node) {
			logs = graph.LogSoftmax(graph.Reshape(net.Forward(net.Unpack(theta), image), -1))
			return logs, graph.Gradient(graph.ReduceAllMax(logs), image)[0]
		})
		r.networks = append(r.networks, network{tensors.FromFlatDataAndDimensions(theta, 1, len(theta)), exec, arch.Input[0]})
	}
	return r, nil
}

// Read returns what each network says of an image, whose pixels go row by row from 0 to 1.
func (r *Reader) Read(pixels []float64) ([]Answer, error) {
	var answers []Answer
	for _, n := range r.networks {
		if len(pixels) != n.side*n.side {
			return nil, fmt.Errorf("the image has %d pixels; the network takes %d×%d", len(pixels), n.side, n.side)
		}
		out, err := n.exec.Values(n.theta, device.Tensor(pixels, n.theta.DType(), 1, len(pixels)))
		if err != nil {
			return nil, err
		}
		answers = append(answers, Answer{num.Map(out[0], math.Exp), out[1]})
	}
	return answers, nil
}

// box is the side of the square into which MNIST's digits are scaled.
const box = 20

// Centred returns a square image in the form of those in MNIST (LeCun et al. 1998): what is drawn is scaled to a box of
// 20×20 pixels, and its centre of mass is moved to the middle of the image. An empty image stays as it is.
func Centred(pixels []float64) []float64 {
	side := int(math.Round(math.Sqrt(float64(len(pixels)))))
	left, right, top, bottom := side, -1, side, -1
	for i, v := range pixels {
		if v > 0.05 {
			left, right = min(left, i%side), max(right, i%side)
			top, bottom = min(top, i/side), max(bottom, i/side)
		}
	}
	if right < 0 {
		return slices.Clone(pixels)
	}
	// How many pixels of the source make one of the result.
	scale := float64(max(right-left, bottom-top)+1) / box
	middleX, middleY := float64(left+right)/2, float64(top+bottom)/2
	scaled := resampled(pixels, side, scale, middleX, middleY)
	x, y := centre(scaled, side)
	middle := float64(side) / 2 // as in MNIST: the corner shared by the four pixels in the middle
	dx, dy := math.Round(x-middle), math.Round(y-middle)
	return resampled(scaled, side, 1, float64(side-1)/2+dx, float64(side-1)/2+dy)
}

// centre returns the centre of mass.
func centre(pixels []float64, side int) (x, y float64) {
	mass := 0.0
	for i, v := range pixels {
		mass += v
		x += v * float64(i%side)
		y += v * float64(i/side)
	}
	return x / mass, y / mass
}

// resampled returns the image around a point, enlarged or, with a scale above 1, reduced. Each pixel is the mean of
// so many bilinear samples that no pixel of the source is skipped.
func resampled(pixels []float64, side int, scale, middleX, middleY float64) []float64 {
	at := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= side || y >= side {
			return 0
		}
		return pixels[y*side+x]
	}
	sample := func(x, y float64) float64 {
		x0, y0 := math.Floor(x), math.Floor(y)
		fx, fy, i, j := x-x0, y-y0, int(x0), int(y0)
		return (1-fy)*((1-fx)*at(i, j)+fx*at(i+1, j)) + fy*((1-fx)*at(i, j+1)+fx*at(i+1, j+1))
	}
	n := int(math.Ceil(scale))
	out := make([]float64, len(pixels))
	for i := range out {
		x, y := float64(i%side)-float64(side-1)/2, float64(i/side)-float64(side-1)/2
		for a := range n {
			for b := range n {
				dx, dy := (float64(a)+0.5)/float64(n)-0.5, (float64(b)+0.5)/float64(n)-0.5
				out[i] += sample(middleX+scale*(x+dx), middleY+scale*(y+dy)) / float64(n*n)
			}
		}
	}
	return out
}
