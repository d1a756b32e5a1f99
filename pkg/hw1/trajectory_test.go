package hw1

import (
	"math"
	"testing"
)

// Points on an ellipse in a plane of a 5-dimensional space.
func TestPrincipalComponentsOfAnEllipse(t *testing.T) {
	var points [][]float64
	for i := range 360 {
		s, c := math.Sincos(2 * math.Pi * float64(i) / 360)
		points = append(points, []float64{7, 3 * c / math.Sqrt2, 3 * c / math.Sqrt2, s - 1, 0})
	}
	shares, projected, err := principalComponents(points)
	if err != nil {
		t.Fatal(err)
	}
	checkNear(t, "shares", shares[:2], []float64{0.9, 0.1}, 1e-12)
	for i, p := range projected {
		if d := p[0]*p[0]/9 + p[1]*p[1] - 1; math.Abs(d) > 1e-12 {
			t.Fatalf("point %d is not on the ellipse: %g", i, d)
		}
	}
}

func TestFollowPaths(t *testing.T) {
	run, err := TrainOne(Spec{Task: WaveSign, Arch: MLP(1, 6, 5, 1), Epochs: 12, Batch: 50, SnapshotEach: 3, Seeds: 2, LearningRate: 1e-2})
	if err != nil {
		t.Fatal(err)
	}
	for layer, what := range map[int]string{WholeModel: "whole model", 2: "layer 2"} {
		paths, err := FollowPaths(run, layer)
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
		if share := paths.TwoShare(); share <= 0.5 || share > 1 {
			t.Errorf("%s: two components hold %g", what, share)
		}
	}
	if _, err := FollowPaths(run, 4); err == nil {
		t.Error("a layer that there is not has paths")
	}
	bare, err := TrainOne(Spec{Task: WaveSign, Arch: MLP(1, 6, 5, 1), Epochs: 2})
	if err != nil {
		t.Fatal(err)
	}
	_, err = FollowPaths(bare, WholeModel)
	checkMessage(t, messageOf(err), "SnapshotEach")
}

func TestPrincipalComponentsRefusePointsTooFarOut(t *testing.T) {
	for _, far := range []float64{1e200, math.NaN(), math.Inf(1)} {
		_, _, err := principalComponents([][]float64{{0, 1}, {1, 0}, {far, 2}})
		checkMessage(t, messageOf(err), "too far out")
	}
}

// A long random walk in many dimensions has shares 6/(π²k²).
func TestRandomWalks(t *testing.T) {
	zeros := make([]float64, 150)
	path := Path{Epochs: make([]int, 150), X: zeros, Y: zeros, Losses: zeros, Own: zeros}
	run := handmade(&Run{Spec: Spec{Task: Sinc, Arch: MLP(1, 20, 30, 1)}})
	walks := Trajectories{Run: run, Shares: zeros, Paths: []Path{path, path}}
	control, err := RandomWalks(walks, 1)
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
