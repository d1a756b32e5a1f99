package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// This file decides where axes have ticks, and what their labels are.

// ticksOn returns the ticks that lie on an axis.
func ticksOn(axis plot.Axis) []plot.Tick {
	ticks := slices.Clone(axis.Tick.Marker.Ticks(axis.Min, axis.Max))
	return slices.DeleteFunc(ticks, func(t plot.Tick) bool { return !(t.Value >= axis.Min && t.Value <= axis.Max) })
}

// plainTicks marks multiples of 1, 2 or 5 times a power of ten, three to seven of them.
// (gonum's default would put ticks at -0.8, 0 and 0.8 on an axis from -1 to 1.)
type plainTicks struct{}

// Ticks implements plot.Ticker.
func (plainTicks) Ticks(lo, hi float64) []plot.Tick {
	if isFlat(lo, hi) || !check.IsFinite(hi-lo) {
		return []plot.Tick{{Value: lo, Label: shortNumber(lo, 0)}}
	}
	step := tickStep(hi - lo)
	var ticks []plot.Tick
	for k := math.Ceil(lo/step - 1e-6); k <= hi/step+1e-6; k++ {
		ticks = append(ticks, plot.Tick{Value: k * step, Label: shortNumber(k*step, hi-lo)})
	}
	return ticks
}

// isFlat reports whether the ends of an axis are one value, up to rounding: between them are no numbers for ticks.
func isFlat(lo, hi float64) bool { return !(hi-lo > 1e-13*max(math.Abs(lo), math.Abs(hi))) }

// tickStep returns the smallest step, of 1, 2 or 5 times a power of ten, that fits into a
// length at most six times.
func tickStep(length float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(length/6)))
	for _, m := range []float64{1, 2, 5} {
		if length <= 6*m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// shortNumber writes a tick's number with no more digits than an axis of this length needs:
// 250, 0.5, −1, 20,000, 1e-5.
func shortNumber(value, length float64) string {
	if math.Abs(value) < 1e-9*length {
		return "0" // up to rounding
	}
	precision := 6
	for step := math.Abs(value) * 1e-5; length > 0 && step > length/10 && precision < 10; step /= 10 {
		precision++ // so that neighbours differ
	}
	digits := strconv.FormatFloat(math.Abs(value), 'g', precision, 64)
	if rounded, err := strconv.ParseFloat(digits, 64); err == nil && rounded >= 1e-4 && rounded < 1e7 {
		digits = strconv.FormatFloat(rounded, 'f', -1, 64)
		if rounded >= 1e4 && rounded == math.Trunc(rounded) {
			digits = words.Thousands(int(rounded))
		}
	}
	digits = strings.NewReplacer("e-0", "e-", "e+0", "e").Replace(digits)
	if value < 0 {
		return "−" + digits
	}
	return digits
}

// roundEnds moves the ends of an axis to the next tick if that is near.
func roundEnds(axis *plot.Axis) {
	length := axis.Max - axis.Min
	if !(length > 0) || !check.IsFinite(length) {
		return
	}
	step := tickStep(length)
	if end := step * math.Floor(axis.Min/step); axis.Min-end < 0.03*length {
		axis.Min = end
	}
	if end := step * math.Ceil(axis.Max/step); end-axis.Max < 0.03*length {
		axis.Max = end
	}
}

// nameRunes is the most characters of a tick's name.
const nameRunes = 16

// NamedTicks labels 0, 1, … with names; long ones are cut.
func NamedTicks(names []string) plot.ConstantTicks {
	return num.Make(len(names), func(i int) plot.Tick { return plot.Tick{Value: float64(i), Label: cut(names[i], nameRunes)} })
}

// cut returns a text of at most so many characters; if it is cut, it ends in an ellipsis.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// LogX gives the panel a logarithmic x axis, for positive values.
func (p *Panel) LogX() { p.X.Scale, p.X.Tick.Marker = logScale{}, LogTicks{most: 7} }

// LogY gives the panel a logarithmic y axis, unless it draws values below 0: see [Panel.Points].
func (p *Panel) LogY() { p.Y.Scale, p.Y.Tick.Marker = logScale{}, LogTicks{} }

// PlainY gives the panel the y axis that it has without [Panel.LogY], unless it has ticks of its own.
func (p *Panel) PlainY() {
	p.Y.Scale = plot.LinearScale{}
	if _, logarithmic := p.Y.Tick.Marker.(LogTicks); logarithmic {
		p.Y.Tick.Marker = plainTicks{}
	}
}

// logScale is gonum's logarithmic scale, except at one value. gonum draws the label of an axis
// at its middle, yet reserves room for it at the mean of the two ends, which lies near the
// upper end of a logarithmic axis: a long label then takes a fifth of the panel. This scale
// maps that mean to the middle, so that both agree. See [logScale.unround].
type logScale struct{ plot.LogScale }

// Normalize implements plot.Normalizer.
func (s logScale) Normalize(lo, hi, x float64) float64 {
	if x == 0.5*(hi+lo) {
		return 0.5
	}
	return s.LogScale.Normalize(lo, hi, x)
}

// unround moves an end of the axis imperceptibly, so that no tick or data point lies exactly at
// the mean of the ends.
func (logScale) unround(axis *plot.Axis) { axis.Max *= 1 + 1.2345678e-9 }

// LogTicks marks powers of ten and, on a short axis, also some of their multiples: as many as
// there is room for. Between them are minor ticks, unless they would be too dense. An axis with
// fewer than three of these marks has plain ticks.
type LogTicks struct {
	most int // labels; 0 means 8
	// raster says that the labels are drawn as pixels, with the built-in font, which lacks most
	// superscripts, and not by the reader's browser.
	Raster bool
}

// multiples are the choices of multiples that may be labelled in every decade, the densest
// first.
var multiples = [][]int{{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 5, 7}, {1, 2, 5}, {1, 3}, {1}}

// denseDecades is the most decades for which there are minor ticks.
const denseDecades = 5

// Ticks implements plot.Ticker.
func (t LogTicks) Ticks(lo, hi float64) []plot.Tick {
	if lo <= 0 || countTicks(multiples[0], lo, hi) < 3 {
		return plainTicks{}.Ticks(lo, hi) // too short for multiples of a power of ten
	}
	labelled, every := t.choose(lo, hi)
	first, last := int(math.Floor(math.Log10(lo))), int(math.Ceil(math.Log10(hi)))
	var ticks []plot.Tick
	for e := first; e <= last; e++ {
		for m := 1; m <= 9; m++ {
			v := float64(m) * math.Pow(10, float64(e))
			if !within(v, lo, hi) || m > 1 && math.Log10(hi/lo) > denseDecades {
				continue
			}
			label := ""
			if slices.Contains(labelled, m) && e%every == 0 {
				label = tickLabel(m, e)
				if t.Raster {
					label = shortNumber(v, 0)
				}
			}
			ticks = append(ticks, plot.Tick{Value: v, Label: label})
		}
	}
	return ticks
}

// choose returns which multiples are labelled and in every how many decades: as many as there
// is room for. All nine fit only on less than half a decade.
func (t LogTicks) choose(lo, hi float64) (labelled []int, every int) {
	most := cmp.Or(t.most, 8)
	for i, labelled := range multiples {
		if n := countTicks(labelled, lo, hi); n <= most && (i > 0 || hi/lo < 3) && (n > 1 || len(labelled) > 1) {
			return labelled, 1
		}
	}
	return []int{1}, 1 + int(math.Log10(hi/lo))/most
}

// countTicks returns how many multiples of powers of ten lie in a range.
func countTicks(labelled []int, lo, hi float64) int {
	n := 0
	for e := math.Floor(math.Log10(lo)); e <= math.Ceil(math.Log10(hi)); e++ {
		for _, m := range labelled {
			if within(float64(m)*math.Pow(10, e), lo, hi) {
				n++
			}
		}
	}
	return n
}

// within reports whether a value is in a range, up to rounding.
func within(v, lo, hi float64) bool { return v >= lo*0.9999 && v <= hi*1.0001 }

// tickLabel writes m·10^e: as a plain number near 1, otherwise as 10⁻⁴ or 2·10⁻⁴.
func tickLabel(m, e int) string {
	if e >= -2 && e <= 3 {
		return shortNumber(float64(m)*math.Pow(10, float64(e)), 0)
	}
	power := "10" + superscripts.Replace(fmt.Sprint(e))
	if m == 1 {
		return power
	}
	return fmt.Sprintf("%d·%s", m, power)
}

var superscripts = strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")
