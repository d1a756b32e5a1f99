package hw1

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"
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

func TestMain(m *testing.M) {
	if name := os.Getenv(stopName); name != "" {
		stops[name]()
		return
	}
	trainMain(m)
}

// trainMain runs the tests, or what a helper process is to do.
func trainMain(m *testing.M) {
	if out := os.Getenv(helperOut); out != "" {
		helperMain(out)
		return
	}
	if out := os.Getenv(soakOut); out != "" {
		soakMain(out)
		return
	}
	testMain(m)
}

// testMain runs the tests with an empty run store, and ends the program.
func testMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "hw1-test-")
	if err != nil {
		panic(err)
	}
	os.Setenv("HW1_RUNS", dir)
	os.Unsetenv("HW1_QUICK")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func helperMain(out string) {
	var specs []Spec
	if err := json.Unmarshal([]byte(os.Getenv(helperSpecs)), &specs); err != nil {
		panic(err)
	}
	var result []trained
	runs, err := Train(specs...)
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
func helper(t *testing.T, specs []Spec, env ...string) (cmd *exec.Cmd, out string) {
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
func trainElsewhere(t *testing.T, spec Spec, env ...string) (trained, string) {
	t.Helper()
	cmd, out := helper(t, []Spec{spec}, env...)
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

// mustResolve returns the spec with its defaults.
func mustResolve(t testing.TB, spec Spec) Spec {
	t.Helper()
	spec, err := spec.resolved()
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// handmade completes a run that a test puts together: with the defaults of its
// Spec, and with what its replicas lack.
func handmade(run *Run) *Run {
	run.Spec.Epochs = cmp.Or(run.Spec.Epochs, 1)
	if run.Spec.regime().Evaluated {
		run.Spec.Batch = cmp.Or(run.Spec.Batch, 10)
	}
	var err error
	if run.Spec, err = run.Spec.resolved(); err != nil {
		panic(err)
	}
	if len(run.Replicas) == 0 {
		run.Replicas = make([]Replica, 1)
	}
	for i := range run.Replicas {
		r := &run.Replicas[i]
		r.Theta = make([]float64, run.Spec.Arch.ParamCount())
		r.Initial = r.Theta
		for _, column := range []*[]float64{&r.History.TrainLoss, &r.History.TestLoss, &r.History.TrainAccuracy, &r.History.TestAccuracy, &r.History.GradNorm} {
			for len(*column) < len(r.History.Epoch) {
				*column = append(*column, math.NaN())
			}
		}
		if len(run.Keys) == i {
			run.Keys = append(run.Keys, fmt.Sprint("handmade ", i))
		}
	}
	return run
}

// checkMessage checks that an error has one or two lines and holds every part.
func checkMessage(t *testing.T, message string, parts ...string) {
	t.Helper()
	if message == "" {
		t.Fatal("no error")
	}
	if n := strings.Count(message, "\n"); n > 1 || len(message) > 600 {
		t.Errorf("%d lines, %d bytes: %s", n+1, len(message), message)
	}
	for _, part := range parts {
		if !strings.Contains(message, part) {
			t.Errorf("%q is not in: %s", part, message)
		}
	}
}

func messageOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// checkNear compares two vectors, with a tolerance relative to max(1, |want|).
func checkNear(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if d := math.Abs(got[i] - want[i]); !(d <= tolerance*max(1, math.Abs(want[i]))) {
			t.Fatalf("%s: value %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

// call runs a graph function on tensors and returns the outputs' values.
func call(t testing.TB, f func([]*graph.Node) []*graph.Node, args ...*tensors.Tensor) [][]float64 {
	t.Helper()
	exec, err := newExec(f)
	if err != nil {
		t.Fatal(err)
	}
	operands := make([]any, len(args))
	for i, a := range args {
		operands[i] = a
	}
	out, err := exec.Call(operands...)
	if err != nil {
		t.Fatal(err)
	}
	values := make([][]float64, len(out))
	for i, o := range out {
		if values[i], err = floatsOf(o); err != nil {
			t.Fatal(err)
		}
	}
	return values
}

// needData skips a test where MNIST has not been set up.
func needData(t testing.TB) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dataDir(), "mnist")); errors.Is(err, os.ErrNotExist) {
		t.Skipf("no MNIST under %s; run scripts/setup.sh", dataDir())
	}
}

// scoreOf returns the score of outputs [n·width] on examples, whose loss is the
// cross-entropy: with gonum, and no graph.
func scoreOf(outputs []float64, e Examples) Score {
	n := e.Len()
	width := len(outputs) / n
	var loss, right float64
	for i := range n {
		out := outputs[i*width : (i+1)*width]
		correct := false
		if width == 1 {
			z, y := out[0], e.Y[i]
			loss += math.Log1p(math.Exp(-math.Abs(z))) + max(z, 0) - z*y
			correct = (z > 0) == (y > 0.5)
		} else {
			loss += floats.LogSumExp(out) - out[e.Labels[i]]
			correct = floats.MaxIdx(out) == int(e.Labels[i])
		}
		if correct {
			right++
		}
	}
	return Score{loss / float64(n), right / float64(n)}
}

// anObjective returns the objective of a spec on its training set, in double precision,
// and a theta.
func anObjective(t testing.TB, spec Spec) (*Objective, []float64) {
	t.Helper()
	spec = mustResolve(t, spec)
	spec.Float64 = true
	o, err := newObjective(spec, mustExamples(t, spec))
	if err != nil {
		t.Fatal(err)
	}
	return o, spec.Arch.initTheta(7)
}

// denseNet is the dense network of the benchmarks.
var denseNet = Spec{Task: MNIST, Arch: MLP(784, 350, 600, 10), Batch: 100, Dropout: 0.25, Epochs: 1}

// bench measures an analysis, of which a call does some, after a first call that compiles.
func bench(b *testing.B, some int, analysis func() error) {
	b.Helper()
	if err := analysis(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := analysis(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(some*b.N), "ms")
	b.ReportMetric(0, "ns/op")
}
