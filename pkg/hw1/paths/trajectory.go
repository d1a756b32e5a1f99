// Package paths is part 2-1: training paths on their principal components, beside random walks.
package paths

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

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

// Trajectories are paths in parameter space, projected on their common principal components.
type Trajectories struct {
	Runs   []*experiment.Run `json:"-"`
	Of     any               `json:"-"` // what is followed: a layer, the name of a weight, or WholeModel
	What   string            // the parameters that are followed: "whole model" or "layer 2"
	Shares []float64         // of the variance, one per component, largest first
	Starts float64           // variance of the starts alone, over that of all points
	Paths  []Path            // of the replicas of the first run, then of the second, …
}

// Path is the path of one replica.
type Path struct {
	Seed   int
	Epochs []int
	X, Y   []float64 // along the first and the second component
	Losses []float64 // the objective at each point
	Own    []float64 // shares of the variance in a PCA of this path alone
}

// of returns the index of the run of each path.
func (t Trajectories) of() (runs []int) {
	for i, run := range t.Runs {
		runs = append(runs, slices.Repeat([]int{i}, len(run.Replicas))...)
	}
	return runs
}

// meanOwn returns the mean over the paths of the share of a path's variance that the first n
// components of its own PCA hold.
func (t Trajectories) meanOwn(n int) float64 {
	return stat.Mean(num.Map(t.Paths, func(p Path) float64 { return floats.Sum(p.Own[:min(n, len(p.Own))]) }), nil)
}

// OwnTwoShare returns the mean share of the variance that two components hold in the PCA of
// each path alone.
func (t Trajectories) OwnTwoShare() float64 { return t.meanOwn(2) }

// own returns the mean share of each component in the PCA of each path alone; a path of fewer points has fewer components.
func (t Trajectories) own() []float64 {
	most := slices.Max(num.Map(t.Paths, func(p Path) int { return len(p.Own) }))
	return num.Make(most, func(k int) float64 { return t.meanOwn(k+1) - t.meanOwn(k) })
}

// label names the paths: what is followed, and the loss functions of the runs.
func (t Trajectories) label() string {
	names := []string{t.What}
	for _, run := range t.Runs {
		if loss := run.Spec.Loss.Label(); !slices.Contains(names, loss) {
			names = append(names, loss)
		}
	}
	return strings.Join(names, ", ")
}

// labelsOf names sets of paths. Sets with the same label but different runs, such as those of Adam and of SGD, are named with
// their runs, too.
func labelsOf(all ...Trajectories) []string {
	runs := experiment.Labels(slices.Concat(num.Map(all, func(t Trajectories) []*experiment.Run { return t.Runs })...)...)
	names := num.Map(all, func(t Trajectories) (names string) {
		names, runs = strings.Join(runs[:len(t.Runs)], ", "), runs[len(t.Runs):]
		return names
	})
	return words.ToldApart(num.Map(all, Trajectories.label), names, ": ")
}

// WholeModel, as the layer given to paths.Follow, stands for all parameters.
const WholeModel = 0

// Follow returns the paths that the snapshots of runs take, projected on the principal
// components of all of them together: for the weights of one dense layer, counted from 1, or
// for the [WholeModel]. The runs must have the same architecture; they may be trained by
// several optimizers from the same initial weights, for example.
func Follow(layer int, runs ...*experiment.Run) (Trajectories, error) { return follow(layer, runs) }

// FollowWeight is [Follow] for a parameter with a name, such as "conv 1 weight"; nn.Arch.Params
// lists them all.
func FollowWeight(name string, runs ...*experiment.Run) (Trajectories, error) {
	return follow(name, runs)
}

func follow(of any, runs []*experiment.Run) (Trajectories, error) {
	t, err := ask("paths.Follow", runs, of, "principal components of paths", 2, map[string]any{}, func(paths [][][]float64) (Trajectories, error) {
		return followPaths(runs, paths)
	})
	if err == nil {
		_, t.What, err = partOf(runs[0].Spec.Arch, of)
	}
	t.Runs, t.Of = runs, of
	return t, err
}

// ask returns the result of an analysis of the paths [path][point] that the followed part of the runs'
// weights takes.
func ask[T any](function string, runs []*experiment.Run, of any, name string, version int, inputs map[string]any, compute func(paths [][][]float64) (T, error)) (result T, err error) {
	if err := checkRuns(function, runs); err != nil {
		return result, err
	}
	arch := runs[0].Spec.Arch
	part, _, err := partOf(arch, of)
	if err != nil {
		return result, err
	}
	inputs["runs"], inputs["layer"] = slices.Concat(num.Map(runs, (*experiment.Run).Identity)...), of
	return analysis.Of(analysis.Question{Name: name, Version: version + num.Int(arch.BatchNorm), Inputs: inputs}, func(context.Context, *analysis.Work) (T, error) {
		return compute(slices.Concat(num.Map(runs, func(run *experiment.Run) [][][]float64 { return pointsOf(run, part) })...))
	})
}

// checkRuns checks that runs have snapshots, and the same architecture.
func checkRuns(function string, runs []*experiment.Run) error {
	if err := experiment.NeedSnapshots(function, 3, runs...); err != nil {
		return err
	}
	for _, run := range runs {
		if first := runs[0]; !run.Spec.Arch.SameAs(first.Spec.Arch) {
			return fmt.Errorf("%s: %v of %s and %v of %s do not have the same architecture: their paths lie in no common plane", function, first.Spec.Arch, first.Label(), run.Spec.Arch, run.Label())
		}
	}
	return nil
}

// pointsOf returns part of the weights at each snapshot of each replica, [path][point].
func pointsOf(run *experiment.Run, part func(theta []float64) []float64) [][][]float64 {
	return num.Map(run.Replicas, func(r experiment.Replica) [][]float64 {
		return num.Map(r.Snapshots, func(s experiment.Snapshot) []float64 { return part(s.Theta) })
	})
}

// followPaths returns the trajectories of the paths [path][point] of runs.
func followPaths(runs []*experiment.Run, paths [][][]float64) (t Trajectories, err error) {
	for _, run := range runs {
		objective, err := eval.NewObjective(run)
		if err != nil {
			return t, err
		}
		for _, replica := range run.Replicas {
			path := Path{Seed: replica.Seed}
			var thetas [][]float64
			for _, s := range replica.Snapshots {
				path.Epochs, thetas = append(path.Epochs, s.Epoch), append(thetas, s.Theta)
			}
			if path.Losses, err = objective.Values(thetas...); err != nil {
				return t, err
			}
			if path.Own, _, err = num.PrincipalComponents(paths[len(t.Paths)]); err != nil {
				return t, err
			}
			t.Paths = append(t.Paths, path)
		}
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

// partOf returns a function that extracts from a theta the weights of a dense layer, the parameter with a name, or all that is
// trained: the running statistics of batch normalization are no directions of a path.
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
		if p, _, err = a.DenseLayer(of); err != nil {
			err = fmt.Errorf("%w; paths.FollowWeight follows any weight, by its name", err)
		}
		what = fmt.Sprintf("layer %d", of)
	default:
		return partOf(a, WholeModel)
	}
	return func(theta []float64) []float64 { return theta[p.Offset : p.Offset+p.Size] }, what, err
}

// Valid checks that there are paths, and that they are complete.
func (t Trajectories) Valid() error {
	if err := check.Args("the trajectories of the "+t.What, t.Runs...); err != nil {
		return err
	}
	if len(t.Shares) < 2 || len(t.Paths) == 0 || len(t.Paths) != len(t.of()) {
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
