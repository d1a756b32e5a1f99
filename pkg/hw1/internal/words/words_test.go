package words

import (
	"math"
	"slices"
	"testing"
)

func TestSignificantKeepsZeros(t *testing.T) {
	for value, want := range map[float64]string{2.1: "2.10", 0.0123: "0.0123", 0: "0.00", 194.2: "194", 2e-5: "2.00e-05", -1: "-1.00"} {
		if got := Significant(3, value); got != want {
			t.Errorf("%g is written %q, not %q", value, got, want)
		}
	}
}

func TestSprintfOfLists(t *testing.T) {
	args := []any{[]float64{1, 2.25}, "m"}
	for range 2 {
		if got := Sprintf("%.1f %s", args...); got != "1.0, 2.2 m" {
			t.Errorf("written %q", got)
		}
	}
	if _, ok := args[0].([]float64); !ok {
		t.Errorf("the argument has become a %T", args[0])
	}
}

// No number but 0 is written as 0.
func TestDecimalsOfSmallNumbers(t *testing.T) {
	for value, want := range map[float64]string{0.25: "0.250", 0: "0.000", 0.0006: "0.001", 0.0004: "0.00040", -2e-8: "-2.0e-08", 1234.5: "1234.500", math.NaN(): "–"} {
		if got := Decimals(3, value); got != want {
			t.Errorf("%g is written %q, not %q", value, got, want)
		}
	}
}

func TestNumbersInWords(t *testing.T) {
	for want, got := range map[string]string{
		"0.1":                              Float(0.1),
		"1e-300":                           Float(1e-300),
		"":                                 Float(math.NaN()),
		"2.0 (1.0 – 3.5)":                  MedianRange([]float64{3.5, 1, 2}),
		"12.35 %":                          Percent(0.12345),
		"999":                              Thousands(999),
		"1,000":                            Thousands(1000),
		"20,000":                           Thousands(20_000),
		"100,000":                          Thousands(100_000),
		"-100,000":                         Thousands(-100_000),
		"1,234,567":                        Thousands(1_234_567),
		"1 run":                            Plural(1, "run"),
		"0 runs":                           Plural(0, "run"),
		"2 runs":                           Plural(2, "run"),
		"zero seeds":                       Count(0, "seed"),
		"one seed":                         Count(1, "seed"),
		"ten networks":                     Count(10, "network"),
		"twelve digits":                    Count(12, "digit"),
		"13 digits":                        Count(13, "digit"),
		"12":                               Count(12, ""),
		"1,024":                            Count(1024, ""),
		"two batches":                      Count(2, "batch"),
		"one batch":                        Count(1, "batch"),
		"three searches":                   Count(3, "search"),
		"ten classes":                      Count(10, "class"),
		"three boxes":                      Count(3, "box"),
		"zero studies":                     Count(0, "study"),
		"one study":                        Count(1, "study"),
		"two days":                         Count(2, "day"),
		"-1 ys":                            Count(-1, "y"),
		"500 epochs":                       Count(500, "epoch"),
		"60,000 images":                    Count(60_000, "image"),
		"-1 seeds":                         Count(-1, "seed"),
		"9.9":                              Rate(9.9),
		"10":                               Rate(10),
		"1,234":                            Rate(1234.5),
		"9.9 s":                            Duration(9.9),
		"10 s":                             Duration(10),
		"99 s":                             Duration(99.4),
		"1 min 40 s":                       Duration(100),
		"2 min 5 s":                        Duration(125.9),
		"?":                                Duration(math.Inf(1)),
		"batch-64-rate-0-01-az":            Slug("Batch 64, rate 0.01: aZ"),
		"09":                               Slug("`09{/:"),
		"ba7816bf8f01cfea414140de5dae2223": Hash([]byte("abc")), // as in FIPS 180-2
	} {
		if got != want {
			t.Errorf("it is written %q, not %q", got, want)
		}
	}
}

func TestToldApart(t *testing.T) {
	got := ToldApart([]string{"a", "b", "a", "c", "c"}, []string{"1", "2", "3", "4", "4"}, ", ")
	if want := []string{"a, 1", "b", "a, 3", "c", "c"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

type labelled struct{ text string }

func (l labelled) Label() string { return l.text }

func TestNumbers(t *testing.T) {
	losses := map[string]float64{"deep": 0.5, "flat": 3}
	n := NumbersOf("%.2f", []labelled{{"deep"}, {"flat"}}, func(l labelled) float64 { return losses[l.text] })
	if got := n.String(); got != "deep 0.50, flat 3.00" {
		t.Errorf("%q", got)
	}
	if got := NumbersOf[labelled]("%.2f", []labelled{{"deep"}}, nil).String(); got != "" {
		t.Errorf("of nothing %q", got)
	}
}
