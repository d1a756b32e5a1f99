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

// Verdict is a claim that a cell has tested, with the numbers it rests on.
type Verdict struct {
	Claim    string `json:"claim"`
	Answer   string `json:"answer"` // "true", "false" or "open"
	Evidence string `json:"evidence"`

	Source string `json:"source"` // the source's claim that this verdict is about, if any
	Denies bool   `json:"denies"` // the verdict, if true, contradicts the source's claim
	Seeds  int    `json:"seeds"`
	Here   string `json:"here"` // what holds here, in a few words
	Own    bool   `json:"own"`  // the verdict is about a bar that this report sets itself
}

// Claim returns a verdict. The evidence is formatted as by fmt.Sprintf; a []float64 becomes "0.1, 0.2, 0.3", with
// the verb applied to each number. If it contains NaN or Inf, something could not be measured (with quick budgets, say), and the verdict is open: so the
// error of a test or correlation, which comes with NaN, need not end the cell.
func Claim(claim string, holds bool, evidence string, args ...any) Verdict {
	found := words.Sprintf(evidence, args...)
	v := Verdict{Claim: strings.TrimRight(claim, ".: "), Answer: fmt.Sprint(holds), Evidence: dashed(found)}
	return v.OpenIf(v.Evidence != found)
}

// notMeasured finds a NaN or an infinite number, the marks of what could not be measured, unless it is part of a word.
var notMeasured = regexp.MustCompile(`[+-]?\b(NaN|Inf)\b`)

// dashed replaces what could not be measured by a dash.
func dashed(text string) string { return notMeasured.ReplaceAllString(text, "–") }

// OpenIf returns the verdict, made open if the evidence does not decide it.
func (v Verdict) OpenIf(undecided bool) Verdict {
	if undecided {
		v.Answer = "open"
	}
	return v
}

// For marks the verdict as one in favour of a claim of the source. The report begins with a table of the source's claims: for each it
// lists the verdicts for and against it, their numbers of seeds, and, in a few words formatted like the evidence, what holds here or in which case.
func (v Verdict) For(source string, seeds int, here string, args ...any) Verdict {
	v.Source, v.Seeds, v.Here = source, seeds, dashed(words.Sprintf(here, args...))
	return v
}

// Against is [Verdict.For] for a verdict that claims the opposite of what the source says.
func (v Verdict) Against(source string, seeds int, here string, args ...any) Verdict {
	v = v.For(source, seeds, here, args...)
	v.Denies = true
	return v
}

// Bar marks the verdict as one about a bar that this report sets itself, such as an accuracy to reach: it is not a finding, and goes to the report's appendix.
func (v Verdict) Bar() Verdict {
	v.Own = true
	return v
}

// String returns what is claimed, whether it holds, and why.
func (v Verdict) String() string { return fmt.Sprintf("%s: %s (%s)", v.Claim, v.Answer, v.Evidence) }

// ShowReading displays verdicts as a list.
func ShowReading(verdicts ...Verdict) {
	if len(verdicts) == 0 {
		Must(errors.New("there is no verdict to show; pass ShowReading one or more"))
	}
	var list, plain strings.Builder
	for _, v := range verdicts {
		sign := map[string]string{"true": "✓", "false": "✗", "open": "?"}[v.Answer]
		if wrong := v.Evidence + v.Here; strings.Contains(wrong, "%!") {
			Must(fmt.Errorf("the verdict %q has the words %q, in which %%! marks a verb that does not fit its value; write %%%% for a percent sign", v.Claim, wrong))
		}
		fmt.Fprintf(&list, "- %s %s: **%s** (%s)\n", sign, literal.Replace(v.Claim), v.Answer, literal.Replace(v.Evidence))
		fmt.Fprintf(&plain, "%s %s\n", sign, v)
	}
	cell.Send("reading", "", cell.Output{
		Data:     map[string]any{cell.Markdown: list.String(), cell.Text: plain.String()},
		Metadata: map[string]any{"hw1.verdicts": string(Check(json.Marshal(verdicts)))},
	})
}

// literal escapes text for Markdown, so that it is shown verbatim.
var literal = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", `\*`, "_", `\_`, "`", "\\`", "$", `\$`, `\`, `\\`)

// Numbers are what a claim rests on: one number for each of several things, printed as "deep 5.7e-05, middle 0.0025, shallow 1.3e-05".
// Numbers.Values returns the plain numbers.
type Numbers = words.Numbers

// NumbersOf returns one number for each run, or for each of other things with a label, to be printed with the verb, such as %.2g.
func NumbersOf[T interface{ Label() string }](verb string, all []T, of func(T) float64) Numbers {
	return words.NumbersOf(verb, all, of)
}

// Count writes a number with its noun, as in "one seed", "ten networks", "60,000 images", or in digits without one: with it, a caption stays true when a Spec changes.
func Count(n int, noun string) string { return words.Count(n, noun) }

// Comparison is a row of a [CompareTable]: one quantity, as the source gives it and as it is here.
type Comparison struct{ What, Source, Here string }

// Compare returns a comparison. The source's numbers, with " / " between them, are typed in, those here are computed: each is formatted with the
// verb, such as %.2f, and NaN or Inf becomes a dash. A source that gives several numbers can be compared with as many only.
func Compare[T any](what, source, verb string, here ...T) Comparison {
	texts := num.Map(here, func(value T) string { return dashed(fmt.Sprintf(verb, value)) })
	return Comparison{what, source, strings.Join(texts, " / ")}
}

// CompareTable returns a table of the source's numbers beside those found here.
func CompareTable(caption string, rows ...Comparison) (*figure.Table, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("hw1.CompareTable needs at least one row; if nothing here is as it was in the source, leave the table out")
	}
	t := figure.NewTable(caption, "source", "figure", "source", "here")
	for _, row := range rows {
		if row.Source == "" || row.Here == "" || strings.Contains(row.Here, "%!") {
			return nil, fmt.Errorf("the row %q of a comparison has the numbers %q and %q; give it both, and a verb that fits", row.What, row.Source, row.Here)
		}
		if n, here := 1+strings.Count(row.Source, " / "), 1+strings.Count(row.Here, " / "); n > 1 && n != here {
			return nil, fmt.Errorf("the row %q compares %d numbers of the source, %s, with %d here, %s; leave the row out, or train what the source has", row.What, n, row.Source, here, row.Here)
		}
		t.Rows = append(t.Rows, []string{row.What, row.Source, row.Here})
	}
	return t, nil
}
