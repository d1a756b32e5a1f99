package capacity

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
)

func randomMatrix(rng *rand.Rand, rows, cols int) *mat.Dense {
	values := make([]float64, rows*cols)
	for i := range values {
		values[i] = rng.NormFloat64()
	}
	return mat.NewDense(rows, cols, values)
}

// The solution is that of the pseudo-inverse, from the singular values.
func TestMinimumNormIsThePseudoInverse(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, dims := range [][3]int{{12, 5, 0}, {7, 7, 0}, {5, 12, 0}, {12, 5, 1}, {7, 7, 2}, {5, 12, 10}, {4, 3, 3}} { // rows, columns, and columns of zeros
		a, y := randomMatrix(rng, dims[0], dims[1]), randomMatrix(rng, dims[0], 3)
		for k := range dims[2] {
			for i := range dims[0] {
				a.Set(i, k, 0)
			}
		}
		got, err := minimumNorm(a, y)
		if err != nil {
			t.Fatal(err)
		}
		var svd mat.SVD
		if !svd.Factorize(a, mat.SVDThin) {
			t.Fatal("no singular values")
		}
		var u, v, scaled, want mat.Dense
		svd.UTo(&u)
		svd.VTo(&v)
		scaled.Mul(u.T(), y)
		for i, s := range svd.Values(nil) {
			row := scaled.RawRowView(i)
			for j := range row {
				if row[j] /= s; s < 1e-10 { // a column of zeros has none
					row[j] = 0
				}
			}
		}
		want.Mul(&v, &scaled)
		hw1test.CheckNear(t, "beta", got.RawMatrix().Data, want.RawMatrix().Data, 1e-10)
	}
}

func TestReLUFeatures(t *testing.T) {
	x, w := mat.NewDense(1, 2, []float64{1, 2}), mat.NewDense(2, 2, []float64{3, -1, -3, 1})
	hw1test.CheckNear(t, "features", reluFeatures(x, w).RawMatrix().Data, []float64{1, 0}, 0)
	many := featureWeights(1, 400, 100)
	if v := mat.Norm(many, 2); math.Abs(v*v/400-1) > 0.05 {
		t.Errorf("the weights of a feature have a mean square sum of %g, want 1", v*v/400)
	}
}

func TestCenter(t *testing.T) {
	train, test := mat.NewDense(2, 2, []float64{1, 2, 3, 6}), mat.NewDense(1, 2, []float64{2, 5})
	center(train, test)
	hw1test.CheckNear(t, "training pixels", train.RawMatrix().Data, []float64{-1, -2, 1, 2}, 0)
	hw1test.CheckNear(t, "test pixels", test.RawMatrix().Data, []float64{0, 1}, 0)
}

func TestLinearScore(t *testing.T) {
	// Outputs (1, 0) and (1, 0) against classes 0 and 1: one of two is wrong, by 1 in each output.
	a, beta, y := mat.NewDense(2, 1, []float64{1, 1}), mat.NewDense(1, 2, []float64{1, 0}), mat.NewDense(2, 2, []float64{1, 0, 0, 1})
	if mse, wrong := linearScore(a, beta, y); math.Abs(mse-0.5) > 1e-12 || wrong != 0.5 {
		t.Errorf("MSE %g, share of wrong classes %g; want 0.5 and 0.5", mse, wrong)
	}
}

// With as many features as examples the fit is exact and the test error peaks.
func TestRandomFeaturesPeakAtTheThreshold(t *testing.T) {
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	e := RandomFeatures{Task: data.MNIST, Examples: 60, TestSize: 300, Features: []int{15, 60, 600}, Seeds: 3}
	c, err := FitRandomFeatures(e)
	if err != nil {
		t.Fatal(err)
	}
	features, highest, lowest := c.Peak()
	if features != 60 || highest < 5*lowest {
		t.Errorf("the test error peaks at %d features, at %g where the lowest is %g", features, highest, lowest)
	}
	for seed := range e.Seeds {
		if c.TrainMSE[seed][0] < 1e-3 || c.TrainMSE[seed][1] > 1e-15 || c.TrainMSE[seed][2] > 1e-15 {
			t.Errorf("seed %d has training errors %v", seed+1, c.TrainMSE[seed])
		}
	}
	f, err := FeaturePlot("", c)
	if err != nil {
		t.Fatal(err)
	}
	figuretest.CheckDrawn(t, f, "features = examples", "random features", "mean squared error")
	fits := FeatureCurve{60, []int{100, 200}, [][]float64{{1e-25, 1e-26}}, [][]float64{{0.2, 0.1}}, [][]float64{{0.2, 0.1}}} // all of them
	if f, err = FeaturePlot("", fits); err != nil {
		t.Fatal(err)
	}
	if svg := figuretest.CheckDrawn(t, f, "test"); bytes.Contains(svg, []byte("features = examples")) {
		t.Error("a line is named that lies beside the panel")
	}
	e.Features = []int{0}
	if _, err := FitRandomFeatures(e); err == nil {
		t.Error("0 features were fitted")
	}
}

func TestQuickRandomFeatures(t *testing.T) {
	e := RandomFeatures{Task: data.MNIST, Examples: 1000, TestSize: 2000, Features: []int{4, 9, 1000, 3000}, Seeds: 3}
	q := e.quick()
	if q.Examples != 100 || q.Seeds != 1 || len(q.Features) != 3 || q.Features[1] != 100 || e.Features[2] != 1000 {
		t.Errorf("quick is %+v of %+v", q, e)
	}
}
