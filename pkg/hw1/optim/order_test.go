package optim

import (
	"slices"
	"testing"
)

// The batches of an epoch are a permutation of the training set, its own for
// each epoch and seed, and the same wherever a run of epochs begins.
func TestStreams(t *testing.T) {
	o := Order{Seed: 1, Seeds: 1, Examples: 60, Batch: 20, Random: true}
	all := o.Streams(0, 3)
	if len(all.rows) != 180 || len(all.keys) != 18 {
		t.Fatalf("%d rows and %d keys", len(all.rows), len(all.keys))
	}
	var orders [][]int32
	for e := range 3 {
		order := all.rows[60*e : 60*e+60]
		sorted := slices.Sorted(slices.Values(order))
		for i, row := range sorted {
			if int(row) != i {
				t.Fatalf("epoch %d is no permutation: %v", e, sorted)
			}
		}
		alone := o.Streams(e, 1)
		if !slices.Equal(alone.rows, order) || !slices.Equal(alone.keys, all.keys[6*e:6*e+6]) {
			t.Errorf("epoch %d depends on where one begins", e)
		}
		orders = append(orders, order)
	}
	o.Seed = 2
	orders = append(orders, o.Streams(0, 1).rows)
	for i, a := range orders {
		for _, b := range orders[:i] {
			if slices.Equal(a, b) {
				t.Error("two epochs or seeds have one order")
			}
		}
	}
	keys := slices.Sorted(slices.Values(all.keys))
	if len(slices.Compact(keys)) != 18 {
		t.Error("a key of dropout comes twice")
	}
}
