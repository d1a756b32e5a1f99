package stats_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/combin"
	"gonum.org/v1/gonum/stat/distuv"

	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/stats"
)

// must returns what a statistic is of values that it is made for.
func must[T any](value T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func TestRankCorrelation(t *testing.T) {
	// By hand: squared rank differences 0, 1, 1, 1, 1, so 1 - 6·4 / (5·24).
	c := must(stats.RankCorrelation([]float64{1, 2, 3, 4, 5}, []float64{10, 30, 20, 60, 40}))(t)
	hw1test.CheckNear(t, "rho", []float64{c.Rho}, []float64{1 - 6.0*4/(5*24)}, 1e-12)
	// Ranks 3.5 1 3.5 2 against 1 2 3 4: sum of products -1, of squares 4.5 and 5.
	tied := must(stats.RankCorrelation([]float64{3, 1, 3, 2}, []float64{1, 2, 3, 4}))(t)
	hw1test.CheckNear(t, "rho with ties", []float64{tied.Rho}, []float64{-1 / math.Sqrt(4.5*5)}, 1e-12)
	x, y := hw1test.RandomVector(60, 1), hw1test.RandomVector(60, 2)
	unrelated := must(stats.RankCorrelation(x, y))(t)
	if !(unrelated.Low < 0 && unrelated.High > 0) {
		t.Errorf("independent values have the interval %v", unrelated)
	}
	// Of correlation 0.8, n = 60: Fisher's interval is about 0.68 to 0.88.
	for i := range y {
		y[i] = 0.8*x[i] + 0.6*y[i]
	}
	related := must(stats.RankCorrelation(x, y))(t)
	if related.Low < 0.5 || related.High > 0.95 || related.High-related.Low < 0.1 || related.High-related.Low > 0.4 {
		t.Errorf("values of correlation 0.8 have the interval %v", related)
	}
	_, err := stats.RankCorrelation([]float64{1, 1, 1, 1}, []float64{1, 2, 3, 4})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "differ")
	few := must(stats.RankCorrelation(x[:8], y[:8], "a", "a", "a", "a", "b", "b", "c", "c"))(t)
	if math.IsNaN(few.Rho) || !math.IsNaN(few.Low) || !math.IsNaN(few.High) {
		t.Errorf("three units have the interval %v", few)
	}
	_, err = stats.RankCorrelation(x[:3], y[:3])
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "four pairs or more, not 3")
}

// Copies of a pair tell nothing new: drawn together, they leave the interval as wide as it is of one each.
func TestCopiesNarrowNoInterval(t *testing.T) {
	x, y := hw1test.RandomVector(12, 3), hw1test.RandomVector(12, 4)
	single := must(stats.RankCorrelation(x, y))(t)
	var xs, ys []float64
	var units []string
	for i := range x {
		for range 5 {
			xs, ys, units = append(xs, x[i]), append(ys, y[i]), append(units, fmt.Sprint(i))
		}
	}
	clustered, naive := must(stats.RankCorrelation(xs, ys, units...))(t), must(stats.RankCorrelation(xs, ys))(t)
	hw1test.CheckNear(t, "interval of clusters", []float64{clustered.Rho, clustered.Low, clustered.High}, []float64{single.Rho, single.Low, single.High}, 1e-12)
	if !(naive.High-naive.Low < 0.7*(single.High-single.Low)) || clustered.N != 60 || clustered.Units != 12 {
		t.Errorf("one by one: %v; in clusters: %v", naive, clustered)
	}
}

// Two quantities that a third one moves are related, and not once it is given.
func TestPartialCorrelation(t *testing.T) {
	hw1test.Slow(t)
	cause, x, y := hw1test.RandomVector(200, 5), hw1test.RandomVector(200, 6), hw1test.RandomVector(200, 7)
	for i, c := range cause {
		x[i], y[i] = c+0.5*x[i], c+0.5*y[i]
	}
	plain, partial := must(stats.RankCorrelation(x, y))(t), must(stats.PartialCorrelation(x, y, cause))(t)
	if plain.Low < 0.6 || partial.Low > 0 || partial.High < 0 || math.Abs(partial.Rho) > 0.2 {
		t.Errorf("plain %v, partial %v", plain, partial)
	}
	// The closed form, from three plain correlations.
	xc, yc := must(stats.RankCorrelation(x, cause))(t).Rho, must(stats.RankCorrelation(y, cause))(t).Rho
	want := (plain.Rho - xc*yc) / math.Sqrt((1-xc*xc)*(1-yc*yc))
	hw1test.CheckNear(t, "partial", []float64{partial.Rho}, []float64{want}, 1e-12)
	// Two of four pairs, which a third of the resamples have, leave nothing to tell from the cause: an interval would rest on the others alone.
	four := must(stats.PartialCorrelation([]float64{1, 2, 3, 4}, []float64{1, 3, 2, 4}, []float64{2, 1, 4, 3}))(t)
	if math.IsNaN(four.Rho) || !math.IsNaN(four.Low) || !math.IsNaN(four.High) {
		t.Errorf("the partial correlation of four pairs is %v", four)
	}
	_, err := stats.PartialCorrelation(x, y, x)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "differ")
}

// The p-value is twice a tail: the share of the ways to draw one sample out of both, counted one by one.
func TestMannWhitneyCountsAllSamples(t *testing.T) {
	for name, sample := range map[string][2][]float64{
		"apart":   {{1, 2, 3, 4}, {5, 6, 7, 8, 9}},
		"mixed":   {{1, 4, 5, 8, 9}, {2, 3, 6, 7, 10}},
		"ties":    {{1, 1, 2, 3, 5}, {2, 3, 3, 8, 9}},
		"middle":  {{1, 4, 5, 8}, {2, 3, 6, 7}},
		"unequal": {{0, 0, 7}, {0, 1, 2, 3, 9, 9}},
	} {
		a, b := sample[0], sample[1]
		all := append(append([]float64{}, a...), b...)
		pairs := func(first map[int]bool) float64 { // whose value of the first sample is the lower one
			u := 0.0
			for i, v := range all {
				for k, w := range all {
					if first[i] && !first[k] && v < w {
						u++
					} else if first[i] && !first[k] && v == w {
						u += 0.5
					}
				}
			}
			return u
		}
		observed := map[int]bool{}
		for i := range a {
			observed[i] = true
		}
		below, above, count := 0, 0, 0.0
		for _, chosen := range combin.Combinations(len(all), len(a)) {
			first := map[int]bool{}
			for _, i := range chosen {
				first[i] = true
			}
			count++
			if pairs(first) <= pairs(observed) {
				below++
			}
			if pairs(first) >= pairs(observed) {
				above++
			}
		}
		test := stats.MannWhitney(a, b)
		want := []float64{min(1, 2*float64(min(below, above))/count), pairs(observed) / float64(len(a)*len(b))}
		hw1test.CheckNear(t, name, []float64{test.P, test.Lower}, want, 1e-9)
	}
	if test := stats.MannWhitney([]float64{1, 2}, []float64{3, 4, 5}); !math.IsNaN(test.P) {
		t.Errorf("two values say %v", test)
	}
	if test := stats.MannWhitney([]float64{1, 2, 3}, []float64{4, 5, 6}); test.Lower != 1 {
		t.Errorf("all of the first are lower, and the share is %g", test.Lower)
	}
	if test := stats.MannWhitney([]float64{1, 1, 1}, []float64{1, 1, 1}); test.P != 1 || test.Lower != 0.5 {
		t.Errorf("equal values: %+v", test)
	}
}

// The p-value is the share of the ways to draw the values out of both samples, counted one by one.
func TestMedianTestCountsAllSamples(t *testing.T) {
	const n, size = 6, 5
	shares := make([]float64, n+1) // of the ways in which so many values are below the other sample's median
	for _, chosen := range combin.Combinations(n+size, n) {
		var others []int
		for i := range n + size {
			if !slices.Contains(chosen, i) {
				others = append(others, i)
			}
		}
		below := 0
		for _, i := range chosen {
			if i < others[size/2] {
				below++
			}
		}
		shares[below] += 1 / float64(combin.Binomial(n+size, n))
	}
	for k := range n + 1 {
		values := make([]float64, n)
		for i := range values {
			values[i] = 1
			if i < k {
				values[i] = -1
			}
		}
		want := 0.0
		for other, share := range shares {
			if math.Abs(float64(other)-n/2) >= math.Abs(float64(k)-n/2) {
				want += share
			}
		}
		below, p := stats.MedianTest(values, 0, size)
		hw1test.CheckNear(t, fmt.Sprint(k, " below"), []float64{below, p}, []float64{float64(k), want}, 1e-9)
	}
	if below, p := stats.MedianTest([]float64{0, 0, 0, 0}, 0, 5); below != 2 || math.Abs(p-1) > 1e-9 {
		t.Errorf("equal values: %g below, p = %g", below, p)
	}
	for _, size := range []int{-1, 0, 1, 4} {
		if _, p := stats.MedianTest([]float64{1, 2, 3}, 2, size); !math.IsNaN(p) {
			t.Errorf("the median of %d says %g", size, p)
		}
	}
}

// The interval of a ratio is that of the pairs: what both sides share does not widen it.
func TestPairedRatio(t *testing.T) {
	var a, b []float64
	for i, v := range hw1test.RandomVector(100, 10) {
		b = append(b, math.Exp(2*v))
		a = append(a, 2.5*b[i])
	}
	r := stats.PairedRatio(a, b)
	hw1test.CheckNear(t, "ratio of proportional values", []float64{r.Ratio, r.Low, r.High}, []float64{2.5, 2.5, 2.5}, 1e-12)
	for i, v := range hw1test.RandomVector(100, 11) {
		a[i] *= math.Exp(0.3 * v)
	}
	apart := slices.Clone(a)
	slices.Reverse(apart)
	paired, other := stats.PairedRatio(a, b), stats.PairedRatio(apart, b)
	if !(paired.Low < 2.5 && paired.High > 2.5 && paired.High-paired.Low < (other.High-other.Low)/2) || paired.N != 100 {
		t.Errorf("pairs: %v; the same values, unpaired: %v", paired, other)
	}
	for _, few := range [][2][]float64{{a[:3], b[:3]}, {a, b[:99]}, {{1, 2, 3, math.NaN()}, b[:4]}, {{1, 2, 3, 4}, make([]float64, 4)}, {{1, 2, 3, 4, 5}, {0, 0, 0, 4, 5}}} {
		if r := stats.PairedRatio(few[0], few[1]); !math.IsNaN(r.Ratio) || !math.IsNaN(r.Low) {
			t.Errorf("%d and %d values say %v", len(few[0]), len(few[1]), r)
		}
	}
}

// The p-value is the share of all permutations within the blocks, made one by one.
func TestPermutationCountsAll(t *testing.T) {
	x, y := []float64{1, 2, 2, 4, 1, 2, 3, 4}, []float64{0.3, 0.2, 0.9, 0.7, 0.1, 0.5, 0.5, 0.8}
	for name, blocks := range map[string][]string{"in one": nil, "in two": {"a", "a", "a", "a", "b", "b", "b", "b"}} {
		test := must(stats.Permutation(x, y, blocks...))(t)
		far, count := 0, 0
		for _, order := range combin.Permutations(len(x), len(x)) {
			within, permuted := true, make([]float64, len(x))
			for i, k := range order {
				within, permuted[i] = within && (len(blocks) == 0 || blocks[i] == blocks[k]), y[k]
			}
			if !within {
				continue
			}
			count++
			if math.Abs(spearman(x, permuted)) >= math.Abs(test.Rho)-1e-12 {
				far++
			}
		}
		hw1test.CheckNear(t, name, []float64{test.Rho, test.P}, []float64{spearman(x, y), float64(far) / float64(count)}, 1e-12)
		if !test.Exact {
			t.Errorf("%s: not all were counted", name)
		}
	}
}

// Whether p is below a level does not hang on how sums are rounded: k of the 120 orders are k/120, and of many blocks p is the same each time.
func TestPermutationAtALevel(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5}
	for _, order := range combin.Permutations(5, 5) {
		p := must(stats.Permutation(x, num.Map(order, func(i int) float64 { return float64(i) })))(t).P
		if p != math.Round(120*p)/120 {
			t.Fatalf("p is %.20g", p)
		}
	}
	xs, ys := slices.Repeat(x, 4), []float64{1, 2, 4, 3, 5, 1, 3, 4, 2, 5, 2, 1, 4, 3, 5, 1, 2, 4, 5, 3}
	blocks := num.Make(20, func(i int) string { return string(rune('a' + i/5)) })
	first := must(stats.Permutation(xs, ys, blocks...))(t)
	for range 20 {
		if again := must(stats.Permutation(xs, ys, blocks...))(t); again != first || !again.Exact {
			t.Fatalf("%.20g, and again %.20g", first.P, again.P)
		}
	}
}

// A trend over three seeds can be so strong by chance in 2 of 6³ ways: all up, or all down.
func TestTrend(t *testing.T) {
	rising := [][]float64{{1, 1.5, 1.2}, {2, 2.5, 2.2}, {3, 3.5, 3.2}}
	test := must(stats.Trend([]float64{10, 100, 6000}, rising))(t)
	hw1test.CheckNear(t, "p", []float64{test.P}, []float64{2.0 / 216}, 1e-12)
	var many [][]float64
	for range 500 { // 6^500 permutations are beyond all numbers
		many = append(many, []float64{1, 3, 2}, []float64{2, 1, 3})
	}
	if test := must(stats.Trend([]float64{1, 2, 3}, num.Transposed(many)))(t); !(test.P > 0 && test.P <= 1) {
		t.Errorf("of many blocks p is %g", test.P)
	}
	if test.Blocks != 3 || test.N != 9 || test.Rho < 0.9 {
		t.Errorf("%+v", test)
	}
	_, err := stats.Trend([]float64{10, 100, 6000}, [][]float64{{1, 2}, {1}, {3, 4}})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "a value for each seed")
}

// spearman returns the rank correlation by the definition: ranks by counting.
func spearman(x, y []float64) float64 {
	rank := func(v []float64, i int) float64 {
		r := 0.5
		for _, w := range v {
			if w < v[i] {
				r++
			} else if w == v[i] {
				r += 0.5
			}
		}
		return r
	}
	var xy, xx, yy float64
	for i := range x {
		a, b := rank(x, i)-float64(len(x)+1)/2, rank(y, i)-float64(len(x)+1)/2
		xy, xx, yy = xy+a*b, xx+a*a, yy+b*b
	}
	return xy / math.Sqrt(xx*yy)
}

// A sample of permutations says nearly what all of them do.
func TestSampledPermutations(t *testing.T) {
	x, y := hw1test.RandomVector(11, 8), hw1test.RandomVector(11, 9)
	for i := range y {
		y[i] += 0.5 * x[i]
	}
	sampled := must(stats.Permutation(x, y))(t)
	ratio := math.Abs(sampled.Rho) * math.Sqrt(9/(1-sampled.Rho*sampled.Rho))
	student := 2 * distuv.StudentsT{Sigma: 1, Nu: 9}.Survival(ratio) // a good approximation for Spearman's correlation
	if sampled.Exact || math.Abs(sampled.P-student) > 0.05*student || student > 0.5 {
		t.Fatalf("%+v, by Student's distribution p = %.4f", sampled, student)
	}
	again := must(stats.Permutation(x, y))(t)
	if again != sampled {
		t.Errorf("%v, and again %v", sampled, again)
	}
	perfect := must(stats.Permutation(x, x))(t)
	if perfect.P != 1.0/100_001 { // of 11! orders, two are as good: the sample has none, and the observed one is added
		t.Errorf("a perfect order: %v", perfect)
	}
}

func ExampleMannWhitney() {
	fmt.Println(stats.MannWhitney([]float64{1, 2, 3, 4, 5}, []float64{3.5, 6, 7, 8, 9}))
	// Output: p = 0.032 (Mann-Whitney, n = 5 and 5)
}

func ExampleMedianTest() {
	below, p := stats.MedianTest([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, 8.5, 9)
	fmt.Printf("%g of 9 are below, p = %.2g\n", below, p)
	// Output: 8 of 9 are below, p = 0.13
}

func ExamplePairedRatio() {
	fmt.Println(stats.PairedRatio([]float64{4, 8, 12, 16, 20}, []float64{2, 4, 6, 8, 10}))
	// Output: 2 (95 % interval 2 to 2, n = 5)
}

func ExampleRankCorrelation() {
	c, err := stats.RankCorrelation([]float64{1, 2, 3, 4, 5}, []float64{1, 4, 9, 16, 25})
	fmt.Println(c, err)
	// Output: 1.00 (95 % interval 1.00 to 1.00, n = 5) <nil>
}

func ExamplePermutation() {
	test, err := stats.Permutation([]float64{1, 2, 3, 4, 5}, []float64{1, 4, 9, 25, 16})
	fmt.Println(test, err)
	// Output: 0.90 (exact permutation p = 0.083, n = 5) <nil>
}
