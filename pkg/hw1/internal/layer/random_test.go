package layer

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
)

// dropped returns dropout of a vector of ones.
func dropped(t *testing.T, n int, rate float64, key []uint32, layer int) []float64 {
	t.Helper()
	return devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{Dropout(graph.OnesLike(in[0]), in[1], rate, layer)}
	}, tensors.FromFlatDataAndDimensions(make([]float32, n), n/100, 100), tensors.FromFlatDataAndDimensions(key, 2))[0]
}

// Random numbers have the moments of the normal distribution, and its tails, and are others in the next draw.
func TestNormal(t *testing.T) {
	const n = 400_000
	draws := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{Normal(in[0], in[1], 0), Normal(in[0], in[1], 1)}
	}, tensors.FromFlatDataAndDimensions(make([]float32, n), n/100, 100), tensors.FromFlatDataAndDimensions([]uint32{123, 456}, 2))
	products := make([]float64, n)
	for i, v := range draws[0] {
		products[i] = v * draws[1][i]
	}
	for name, values := range map[string][]float64{"first draw": draws[0], "second draw": draws[1], "next to each other": products} {
		var moments [5]float64
		beyond := 0.0
		for _, v := range values {
			for k := range moments {
				moments[k] += math.Pow(v, float64(k)) / n
			}
			beyond += float64(num.Int(math.Abs(v) > 3)) / n
		}
		near := func(what string, got, want, variance float64) {
			if math.Abs(got-want) > 5*math.Sqrt(variance/n) {
				t.Errorf("%s: %s is %g, not %g", name, what, got, want)
			}
		}
		near("the mean", moments[1], 0, 1)
		if name == "next to each other" {
			continue
		}
		near("the second moment", moments[2], 1, 2)
		near("the third moment", moments[3], 0, 15)
		near("the fourth moment", moments[4], 3, 96)
		near("the share beyond 3", beyond, 0.0026998, 0.0027)
	}
}

func TestDropout(t *testing.T) {
	const n = 200_000
	for _, rate := range []float64{0.1, 0.25, 0.5, 0.9} {
		kept, sum := 0, 0.0
		for _, v := range dropped(t, n, rate, []uint32{123, 456}, 1) {
			if v != 0 && math.Abs(v-1/(1-rate)) > 1e-5 {
				t.Fatalf("rate %g: a value of %g", rate, v)
			}
			kept, sum = kept+num.Int(v != 0), sum+v
		}
		if share := float64(kept) / n; math.Abs(share-(1-rate)) > 5*math.Sqrt(rate*(1-rate)/n) {
			t.Errorf("rate %g keeps %g", rate, share)
		}
		if mean := sum / n; math.Abs(mean-1) > 5*math.Sqrt(rate/(1-rate)/n) {
			t.Errorf("rate %g has mean %g", rate, mean)
		}
	}
	// Masks of other keys and layers agree as often as independent ones: in half
	// of the places at rate 1/2.
	first := dropped(t, n, 0.5, []uint32{1, 2}, 1)
	for name, other := range map[string][]float64{
		"first word":      dropped(t, n, 0.5, []uint32{2, 2}, 1),
		"second word":     dropped(t, n, 0.5, []uint32{1, 3}, 1),
		"layer":           dropped(t, n, 0.5, []uint32{1, 2}, 2),
		"the next places": append(slices.Clone(first[1:]), 0),
		"the next row":    append(slices.Clone(first[100:]), first[:100]...),
	} {
		same := 0
		for i := range first {
			same += num.Int(first[i] == other[i])
		}
		if share := float64(same) / n; math.Abs(share-0.5) > 5*0.5/math.Sqrt(n) {
			t.Errorf("masks of another %s agree in %g of the places", name, share)
		}
	}
	if !slices.Equal(first, dropped(t, n, 0.5, []uint32{1, 2}, 1)) {
		t.Error("one key gives two masks")
	}
}

// hashed returns the random bits at a position of a stream, in plain Go: the hash "lowbias32" (Wellons 2018) of the
// position and the first word, and that of the result and the second.
func hashed(position int, key []uint32, stream uint32) uint32 {
	x := uint32(position) + key[0] + stream*0x9e3779b9
	for _, word := range []uint32{key[1], 0} {
		x ^= x >> 16
		x *= 0x7feb352d
		x ^= x >> 15
		x *= 0x846ca68b
		x ^= x >> 16
		x += word
	}
	return x
}

// A run's random numbers are what they were, so that it can be repeated: those of the hash, in the streams of the layers from 0 and of the draws from 500.
func TestRandomNumbersAreThoseOfTheHash(t *testing.T) {
	const n, rate = 300, 0.3
	key := []uint32{0xdeadbeef, 77}
	got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{Normal(in[0], in[1], 0), Normal(in[0], in[1], 3), Dropout(graph.OnesLike(in[0]), in[1], rate, 0), Dropout(graph.OnesLike(in[0]), in[1], rate, 4)}
	}, tensors.FromFlatDataAndDimensions(make([]float64, n), 3, n/3), tensors.FromFlatDataAndDimensions(key, 2))
	want := make([][]float64, 4)
	for i := range n {
		for k, stream := range []uint32{500, 506} {
			u, v := (float64(hashed(i, key, stream))+0.5)/(1<<32), (float64(hashed(i, key, stream+1))+0.5)/(1<<32)
			want[k] = append(want[k], math.Sqrt(-2*math.Log(u))*math.Cos(2*math.Pi*v))
		}
		for k, stream := range []uint32{0, 4} {
			want[2+k] = append(want[2+k], float64(num.Int(float64(hashed(i, key, stream)) >= rate*(1<<32)))/(1-rate))
		}
	}
	for i, what := range []string{"first draw", "fourth draw", "dropout of the first layer", "dropout of the fifth layer"} {
		hw1test.CheckNear(t, what, got[i], want[i], 1e-12)
	}
}
