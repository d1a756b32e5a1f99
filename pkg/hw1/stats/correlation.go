// Package stats has the statistics on which verdicts about trends rest: rank correlations with intervals, and exact tests.
package stats

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Correlation is a rank correlation of N pairs, with its 95 % bootstrap interval from Low to
// High. What was resampled are the Units: as many as there are pairs, or fewer.
type Correlation struct {
	Rho, Low, High float64
	N, Units       int
}

// String writes it as "0.83 (95 % interval 0.61 to 0.93, n = 27 in 9 units)". Without an interval it says why, and has NaN in its
// place, which leaves a claim open; one that does not rest on the interval prints Rho alone.
func (c Correlation) String() string {
	interval, in := fmt.Sprintf("%.2f to %.2f", c.Low, c.High), ""
	switch {
	case c.Units < 4:
		interval = "NaN: it takes four units"
	case math.IsNaN(c.Low) && !math.IsNaN(c.Rho):
		interval = "NaN: too many resamples have no correlation"
	}
	if c.Units != c.N {
		in = " in " + words.Plural(c.Units, "unit")
	}
	return fmt.Sprintf("%.2f (95 %% interval %s, n = %d%s)", c.Rho, interval, c.N, in)
}

// resamples is the number of resamples of a bootstrap.
const resamples = 5000

// RankCorrelation returns Spearman's rank correlation of pairs (x_i, y_i), with the percentile interval of a bootstrap (Efron
// 1979) over the pairs. If the pairs are not independent, such as the seeds of one configuration, units gives a name for each
// pair, and pairs of the same unit are drawn together. With fewer than four units, the interval is NaN. It returns NaN and an
// error for fewer than four pairs, for NaN, and if one side's values are all equal.
func RankCorrelation(x, y []float64, units ...string) (Correlation, error) {
	return correlate(func(of func([]float64) []float64) float64 {
		return stat.Correlation(ranks(of(x)), ranks(of(y)), nil)
	}, units, x, y)
}

// PartialCorrelation returns Spearman's partial rank correlation of x and y, given a third quantity: what is left of their
// correlation between networks for which that quantity is the same (Kendall 1942). Units and errors are as in
// [RankCorrelation]; if the third quantity orders the pairs exactly as one of the two does, nothing is left, which is an error,
// too. If that is so in more than a twentieth of the resamples, as with four pairs, the interval is NaN.
func PartialCorrelation(x, y, given []float64, units ...string) (Correlation, error) {
	undefined := 0 // resamples
	c, err := correlate(func(of func([]float64) []float64) float64 {
		a, b, c := ranks(of(x)), ranks(of(y)), ranks(of(given))
		ab, ac, bc := stat.Correlation(a, b, nil), stat.Correlation(a, c, nil), stat.Correlation(b, c, nil)
		if left := (1 - ac*ac) * (1 - bc*bc); left > 1e-12 {
			return (ab - ac*bc) / math.Sqrt(left)
		}
		undefined++
		return math.NaN()
	}, units, x, y, given)
	if undefined > resamples/20 { // those that are left are not like the others
		c.Low, c.High = math.NaN(), math.NaN()
	}
	return c, err
}

// correlate returns a correlation and its bootstrap interval. The statistic is given a function
// that maps values to one resample of them.
func correlate(statistic func(of func([]float64) []float64) float64, units []string, values ...[]float64) (Correlation, error) {
	n := len(values[0])
	none := Correlation{math.NaN(), math.NaN(), math.NaN(), n, n}
	for _, v := range values {
		if len(v) != n || len(units) != 0 && len(units) != n {
			return none, fmt.Errorf("a rank correlation needs the same number of values on each side, and a unit for each pair or none; not %d and %d values and %s", n, len(v), words.Plural(len(units), "unit"))
		}
		if slices.ContainsFunc(v, math.IsNaN) {
			return none, errors.New("a rank correlation needs numbers, and some of these are NaN, such as accuracies of a regression; take other values, such as losses")
		}
	}
	members := grouped(units, n)
	none.Units = len(members)
	if n < 4 {
		return none, fmt.Errorf("a rank correlation needs four pairs or more, not %d", n)
	}
	rho := statistic(func(v []float64) []float64 { return v })
	if math.IsNaN(rho) {
		for i, v := range values {
			if slices.Min(v) == slices.Max(v) {
				return none, fmt.Errorf("a rank correlation needs values that differ, and the %s are all %.4g", [...]string{"first", "second", "third"}[i], v[0])
			}
		}
		return none, errors.New("a partial rank correlation needs values that differ for the same third ones, and these are in the order of the third")
	}
	low, high := math.NaN(), math.NaN()
	if len(members) >= 4 {
		low, high = bootstrap(statistic, members)
	}
	return Correlation{rho, low, high, n, len(members)}, nil
}

// bootstrap returns the 2.5 % and the 97.5 % quantile of a statistic over resamples of the units.
func bootstrap(statistic func(of func([]float64) []float64) float64, members [][]int) (low, high float64) {
	rng := rand.New(rand.NewPCG(1, num.StreamBootstrap))
	var found []float64
	for range resamples {
		var drawn []int
		for range members {
			drawn = append(drawn, members[rng.IntN(len(members))]...)
		}
		if r := statistic(func(v []float64) []float64 { return num.At(v, drawn) }); !math.IsNaN(r) && !math.IsInf(r, 0) {
			found = append(found, r)
		}
	}
	if len(found) == 0 {
		return math.NaN(), math.NaN()
	}
	slices.Sort(found)
	return stat.Quantile(0.025, stat.Empirical, found, nil), stat.Quantile(0.975, stat.Empirical, found, nil)
}

// grouped returns the indices of each unit's members, with the units in order of appearance;
// without units, each index is a unit by itself.
func grouped(units []string, n int) [][]int {
	place := map[string]int{}
	var members [][]int
	for i := range n {
		name := fmt.Sprint(i)
		if len(units) > 0 {
			name = units[i]
		}
		if _, known := place[name]; !known {
			place[name] = len(members)
			members = append(members, nil)
		}
		members[place[name]] = append(members[place[name]], i)
	}
	return members
}

// ranks returns the rank of each value, from 1; equal values share their mean rank.
func ranks(values []float64) []float64 {
	sorted := slices.Sorted(slices.Values(values))
	return num.Map(values, func(v float64) float64 {
		lower, _ := slices.BinarySearch(sorted, v)
		notHigher := sort.Search(len(sorted), func(i int) bool { return sorted[i] > v })
		return float64(lower+notHigher+1) / 2
	})
}
