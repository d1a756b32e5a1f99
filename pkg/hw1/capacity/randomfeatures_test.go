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
	// Outputs (1, 0), (1, 0), (2, 0) and (3, 0) against classes 0, 1, 0 and 0: one of four is wrong, by 1 in each output, and two are off by 1 and 2.
	a, beta, y := mat.NewDense(4, 1, []float64{1, 1, 2, 3}), mat.NewDense(1, 2, []float64{1, 0}), mat.NewDense(4, 2, []float64{1, 0, 0, 1, 1, 0, 1, 0})
	if mse, wrong := linearScore(a, beta, y); math.Abs(mse-7.0/8) > 1e-12 || wrong != 0.25 {
		t.Errorf("MSE %g, share of wrong classes %g; want 0.875 and 0.25", mse, wrong)
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
}

func TestRandomFeaturesThatCannotBe(t *testing.T) {
	for name, change := range map[string]func(e *RandomFeatures){
		"no seed":             func(e *RandomFeatures) { e.Seeds = 0 },
		"1001 seeds":          func(e *RandomFeatures) { e.Seeds = 1001 },
		"no examples":         func(e *RandomFeatures) { e.Examples = 0 },
		"too many examples":   func(e *RandomFeatures) { e.Examples = 60_001 },
		"no test examples":    func(e *RandomFeatures) { e.TestSize = 0 },
		"too many to test on": func(e *RandomFeatures) { e.TestSize = 10_001 },
		"no features":         func(e *RandomFeatures) { e.Features = nil },
		"unsorted features":   func(e *RandomFeatures) { e.Features = []int{10, 5} },
		"features twice":      func(e *RandomFeatures) { e.Features = []int{5, 5} },
		"0 features":          func(e *RandomFeatures) { e.Features = []int{10, 0} },
		"too many features":   func(e *RandomFeatures) { e.Features = []int{1 << 40} },
		"a function":          func(e *RandomFeatures) { e.Task = data.Sinc },
	} {
		e := RandomFeatures{Task: data.MNIST, Examples: 60, TestSize: 300, Features: []int{15}, Seeds: 3}
		change(&e)
		_, err := FitRandomFeatures(e)
		if hw1test.CheckMessage(t, hw1test.MessageOf(err), "random features of ", "1 to 1000 seeds"); t.Failed() {
			t.Fatal(name)
		}
	}
}

// The curve of the training error ends where the error is 0 up to rounding, and the others do not.
func TestFeaturePlotHasWhatIsMeasured(t *testing.T) {
	c := FeatureCurve{3, []int{1, 2, 3, 4}, [][]float64{{0.3, 0.2, 1e-20, 1e-20}}, [][]float64{{0.4, 0.5, 0.9, 0.6}}, [][]float64{{0.1, 0.2, 0.3, 0.4}}}
	f, err := FeaturePlot("", c)
	if err != nil {
		t.Fatal(err)
	}
	want := `panel,curve,x,median,lowest,highest
mean squared error,test,1,0.4,0.4,0.4
mean squared error,test,2,0.5,0.5,0.5
mean squared error,test,3,0.9,0.9,0.9
mean squared error,test,4,0.6,0.6,0.6
mean squared error,training,1,0.3,,
mean squared error,training,2,0.2,,
classification error,test,1,0.1,0.1,0.1
classification error,test,2,0.2,0.2,0.2
classification error,test,3,0.3,0.3,0.3
classification error,test,4,0.4,0.4,0.4
`
	if f.CSV != want {
		t.Errorf("the data are\n%s", f.CSV)
	}
	for name, change := range map[string]func(c *FeatureCurve){
		"no examples":    func(c *FeatureCurve) { c.Examples = 0 },
		"no features":    func(c *FeatureCurve) { c.Features = nil },
		"0 features":     func(c *FeatureCurve) { c.Features = []int{0, 1, 2, 3} },
		"no seeds":       func(c *FeatureCurve) { c.TestMSE = nil },
		"a row is short": func(c *FeatureCurve) { c.TestError = [][]float64{{1, 2, 3}} },
	} {
		wrong := c
		if change(&wrong); wrong.Valid() == nil {
			t.Errorf("%s: the curve is taken for complete", name)
		}
		if n, highest, lowest := wrong.Peak(); n != 0 || !math.IsNaN(highest+lowest) {
			t.Errorf("%s: it has a peak at %d, %g over %g", name, n, highest, lowest)
		}
	}
}

func TestQuickRandomFeatures(t *testing.T) {
	e := RandomFeatures{Task: data.MNIST, Examples: 1000, TestSize: 2000, Features: []int{4, 9, 1000, 3000}, Seeds: 3}
	q := e.quick()
	if q.Examples != 100 || q.Seeds != 1 || len(q.Features) != 3 || q.Features[1] != 100 || e.Features[2] != 1000 {
		t.Errorf("quick is %+v of %+v", q, e)
	}
}
