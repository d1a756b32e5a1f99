package optim

import (
	"fmt"
	"math"
	"slices"

	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Schedule says how the learning rate changes during training, as plain data.
// The zero value keeps it constant.
type Schedule struct {
	Warmup int     `json:"warmup,omitempty"` // epochs during which it rises linearly to its full value (Goyal et al. 2017)
	Steps  []int   `json:"steps,omitempty"`  // epochs after which it is multiplied by Factor
	Factor float64 `json:"factor,omitempty"` // default 0.1
	Cosine bool    `json:"cosine,omitempty"` // it falls to 0 along half a cosine, from the warm-up's end to the last epoch (Loshchilov & Hutter 2017)

	// Factors on the full value at evenly spaced times, from the beginning of the training to its end, joined by straight lines: {1, 0} falls
	// to 0, {0, 1, 0} rises and falls, as a cyclical rate does (Smith 2017), and many values follow any function. A step takes the mean over
	// its time. Not together with the fields above. Patience counts epochs at a low rate like others.
	PiecewiseLinear []float64 `json:"piecewise_linear,omitempty"`
}

// Resolved returns the schedule with its default filled in, and with slices of its own.
func (s Schedule) Resolved() Schedule {
	if len(s.Steps) > 0 && s.Factor == 0 {
		s.Factor = 0.1
	}
	s.Steps, s.PiecewiseLinear = append([]int(nil), s.Steps...), append([]float64(nil), s.PiecewiseLinear...)
	return s
}

// Constant reports whether the learning rate never changes.
func (s Schedule) Constant() bool {
	return s.Warmup == 0 && len(s.Steps) == 0 && !s.Cosine && len(s.PiecewiseLinear) == 0
}

// Valid returns an error that says what is wrong with a resolved schedule for so many epochs, if anything is.
func (s Schedule) Valid(epochs int) error {
	switch {
	case s.Warmup < 0 || s.Warmup >= epochs && s.Warmup > 0:
		return fmt.Errorf("a warm-up of %d epochs does not fit into a training of %d; set Warmup below that, and not below 0", s.Warmup, epochs)
	case len(s.Steps) > 0 && s.Cosine:
		return fmt.Errorf("the schedule has both steps and a cosine; choose one of the two")
	case !rising(s.Steps) || len(s.Steps) > 0 && (s.Steps[0] < 1 || s.Steps[len(s.Steps)-1] >= epochs):
		return fmt.Errorf("the schedule's steps after epochs %v do not rise from 1 to before the last of %d epochs; list the epochs in ascending order within these", s.Steps, epochs)
	case len(s.Steps) > 0 && !(s.Factor > 0 && s.Factor <= 1):
		return fmt.Errorf("the schedule's factor is %g; it must be above 0 and at most 1", s.Factor)
	case len(s.PiecewiseLinear) > 0:
		return s.validLine()
	case len(s.Steps) == 0 && s.Factor != 0:
		return fmt.Errorf("the schedule has a factor, %g, but no steps; give it Steps, the epochs after which the factor applies", s.Factor)
	}
	return nil
}

// maxValues and maxFactor bound a piecewise linear schedule.
const maxValues, maxFactor = 10_000, 1000

// validLine is Valid for a piecewise linear schedule.
func (s Schedule) validLine() error {
	line := s.PiecewiseLinear
	if s.Warmup > 0 || len(s.Steps) > 0 || s.Factor != 0 || s.Cosine {
		return fmt.Errorf("the schedule is piecewise linear and has a warm-up, steps, a factor or a cosine, too; choose one, and put a warm-up into PiecewiseLinear")
	}
	if len(line) < 2 || len(line) > maxValues {
		return fmt.Errorf("the piecewise linear schedule has %s; give it 2 to %d, from the beginning of the training to its end", words.Plural(len(line), "value"), maxValues)
	}
	for i, v := range line {
		if !(v >= 0 && v <= maxFactor) {
			return fmt.Errorf("value %d of the piecewise linear schedule is %g; it is a factor on the learning rate, between 0 and %d", i+1, v, maxFactor)
		}
	}
	if slices.Max(line) == 0 {
		return fmt.Errorf("all values of the piecewise linear schedule are 0, with which nothing is learnt; they are factors on the learning rate")
	}
	return nil
}

// rising reports whether each number is above the one before it.
func rising(steps []int) bool {
	return slices.IsSorted(steps) && len(slices.Compact(slices.Clone(steps))) == len(steps)
}

// Stretched returns the schedule scaled from one number of epochs to another, and resolved. Steps that would fall on the same epoch
// become one, and no step comes before the end of the first epoch.
func (s Schedule) Stretched(from, to int) Schedule {
	s.Warmup = s.Warmup * to / from
	s.Steps = slices.Compact(num.Map(s.Steps, func(step int) int { return max(1, step*to/from) }))
	return s.Resolved()
}

// Rates returns the learning rates of n steps, beginning with step first (counted from 0), in a training of
// so many epochs with the full rate base.
func (s Schedule) Rates(base float64, first, n, perEpoch, epochs int) []float64 {
	return num.Make(n, func(i int) float64 {
		return base * s.share(float64(first+i)/float64(perEpoch), 1/float64(perEpoch), float64(epochs))
	})
}

// share returns the share of the full rate for a step that begins at an epoch.
func (s Schedule) share(epoch, step, epochs float64) float64 {
	warmup := float64(s.Warmup)
	switch {
	case epoch < warmup:
		return (epoch + step) / warmup
	case s.Cosine:
		return (1 + math.Cos(math.Pi*(epoch-warmup)/(epochs-warmup))) / 2
	case len(s.PiecewiseLinear) > 0:
		pieces := float64(len(s.PiecewiseLinear)-1) / epochs
		return s.meanLine(epoch*pieces, (epoch+step)*pieces)
	}
	share := 1.0
	for _, at := range s.Steps {
		if epoch >= float64(at) {
			share *= s.Factor
		}
	}
	return share
}

// meanLine returns the mean of the piecewise linear schedule from one time to another, in pieces; beyond its end, where epochs are
// timed, its last value.
func (s Schedule) meanLine(from, to float64) float64 {
	line := s.PiecewiseLinear
	last := len(line) - 1
	if from >= float64(last) {
		return line[last]
	}
	to = min(to, float64(last))
	sum := 0.0
	for k := int(from); k < last && float64(k) < to; k++ {
		begin, end := max(from, float64(k)), min(to, float64(k+1))
		sum += (end - begin) * (line[k] + ((begin+end)/2-float64(k))*(line[k+1]-line[k]))
	}
	return sum / (to - from)
}
