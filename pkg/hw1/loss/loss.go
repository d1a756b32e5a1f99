// Package loss has what training minimizes: the losses as a table, and those that cells declare.
package loss

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Loss names what training minimizes, a mean over the examples: one of the constants, or one that [Regression] or [Classification] declares.
type Loss string

// The losses; each has a row of the table below for each of its forms.
const (
	MSE          Loss = "mse"           // mean squared error, averaged over the outputs, too; a label's target is 1 for its output and 0 for the others
	CrossEntropy Loss = "cross-entropy" // of the softmax, or of one logit for two classes
)

// Form describes a loss for targets of one kind. Its graphs take outputs z [R, outputs, n]
// and targets y of the outputs' type, [R, n] for one output and [R, outputs, n] for several, or int32 labels, [R, n].
type Form struct {
	Examples func(z, y *graph.Node) *graph.Node // the loss of each example, [R, n]
	Right    func(z, y *graph.Node) *graph.Node // which examples are classified correctly, [R, n]; nil for regression
	// Slopes returns the derivative of mean times the sum of the losses with respect to the outputs z
	// [outputs, n] of one network, and how it changes, [outputs, K, n], as z changes by dz. Here, several targets y are
	// [n, outputs], as they are stored. It is nil for custom losses.
	Slopes     func(z, dz, y *graph.Node, mean float64) (delta, dDelta *graph.Node)
	constant   func(targets []float64) float64 // the lowest loss of a constant prediction of one output; nil for labels and for custom losses, of which it is not known
	prediction func(output float64) float64    // what an output predicts for its target
}

var (
	squared = Form{
		Examples: func(z, y *graph.Node) *graph.Node { return graph.Square(graph.Sub(graph.Squeeze(z, 1), y)) },
		Slopes: func(z, dz, y *graph.Node, mean float64) (delta, dDelta *graph.Node) {
			return graph.MulScalar(graph.Sub(z, graph.InsertAxes(y, 0)), 2*mean), graph.MulScalar(dz, 2*mean)
		},
		constant:   func(targets []float64) float64 { return stat.PopVariance(targets, nil) },
		prediction: itself,
	}
	several = Form{
		Examples: func(z, y *graph.Node) *graph.Node { return graph.ReduceMean(graph.Square(graph.Sub(z, y)), 1) },
		Slopes: func(z, dz, y *graph.Node, mean float64) (delta, dDelta *graph.Node) {
			mean /= float64(z.Shape().Dimensions[0])
			return graph.MulScalar(graph.Sub(z, graph.Transpose(y, 0, 1)), 2*mean), graph.MulScalar(dz, 2*mean)
		},
		constant:   squared.constant,
		prediction: itself,
	}
	logistic = Form{
		Examples: logisticLoss,
		Right: func(z, y *graph.Node) *graph.Node {
			return graph.Equal(graph.ConvertDType(graph.IsPositive(graph.Squeeze(z, 1)), y.DType()), y)
		},
		Slopes: logisticSlopes,
		constant: func(targets []float64) float64 {
			mean := stat.Mean(targets, nil)
			return stat.Entropy([]float64{mean, 1 - mean})
		},
		prediction: func(logit float64) float64 { return 1 / (1 + math.Exp(-logit)) },
	}
	oneHot = Form{
		Examples: func(z, y *graph.Node) *graph.Node {
			return graph.ReduceMean(graph.Square(graph.Sub(z, unitVectors(z, y, 1))), 1)
		},
		Right: likeliest,
		Slopes: func(z, dz, y *graph.Node, mean float64) (delta, dDelta *graph.Node) {
			mean /= float64(z.Shape().Dimensions[0])
			return graph.MulScalar(graph.Sub(z, unitVectors(z, y, 0)), 2*mean), graph.MulScalar(dz, 2*mean)
		},
	}
	softmax = Form{
		Examples: softmaxLoss,
		Right:    likeliest,
		Slopes:   softmaxSlopes,
	}
)

func itself(output float64) float64 { return output }

// losses has the forms of each loss: for one number, for several, and for labels.
var losses = map[Loss][3]Form{MSE: {squared, several, oneHot}, CrossEntropy: {logistic, {}, softmax}}

// Form returns the form of the loss for so many outputs, whose targets are labels or numbers.
func (l Loss) Form(outputs int, labels bool) (form Form, known bool) {
	if forms, known := losses[l]; known {
		form = forms[max(num.Int(outputs != 1), 2*num.Int(labels))]
		return form, form.Examples != nil
	}
	o, known, err := own.Lookup(string(l))
	return o.Form, known && err == nil && o.outputs == outputs && o.labels() == labels
}

// Default returns the default loss of a task with so many classes, 0 for a regression.
func Default(classes int) Loss {
	if classes == 0 {
		return MSE
	}
	return CrossEntropy
}

// Fits returns an error if a network with so many outputs and this loss does not fit a
// task with so many classes (0 for a regression), whose targets are so many numbers (0 for labels).
func (l Loss) Fits(outputs, classes, numbers int) error {
	if err := l.valid(outputs); err != nil {
		return err
	}
	form, known := l.Form(outputs, numbers == 0)
	needs := words.Plural(numbers, "output")
	switch {
	case classes == 0:
		known, needs = known && form.Right == nil, needs+" and a loss for numbers, such as mse"
	case numbers == 0:
		numbers, needs = classes, fmt.Sprintf("%d outputs and a loss for classes, such as cross-entropy or mse", classes)
	}
	if !known || outputs != numbers {
		return fmt.Errorf("a network with %s and the loss %q does not fit it; it needs %s", words.Plural(outputs, "output"), l, needs)
	}
	return nil
}

// LeastSquares reports whether the loss is a sum of squares.
func (l Loss) LeastSquares() bool { return l == MSE }

// Constant returns the lowest loss of a constant prediction on targets that are
// numbers, [n, outputs]: the mean of their variances, or the entropy of two classes. It is +Inf without targets, and for custom losses.
func (l Loss) Constant(targets []float64, outputs int) float64 {
	form, _ := l.Form(outputs, false)
	if form.constant == nil || len(targets) == 0 {
		return math.Inf(1)
	}
	sum := 0.0
	for k := range outputs {
		sum += form.constant(num.Column(targets, k, outputs))
	}
	return sum / float64(outputs)
}

// ConstantOfClasses returns the lowest loss of a constant prediction on labels, given the share of
// each class. It is +Inf for custom losses.
func (l Loss) ConstantOfClasses(shares []float64) float64 {
	switch l {
	case MSE:
		return (1 - floats.Dot(shares, shares)) / float64(len(shares))
	case CrossEntropy:
		return stat.Entropy(shares)
	}
	return math.Inf(1)
}

// Prediction returns what one of so many outputs predicts for its target, a number: the value, or the probability of
// the second of two classes.
func (l Loss) Prediction(output float64, outputs int) float64 {
	form, _ := l.Form(outputs, false)
	return form.prediction(output)
}

// logisticLoss is the cross-entropy of one logit z [R, 1, n] against y [R, n] in {0, 1},
// log(1+exp(-|z|)) + max(z,0) - z·y, which is stable for any z.
func logisticLoss(z, y *graph.Node) *graph.Node {
	z = graph.Squeeze(z, 1)
	tail := graph.Log1P(graph.Exp(graph.Neg(graph.Abs(z))))
	return graph.Add(tail, graph.Sub(graph.MaxScalar(z, 0), graph.Mul(z, y)))
}

func logisticSlopes(z, dz, y *graph.Node, mean float64) (delta, dDelta *graph.Node) {
	p := graph.Sigmoid(z)
	delta = graph.MulScalar(graph.Sub(p, graph.InsertAxes(y, 0)), mean)
	return delta, graph.Mul(graph.InsertAxes(graph.MulScalar(graph.Mul(p, graph.OneMinus(p)), mean), 1), dz)
}

// softmaxLoss is the cross-entropy of logits [R, classes, n] against labels
// [R, n], with the maximum taken out first, so that it is stable for any logits.
func softmaxLoss(logits, labels *graph.Node) *graph.Node {
	top := graph.StopGradient(graph.ReduceAndKeep(logits, graph.ReduceMax, 1))
	shifted := graph.Sub(logits, top)
	logSum := graph.Log(graph.ReduceSum(graph.Exp(shifted), 1))
	own := graph.ReduceSum(graph.Where(isLabel(logits, labels, 1), shifted, graph.ZerosLike(shifted)), 1)
	return graph.Sub(logSum, own)
}

// likeliest is true where the largest of the outputs [R, classes, n] is the one of the label [R, n].
func likeliest(z, y *graph.Node) *graph.Node { return graph.Equal(graph.ArgMax(z, 1, y.DType()), y) }

// unitVectors returns the labels as outputs: 1 along an axis where the class is the label, else 0.
func unitVectors(outputs, labels *graph.Node, axis int) *graph.Node {
	return graph.ConvertDType(isLabel(outputs, labels, axis), outputs.DType())
}

// isLabel is true where, along an axis of logits, the class is the label.
func isLabel(logits, labels *graph.Node, axis int) *graph.Node {
	dims := logits.Shape().Dimensions
	classes := graph.Iota(logits.Graph(), shapes.Make(dtypes.Int32, dims...), axis)
	return graph.Equal(classes, graph.BroadcastToDims(graph.InsertAxes(labels, axis), dims...))
}

func softmaxSlopes(z, dz, y *graph.Node, mean float64) (delta, dDelta *graph.Node) {
	p := graph.Softmax(z, 0)
	delta = graph.MulScalar(graph.Sub(p, unitVectors(z, y, 0)), mean)
	pk := graph.InsertAxes(p, 1)
	pdz := graph.Mul(pk, dz)
	dDelta = graph.Sub(pdz, graph.Mul(pk, graph.ReduceAndKeep(pdz, graph.ReduceSum, 0)))
	return delta, graph.MulScalar(dDelta, mean)
}
