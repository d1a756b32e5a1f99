package hw1

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// smallSensor returns a sensor in double precision, a theta and some test images.
func smallSensor(t *testing.T, arch Arch) (*sensor, []float64, Examples) {
	t.Helper()
	needData(t)
	spec := mustResolve(t, Spec{Task: MNIST, Arch: arch, Activation: Tanh, Batch: 10, Epochs: 1, TrainSize: 10, TestSize: 60, Float64: true})
	_, test, err := spec.examples()
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSensor("", spec.network())
	if err != nil {
		t.Fatal(err)
	}
	theta := arch.initTheta(5)
	floats.Scale(2, theta)
	return s, theta, test
}

func TestSensitivityDoesNotDependOnTheBatch(t *testing.T) {
	for name, arch := range map[string]Arch{"dense": MLP(784, 9, 10), "convolutional": CNN([]int{2}, 10)} {
		t.Run(name, func(t *testing.T) {
			s, theta, test := smallSensor(t, arch)
			for _, measure := range []func(context.Context, []float64, Examples, int) ([]float64, error){s.lossGradients, s.jacobianNorms} {
				whole, err := measure(t.Context(), theta, test, 60)
				if err != nil {
					t.Fatal(err)
				}
				if floats.Min(whole) <= 0 {
					t.Errorf("a sensitivity is %g", floats.Min(whole))
				}
				for _, batch := range []int{1, 20} {
					parts, err := measure(t.Context(), theta, test, batch)
					if err != nil {
						t.Fatal(err)
					}
					checkNear(t, "sensitivity", parts, whole, 1e-12)
				}
			}
		})
	}
}

// In single precision and at the sizes that are measured, where libraries choose
// other kernels.
func TestSensitivityAtFullSize(t *testing.T) {
	needData(t)
	spec := mustResolve(t, Spec{Task: MNIST, Arch: MLP(784, 64, 10), Batch: 10, Epochs: 1, TrainSize: 10, TestSize: sensorBatch})
	_, test, err := spec.examples()
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSensor("", spec.network())
	if err != nil {
		t.Fatal(err)
	}
	theta := spec.Arch.initTheta(5)
	for _, measure := range []func(context.Context, []float64, Examples, int) ([]float64, error){s.lossGradients, s.jacobianNorms} {
		whole, err := measure(t.Context(), theta, test, sensorBatch)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := measure(t.Context(), theta, test, sensorBatch/20)
		if err != nil {
			t.Fatal(err)
		}
		checkNear(t, "sensitivity", whole, parts, 1e-5)
	}
}

// The oracle differentiates the reference network in plain Go.
func TestSensitivityAgainstFiniteDifferences(t *testing.T) {
	arch := MLP(784, 9, 10)
	s, theta, test := smallSensor(t, arch)
	test = test.slice(0, 3)
	gradients, err := s.lossGradients(t.Context(), theta, test, 3)
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
			return refLoss("cross-entropy", refNet(arch).forward("tanh", theta, x), float64(test.Labels[i]))
		}
		gradient := fd.Gradient(nil, loss, x, &fd.Settings{Formula: fd.Central, Step: 1e-5})
		softmax := func(p, x []float64) {
			logits := refNet(arch).forward("tanh", theta, x)
			for c, z := range logits {
				p[c] = math.Exp(z - floats.LogSumExp(logits))
			}
		}
		jacobian := mat.NewDense(10, 784, nil)
		fd.Jacobian(jacobian, softmax, x, &fd.JacobianSettings{Formula: fd.Central, Step: 1e-5})
		checkNear(t, "loss gradient and Jacobian", []float64{gradients[i], jacobians[i]}, []float64{floats.Norm(gradient, 2), mat.Norm(jacobian, 2)}, 1e-7)
	}
}

func TestMeasureSensitivityFollowsTheSnapshots(t *testing.T) {
	needData(t)
	run := mustTrain(t, Spec{Task: MNIST, Arch: MLP(784, 8, 10), Batch: 100, Epochs: 3, SnapshotEach: 2, TrainSize: 600, TestSize: 200, Seeds: 2})
	measured, err := MeasureSensitivity(run)
	if err != nil {
		t.Fatal(err)
	}
	again, err := MeasureSensitivity(run) // from the store
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
		checkNear(t, "stored", again[0].Courses[r].Jacobian, c.Jacobian, 0)
	}
	if a, b := measured[0].Courses[0].Jacobian[1], measured[0].Courses[1].Jacobian[1]; a == b {
		t.Error("two seeds have one sensitivity")
	}
}

// A snapshot after an epoch that was not evaluated has no training loss, and is left out.
func TestSensitivityOfEvaluatedEpochsOnly(t *testing.T) {
	needData(t)
	run := mustTrain(t, Spec{Task: MNIST, Arch: MLP(784, 8, 10), Batch: 100, Epochs: 6, SnapshotEach: 2, EvaluateEach: 3, TrainSize: 600, TestSize: 200})
	measured, err := MeasureSensitivity(run)
	if err != nil {
		t.Fatal(err)
	}
	if c := measured[0].Courses[0]; len(c.Epoch) != 1 || c.Epoch[0] != 6 || c.TrainLoss[0] != run.Replicas[0].Train.Loss {
		t.Errorf("measured after epochs %v at losses %v, expected epoch 6 alone", c.Epoch, c.TrainLoss)
	}
}

func TestAtLossInterpolatesInTheLogarithm(t *testing.T) {
	course := SensitivityCourse{Epoch: []int{1, 2, 3}, TrainLoss: []float64{1, 0.1, 0.01}, LossGradient: []float64{2, 4, 5}, Jacobian: []float64{1, 3, 9}}
	late := SensitivityCourse{Epoch: []int{1, 2}, TrainLoss: []float64{0.5, 0.4}, LossGradient: []float64{1, 1}, Jacobian: []float64{1, 1}}
	s := &Sensitivity{Courses: []SensitivityCourse{course, late}}
	gradient, jacobian := s.AtLoss(math.Pow(10, -1.5))
	checkNear(t, "at 10^-1.5", append(gradient, jacobian...), []float64{4.5, 6}, 1e-12)
	if got := CommonLoss(s); got != 0.4 {
		t.Errorf("both reach %g, want 0.4", got)
	}
	if gradient, _ := s.AtLoss(0.4); len(gradient) != 2 {
		t.Errorf("%d of 2 replicas reach their common loss", len(gradient))
	}
}

func TestRankCorrelation(t *testing.T) {
	// By hand: squared rank differences 0, 1, 1, 1, 1, so 1 - 6·4 / (5·24).
	c, err := RankCorrelation([]float64{1, 2, 3, 4, 5}, []float64{10, 30, 20, 60, 40})
	if err != nil {
		t.Fatal(err)
	}
	checkNear(t, "rho", []float64{c.Rho}, []float64{1 - 6.0*4/(5*24)}, 1e-12)
	checkNear(t, "ranks", ranks([]float64{3, 1, 3, 2}), []float64{3.5, 1, 3.5, 2}, 0)
	x, y := randomVector(60, 1), randomVector(60, 2)
	unrelated, err := RankCorrelation(x, y)
	if err != nil {
		t.Fatal(err)
	}
	if !(unrelated.Low < 0 && unrelated.High > 0) {
		t.Errorf("independent values have the interval %v", unrelated)
	}
	// Of correlation 0.8, n = 60: Fisher's interval is about 0.68 to 0.88.
	for i := range y {
		y[i] = 0.8*x[i] + 0.6*y[i]
	}
	related, err := RankCorrelation(x, y)
	if err != nil {
		t.Fatal(err)
	}
	if related.Low < 0.5 || related.High > 0.95 || related.High-related.Low < 0.1 || related.High-related.Low > 0.4 {
		t.Errorf("values of correlation 0.8 have the interval %v", related)
	}
	_, err = RankCorrelation([]float64{1, 1, 1, 1}, []float64{1, 2, 3, 4})
	checkMessage(t, messageOf(err), "differ")
}
