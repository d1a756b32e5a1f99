package hw1_test

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/fit"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/train"
)

// stopName names the case that a helper process runs; where it is set, the test
// binary is such a process.
const stopName = "HW1_TEST_STOP"

func TestMain(m *testing.M) {
	if name := os.Getenv(stopName); name != "" {
		stops[name]()
		return
	}
	hw1test.MainUnoptimized(m)
}

// stops are cells that end at a mistake.
var stops = map[string]func(){
	"Check of an unknown task":   func() { hw1.Check(train.One(experiment.Spec{Task: "cosine"})) },
	"Check of a run without one": func() { hw1.Check(fit.Evaluate(nil)) },
	"Show of an error":           func() { hw1.Show(curves.LossPlot("caption", curves.Panel{})) },
	"Show of nothing":            func() { hw1.Show(nil, nil) },
	"Show of an empty figure":    func() { hw1.Show(&figure.Figure{}, nil) },
	"ShowTable of an error":      func() { hw1.ShowTable(nil, errors.New("no rows")) },
	"ShowTable of nothing":       func() { hw1.ShowTable(nil, nil) },
	"ShowTable of a short row": func() {
		hw1.ShowTable(&hw1.Table{Header: []string{"a", "b"}, Rows: [][]string{{"1", "2"}, {"1"}}}, nil)
	},
	"ShowReading of nothing":   func() { hw1.ShowReading() },
	"a percent sign as a verb": func() { hw1.ShowReading(hw1.Claim("a", true, "%.1f % of the images", 2.0)) },
	"a verb too many":          func() { hw1.ShowReading(hw1.Claim("a", true, "2").For("b", 1, "%v of %v", 3)) },
}

// What stops a cell ends it with status 1 and one line that a user can read.
func TestMistakesStopTheCellWithOneLine(t *testing.T) {
	for name := range stops {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), stopName+"="+name)
			var shown, printed strings.Builder
			cmd.Stdout, cmd.Stderr = &shown, &printed
			if err := cmd.Run(); cmd.ProcessState.ExitCode() != 1 {
				t.Errorf("it ends with %v", err)
			}
			if shown.Len() > 0 {
				t.Errorf("it shows %q", shown.String())
			}
			line := printed.String()
			if !strings.HasPrefix(line, "Error: ") || strings.Count(line, "\n") != 1 || !readable(line) {
				t.Errorf("it prints %q", line)
			}
		})
	}
}

// A claim that rests on something that could not be measured is neither true nor false.
func TestClaimWithoutAMeasurementIsOpen(t *testing.T) {
	for _, c := range []struct {
		holds    bool
		value    float64
		expected hw1.Verdict
	}{
		{true, 2, hw1.Verdict{Claim: "a", Answer: "true", Evidence: "2.0 of 3"}},
		{false, 2, hw1.Verdict{Claim: "a", Answer: "false", Evidence: "2.0 of 3"}},
		{false, math.NaN(), hw1.Verdict{Claim: "a", Answer: "open", Evidence: "– of 3"}},
		{true, math.NaN(), hw1.Verdict{Claim: "a", Answer: "open", Evidence: "– of 3"}},
		{false, math.Inf(1), hw1.Verdict{Claim: "a", Answer: "open", Evidence: "– of 3"}},
		{true, math.Inf(-1), hw1.Verdict{Claim: "a", Answer: "open", Evidence: "– of 3"}},
	} {
		if got := hw1.Claim("a", c.holds, "%.1f of %d", c.value, 3); got != c.expected {
			t.Errorf("Claim(%t, %v) is %v", c.holds, c.value, got)
		}
	}
	if got := hw1.Claim("a, as seen by eye. ", true, "2"); got.String() != "a, as seen by eye: true (2)" {
		t.Errorf("a sentence gives %q", got)
	}
	if got := hw1.Claim("NaNet is ahead", true, "NaNet has %.1f", 2.0); got.Answer != "true" || got.Evidence != "NaNet has 2.0" {
		t.Errorf("a name with NaN in it gives %v", got)
	}
}
