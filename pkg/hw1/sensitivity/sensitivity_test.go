package sensitivity

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/nn"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

// sensorOf returns a Spec's sensor and test images.
func sensorOf(t *testing.T, spec experiment.Spec) (*sensor, data.Examples) {
	t.Helper()
	hw1test.NeedData(t)
	spec = runtest.MustResolve(t, spec)
	_, test, err := spec.Examples()
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSensor(spec)
	if err != nil {
		t.Fatal(err)
	}
	return s, test
}

// smallSensor returns a sensor in double precision, a theta and some test images.
func smallSensor(t *testing.T, arch nn.Arch) (*sensor, []float64, data.Examples) {
	t.Helper()
	s, test := sensorOf(t, experiment.Spec{Task: data.MNIST, Arch: arch, Activation: nn.Tanh, Batch: 10, Epochs: 1, TrainSize: 10, TestSize: 60, Float64: true})
	theta := arch.InitTheta(5)
	floats.Scale(2, theta)
	return s, theta, test
}

func TestSensitivityDoesNotDependOnTheBatch(t *testing.T) {
	hw1test.Slow(t)
	for name, arch := range map[string]nn.Arch{"dense": nn.MLP(784, 9, 10), "convolutional": nn.CNN([]int{2}, 10)} {
		t.Run(name, func(t *testing.T) {
			s, theta, test := smallSensor(t, arch)
			for _, norms := range []func(context.Context, []float64, data.Examples, int) ([]float64, error){s.gradientNorms, s.jacobianNorms} {
				whole, err := norms(t.Context(), theta, test, 60)
				if err != nil {
					t.Fatal(err)
				}
				if floats.Min(whole) <= 0 {
					t.Errorf("a sensitivity is %g", floats.Min(whole))
				}
				for _, batch := range []int{1, 20} {
					parts, err := norms(t.Context(), theta, test, batch)
					if err != nil {
						t.Fatal(err)
					}
					hw1test.CheckNear(t, "sensitivity", parts, whole, 1e-12)
				}
			}
		})
	}
}

// In single precision and at the sizes that are measured, where libraries choose
// other kernels.
func TestSensitivityAtFullSize(t *testing.T) {
	arch := nn.MLP(784, 64, 10)
	s, test := sensorOf(t, experiment.Spec{Task: data.MNIST, Arch: arch, Batch: 10, Epochs: 1, TrainSize: 10, TestSize: sensorBatch})
	theta := arch.InitTheta(5)
	for _, norms := range []func(context.Context, []float64, data.Examples, int) ([]float64, error){s.gradientNorms, s.jacobianNorms} {
		whole, err := norms(t.Context(), theta, test, sensorBatch)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := norms(t.Context(), theta, test, sensorBatch/20)
		if err != nil {
			t.Fatal(err)
		}
		hw1test.CheckNear(t, "sensitivity", whole, parts, 1e-5)
	}
}

// The oracle differentiates the reference network in plain Go.
func TestSensitivityAgainstFiniteDifferences(t *testing.T) {
	arch := nn.MLP(784, 9, 10)
	s, theta, test := smallSensor(t, arch)
	test = test.Slice(0, 3)
	gradients, err := s.gradientNorms(t.Context(), theta, test, 3)
	if err != nil {
		t.Fatal(err)
	}
	jacobians, err := s.jacobianNorms(t.Context(), theta, test, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i := range test.Len() {
		x := make([]float64, 784)
		for k := range x {
			x[k] = float64(test.Images[784*i+k]) / 255
		}
		loss := func(x []float64) float64 {
			return hw1test.Loss("cross-entropy", hw1test.NetOf(arch).Forward("tanh", theta, x), float64(test.Labels[i]))
		}
		gradient := fd.Gradient(nil, loss, x, &fd.Settings{Formula: fd.Central, Step: 1e-5})
		softmax := func(p, x []float64) {
			logits := hw1test.NetOf(arch).Forward("tanh", theta, x)
			for c, z := range logits {
				p[c] = math.Exp(z - floats.LogSumExp(logits))
			}
		}
		jacobian := mat.NewDense(10, 784, nil)
		fd.Jacobian(jacobian, softmax, x, &fd.JacobianSettings{Formula: fd.Central, Step: 1e-5})
		hw1test.CheckNear(t, "loss gradient and Jacobian", []float64{gradients[i], jacobians[i]}, []float64{floats.Norm(gradient, 2), mat.Norm(jacobian, 2)}, 1e-7)
	}
}

func TestMeasureSensitivityFollowsTheSnapshots(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	run := traintest.MustTrain(t, experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 8, 10), Batch: 100, Epochs: 3, SnapshotEach: 2, TrainSize: 600, TestSize: 200, Seeds: 2})
	measured, err := Measure(run)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Measure(run) // from the store
	if err != nil {
		t.Fatal(err)
	}
	if len(measured[0].Courses) != 2 {
		t.Fatalf("%d courses of two seeds", len(measured[0].Courses))
	}
	for r, c := range measured[0].Courses {
		if len(c.Epoch) != 2 || c.Epoch[0] != 2 || c.Epoch[1] != 3 {
			t.Fatalf("measured after epochs %v, want 2 and 3", c.Epoch)
		}
		if c.TrainLoss[1] != run.Replicas[r].Train.Loss {
			t.Errorf("the training loss is %g, not the network's %g", c.TrainLoss[1], run.Replicas[r].Train.Loss)
		}
		hw1test.CheckNear(t, "stored", again[0].Courses[r].Jacobian, c.Jacobian, 0)
	}
	if a, b := measured[0].Courses[0].Jacobian[1], measured[0].Courses[1].Jacobian[1]; a == b {
		t.Error("two seeds have one sensitivity")
	}
}

// A snapshot after an epoch that was not evaluated has no training loss, and is left out.
func TestSensitivityOfEvaluatedEpochsOnly(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	run := traintest.MustTrain(t, experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 8, 10), Batch: 100, Epochs: 6, SnapshotEach: 2, EvaluateEach: 3, TrainSize: 600, TestSize: 200})
	measured, err := Measure(run)
	if err != nil {
		t.Fatal(err)
	}
	if c := measured[0].Courses[0]; len(c.Epoch) != 1 || c.Epoch[0] != 6 || c.TrainLoss[0] != run.Replicas[0].Train.Loss {
		t.Errorf("measured after epochs %v at losses %v, expected epoch 6 alone", c.Epoch, c.TrainLoss)
	}
}

func TestAtLossInterpolatesInTheLogarithm(t *testing.T) {
	course := Course{Epoch: []int{1, 2, 3}, TrainLoss: []float64{1, 0.1, 0.01}, LossGradient: []float64{2, 4, 5}, Jacobian: []float64{1, 3, 9}}
	late := Course{Epoch: []int{1, 2}, TrainLoss: []float64{0.5, 0.4}, LossGradient: []float64{1, 1}, Jacobian: []float64{1, 1}}
	s := Sensitivity{Courses: []Course{course, late}}
	gradient, jacobian := s.AtLoss(math.Pow(10, -1.5))
	hw1test.CheckNear(t, "at 10^-1.5", append(gradient, jacobian...), []float64{4.5, 6}, 1e-12)
	flat := Sensitivity{Courses: []Course{{Epoch: []int{1, 2}, TrainLoss: []float64{0.5, 0.5}, LossGradient: []float64{1, 2}, Jacobian: []float64{3, 4}}}}
	gradient, jacobian = flat.AtLoss(0.5) // a loss that stays is reached at once
	hw1test.CheckNear(t, "at the only loss", append(gradient, jacobian...), []float64{1, 3}, 0)
	for _, loss := range []float64{0.6, 0.4, 0, -1, math.NaN()} {
		if gradient, jacobian = flat.AtLoss(loss); gradient != nil || jacobian != nil {
			t.Errorf("at the loss %g, which it does not have: %g, %g", loss, gradient, jacobian)
		}
	}
	if got := CommonLoss(s); got != 0.4 {
		t.Errorf("both reach %g, want 0.4", got)
	}
	if got := CommonLoss(Sensitivity{Courses: []Course{{Epoch: []int{1}, TrainLoss: []float64{-2}, LossGradient: []float64{1}, Jacobian: []float64{1}}}}); got != -2 {
		t.Errorf("a loss of -2 is reached, not %g", got)
	}
	if gradient, _ := s.AtLoss(0.4); len(gradient) != 2 {
		t.Errorf("%d of 2 replicas reach their common loss", len(gradient))
	}
}

// The Jacobian of a linear network is its weights, whose norm is the same however many outputs are differentiated at once.
func TestJacobianOfManyOutputs(t *testing.T) {
	for outputs, atOnce := range map[int]int{1: 1, 3: 3, 16: 16, 17: 1, 30: 15, 34: 2} {
		if got := outputsAtOnce(outputs); got != atOnce {
			t.Errorf("%d of %d outputs at once, not %d", got, outputs, atOnce)
		}
		task := data.VectorFunction("zeros", 2, outputs, func([]float64) []float64 { return make([]float64, outputs) }, data.Sampling{Train: 9, Test: 4})
		spec := runtest.MustResolve(t, experiment.Spec{Task: task, Arch: nn.MLP(2, outputs), Epochs: 1})
		s, err := newSensor(spec)
		if err != nil {
			t.Fatal(err)
		}
		theta := spec.Arch.InitTheta(3)
		norms, err := s.jacobianNorms(t.Context(), theta, s.test, 3)
		if err != nil {
			t.Fatal(err)
		}
		hw1test.CheckNear(t, "norms", norms, slices.Repeat([]float64{floats.Norm(theta[:2*outputs], 2)}, 4), 1e-12)
	}
}
