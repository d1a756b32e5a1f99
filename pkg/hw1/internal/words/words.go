// Package words formats numbers and names for figures, tables and messages.
package words

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// Float formats a number so that it reads back unchanged, and NaN as
// an empty field.
func Float(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// Optional returns where a number is, or nil for NaN, which JSON has not.
func Optional(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

// Number is the inverse of [Optional].
func Number(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// Significant formats a number with so many significant digits, including trailing zeros, so
// that the numbers of a column look equally precise.
func Significant(digits int, value float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%#.*g", digits, value), ".")
}

// MedianRange writes values as "median (lowest – highest)".
func MedianRange(values []float64) string { return Range(2, values) }

// Range is MedianRange with so many significant digits.
func Range(digits int, values []float64) string {
	return fmt.Sprintf("%s (%s – %s)", Significant(digits, num.Median(values)), Significant(digits, slices.Min(values)), Significant(digits, slices.Max(values)))
}

// Fixed writes a number with so many decimals and its unit, and NaN as a dash.
func Fixed(decimals int, value float64, unit string) string {
	if math.IsNaN(value) {
		return "–"
	}
	return strconv.FormatFloat(value, 'f', decimals, 64) + unit
}

// Decimals formats a number with so many decimals or, if that would turn a nonzero number into 0, with two significant digits.
func Decimals(decimals int, value float64) string {
	text := Fixed(decimals, value, "")
	if value != 0 && strings.Trim(text, "-0.") == "" {
		return Significant(2, value)
	}
	return text
}

// Percent formats a share as 12.34 %.
func Percent(share float64) string { return Fixed(2, 100*share, " %") }

// Sprintf formats like fmt.Sprintf, but a list of numbers becomes "1.0, 2.0, 3.0", with the verb applied to each.
func Sprintf(format string, args ...any) string {
	args = slices.Clone(args)
	for i, arg := range args {
		if values, ok := arg.([]float64); ok {
			args[i] = list(values)
		}
	}
	return fmt.Sprintf(format, args...)
}

type list []float64

func (l list) Format(state fmt.State, verb rune) {
	for i, value := range l {
		if i > 0 {
			fmt.Fprint(state, ", ")
		}
		fmt.Fprintf(state, fmt.FormatString(state, verb), value)
	}
}

// Thousands writes 20000 as 20,000.
func Thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Plural writes a number with its noun: 1 run, 2 runs.
func Plural(n int, noun string) string { return fmt.Sprint(n, " ", inflected(n, noun)) }

// inflected returns a noun in the number that n of it take.
func inflected(n int, noun string) string {
	ends := func(with string) bool { return strings.HasSuffix(noun, with) }
	switch {
	case n == 1:
		return noun
	case ends("s") || ends("x") || ends("z") || ends("sh") || ends("ch") && !ends("epoch"): // classes, boxes, batches
		return noun + "es"
	case ends("y") && len(noun) > 1 && !strings.ContainsAny(noun[len(noun)-2:len(noun)-1], "aeiou"): // studies, but days
		return noun[:len(noun)-1] + "ies"
	}
	return noun + "s"
}

// Count writes a number with its noun as a text does: one seed, ten networks, 500 batches, 60,000 images. Up to twelve it is in words; without a noun, it is in digits.
func Count(n int, noun string) string {
	number := Thousands(n)
	if small := strings.Fields("zero one two three four five six seven eight nine ten eleven twelve"); n >= 0 && n < len(small) && noun != "" {
		number = small[n]
	}
	if noun == "" {
		return number
	}
	return number + " " + inflected(n, noun)
}

// Rate formats a number per second.
func Rate(perSecond float64) string {
	if perSecond < 10 {
		return fmt.Sprintf("%.2g", perSecond)
	}
	return Thousands(int(perSecond))
}

// Duration writes seconds as 4.2 s, 42 s or 3 min 20 s.
func Duration(seconds float64) string {
	switch {
	case !check.IsFinite(seconds):
		return "?"
	case seconds < 10:
		return fmt.Sprintf("%.1f s", seconds)
	case seconds < 100:
		return fmt.Sprintf("%.0f s", seconds)
	}
	return fmt.Sprintf("%d min %d s", int(seconds)/60, int(seconds)%60)
}

// Hash returns the first half of the SHA-256 of a text, in hexadecimal: runs, analyses and what cells declare are kept under it.
func Hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// ToldApart returns labels; those of which another thing has the same but with different details are followed by their own details.
func ToldApart(labels, details []string, join string) []string {
	apart := slices.Clone(labels)
	for i, label := range labels {
		for j, other := range labels {
			if other == label && details[j] != details[i] {
				apart[i] = label + join + details[i]
			}
		}
	}
	return apart
}

// Slug turns a label into a part of a file name, such as "batch-64-rate-0-01".
func Slug(label string) string {
	words := strings.FieldsFunc(strings.ToLower(label), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-")
}

// Numbers are what a claim rests on: one number for each of several things, printed as
// "deep 5.7e-05, middle 0.0025, shallow 1.3e-05".
type Numbers struct {
	names  []string
	values []float64
	verb   string
}

// NumbersOf returns one number for each run, or for each of other things with a label, to be
// printed with the verb, such as %.2g.
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

// Values returns the plain numbers.
func (n Numbers) Values() []float64 { return slices.Clone(n.values) }

// String writes each number after its name.
func (n Numbers) String() string {
	texts := num.Make(len(n.values), func(i int) string { return n.names[i] + " " + fmt.Sprintf(n.verb, n.values[i]) })
	return strings.Join(texts, ", ")
}
