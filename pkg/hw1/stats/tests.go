package stats

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	moremath "github.com/aclements/go-moremath/stats"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/combin"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// RankTest is the outcome of a Mann-Whitney U test of two samples.
type RankTest struct {
	P     float64 // two-sided: twice the smaller tail
	Lower float64 // share of pairs in which the first sample's value is lower; equal values count half
	N     [2]int  // sizes of the samples
}

// MannWhitney tests whether values of one sample tend to be lower than those of another (Mann & Whitney 1947). The p-value is
// exact for samples of up to 50 values, or up to 25 if some values are equal. If either sample has fewer than three values, or
// a NaN, nothing can be said, and P is NaN.
func MannWhitney(a, b []float64) RankTest {
	test := RankTest{math.NaN(), math.NaN(), [2]int{len(a), len(b)}}
	if min(len(a), len(b)) < 3 || slices.ContainsFunc(slices.Concat(a, b), math.IsNaN) {
		return test
	}
	// The library's two-sided test assumes that the distribution is symmetric, which it is not if there are ties.
	lower, err := moremath.MannWhitneyUTest(a, b, moremath.LocationLess)
	higher, err2 := moremath.MannWhitneyUTest(b, a, moremath.LocationLess)
	if cmp.Or(err, err2) != nil { // all values are equal
		test.P, test.Lower = 1, 0.5
		return test
	}
	test.P, test.Lower = min(1, 2*min(lower.P, higher.P)), 1-lower.U/float64(len(a)*len(b))
	return test
}

// String writes it as "p = 0.42 (Mann-Whitney, n = 25 and 25)".
func (t RankTest) String() string {
	return fmt.Sprintf("p = %.2g (Mann-Whitney, n = %d and %d)", t.P, t.N[0], t.N[1])
}

// MedianTest tests whether values tend to be lower or higher than those of a sample of which only the median and the size, an
// odd number, are known (Mathisen 1943). It returns how many of the values are below that median, equal ones counted half, and
// the exact two-sided p-value: how likely so extreme a number is if both come from one distribution. For fewer than three
// values, an even size, or NaN, nothing can be said, and p is NaN.
func MedianTest(values []float64, median float64, size int) (below, p float64) {
	n, h := len(values), size/2
	if n < 3 || size < 3 || size%2 == 0 || !check.IsCount(size) || math.IsNaN(median) || slices.ContainsFunc(values, math.IsNaN) {
		return math.NaN(), math.NaN()
	}
	for _, v := range values {
		below += float64(num.Int(v < median)+num.Int(v <= median)) / 2
	}
	// Any arrangement of the k values below the median and the h values of the other sample there is equally
	// likely, and likewise above it.
	for k := range n + 1 {
		if half := float64(n) / 2; math.Abs(float64(k)-half) >= math.Abs(below-half) {
			p += math.Exp(combin.LogGeneralizedBinomial(float64(k+h), float64(h)) + combin.LogGeneralizedBinomial(float64(n-k+h), float64(h)) - combin.LogGeneralizedBinomial(float64(n+size), float64(n)))
		}
	}
	return below, min(1, p)
}

// Ratio is the ratio of the medians of N pairs, with its 95 % bootstrap interval from Low to High.
type Ratio struct {
	Ratio, Low, High float64
	N                int
}

// PairedRatio returns the median of one quantity over that of another, both measured on the same things, with the percentile
// interval of a bootstrap (Efron 1979) over the pairs. If there are fewer than four pairs, different numbers of values, a
// NaN, or a median of 0 to divide by, nothing can be said, and all results are NaN.
func PairedRatio(a, b []float64) Ratio {
	r := Ratio{math.NaN(), math.NaN(), math.NaN(), len(a)}
	if len(a) < 4 || len(a) != len(b) || slices.ContainsFunc(slices.Concat(a, b), math.IsNaN) {
		return r
	}
	ratio := func(of func([]float64) []float64) float64 { return num.Median(of(a)) / num.Median(of(b)) }
	all := ratio(func(v []float64) []float64 { return v })
	if !check.IsFinite(all) {
		return r
	}
	r.Ratio = all
	r.Low, r.High = bootstrap(ratio, grouped(nil, len(a)))
	return r
}

// String writes it as "2.1 (95 % interval 1.8 to 2.6, n = 100)".
func (r Ratio) String() string {
	return fmt.Sprintf("%.2g (95 %% interval %.2g to %.2g, n = %d)", r.Ratio, r.Low, r.High, r.N)
}

// PermutationTest is Spearman's rank correlation of N pairs, with the share of permutations
// whose correlation is at least as far from 0.
type PermutationTest struct {
	Rho, P float64
	N      int
	Blocks int  // within which values were exchanged
	Exact  bool // all permutations were counted, rather than a sample of them
}

// String writes it as "0.91 (exact permutation p = 0.0004 within 3 blocks, n = 12)".
func (t PermutationTest) String() string {
	exact, within := "", ""
	if t.Exact {
		exact = "exact "
	}
	if t.Blocks > 1 {
		within = " within " + words.Plural(t.Blocks, "block")
	}
	return fmt.Sprintf("%.2f (%spermutation p = %.2g%s, n = %d)", t.Rho, exact, t.P, within, t.N)
}

// shuffles is the number of sampled permutations, and largestBlock the size of a block up to
// which all permutations are counted.
const (
	shuffles     = 100_000
	largestBlock = 10
)

// Permutation tests whether y goes up or down with x: its P is the share of all ways to assign the values of y to
// those of x for which the rank correlation is at least as far from 0 (two-sided; Pitman 1937). If pairs belong
// together, such as those of one seed, blocks gives a name for each pair, and values are exchanged only within
// blocks. The share is exact for blocks of up to 10 pairs; for larger ones, 100,000 permutations are drawn. It
// returns NaN and an error for fewer than four pairs, for NaN, and if one side's values are all equal.
func Permutation(x, y []float64, blocks ...string) (PermutationTest, error) {
	none := PermutationTest{Rho: math.NaN(), P: math.NaN(), N: len(x)}
	if len(x) < 4 || len(x) != len(y) || len(blocks) != 0 && len(blocks) != len(x) {
		return none, fmt.Errorf("a permutation test needs four pairs or more, and a block for each pair or none; not %d and %d values and %s", len(x), len(y), words.Plural(len(blocks), "block"))
	}
	if slices.ContainsFunc(slices.Concat(x, y), math.IsNaN) {
		return none, errors.New("a permutation test needs numbers, and some of these are NaN")
	}
	if len(blocks) == 0 {
		blocks = make([]string, len(x))
	}
	members := grouped(blocks, len(x))
	a, b := ranks(x), ranks(y)
	test := PermutationTest{Rho: stat.Correlation(a, b, nil), N: len(x), Blocks: len(members)}
	if math.IsNaN(test.Rho) {
		return none, errors.New("a permutation test needs values that differ")
	}
	test.Exact = !slices.ContainsFunc(members, func(block []int) bool { return len(block) > largestBlock })
	// The correlation is a linear function of the sum of the products of ranks less their means. In quarters, all of
	// these are integers.
	mean := float64(len(x)+1) / 2
	floats.AddConst(-mean, a)
	floats.AddConst(-mean, b)
	if test.Exact {
		test.P = exactShare(a, b, members)
	} else {
		test.P = sampledShare(a, b, members)
	}
	return test, nil
}

// Trend is [Permutation] for the values of some seeds at each x, where values[i][k] is that of the k-th seed at
// x[i]: does what is measured go up or down with x? Values are exchanged only within seeds, since the networks of a
// seed may start alike. It returns NaN and an error unless there is a value for each seed at each x.
func Trend(x []float64, values [][]float64) (PermutationTest, error) {
	var xs, ys []float64
	var seeds []string
	for i := range min(len(x), len(values)) {
		for k, value := range values[i] {
			xs, ys, seeds = append(xs, x[i]), append(ys, value), append(seeds, fmt.Sprint(k))
		}
	}
	if len(x) != len(values) || slices.ContainsFunc(values, func(at []float64) bool { return len(at) != len(values[0]) }) {
		return PermutationTest{Rho: math.NaN(), P: math.NaN(), N: len(xs)}, errors.New("a trend needs a value for each seed at each x, and some are missing")
	}
	return Permutation(xs, ys, seeds...)
}

// exactShare returns the share of permutations within blocks whose sum of products is at least as far from 0
// as that of a and b. The sums of the blocks add up, so the distribution of the total follows block by block. Counts are scaled by
// powers of two, as those of many blocks would overflow, and are added in order: a share of one in twenty is 0.05, each time.
func exactShare(a, b []float64, members [][]int) float64 {
	counts := map[int]float64{0: 1}
	for _, block := range members {
		own, all := permutedSums(a, b, block), 0.0
		for _, n := range own { // all are integers
			all += n
		}
		_, exponent := math.Frexp(all)
		both := map[int]float64{}
		for _, s := range slices.Sorted(maps.Keys(counts)) {
			for t, m := range own { // each to another sum
				both[s+t] += counts[s] * math.Ldexp(m, -exponent)
			}
		}
		counts = both
	}
	seen := math.Abs(4 * floats.Dot(a, b))
	far, all := 0.0, 0.0
	for _, sum := range slices.Sorted(maps.Keys(counts)) {
		all += counts[sum]
		if math.Abs(float64(sum)) >= seen {
			far += counts[sum]
		}
	}
	return far / all
}

// permutedSums returns how many permutations of a block have each sum of products, times 4. The counts for a
// set of b's values, assigned to the first values of a, follow from those for the sets with one value less.
func permutedSums(a, b []float64, block []int) map[int]float64 {
	sums := make([]map[int]float64, 1<<len(block))
	sums[0] = map[int]float64{0: 1}
	for set := range sums[:len(sums)-1] {
		next := a[block[bits.OnesCount(uint(set))]]
		for k, i := range block {
			larger := set | 1<<k
			if larger == set {
				continue
			}
			if sums[larger] == nil {
				sums[larger] = map[int]float64{}
			}
			for sum, n := range sums[set] {
				sums[larger][sum+int(4*next*b[i])] += n
			}
		}
		sums[set] = nil
	}
	return sums[len(sums)-1]
}

// sampledShare is exactShare over a sample of permutations, to which the observed one is added.
func sampledShare(a, b []float64, members [][]int) float64 {
	rng := rand.New(rand.NewPCG(2, num.StreamBootstrap))
	seen, far := math.Abs(floats.Dot(a, b)), 1
	permuted := slices.Clone(b)
	for range shuffles {
		for _, block := range members {
			rng.Shuffle(len(block), func(i, k int) {
				permuted[block[i]], permuted[block[k]] = permuted[block[k]], permuted[block[i]]
			})
		}
		far += num.Int(math.Abs(floats.Dot(a, permuted)) >= seen)
	}
	return float64(far) / (shuffles + 1)
}
