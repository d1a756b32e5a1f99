package connect

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/nn"
)

// Match returns the second run with its hidden units reordered so that, replica by replica, its
// weights are as close to those of the first run as it can find. Units of a layer can change places,
// together with all weights into and out of them, without changing the network's outputs (Entezari
// et al. 2022); two independent trainings simply learn them in different orders.
//
// It matches weights (Ainsworth et al. 2023, algorithm 1): one hidden layer after the other, the units
// of the two networks are assigned to each other, until no layer comes closer.
func Match(from, to *experiment.Run) (*experiment.Run, error) {
	if err := checkEnds(from, to, []float64{0, 1}); err != nil {
		return nil, err
	}
	arch := to.Spec.Arch
	if arch.OneAtATime() || arch.BatchNorm || len(arch.Dense) < 2 {
		return nil, fmt.Errorf("connect.Match: the units of %v cannot be matched; it takes dense layers, one of them hidden, without convolutions, batch normalization or a custom graph", arch)
	}
	how := "units matched to those of " + strings.Join(from.Identity(), " ")
	matched := to.Changed(to.Label()+", matched", how, func(i int, r experiment.Replica) experiment.Replica {
		orders := match(arch, from.Replicas[i].Theta, r.Theta)
		r.Theta, r.Initial, r.Best.Theta = permuted(arch, r.Theta, orders), permuted(arch, r.Initial, orders), permuted(arch, r.Best.Theta, orders)
		r.Snapshots = num.Map(r.Snapshots, func(s experiment.Snapshot) experiment.Snapshot {
			return experiment.Snapshot{Epoch: s.Epoch, Theta: permuted(arch, s.Theta, orders)}
		})
		return r
	})
	return matched, check.Args("connect.Match", matched)
}

// match returns, for each hidden layer, which unit of network b takes the place of each unit of
// a. Each step raises the inner product of the two thetas, and so lowers their distance.
func match(arch nn.Arch, a, b []float64) (orders [][]int) {
	fixed, moved := layersOf(arch, a), layersOf(arch, slices.Clone(b))
	for _, layer := range fixed[:len(fixed)-1] {
		orders = append(orders, num.Make(layer.bias.Len(), func(i int) int { return i }))
	}
	for changed := true; changed; {
		changed = false
		for l := range orders {
			cost := unlikeness(fixed[l], moved[l], fixed[l+1], moved[l+1])
			order, gain := num.Assign(cost), 0.0
			for i, unit := range order {
				gain += cost.At(i, i) - cost.At(i, unit)
			}
			if gain <= 1e-9*mat.Norm(cost, 2) { // rounding, or identical units
				continue
			}
			reorder(moved, l, order)
			orders[l] = num.Map(order, func(unit int) int { return orders[l][unit] })
			changed = true
		}
	}
	return orders
}

// layer is a dense layer: views on parts of a theta.
type layer struct {
	weight *mat.Dense // [out, in]
	bias   *mat.VecDense
}

func layersOf(arch nn.Arch, theta []float64) []layer {
	return num.Make(len(arch.Dense), func(l int) layer {
		w, b, _ := arch.DenseLayer(l + 1) // it exists
		return layer{mat.NewDense(w.Shape[0], w.Shape[1], theta[w.Offset:w.Offset+w.Size]), mat.NewVecDense(b.Size, theta[b.Offset:b.Offset+b.Size])}
	})
}

// unlikeness returns minus the inner product of the weights into and out of each unit of a layer with
// the weights of each unit of the other network's layer.
func unlikeness(a, b, nextA, nextB layer) *mat.Dense {
	var cost, out mat.Dense
	cost.Mul(a.weight, b.weight.T())
	cost.RankOne(&cost, 1, a.bias, b.bias)
	out.Mul(nextA.weight.T(), nextB.weight)
	cost.Add(&cost, &out)
	cost.Scale(-1, &cost)
	return &cost
}

// reorder puts the units of a hidden layer, counted from 0, in another order.
func reorder(layers []layer, l int, order []int) {
	layers[l].weight.PermuteRows(order, false)
	layers[l].bias.Permute(order, false)
	layers[l+1].weight.PermuteCols(order, false)
}

// permuted returns a theta with the units of each hidden layer in another order; nil for nil.
func permuted(arch nn.Arch, theta []float64, orders [][]int) []float64 {
	theta = slices.Clone(theta)
	if theta != nil {
		layers := layersOf(arch, theta)
		for l, order := range orders {
			reorder(layers, l, order)
		}
	}
	return theta
}
