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
			hw1test.CheckNear(t, "largest eigenvalue", []float64{got / want}, []float64{1}, 1e-3)

			// That of D⁻¹H, which is not symmetric, for a diagonal of any size.
			diagonal := hw1test.RandomVector(len(theta), 3)
			quotient := mat.NewDense(len(theta), len(theta), nil)
			for i, d := range diagonal {
				diagonal[i] = 1e-3 * math.Exp(d)
				for k := range theta {
					quotient.Set(i, k, h.At(i, k)/diagonal[i])
				}
			}
			var general mat.Eigen
			if !general.Factorize(quotient, mat.EigenNone) {
				t.Fatal("no eigenvalues")
			}
			want = math.Inf(-1)
			for _, value := range general.Values(nil) {
				want = max(want, real(value))
			}
			if got, err = o.PreconditionedEigenvalue(theta, diagonal); err != nil {
				t.Fatal(err)
			}
			hw1test.CheckNear(t, "preconditioned eigenvalue", []float64{got / want}, []float64{1}, 1e-3)
			_, err = o.PreconditionedEigenvalue(theta, diagonal[1:])
			hw1test.CheckMessage(t, hw1test.MessageOf(err), "above 0")
		})
	}
}
