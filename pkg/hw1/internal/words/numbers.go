package words

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"hw1/pkg/hw1/internal/num"
)

// Numbers are what a claim rests on: a number of each of several things, which prints as
// "deep 5.7e-05, middle 0.0025, shallow 1.3e-05".
type Numbers struct {
	names  []string
	values []float64
	verb   string
}

// NumbersOf returns a number of each run, or of another thing that has a label; it is
// printed by the verb, such as %.2g.
func NumbersOf[T interface{ Label() string }](verb string, all []T, of func(T) float64) Numbers {
	n := Numbers{verb: verb}
	for _, one := range all {
		if of == nil {
			break
		}
		n.names, n.values = append(n.names, one.Label()), append(n.values, of(one))
	}
	return n
}

// Values returns the numbers alone.
func (n Numbers) Values() []float64 { return slices.Clone(n.values) }

// String writes each number behind its name.
func (n Numbers) String() string {
	texts := num.Make(len(n.values), func(i int) string { return n.names[i] + " " + fmt.Sprintf(n.verb, n.values[i]) })
	return strings.Join(texts, ", ")
}

// Over returns the numbers divided by others, of the same things in their order, to be printed
// as ×2.5.
func (n Numbers) Over(others ...float64) Numbers {
	ratios := slices.Repeat([]float64{math.NaN()}, len(n.values)) // where there is no other
	for i, other := range others[:min(len(others), len(ratios))] {
		ratios[i] = n.values[i] / other
	}
	return Numbers{n.names, ratios, "×%.2g"}
}
