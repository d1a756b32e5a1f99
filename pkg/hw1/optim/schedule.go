package optim

import (
	"fmt"
	"math"
	"slices"

	"hw1/pkg/hw1/internal/num"
)

// Schedule says how the learning rate changes in the course of a training, as plain data.
// The zero value keeps it constant.
type Schedule struct {
	Warmup int     `json:"warmup,omitempty"` // epochs in which it rises linearly to its full value (Goyal et al. 2017)
	Steps  []int   `json:"steps,omitempty"`  // epochs after which it is multiplied by Factor
	Factor float64 `json:"factor,omitempty"` // default 0.1
	Cosine bool    `json:"cosine,omitempty"` // it falls to 0 along half a cosine, from the warm-up's end to the last epoch (Loshchilov & Hutter 2017)
}

// Resolved returns the schedule with its default filled in.
func (s Schedule) Resolved() Schedule {
	if len(s.Steps) == 0 {
		s.Steps = nil
	} else if s.Factor == 0 {
		s.Factor = 0.1
	}
	return s
}

// Constant reports whether the learning rate never changes.
func (s Schedule) Constant() bool { return s.Warmup == 0 && len(s.Steps) == 0 && !s.Cosine }

// Valid says what is wrong with a resolved schedule of so many epochs, if anything is.
func (s Schedule) Valid(epochs int) error {
	switch {
	case s.Warmup < 0 || s.Warmup >= epochs && s.Warmup > 0:
		return fmt.Errorf("a warm-up of %d epochs does not fit a training of %d; make it shorter", s.Warmup, epochs)
	case len(s.Steps) > 0 && s.Cosine:
		return fmt.Errorf("the schedule has steps and a cosine; choose one of the two")
	case !rising(s.Steps) || len(s.Steps) > 0 && (s.Steps[0] < 1 || s.Steps[len(s.Steps)-1] >= epochs):
		return fmt.Errorf("the schedule's steps after epochs %v do not rise from 1 to before the last of %d epochs", s.Steps, epochs)
	case len(s.Steps) > 0 && !(s.Factor > 0 && s.Factor <= 1):
		return fmt.Errorf("the schedule's factor is %g; it must be above 0 and at most 1", s.Factor)
	case len(s.Steps) == 0 && s.Factor != 0:
		return fmt.Errorf("the schedule has a factor, %g, and no steps; give it Steps, the epochs after which it applies", s.Factor)
	}
	return nil
}

// rising reports whether each number is above the one before it.
func rising(steps []int) bool {
	return slices.IsSorted(steps) && len(slices.Compact(slices.Clone(steps))) == len(steps)
}

// Stretched returns the resolved schedule of a training of other epochs, in proportion: of steps that come to lie on one epoch, or at the
// begin, one is left, after an epoch at least.
func (s Schedule) Stretched(from, to int) Schedule {
	s.Warmup = s.Warmup * to / from
	s.Steps = slices.Compact(num.Map(s.Steps, func(step int) int { return max(1, step*to/from) }))
	return s.Resolved()
}

// Rates returns the learning rates of n steps from one on, counted from 0, of a training of
// so many epochs, where the full rate is base.
func (s Schedule) Rates(base float64, first, n, perEpoch, epochs int) []float64 {
	return num.Make(n, func(i int) float64 {
		return base * s.share(float64(first+i)/float64(perEpoch), 1/float64(perEpoch), float64(epochs))
	})
}

// share returns the share of the full rate that a step has which begins at an epoch.
func (s Schedule) share(epoch, step, epochs float64) float64 {
	warmup := float64(s.Warmup)
	switch {
	case epoch < warmup:
		return (epoch + step) / warmup
	case s.Cosine:
		return (1 + math.Cos(math.Pi*(epoch-warmup)/(epochs-warmup))) / 2
	}
	share := 1.0
	for _, at := range s.Steps {
		if epoch >= float64(at) {
			share *= s.Factor
		}
	}
	return share
}
