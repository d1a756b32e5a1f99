package memorize

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
)

// Probed holds how well linear probes read the true classes from the hidden dense layers of a run's networks.
type Probed struct {
	Run      *experiment.Run
	Readings []Readings // of each replica
}

// Readings are the test accuracies of the probes of each hidden layer of one network: at its initial weights, and at
// the weights that it learned.
type Readings struct{ Initial, Learned []float64 }

// probeImages is the most training images that a probe learns from; a fifth of these is used only to choose
// its ridge parameter.
const probeImages = 10_000

// Probe measures what the hidden layers of networks on images know about the true classes, whatever labels they
// learned. It fits a linear probe (Alain & Bengio 2016) to each layer, by ridge regression of the one-hot true labels
// on the activations for at most 10,000 training images. A fifth of these serves to choose the ridge parameter among
// powers of ten.
func Probe(runs ...*experiment.Run) ([]Probed, error) {
	if err := experiment.NeedImages("memorize.Probe", runs...); err != nil {
		return nil, err
	}
	for _, run := range runs {
		if len(run.Spec.Arch.Hidden()) == 0 || run.Spec.TrainSize < 10 {
			return nil, fmt.Errorf("memorize.Probe needs a hidden dense layer and at least 10 images, which %v on %d images does not have", run.Spec.Arch, run.Spec.TrainSize)
		}
	}
	question := analysis.Question{Name: "linear probes", Version: 1, Inputs: map[string]any{"runs": num.Map(runs, (*experiment.Run).Identity), "images": probeImages}}
	readings, err := analysis.OfReplicas(question, runs, eval.New, probe)
	return num.Make(len(readings), func(i int) Probed { return Probed{runs[i], readings[i]} }), err
}

// probe reads the layers of one network, before and after its training.
func probe(ctx context.Context, e *eval.Evaluator, replica analysis.Replica) (r Readings, err error) {
	spec := replica.Run.Spec
	spec.LabelNoise = 0
	train, test, err := spec.Shared()
	if err != nil {
		return r, err
	}
	train = train.Slice(0, min(train.Len(), probeImages))
	for of, theta := range map[*[]float64][]float64{&r.Initial: replica.Initial, &r.Learned: replica.Theta} {
		x, err := hidden(ctx, e, theta, train)
		if err != nil {
			return r, err
		}
		probes := make([]linearProbe, len(x))
		for layer := range x {
			if probes[layer], err = bestProbe(x[layer], train.Labels, max(2, spec.Arch.Outputs())); err != nil {
				return r, fmt.Errorf("a probe of layer %d of %s: %w", layer+1, spec.Describe(), err)
			}
		}
		if x, err = hidden(ctx, e, theta, test); err != nil {
			return r, err
		}
		for layer, p := range probes {
			*of = append(*of, p.accuracy(x[layer], test.Labels))
		}
	}
	return r, nil
}

// hidden returns the activations of each hidden layer, [n, width].
func hidden(ctx context.Context, e *eval.Evaluator, theta []float64, set data.Examples) ([]*mat.Dense, error) {
	layers, err := e.Hidden(ctx, device.Tensor(theta, e.Net.DType, 1, len(theta)), set)
	if err != nil {
		return nil, err
	}
	return layers[0], nil
}

// linearProbe predicts the class with the largest value of the weights' column times the activations, plus the offset.
type linearProbe struct {
	weights *mat.Dense // [width, classes]
	offset  []float64  // [classes]
}

// bestProbe fits probes to the first four fifths of the rows of x [n, width], and returns the one with the
// highest accuracy on the rest.
func bestProbe(x *mat.Dense, labels []uint8, classes int) (best linearProbe, err error) {
	n, width := x.Dims()
	cut := n * 4 / 5
	fit := newRidge(x.Slice(0, cut, 0, width), labels[:cut], classes)
	rest, highest := x.Slice(cut, n, 0, width), -1.0
	for exponent := -6; exponent <= 0; exponent++ {
		p, ok := fit.solve(math.Pow10(exponent))
		if !ok {
			continue // the ridge is too small, given rounding
		}
		if accuracy := p.accuracy(rest, labels[cut:]); accuracy > highest {
			best, highest = p, accuracy
		}
	}
	if highest < 0 {
		return best, errors.New("the activations are not finite")
	}
	return best, nil
}

// ridge holds the normal equations of the regression of one-hot labels on the rows of x, less their mean.
type ridge struct {
	gram       *mat.SymDense // xᵀx, [width, width]
	moments    *mat.Dense    // xᵀy, [width, classes]
	mean, rate []float64     // of x and of y
}

func newRidge(x mat.Matrix, labels []uint8, classes int) ridge {
	n, width := x.Dims()
	centered, y := mat.DenseCopyOf(x), mat.NewDense(n, classes, nil)
	for i, label := range labels {
		y.Set(i, int(label), 1)
	}
	r := ridge{mat.NewSymDense(width, nil), mat.NewDense(width, classes, nil), num.Mean(num.Make(n, centered.RawRowView)), num.Mean(num.Make(n, y.RawRowView))}
	for i := range n {
		floats.Sub(centered.RawRowView(i), r.mean)
	}
	r.gram.SymOuterK(1, centered.T())
	r.moments.Mul(centered.T(), y)
	return r
}

// solve returns the probe that minimizes |xW - y|² + λ|W|², with λ as a share of the mean eigenvalue of xᵀx, by
// Cholesky factorization; false if that breaks down.
func (r ridge) solve(share float64) (linearProbe, bool) {
	width, classes := r.moments.Dims()
	if mat.Trace(r.gram) == 0 { // a dead layer, which says nothing: the probe predicts the most frequent class
		return linearProbe{mat.NewDense(width, classes, nil), r.rate}, true
	}
	damped := mat.NewSymDense(width, nil)
	damped.CopySym(r.gram)
	for i := range width {
		damped.SetSym(i, i, damped.At(i, i)+share*mat.Trace(r.gram)/float64(width))
	}
	var factor mat.Cholesky
	p := linearProbe{mat.NewDense(width, classes, nil), make([]float64, classes)}
	if !factor.Factorize(damped) {
		return p, false
	}
	_ = factor.SolveTo(p.weights, r.moments) // its only error says that the solution is imprecise
	offset := mat.NewVecDense(classes, p.offset)
	offset.MulVec(p.weights.T(), mat.NewVecDense(width, r.mean))
	floats.SubTo(p.offset, r.rate, p.offset)
	return p, true
}

// accuracy returns the share of the rows of x that the probe classifies correctly.
func (p linearProbe) accuracy(x mat.Matrix, labels []uint8) float64 {
	var out mat.Dense
	out.Mul(x, p.weights)
	right := 0
	for i, label := range labels {
		right += num.Int(floats.MaxIdx(floats.AddTo(out.RawRowView(i), out.RawRowView(i), p.offset)) == int(label))
	}
	return float64(right) / float64(len(labels))
}

// Layer returns the accuracy of the probes of a hidden layer, counted from 1, for each replica: at the initial and
// at the learned weights. It returns none if there is no such layer.
func (p Probed) Layer(layer int) (initial, learned []float64) {
	for _, r := range p.Readings {
		if layer >= 1 && layer <= min(len(r.Initial), len(r.Learned)) {
			initial, learned = append(initial, r.Initial[layer-1]), append(learned, r.Learned[layer-1])
		}
	}
	return initial, learned
}

// ProbePlot returns the accuracy of the probes of each hidden layer, after training (solid) and before (dashed), and
// that of the network itself, against the share of random labels: medians over the seeds with their range. The runs
// must have the same architecture and the same seeds.
func ProbePlot(caption string, all ...Probed) (*figure.Figure, error) {
	if err := check.Args("memorize.ProbePlot", all...); err != nil {
		return nil, err
	}
	runs := num.Map(all, func(p Probed) *experiment.Run { return p.Run })
	noise := noiseOf(runs)
	if err := cmp.Or(experiment.NeedScores("memorize.ProbePlot", runs...), curves.NeedRising("memorize.ProbePlot", "share of random labels in %", noise, runs)); err != nil {
		return nil, err
	}
	for _, run := range runs {
		if len(run.Spec.Arch.Hidden()) != len(runs[0].Spec.Arch.Hidden()) {
			return nil, fmt.Errorf("memorize.ProbePlot needs networks of the same depth, and %v and %v differ", runs[0].Spec.Arch, run.Spec.Arch)
		}
	}
	layers := figure.NewPanel("linear probes of the layers", "random labels (%)", "test accuracy")
	itself := figure.NewPanel("the network itself", "random labels (%)", "test accuracy")
	for layer := range runs[0].Spec.Arch.Hidden() {
		after := figure.Across(noise, all, func(p Probed) []float64 { _, learned := p.Layer(layer + 1); return learned })
		before := figure.Across(noise, all, func(p Probed) []float64 { initial, _ := p.Layer(layer + 1); return initial })
		stroke := figure.Stroke{Color: figure.Color(layer), Marked: true}
		layers.Named(fmt.Sprintf("layer %d", layer+1), after, stroke)
		stroke.Dashes, stroke.Marked = figure.TestDashes, false
		layers.Named(fmt.Sprintf("layer %d, before training", layer+1), before, stroke)
	}
	itself.Curve("test accuracy", figure.Across(noise, runs, (*experiment.Run).TestAccuracies), figure.Stroke{Color: figure.TruthColor, Marked: true})
	itself.Y.Min, itself.Y.Max = 0, 1
	figure.Headroom(&layers.Y, 0.2) // for the legend, top right: the more labels are random, the lower the accuracy
	return figure.New(figure.Figure{
		Name: "probes", Caption: caption, Alt: "Accuracy of linear probes of hidden layers against the share of random labels",
	}, []*figure.Panel{layers, itself})
}

// ProbeTable returns a row per run and hidden layer: the accuracy of its probes before and after
// training, medians over the seeds with their range.
func ProbeTable(caption string, all ...Probed) (*figure.Table, error) {
	runs := num.Map(all, func(p Probed) *experiment.Run { return p.Run })
	if err := cmp.Or(check.Args("memorize.ProbeTable", all...), experiment.NeedScores("memorize.ProbeTable", runs...)); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "probes", "labels", "images", "seeds", "layer", "initial", "learned", "the network")
	for i, name := range experiment.Labels(runs...) {
		p := all[i]
		for layer := range p.Run.Spec.Arch.Hidden() {
			initial, learned := p.Layer(layer + 1)
			t.Add(name, p.Run.Spec.TrainSize, len(p.Readings), layer+1, spread(initial), spread(learned), spread(p.Run.TestAccuracies()))
		}
	}
	return t, nil
}

// spread writes the median of shares in percent, and their range if there are several.
func spread(shares []float64) string {
	text := fmt.Sprintf("%.1f %%", 100*num.Median(shares))
	if len(shares) > 1 {
		text += fmt.Sprintf(" (%.1f – %.1f)", 100*floats.Min(shares), 100*floats.Max(shares))
	}
	return text
}

// Valid checks that there is a reading for every hidden layer of each replica.
func (p Probed) Valid() error {
	if err := experiment.Complete("probing", "memorize.Probe", p.Run, len(p.Readings)); err != nil {
		return err
	}
	layers := len(p.Run.Spec.Arch.Hidden())
	for _, r := range p.Readings {
		if err := cmp.Or(check.Vector("the probes before training", r.Initial, layers), check.Vector("the probes after training", r.Learned, layers)); err != nil {
			return err
		}
	}
	return nil
}
