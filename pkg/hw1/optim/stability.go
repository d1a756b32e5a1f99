package optim

import "math"

// Threshold returns the curvature up to which steps along a direction of a quadratic settle at its
// minimum, and beyond which they grow: 2/rate of gradient descent, more with Polyak's momentum and
// less with Nesterov's (Cohen et al. 2021, eq. 1), and of Adam that of the Hessian preconditioned by
// [Preconditioner] (Cohen et al. 2022, eq. 2), 38/rate with its constants. It is NaN for AdamW, whose
// weight decay is none of an objective.
func (o Optimizer) Threshold() float64 {
	beta := o.Momentum
	switch {
	case o.Rule == Adam:
		return 2 * (1 + adamBeta1) / ((1 - adamBeta1) * o.LearningRate)
	case o.Rule != SGD:
		return math.NaN()
	case o.Nesterov:
		return 2 * (1 + beta) / ((1 + 2*beta) * o.LearningRate)
	}
	return 2 * (1 + beta) / o.LearningRate
}

// Preconditioner is the diagonal P that Adam divides its mean gradient by: a step is
// -rate · m / P. It is made of the gradients of all steps so far.
type Preconditioner struct {
	v     []float64 // mean square of the gradients
	steps int
}

// Add takes the gradient [P] of the next step, with that of an L2 term.
func (p *Preconditioner) Add(gradient []float64) {
	if p.v == nil {
		p.v = make([]float64, len(gradient))
	}
	p.steps++
	for i, g := range gradient {
		p.v[i] = adamBeta2*p.v[i] + (1-adamBeta2)*g*g
	}
}

// Diagonal returns the diagonal for the step of the last gradient, [P], with the corrections of
// Adam's biases.
func (p *Preconditioner) Diagonal() []float64 {
	t := float64(p.steps)
	diagonal := make([]float64, len(p.v))
	for i, v := range p.v {
		diagonal[i] = (1 - math.Pow(adamBeta1, t)) * (math.Sqrt(v/(1-math.Pow(adamBeta2, t))) + adamEpsilon)
	}
	return diagonal
}
