package gradnorm

import (
	"math"
	"testing"

	"hw1/pkg/hw1/internal/hw1test"
)

// Norms that nobody measured, or not all of them, get a message that says which are missing.
func TestNormsThatAreIncomplete(t *testing.T) {
	of := func(dropped, kept []float64, whole float64) []BatchNorms {
		return []BatchNorms{{Dropped: []float64{1}, Kept: []float64{1}, Whole: 1}, {dropped, kept, whole}}
	}
	run, complete := handmade().Run, of([]float64{1, 2}, []float64{3, 4}, 5)
	if err := (Batches{run, complete, complete}).Valid(); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		says       string
		start, end []BatchNorms
	}{
		{"1 part for 2 replicas", complete, complete[:1]},
		{"1 part for 2 replicas", complete[:1], complete},
		{"norms of batches with dropout", complete, of(nil, nil, 5)},
		{"norms of batches with dropout", of([]float64{math.NaN()}, []float64{1}, 5), complete},
		{"norms of batches", complete, of([]float64{1, 2}, []float64{3}, 5)},
		{"norm of the whole set", complete, of([]float64{1}, []float64{3}, math.Inf(1))},
	} {
		b := Batches{run, c.start, c.end}
		hw1test.CheckMessage(t, hw1test.MessageOf(b.Valid()), c.says)
		if first, last := b.Iterations(); first != nil || last != nil {
			t.Errorf("%s: there are iterations", c.says)
		}
	}
	if losses, norms := (Norms{Run: run}).Medians(); losses != nil || norms != nil {
		t.Error("norms of no epochs have medians")
	}
	for says, spoil := range map[string]func(f *Trend){
		"have no epochs":          func(f *Trend) { f.Epochs = nil },
		"losses of the whole set": func(f *Trend) { f.Losses = [][]float64{{1}, {2}} },
		"norms of the whole set":  func(f *Trend) { f.Norms.Norms = f.Norms.Norms[:1] },
		"norms of 1 seed and":     func(f *Trend) { f.Norms.Norms, f.Losses = f.Norms.Norms[:1], f.Losses[:1] },
	} {
		f := handmade()
		spoil(&f)
		hw1test.CheckMessage(t, hw1test.MessageOf(f.Valid()), says)
		if got := f.Eigenvalues(0, 40); got != nil {
			t.Errorf("%s: there are eigenvalues %g", says, got)
		}
	}
}
