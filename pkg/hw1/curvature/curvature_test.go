package curvature_test

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/curvature"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/nn"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

// The eigenvalues along a training are the largest of the exact Hessians at the snapshots.
func TestFollowAgainstTheExactHessian(t *testing.T) {
	run := traintest.MustTrain(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Activation: nn.Tanh, Epochs: 6, WeightDecay: 0.01, SnapshotEach: 1, LearningRate: 0.05, Seeds: 2})
	course, err := curvature.Follow(4, run)
	if err != nil {
		t.Fatal(err)
	}
	o, err := eval.NewObjective(run)
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "epochs", []float64{float64(course.Epochs[0]), float64(course.Epochs[1]), float64(course.Epochs[2])}, []float64{0, 4, 6}, 0)
	for r, replica := range run.Replicas {
		var want []float64
		for _, i := range course.Epochs {
			h, err := o.Hessian(replica.Snapshots[i].Theta)
			if err != nil {
				t.Fatal(err)
			}
			var eigen mat.EigenSym
			eigen.Factorize(h, false)
			values := eigen.Values(nil)
			want = append(want, values[len(values)-1])
		}
		hw1test.CheckNear(t, "eigenvalues", course.Eigenvalues[r], want, 1e-3)
	}
}

func TestFollowNeedsSnapshots(t *testing.T) {
	run := traintest.MustTrain(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 2, SnapshotEach: 1, Seeds: 2})
	_, err := curvature.Follow(0, run)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "1 or more")
	run.Replicas[0].Snapshots = run.Replicas[0].Snapshots[:1]
	_, err = curvature.Follow(1, run)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "curvature.Follow", "Patience")
	run.Replicas[0].Snapshots = nil
	_, err = curvature.Follow(1, run)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "SnapshotEach")
}
