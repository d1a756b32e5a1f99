package hw1

import (
	"slices"
	"strings"
	"testing"
)

func TestSignificantKeepsZeros(t *testing.T) {
	for value, want := range map[float64]string{2.1: "2.10", 0.0123: "0.0123", 0: "0.00", 194.2: "194", 2e-5: "2.00e-05", -1: "-1.00"} {
		if got := significant(3, value); got != want {
			t.Errorf("%g is written %q, not %q", value, got, want)
		}
	}
}

func TestCompareTable(t *testing.T) {
	table, err := CompareTable("caption", Compare("accuracy", "98.79 %", "%.2f %%", 99.1234), Compare("parameters", "571 / 571", "%d", 571, 572))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(table.Header, []string{"figure", "source", "here"}) || !slices.Equal(table.Rows[0], []string{"accuracy", "98.79 %", "99.12 %"}) {
		t.Errorf("%v %v", table.Header, table.Rows)
	}
	if html := table.html(); !strings.Contains(html, "<td>571 / 571</td><td>571 / 572</td>") {
		t.Error(html)
	}
	_, err = CompareTable("caption")
	checkMessage(t, messageOf(err), "at least one row")
	for _, row := range []Comparison{{"loss", "", "1"}, {"loss", "1", ""}, Compare("loss", "1", "%d", 0.5), Compare[int]("loss", "1", "%d")} {
		_, err := CompareTable("caption", row)
		checkMessage(t, messageOf(err), `"loss"`, "give it both")
	}
}
