package optim

import (
	"maps"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
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

// Examples that do not fill a last batch are left out, others in each epoch; each replica has the order that it has alone, and the operands of some
// steps are theirs, [steps, R, batch] and [steps, 2].
func TestStreamsOfReplicas(t *testing.T) {
	both := Order{Seed: 7, Seeds: 2, Examples: 11, Batch: 3, Random: true}
	if got := both.StepsPerEpoch(); got != 3 {
		t.Fatalf("11 examples make %d batches of 3", got)
	}
	all := both.Streams(4, 2).Tensors(1, 5) // the last two steps of an epoch and the first two of the next
	rows, keys := all[0].(*tensors.Tensor).Value().([][][]int32), all[1].(*tensors.Tensor).Value().([][]uint32)
	taken := [2]map[int32]bool{{}, {}}
	for r := range 2 {
		alone := Order{Seed: 7 + r, Seeds: 1, Examples: 11, Batch: 3, Random: true}.Streams(4, 2)
		for step, row := range rows {
			if want := alone.rows[3*(step+1):][:3]; !slices.Equal(row[r], want) {
				t.Errorf("step %d of replica %d takes %v, and alone %v", step+1, r, row[r], want)
			}
			if want := both.Streams(4, 2).keys[2*(step+1):][:2]; !slices.Equal(keys[step], want) {
				t.Errorf("step %d has the key %v, not %v", step+1, keys[step], want)
			}
		}
		for i, row := range alone.rows {
			taken[i/9][row] = true
		}
		if len(taken[0]) != 9 || len(taken[1]) != 9 || maps.Equal(taken[0], taken[1]) {
			t.Errorf("the epochs take %v", taken)
		}
		clear(taken[0])
		clear(taken[1])
	}
	if whole := (Order{Examples: 11, Seeds: 2}); whole.StepsPerEpoch() != 1 || len(whole.Streams(0, 3).Tensors(0, 3)) != 0 {
		t.Error("the whole set takes more than one step, or has an order")
	}
}
