package hw1

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Trajectories are paths in parameter space, projected on their principal
// components.
type Trajectories struct {
	Run    *Run      `json:"-"`
	Layer  int       `json:"-"` // that is followed, or WholeModel
	What   string    // the parameters that are followed: "whole model" or "layer 2"
	Shares []float64 // of the variance, a component each, largest first
	Starts float64   // variance of the starts alone, over that of all points
	Paths  []Path
}

// Path is the path of one replica.
type Path struct {
	Seed   int
	Epochs []int
	X, Y   []float64 // along the first and the second component
	Losses []float64 // the objective at the points
	Own    []float64 // shares of the variance in the PCA of this path alone
}

// TwoShare returns the share of the variance that two components hold, NaN where
// there are not so many.
func (t Trajectories) TwoShare() float64 {
	if len(t.Shares) < 2 {
		return math.NaN()
	}
	return floats.Sum(t.Shares[:2])
}

// meanOwn returns the mean, over the paths, of the share of a path's variance that
// its own first n components hold.
func (t Trajectories) meanOwn(n int) float64 {
	sum := 0.0
	for _, path := range t.Paths {
		sum += floats.Sum(path.Own[:min(n, len(path.Own))])
	}
	return sum / float64(len(t.Paths))
}

// OwnTwoShare returns the mean share that two components hold in the PCA of each
// path alone.
func (t Trajectories) OwnTwoShare() float64 { return t.meanOwn(2) }

// own returns the mean share of each component in the PCA of each path alone.
func (t Trajectories) own() []float64 {
	mean := make([]float64, len(t.Paths[0].Own))
	for k := range mean {
		mean[k] = t.meanOwn(k+1) - t.meanOwn(k)
	}
	return mean
}

// label names the paths: what is followed, and the loss of the training.
func (t Trajectories) label() string { return fmt.Sprintf("%s, %s", t.What, t.Run.Spec.Loss) }

// WholeModel, as the layer of FollowPaths, stands for all parameters.
const WholeModel = 0

// FollowPaths returns the paths of a run's snapshots, projected on the principal
// components of all of them together: of the weights of one dense layer, counted
// from 1, or of the [WholeModel].
func FollowPaths(run *Run, layer int) (Trajectories, error) {
	if err := check("FollowPaths", run); err != nil {
		return Trajectories{}, err
	}
	from, to, what, err := layerRange(run.Spec.Arch, layer)
	if err != nil {
		return Trajectories{}, err
	}
	if err := needSnapshots("FollowPaths", run, 3); err != nil {
		return Trajectories{}, err
	}
	question := analysis{"principal components of paths", 2, map[string]any{"runs": run.Keys, "layer": layer}}
	t, err := analyze(question, func(context.Context, *work) (Trajectories, error) {
		return followPaths(run, from, to, what)
	})
	t.Run, t.Layer = run, layer
	return t, err
}

func followPaths(run *Run, from, to int, what string) (Trajectories, error) {
	t := Trajectories{What: what}
	objective, err := NewObjective(run)
	if err != nil {
		return t, err
	}
	var followed [][][]float64
	for _, replica := range run.Replicas {
		path := Path{Seed: replica.Seed}
		var thetas, points [][]float64
		for _, s := range replica.Snapshots {
			path.Epochs = append(path.Epochs, s.Epoch)
			thetas, points = append(thetas, s.Theta), append(points, s.Theta[from:to])
		}
		if path.Losses, err = objective.Values(thetas...); err != nil {
			return t, err
		}
		if path.Own, _, err = principalComponents(points); err != nil {
			return t, err
		}
		followed = append(followed, points)
		t.Paths = append(t.Paths, path)
	}
	shares, projected, err := principalComponents(slices.Concat(followed...))
	if err != nil {
		return t, err
	}
	t.Shares, t.Starts = shares, startShare(followed)
	for i := range t.Paths {
		path := &t.Paths[i]
		for _, row := range projected[:len(path.Epochs)] {
			path.X, path.Y = append(path.X, row[0]), append(path.Y, row[1])
		}
		projected = projected[len(path.Epochs):]
	}
	return t, nil
}

// layerRange returns where the weights of a dense layer lie in theta.
func layerRange(a Arch, layer int) (from, to int, what string, err error) {
	if layer == WholeModel {
		return 0, a.ParamCount(), "whole model", nil
	}
	p, _, err := a.denseLayer(layer)
	return p.Offset, p.Offset + p.Size, fmt.Sprintf("layer %d", layer), err
}

// principalPlane returns the shares of the variance of points [n, P] that their
// principal components hold, largest first, and the first two components, [P, 2].
func principalPlane(points *mat.Dense) (shares []float64, plane mat.Matrix, err error) {
	n, p := points.Dims()
	if all := points.RawMatrix().Data; !isFinite(floats.Dot(all, all)) { // gonum would not come back
		return nil, nil, fmt.Errorf("some of %d points lie too far out for principal components", n)
	}
	var pc stat.PC
	if !pc.PrincipalComponents(points, nil) {
		return nil, nil, fmt.Errorf("the principal components of %d points did not converge", n)
	}
	shares = pc.VarsTo(nil)
	if total := floats.Sum(shares); total > 0 {
		floats.Scale(1/total, shares)
	}
	if len(shares) < 2 {
		return nil, nil, fmt.Errorf("a path of %d parameters has no two principal components", p)
	}
	var vectors mat.Dense
	pc.VectorsTo(&vectors)
	return shares, vectors.Slice(0, p, 0, 2), nil
}

// principalComponents returns the shares of [principalPlane], and the points, less
// their mean, in that plane.
func principalComponents(points [][]float64) (shares []float64, projected [][]float64, err error) {
	data := mat.NewDense(len(points), len(points[0]), slices.Concat(points...))
	shares, plane, err := principalPlane(data)
	if err != nil {
		return nil, nil, err
	}
	mean := meanOf(points)
	for i := range points {
		floats.Sub(data.RawRowView(i), mean)
	}
	var out mat.Dense
	out.Mul(data, plane)
	for i := range points {
		projected = append(projected, out.RawRowView(i))
	}
	return shares, projected, nil
}

// meanOf returns the mean of points.
func meanOf(points [][]float64) []float64 {
	mean := make([]float64, len(points[0]))
	for _, p := range points {
		floats.AddScaled(mean, 1/float64(len(points)), p)
	}
	return mean
}

// variance returns the mean square of the distances of points from their mean.
func variance(points [][]float64) float64 {
	mean, sum := meanOf(points), 0.0
	for _, p := range points {
		d := floats.Distance(p, mean, 2)
		sum += d * d
	}
	return sum / float64(len(points))
}

// startShare returns the variance of the starts of paths over that of all their points.
func startShare(paths [][][]float64) float64 {
	all := variance(slices.Concat(paths...))
	if all == 0 {
		return 0
	}
	var starts [][]float64
	for _, path := range paths {
		starts = append(starts, path[0])
	}
	return variance(starts) / all
}

// Walks are the shares of the variance of each principal component for random
// walks.
type Walks struct {
	Beside Trajectories `json:"-"`
	Pooled []float64    // of all walks in one PCA
	Starts float64      // variance of the starts alone, over that of all points
	Own    []float64    // of each alone, mean
}

// RandomWalks returns the shares for Gaussian random walks, one beside each path:
// of the same number of points, from the same start, and scaled to end as far from
// it. A long walk in many dimensions has 6/π² = 61 % along its first component, and
// 76 % along two (Antognini & Sohl-Dickstein 2018): a path is low-dimensional only
// where its first components hold more than that.
func RandomWalks(t Trajectories, seed int) (Walks, error) {
	if err := check("RandomWalks", t); err != nil {
		return Walks{}, err
	}
	if err := needSnapshots("RandomWalks", t.Run, 3); err != nil {
		return Walks{}, err
	}
	from, to, _, err := layerRange(t.Run.Spec.Arch, t.Layer)
	if err != nil {
		return Walks{}, err
	}
	question := analysis{"principal components of random walks", 2, map[string]any{"runs": t.Run.Keys, "layer": t.Layer, "seed": seed}}
	walks, err := analyze(question, func(context.Context, *work) (Walks, error) {
		return walksBeside(t.Run, from, to, seed)
	})
	walks.Beside = t
	return walks, err
}

func walksBeside(run *Run, from, to, seed int) (Walks, error) {
	rng := rand.New(rand.NewPCG(uint64(seed), streamWalk))
	var walks [][][]float64
	var w Walks
	for _, replica := range run.Replicas {
		path := replica.Snapshots
		walk := randomWalk(rng, len(path), path[0].Theta[from:to], path[len(path)-1].Theta[from:to])
		shares, _, err := principalComponents(walk)
		if err != nil {
			return w, err
		}
		for k, share := range shares {
			if k == len(w.Own) {
				w.Own = append(w.Own, 0)
			}
			w.Own[k] += share / float64(len(run.Replicas))
		}
		walks = append(walks, walk)
	}
	var err error
	w.Pooled, _, err = principalComponents(slices.Concat(walks...))
	w.Starts = startShare(walks)
	return w, err
}

// randomWalk returns the points of a random walk whose last is as far from the start
// as the end is.
func randomWalk(rng *rand.Rand, points int, start, end []float64) [][]float64 {
	at, walk := make([]float64, len(start)), make([][]float64, points)
	for s := range walk {
		walk[s] = slices.Clone(at)
		for i := range at {
			at[i] += rng.NormFloat64()
		}
	}
	scale := floats.Distance(start, end, 2) / floats.Norm(walk[points-1], 2)
	for _, point := range walk {
		floats.Scale(scale, point)
		floats.Add(point, start)
	}
	return walk
}
