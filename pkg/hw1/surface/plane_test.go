package surface

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/nn"
)

// checkPlane checks that each row of the losses is one of y, and each column one of x: the objective at the final weights + x·u + y·v.
func checkPlane(t *testing.T, s Surface, u, v []float64) {
	t.Helper()
	objective, err := eval.NewObjective(s.Run)
	if err != nil {
		t.Fatal(err)
	}
	for j, y := range s.Y {
		thetas := num.Map(s.X, func(x float64) []float64 {
			theta := slices.Clone(s.Run.Replicas[0].Theta)
			floats.AddScaled(theta, x, u)
			floats.AddScaled(theta, y, v)
			return theta
		})
		want, err := objective.Values(thetas...)
		if err != nil {
			t.Fatal(err)
		}
		hw1test.CheckNear(t, s.Plane, s.Losses[j], want, 1e-9)
	}
}

func TestRandomPlane(t *testing.T) {
	run := trainedForSurface(t)
	s, err := Random(run, Grid{Points: 3, Reach: 0.7, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "coordinates", slices.Concat(s.X, s.Y), []float64{-0.7, 0, 0.7, -0.7, 0, 0.7}, 1e-15)
	rng := rand.New(rand.NewPCG(uint64(run.Replicas[0].Seed), num.StreamPlane+2<<32))
	params, theta := run.Spec.Arch.Params(), run.Replicas[0].Theta
	trained := run.Spec.Arch.TrainedAt()
	u := filterNormalized(params, theta, trained, rng)
	checkPlane(t, s, u, filterNormalized(params, theta, trained, rng))
}

// Weights that a mask leaves as they are, are no directions, whether their unit has others or not; the others have the norm that they have in the network.
func TestRandomPlaneOfSomeWeights(t *testing.T) {
	params, theta := nn.MLP(1, 2, 2, 1).Params(), []float64{3, -2, 0, 0, 4, 5, 6, 7, 0, 0, 8, 9, 0}
	d := filterNormalized(params, theta, []int{0, 4, 6, 12}, rand.New(rand.NewPCG(1, 2)))
	for _, i := range []int{0, 4, 6} {
		hw1test.CheckNear(t, "a single trained weight of its unit", []float64{math.Abs(d[i])}, []float64{theta[i]}, 1e-12)
		d[i] = 0
	}
	hw1test.CheckNear(t, "all others, and the biases", d, make([]float64, len(d)), 0)
	mask := slices.Repeat([]float64{1}, 13)
	mask[1] = 0
	whole := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 2, 2, 1), Epochs: 5}
	pruned := whole
	pruned.Mask = experiment.WeightsOf(mask)
	for words, spec := range map[string]experiment.Spec{"two random filter-normalized directions": whole, "two random filter-normalized directions of the trained weights": pruned} {
		s, err := Random(traintest.MustTrain(t, spec), Grid{Points: 3})
		if err != nil || s.Plane != words {
			t.Errorf("the plane is %q (%v)", s.Plane, err)
		}
	}
}

// Weights that stay where they were have no path, and no plane.
func TestNoPlaneOfAPathThatDoesNotMove(t *testing.T) {
	run := trainedForSurface(t)
	for i := range run.Replicas[0].Snapshots {
		run.Replicas[0].Snapshots[i].Theta = run.Replicas[0].Theta
	}
	_, err := OfPath(run, Grid{Points: 4})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "surface.OfPath", "are the same in all snapshots")
}

// The plane of a path goes through the final weights, along the first two right singular vectors of its snapshots about their mean, and the grid
// reaches a fifth beyond the path.
func TestPlaneOfAPath(t *testing.T) {
	run := trainedForSurface(t)
	s, err := OfPath(run, Grid{Points: 4})
	if err != nil {
		t.Fatal(err)
	}
	snapshots := run.Replicas[0].Snapshots
	path := mat.NewDense(len(snapshots), len(run.Replicas[0].Theta), slices.Concat(num.Map(snapshots, func(p experiment.Snapshot) []float64 {
		return floats.SubTo(make([]float64, len(p.Theta)), p.Theta, run.Replicas[0].Theta)
	})...))
	centred, mean := mat.DenseCopyOf(path), num.Mean(num.Make(len(snapshots), path.RawRowView))
	for i := range snapshots {
		floats.Sub(centred.RawRowView(i), mean)
	}
	var svd mat.SVD
	if !svd.Factorize(centred, mat.SVDThin) {
		t.Fatal("no singular values")
	}
	var right, along mat.Dense
	svd.VTo(&right)
	along.Mul(path, &right)
	directions := make([][]float64, 2)
	for i, got := range [][]float64{s.PathX, s.PathY} {
		want, sign := mat.Col(nil, i, &along), 1.0
		if want[0]*got[0] < 0 { // either sign is right
			sign = -1
		}
		floats.Scale(sign, want)
		hw1test.CheckNear(t, "path", got, want, 1e-9)
		directions[i] = mat.Col(nil, i, &right)
		floats.Scale(sign, directions[i])
		axis, low, high := [][]float64{s.X, s.Y}[i], floats.Min(want), floats.Max(want)
		if n := len(axis); n != 4 || math.Abs(axis[0]-(low-0.2*(high-low))) > 1e-9 || math.Abs(axis[3]-(high+0.2*(high-low))) > 1e-9 {
			t.Errorf("axis %d reaches from %g to %g, and the path from %g to %g", i+1, axis[0], axis[n-1], low, high)
		}
	}
	squares := num.Map(svd.Values(nil), func(v float64) float64 { return v * v })
	hw1test.CheckNear(t, "shares", s.Shares, []float64{squares[0] / floats.Sum(squares), squares[1] / floats.Sum(squares)}, 1e-9)
	checkPlane(t, s, directions[0], directions[1])
}

// Bad surfaces are told from good ones.
func TestSurfacesThatAreIncomplete(t *testing.T) {
	good, err := OfPath(trainedForSurface(t), Grid{Points: 3})
	if err != nil || good.Valid() != nil {
		t.Fatal(err, good.Valid())
	}
	for says, spoil := range map[string]func(s *Surface){
		"rising coordinates":         func(s *Surface) { s.X = []float64{0, 0, 1} },
		"is not a grid":              func(s *Surface) { s.Y = s.Y[:1] },
		"1 share of directions":      func(s *Surface) { s.Shares = s.Shares[:1] },
		"0 shares of directions":     func(s *Surface) { s.Shares = nil },
		"a path of 0 snapshots":      func(s *Surface) { s.PathX, s.PathY, s.PathLosses, s.PlaneLosses = nil, nil, nil, nil },
		"the losses of a surface":    func(s *Surface) { s.Losses = s.Losses[1:] },
		"the path on a surface":      func(s *Surface) { s.PathY = s.PathY[1:] },
		"the losses on the path":     func(s *Surface) { s.PathLosses = nil },
		"the losses beneath the pat": func(s *Surface) { s.PlaneLosses = nil },
		"the lowest losses":          func(s *Surface) { s.Lowest = math.Inf(1) },
	} {
		s := good
		spoil(&s)
		hw1test.CheckMessage(t, hw1test.MessageOf(s.Valid()), says)
	}
	random, err := Random(good.Run, Grid{Points: 3})
	if random.Shares = []float64{}; err != nil || random.Valid() != nil {
		t.Fatal(err, random.Valid())
	}
	if f, err := Plot("caption", random); err != nil || f.Caption != "caption" {
		t.Errorf("without shares the caption is %q, %v", f.Caption, err)
	}
	for _, g := range []Grid{{Points: 2}, {Points: 1002}, {Reach: -1}, {Reach: 1e6}, {Reach: math.NaN()}, {Examples: -1}, {Seed: -1}} {
		if _, err := g.resolved(); err == nil {
			t.Errorf("%+v is taken", g)
		}
	}
	for _, g := range []Grid{{}, {Points: 3}, {Points: 1001, Reach: 1e-3, Seed: 7, Examples: 1}} {
		if _, err := g.resolved(); err != nil {
			t.Error(err)
		}
	}
}
