// Package num has numerics that know nothing of networks: least squares, eigenvalues, principal components,
// statistics, and the streams of random numbers.
package num

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Wilson returns the 95 % score interval for a share observed in n trials.
func Wilson(share float64, n int) (low, high float64) {
	const z = 1.959964
	trials := float64(n)
	center := share + z*z/(2*trials)
	half := z * math.Sqrt(share*(1-share)/trials+z*z/(4*trials*trials))
	return (center - half) / (1 + z*z/trials), (center + half) / (1 + z*z/trials)
}

// Spread returns the median, the minimum and the maximum of each column.
func Spread(rows [][]float64) (median, low, high []float64) {
	for _, column := range Transposed(rows) {
		median = append(median, Median(column))
		low, high = append(low, floats.Min(column)), append(high, floats.Max(column))
	}
	return median, low, high
}

// Transposed returns the rows [R][n] of columns [n][R], or the other way round.
func Transposed(columns [][]float64) [][]float64 {
	rows := make([][]float64, len(columns[0]))
	for _, column := range columns {
		for r, v := range column {
			rows[r] = append(rows[r], v)
		}
	}
	return rows
}

// Map returns the results of a function for each of some things.
func Map[T, U any](all []T, of func(T) U) []U {
	made := make([]U, len(all))
	for i, one := range all {
		made[i] = of(one)
	}
	return made
}

// Make returns the results of a function for each index below n.
func Make[T any](n int, of func(i int) T) []T {
	made := make([]T, n)
	for i := range made {
		made[i] = of(i)
	}
	return made
}

// Column returns column k of a matrix with so many columns, which is given row by row.
func Column(values []float64, k, columns int) []float64 {
	return Make(len(values)/columns, func(i int) float64 { return values[i*columns+k] })
}

// At returns the values at some indices.
func At(values []float64, places []int) []float64 {
	return Map(places, func(i int) float64 { return values[i] })
}

// Put returns n values: the given ones at some indices, and 0 elsewhere.
func Put(values []float64, places []int, n int) []float64 {
	all := make([]float64, n)
	for k, i := range places {
		all[i] = values[k]
	}
	return all
}

// Only returns values with zeros elsewhere than at some indices; the values themselves if these are all.
func Only(values []float64, places []int) []float64 {
	if len(places) == len(values) {
		return values
	}
	return Put(At(values, places), places, len(values))
}

// Product returns the product of numbers; it is 1 if there are none.
func Product(numbers []int) int {
	product := 1
	for _, n := range numbers {
		product *= n
	}
	return product
}

// Order returns the indices of values, the lowest first; equal values keep their order.
func Order(values []float64) []int {
	order := Make(len(values), func(i int) int { return i })
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	return order
}

// Normals returns n independent normal numbers.
func Normals(rng *rand.Rand, n int) []float64 {
	return Make(n, func(int) float64 { return rng.NormFloat64() })
}

// Median returns the median of values, which it does not change. It is NaN if there are none or
// one of them is NaN.
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

// The streams keep the random numbers for different uses of one seed apart.
const (
	StreamInit uint64 = iota + 1
	StreamShuffle
	StreamDropout
	StreamNoise
	StreamStart
	StreamNeighbours
	StreamWalk
	StreamPlane
	StreamBootstrap
	StreamFeatures
	StreamBend
	streamLanczos
	StreamPoints
	StreamTargets
	StreamSplit
	StreamSpread
)
