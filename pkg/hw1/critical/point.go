package critical

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// Class says how a search ended.
type Class string

// The ways in which a search can end. Only converged points are critical points.
const (
	Converged    Class = "converged"     // the gradient's norm is below the tolerance
	GradientFlat Class = "gradient-flat" // the norm no longer falls, as the gradient lies in the kernel of the Hessian (Frye et al. 2021)
	OutOfBudget  Class = "out of budget"
)

// Point is where the search from one replica ended. Loss, gradient and
// Hessian are those of the [eval.Objective], with its L2 term.
type Point struct {
	Seed, StartEpoch int
	StartLoss        float64
	Loss             float64
	DataLoss         float64 `json:"MSE"` // the loss without its L2 term; this was the name when it could only be the squared error
	Class            Class
	Iterations       int
	Norms            []float64 // of the gradient: at the start, and after each accepted step
	Kernel           float64   // |Hg| / (|H| |g|): near 0 if the gradient lies in the kernel of the Hessian
	Eigenvalues      []float64 // of the exact Hessian, ascending
	Sampled          float64   // share of random neighbours with a higher loss
	Theta            []float64
}

// GradNorm returns the norm of the gradient at the point, NaN if it is not known.
func (c Point) GradNorm() float64 {
	if len(c.Norms) == 0 {
		return math.NaN()
	}
	return c.Norms[len(c.Norms)-1]
}

// Signs returns the shares of negative, zero and positive eigenvalues, where those whose signs rounding decides count as zero. The
// last is the minimal ratio.
func (c Point) Signs() (negative, zero, positive float64) {
	return c.signs(num.ZeroTolerance(c.Eigenvalues))
}

// signs returns the shares for eigenvalues that count as zero up to a size.
func (c Point) signs(tolerance float64) (negative, zero, positive float64) {
	n := float64(len(c.Eigenvalues))
	for _, lambda := range c.Eigenvalues {
		switch {
		case lambda > tolerance:
			positive++
		case lambda < -tolerance:
			negative++
		default:
			zero++
		}
	}
	return negative / n, zero / n, positive / n
}

// MinimalRatio returns the share of positive eigenvalues.
func (c Point) MinimalRatio() float64 {
	_, _, positive := c.Signs()
	return positive
}

// Kind is what a critical point is.
type Kind string

// The kinds of critical points.
const (
	StrictMinimum Kind = "strict minimum"
	Saddle        Kind = "saddle"
	Maximum       Kind = "maximum"
	Degenerate    Kind = "with eigenvalues near 0" // and others of one sign at most: the signs do not decide its kind
)

// nearest is how near a search that converged must have come to the critical point along an eigenvector, by a step of
// Newton's, |g|/|λ|, for the sign of the eigenvalue to be that at the point.
const nearest = 0.1

// Kind returns the kind of a point by the signs of the Hessian's eigenvalues at the critical point: those below ten times the
// gradient's norm do not tell their signs there. Of a point that is no critical point, it returns the class.
func (c Point) Kind() Kind {
	if c.Class == GradientFlat || c.Class == OutOfBudget {
		return Kind(c.Class)
	}
	tolerance := num.ZeroTolerance(c.Eigenvalues)
	if len(c.Norms) > 0 {
		tolerance = max(tolerance, c.GradNorm()/nearest)
	}
	switch negative, _, positive := c.signs(tolerance); {
	case positive == 1:
		return StrictMinimum
	case negative > 0 && positive > 0:
		return Saddle
	case negative == 1:
		return Maximum
	}
	return Degenerate
}

// NaiveRatio returns the share of eigenvalues above 0, without a tolerance; so it counts
// rounding errors wherever the Hessian has a kernel.
func (c Point) NaiveRatio() float64 {
	above := floats.Count(func(lambda float64) bool { return lambda > 0 }, c.Eigenvalues)
	return float64(above) / float64(len(c.Eigenvalues))
}

// OfClass returns the points that ended in a class.
func OfClass(points []Point, class Class) []Point {
	return slices.DeleteFunc(slices.Clone(points), func(p Point) bool { return p.Class != class })
}

// OfKind returns the critical points of a kind: only points that converged count.
func OfKind(points []Point, kind Kind) []Point {
	return slices.DeleteFunc(OfClass(points, Converged), func(p Point) bool { return p.Kind() != kind })
}

// Losses returns the points' losses.
func Losses(points []Point) []float64 {
	return num.Map(points, func(p Point) float64 { return p.Loss })
}

// LossRange returns the points' lowest and highest loss, NaN if there are no points.
func LossRange(points []Point) (lowest, highest float64) {
	if len(points) == 0 {
		return math.NaN(), math.NaN()
	}
	losses := Losses(points)
	return slices.Min(losses), slices.Max(losses)
}

// MinimalRatios returns the points' minimal ratios.
func MinimalRatios(points []Point) []float64 {
	return num.Map(points, Point.MinimalRatio)
}

// Valid checks that a point is complete and its numbers are finite.
func (c Point) Valid() error {
	if len(c.Norms) == 0 || len(c.Eigenvalues) == 0 {
		return errors.New("a critical point has no gradient norms, or no eigenvalues; take one that critical.Find returned")
	}
	return cmp.Or(check.Numbers("the gradient norms of a critical point", c.Norms), check.Numbers("the eigenvalues of a critical point", c.Eigenvalues),
		check.Numbers("loss and ratios of a critical point", []float64{c.StartLoss, c.Loss, c.DataLoss, c.Kernel, c.Sampled}))
}
