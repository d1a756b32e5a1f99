package nn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"hw1/pkg/hw1/internal/num"
)

// Init names the distribution of the initial weights.
type Init string

// The initializations, of a layer with n inputs and m outputs for each unit (of a convolution,
// times the size of its kernel). A gain multiplies what is drawn.
const (
	Uniform Init = ""       // weights and biases uniform in ±1/√n: PyTorch's default
	He      Init = "he"     // weights normal with variance 2/n, biases 0 (He et al. 2015)
	Glorot  Init = "glorot" // weights uniform in ±√(6/(n+m)), biases 0 (Glorot & Bengio 2010)
)

// Valid says what is wrong with the name, if anything is.
func (i Init) Valid() error {
	if i != Uniform && i != He && i != Glorot {
		return fmt.Errorf("unknown initialization %q; known are the constants nn.Uniform, in ±1/√n, nn.He and nn.Glorot", i)
	}
	return nil
}

// draw returns an initial value of a parameter with a fan-in.
func (i Init) draw(p Param, rng *rand.Rand) float64 {
	n := float64(p.FanIn)
	switch {
	case i == Uniform:
		return 1 / math.Sqrt(n) * (2*rng.Float64() - 1)
	case p.Units == 0: // a bias
		return 0
	case i == He:
		return rng.NormFloat64() * math.Sqrt(2/n)
	}
	return (2*rng.Float64() - 1) * math.Sqrt(6/(n+float64(p.fanOut())))
}

// fanOut returns how many outputs an input of the layer has, as PyTorch counts them: those of
// a convolution times the size of its kernel.
func (p Param) fanOut() int {
	inputs := len(p.Shape) - 2
	if len(p.Shape) == 2 && p.InputStride == 1 && p.Units == p.Shape[0] { // a dense layer's, [out, in]
		inputs = 1
	}
	return p.Size / p.Shape[inputs]
}

// InitTheta returns the initial theta of one replica by [Uniform], [P].
func (a Arch) InitTheta(seed uint64) []float64 { return a.Draw(Uniform, 1, seed) }

// Draw returns the initial theta of one replica, [P].
func (a Arch) Draw(by Init, gain float64, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, num.StreamInit))
	theta := make([]float64, 0, a.ParamCount())
	for _, p := range a.Params() {
		for range p.Size {
			if p.FanIn == 0 {
				theta = append(theta, p.Start)
				continue
			}
			theta = append(theta, gain*by.draw(p, rng))
		}
	}
	return theta
}
