package capacity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
	"hw1/pkg/hw1/nn"
)

// RandomFeatures is an experiment on images: only the last layer of a network with one hidden
// layer of ReLU units is fitted, by least squares against the one-hot labels. The first layer
// stays random, so that every fit is exact and only the number of features varies (Rahimi &
// Recht 2007; Belkin et al. 2019).
type RandomFeatures struct {
	Task     data.Task
	Examples int   // the first images of the training set
	TestSize int   // the first images of the test set
	Features []int // numbers of features, each at least 1, in rising order
	Seeds    int   // draws of the first layer: seeds 1, 2, …
}

// FeatureCurve holds the errors that random features reach, by their number.
type FeatureCurve struct {
	Examples  int
	Features  []int
	TrainMSE  [][]float64 // [seed][number], the mean squared error of one output
	TestMSE   [][]float64 // [seed][number]
	TestError [][]float64 // [seed][number], the share of wrongly classified images
}

// FitRandomFeatures returns the errors of the experiment's least-squares fits; if there are
// more features than examples, the fit is the one of minimum norm.
func FitRandomFeatures(e RandomFeatures) (FeatureCurve, error) {
	task, err := e.Task.Info()
	if err != nil {
		return FeatureCurve{}, err
	}
	rising := slices.IsSorted(e.Features) && len(slices.Compact(slices.Clone(e.Features))) == len(e.Features)
	ok := rising && task.Labels && e.Seeds > 0 && e.Seeds <= 1000 && e.Examples > 0 && e.Examples <= task.TrainSize &&
		e.TestSize > 0 && e.TestSize <= task.TestSize && len(e.Features) > 0 && slices.Min(e.Features) > 0 &&
		slices.Max(e.Features) <= nn.MaxParams/max(e.Examples, e.TestSize)
	if !ok {
		return FeatureCurve{}, fmt.Errorf("random features of %s need images or other inputs with labels, 1 to 1000 seeds, and numbers of features of 1 to %d in all, each above the one before, not %+v", e.Task, nn.MaxParams, e)
	}
	if env.Quick() {
		e = e.quick()
	}
	return analysis.Of(analysis.Question{Name: "random features", Version: 1, Inputs: e}, func(ctx context.Context, w *analysis.Work) (FeatureCurve, error) {
		return e.fit(ctx, task, w.Report)
	})
}

// quick returns the experiment at a tenth of its size.
func (e RandomFeatures) quick() RandomFeatures {
	e.Examples, e.TestSize, e.Seeds = max(min(10, e.Examples), e.Examples/10), min(e.TestSize, 500), 1
	e.Features = slices.Compact(num.Map(e.Features, func(n int) int { return max(1, n/10) }))
	return e
}

func (e RandomFeatures) fit(ctx context.Context, task data.Info, report func(float64)) (FeatureCurve, error) {
	train, test, err := e.Task.Shared()
	if err != nil {
		return FeatureCurve{}, err
	}
	train, test = train.Slice(0, e.Examples), test.Slice(0, e.TestSize)
	x, xTest, y, yTest := inputMatrix(train), inputMatrix(test), oneHot(train.Labels, task.Classes), oneHot(test.Labels, task.Classes)
	center(x, xTest)
	curve := FeatureCurve{Examples: e.Examples, Features: e.Features}
	for seed := range e.Seeds {
		w := featureWeights(uint64(seed+1), slices.Max(e.Features), task.Features())
		phi, phiTest := reluFeatures(x, w), reluFeatures(xTest, w)
		var trainMSE, testMSE, testError []float64
		for i, n := range e.Features {
			if ctx.Err() != nil {
				return curve, ctx.Err()
			}
			a, aTest := phi.Slice(0, e.Examples, 0, n), phiTest.Slice(0, e.TestSize, 0, n)
			beta, err := minimumNorm(a, y)
			if err != nil {
				return curve, fmt.Errorf("%d features, seed %d: %w", n, seed+1, err)
			}
			mse, _ := linearScore(a, beta, y)
			trainMSE = append(trainMSE, mse)
			mse, wrong := linearScore(aTest, beta, yTest)
			testMSE, testError = append(testMSE, mse), append(testError, wrong)
			report((float64(seed) + float64(i+1)/float64(len(e.Features))) / float64(e.Seeds))
		}
		curve.TrainMSE, curve.TestMSE = append(curve.TrainMSE, trainMSE), append(curve.TestMSE, testMSE)
		curve.TestError = append(curve.TestError, testError)
	}
	return curve, nil
}

// inputMatrix returns the inputs of examples as a matrix, [n, features].
func inputMatrix(e data.Examples) *mat.Dense {
	m := mat.NewDense(e.Len(), e.Features(), nil)
	for i := range e.Len() {
		m.SetRow(i, e.Numbers(i))
	}
	return m
}

// center subtracts the mean training image from all images. Otherwise, some features would be 0
// for every image, and would not count.
func center(train, test *mat.Dense) {
	rows, _ := train.Dims()
	mean := num.Mean(num.Make(rows, train.RawRowView))
	for _, x := range []*mat.Dense{train, test} {
		rows, _ := x.Dims()
		for i := range rows {
			floats.Sub(x.RawRowView(i), mean)
		}
	}
}

// oneHot returns labels as a matrix [n, classes].
func oneHot(labels []uint8, classes int) *mat.Dense {
	y := mat.NewDense(len(labels), classes, nil)
	for i, label := range labels {
		y.Set(i, int(label), 1)
	}
	return y
}

// featureWeights returns a random first layer [n, inputs] of normal weights with
// variance 1/inputs.
func featureWeights(seed uint64, n, inputs int) *mat.Dense {
	rng := rand.New(rand.NewPCG(seed, num.StreamFeatures))
	return mat.NewDense(n, inputs, num.Make(n*inputs, func(int) float64 { return rng.NormFloat64() / math.Sqrt(float64(inputs)) }))
}

// reluFeatures returns max(0, x·wᵀ), [n, features].
func reluFeatures(x, w *mat.Dense) *mat.Dense {
	var phi mat.Dense
	phi.Mul(x, w.T())
	phi.Apply(func(_, _ int, v float64) float64 { return max(0, v) }, &phi)
	return &phi
}

// minimumNorm returns the beta with the smallest ‖beta‖ among those with the smallest ‖a·beta -
// y‖, for a matrix a [n, features]. If a has full rank, it uses the QR factorization of a tall
// matrix and the LQ factorization of a wide one. The normal equations would square the
// condition number, which causes the peak at features = n.
func minimumNorm(a mat.Matrix, y *mat.Dense) (*mat.Dense, error) {
	rows, cols := a.Dims()
	var beta mat.Dense
	var err error
	if rows >= cols {
		var qr mat.QR
		qr.Factorize(a)
		err = qr.SolveTo(&beta, false, y)
	} else {
		var lq mat.LQ
		lq.Factorize(a)
		err = lq.SolveTo(&beta, false, y)
	}
	if condition, ill := err.(mat.Condition); !ill || condition < singular {
		return &beta, nil // ill-conditioned, as it must be near the peak, but still solved
	}
	return pseudoInverse(a, y)
}

// singular is the condition number from which a matrix counts as rank-deficient.
const singular = 1e13

// pseudoInverse is minimumNorm by singular values, for a rank-deficient matrix: a feature may be 0 for all examples.
func pseudoInverse(a mat.Matrix, y *mat.Dense) (*mat.Dense, error) {
	_, cols := a.Dims()
	_, outputs := y.Dims()
	beta := mat.NewDense(cols, outputs, nil)
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDThin) {
		return nil, errors.New("its singular values did not converge")
	}
	if rank := svd.Rank(1 / singular); rank > 0 {
		svd.SolveTo(beta, y, rank)
	}
	return beta, nil
}

// linearScore returns the mean squared error per output of a·beta against the one-hot y, and
// the share of rows whose largest output is not that of their class.
func linearScore(a mat.Matrix, beta, y *mat.Dense) (mse, wrong float64) {
	var out mat.Dense
	out.Mul(a, beta)
	rows, cols := out.Dims()
	for i := range rows {
		p, t := out.RawRowView(i), y.RawRowView(i)
		d := floats.Distance(p, t, 2)
		mse += d * d / float64(rows*cols)
		wrong += float64(num.Int(t[floats.MaxIdx(p)] == 0)) / float64(rows)
	}
	return mse, wrong
}

// Peak returns the highest test error (MSE) of the median over the seeds, the number of
// features at which it occurs, and the lowest test error. It returns 0 and NaN if the curve is
// not complete.
func (c FeatureCurve) Peak() (features int, highest, lowest float64) {
	if c.Valid() != nil {
		return 0, math.NaN(), math.NaN()
	}
	median, _, _ := num.Spread(c.TestMSE)
	return c.Features[floats.MaxIdx(median)], floats.Max(median), floats.Min(median)
}

// FeaturePlot returns the errors of random features against their number: squared error and
// classification error; medians over the seeds with their range.
func FeaturePlot(caption string, c FeatureCurve) (*figure.Figure, error) {
	if err := check.Args("capacity.FeaturePlot", c); err != nil {
		return nil, err
	}
	x := num.Map(c.Features, func(n int) float64 { return float64(n) })
	mse, wrong := figure.NewPanel("", "random features", "mean squared error"), figure.NewPanel("", "random features", "classification error")
	mse.LogX()
	wrong.LogX()
	mse.LogY()
	stroke := figure.Stroke{Color: figure.Color(0), Dashes: figure.TestDashes, Marked: true}
	mse.Named("test", figure.CurveOf(x, c.TestMSE), stroke)
	wrong.Named("test", figure.CurveOf(x, c.TestError), stroke)
	train, _, _ := num.Spread(c.TrainMSE)
	if n := slices.IndexFunc(train, func(v float64) bool { return v < rounding }); n >= 0 {
		train = train[:n] // the rest is 0 up to rounding, as there are at least as many features as examples
	}
	if len(train) > 0 {
		mse.Named("training", figure.Curve{X: x[:len(train)], Median: train}, figure.Stroke{Color: figure.Color(0)})
	}
	for _, p := range []*figure.Panel{mse, wrong} {
		p.Upright(float64(c.Examples), "features = examples", figure.TruthColor)
	}
	return figure.New(figure.Figure{
		Name: "random-features", Caption: caption, Alt: "Errors of random features with a least-squares last layer against their number",
	}, []*figure.Panel{mse, wrong})
}

// rounding is a training error that counts as 0: it is above what rounding leaves in double precision.
const rounding = 1e-9

// Valid checks that there is an error for each seed and number of features.
func (c FeatureCurve) Valid() error {
	n, seeds := len(c.Features), len(c.TestMSE)
	if n == 0 || seeds == 0 || c.Examples < 1 || slices.Min(c.Features) < 1 {
		return fmt.Errorf("the curve of %d examples, %s and %s of features is not complete; take one that FitRandomFeatures returned", c.Examples, words.Plural(seeds, "seed"), words.Plural(n, "number"))
	}
	return cmp.Or(check.Matrix("the training MSE", c.TrainMSE, seeds, n), check.Matrix("the test MSE", c.TestMSE, seeds, n), check.Matrix("the test error", c.TestError, seeds, n))
}
