// Package surface is part 2-4: the loss on a plane through trained weights.
package surface

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/plotter"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
	"hw1/pkg/hw1/nn"
)

// Surface is the objective on a grid in a plane through the final weights of a run's first
// replica, which are at (0, 0).
type Surface struct {
	Run          *experiment.Run `json:"-"`
	Plane        string
	X, Y         []float64   // coordinates of the grid
	Losses       [][]float64 // [len(Y)][len(X)]
	PathX, PathY []float64   // the snapshots, if the plane is that of the path
	Shares       []float64   // the path's variance along the two directions, likewise

	PathLosses, PlaneLosses []float64 // at the snapshots, which lie off the plane, and at their projections on it

	Center, Lowest float64 // on the whole training set: at the final weights, and the lowest at the grid's lowest other points
}

// Grid says where a surface is computed.
type Grid struct {
	Points   int     `json:"points"`   // on each side; default 51
	Reach    float64 `json:"reach"`    // how far the random plane extends on each side of the final weights; default 1
	Examples int     `json:"examples"` // the first so many training examples, or evenly spread ones of a function; default 0, all

	Seed int `json:"seed,omitempty"` // of the random plane's directions; default 0
}

func (g Grid) resolved() (Grid, error) {
	g.Points = cmp.Or(g.Points, 51)
	g.Reach = cmp.Or(g.Reach, 1)
	if env.Quick() {
		g.Points = min(g.Points, 7)
	}
	if g.Points < 3 || g.Points > 1001 || !(g.Reach > 0 && g.Reach < 1e6) || g.Examples < 0 || g.Seed < 0 {
		return g, fmt.Errorf("a surface of %d points per side, reach %g, %d examples and seed %d cannot be drawn; give it 3 to 1001 points, a reach above 0, and examples and a seed of 0 or more", g.Points, g.Reach, g.Examples, g.Seed)
	}
	return g, nil
}

// Random returns the objective of a run on the plane of two random, filter-normalized
// directions (Li et al. 2018): in each direction, the weights into a unit have the same norm as
// those of the network, and the biases are 0, so that the surface does not depend on how the
// network's weights are scaled. Weights that a mask leaves as they are have no part in them.
func Random(run *experiment.Run, grid Grid) (Surface, error) {
	if err := check.Args("surface.Random", run); err != nil {
		return Surface{}, err
	}
	s := Surface{Run: run, Plane: "two random filter-normalized directions"}
	grid, err := grid.resolved()
	if err != nil {
		return s, err
	}
	trained, err := eval.TrainedAt(run.Spec)
	if err != nil {
		return s, err
	}
	if run.Spec.Mask != "" {
		s.Plane += " of the trained weights"
	}
	theta := run.Replicas[0].Theta
	s.X = floats.Span(make([]float64, grid.Points), -grid.Reach, grid.Reach)
	s.Y = slices.Clone(s.X)
	rng := rand.New(rand.NewPCG(uint64(run.Replicas[0].Seed), num.StreamPlane+uint64(grid.Seed)<<32))
	u := filterNormalized(run.Spec.Arch.Params(), theta, trained, rng)
	v := filterNormalized(run.Spec.Arch.Params(), theta, trained, rng)
	if floats.Norm(u, 2) == 0 {
		return s, fmt.Errorf("surface.Random moves the weights into units, and %s has none, or all are 0: its surface would be flat; take surface.OfPath", run.Spec.Describe())
	}
	return s.computed(grid, theta, u, v)
}

// filterNormalized returns a random direction in the space of the trained parameters.
func filterNormalized(params []nn.Param, theta []float64, trained []int, rng *rand.Rand) []float64 {
	direction := make([]float64, len(theta))
	for _, p := range params {
		for unit := range p.Units { // biases have no units, and stay 0
			places := num.Make(p.Size/p.Units, func(k int) int { return p.Offset + unit*p.UnitStride + k*p.InputStride })
			places = slices.DeleteFunc(places, func(place int) bool {
				_, moves := slices.BinarySearch(trained, place)
				return !moves
			})
			if len(places) == 0 {
				continue
			}
			d := num.Normals(rng, len(places))
			floats.Scale(floats.Norm(num.At(theta, places), 2)/floats.Norm(d, 2), d)
			for k, place := range places {
				direction[place] = d[k]
			}
		}
	}
	return direction
}

// OfPath returns the objective of a run on the plane that holds most of its training path,
// through the final weights along the two leading principal components of its snapshots,
// together with the path.
func OfPath(run *experiment.Run, grid Grid) (Surface, error) {
	if err := experiment.NeedSnapshots("surface.OfPath", 3, run); err != nil {
		return Surface{}, err
	}
	s := Surface{Run: run, Plane: "two principal components of the path"}
	grid, err := grid.resolved()
	if err != nil {
		return s, err
	}
	grid.Reach, grid.Seed = 1, 0 // these are for the random plane only
	replica := run.Replicas[0]
	var rows []float64
	trained := run.Spec.Arch.TrainedAt() // running statistics are not directions
	for _, snapshot := range replica.Snapshots {
		row := floats.SubTo(make([]float64, len(replica.Theta)), snapshot.Theta, replica.Theta)
		rows = append(rows, num.Only(row, trained)...)
	}
	path := mat.NewDense(len(replica.Snapshots), len(replica.Theta), rows)
	shares, plane, err := num.PrincipalPlane(path)
	if err != nil {
		return s, err
	}
	if s.Shares = shares[:2]; shares[0] == 0 {
		return s, fmt.Errorf("surface.OfPath: the weights of %s are the same in all snapshots, and have no path; take a run that learns, or surface.Random", run.Spec.Describe())
	}
	var projected mat.Dense
	projected.Mul(path, plane)
	s.PathX, s.PathY = mat.Col(nil, 0, &projected), mat.Col(nil, 1, &projected)
	s.X, s.Y = around(s.PathX, grid.Points), around(s.PathY, grid.Points)
	return s.computed(grid, replica.Theta, mat.Col(nil, 0, plane), mat.Col(nil, 1, plane))
}

// around returns n evenly spaced numbers that span the values and a fifth of their range
// beyond.
func around(values []float64, n int) []float64 {
	low, high := min(0, floats.Min(values)), max(0, floats.Max(values))
	room := max(0.2*(high-low), 1e-9)
	return floats.Span(make([]float64, n), low-room, high+room)
}

// surfaceThetas is the most thetas that are evaluated in one execution.
const surfaceThetas = 17

// computed returns the surface with its losses, stored or newly computed.
func (s Surface) computed(grid Grid, origin, u, v []float64) (Surface, error) {
	if err := experiment.NeedExamples("a surface", grid.Examples, s.Run); err != nil {
		return s, err
	}
	question := analysis.Question{Name: "error surface", Version: 3, Inputs: map[string]any{"runs": s.Run.Identity(), "plane": s.Plane, "grid": grid}}
	stored, err := analysis.Of(question, func(ctx context.Context, w *analysis.Work) (Surface, error) {
		whole, _, err := s.Run.Spec.Shared()
		if err != nil {
			return s, err
		}
		train := s.Run.Spec.Task.Part(whole, min(cmp.Or(grid.Examples, whole.Len()), whole.Len()))
		objective, err := eval.ObjectiveOn(s.Run.Spec, train)
		if err != nil {
			return s, err
		}
		on := func(x, y float64) []float64 {
			row := floats.AddScaledTo(make([]float64, len(v)), origin, y, v)
			return floats.AddScaledTo(row, row, x, u)
		}
		for i, y := range s.Y {
			losses, err := values(ctx, objective, s.X, func(x float64) []float64 { return on(x, y) })
			if err != nil {
				return s, err
			}
			s.Losses = append(s.Losses, losses)
			w.Report(float64(i+1) / float64(len(s.Y)))
		}
		s.PlaneLosses, err = values(ctx, objective, figure.XYs(s.PathX, s.PathY), func(at plotter.XY) []float64 { return on(at.X, at.Y) })
		if err == nil && len(s.PathX) > 0 {
			s.PathLosses, err = values(ctx, objective, s.Run.Replicas[0].Snapshots, func(s experiment.Snapshot) []float64 { return s.Theta })
		}
		if err == nil && train.Len() < whole.Len() {
			objective, err = eval.ObjectiveOn(s.Run.Spec, whole)
		}
		if err == nil {
			s.Center, s.Lowest, err = s.minimum(ctx, objective, on)
		}
		return s, err
	})
	stored.Run = s.Run
	return stored, err
}

// candidates is the number of lowest points of a grid that are evaluated on the whole training set: the
// lowest point for a few examples need not be the lowest for all.
const candidates = 9

// minimum returns the objective at the final weights, and its lowest value at the lowest points of the grid other than
// these.
func (s Surface) minimum(ctx context.Context, o *eval.Objective, on func(x, y float64) []float64) (center, lowest float64, err error) {
	places, width := plotter.XYs{{}}, s.X[len(s.X)-1]-s.X[0]
	for _, i := range num.Order(slices.Concat(s.Losses...)) {
		at := plotter.XY{X: s.X[i%len(s.X)], Y: s.Y[i/len(s.X)]}
		if len(places) <= candidates && math.Hypot(at.X, at.Y) > 1e-9*width {
			places = append(places, at)
		}
	}
	losses, err := values(ctx, o, places, func(at plotter.XY) []float64 { return on(at.X, at.Y) })
	if err != nil {
		return 0, 0, err
	}
	return losses[0], slices.Min(losses[1:]), nil
}

// values returns the objective at the thetas of some points.
func values[T any](ctx context.Context, o *eval.Objective, places []T, theta func(T) []float64) (losses []float64, err error) {
	for some := range slices.Chunk(places, surfaceThetas) {
		values, err := o.Values(num.Map(some, theta)...)
		if err := cmp.Or(err, ctx.Err()); err != nil {
			return nil, err
		}
		losses = append(losses, values...)
	}
	return losses, nil
}

// Valid checks that a surface has a loss at each point of its grid.
func (s Surface) Valid() error {
	if err := s.Run.Valid(); err != nil {
		return fmt.Errorf("a surface: %w", err)
	}
	increasing := func(at []float64) bool {
		return slices.IsSorted(at) && len(slices.Compact(slices.Clone(at))) == len(at)
	}
	switch {
	case len(s.X) < 2 || len(s.Y) < 2 || !increasing(s.X) || !increasing(s.Y):
		return fmt.Errorf("the surface in %q is not a grid with rising coordinates; take one that surface.Random or surface.OfPath returned", s.Plane)
	case len(s.Shares) != 2*num.Int(len(s.PathX) > 0):
		return fmt.Errorf("the surface in %q has %s of directions, and a path of %s; give both directions' with a path, and none without", s.Plane, words.Plural(len(s.Shares), "share"), words.Plural(len(s.PathX), "snapshot"))
	}
	return cmp.Or(check.Numbers("the grid of a surface", slices.Concat(s.X, s.Y)), check.Matrix("the losses of a surface", s.Losses, len(s.Y), len(s.X)),
		check.Numbers("the shares of a surface", s.Shares), check.Numbers("the path on a surface", s.PathX), check.Vector("the path on a surface", s.PathY, len(s.PathX)),
		check.Vector("the losses on the path", s.PathLosses, len(s.PathX)), check.Vector("the losses beneath the path", s.PlaneLosses, len(s.PathX)),
		check.Numbers("the lowest losses", []float64{s.Center, s.Lowest}))
}
