package num

import (
	"math"
	"reflect"
	"testing"

	"hw1/pkg/hw1/internal/hw1test"
)

// Wilson's interval ends at the two shares whose normal test just does not reject what was observed.
func TestWilsonSolvesItsEquation(t *testing.T) {
	for _, c := range []struct {
		share float64
		n     int
	}{{0.5, 10}, {0.1, 20}, {0.99, 10_000}, {0, 30}, {1, 30}} {
		low, high := Wilson(c.share, c.n)
		for _, end := range []float64{low, high} {
			hw1test.CheckNear(t, "distance", []float64{math.Abs(c.share - end)}, []float64{1.959964 * math.Sqrt(max(0, end*(1-end))/float64(c.n))}, 1e-12)
		}
		if low > c.share || high < c.share || high-low < 1e-3 {
			t.Errorf("of %g in %d trials: %g to %g", c.share, c.n, low, high)
		}
	}
}

func TestMedian(t *testing.T) {
	values := []float64{5, 1, 4, 2}
	for n, want := range []float64{math.NaN(), 5, 3, 4, 3} {
		if got := Median(values[:n]); got != want && !math.IsNaN(got+want) || math.IsNaN(got) != math.IsNaN(want) {
			t.Errorf("the median of %v is %g, want %g", values[:n], got, want)
		}
	}
	if got := Median([]float64{1, math.NaN(), 2}); !math.IsNaN(got) {
		t.Errorf("with NaN it is %g", got)
	}
	if values[0] != 5 {
		t.Errorf("the values are now %v", values)
	}
}

func TestSpreadAndOrder(t *testing.T) {
	median, low, high := Spread([][]float64{{1, 9}, {3, 7}, {2, 8}})
	order := Order([]float64{3, 1, 2, 1})
	placed := Put([]float64{5, 6}, []int{3, 1}, 4)
	for name, pair := range map[string][2]any{
		"medians":  {median, []float64{2, 8}},
		"lowest":   {low, []float64{1, 7}},
		"highest":  {high, []float64{3, 9}},
		"order":    {order, []int{1, 3, 2, 0}},
		"put":      {placed, []float64{0, 6, 0, 5}},
		"at":       {At(placed, []int{3, 1}), []float64{5, 6}},
		"turned":   {Transposed([][]float64{{1, 2, 3}, {4, 5, 6}}), [][]float64{{1, 4}, {2, 5}, {3, 6}}},
		"products": {[]int{Product(nil), Product([]int{2, 3, 7})}, []int{1, 42}},
		"numbers":  {[]int{Int(false), Int(true)}, []int{0, 1}},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: %v, want %v", name, pair[0], pair[1])
		}
	}
}

// The numbers of the streams decide what every seed draws: stored runs were drawn with these.
func TestStreamsStayAsTheyAre(t *testing.T) {
	got := []uint64{
		StreamInit, StreamShuffle, StreamDropout, StreamNoise, StreamStart, StreamNeighbours, StreamWalk, StreamPlane, StreamBootstrap,
		StreamFeatures, StreamBend, streamLanczos, StreamPoints, StreamTargets, StreamSplit, StreamSpread,
	}
	for i, stream := range got {
		if stream != uint64(i+1) {
			t.Errorf("stream %d is number %d", i+1, stream)
		}
	}
}

func TestColumn(t *testing.T) {
	values := []float64{1, 2, 3, 4, 5, 6}
	hw1test.CheckNear(t, "second of three", Column(values, 1, 3), []float64{2, 5}, 0)
	hw1test.CheckNear(t, "first of two", Column(values, 0, 2), []float64{1, 3, 5}, 0)
	hw1test.CheckNear(t, "the only one", Column(values, 0, 1), values, 0)
}

// Only keeps values at some places; with all places it need not copy them.
func TestOnly(t *testing.T) {
	values := []float64{1, 2, 3}
	hw1test.CheckNear(t, "some", Only(values, []int{0, 2}), []float64{1, 0, 3}, 0)
	hw1test.CheckNear(t, "none", Only(values, nil), []float64{0, 0, 0}, 0)
	hw1test.CheckNear(t, "all", Only(values, []int{0, 1, 2}), values, 0)
	hw1test.CheckNear(t, "the values themselves", values, []float64{1, 2, 3}, 0)
}
