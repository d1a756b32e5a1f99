package paths

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
	"hw1/pkg/hw1/train"
)

// Points on an ellipse in a plane of a 5-dimensional space.
func TestPrincipalComponentsOfAnEllipse(t *testing.T) {
	var points [][]float64
	for i := range 360 {
		s, c := math.Sincos(2 * math.Pi * float64(i) / 360)
		points = append(points, []float64{7, 3 * c / math.Sqrt2, 3 * c / math.Sqrt2, s - 1, 0})
	}
	shares, projected, err := num.PrincipalComponents(points)
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "shares", shares[:2], []float64{0.9, 0.1}, 1e-12)
	for i, p := range projected {
		if d := p[0]*p[0]/9 + p[1]*p[1] - 1; math.Abs(d) > 1e-12 {
			t.Fatalf("point %d is not on the ellipse: %g", i, d)
		}
	}
}

func TestFollowPaths(t *testing.T) {
	run, err := train.One(experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 6, 5, 1), Epochs: 12, Batch: 50, SnapshotEach: 3, Seeds: 2, LearningRate: 1e-2})
	if err != nil {
		t.Fatal(err)
	}
	for layer, what := range map[int]string{WholeModel: "whole model", 2: "layer 2"} {
		paths, err := Follow(layer, run)
		if err != nil {
			t.Fatal(err)
		}
		if paths.What != what || len(paths.Paths) != 2 || len(paths.Paths[0].X) != 5 {
			t.Fatalf("%s: %d paths of %d points", paths.What, len(paths.Paths), len(paths.Paths[0].X))
		}
		first, last := paths.Paths[0].Losses[0], paths.Paths[0].Losses[4]
		if !(last < first) {
			t.Errorf("%s: loss %g at the start and %g at the end", what, first, last)
		}
		if share := floats.Sum(paths.Shares[:2]); share <= 0.5 || share > 1 {
			t.Errorf("%s: two components hold %g", what, share)
		}
	}
	if _, err := Follow(4, run); err == nil {
		t.Error("a layer that there is not has paths")
	}
	bare, err := train.One(experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 6, 5, 1), Epochs: 2})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Follow(WholeModel, bare)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "SnapshotEach")
}

func TestPrincipalComponentsRefusePointsTooFarOut(t *testing.T) {
	for _, far := range []float64{1e200, math.NaN(), math.Inf(1)} {
		_, _, err := num.PrincipalComponents([][]float64{{0, 1}, {1, 0}, {far, 2}})
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "too far out")
	}
}

// Replicas that converge at different epochs have paths of different lengths.
func TestPathsOfDifferentLengths(t *testing.T) {
	run := traintest.MustTrain(t, experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 6, 5, 1), Epochs: 4, SnapshotEach: 1, Seeds: 2})
	first := &run.Replicas[0]
	first.Snapshots = first.Snapshots[:3]
	paths, err := followPaths([]*experiment.Run{run}, pointsOf(run, slices.Clone))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{3, 5} {
		if x, y := paths.Paths[i].X, paths.Paths[i].Y; len(x) != want || len(y) != want {
			t.Errorf("path %d of %d snapshots has %d and %d coordinates", i, want, len(x), len(y))
		}
	}
}

// Starts at 0 and 10 have a variance of 25, and all four points one of 29.1875.
func TestStartShare(t *testing.T) {
	share, still := startShare([][][]float64{{{0}, {2}}, {{10}, {13}}}), startShare([][][]float64{{{3}, {3}}, {{3}, {3}}})
	hw1test.CheckNear(t, "share", []float64{share, still}, []float64{25 / 29.1875, 0}, 1e-12)
}

// handmadePaths returns two paths of 150 points in 701 dimensions: they start so far
// apart, and each ends so far from its start.
func handmadePaths(apart, far float64) Trajectories {
	zeros := make([]float64, 150)
	path := Path{Epochs: make([]int, 150), X: zeros, Y: zeros, Losses: zeros, Own: zeros}
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 20, 30, 1)}, Replicas: make([]experiment.Replica, 2), Keys: []string{fmt.Sprint("apart ", apart), fmt.Sprint("far ", far)}})
	for i := range run.Replicas {
		for s := range 150 {
			theta := make([]float64, run.Spec.Arch.ParamCount())
			theta[0], theta[1] = apart*float64(i), far*float64(s)/149
			run.Replicas[i].Snapshots = append(run.Replicas[i].Snapshots, experiment.Snapshot{Epoch: s, Theta: theta})
		}
	}
	return Trajectories{Runs: []*experiment.Run{run}, Shares: zeros, Paths: []Path{path, path}}
}

// A long random walk in many dimensions has shares 6/(π²k²).
func TestRandomWalks(t *testing.T) {
	control, err := RandomWalks(handmadePaths(0, 1), 1)
	if err != nil {
		t.Fatal(err)
	}
	for k := 1; k <= 3; k++ {
		want := 6 / (math.Pi * math.Pi * float64(k*k))
		if math.Abs(control.Own[k-1]-want) > 0.1*want {
			t.Errorf("component %d holds %.3f, in theory %.3f", k, control.Own[k-1], want)
		}
	}
}

// Two long walks from starts so far apart have a variance of apart²/4 + far²/3, of which
// apart²/4 is that of the starts.
func TestRandomWalksStartWhereThePathsDo(t *testing.T) {
	for _, c := range []struct{ apart, far float64 }{{0, 1}, {1, 1}, {10, 1}, {1, 10}} {
		control, err := RandomWalks(handmadePaths(c.apart, c.far), 1)
		if err != nil {
			t.Fatal(err)
		}
		starts, steps := c.apart*c.apart/4, c.far*c.far/3
		hw1test.CheckNear(t, fmt.Sprintf("share of the starts %+v", c), []float64{control.Starts}, []float64{starts / (starts + steps)}, 0.02)
	}
}

func TestRandomWalkGoesAsFar(t *testing.T) {
	start, end := []float64{1, 2, 3}, []float64{1, 5, 7}
	walk := randomWalk(rand.New(rand.NewPCG(1, 2)), 20, start, end)
	hw1test.CheckNear(t, "start", walk[0], start, 0)
	hw1test.CheckNear(t, "distance", []float64{floats.Distance(walk[19], start, 2)}, []float64{5}, 1e-12)
}

// The path of a network with convolutions, which take one network at a time.
func TestPathOfConvolutions(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	run := traintest.MustTrain(t, experiment.Spec{Task: data.MNIST, Arch: nn.CNN([]int{2}, 10), Epochs: 3, Batch: 100, SnapshotEach: 1, TrainSize: 200, TestSize: 100})
	paths, err := Follow(WholeModel, run)
	if err != nil {
		t.Fatal(err)
	}
	losses := paths.Paths[0].Losses
	hw1test.CheckNear(t, "loss at the end", losses[len(losses)-1:], []float64{run.Replicas[0].Train.Loss}, 1e-5)
}

// The running statistics of batch normalization are no directions of a path: its shares are those of the trained
// parameters, and distances between networks are theirs.
func TestRunningStatisticsAreNoDirections(t *testing.T) {
	run := traintest.MustTrain(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 4, 1).Normalized(), Epochs: 30, SnapshotEach: 3, LearningRate: 0.02, Seeds: 2})
	paths, err := Follow(WholeModel, run)
	if err != nil {
		t.Fatal(err)
	}
	var points [][]float64
	for _, r := range run.Replicas {
		for _, s := range r.Snapshots {
			var point []float64
			for _, p := range run.Spec.Arch.Params() {
				if !p.Fixed {
					point = append(point, s.Theta[p.Offset:p.Offset+p.Size]...)
				}
			}
			points = append(points, point)
		}
	}
	want, _, err := num.PrincipalComponents(points)
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "shares", paths.Shares, want, 1e-9)
}

// Runs from the same initial weights start in the same points of one plane, each with the losses that it has alone.
func TestPathsOfSeveralRuns(t *testing.T) {
	hw1test.Slow(t)
	adam := experiment.Spec{Name: "Adam", Task: data.WaveSign, Arch: nn.MLP(1, 6, 5, 1), Epochs: 6, Batch: 50, SnapshotEach: 2, Seeds: 2, LearningRate: 1e-2}
	sgd := adam
	sgd.Name, sgd.Optimizer = "SGD", optim.SGD
	runs := []*experiment.Run{traintest.MustTrain(t, adam), traintest.MustTrain(t, sgd)}
	both, err := Follow(WholeModel, runs...)
	if err != nil {
		t.Fatal(err)
	}
	var points [][]float64
	for i, run := range runs {
		alone, err := Follow(WholeModel, run)
		if err != nil {
			t.Fatal(err)
		}
		for r, replica := range run.Replicas {
			path := both.Paths[2*i+r]
			hw1test.CheckNear(t, "start", []float64{path.X[0], path.Y[0]}, []float64{both.Paths[r].X[0], both.Paths[r].Y[0]}, 1e-12)
			hw1test.CheckNear(t, "losses", path.Losses, alone.Paths[r].Losses, 0)
			for _, s := range replica.Snapshots {
				points = append(points, s.Theta)
			}
		}
	}
	want, _, err := num.PrincipalComponents(points)
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "shares", both.Shares, want, 1e-12)
	f, err := Plot("caption", both)
	figuretest.CheckFigure(t, f, err, 4*4)
	if !strings.Contains(f.CSV, "Adam,cross-entropy,1,") || !strings.Contains(f.CSV, "SGD,cross-entropy,1,") {
		t.Errorf("the data do not name the runs: %.300s", f.CSV)
	}
	if _, err := RandomWalks(both, 1); err != nil {
		t.Error(err)
	}
	_, err = Follow(WholeModel, runs[0], traintest.MustTrain(t, experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 5, 6, 1), Epochs: 2, SnapshotEach: 1}))
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "paths.Follow", "1-6-5-1 of Adam", "1-5-6-1", "not have the same architecture")
	both.Runs = runs[:1]
	if _, err := Plot("caption", both); err == nil {
		t.Error("paths of runs that are not all there make a figure")
	}
}
