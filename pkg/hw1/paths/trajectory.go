// Package paths is part 2-1: training paths on their principal components, beside random walks.
package paths

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
	"hw1/pkg/hw1/nn"
)

// Trajectories are paths in parameter space, projected on their principal
// components.
type Trajectories struct {
	Run    *experiment.Run `json:"-"`
	Of     any             `json:"-"` // what is followed: a layer, the name of a weight, or WholeModel
	What   string          // the parameters that are followed: "whole model" or "layer 2"
	Shares []float64       // of the variance, a component each, largest first
	Starts float64         // variance of the starts alone, over that of all points
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

// meanOwn returns the mean, over the paths, of the share of a path's variance that
// its own first n components hold.
func (t Trajectories) meanOwn(n int) float64 {
	return stat.Mean(num.Map(t.Paths, func(p Path) float64 { return floats.Sum(p.Own[:min(n, len(p.Own))]) }), nil)
}

// OwnTwoShare returns the mean share that two components hold in the PCA of each
// path alone.
func (t Trajectories) OwnTwoShare() float64 { return t.meanOwn(2) }

// own returns the mean share of each component in the PCA of each path alone.
func (t Trajectories) own() []float64 {
	return num.Make(len(t.Paths[0].Own), func(k int) float64 { return t.meanOwn(k+1) - t.meanOwn(k) })
}

// label names the paths: what is followed, and the loss of the training.
func (t Trajectories) label() string { return fmt.Sprintf("%s, %s", t.What, t.Run.Spec.Loss) }

// WholeModel, as the layer of paths.Follow, stands for all parameters.
const WholeModel = 0

// Follow returns the paths of a run's snapshots, projected on the principal
// components of all of them together: of the weights of one dense layer, counted
// from 1, or of the [WholeModel].
func Follow(run *experiment.Run, layer int) (Trajectories, error) { return follow(run, layer) }

// FollowWeight is [Follow] for a parameter by its name, such as "conv 1 weight"; nn.Arch.Params
// has them all.
func FollowWeight(run *experiment.Run, name string) (Trajectories, error) { return follow(run, name) }

func follow(run *experiment.Run, of any) (Trajectories, error) {
	t, err := ask("paths.Follow", run, of, "principal components of paths", 2, map[string]any{}, func(paths [][][]float64) (Trajectories, error) {
		return followPaths(run, paths)
	})
	if err == nil {
		_, t.What, err = partOf(run.Spec.Arch, of)
	}
	t.Run, t.Of = run, of
	return t, err
}

// ask asks an analysis of the paths [path][point] that the followed part of a run's weights takes.
func ask[T any](function string, run *experiment.Run, of any, name string, version int, inputs map[string]any, compute func(paths [][][]float64) (T, error)) (result T, err error) {
	if err := experiment.NeedSnapshots(function, run, 3); err != nil {
		return result, err
	}
	part, _, err := partOf(run.Spec.Arch, of)
	if err != nil {
		return result, err
	}
	inputs["runs"], inputs["layer"] = run.Identity(), of
	return analysis.Of(analysis.Question{Name: name, Version: version + num.Int(run.Spec.Arch.BatchNorm), Inputs: inputs}, func(context.Context, *analysis.Work) (T, error) {
		return compute(pointsOf(run, part))
	})
}

// pointsOf returns a part of the weights at each snapshot of each replica, [path][point].
func pointsOf(run *experiment.Run, part func(theta []float64) []float64) [][][]float64 {
	return num.Map(run.Replicas, func(r experiment.Replica) [][]float64 {
		return num.Map(r.Snapshots, func(s experiment.Snapshot) []float64 { return part(s.Theta) })
	})
}

func followPaths(run *experiment.Run, paths [][][]float64) (t Trajectories, err error) {
	objective, err := eval.NewObjective(run)
	if err != nil {
		return t, err
	}
	for i, replica := range run.Replicas {
		path := Path{Seed: replica.Seed}
		var thetas [][]float64
		for _, s := range replica.Snapshots {
			path.Epochs, thetas = append(path.Epochs, s.Epoch), append(thetas, s.Theta)
		}
		if path.Losses, err = objective.Values(thetas...); err != nil {
			return t, err
		}
		if path.Own, _, err = num.PrincipalComponents(paths[i]); err != nil {
			return t, err
		}
		t.Paths = append(t.Paths, path)
	}
	shares, projected, err := num.PrincipalComponents(slices.Concat(paths...))
	if err != nil {
		return t, err
	}
	t.Shares, t.Starts = shares, startShare(paths)
	for i := range t.Paths {
		path := &t.Paths[i]
		for _, row := range projected[:len(path.Epochs)] {
			path.X, path.Y = append(path.X, row[0]), append(path.Y, row[1])
		}
		projected = projected[len(path.Epochs):]
	}
	return t, nil
}

// partOf returns what takes the weights of a dense layer out of a theta, or those of a name, or all that are trained: the running
// statistics of batch normalization are no directions of a path.
func partOf(a nn.Arch, of any) (part func(theta []float64) []float64, what string, err error) {
	var p nn.Param
	switch of := of.(type) {
	case string:
		p, err = a.Weight(of)
		what = of
	case int:
		if of == WholeModel {
			trained := a.TrainedAt()
			return func(theta []float64) []float64 { return num.At(theta, trained) }, "whole model", nil
		}
		p, _, err = a.DenseLayer(of)
		what = fmt.Sprintf("layer %d", of)
	default:
		return partOf(a, WholeModel)
	}
	return func(theta []float64) []float64 { return theta[p.Offset : p.Offset+p.Size] }, what, err
}

// Valid checks that there are paths, and that they are complete.
func (t Trajectories) Valid() error {
	if err := t.Run.Valid(); err != nil {
		return fmt.Errorf("the trajectories of the %s: %w", t.What, err)
	}
	if len(t.Shares) < 2 || len(t.Paths) == 0 {
		return fmt.Errorf("the trajectories of the %s have %s and %s; take those that paths.Follow returned", t.What, words.Plural(len(t.Shares), "component"), words.Plural(len(t.Paths), "path"))
	}
	for _, path := range t.Paths {
		if err := path.Valid(); err != nil {
			return fmt.Errorf("the trajectories of the %s, seed %d: %w", t.What, path.Seed, err)
		}
	}
	return check.Numbers("the shares of the components", t.Shares)
}

// Valid checks that a path has a point for each epoch.
func (p Path) Valid() error {
	n := len(p.Epochs)
	if n == 0 || len(p.Own) < 2 {
		return fmt.Errorf("a path of %s and %s; take one that paths.Follow returned", words.Plural(n, "epoch"), words.Plural(len(p.Own), "component"))
	}
	return cmp.Or(check.Vector("the path's first component", p.X, n), check.Vector("the path's second component", p.Y, n),
		check.Vector("the path's losses", p.Losses, n), check.Numbers("the path's own shares", p.Own))
}
