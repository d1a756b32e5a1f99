package hw1

import (
	"math"
	"testing"
)

func TestDivergence(t *testing.T) {
	spec := small()
	spec.Name, spec.Seeds, spec.LearningRate = "a model", 2, 0.25
	spec = mustResolve(t, spec)
	one, nan, inf := [][]float64{{1, 1}, {1, 1}}, [][]float64{{1, 1}, {1, math.NaN()}}, [][]float64{{1, 1}, {math.Inf(1), 1}}
	for _, c := range []struct {
		losses, norms [][]float64
		seed          string
	}{
		{nan, one, "seed 2"},
		{one, nan, "seed 2"},
		{inf, one, "seed 1"},
	} {
		tr := &trainer{spec: spec, epoch: 2, replicas: []*replicaTraining{{Replica: Replica{Seed: 1}}, {Replica: Replica{Seed: 2}}}}
		checkMessage(t, messageOf(tr.record(c.losses, c.norms)), "a model", "sinc", "epoch 2", c.seed, "learning rate 0.25", "lower")
	}
}
