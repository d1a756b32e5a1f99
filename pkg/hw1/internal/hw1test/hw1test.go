// Package hw1test has what the tests share: comparisons, separate run stores, and a network in plain Go as an oracle.
package hw1test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"hw1/pkg/hw1/internal/env"
)

// Flipped returns a copy with one bit changed.
func Flipped(content []byte, at int) []byte {
	content = bytes.Clone(content)
	content[at] ^= 1
	return content
}

// Main runs the tests with an empty run store, and ends the program.
func Main(m *testing.M) {
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

// MainUnoptimized is Main for tests that compile more than they compute: without LLVM's optimizations, XLA compiles in little
// more than half the time. Benchmarks keep the optimizations, and so do trainings on a GPU.
func MainUnoptimized(m *testing.M) {
	flag.Parse()
	if _, err := os.Stat(env.Plugin("cuda")); err != nil && flag.Lookup("test.bench").Value.String() == "" {
		env.AddXLAFlags("--xla_backend_optimization_level=0")
	}
	Main(m)
}

// CheckMessage checks that an error message has one or two lines and contains every part.
func CheckMessage(t *testing.T, message string, parts ...string) {
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

// MessageOf returns an error's message, or "" if there is no error.
func MessageOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// CheckNear compares two vectors, with a tolerance relative to max(1, |want|).
func CheckNear(t *testing.T, what string, got, want []float64, tolerance float64) {
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

// Slow skips a test that takes seconds if short tests are asked for.
func Slow(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("slow: left out of a short test")
	}
}

// NeedData skips a test if MNIST has not been set up.
func NeedData(t testing.TB) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(env.DataDir(), "mnist")); errors.Is(err, os.ErrNotExist) {
		t.Skipf("no MNIST under %s; run scripts/setup.sh", env.DataDir())
	}
}

// LinkData links the data and the plugin into another checkout.
func LinkData(t *testing.T, root string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(root, "data", "mnist"), 0o755); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(env.DataDir(), "mnist", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.Symlink(f, filepath.Join(root, "data", "mnist", filepath.Base(f))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(env.Root(), ".venv"), filepath.Join(root, ".venv")); err != nil {
		t.Fatal(err)
	}
}

// RandomVector returns n normal numbers.
func RandomVector(n int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 99))
	v := make([]float64, n)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	return v
}

// WellFormed fails unless the SVG is XML, and returns its text.
func WellFormed(t *testing.T, svg []byte) string {
	t.Helper()
	var text strings.Builder
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return text.String()
		}
		if err != nil {
			t.Fatalf("the SVG is not well-formed: %v", err)
		}
		if chars, ok := token.(xml.CharData); ok {
			text.Write(chars)
		}
	}
}

// NewStore gives the test an empty run store.
func NewStore(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HW1_RUNS", dir)
	return dir
}

// Entries returns the names of a store's files and folders, other than lock files.
func Entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		if !strings.HasPrefix(e.Name(), ".lock-") {
			names = append(names, e.Name())
		}
	}
	return names
}

// InterruptSelf sends the signal that the kernel sends when the user interrupts a cell.
func InterruptSelf(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Error(err)
	}
}
