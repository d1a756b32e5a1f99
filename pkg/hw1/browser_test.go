package hw1_test

import (
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The most bytes of a program that trains in a browser, and of what is sent of it.
const (
	browserSize    = 13_000_000
	browserZipSize = 3_200_000
)

// A page can train: the program is small enough to be part of one, needs neither a kernel nor
// XLA, and gets the losses that it gets here.
func TestTrainingInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds two programs")
	}
	wasm := buildBrowser(t, "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=-trimpath")
	program, err := os.ReadFile(wasm)
	if err != nil {
		t.Fatal(err)
	}
	var zipped counter
	w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression) // the level is one
	if _, err := w.Write(program); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%.2f MB, %.2f MB zipped", float64(len(program))/1e6, float64(zipped)/1e6)
	if len(program) > browserSize || zipped > browserZipSize {
		t.Errorf("the program has %d bytes, and %d zipped; at most %d and %d are allowed", len(program), zipped, browserSize, browserZipSize)
	}
	node, err := exec.LookPath("node")
	start := filepath.Join(printed(t, exec.Command("go", "env", "GOROOT")), "lib", "wasm", "wasm_exec_node.js")
	if _, missing := os.Stat(start); err != nil || missing != nil {
		t.Skip("there is no Node.js to run it")
	}
	there := exec.Command(node, "--stack-size=8192", start, wasm)
	there.Env = []string{"HW1_RUNS=" + t.TempDir(), "GOMLX_BACKEND=go"} // no more, as the program has little room for it
	here := exec.Command(buildBrowser(t))
	here.Env = append(os.Environ(), "HW1_RUNS="+t.TempDir(), "GOMLX_BACKEND=go")
	got, want := printed(t, there), printed(t, here)
	switch {
	case !strings.HasPrefix(want, "[0."):
		t.Errorf("here the losses are %s", want)
	case runtime.GOARCH != "amd64": // others round a product and a sum at once
		t.Logf("%s there, %s here", got, want)
	case got != want:
		t.Errorf("the losses are %s there, and %s here", got, want)
	}
}

// buildBrowser builds the program with additions to the environment, and returns its path.
func buildBrowser(t *testing.T, env ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "browser")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, "./testdata/browser")
	cmd.Env = append(os.Environ(), env...)
	printed(t, cmd)
	return path
}

// counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
