package num

import (
	"testing"

	"hw1/pkg/hw1/internal/hw1test"
)

func TestRankCorrelation(t *testing.T) {
	// By hand: squared rank differences 0, 1, 1, 1, 1, so 1 - 6·4 / (5·24).
	c, err := RankCorrelation([]float64{1, 2, 3, 4, 5}, []float64{10, 30, 20, 60, 40})
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "rho", []float64{c.Rho}, []float64{1 - 6.0*4/(5*24)}, 1e-12)
	hw1test.CheckNear(t, "ranks", ranks([]float64{3, 1, 3, 2}), []float64{3.5, 1, 3.5, 2}, 0)
	x, y := hw1test.RandomVector(60, 1), hw1test.RandomVector(60, 2)
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
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "differ")
}
