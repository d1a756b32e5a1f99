package eval

import (
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
)

// objectiveOf returns the objective of a spec on its training set, and a theta.
func objectiveOf(t testing.TB, spec experiment.Spec) (*Objective, []float64) {
	t.Helper()
	spec = runtest.MustResolve(t, spec)
	spec.Float64 = true
	o, err := ObjectiveOn(spec, runtest.MustExamples(t, spec))
	if err != nil {
		t.Fatal(err)
	}
	return o, spec.Arch.InitTheta(7)
}

var smoothSpecs = map[string]experiment.Spec{
	"regression":  {Task: data.Sinc, Arch: nn.MLP(1, 4, 3, 1), Activation: nn.Tanh, Epochs: 1, WeightDecay: 1e-2},
	"two classes": {Task: data.WaveSign, Arch: nn.MLP(1, 5, 1), Activation: nn.Tanh, Epochs: 1},
	"images":      {Task: data.MNIST, Arch: nn.MLP(784, 2, 10), Activation: nn.Tanh, Epochs: 1, Batch: 10, TrainSize: 40},
	"numbers":     {Task: data.VectorFunction("curve", 1, 3, curve, data.Sampling{Train: 20}), Arch: nn.MLP(1, 4, 3), Activation: nn.Tanh, Epochs: 1, WeightDecay: 1e-2},
	"squares":     {Task: data.MNIST, Arch: nn.MLP(784, 2, 10), Activation: nn.Tanh, Loss: loss.MSE, Epochs: 1, Batch: 10, TrainSize: 40},
}

func curve(x []float64) []float64 { return []float64{math.Cos(3 * x[0]), math.Sin(3 * x[0]), x[0]} }

// With a mask, the gradient and the Hessian are those of the weights that it does not leave as they are: parts of the whole ones.
func TestObjectiveOfAMask(t *testing.T) {
	for _, spec := range []experiment.Spec{smoothSpecs["regression"], smoothSpecs["numbers"]} {
		whole, theta := objectiveOf(t, spec)
		mask, trained := make([]float64, len(theta)), []int(nil)
		for i := range mask {
			if i%3 != 1 {
				mask[i], trained = 1+float64(i%2), append(trained, i)
			}
		}
		spec.Mask = experiment.WeightsOf(mask)
		masked, _ := objectiveOf(t, spec)
		if !slices.Equal(masked.TrainedAt(), trained) || len(whole.TrainedAt()) != len(theta) {
			t.Errorf("trained are %v, not %v", masked.TrainedAt(), trained)
		}
		values, gradients, err := masked.Gradients(theta, floats.ScaleTo(make([]float64, len(theta)), 2, theta))
		wanted, want, err2 := whole.Gradients(theta, floats.ScaleTo(make([]float64, len(theta)), 2, theta))
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		hw1test.CheckNear(t, "values", values, wanted, 0)
		for k := range want {
			hw1test.CheckNear(t, "gradient", gradients[k], num.Put(num.At(want[k], trained), trained, len(theta)), 0)
		}
		hessian, err := masked.Hessian(theta)
		all, err2 := whole.Hessian(theta)
		top, err3 := masked.LargestEigenvalue(theta)
		if err != nil || err2 != nil || err3 != nil {
			t.Fatal(err, err2, err3)
		}
		part := mat.NewSymDense(len(trained), nil)
		for a, i := range trained {
			for b, j := range trained {
				part.SetSym(a, b, all.At(i, j))
			}
		}
		var eigen mat.EigenSym
		eigen.Factorize(part, false)
		hw1test.CheckNear(t, "largest eigenvalue", []float64{top}, []float64{floats.Max(eigen.Values(nil))}, 1e-3)
		for i := range theta {
			for j := range theta {
				want := all.At(i, j)
				if mask[i] == 0 || mask[j] == 0 {
					want = 0
				}
				hw1test.CheckNear(t, "Hessian", []float64{hessian.At(i, j)}, []float64{want}, 1e-12)
			}
		}
	}
}

// The objective of several numbers is the mean of the squares that plain Go computes.
func TestObjectiveOfSeveralNumbers(t *testing.T) {
	spec := runtest.MustResolve(t, smoothSpecs["numbers"])
	o, theta := objectiveOf(t, spec)
	set, want := runtest.MustExamples(t, spec), 0.0
	for i, x := range set.X {
		for k, z := range hw1test.NetOf(spec.Arch).Forward("tanh", theta, []float64{x}) {
			want += (z - curve([]float64{x})[k]) * (z - curve([]float64{x})[k]) / 60
		}
		hw1test.CheckNear(t, "targets", set.Y[3*i:3*i+3], curve([]float64{x}), 0)
	}
	got, err := o.Values(theta)
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "objective", got, []float64{want + 0.005*floats.Dot(theta, theta)}, 1e-12)
}

func TestObjectiveGradientAgainstFiniteDifferences(t *testing.T) {
	for name, spec := range smoothSpecs {
		t.Run(name, func(t *testing.T) {
			if spec.Task == data.MNIST {
				hw1test.NeedData(t)
			}
			o, theta := objectiveOf(t, spec)
			_, gradients, err := o.Gradients(theta)
			if err != nil {
				t.Fatal(err)
			}
			value := func(theta []float64) float64 {
				values, err := o.Values(theta)
				if err != nil {
					t.Fatal(err)
				}
				return values[0]
			}
			if len(theta) > 100 { // some directions are enough
				for seed := range uint64(5) {
					v := hw1test.RandomVector(len(theta), seed)
					along := func(h float64) float64 { return value(axpy(h, v, theta)) }
					hw1test.CheckNear(t, "slope", []float64{floats.Dot(gradients[0], v)}, []float64{fd.Derivative(along, 0, &fd.Settings{Formula: fd.Central, Step: 1e-5})}, 1e-6)
				}
				return
			}
			hw1test.CheckNear(t, "gradient", gradients[0], fd.Gradient(nil, value, theta, &fd.Settings{Formula: fd.Central}), 1e-7)
		})
	}
}

func axpy(a float64, x, y []float64) []float64 {
	return floats.AddScaledTo(make([]float64, len(x)), y, a, x)
}

func TestHessianVectorAgainstFiniteDifferences(t *testing.T) {
	hw1test.Slow(t)
	for name, spec := range smoothSpecs {
		t.Run(name, func(t *testing.T) {
			if spec.Task == data.MNIST {
				hw1test.NeedData(t)
			}
			o, theta := objectiveOf(t, spec)
			v := hw1test.RandomVector(len(theta), 3)
			products, err := o.HessianVectors(theta, v)
			if err != nil {
				t.Fatal(err)
			}
			const h = 1e-5
			_, g, err := o.Gradients(axpy(h, v, theta), axpy(-h, v, theta))
			if err != nil {
				t.Fatal(err)
			}
			want := make([]float64, len(v))
			for i := range want {
				want[i] = (g[0][i] - g[1][i]) / (2 * h)
			}
			hw1test.CheckNear(t, "Hv", products[0], want, 1e-7)
		})
	}
}

// hessianVector is the oracle for hessianVectors: the gradient of the gradient's
// product with a vector, for each replica of theta and vectors [R, P]. Both gradients are taken with respect to
// the unpacked weights, as GoMLX cannot differentiate through slices twice.
func hessianVector(n nn.Network, theta, vectors, inputs, targets *graph.Node, decay float64) *graph.Node {
	weights, directions := n.Unpack(theta), n.Unpack(vectors)
	values := n.Objective(weights, inputs, targets, decay)
	slope := graph.ScalarZero(theta.Graph(), theta.DType())
	for i, gradient := range graph.Gradient(graph.ReduceAllSum(values), weights...) {
		slope = graph.Add(slope, graph.ReduceAllSum(graph.Mul(gradient, directions[i])))
	}
	return nn.Pack(graph.Gradient(slope, weights...))
}

func TestHessianVectorsAgainstDifferentiatedGradient(t *testing.T) {
	hw1test.Slow(t)
	specs := maps.Clone(smoothSpecs)
	specs["relu"] = experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 6, 5, 1), Activation: nn.ReLU, Epochs: 1}
	specs["leaky relu"] = experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 6, 5, 4, 1), Activation: nn.LeakyReLU, Epochs: 1, WeightDecay: 1e-3}
	for name, spec := range specs {
		t.Run(name, func(t *testing.T) {
			if spec.Task == data.MNIST {
				hw1test.NeedData(t)
			}
			o, theta := objectiveOf(t, spec)
			vectors := [][]float64{hw1test.RandomVector(len(theta), 1), hw1test.RandomVector(len(theta), 2), hw1test.RandomVector(len(theta), 3)}
			got, err := o.HessianVectors(theta, vectors...)
			if err != nil {
				t.Fatal(err)
			}
			thetas := device.Tensor(slices.Concat(theta, theta, theta), dtypes.Float64, 3, len(theta))
			want := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
				return []*graph.Node{hessianVector(o.Net, in[0], in[1], in[2], in[3], o.Decay)}
			}, thetas, device.Tensor(slices.Concat(vectors...), dtypes.Float64, 3, len(theta)), o.parts[0].inputs, o.parts[0].targets)
			hw1test.CheckNear(t, "Hv", slices.Concat(got...), want[0], 1e-12)
		})
	}
}

func TestHessianIsSymmetricAndOrdered(t *testing.T) {
	hw1test.Slow(t)
	o, theta := objectiveOf(t, experiment.Spec{Task: data.SquareWave, Arch: nn.MLP(1, 20, 30, 1), Activation: nn.Tanh, Epochs: 1})
	h, err := o.Hessian(theta)
	if err != nil {
		t.Fatal(err)
	}
	v := hw1test.RandomVector(len(theta), 5)
	products, err := o.HessianVectors(theta, v)
	if err != nil {
		t.Fatal(err)
	}
	var hv mat.VecDense
	hv.MulVec(h, mat.NewVecDense(len(v), v))
	hw1test.CheckNear(t, "H·v", hv.RawVector().Data, products[0], 1e-10)

	// Before the average with its transpose.
	scale := mat.Norm(h, 2)
	for range 3 {
		u, w := hw1test.RandomVector(len(v), 8), hw1test.RandomVector(len(v), 9)
		p, err := o.HessianVectors(theta, u, w)
		if err != nil {
			t.Fatal(err)
		}
		if d := math.Abs(floats.Dot(w, p[0]) - floats.Dot(u, p[1])); d > 1e-10*scale {
			t.Errorf("wHu - uHw is %g", d)
		}
	}
}

// A linear network with the MSE has the Hessian 2/n Σ (x,1)(x,1)ᵀ.
func TestHessianOfLinearRegression(t *testing.T) {
	o, theta := objectiveOf(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 1), Epochs: 1})
	h, err := o.Hessian(theta)
	if err != nil {
		t.Fatal(err)
	}
	train, _, err := data.Sinc.Load()
	if err != nil {
		t.Fatal(err)
	}
	xs, sxx := train.X, 0.0
	for _, x := range xs {
		sxx += 2 * x * x / float64(len(xs))
	}
	hw1test.CheckNear(t, "Hessian", []float64{h.At(0, 0), h.At(0, 1), h.At(1, 1)}, []float64{sxx, 0, 2}, 1e-12)
}

// More examples than one execution takes count alike: the last part, a smaller one, weighs as much as it has examples.
func TestObjectiveOfParts(t *testing.T) {
	const n = 2*objectivePartSize + 700
	curve := data.Function("curve", func(x float64) float64 { return x * x * x }, data.Sampling{Train: n, Test: 10, Low: 0, High: 2})
	spec := experiment.Spec{Task: curve, Arch: nn.MLP(1, 1), Epochs: 1}
	o, _ := objectiveOf(t, spec)
	values, gradients, err := o.Gradients([]float64{2, -1})
	if err != nil || len(o.parts) != 3 {
		t.Fatalf("%d parts, %v", len(o.parts), err)
	}
	var value, slope, shift float64
	set := runtest.MustExamples(t, spec)
	for i, x := range set.X {
		off := 2*x - 1 - set.Y[i]
		value, slope, shift = value+off*off/n, slope+2*off*x/n, shift+2*off/n
	}
	hw1test.CheckNear(t, "value and gradient", append(values, gradients[0]...), []float64{value, slope, shift}, 1e-10)
}

func TestObjectiveRefusesOtherThetas(t *testing.T) {
	o, theta := objectiveOf(t, smoothSpecs["regression"])
	_, err := o.Values(theta[1:])
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "for a theta", "parameters")
	_, err = o.Values()
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "at least one")
	for _, diagonal := range [][]float64{nil, make([]float64, len(theta)), slices.Repeat([]float64{math.NaN()}, len(theta)), slices.Repeat([]float64{-1}, len(theta))} {
		_, err = o.PreconditionedEigenvalue(theta, diagonal)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "numbers above 0")
	}
	for _, empty := range []*Objective{nil, {}} {
		_, err = empty.Values(theta)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "eval.Values", "the objective is empty")
	}
}

// A theta's value does not depend on the thetas beside it. (Fusions of one XLA
// plugin made it so, for examples enough and more than one theta; see setup.sh.)
func TestObjectiveOfManyThetasIsThatOfEach(t *testing.T) {
	hw1test.NeedData(t)
	o, theta := objectiveOf(t, experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 64, 32, 10), Activation: nn.ReLU, Epochs: 1, Batch: 10, TrainSize: 1000})
	other := hw1test.RandomVector(len(theta), 4)
	floats.Scale(0.05, other)
	one, err := o.Values(theta)
	if err != nil {
		t.Fatal(err)
	}
	two, err := o.Values(other)
	if err != nil {
		t.Fatal(err)
	}
	all, err := o.Values(theta, other, theta)
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "values", all, []float64{one[0], two[0], one[0]}, 1e-12)
}

// Searches for critical points share the examples. Without their move to the device
// beforehand, one of some hundred first uses does not find them.
func TestSearchesShareTheirExamples(t *testing.T) {
	hw1test.Slow(t)
	spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 2, 1), Activation: nn.Tanh, Epochs: 1}
	o, theta := objectiveOf(t, spec)
	set := runtest.MustExamples(t, runtest.MustResolve(t, spec))
	for range 1000 {
		var err error
		if o.parts, err = objectiveParts(o.Net, set); err != nil {
			t.Fatal(err)
		}
		var group errgroup.Group
		for range 4 {
			group.Go(func() error {
				_, err := o.Values(theta)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}
