package num

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Correlation is a rank correlation with its 95 % bootstrap interval.
type Correlation struct{ Rho, Low, High float64 }

// String writes it as "0.83 (95 % interval 0.61 to 0.93)".
func (c Correlation) String() string {
	return fmt.Sprintf("%.2f (95 %% interval %.2f to %.2f)", c.Rho, c.Low, c.High)
}

// resamples is the number of resamples of a bootstrap.
const resamples = 5000

// RankCorrelation returns Spearman's rank correlation of pairs (x_i, y_i), with
// the percentile interval of a bootstrap over the pairs (Efron 1979).
func RankCorrelation(x, y []float64) (Correlation, error) {
	none := Correlation{math.NaN(), math.NaN(), math.NaN()}
	if len(x) != len(y) || len(x) < 4 {
		return none, fmt.Errorf("a rank correlation needs four pairs or more, not %d and %d values", len(x), len(y))
	}
	if slices.ContainsFunc(slices.Concat(x, y), math.IsNaN) {
		return none, fmt.Errorf("a rank correlation needs numbers, and some of these are NaN")
	}
	rho := stat.Correlation(ranks(x), ranks(y), nil)
	if math.IsNaN(rho) {
		return none, fmt.Errorf("a rank correlation needs values that differ")
	}
	rng := rand.New(rand.NewPCG(1, streamBootstrap))
	var rhos []float64
	a, b := make([]float64, len(x)), make([]float64, len(x))
	for range resamples {
		for i := range a {
			k := rng.IntN(len(x))
			a[i], b[i] = x[k], y[k]
		}
		if r := stat.Correlation(ranks(a), ranks(b), nil); !math.IsNaN(r) {
			rhos = append(rhos, r)
		}
	}
	slices.Sort(rhos)
	quantile := func(p float64) float64 { return stat.Quantile(p, stat.Empirical, rhos, nil) }
	return Correlation{rho, quantile(0.025), quantile(0.975)}, nil
}

// ranks returns the rank of each value, from 1; equal values share their mean rank.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	out := make([]float64, len(values))
	for first := 0; first < len(order); {
		last := first
		for last < len(order) && values[order[last]] == values[order[first]] {
			last++
		}
		for _, i := range order[first:last] {
			out[i] = float64(first+last+1) / 2
		}
		first = last
	}
	return out
}
