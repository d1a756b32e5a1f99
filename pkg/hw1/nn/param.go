package nn

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"

	"hw1/pkg/hw1/internal/num"
)

// Param is one weight or bias tensor and where it lies in the flat parameter
// vector theta: theta[Offset : Offset+Size].
type Param struct {
	Name   string  `json:"name"`            // such as "dense 2 weight"
	Shape  []int   `json:"shape"`           // conv [kernel, kernel, in, out], dense [out, in], bias [out]
	FanIn  int     `json:"fan_in"`          // number of inputs of one unit, which sets the range of the initial values; with 0, all are Start
	Start  float64 `json:"start,omitempty"` // the initial value if FanIn is 0
	Fixed  bool    `json:"-"`               // a running statistic of batch normalization: kept, not trained
	Offset int     `json:"-"`
	Size   int     `json:"-"`

	// In a weight tensor, the weights into unit u are theta[Offset+u*UnitStride+k*InputStride]
	// for k < Size/Units. In a bias, Units is 0.
	Units       int `json:"-"`
	UnitStride  int `json:"-"`
	InputStride int `json:"-"`

	from, to string // the hidden layers whose units are its inputs and outputs; "" for the network's own inputs and outputs
}

// Params lists the network's parameters in the order of theta; the list is empty for
// an impossible architecture.
func (a Arch) Params() []Param {
	if a.Valid() != nil {
		return nil
	}
	return a.layout()
}

// SameAs reports whether two architectures are the same, so that their thetas can be compared weight by weight.
func (a Arch) SameAs(b Arch) bool {
	return a.String() == b.String() && reflect.DeepEqual(a.Params(), b.Params())
}

// layout is a list of parameters in the order of theta.
type layout []Param

func (a Arch) layout() layout {
	if a.Own != nil {
		return a.Own.layout()
	}
	var l layout
	from := ""
	for i := range a.Conv {
		from = l.block(a, i, from)
	}
	in := a.flatWidth()
	for i, out := range a.Dense {
		name := fmt.Sprintf("dense %d", i+1)
		to := name
		if i == len(a.Dense)-1 {
			to = ""
		}
		l.add(Param{Name: name + " weight", Shape: []int{out, in}, FanIn: in, Units: out, UnitStride: in, InputStride: 1, from: from, to: to})
		l.add(Param{Name: name + " bias", Shape: []int{out}, FanIn: in, to: to})
		if a.BatchNorm && to != "" {
			l.norm(name, out, to)
		}
		in, from = out, to
	}
	return l
}

// add appends a parameter after the others.
func (l *layout) add(p Param) {
	p.Offset, p.Size = 0, num.Product(p.Shape)
	if n := len(*l); n > 0 {
		p.Offset = (*l)[n-1].Offset + (*l)[n-1].Size
	}
	*l = append(*l, p)
}

// block appends the parameters of a convolution block, counted from 0, whose inputs are the channels of a
// layer, and returns the layer whose channels its outputs are.
func (l *layout) block(a Arch, i int, from string) (to string) {
	b, in, out := a.block(i), a.channelsBefore(i), a.Conv[i]
	name := fmt.Sprintf("conv %d", i+1)
	l.convolution(name, b.Kernel, in, out, from, name)
	if a.BatchNorm {
		l.norm(name, out, name)
	}
	if !b.Residual {
		return name
	}
	to = from // the sum ties each channel to the one that bypasses the block
	if b.projects(in, out) {
		to = name + "b"
	}
	l.convolution(name+"b", b.Kernel, out, out, name, to)
	if a.BatchNorm {
		l.norm(name+"b", out, to)
	}
	if b.projects(in, out) {
		l.convolution(name+" shortcut", 1, in, out, from, to)
	}
	return to
}

func (l *layout) convolution(name string, kernel, in, out int, from, to string) {
	fanIn := kernel * kernel * in
	l.add(Param{Name: name + " weight", Shape: []int{kernel, kernel, in, out}, FanIn: fanIn, Units: out, UnitStride: 1, InputStride: out, from: from, to: to})
	l.add(Param{Name: name + " bias", Shape: []int{out}, FanIn: fanIn, to: to})
}

// norm appends the parameters and the running statistics of batch normalization.
func (l *layout) norm(layer string, width int, to string) {
	for _, p := range []Param{{Name: "scale", Start: 1}, {Name: "shift"}, {Name: "mean", Fixed: true}, {Name: "variance", Start: 1, Fixed: true}} {
		p.Name, p.Shape, p.to = layer+" norm "+p.Name, []int{width}, to
		l.add(p)
	}
}

// Weight returns the parameter with a name, such as "conv 1 weight".
func (a Arch) Weight(name string) (Param, error) {
	params := a.Params()
	for _, p := range params {
		if p.Name == name {
			return p, nil
		}
	}
	return Param{}, fmt.Errorf("%v has no parameter %q; its parameters are %q", a, name, num.Map(params, func(p Param) string { return p.Name }))
}

// DenseLayer returns the weight and the bias of a dense layer, counted from 1.
func (a Arch) DenseLayer(layer int) (weight, bias Param, err error) {
	if layer < 1 || layer > len(a.Dense) {
		return weight, bias, fmt.Errorf("%v has %d dense layers, counted from 1, but no layer %d", a, len(a.Dense), layer)
	}
	weight, err = a.Weight(fmt.Sprintf("dense %d weight", layer))
	bias, err2 := a.Weight(fmt.Sprintf("dense %d bias", layer))
	return weight, bias, cmp.Or(err, err2)
}

// HiddenUnits returns, for each group of hidden units that can change places without changing what the network computes, where in theta
// the weights of each unit are, [groups][units][k]: those into it and out of it, its bias and its normalization, in one
// order for all units of a group. A group is a hidden dense layer or the channels of a convolution, together with all that residual
// sums tie to them. A custom network has none.
func (a Arch) HiddenUnits() (groups [][][]int) {
	units := map[string][][]int{}
	var names []string
	for _, p := range a.Params() {
		if p.to != "" && units[p.to] == nil {
			units[p.to], names = make([][]int, p.Units), append(names, p.to)
		}
		for k := range p.Size {
			if in := units[p.from]; in != nil {
				u := k / p.InputStride % len(in) // the flattened image has its channels last, too
				in[u] = append(in[u], p.Offset+k)
			}
			if out := units[p.to]; out != nil {
				u := k / max(1, p.UnitStride) % len(out)
				out[u] = append(out[u], p.Offset+k)
			}
		}
	}
	return num.Map(names, func(name string) [][]int { return units[name] })
}

// Init names the distribution of the initial weights.
type Init string

// The initializations of a layer whose units have n inputs and whose inputs feed m outputs (in a convolution,
// both times the size of its kernel). A gain multiplies the drawn values.
const (
	Uniform Init = ""       // weights and biases uniform in ±1/√n: PyTorch's default
	He      Init = "he"     // weights normal with variance 2/n, biases 0 (He et al. 2015)
	Glorot  Init = "glorot" // weights uniform in ±√(6/(n+m)), biases 0 (Glorot & Bengio 2010)
)

// Valid returns an error that says what is wrong with the name, if anything is.
func (i Init) Valid() error {
	if i != Uniform && i != He && i != Glorot {
		return fmt.Errorf("unknown initialization %q; use one of the constants nn.Uniform (in ±1/√n), nn.He and nn.Glorot", i)
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

// fanOut returns how many outputs an input of the layer feeds, as PyTorch counts them: for a
// convolution, its output channels times the size of its kernel.
func (p Param) fanOut() int {
	inputs := len(p.Shape) - 2
	if len(p.Shape) == 2 && p.InputStride == 1 && p.Units == p.Shape[0] { // a dense layer's, [out, in]
		inputs = 1
	}
	return p.Size / p.Shape[inputs]
}

// InitTheta returns the initial theta [P] of one replica, drawn by [Uniform].
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
