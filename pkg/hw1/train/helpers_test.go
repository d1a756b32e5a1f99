package train

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
)

// helperOut names the file to which a helper process writes what it trained;
// where it is set, the test binary is such a process.
const (
	helperOut   = "HW1_TEST_OUT"
	helperSpecs = "HW1_TEST_SPECS"
)

// trained is what a helper process reports of a run, or of the failure.
type trained struct {
	Error   string
	Backend string
	Seconds float64
	Thetas  [][]float64
}

// TestMain runs the tests, or what a helper process is to do.
func TestMain(m *testing.M) {
	if out := os.Getenv(helperOut); out != "" {
		helperMain(out)
		return
	}
	if out := os.Getenv(soakOut); out != "" {
		soakMain(out)
		return
	}
	hw1test.Main(m)
}

func helperMain(out string) {
	if strings.Contains(os.Getenv(helperSpecs), "own ") {
		lion() // which takes a moment
	}
	var specs []experiment.Spec
	if err := json.Unmarshal([]byte(os.Getenv(helperSpecs)), &specs); err != nil {
		panic(err)
	}
	for i := range specs {
		if specs[i].Arch.Own != nil { // read from text, it has no graph
			specs[i].Arch = waves()
		}
	}
	var result []trained
	runs, err := All(specs...)
	if err != nil {
		result = []trained{{Error: err.Error()}}
	}
	for _, run := range runs {
		one := trained{Backend: run.Backend, Seconds: run.Seconds}
		for _, r := range run.Replicas {
			one.Thetas = append(one.Thetas, r.Theta)
		}
		result = append(result, one)
	}
	text, err := json.Marshal(result)
	if err == nil {
		err = os.WriteFile(out, text, 0o644)
	}
	if err != nil {
		panic(err)
	}
}

// helper returns the command that trains specs in a process of its own, with
// additions to the environment, and the file of its results.
func helper(t *testing.T, specs []experiment.Spec, env ...string) (cmd *exec.Cmd, out string) {
	t.Helper()
	text, err := json.Marshal(specs)
	if err != nil {
		t.Fatal(err)
	}
	out = filepath.Join(t.TempDir(), "out.json")
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperOut+"="+out, helperSpecs+"="+string(text), "HW1_RUNS="+t.TempDir())
	cmd.Env = append(cmd.Env, env...)
	return cmd, out
}

// trainElsewhere trains one spec in a process of its own and returns what it
// gave and what the process printed.
func trainElsewhere(t *testing.T, spec experiment.Spec, env ...string) (trained, string) {
	t.Helper()
	cmd, out := helper(t, []experiment.Spec{spec}, env...)
	printed, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("helper process: %v\n%s", err, printed)
	}
	return readTrained(t, out), string(printed)
}

func readTrained(t *testing.T, out string) trained {
	t.Helper()
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var result []trained
	if err := json.Unmarshal(text, &result); err != nil || len(result) != 1 {
		t.Fatalf("helper process wrote %s (%v)", text, err)
	}
	return result[0]
}

// mustRun trains one spec.
func mustRun(t testing.TB, spec experiment.Spec) *experiment.Run {
	t.Helper()
	run, err := One(spec)
	if err != nil {
		t.Fatal(err)
	}
	return run
}
