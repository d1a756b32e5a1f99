package num

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Assign returns a column for each row of a square matrix of finite costs [n, n], each column once,
// with the least sum of costs: the linear sum assignment problem, in O(n³).
//
// Row after row gets a column by the shortest path to a free one, along which earlier rows
// change theirs (Jonker & Volgenant 1987, as in Crouse 2016). Gonum has nothing for this, and the Go
// modules that do are ports without a release, take only integers, or have been abandoned since 2019.
func Assign(cost *mat.Dense) []int {
	n, _ := cost.Dims()
	a := assignment{cost: cost, u: make([]float64, n), v: make([]float64, n+1), rowOf: slices.Repeat([]int{-1}, n+1)}
	for i := range n {
		a.add(i)
	}
	columns := make([]int, n)
	for j, i := range a.rowOf[:n] {
		columns[i] = j
	}
	return columns
}

// assignment assigns columns to some rows. The cost of a row and a column beyond their prices, cost[i][j] -
// u[i] - v[j], is never below 0, and is 0 if the row has the column. Column n is a dummy, at which a path begins.
type assignment struct {
	cost  *mat.Dense
	u, v  []float64
	rowOf []int // the row that has a column; -1 if the column is free
}

// add gives a row a column, by Dijkstra's search for the nearest free one.
func (a *assignment) add(row int) {
	n := len(a.u)
	distance, before, done := slices.Repeat([]float64{math.Inf(1)}, n), make([]int, n), make([]bool, n+1)
	at := n
	for a.rowOf[n] = row; a.rowOf[at] >= 0; {
		done[at] = true
		i, next, step := a.rowOf[at], -1, math.Inf(1)
		for j, c := range a.cost.RawRowView(i) {
			if done[j] {
				continue
			}
			if d := c - a.u[i] - a.v[j]; d < distance[j] {
				distance[j], before[j] = d, at
			}
			if distance[j] < step {
				next, step = j, distance[j]
			}
		}
		for j, in := range done {
			switch {
			case in:
				a.u[a.rowOf[j]] += step
				a.v[j] -= step
			case j < n:
				distance[j] -= step
			}
		}
		at = next
	}
	for at != n {
		a.rowOf[at], at = a.rowOf[before[at]], before[at]
	}
}
