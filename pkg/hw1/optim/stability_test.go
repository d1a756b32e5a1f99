package optim

import (
	"cmp"
	"fmt"
	"math"
	"testing"

	"hw1/pkg/hw1/internal/hw1test"
)

// On a parabola steps settle at the bottom where its curvature is below the threshold, and grow where it
// is above; those of Adam with a preconditioner that stays as it is.
func TestThresholdOnAParabola(t *testing.T) {
	for _, o := range []Rule{
		{Optimizer: SGD, LearningRate: 0.3},
		{Optimizer: SGD, LearningRate: 0.3, Momentum: 0.9},
		{Optimizer: SGD, LearningRate: 0.3, Momentum: 0.9, Nesterov: true},
		{LearningRate: 0.3},
		{LearningRate: 0.3, Beta1: 0.5},
	} {
		for share, grows := range map[float64]bool{0.99: false, 1.01: true} {
			curvature := share * o.Threshold()
			theta, m := 1.0, 0.0
			for range 20_000 {
				g := curvature * theta
				step := g
				switch {
				case o.Optimizer == Adam:
					b := cmp.Or(o.Beta1, 0.9)
					m = b*m + (1-b)*g
					step = m
				case o.Momentum > 0:
					m = o.Momentum*m + g
					if step = m; o.Nesterov {
						step = g + o.Momentum*m
					}
				}
				theta -= o.LearningRate * step
			}
			if grew := !(math.Abs(theta) < 1); grew != grows {
				t.Errorf("%+v: at %g of the threshold theta is %g", o, share, theta)
			}
		}
	}
	if adam := (Rule{LearningRate: 1e-3}).Threshold(); fmt.Sprintf("%.6g", adam) != "38000" {
		t.Errorf("Adam's threshold is %g, not 38/rate", adam)
	}
	if w := (Rule{Optimizer: AdamW, LearningRate: 1e-3}).Threshold(); !math.IsNaN(w) {
		t.Errorf("AdamW has a threshold, %g", w)
	}
}

// A step of Adam is -rate · m / P, whatever the gradients were before.
func TestPreconditionerIsWhatAdamDividesBy(t *testing.T) {
	const rate = 0.01
	constants := Rule{Beta1: 0.8, Beta2: 0.99, Epsilon: 1e-3}
	p, adam := Preconditioner{Rule: constants}, reference{Rule: constants}
	theta := []float64{2, -1, 0.5}
	for k := range 30 {
		gradient := hw1test.RandomVector(3, uint64(k))
		before := append([]float64{}, theta...)
		adam.step(theta, gradient, rate)
		p.Add(gradient)
		got := p.Diagonal()
		want := make([]float64, 3)
		for i := range want {
			want[i] = rate * adam.m[i] / (before[i] - theta[i])
		}
		hw1test.CheckNear(t, fmt.Sprint("diagonal after step ", k+1), got, want, 1e-9)
	}
}
