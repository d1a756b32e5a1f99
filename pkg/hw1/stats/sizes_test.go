package stats_test

import (
	"math"
	"testing"

	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/stats"
)

var nan = math.NaN()

// So few values are enough, and one less is not.
func TestFewestValues(t *testing.T) {
	x, y := []float64{1, 2, 3, 4}, []float64{2, 1, 3, 4}
	for n, enough := range map[int]bool{3: false, 4: true} {
		if r := stats.PairedRatio(x[:n], y[:n]); math.IsNaN(r.Ratio) == enough || math.IsNaN(r.Low) == enough {
			t.Errorf("the ratio of %d pairs is %v", n, r)
		}
		if p, err := stats.Permutation(x[:n], y[:n]); (err == nil) != enough || math.IsNaN(p.P) == enough {
			t.Errorf("the test of %d pairs is %v, %v", n, p, err)
		}
		if c, err := stats.RankCorrelation(x[:n], y[:n]); (err == nil) != enough || math.IsNaN(c.Low) == enough {
			t.Errorf("the correlation of %d pairs is %v, %v", n, c, err)
		}
	}
	for n, enough := range map[int]bool{2: false, 3: true} {
		if test := stats.MannWhitney(x[:n], y); math.IsNaN(test.P) == enough {
			t.Errorf("the test of %d and 4 values is %v", n, test)
		}
		if test := stats.MannWhitney(x, y[:n]); math.IsNaN(test.P) == enough {
			t.Errorf("the test of 4 and %d values is %v", n, test)
		}
		if _, p := stats.MedianTest(x[:n], 1.5, 3); math.IsNaN(p) == enough {
			t.Errorf("the test of %d values is %g", n, p)
		}
	}
	for size, enough := range map[int]bool{1: false, 2: false, 3: true, 4: false} {
		if _, p := stats.MedianTest(x, 1.5, size); math.IsNaN(p) == enough {
			t.Errorf("the test against a sample of %d is %g", size, p)
		}
	}
}

// All permutations of up to ten pairs are counted.
func TestMostExactPairs(t *testing.T) {
	values := []float64{1, 2, 3, 4, 5, 6, 7, 8, 10, 9, 11}
	for n, exact := range map[int]bool{10: true, 11: false} {
		if p, err := stats.Permutation(values[:n], values[:n]); err != nil || p.Exact != exact {
			t.Errorf("the test of %d pairs is %v, %v", n, p, err)
		}
	}
}

// An interval takes four units; pairs are counted beside them where there are more.
func TestFewestUnits(t *testing.T) {
	x, y := []float64{1, 2, 3, 4, 5, 6}, []float64{2, 1, 3, 4, 6, 5}
	few, err := stats.RankCorrelation(x, y, "a", "a", "b", "b", "c", "c")
	if err != nil || few.Units != 3 || !math.IsNaN(few.Low) {
		t.Errorf("with three units: %v, %v", few, err)
	}
	enough, err := stats.RankCorrelation(x, y, "a", "a", "b", "b", "c", "d")
	if err != nil || enough.Units != 4 || math.IsNaN(enough.Low) {
		t.Errorf("with four units: %v, %v", enough, err)
	}
}

// Values that do not belong together are no pairs.
func TestUnpaired(t *testing.T) {
	x, y := []float64{1, 2, 3, 4, 5}, []float64{2, 1, 3, 5, 4}
	for name, of := range map[string]func() error{
		"5 and 4 values":            func() error { _, err := stats.Permutation(x, y[:4]); return err },
		"5 values and 4 blocks":     func() error { _, err := stats.Permutation(x, y, "a", "a", "b", "b"); return err },
		"not 5 and 4 values":        func() error { _, err := stats.RankCorrelation(x, y[:4]); return err },
		"5 values and 4 units":      func() error { _, err := stats.RankCorrelation(x, y, "a", "b", "c", "d"); return err },
		"some of these are NaN":     func() error { _, err := stats.Permutation(x, []float64{1, 2, nan, 3, 4}); return err },
		"numbers, and some of":      func() error { _, err := stats.RankCorrelation([]float64{1, nan, 2, 3, 4}, y); return err },
		"5 and 3 values":            func() error { _, err := stats.PartialCorrelation(x, y, x[:3]); return err },
		"in the order of the third": func() error { _, err := stats.PartialCorrelation(x, y, x); return err },
		"the third are all 7":       func() error { _, err := stats.PartialCorrelation(x, y, []float64{7, 7, 7, 7, 7}); return err },
		"needs values that differ":  func() error { _, err := stats.Permutation(x, make([]float64, 5)); return err },
		"and the first are all 0":   func() error { _, err := stats.RankCorrelation(make([]float64, 5), y); return err },
	} {
		hw1test.CheckMessage(t, hw1test.MessageOf(of()), name)
	}
	for _, r := range []stats.Ratio{
		stats.PairedRatio(x, y[:4]), stats.PairedRatio(x, []float64{1, 2, 3, 4, nan}), stats.PairedRatio(x, make([]float64, 5)),
	} {
		if !math.IsNaN(r.Ratio) || !math.IsNaN(r.Low) || !math.IsNaN(r.High) {
			t.Errorf("the ratio is %v", r)
		}
	}
}

func TestHowTheyAreWritten(t *testing.T) {
	for want, got := range map[string]string{
		"0.83 (95 % interval 0.61 to 0.93, n = 27 in 9 units)":                    stats.Correlation{Rho: 0.83, Low: 0.61, High: 0.93, N: 27, Units: 9}.String(),
		"0.83 (95 % interval 0.61 to 0.93, n = 27)":                               stats.Correlation{Rho: 0.83, Low: 0.61, High: 0.93, N: 27, Units: 27}.String(),
		"0.83 (95 % interval NaN: it takes four units, n = 15 in 3 units)":        stats.Correlation{Rho: 0.83, Low: nan, High: nan, N: 15, Units: 3}.String(),
		"0.83 (95 % interval NaN: too many resamples have no correlation, n = 4)": stats.Correlation{Rho: 0.83, Low: nan, High: nan, N: 4, Units: 4}.String(),
		"p = 0.42 (Mann-Whitney, n = 25 and 24)":                                  stats.RankTest{P: 0.42, N: [2]int{25, 24}}.String(),
		"0.91 (exact permutation p = 0.0004 within 3 blocks, n = 12)":             stats.PermutationTest{Rho: 0.91, P: 0.0004, N: 12, Blocks: 3, Exact: true}.String(),
		"0.91 (exact permutation p = 0.0004 within 2 blocks, n = 12)":             stats.PermutationTest{Rho: 0.91, P: 0.0004, N: 12, Blocks: 2, Exact: true}.String(),
		"0.91 (permutation p = 0.0004, n = 12)":                                   stats.PermutationTest{Rho: 0.91, P: 0.0004, N: 12, Blocks: 1}.String(),
		"2.1 (95 % interval 1.8 to 2.6, n = 100)":                                 stats.Ratio{Ratio: 2.1, Low: 1.8, High: 2.6, N: 100}.String(),
	} {
		if got != want {
			t.Errorf("it is written %q, not %q", got, want)
		}
	}
}
