package surface

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/train"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

func trainedForSurface(t *testing.T) *experiment.Run {
	t.Helper()
	run, err := train.One(experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 6, 5, 1), Activation: nn.ReLU, Epochs: 60, SnapshotEach: 6, LearningRate: 1e-2})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// Scaling the weights into a layer of a ReLU network, and its biases, by c and the
// weights behind it by 1/c leaves the function as it is, and so the surface.
func TestRandomSurfaceDoesNotDependOnTheScaleOfLayers(t *testing.T) {
	run := trainedForSurface(t)
	scaled := *run
	scaled.Keys = []string{"scaled"}
	scaled.Replicas = slices.Clone(run.Replicas)
	scaled.Replicas[0].Theta = slices.Clone(run.Replicas[0].Theta)
	params := run.Spec.Arch.Params()
	for i, factor := range []float64{8, 8, 0.125} { // layer 1's weights and biases, layer 2's weights
		for k := range params[i].Size {
			scaled.Replicas[0].Theta[params[i].Offset+k] *= factor
		}
	}
	grid := Grid{Points: 5}
	want, err := Random(run, grid)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Random(&scaled, grid)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.Losses {
		hw1test.CheckNear(t, "surface", got.Losses[i], want.Losses[i], 1e-10)
	}
	if slices.Equal(want.Losses[0], want.Losses[4]) {
		t.Error("the surface is the same everywhere")
	}
}

func TestSurfaceIsTheObjectiveAtTheFinalWeights(t *testing.T) {
	run := trainedForSurface(t)
	objective, err := eval.NewObjective(run)
	if err != nil {
		t.Fatal(err)
	}
	values, err := objective.Values(run.Replicas[0].Theta)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Random(run, Grid{Points: 3, Reach: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "loss at (0, 0)", []float64{s.Losses[1][1]}, values, 1e-14)
	path, err := OfPath(run, Grid{Points: 3})
	if err != nil {
		t.Fatal(err)
	}
	last := len(path.PathX) - 1
	hw1test.CheckNear(t, "end of the path", []float64{path.PathX[last], path.PathY[last]}, []float64{0, 0}, 1e-12)
	var snapshots [][]float64
	for _, snapshot := range run.Replicas[0].Snapshots {
		snapshots = append(snapshots, snapshot.Theta)
	}
	own, err := objective.Values(snapshots...)
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "losses at the snapshots", path.PathLosses, own, 1e-12)
	hw1test.CheckNear(t, "the plane at the end", path.PlaneLosses[last:], values, 1e-12)
	if path.PlaneLosses[0] == path.PathLosses[0] {
		t.Error("the path does not leave the plane")
	}
	if path.PathX[0] == 0 {
		t.Error("the path does not move")
	}
}

// Some of a function's examples are spread over it: their loss is near that of all.
func TestSurfaceOnSomeExamplesOfAFunction(t *testing.T) {
	run := trainedForSurface(t)
	all, err1 := Random(run, Grid{Points: 3, Reach: 0.5})
	some, err2 := Random(run, Grid{Points: 3, Reach: 0.5, Examples: 100})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	hw1test.CheckNear(t, "loss on 100 of 500 points", some.Losses[1], all.Losses[1], 0.02)
}

// Whether a point is lower than the final weights is asked on the whole training set. On a grid of nine
// points all but the final weights are candidates, so the lowest is that of the whole set's surface.
func TestLowestPointIsThatOfTheWholeTrainingSet(t *testing.T) {
	run := trainedForSurface(t)
	all, err1 := Random(run, Grid{Points: 3, Reach: 0.5})
	some, err2 := Random(run, Grid{Points: 3, Reach: 0.5, Examples: 7})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	around := slices.Concat(all.Losses...)
	around = slices.Delete(around, 4, 5) // the final weights in the middle
	for name, s := range map[string]Surface{"all": all, "seven": some} {
		hw1test.CheckNear(t, name, []float64{s.Center, s.Lowest}, []float64{all.Losses[1][1], slices.Min(around)}, 1e-12)
	}
	if slices.Min(slices.Concat(some.Losses...)) == some.Lowest {
		t.Error("seven points have the losses of all")
	}
}

func TestSeedOfARandomPlane(t *testing.T) {
	run := trainedForSurface(t)
	at := func(of func(*experiment.Run, Grid) (Surface, error), g Grid) Surface {
		s, err := of(run, g)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first, other := at(Random, Grid{Points: 5}), at(Random, Grid{Points: 5, Seed: 1})
	if first.Center != other.Center || first.Losses[0][0] == other.Losses[0][0] {
		t.Errorf("the losses in the middle are %g and %g, and at a corner %g and %g", first.Center, other.Center, first.Losses[0][0], other.Losses[0][0])
	}
	before := len(hw1test.Entries(t, env.RunsDir()))
	at(OfPath, Grid{Points: 9})
	at(OfPath, Grid{Points: 9, Seed: 1, Reach: 0.1}) // which are of the random plane alone
	if after := len(hw1test.Entries(t, env.RunsDir())); after != before+1 {
		t.Errorf("the path's plane was computed %d times", after-before)
	}
}

func TestFilterNormalizedDirectionOfConvolutions(t *testing.T) {
	arch := nn.CNN([]int{2, 3}, 4, 10)
	theta := arch.InitTheta(1)
	d := filterNormalized(arch.Params(), theta, arch.TrainedAt(), rand.New(rand.NewPCG(1, 2)))
	p := arch.Params()[2] // of the second convolution, [4, 4, 2, 3]
	for out := range 3 {
		var filter, direction []float64
		for k := out; k < p.Size; k += 3 {
			filter, direction = append(filter, theta[p.Offset+k]), append(direction, d[p.Offset+k])
		}
		hw1test.CheckNear(t, "length of a filter", []float64{floats.Norm(direction, 2)}, []float64{floats.Norm(filter, 2)}, 1e-12)
	}
	bias := arch.Params()[3]
	hw1test.CheckNear(t, "bias", d[bias.Offset:bias.Offset+bias.Size], make([]float64, bias.Size), 0)
}

func TestSurfaceRefusesBadGrids(t *testing.T) {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 2, 1)}})
	_, err := Random(run, Grid{Points: 2})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "2 points")
	run.Replicas[0].Theta[0] = 1
	_, err = Random(run, Grid{Examples: 501})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "501 training examples", "has 500")
	_, err = OfPath(run, Grid{})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "SnapshotEach")
}

// A network whose weights are all vectors has no units, whose weights a random direction could move.
func TestRandomSurfaceIsNotFlatForWantOfUnits(t *testing.T) {
	line := nn.Graph("line", 1, []int{1}, 1, []nn.Param{{Name: "slope", Shape: []int{1}, FanIn: 1}}, func(w []*graph.Node, x *graph.Node) *graph.Node {
		return graph.Mul(x, graph.InsertAxes(w[0], 0))
	})
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.Sinc, Arch: line}})
	run.Replicas[0].Theta = []float64{1}
	_, err := Random(run, Grid{Points: 3})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "would be flat", "OfPath")
}
