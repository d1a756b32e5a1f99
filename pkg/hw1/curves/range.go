package curves

import (
	"math"
	"slices"

	"hw1/pkg/hw1/figure"
)

// lateHigh returns the highest value of a curve's second half, -Inf if it has none.
func lateHigh(c figure.Curve) float64 {
	return slices.Max(append(slices.Clone(c.High[len(c.High)/2:]), math.Inf(-1)))
}

// shareY gives logarithmic panels the same y range, so that they can be compared by eye; if values are below 0, a plain one. A
// share of it stays free for the legend, above the highest value on the legend's side, but not so much that the legend had better
// stand beside the panel, as [figure] then puts it.
func shareY(panels []*figure.Panel, late, share float64) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, p := range panels {
		lo, hi = min(lo, p.Y.Min), max(hi, p.Y.Max)
	}
	if share > 0.75 { // of nine names or more
		share = 0
	}
	if share = min(share, 0.6); lo < 0 {
		hi = max(hi, lo+(late-lo)/(1-share))
	} else if late > 0 {
		hi = max(hi, lo*math.Pow(late/lo, 1/(1-share)))
	}
	for _, p := range panels {
		if lo < 0 {
			p.PlainY()
		}
		p.Y.Min, p.Y.Max = lo, hi
	}
}
