package hw1

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/cell"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Verdict is a claim that a cell computed, with the figures it rests on.
type Verdict struct {
	Claim    string `json:"claim"`
	Answer   string `json:"answer"` // "true", "false" or "open"
	Evidence string `json:"evidence"`

	Source string `json:"source"` // what the source says, where this is for or against it
	Denies bool   `json:"denies"` // the source's claim, where it is true
	Seeds  int    `json:"seeds"`
	Here   string `json:"here"` // what holds, in a few words
	Own    bool   `json:"own"`  // about a bar that this report sets itself
}

// Claim returns a verdict; the evidence is formatted as by fmt.Sprintf, and a []float64 as "0.1, 0.2, 0.3",
// each number by the verb. Where it has a NaN, something could not be measured (at quick budgets, say), and the verdict is open.
func Claim(claim string, holds bool, evidence string, args ...any) Verdict {
	v := Verdict{Claim: claim, Answer: fmt.Sprint(holds), Evidence: words.Sprintf(evidence, args...)}
	if notMeasured.MatchString(v.Evidence) {
		v.Answer, v.Evidence = "open", dashed(v.Evidence)
	}
	return v
}

// notMeasured finds a number that could not be measured, which is no part of a word.
var notMeasured = regexp.MustCompile(`\bNaN\b`)

// dashed has a dash for what could not be measured.
func dashed(text string) string { return notMeasured.ReplaceAllString(text, "–") }

// OpenIf returns the verdict, open where the evidence does not decide.
func (v Verdict) OpenIf(undecided bool) Verdict {
	if undecided {
		v.Answer = "open"
	}
	return v
}

// For returns the verdict as one for what the source says. The report begins with a table of the source's
// claims: of each it has all verdicts for and against it, over how many seeds, and in a few words, formatted
// as the evidence is, what holds here or in which case.
func (v Verdict) For(source string, seeds int, here string, args ...any) Verdict {
	v.Source, v.Seeds, v.Here = source, seeds, dashed(words.Sprintf(here, args...))
	return v
}

// Against is [Verdict.For] where the verdict claims the contrary of what the source says.
func (v Verdict) Against(source string, seeds int, here string, args ...any) Verdict {
	v = v.For(source, seeds, here, args...)
	v.Denies = true
	return v
}

// Bar returns the verdict as one about a bar that this report sets itself, such as an accuracy to
// reach: no finding, and in the report's appendix.
func (v Verdict) Bar() Verdict {
	v.Own = true
	return v
}

// String says what is claimed, whether it holds, and why.
func (v Verdict) String() string { return fmt.Sprintf("%s: %s (%s)", v.Claim, v.Answer, v.Evidence) }

// ShowReading displays verdicts as a list.
func ShowReading(verdicts ...Verdict) {
	if len(verdicts) == 0 {
		Must(errors.New("there is no verdict to show; give ShowReading one or more"))
	}
	var list, plain strings.Builder
	for _, v := range verdicts {
		sign := map[string]string{"true": "✓", "false": "✗", "open": "?"}[v.Answer]
		fmt.Fprintf(&list, "- %s %s: **%s** (%s)\n", sign, literal.Replace(v.Claim), v.Answer, literal.Replace(v.Evidence))
		fmt.Fprintf(&plain, "%s %s\n", sign, v)
	}
	text, err := json.Marshal(verdicts)
	Must(err)
	cell.Send("reading", "", cell.Output{
		Data:     map[string]any{cell.Markdown: list.String(), cell.Text: plain.String()},
		Metadata: map[string]any{"hw1.verdicts": string(text)},
	})
}

// literal makes text into Markdown that shows it as it is.
var literal = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", `\*`, "_", `\_`, "`", "\\`", "$", `\$`, `\`, `\\`)

// Numbers are what a claim rests on: a number of each of several things, which prints as
// "deep 5.7e-05, middle 0.0025, shallow 1.3e-05". Numbers.Values returns them alone, and
// Numbers.Over their ratios to others.
type Numbers = words.Numbers

// NumbersOf returns a number of each run, or of another thing that has a label; it is
// printed by the verb, such as %.2g.
func NumbersOf[T interface{ Label() string }](verb string, all []T, of func(T) float64) Numbers {
	return words.NumbersOf(verb, all, of)
}

// Comparison is a row of a [CompareTable]: one figure, as the source gives it and as it is here.
type Comparison struct{ What, Source, Here string }

// Compare returns a comparison. The source's figures are typed, those here are
// computed: each is formatted by the verb, such as %.2f, and NaN as a dash.
func Compare[T any](what, source, verb string, here ...T) Comparison {
	texts := num.Map(here, func(value T) string { return dashed(fmt.Sprintf(verb, value)) })
	return Comparison{what, source, strings.Join(texts, " / ")}
}

// CompareTable returns a table of the source's figures beside those here.
func CompareTable(caption string, rows ...Comparison) (*figure.Table, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("hw1.CompareTable needs at least one row")
	}
	t := figure.NewTable(caption, "source", "figure", "source", "here")
	for _, row := range rows {
		if row.Source == "" || row.Here == "" || strings.Contains(row.Here, "%!") {
			return nil, fmt.Errorf("the row %q of a comparison has the figures %q and %q; give it both, and a verb that fits", row.What, row.Source, row.Here)
		}
		t.Rows = append(t.Rows, []string{row.What, row.Source, row.Here})
	}
	return t, nil
}
