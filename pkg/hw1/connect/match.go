package connect

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// Match returns the second run with its hidden units reordered so that, replica by replica, its
// weights are as close to those of the first run as it can find. Units of a layer can change places,
// together with all weights into and out of them, without changing the network's outputs (Entezari
// et al. 2022); two independent trainings simply learn them in different orders. The units of a
// convolution are its channels.
//
// It matches weights (Ainsworth et al. 2023, algorithm 1): one hidden layer after the other, the units
// of the two networks are assigned to each other, until no layer comes closer.
func Match(from, to *experiment.Run) (*experiment.Run, error) {
	if err := checkEnds(from, to, []float64{0, 1}); err != nil {
		return nil, err
	}
	arch := to.Spec.Arch
	layers := arch.HiddenUnits()
	if len(layers) == 0 {
		return nil, fmt.Errorf("connect.Match: the units of %v cannot be matched; it takes dense layers and convolutions, one of them hidden, but no custom graph", arch)
	}
	how := "units matched to those of " + strings.Join(from.Identity(), " ")
	trained := arch.TrainedAt()
	orders := num.Make(len(to.Replicas), func(i int) [][]int {
		theta := to.Replicas[i].Theta
		return match(layers, num.Only(from.Replicas[i].Theta, trained), theta)
	})
	matched := eval.Changed(to, to.Label()+", matched", how, func(i int, theta []float64) []float64 { return permuted(layers, theta, orders[i]) })
	return matched, check.Args("connect.Match", matched)
}

// match returns, for each hidden layer, which unit of network b takes the place of each unit of
// a. Each step raises the inner product of the two thetas, and so lowers their distance. Parameters that are 0 in a do not count.
func match(layers [][][]int, a, b []float64) (orders [][]int) {
	moved, fixed := slices.Clone(b), []*mat.Dense{}
	for _, units := range layers {
		orders, fixed = append(orders, num.Make(len(units), func(i int) int { return i })), append(fixed, rows(units, a))
	}
	for changed := true; changed; {
		changed = false
		for l, units := range layers {
			var cost mat.Dense // minus the inner product of each unit of a and each of b
			cost.Mul(fixed[l], rows(units, moved).T())
			cost.Scale(-1, &cost)
			order, gain := num.Assign(&cost), 0.0
			for i, unit := range order {
				gain += cost.At(i, i) - cost.At(i, unit)
			}
			if gain <= 1e-9*mat.Norm(&cost, 2) { // rounding, or identical units
				continue
			}
			reorder(units, moved, order)
			orders[l] = num.Map(order, func(unit int) int { return orders[l][unit] })
			changed = true
		}
	}
	return orders
}

// rows returns the weights of the units of a layer, a row each.
func rows(units [][]int, theta []float64) *mat.Dense {
	all := mat.NewDense(len(units), len(units[0]), nil)
	for i, at := range units {
		all.SetRow(i, num.At(theta, at))
	}
	return all
}

// reorder puts the units of a layer in another order.
func reorder(units [][]int, theta []float64, order []int) {
	all := rows(units, theta)
	for i, at := range units {
		for k, v := range all.RawRowView(order[i]) {
			theta[at[k]] = v
		}
	}
}

// permuted returns a theta with the units of each hidden layer in another order; nil for nil.
func permuted(layers [][][]int, theta []float64, orders [][]int) []float64 {
	theta = slices.Clone(theta)
	for l := range orders {
		reorder(layers[l], theta, orders[l])
	}
	return theta
}
