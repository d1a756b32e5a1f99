package hw1

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// newStore gives the test an empty run store.
func newStore(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HW1_RUNS", dir)
	return dir
}

// entries returns what a store holds beside the lock files.
func entries(t *testing.T, dir string) []string {
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

func mustTrain(t *testing.T, spec Spec) *Run {
	t.Helper()
	run, err := TrainOne(spec)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestStoreRoundTrip(t *testing.T) {
	for _, float64s := range []bool{false, true} {
		newStore(t)
		spec := small()
		spec.Name, spec.Seeds, spec.SnapshotEach, spec.Float64 = "a name", 2, 4, float64s
		spec = mustResolve(t, spec)
		fresh := mustTrain(t, spec)
		fresh.Replicas[0].History.GradNorm[3] = math.NaN()
		fresh.Replicas[1].History.TestLoss[0] = math.SmallestNonzeroFloat64
		fresh.Replicas[1].DeadStart = true
		if err := save(fresh); err != nil {
			t.Fatal(err)
		}
		stored, err := load(spec)
		if err != nil {
			t.Fatal(err)
		}
		// Printing compares NaN as equal, and %v writes floats exactly.
		if want, got := fmt.Sprintf("%+v", *fresh), fmt.Sprintf("%+v", *stored); want != got {
			t.Errorf("saved\n%.2000s\nread\n%.2000s", want, got)
		}
	}
}

// A run that is read is the run that was trained, in every bit.
func TestFreshEqualsStored(t *testing.T) {
	newStore(t)
	spec := small()
	spec.SnapshotEach = 5
	fresh, stored := mustTrain(t, spec), mustTrain(t, spec)
	if want, got := fmt.Sprintf("%+v", *fresh), fmt.Sprintf("%+v", *stored); want != got {
		t.Errorf("trained\n%.2000s\nread\n%.2000s", want, got)
	}
}

func TestDamagedEntry(t *testing.T) {
	dir := newStore(t)
	spec := mustResolve(t, small())
	want := fmt.Sprint(mustTrain(t, spec).Replicas[0].Theta)
	entry := filepath.Join(dir, spec.key())
	for _, name := range []string{"spec.json", "meta.json", "history.csv", "weights.npz", sumsFile} {
		for damage, do := range map[string]func(path string, content []byte) error{
			"flipped": func(path string, content []byte) error {
				content[len(content)/2] ^= 1
				return os.WriteFile(path, content, 0o644)
			},
			"truncated": func(path string, content []byte) error { return os.WriteFile(path, content[:len(content)/2], 0o644) },
			"emptied":   func(path string, _ []byte) error { return os.WriteFile(path, nil, 0o644) },
			"removed":   func(path string, _ []byte) error { return os.Remove(path) },
		} {
			path := filepath.Join(entry, name)
			whole, err := os.ReadFile(path)
			if err == nil {
				err = do(path, slices.Clone(whole))
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err = load(spec); err == nil || errors.Is(err, errMiss) {
				t.Errorf("%s %s: the error is %v", name, damage, err)
			} else {
				checkMessage(t, err.Error(), "damaged", spec.key())
			}
			if damage != "removed" { // one training a file is enough
				if err := os.WriteFile(path, whole, 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if got := fmt.Sprint(mustTrain(t, spec).Replicas[0].Theta); got != want {
				t.Errorf("%s %s: the run trained again is another", name, damage)
			}
			if _, err := load(spec); err != nil {
				t.Errorf("%s %s: the entry is not healed: %v", name, damage, err)
			}
		}
	}
	if got := entries(t, dir); len(got) != 1 {
		t.Errorf("the store holds %v", got)
	}
}

// A store that can not be written is stood in for by one below a regular file,
// since modes do not stop root.
func TestStoreThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "runs")} {
		t.Setenv("HW1_RUNS", dir)
		_, err := Train(small())
		checkMessage(t, messageOf(err), "HW1_RUNS", file)
	}
}

func TestFullDisk(t *testing.T) {
	dir := newStore(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a small file system can not be mounted here: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	spec := small()
	spec.Arch, spec.Seeds = MLP(1, 100, 100, 1), 5
	_, err := Train(spec)
	checkMessage(t, messageOf(err), "no space left", "disk space", "HW1_RUNS")
	if got := entries(t, dir); len(got) != 0 {
		t.Errorf("a partial entry is left: %v", got)
	}
	if _, err := Train(small()); err != nil { // small enough for what is free
		t.Error(err)
	}
}
