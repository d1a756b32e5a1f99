package eval

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/nn"
)

func TestLargestEigenvalueAgainstTheExactHessian(t *testing.T) {
	hw1test.Slow(t)
	for name, spec := range map[string]experiment.Spec{
		"regression":  {Task: data.SquareWave, Arch: nn.MLP(1, 8, 6, 1), Activation: nn.Tanh, Epochs: 1},
		"two classes": {Task: data.WaveSign, Arch: nn.MLP(1, 12, 1), Activation: nn.ReLU, Epochs: 1},
	} {
		t.Run(name, func(t *testing.T) {
			o, theta := objectiveOf(t, spec)
			h, err := o.Hessian(theta)
			if err != nil {
				t.Fatal(err)
			}
			var eigen mat.EigenSym
			if !eigen.Factorize(h, false) {
				t.Fatal("no eigenvalues")
			}
			want := eigen.Values(nil)[len(theta)-1]
			got, err := o.LargestEigenvalue(theta)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got-want) > 1e-3*want {
				t.Errorf("largest eigenvalue %g, the exact one is %g", got, want)
			}
		})
	}
}
