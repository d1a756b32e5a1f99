package playground

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/train"
)

// path is the way of the weights, at equal steps of epochs that grow with it.
type path struct {
	thetas [][]float64
	each   int // epochs between two of them
	drawn  [][2]float64
	shares []float64
}

// mostThetas is how many points a path has at most: of more, every second one is left out.
const mostThetas = 80

// add takes the weights down, where that is due.
func (p *path) add(live *train.Live) error {
	p.each = max(p.each, 1)
	if live.Epoch()%p.each != 0 {
		return nil
	}
	theta, err := live.Theta()
	if err != nil {
		return err
	}
	if p.thetas = append(p.thetas, theta); len(p.thetas) > mostThetas {
		p.thetas, p.drawn, p.each = everySecond(p.thetas), everySecond(p.drawn), 2*p.each
	}
	return nil
}

func everySecond[T any](all []T) []T {
	var kept []T
	for i := 0; i < len(all); i += 2 {
		kept = append(kept, all[i])
	}
	return kept
}

// turns is how many times the axes are turned nearer to the principal ones at each look. They begin where they were
// at the look before, so that they hold still, and a path that grows does not mirror itself.
const turns = 40

// turn draws the path on its two principal components, and takes down the shares of its variance that they hold. It
// finds them by orthogonal iteration with the products of the points: gonum's decompositions would add a tenth to
// what a page has to hold.
func (p *path) turn() {
	n := len(p.thetas)
	if n < 3 || n == len(p.drawn) {
		return
	}
	products, total := p.products()
	axes := p.axes(n)
	var lengths [2]float64
	for range turns {
		for a := range axes {
			turned := num.Map(products, func(row []float64) float64 { return floats.Dot(row, axes[a]) })
			if a == 1 {
				floats.AddScaled(turned, -floats.Dot(turned, axes[0]), axes[0])
			}
			lengths[a] = floats.Norm(turned, 2)
			floats.Scale(1/max(lengths[a], math.SmallestNonzeroFloat32), turned)
			axes[a] = turned
		}
	}
	p.drawn = num.Make(n, func(i int) [2]float64 {
		return [2]float64{math.Sqrt(lengths[0]) * axes[0][i], math.Sqrt(lengths[1]) * axes[1][i]}
	})
	p.shares = []float64{lengths[0] / total, lengths[1] / total}
}

// products returns the scalar products of the points, less their mean, [n][n], and the sum of the squares.
func (p *path) products() (rows [][]float64, total float64) {
	mean := num.Mean(p.thetas)
	less := num.Map(p.thetas, func(theta []float64) []float64 { return floats.SubTo(make([]float64, len(theta)), theta, mean) })
	for i, a := range less {
		rows = append(rows, make([]float64, len(less)))
		for j, b := range less[:i+1] {
			rows[i][j] = floats.Dot(a, b)
			rows[j][i] = rows[i][j]
		}
		total += rows[i][i]
	}
	return rows, max(total, math.SmallestNonzeroFloat32)
}

// axes returns two vectors to begin with, [n], of length 1: as the path was drawn, or before that, a parabola.
func (p *path) axes(n int) (axes [2][]float64) {
	for i := range n {
		at := [2]float64{float64(i), float64(i * i)}
		if last := len(p.drawn) - 1; last > 0 {
			at = p.drawn[min(i, last)]
		}
		axes[0], axes[1] = append(axes[0], at[0]), append(axes[1], at[1])
	}
	floats.AddConst(-floats.Sum(axes[0])/float64(n), axes[0])
	floats.Scale(1/max(floats.Norm(axes[0], 2), math.SmallestNonzeroFloat32), axes[0])
	return axes
}
