package optim

import (
	"math"
	"slices"
	"testing"

	"hw1/pkg/hw1/internal/hw1test"
)

func TestSchedule(t *testing.T) {
	const perEpoch, epochs = 4, 10
	for name, c := range map[string]struct {
		Schedule
		at   map[int]float64 // share of the full rate, by step
		says string
	}{
		"constant":  {Schedule{}, map[int]float64{0: 1, 39: 1}, ""},
		"steps":     {Schedule{Steps: []int{3, 6}, Factor: 0.5}, map[int]float64{0: 1, 11: 1, 12: 0.5, 23: 0.5, 24: 0.25, 39: 0.25}, ""},
		"a tenth":   {Schedule{Steps: []int{9}}, map[int]float64{35: 1, 36: 0.1}, ""},
		"cosine":    {Schedule{Cosine: true}, map[int]float64{0: 1, 20: 0.5, 10: (1 + math.Sqrt2/2) / 2, 30: (1 - math.Sqrt2/2) / 2}, ""},
		"warm-up":   {Schedule{Warmup: 2}, map[int]float64{0: 0.125, 3: 0.5, 7: 1, 8: 1, 39: 1}, ""},
		"both":      {Schedule{Warmup: 2, Cosine: true}, map[int]float64{7: 1, 8: 1, 24: 0.5}, ""},
		"longest":   {Schedule{Warmup: 9}, map[int]float64{0: 1.0 / 36, 35: 1, 39: 1}, ""},
		"at ends":   {Schedule{Steps: []int{1, 9}, Factor: 1}, map[int]float64{0: 1, 39: 1}, ""},
		"short":     {Schedule{Warmup: 1, Steps: []int{1}}, map[int]float64{0: 0.25, 3: 1, 4: 0.1}, ""},
		"cycle":     {Schedule{PiecewiseLinear: []float64{0, 1, 0}}, map[int]float64{0: 0.025, 10: 0.525, 19: 0.975, 20: 0.975, 39: 0.025}, ""},
		"falls":     {Schedule{PiecewiseLinear: []float64{1, 0}}, map[int]float64{0: 0.9875, 39: 0.0125, 40: 0, 50: 0}, ""},
		"unequal":   {Schedule{PiecewiseLinear: []float64{0.1, 2, 2, 0.5, 0}}, map[int]float64{0: 0.195, 5: 1.145, 10: 2, 19: 2, 25: 1.175, 30: 0.475, 38: 0.075}, ""},
		"one value": {Schedule{PiecewiseLinear: []float64{1}}, nil, "has 1 value;"},
		"many":      {Schedule{PiecewiseLinear: make([]float64, 10_001)}, nil, "has 10001 values"},
		"below":     {Schedule{PiecewiseLinear: []float64{1, -1}}, nil, "value 2 of the piecewise linear schedule is -1"},
		"nowhere":   {Schedule{PiecewiseLinear: []float64{math.NaN(), 1}}, nil, "value 1 of the piecewise linear schedule is NaN"},
		"endless":   {Schedule{PiecewiseLinear: []float64{1, math.Inf(1)}}, nil, "between 0 and 1000"},
		"zeros":     {Schedule{PiecewiseLinear: []float64{0, 0}}, nil, "all values"},
		"two lines": {Schedule{PiecewiseLinear: []float64{1, 0}, Warmup: 1}, nil, "choose one"},
		"a factor":  {Schedule{PiecewiseLinear: []float64{1, 0}, Factor: 0.5}, nil, "choose one"},
		"too long":  {Schedule{Warmup: 10}, nil, "a warm-up of 10 epochs"},
		"negative":  {Schedule{Warmup: -1}, nil, "a warm-up of -1 epochs"},
		"below 0":   {Schedule{Steps: []int{3}, Factor: -0.5}, nil, "factor is -0.5"},
		"no number": {Schedule{Steps: []int{3}, Factor: math.NaN()}, nil, "factor is NaN"},
		"two kinds": {Schedule{Steps: []int{3}, Cosine: true}, nil, "steps and a cosine"},
		"falling":   {Schedule{Steps: []int{3, 2}}, nil, "do not rise"},
		"twice":     {Schedule{Steps: []int{3, 3}}, nil, "do not rise"},
		"at once":   {Schedule{Steps: []int{0}}, nil, "do not rise from 1"},
		"too late":  {Schedule{Steps: []int{10}}, nil, "before the last of 10"},
		"growing":   {Schedule{Steps: []int{3}, Factor: 2}, nil, "factor is 2"},
		"no steps":  {Schedule{Factor: 0.5}, nil, "no steps"},
	} {
		s := c.Resolved()
		if constant := name == "constant" || name == "no steps"; s.Constant() != constant {
			t.Errorf("%s is constant: %t", name, !constant)
		}
		if err := s.Valid(epochs); c.says != "" || err != nil {
			if hw1test.CheckMessage(t, hw1test.MessageOf(err), c.says); t.Failed() {
				t.Fatal(name)
			}
			continue
		}
		for step, want := range c.at {
			got := s.Rates(0.3, step, 1, perEpoch, epochs)
			hw1test.CheckNear(t, name, got, []float64{0.3 * want}, 1e-15)
		}
	}
	if s := (Schedule{Warmup: 6, Steps: []int{30, 60}}).Stretched(90, 3); s.Warmup != 0 || !slices.Equal(s.Steps, []int{1, 2}) {
		t.Errorf("90 epochs stretched to 3 give %+v", s)
	}
	if s := (Schedule{Warmup: 25, Steps: []int{30, 60}, Factor: 0.5}).Stretched(100, 10); s.Warmup != 2 || !slices.Equal(s.Steps, []int{3, 6}) || s.Factor != 0.5 {
		t.Errorf("100 epochs stretched to 10 give %+v", s)
	}
	if s := (Schedule{Steps: []int{5, 40, 60}}).Stretched(90, 3); !slices.Equal(s.Steps, []int{1, 2}) {
		t.Errorf("steps that fall on one epoch are %v", s.Steps)
	}
}

// A schedule that swings faster than the steps gives each of them its mean, which sums to the whole.
func TestFastPiecewiseLinearSchedule(t *testing.T) {
	swing := make([]float64, 21)
	for i := range swing {
		swing[i] = float64(i % 2)
	}
	hw1test.CheckNear(t, "ten steps", Schedule{PiecewiseLinear: swing}.Rates(1, 0, 10, 1, 10), slices.Repeat([]float64{0.5}, 10), 1e-15)
	hw1test.CheckNear(t, "one step", Schedule{PiecewiseLinear: []float64{0, 1, 0}}.Rates(1, 0, 1, 1, 1), []float64{0.5}, 1e-15)
	hw1test.CheckNear(t, "a bend within a step", Schedule{PiecewiseLinear: []float64{0, 1, 1}}.Rates(1, 0, 3, 1, 3), []float64{1.0 / 3, 11.0 / 12, 1}, 1e-15)
}
