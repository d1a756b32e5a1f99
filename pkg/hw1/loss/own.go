package loss

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/custom"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Fn builds the loss of each of n examples, [n] or [n, 1], from a network's outputs and their targets, both [n, outputs]. It may be called any
// number of times, so it must not use anything that changes between calls. GoMLX's own losses, in ml/train/loss, return a mean, and so do not fit.
type Fn func(outputs, targets *graph.Node) *graph.Node

// ownForm is a custom loss for so many outputs.
type ownForm struct {
	outputs int
	Form
}

// own holds the losses that cells declare.
var own = custom.NewKind[ownForm]("loss")

func (o ownForm) labels() bool { return o.Right != nil && o.outputs > 1 }

// Regression declares a loss of your own for targets that are numbers; outputs and targets are [n, 1]. It is identified by its graph and the
// results of a few examples: changing it makes another loss, renaming it does not. Training minimizes its mean over the examples. Mistakes in it are
// reported when it is used.
//
//	absolute := loss.Regression("absolute error", func(outputs, targets *graph.Node) *graph.Node {
//		return graph.Abs(graph.Sub(outputs, targets))
//	})
func Regression(name string, fn Fn) Loss { return RegressionOf(name, 1, fn) }

// RegressionOf is [Regression] for targets of several numbers; outputs and targets are [n, outputs]. Figures and tables compare outputs with
// targets as they are, also where the loss takes the outputs for something else, such as logits of the probabilities that are its targets.
func RegressionOf(name string, outputs int, fn Fn) Loss {
	return declare(name, fn, ownForm{outputs, Form{prediction: itself}})
}

// Classification is [Regression] for classes. The outputs are logits, one for each class, and the targets 1 for the class of an example and
// 0 for the others. For two classes there can also be one output, the logit of the second class, and the target is 1 for this class and 0 for the first.
func Classification(name string, outputs int, fn Fn) Loss {
	form := Form{Right: likeliest}
	if outputs == 1 {
		form = Form{Right: logistic.Right, prediction: logistic.prediction}
	}
	return declare(name, fn, ownForm{outputs, form})
}

func declare(name string, fn Fn, form ownForm) Loss {
	form.Examples = func(z, y *graph.Node) *graph.Node { return examples(fn, z, y) }
	var mistake error
	if fn == nil {
		mistake = errors.New("its function is nil")
	} else if most := form.most(); form.outputs < 1 || form.outputs > most {
		mistake = fmt.Errorf("it is for %d outputs; make it for 1 to %d", form.outputs, most)
	}
	return Loss(own.Declare(name, form, mistake, custom.Trial{
		What: "its function", Case: fmt.Sprintf("outputs and targets of shape [%d, %d]", form.outputs+2, form.outputs), Build: form.build, Run: form.tried,
		Rather: "compute it from the outputs and the targets",
	}))
}

// most returns the largest number of outputs.
func (o ownForm) most() int {
	if o.Right != nil { // classes
		return math.MaxUint8 + 1
	}
	return 1 << 16
}

// targets returns how many numbers there are for each example: one for a label.
func (o ownForm) targets() int {
	if o.labels() {
		return 1
	}
	return o.outputs
}

// examples returns a custom loss of each example, [R, n], for outputs z [R, outputs, n] and targets as a [Form] takes them.
func examples(fn Fn, z, y *graph.Node) *graph.Node {
	replicas, outputs, n := z.Shape().Dimensions[0], z.Shape().Dimensions[1], z.Shape().Dimensions[2]
	targets := y
	if y.Rank() == 2 {
		targets = graph.InsertAxes(y, 1) // of labels, too: it is part of the graphs' text, and so of keys
		if outputs > 1 {
			targets = unitVectors(z, y, 1)
		}
	}
	flat := func(x *graph.Node) *graph.Node {
		return graph.Reshape(graph.TransposeAllAxes(x, 0, 2, 1), replicas*n, outputs)
	}
	losses := fn(flat(z), flat(targets))
	if losses == nil {
		exceptions.Panicf("it must return the loss of each example, but returned nil")
	}
	if s := losses.Shape(); s.DType != z.DType() || s.Size() != replicas*n || s.Rank() > 2 || s.Rank() == 0 || s.Dimensions[0] != replicas*n {
		exceptions.Panicf("it must return the loss of each example, %v, whose mean the training takes, but returned %v", shapes.Make(z.DType(), replicas*n), s)
	}
	return graph.Reshape(losses, replicas, n)
}

// build adds the losses of some examples, more than there are outputs, and their derivatives by the outputs, to a graph.
func (o ownForm) build(g *graph.Graph, dtype dtypes.DType) []*graph.Node {
	n := o.outputs + 2
	return o.slopes(graph.Parameter(g, "outputs", shapes.Make(dtype, 1, o.outputs, n)), graph.Parameter(g, "targets", o.targetShape(dtype, n)))
}

// targetShape returns the shape of the targets of n examples.
func (o ownForm) targetShape(dtype dtypes.DType, n int) shapes.Shape {
	switch {
	case o.labels():
		return shapes.Make(dtypes.Int32, 1, n)
	case o.outputs > 1:
		return shapes.Make(dtype, 1, o.outputs, n)
	}
	return shapes.Make(dtype, 1, n)
}

func (o ownForm) slopes(z, y *graph.Node) []*graph.Node {
	losses := o.Examples(z, y)
	return []*graph.Node{losses, graph.Gradient(graph.ReduceAllSum(losses), z)[0]}
}

// tried returns the losses of a few examples and their derivatives, or an error that says what is wrong with them.
func (o ownForm) tried() ([]float64, error) {
	outputs, targets := o.cases()
	n := len(targets) / o.targets()
	compute := device.Compute(func(z, y *graph.Node) []*graph.Node { return o.slopes(z, y) })
	all, err := o.at(compute, outputs, targets)
	if err != nil {
		return nil, err
	}
	for i := range n {
		of := func(values []float64) []float64 { return num.Column(values, i, n) } // of one example, from values [outputs, n] or [n]
		if slope := of(all[1]); !check.IsFinite(all[0][i]) || slices.ContainsFunc(slope, func(v float64) bool { return !check.IsFinite(v) }) {
			return nil, fmt.Errorf("for outputs %.3g with the target %.3g it is %g with the gradient %.3g; both must be finite: look for a logarithm, a root or a quotient of 0, or for a number that grows too large, and clip targets that such a trial has and yours have not", of(outputs), of(targets), all[0][i], slope)
		}
		alone, err := o.at(compute, of(outputs), of(targets))
		if err != nil {
			return nil, err
		}
		if custom.Differs(alone[0][0], all[0][i]) {
			return nil, errors.New("the loss of an example depends on the other examples; axis 0 is the examples' axis: reduce along axis 1, and leave their mean to the training")
		}
	}
	if floats.Norm(all[1], math.Inf(1)) == 0 {
		return nil, errors.New("its gradient by the outputs is 0 everywhere, so that nothing can be learnt from it")
	}
	return slices.Concat(all...), nil
}

// cases returns outputs [outputs, n] and their targets: labels [n], some of each class, or numbers [outputs, n]; among them outputs that
// are 0, or equal their target.
func (o ownForm) cases() (outputs, targets []float64) {
	const n = 7
	if o.Right == nil {
		at, to := [n]float64{-3, -0.5, 0, 0, 0.5, 1, 20}, [n]float64{0.25, -0.5, 0, 1, -1, 1, -20}
		for k := range o.outputs {
			for i := range n {
				outputs, targets = append(outputs, at[(i+k)%n]), append(targets, to[(i+k+k/n)%n])
			}
		}
		return outputs, targets
	}
	classes := max(2, o.outputs)
	for k := range o.outputs {
		for i := range n * classes {
			outputs = append(outputs, float64(i%n)*math.Cos(float64(3*k+i*i))) // 0 for every seventh example
		}
	}
	return outputs, num.Make(n*classes, func(i int) float64 { return float64(i / n) })
}

// at computes the losses of examples [n], and their derivatives [outputs, n].
func (o ownForm) at(compute device.Computation, outputs, targets []float64) ([][]float64, error) {
	n := len(targets) / o.targets()
	y := any([][]int32{num.Map(targets, func(label float64) int32 { return int32(label) })})
	if !o.labels() {
		y = device.Tensor(targets, dtypes.Float64, o.targetShape(dtypes.Float64, n).Dimensions...)
	}
	return compute.Values(device.Tensor(outputs, dtypes.Float64, 1, o.outputs, n), y)
}

// valid returns an error if the loss is unknown, or a custom one that was declared wrongly or for another number of outputs, or has changed since.
func (l Loss) valid(outputs int) error {
	if _, known := losses[l]; known {
		return nil
	}
	form, known, err := own.Lookup(string(l))
	switch {
	case !known:
		return fmt.Errorf("unknown loss %q; use hw1.MSE or hw1.CrossEntropy, or what loss.Regression, RegressionOf or Classification has declared in this cell or an earlier one", string(l))
	case err == nil && form.outputs != outputs:
		return fmt.Errorf("the loss %q is for %s, and the network has %d; make them equal", l, words.Plural(form.outputs, "output"), outputs)
	}
	return own.Unchanged(string(l))
}

// IsOwn reports whether the loss is a custom one, which [Regression] or [Classification] declared.
func (l Loss) IsOwn() bool { return custom.Is(string(l)) }

// String returns the name of the loss.
func (l Loss) String() string { return own.Name(string(l)) }

// Label returns the name; to a custom loss it adds a part of its hash if another declared one has the same name.
func (l Loss) Label() string { return own.Label(string(l)) }

// Title returns the loss's name as a caption begins with it: "Mean squared error", "Cross-entropy", or the name that a cell gave it.
func (l Loss) Title() string {
	switch l {
	case MSE:
		return "Mean squared error"
	case CrossEntropy:
		return "Cross-entropy"
	}
	return l.String()
}
