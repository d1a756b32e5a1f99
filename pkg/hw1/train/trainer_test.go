package train

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

func TestDivergence(t *testing.T) {
	spec := runtest.Small()
	spec.Name, spec.Seeds, spec.LearningRate = "a model", 2, 0.25
	spec = runtest.MustResolve(t, spec)
	one, nan, inf := [][]float64{{1, 1}, {1, 1}}, [][]float64{{1, 1}, {1, math.NaN()}}, [][]float64{{1, 1}, {math.Inf(1), 1}}
	for _, c := range []struct {
		losses, norms [][]float64
		seed          string
	}{
		{nan, one, "seed 2"},
		{one, nan, "seed 2"},
		{inf, one, "seed 1"},
	} {
		tr := &trainer{job: newJob(spec), epoch: 2, replicas: []*replicaTraining{{Replica: experiment.Replica{Seed: 1}}, {Replica: experiment.Replica{Seed: 2}}}}
		hw1test.CheckMessage(t, hw1test.MessageOf(tr.record(c.losses, c.norms, nil)), "a model", "sinc", "epoch 2", c.seed, "learning rate 0.25", "lower")
	}
	fine := [3]experiment.Score{{Loss: 1, Accuracy: 0.5}, {Loss: 1, Accuracy: 0.5}}
	for _, bad := range [][3]experiment.Score{{{Loss: math.NaN(), Accuracy: 0.5}, fine[1]}, {fine[0], {Loss: math.Inf(1), Accuracy: 0.5}}} {
		tr := &trainer{job: newJob(spec), epoch: 2, replicas: []*replicaTraining{{Replica: experiment.Replica{Seed: 1}}, {Replica: experiment.Replica{Seed: 2}}}}
		hw1test.CheckMessage(t, hw1test.MessageOf(tr.setScores([][3]experiment.Score{fine, bad})), "a model", "sinc", "epoch 2", "seed 2", "learning rate 0.25", "lower")
		tr.replicas[1].done = true // its weights go on with those of the others, and count no more
		if err := tr.setScores([][3]experiment.Score{fine, bad}); err != nil {
			t.Error(err)
		}
	}
}

// A run of one seed names it once, and one whose graph is a user's gets advice about that.
func TestDivergenceOfOneSeed(t *testing.T) {
	spec := runtest.Small()
	spec.Name = "a model"
	spec = runtest.MustResolve(t, spec)
	spec.Arch.Own = &nn.Own{}
	message := (&trainer{job: newJob(spec)}).diverged(1, spec.Seed, "loss NaN").Error()
	hw1test.CheckMessage(t, message, "diverged in epoch 1: loss NaN", "look in the graph")
	spec.Optimizer, spec.Activation = lion(), nn.OwnActivation("bent", func(z *graph.Node) *graph.Node { return graph.Log1P(graph.Exp(z)) })
	spec.Schedule.Cosine = true
	message = (&trainer{job: newJob(spec)}).diverged(7, spec.Seed, "loss NaN").Error()
	hw1test.CheckMessage(t, message, "diverged in epoch 7: loss NaN", "lower the learning rate, or the factors on it", "a step of lion is what is taken off the weights", "the activation bent and its slope are finite for all inputs")
	if strings.Count(message, "seed") != 1 {
		t.Error(message)
	}
}
