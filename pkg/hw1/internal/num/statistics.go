// Package num has numerics that know no network: least squares, eigenvalues, principal components,
// statistics, and the streams of random numbers.
package num

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// Wilson returns the 95 % score interval of a share that was seen in n trials.
func Wilson(share float64, n int) (low, high float64) {
	const z = 1.959964
	trials := float64(n)
	center := share + z*z/(2*trials)
	half := z * math.Sqrt(share*(1-share)/trials+z*z/(4*trials*trials))
	return (center - half) / (1 + z*z/trials), (center + half) / (1 + z*z/trials)
}

// Spread returns the median, the lowest and the highest of each column.
func Spread(rows [][]float64) (median, low, high []float64) {
	for i := range rows[0] {
		column := make([]float64, len(rows))
		for r, row := range rows {
			column[r] = row[i]
		}
		median = append(median, Median(column))
		low, high = append(low, floats.Min(column)), append(high, floats.Max(column))
	}
	return median, low, high
}

// Transposed returns the rows [R][n] of columns [n][R].
func Transposed(columns [][]float64) [][]float64 {
	rows := make([][]float64, len(columns[0]))
	for _, column := range columns {
		for r, v := range column {
			rows[r] = append(rows[r], v)
		}
	}
	return rows
}

// Map returns what a function makes of each of some things.
func Map[T, U any](all []T, of func(T) U) []U {
	made := make([]U, len(all))
	for i, one := range all {
		made[i] = of(one)
	}
	return made
}

// Order returns the indices of values, the lowest first; equal values keep their order.
func Order(values []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	return order
}

// Normals returns n independent normal numbers.
func Normals(rng *rand.Rand, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = rng.NormFloat64()
	}
	return values
}

// Median returns the median of values, which it does not change; NaN of none, and
// where one of them is NaN.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 || math.IsNaN(sorted[0]) { // NaN comes first
		return math.NaN()
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Int returns 1 for true and 0 for false.
func Int(b bool) int {
	if b {
		return 1
	}
	return 0
}

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
		return none, fmt.Errorf("a rank correlation needs numbers, and some of these are NaN, as the accuracies of a regression; take others, such as losses")
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
	order := Order(values)
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

// The streams keep the random numbers of one seed's uses apart.
const (
	StreamInit uint64 = iota + 1
	StreamShuffle
	StreamDropout
	StreamNoise
	StreamStart
	StreamNeighbours
	StreamWalk
	StreamPlane
	streamBootstrap
	StreamFeatures
	StreamBend
	streamLanczos
	StreamPoints
	StreamTargets
	StreamSplit
	StreamSpread
)
