package hw1_test

import (
	"slices"
	"strings"
	"testing"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/internal/hw1test"
)

func TestCompareTable(t *testing.T) {
	table, err := hw1.CompareTable("caption", hw1.Compare("accuracy", "98.79 %", "%.2f %%", 99.1234), hw1.Compare("parameters", "571 / 571", "%d", 571, 572))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(table.Header, []string{"figure", "source", "here"}) || !slices.Equal(table.Rows[0], []string{"accuracy", "98.79 %", "99.12 %"}) {
		t.Errorf("%v %v", table.Header, table.Rows)
	}
	if html := table.HTML(); !strings.Contains(html, "<td>571 / 571</td><td>571 / 572</td>") {
		t.Error(html)
	}
	_, err = hw1.CompareTable("caption")
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "at least one row")
	// Of three networks of the source, two cannot be told which they stand beside; a remark stands beside any number of them.
	_, err = hw1.CompareTable("caption", hw1.Compare("parameters", "571 / 572 / 571", "%d", 571, 571))
	hw1test.CheckMessage(t, hw1test.MessageOf(err), `"parameters"`, "3 numbers", "2 here", "leave the row out")
	if _, err = hw1.CompareTable("caption", hw1.Compare("accuracy", "increases", "%d", 1, 2, 3)); err != nil {
		t.Error(err)
	}
	for _, row := range []hw1.Comparison{{What: "loss", Source: "", Here: "1"}, {What: "loss", Source: "1", Here: ""}, hw1.Compare("loss", "1", "%d", 0.5), hw1.Compare[int]("loss", "1", "%d")} {
		_, err := hw1.CompareTable("caption", row)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), `"loss"`, "give it both")
	}
}
