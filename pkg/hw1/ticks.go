package hw1

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// This file is where axes are marked, and what numbers stand there.

// plainTicks marks multiples of 1, 2 or 5 times a power of ten, three to six of
// them. (gonum's own ticks stand at -0.8, 0 and 0.8 of an axis from -1 to 1.)
type plainTicks struct{}

// Ticks implements plot.Ticker.
func (plainTicks) Ticks(lo, hi float64) []plot.Tick {
	if !(hi > lo) || !isFinite(hi-lo) {
		return plot.DefaultTicks{}.Ticks(lo, hi)
	}
	step := tickStep(hi - lo)
	var ticks []plot.Tick
	for k := math.Ceil(lo/step - 1e-6); k <= hi/step+1e-6; k++ {
		ticks = append(ticks, plot.Tick{Value: k * step, Label: shortNumber(k*step, hi-lo)})
	}
	return ticks
}

// tickStep returns the least step of 1, 2 or 5 times a power of ten of which at
// most five fit in a length.
func tickStep(length float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(length/5)))
	for _, m := range []float64{1, 2, 5} {
		if length <= 5*m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// shortNumber writes a number of a range with no more digits than it takes: 250,
// 0.5, −1, 1e-5.
func shortNumber(value, length float64) string {
	if math.Abs(value) < 1e-9*length {
		return "0" // but for rounding
	}
	digits := strconv.FormatFloat(math.Abs(value), 'g', 6, 64)
	if rounded, err := strconv.ParseFloat(digits, 64); err == nil && rounded >= 1e-4 && rounded < 1e7 {
		digits = strconv.FormatFloat(rounded, 'f', -1, 64)
	}
	digits = strings.NewReplacer("e-0", "e-", "e+0", "e").Replace(digits)
	if value < 0 {
		return "−" + digits
	}
	return digits
}

// logY gives a panel a logarithmic y axis for the positive values.
func logY(p *plot.Plot) {
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, logTicks{}
}

// logTicks marks powers of ten, as many as can be told apart, with minor ticks
// between; on a range of about two decades or less, 1, 2 and 5 of each, and on one
// of less than half a decade all.
type logTicks struct {
	// raster says that the labels are drawn as pixels: with the font at hand, which
	// lacks most superscripts, and not by the reader's browser.
	raster bool
}

// Ticks implements plot.Ticker.
func (t logTicks) Ticks(lo, hi float64) []plot.Tick {
	if lo <= 0 || hi <= lo {
		return plot.DefaultTicks{}.Ticks(lo, hi)
	}
	first, last := int(math.Floor(math.Log10(lo))), int(math.Ceil(math.Log10(hi)))
	every := 1 + (last-first)/8
	narrow, narrowest := math.Log10(hi/lo) < 2.2, math.Log10(hi/lo) < 0.6
	var ticks []plot.Tick
	for e := first; e <= last; e++ {
		for m := 1; m <= 9; m++ {
			v := float64(m) * math.Pow(10, float64(e))
			if v < lo*0.9999 || v > hi*1.0001 {
				continue
			}
			label := ""
			if m == 1 && (e-first)%every == 0 || narrow && (m == 2 || m == 5) || narrowest {
				label = tickLabel(m, e)
				if t.raster {
					label = shortNumber(v, 0)
				}
			}
			ticks = append(ticks, plot.Tick{Value: v, Label: label})
		}
	}
	return ticks
}

// tickLabel writes m·10^e: plainly near 1, else as 10⁻⁴ or 2·10⁻⁴.
func tickLabel(m, e int) string {
	if e >= -2 && e <= 3 {
		return strings.TrimSuffix(fmt.Sprintf("%g", float64(m)*math.Pow(10, float64(e))), ".0")
	}
	power := "10" + superscript(e)
	if m == 1 {
		return power
	}
	return fmt.Sprintf("%d·%s", m, power)
}

func superscript(n int) string {
	digits := map[rune]rune{
		'-': '⁻', '0': '⁰', '1': '¹', '2': '²', '3': '³', '4': '⁴',
		'5': '⁵', '6': '⁶', '7': '⁷', '8': '⁸', '9': '⁹',
	}
	return strings.Map(func(r rune) rune { return digits[r] }, fmt.Sprint(n))
}
