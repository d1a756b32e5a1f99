package words

import (
	"fmt"
	"math"
	"slices"
	"strings"
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
	texts := make([]string, len(n.values))
	for i, value := range n.values {
		texts[i] = n.names[i] + " " + fmt.Sprintf(n.verb, value)
	}
	return strings.Join(texts, ", ")
}

// Over returns the numbers divided by others, of the same things in their order, to be printed
// as ×2.5.
func (n Numbers) Over(others ...float64) Numbers {
	ratios := Numbers{n.names, slices.Clone(n.values), "×%.2g"}
	for i := range ratios.values {
		ratios.values[i] = math.NaN() // where there is no other
		if i < len(others) {
			ratios.values[i] = n.values[i] / others[i]
		}
	}
	return ratios
}
