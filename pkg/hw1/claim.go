package hw1

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"hw1/pkg/hw1/internal/cell"
)

// Verdict is a claim that a cell computed, with the figures it rests on.
type Verdict struct {
	Claim    string `json:"claim"`
	Answer   string `json:"answer"` // "true", "false" or "open"
	Evidence string `json:"evidence"`
}

// Claim returns a verdict; the evidence is formatted as by fmt.Sprintf. Where it has
// a NaN, something could not be measured (at quick budgets, say), and the verdict is open.
func Claim(claim string, holds bool, evidence string, args ...any) Verdict {
	v := Verdict{claim, fmt.Sprint(holds), fmt.Sprintf(evidence, args...)}
	if strings.Contains(v.Evidence, "NaN") {
		v.Answer, v.Evidence = "open", strings.ReplaceAll(v.Evidence, "NaN", "–")
	}
	return v
}

// OpenIf returns the verdict, open where the evidence does not decide.
func (v Verdict) OpenIf(undecided bool) Verdict {
	if undecided {
		v.Answer = "open"
	}
	return v
}

// ShowReading displays verdicts as a list.
func ShowReading(verdicts ...Verdict) {
	if len(verdicts) == 0 {
		stopOn(errors.New("there is no verdict to show; give ShowReading one or more"))
	}
	var list, plain strings.Builder
	for _, v := range verdicts {
		sign := map[string]string{"true": "✓", "false": "✗", "open": "?"}[v.Answer]
		fmt.Fprintf(&list, "- %s %s: **%s** (%s)\n", sign, literal.Replace(v.Claim), v.Answer, literal.Replace(v.Evidence))
		fmt.Fprintf(&plain, "%s %s: %s (%s)\n", sign, v.Claim, v.Answer, v.Evidence)
	}
	text, err := json.Marshal(verdicts)
	stopOn(err)
	cell.Send("reading", "", cell.Output{
		Data:     map[string]any{cell.Markdown: list.String(), cell.Text: plain.String()},
		Metadata: map[string]any{"hw1.verdicts": string(text)},
	})
}

// literal makes text into Markdown that shows it as it is.
var literal = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", `\*`, "_", `\_`, "`", "\\`", "$", `\$`, `\`, `\\`)

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

// Least reports whether the number of the name is the least of all, and no other is as small.
func (n Numbers) Least(name string) bool {
	i := slices.Index(n.names, name)
	for k, value := range n.values {
		if i < 0 || k != i && !(n.values[i] < value) {
			return false
		}
	}
	return i >= 0
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
