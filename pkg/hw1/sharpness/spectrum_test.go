package sharpness

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
)

// Each node becomes a normal distribution of its weight, a hundredth of the range wide.
func TestDensityOfNodes(t *testing.T) {
	d := Density{Nodes: []float64{-1, 0, 9}, Weights: []float64{0.5, 0.3, 0.2}}
	const width = 0.1
	at, density := d.smoothed(4001)
	if math.Abs(at[0]+1.3) > 1e-12 || math.Abs(at[4000]-9.3) > 1e-12 {
		t.Errorf("the density is drawn from %g to %g", at[0], at[4000])
	}
	if area := floats.Sum(density) * (at[1] - at[0]); math.Abs(area-1) > 3e-3 { // a thousandth of each end is beyond
		t.Errorf("the density has an area of %g", area)
	}
	for k, node := range d.Nodes {
		i := floats.NearestIdx(at, node)
		if want := d.Weights[k] / (width * math.Sqrt(2*math.Pi)); math.Abs(density[i]/want-1) > 1e-3 {
			t.Errorf("at node %g the density is %g, want %g", node, density[i], want)
		}
		z := (at[i+40] - node) / width
		if want := d.Weights[k] / (width * math.Sqrt(2*math.Pi)) * math.Exp(-z*z/2); math.Abs(density[i+40]/want-1) > 1e-3 {
			t.Errorf("beside node %g the density is %g, want %g", node, density[i+40], want)
		}
	}
}

func TestSpectraThatCannotBe(t *testing.T) {
	runs := runtest.DrawnBatches()[:1]
	for _, q := range []Quadrature{{Steps: 1}, {Steps: 1001}, {Steps: -1}, {Vectors: 1001}, {Vectors: -1}} {
		_, err := Spectra(q, runs...)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "2 to 1000 steps and 1 to 1000 vectors")
	}
	whole := Spectrum{Run: runs[0]}
	for range runs[0].Replicas {
		whole.Replicas = append(whole.Replicas, Density{[]float64{-1, 2}, []float64{0.5, 0.5}})
	}
	if bottom, top := whole.Ends(); whole.Valid() != nil || len(bottom) != len(runs[0].Replicas) || bottom[0] != -1 || top[0] != 2 {
		t.Errorf("%v; the ends are %v and %v", whole.Valid(), bottom, top)
	}
	for name, wrong := range map[string]Density{
		"one node":           {[]float64{1}, []float64{1}},
		"nodes that fall":    {[]float64{2, -1}, []float64{0.5, 0.5}},
		"a node that is NaN": {[]float64{math.NaN(), 1}, []float64{0.5, 0.5}},
		"a weight is absent": {[]float64{-1, 2}, []float64{1}},
	} {
		broken := whole
		broken.Replicas = append([]Density{wrong}, whole.Replicas[1:]...)
		if bottom, top := broken.Ends(); broken.Valid() == nil || bottom != nil || top != nil {
			t.Errorf("%s: the spectrum is taken, from %v to %v", name, bottom, top)
		}
	}
	if whole.Replicas = whole.Replicas[:0]; whole.Valid() == nil {
		t.Error("a spectrum of no replica is taken")
	}
}
