package loss_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/loss"
)

// The lowest loss of a constant is that of the means, or of the logits of the shares, by the losses in plain Go; any other constant has a higher one.
func TestLowestLossOfAConstant(t *testing.T) {
	shares, numbers, classes := []float64{0.2, 0.3, 0.5}, []float64{1, -2, 4, 0.5}, []float64{1, 0, 1, 1}
	ofShares := func(l loss.Loss) func(z []float64) float64 {
		return func(z []float64) float64 {
			return floats.Dot(shares, num.Make(3, func(class int) float64 { return hw1test.Loss(string(l), z, float64(class)) }))
		}
	}
	ofTargets := func(l loss.Loss, targets []float64) func(z []float64) float64 {
		return func(z []float64) float64 {
			return floats.Sum(num.Map(targets, func(y float64) float64 { return hw1test.Loss(string(l), z, y) })) / float64(len(targets))
		}
	}
	ofPairs := func(z []float64) float64 {
		return (squares(z, numbers[:2]) + squares(z, numbers[2:])) / 2
	}
	for name, c := range map[string]struct {
		got  float64
		best []float64
		at   func(z []float64) float64
	}{
		"squares of labels": {loss.MSE.ConstantOfClasses(shares), shares, ofShares(loss.MSE)},
		"softmax":           {loss.CrossEntropy.ConstantOfClasses(shares), num.Map(shares, math.Log), ofShares(loss.CrossEntropy)},
		"squares":           {loss.MSE.Constant(numbers, 1), []float64{3.5 / 4}, ofTargets(loss.MSE, numbers)},
		"squares of pairs":  {loss.MSE.Constant(numbers, 2), []float64{2.5, -0.75}, ofPairs},
		"one logit":         {loss.CrossEntropy.Constant(classes, 1), []float64{math.Log(3)}, ofTargets(loss.CrossEntropy, classes)},
	} {
		hw1test.CheckNear(t, name, []float64{c.got}, []float64{c.at(c.best)}, 1e-14)
		for seed := range 20 {
			other := floats.AddScaledTo(make([]float64, len(c.best)), c.best, 0.1, hw1test.RandomVector(len(c.best), uint64(seed)))
			if v := c.at(other); v < c.got {
				t.Errorf("%s: the constant %g has the loss %g, below the lowest, %g", name, other, v, c.got)
			}
		}
	}
	hw1test.CheckNear(t, "one class alone", []float64{loss.CrossEntropy.ConstantOfClasses([]float64{0, 1}), loss.MSE.ConstantOfClasses([]float64{0, 1})}, []float64{0, 0}, 0)
	if v := loss.MSE.Constant(nil, 1); !math.IsInf(v, 1) {
		t.Errorf("no targets have the loss %g", v)
	}
	if v := loss.Classification("smooth", 3, smoothed(0.1)).ConstantOfClasses(shares); !math.IsInf(v, 1) {
		t.Errorf("a custom loss of a constant is %g", v)
	}
}

// squares returns the squared error of one example with several targets, averaged over them.
func squares(z, targets []float64) (mean float64) {
	for k, v := range z {
		mean += (v - targets[k]) * (v - targets[k]) / float64(len(z))
	}
	return mean
}

// An example is right if its label has the largest output, or the sign of the one logit says its class.
func TestRight(t *testing.T) {
	for name, c := range map[string]struct {
		loss    loss.Loss
		outputs []float64 // [outputs, n]
		targets []float64
		want    []float64
	}{
		"softmax":           {loss.CrossEntropy, []float64{1, 0, -3, 2, 5, -1, 0, 0, -2}, []float64{1, 0, 2}, []float64{1, 0, 0}},
		"squares of labels": {loss.MSE, []float64{1, 0, -3, 2, 5, -1, 0, 0, -2}, []float64{0, 1, 1}, []float64{0, 1, 1}},
		"one logit":         {loss.CrossEntropy, []float64{0.1, -0.1, 3, -2}, []float64{1, 1, 0, 0}, []float64{1, 0, 0, 1}},
	} {
		n := len(c.targets)
		outputs := len(c.outputs) / n
		form, _ := c.loss.Form(outputs, outputs > 1)
		got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
			y := in[1]
			if outputs > 1 {
				y = graph.ConvertDType(y, dtypes.Int32)
			}
			return []*graph.Node{graph.ConvertDType(form.Right(in[0], y), dtypes.Float64)}
		}, device.Tensor(c.outputs, dtypes.Float64, 1, outputs, n), device.Tensor(c.targets, dtypes.Float64, 1, n))[0]
		hw1test.CheckNear(t, name, got, c.want, 0)
	}
}

func TestDefaultLoss(t *testing.T) {
	for classes, want := range map[int]loss.Loss{0: loss.MSE, 2: loss.CrossEntropy, 10: loss.CrossEntropy} {
		if got := loss.Default(classes); got != want {
			t.Errorf("of %d classes it is %s", classes, got)
		}
	}
	if !loss.MSE.LeastSquares() || loss.CrossEntropy.LeastSquares() {
		t.Error("another loss than the squared error is one of least squares")
	}
}

// The slopes that products with the Hessian are made of are the differences of the losses in plain Go, and their changes those of the slopes.
func TestSlopes(t *testing.T) {
	const n, vectors, mean, h = 4, 2, 0.3, 1e-5
	for name, c := range map[string]struct {
		loss    loss.Loss
		outputs int
	}{"squares": {loss.MSE, 1}, "squares of labels": {loss.MSE, 3}, "one logit": {loss.CrossEntropy, 1}, "softmax": {loss.CrossEntropy, 3}} {
		form, _ := c.loss.Form(c.outputs, c.outputs > 1)
		z, dz, y := hw1test.RandomVector(c.outputs*n, 1), hw1test.RandomVector(c.outputs*vectors*n, 2), []float64{1, 0, 1, 0}
		compute := device.Compute(func(z, dz, y *graph.Node) []*graph.Node {
			if c.outputs > 1 {
				y = graph.ConvertDType(y, dtypes.Int32)
			}
			delta, change := form.Slopes(z, dz, y, mean)
			return []*graph.Node{delta, change}
		})
		at := func(z []float64) [][]float64 {
			values, err := compute.Values(device.Tensor(z, dtypes.Float64, c.outputs, n), device.Tensor(dz, dtypes.Float64, c.outputs, vectors, n), device.Tensor(y, dtypes.Float64, n))
			if err != nil {
				t.Fatal(err)
			}
			return values
		}
		sum := func(z []float64) float64 { // of the losses, times mean
			return mean * floats.Sum(num.Make(n, func(i int) float64 {
				return hw1test.Loss(string(c.loss), num.Make(c.outputs, func(k int) float64 { return z[k*n+i] }), y[i])
			}))
		}
		got := at(z)
		hw1test.CheckNear(t, name, got[0], fd.Gradient(nil, sum, z, &fd.Settings{Formula: fd.Central}), 1e-8)
		for v := range vectors {
			along := func(values []float64) []float64 { // of one vector, from values [outputs, vectors, n]
				return num.Make(c.outputs*n, func(i int) float64 { return values[(i/n*vectors+v)*n+i%n] })
			}
			want := at(floats.AddScaledTo(make([]float64, len(z)), z, h, along(dz)))[0]
			floats.Sub(want, at(floats.AddScaledTo(make([]float64, len(z)), z, -h, along(dz)))[0])
			floats.Scale(1/(2*h), want)
			hw1test.CheckNear(t, name+", along a vector", along(got[1]), want, 1e-8)
		}
	}
}

// Each example of two networks has the loss that plain Go computes for it.
func TestLossOfEachExample(t *testing.T) {
	const replicas, n = 2, 3
	targets := []float64{1, 0, 0, 1, 1, 0}
	for _, l := range []loss.Loss{loss.MSE, loss.CrossEntropy} {
		for _, outputs := range []int{1, 4} {
			z := hw1test.RandomVector(replicas*outputs*n, 1)
			want := num.Make(replicas*n, func(i int) float64 {
				return hw1test.Loss(string(l), num.Make(outputs, func(k int) float64 { return z[(i/n*outputs+k)*n+i%n] }), targets[i])
			})
			hw1test.CheckNear(t, fmt.Sprintf("%s of %d outputs", l, outputs), lossesOf(t, l, z, targets, replicas, n), want, 1e-14)
		}
	}
}

// The squared error of several numbers is the mean of those of each, in the loss of an example, in its slopes and in how these change,
// and no other loss of the package takes them.
func TestSquaresOfSeveralNumbers(t *testing.T) {
	const outputs, n = 2, 3
	form, known := loss.MSE.Form(outputs, false)
	if !known || form.Right != nil {
		t.Fatalf("the squared error of two numbers is known: %t, and takes them for classes: %t", known, form.Right != nil)
	}
	if _, known := loss.CrossEntropy.Form(outputs, false); known {
		t.Error("there is a cross-entropy of two numbers")
	}
	z, dz, y := []float64{1, 2, 3, -1, 0, 5}, []float64{1, 0, 2, 0, 3, 1}, []float64{0.5, 2, -2, 0, 1, 5} // [outputs, n]
	stored := []float64{0.5, 0, 2, 1, -2, 5}                                                              // [n, outputs]
	tensor := func(values []float64, dims ...int) *tensors.Tensor {
		return device.Tensor(values, dtypes.Float64, dims...)
	}
	got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
		delta, change := form.Slopes(in[2], in[3], in[4], 0.3)
		return []*graph.Node{form.Examples(in[0], in[1]), delta, change}
	}, tensor(z, 1, outputs, n), tensor(y, 1, outputs, n), tensor(z, outputs, n), tensor(dz, outputs, 1, n), tensor(stored, n, outputs))
	hw1test.CheckNear(t, "losses", got[0], []float64{1.25 / 2, 0.5, 12.5}, 1e-15)
	hw1test.CheckNear(t, "slopes", got[1], []float64{0.15, 0, 1.5, -0.3, -0.3, 0}, 1e-15)
	hw1test.CheckNear(t, "their changes", got[2], []float64{0.3, 0, 0.6, 0, 0.9, 0.3}, 1e-15)
}
