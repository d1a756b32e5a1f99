package hw1

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// stopName names the case that a helper process runs; where it is set, the test
// binary is such a process.
const stopName = "HW1_TEST_STOP"

// stops are cells that end at a mistake.
var stops = map[string]func(){
	"Check of an unknown task":   func() { Check(TrainOne(Spec{Task: "cosine"})) },
	"Check of a run without one": func() { Check(Fits(nil)) },
	"Show of an error":           func() { Show(LossPlot("caption", Panel{})) },
	"Show of nothing":            func() { Show(nil, nil) },
	"Show of an empty figure":    func() { Show(&Figure{}, nil) },
	"ShowTable of an error":      func() { ShowTable(nil, errors.New("no rows")) },
	"ShowTable of nothing":       func() { ShowTable(nil, nil) },
	"ShowReading of nothing":     func() { ShowReading() },
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
		expected Verdict
	}{
		{true, 2, Verdict{"a", "true", "2.0 of 3"}},
		{false, 2, Verdict{"a", "false", "2.0 of 3"}},
		{false, math.NaN(), Verdict{"a", "open", "– of 3"}},
		{true, math.NaN(), Verdict{"a", "open", "– of 3"}},
	} {
		if got := Claim("a", c.holds, "%.1f of %d", c.value, 3); got != c.expected {
			t.Errorf("Claim(%t, %v) is %v", c.holds, c.value, got)
		}
	}
}
