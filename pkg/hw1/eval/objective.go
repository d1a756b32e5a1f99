package eval

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/nn"
)

// Objective is what training minimizes, as a function of theta: the mean loss over a
// set of examples plus WeightDecay/2 · |theta|², whose gradient is the coupled
// weight decay. It is computed without dropout, at many thetas at once. Where a mask leaves weights as they are, it is
// a function of the others: the gradient and the Hessian are 0 at those.
type Objective struct {
	what    string // whose objective it is, for messages
	Net     nn.Network
	Decay   float64 // the weight decay
	parts   []objectivePart
	trained []int // the parameters that training moves

	values, gradients, products device.Computation // functions of thetas [R, P], for the products also of vectors [K, P], and of the examples
}

// objectivePart is a share of the examples, small enough for their activations to
// fit into memory.
type objectivePart struct {
	inputs, targets *tensors.Tensor
	share           float64
}

// objectivePartSize is the number of examples in a part for dense networks.
const objectivePartSize = 5000

// NewObjective returns the objective of a run on its training set: in double
// precision for functions, in the run's own precision for images.
func NewObjective(run *experiment.Run) (*Objective, error) {
	if err := experiment.NeedSharedLabels("an analysis of the training loss", run); err != nil {
		return nil, err
	}
	train, _, err := run.Spec.Shared()
	if err != nil {
		return nil, err
	}
	return ObjectiveOn(run.Spec, train)
}

// ObjectiveOn returns the objective of a Spec on some examples.
func ObjectiveOn(spec experiment.Spec, set data.Examples) (*Objective, error) {
	spec.Dropout, spec.Float64 = 0, spec.Float64 || spec.Regime().Precise
	net, decay := spec.Network(), spec.L2()
	if err := try(spec.Describe(), net); err != nil {
		return nil, err
	}
	trained, err := TrainedAt(spec)
	if err != nil {
		return nil, err
	}
	parts, err := objectiveParts(net, set)
	if err != nil {
		return nil, fmt.Errorf("the objective of %s: %w", spec.Describe(), err)
	}
	o := &Objective{what: spec.Describe(), Net: net, Decay: decay, parts: parts, trained: trained}
	o.values = device.Shared(net.Tell("objective", decay), func(thetas, inputs, targets *graph.Node) *graph.Node {
		return net.Objective(net.Unpack(thetas), inputs, targets, decay)
	})
	o.gradients = device.Shared(net.Tell("gradients", decay), func(thetas, inputs, targets *graph.Node) (values, gradients *graph.Node) {
		weights := net.Unpack(thetas)
		values = net.Objective(weights, inputs, targets, decay)
		return values, nn.Pack(graph.Gradient(graph.ReduceAllSum(values), weights...))
	})
	o.products = device.Shared(net.Tell("Hessian products", decay), func(theta, vectors, inputs, targets *graph.Node) *graph.Node {
		return net.HessianVectors(theta, vectors, inputs, targets, decay)
	})
	return o, nil
}

// TrainedAt returns the indices of the parameters that the training of a Spec moves, in ascending order: all but running statistics,
// and weights that a mask leaves as they are.
func TrainedAt(spec experiment.Spec) ([]int, error) {
	mask, err := spec.TrainedMask()
	return slices.DeleteFunc(spec.Arch.TrainedAt(), func(i int) bool { return mask != nil && mask[i] == 0 }), err
}

// objectiveParts returns the parts of a set, on the device, where searches share them.
func objectiveParts(net nn.Network, set data.Examples) ([]objectivePart, error) {
	var parts []objectivePart
	size := objectivePartSize
	if net.Arch.OneAtATime() {
		size = net.EvalBatch()
	}
	for first := 0; first < set.Len(); first += size {
		part := set.Slice(first, min(first+size, set.Len()))
		inputs, targets, err := part.OnDevice(net.DType)
		if err != nil {
			return nil, err
		}
		parts = append(parts, objectivePart{inputs, targets, float64(part.Len()) / float64(set.Len())})
	}
	return parts, nil
}

// Values returns the objective at each theta [P].
func (o *Objective) Values(thetas ...[]float64) ([]float64, error) {
	if err := o.takes("eval.Values", thetas...); err != nil {
		return nil, err
	}
	out, err := o.callEach(o.values, thetas)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// Gradients returns the objective and its gradient [P] at each theta [P].
func (o *Objective) Gradients(thetas ...[]float64) (values []float64, gradients [][]float64, err error) {
	if err := o.takes("eval.Gradients", thetas...); err != nil {
		return nil, nil, err
	}
	out, err := o.callEach(o.gradients, thetas)
	if err != nil {
		return nil, nil, err
	}
	return out[0], num.Map(rowsIn(out[1], len(thetas)), o.onlyTrained), nil
}

// TrainedAt returns the indices of the parameters that training moves, as [TrainedAt] does.
func (o *Objective) TrainedAt() []int {
	if o.Valid() != nil {
		return nil
	}
	return slices.Clone(o.trained)
}

// onlyTrained returns a vector [P] with zeros at the parameters that training leaves as they are.
func (o *Objective) onlyTrained(v []float64) []float64 { return num.Only(v, o.trained) }

// HessianVectors returns the products of the objective's Hessian at theta [P]
// with vectors [P].
func (o *Objective) HessianVectors(theta []float64, vectors ...[]float64) ([][]float64, error) {
	if err := o.takes("eval.HessianVectors", slices.Concat(vectors, [][]float64{theta})...); err != nil {
		return nil, err
	}
	var all [][]float64
	for some := range slices.Chunk(num.Map(vectors, o.onlyTrained), o.Net.ProductsAtOnce()) {
		out, err := o.call(o.products, [][]float64{theta}, some)
		if err != nil {
			return nil, o.once(theta, err)
		}
		all = append(all, num.Map(rowsIn(out[0], len(some)), o.onlyTrained)...)
	}
	return all, nil
}

// once explains an error if a custom graph can be differentiated once, but not twice: GoMLX lacks second derivatives
// of some operations.
func (o *Objective) once(theta []float64, err error) error {
	if o.Net.Arch.Own == nil {
		return err
	}
	if _, _, first := o.Gradients(theta); first != nil {
		return err
	}
	return fmt.Errorf("GoMLX cannot differentiate the graph of %s twice, as products with its Hessian need: it lacks second derivatives of some operations, such as convolutions; analyses that take gradients alone work", o.what)
}

// rowsIn cuts a matrix into its rows.
func rowsIn(flat []float64, rows int) [][]float64 {
	return slices.Collect(slices.Chunk(flat, len(flat)/rows))
}

// Hessian returns the exact Hessian at theta [P]: its products with the unit
// vectors, which are symmetric up to rounding, and averaged to be symmetric.
func (o *Objective) Hessian(theta []float64) (*mat.SymDense, error) {
	if err := o.takes("eval.Hessian", theta); err != nil {
		return nil, err
	}
	p := len(theta)
	units := num.Make(p, func(i int) []float64 { return num.Put([]float64{1}, []int{i}, p) })
	rows, err := o.HessianVectors(theta, units...)
	if err != nil {
		return nil, err
	}
	hessian := mat.NewSymDense(p, nil)
	for i := range p {
		for j := i; j < p; j++ {
			hessian.SetSym(i, j, (rows[i][j]+rows[j][i])/2)
		}
	}
	return hessian, nil
}

// takes returns an error unless the objective and the lengths of its thetas [P] are valid.
func (o *Objective) takes(function string, thetas ...[]float64) error {
	if err := check.Args(function, o); err != nil {
		return err
	}
	p := o.Net.Arch.ParamCount()
	for _, theta := range thetas {
		if len(theta) != p {
			return fmt.Errorf("%s got %d numbers for a theta of %v, which has %d parameters", function, len(theta), o.Net.Arch, p)
		}
	}
	return nil
}

// callEach is call on thetas, one by one if an execution computes only one network.
func (o *Objective) callEach(exec device.Computation, thetas [][]float64) ([][]float64, error) {
	if !o.Net.Arch.OneAtATime() || len(thetas) < 2 {
		return o.call(exec, thetas)
	}
	var all [][]float64
	for theta := range slices.Chunk(thetas, 1) {
		outputs, err := o.call(exec, theta)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = make([][]float64, len(outputs))
		}
		for i, output := range outputs {
			all[i] = append(all[i], output...)
		}
	}
	return all, nil
}

// call runs a graph on matrices with rows [P] and on the examples, and returns
// its outputs, flat.
func (o *Objective) call(exec device.Computation, matrices ...[][]float64) ([][]float64, error) {
	args := make([]any, len(matrices), len(matrices)+2)
	for i, rows := range matrices {
		if len(rows) == 0 {
			return nil, fmt.Errorf("the objective needs at least one theta; give it one")
		}
		args[i] = device.Tensor(slices.Concat(rows...), o.Net.DType, len(rows), len(rows[0]))
	}
	var sums [][]float64
	for _, part := range o.parts {
		outputs, err := exec.Values(append(args, part.inputs, part.targets)...)
		if err != nil {
			return nil, fmt.Errorf("the objective of %s: %w", o.what, err)
		}
		for i, values := range outputs {
			if len(sums) == i {
				sums = append(sums, make([]float64, len(values)))
			}
			floats.AddScaled(sums[i], part.share, values)
		}
	}
	return sums, nil
}

// Valid checks that an objective was made by [NewObjective].
func (o *Objective) Valid() error {
	if o == nil || len(o.parts) == 0 {
		return errors.New("the objective is empty; pass one that eval.NewObjective returned")
	}
	return nil
}

// lanczosSteps bounds the products of a Lanczos iteration, and lanczosTolerance is
// the relative error of the eigenvalue at which it ends. Networks such as those of part
// 3-5 took 9 to 13 products, trained or not.
const (
	lanczosSteps     = 60
	lanczosTolerance = 1e-3
)

// LargestEigenvalue returns the largest eigenvalue of the objective's Hessian at
// theta [P], to a relative error of 1e-3, or an error if it does not find it.
func (o *Objective) LargestEigenvalue(theta []float64) (float64, error) {
	return o.largestEigenvalue("eval.LargestEigenvalue", theta, nil)
}

// PreconditionedEigenvalue is LargestEigenvalue for the Hessian H divided by a diagonal matrix D of
// positive numbers [P], such as an optimizer divides its steps by. The eigenvalues of D⁻¹H are
// those of the symmetric matrix D^-½ H D^-½.
func (o *Objective) PreconditionedEigenvalue(theta, diagonal []float64) (float64, error) {
	if slices.ContainsFunc(diagonal, func(d float64) bool { return !check.IsPositive(d) }) || len(diagonal) != len(theta) {
		return 0, fmt.Errorf("eval.PreconditionedEigenvalue needs a diagonal of %d numbers above 0, to divide the Hessian by; it got %d numbers", len(theta), len(diagonal))
	}
	roots := num.Map(diagonal, math.Sqrt)
	return o.largestEigenvalue("eval.PreconditionedEigenvalue", theta, roots)
}

// largestEigenvalue divides rows and columns of the Hessian by roots, if any.
func (o *Objective) largestEigenvalue(function string, theta, roots []float64) (float64, error) {
	if err := o.takes(function, theta); err != nil {
		return 0, err
	}
	return num.LargestEigenvalue(len(o.trained), lanczosSteps, lanczosTolerance, func(v []float64) ([]float64, error) {
		v = num.Put(v, o.trained, len(theta))
		if roots != nil {
			v = floats.DivTo(make([]float64, len(v)), v, roots)
		}
		products, err := o.HessianVectors(theta, v)
		if err != nil {
			return nil, err
		}
		if roots != nil {
			floats.Div(products[0], roots)
		}
		return num.At(products[0], o.trained), nil
	})
}
