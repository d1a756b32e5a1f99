package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"

	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runstore"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/store"
	"hw1/pkg/hw1/nn"
)

func TestStoreRoundTrip(t *testing.T) {
	for _, float64s := range []bool{false, true} {
		hw1test.NewStore(t)
		spec := runtest.Small()
		spec.Name, spec.Seeds, spec.SnapshotEach, spec.Float64 = "a name", 2, 4, float64s
		spec = runtest.MustResolve(t, spec)
		fresh := mustRun(t, spec)
		fresh.Replicas[0].History.GradNorm[3] = math.NaN()
		fresh.Replicas[1].History.TestLoss[0] = math.SmallestNonzeroFloat64
		fresh.Replicas[1].DeadStart = true
		if err := runstore.Save(fresh); err != nil {
			t.Fatal(err)
		}
		stored, err := runstore.Load(spec, spec.Key())
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
	hw1test.NewStore(t)
	spec := runtest.Small()
	spec.SnapshotEach = 5
	fresh, stored := mustRun(t, spec), mustRun(t, spec)
	if want, got := fmt.Sprintf("%+v", *fresh), fmt.Sprintf("%+v", *stored); want != got {
		t.Errorf("trained\n%.2000s\nread\n%.2000s", want, got)
	}
}

func TestDamagedEntry(t *testing.T) {
	hw1test.Slow(t)
	dir := hw1test.NewStore(t)
	spec := runtest.MustResolve(t, runtest.Small())
	want := fmt.Sprint(mustRun(t, spec).Replicas[0].Theta)
	entry := filepath.Join(dir, spec.Key())
	for _, name := range []string{"spec.json", "meta.json", "history.csv", "weights.npz", store.SumsFile} {
		for damage, do := range map[string]func(path string, content []byte) error{
			"flipped": func(path string, content []byte) error {
				content[len(content)/2] ^= 1
				return os.WriteFile(path, content, 0o644)
			},
			"truncated": func(path string, content []byte) error { return os.WriteFile(path, content[:len(content)/2], 0o644) },
			"emptied":   func(path string, _ []byte) error { return os.WriteFile(path, nil, 0o644) },
			"a folder":  func(path string, _ []byte) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o755)) },
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
			if _, err = runstore.Load(spec, spec.Key()); err == nil || errors.Is(err, store.ErrMiss) {
				t.Errorf("%s %s: the error is %v", name, damage, err)
			} else {
				hw1test.CheckMessage(t, err.Error(), "damaged", spec.Key())
			}
			if damage != "removed" { // one training a file is enough
				if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, whole, 0o644)); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if got := fmt.Sprint(mustRun(t, spec).Replicas[0].Theta); got != want {
				t.Errorf("%s %s: the run trained again is another", name, damage)
			}
			if _, err := runstore.Load(spec, spec.Key()); err != nil {
				t.Errorf("%s %s: the entry is not healed: %v", name, damage, err)
			}
		}
	}
	if got := hw1test.Entries(t, dir); len(got) != 1 {
		t.Errorf("the store holds %v", got)
	}
}

// An entry that cannot be read now, as without the right to, is neither damaged nor trained anew.
func TestUnreadableEntryIsLeftAlone(t *testing.T) {
	hw1test.NewStore(t)
	spec := runtest.MustResolve(t, runtest.Small())
	mustRun(t, spec)
	sums := filepath.Join(store.Dir(spec.Key()), store.SumsFile)
	whole, err := os.ReadFile(sums)
	if err == nil { // a link to itself, which not even root can read
		err = errors.Join(os.Remove(sums), os.Symlink(store.SumsFile, sums))
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = One(spec)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "cannot be read", spec.Key(), "HW1_RUNS")
	if err := errors.Join(os.Remove(sums), os.WriteFile(sums, whole, 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := runstore.Load(spec, spec.Key()); err != nil {
		t.Error("the entry is another now:", err)
	}
}

// An entry that is no folder, or another run's, is never taken for the run.
func TestReplacedEntry(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	spec, other := runtest.MustResolve(t, runtest.Small()), runtest.Small()
	other.Seed = 2
	other = runtest.MustResolve(t, other)
	want := fmt.Sprint(mustRun(t, spec).Replicas[0].Theta)
	mustRun(t, other)
	files, err := store.Read(store.Dir(spec.Key()))
	if err != nil {
		t.Fatal(err)
	}
	for name, replace := range map[string]func(entry string) error{
		"a file":      func(entry string) error { return os.WriteFile(entry, []byte("run"), 0o644) },
		"empty":       func(entry string) error { return os.Mkdir(entry, 0o755) },
		"another run": func(entry string) error { return os.CopyFS(entry, os.DirFS(store.Dir(other.Key()))) },
		"an impossible run": func(string) error {
			files["spec.json"] = impossible(files["spec.json"])
			return store.Save(spec.Key(), listed(files))
		},
	} {
		entry := store.Dir(spec.Key())
		if err := errors.Join(os.RemoveAll(entry), replace(entry)); err != nil {
			t.Fatal(err)
		}
		_, err := runstore.Load(spec, spec.Key())
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "damaged", spec.Key())
		if got := fmt.Sprint(mustRun(t, spec).Replicas[0].Theta); got != want {
			t.Errorf("%s: the run trained again is another", name)
		}
		if _, err := runstore.Load(spec, spec.Key()); err != nil {
			t.Errorf("%s: the entry is not healed: %v", name, err)
		}
	}
}

// impossible returns a Spec with no training examples, for as many epochs as there are numbers.
func impossible(spec []byte) []byte {
	spec = regexp.MustCompile(`"train_size": *\d+`).ReplaceAll(spec, []byte(`"train_size": 0`))
	return regexp.MustCompile(`"epochs": *\d+`).ReplaceAll(spec, []byte(`"epochs": 9223372036854775807`))
}

// A store that cannot be written is stood in for by one below a regular file,
// since modes do not stop root.
func TestStoreThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "runs")} {
		t.Setenv("HW1_RUNS", dir)
		_, err := All(runtest.Small())
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "HW1_RUNS", file)
	}
}

// mountStore gives the test a run store on a file system of its own, and returns
// a function that makes it read-only.
func mountStore(t *testing.T, options string) (dir string, freeze func()) {
	t.Helper()
	dir = hw1test.NewStore(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("a file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir, func() {
		if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, options); err != nil {
			t.Fatal(err)
		}
	}
}

// A lock that is taken at the moment of an interrupt is given back.
func TestInterruptedLockIsFree(t *testing.T) {
	hw1test.NewStore(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := store.Lock(ctx, "key", func() {}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	defer cancel()
	if _, err := store.Lock(ctx, "key", cancel); err != nil { // which ends the wait, if there is one
		t.Errorf("the lock is held: %v", err)
	}
}

func TestFullDisk(t *testing.T) {
	dir, _ := mountStore(t, "size=64k")
	t.Setenv("HW1_CHECKPOINT_SECONDS", "0") // which do not fit either, and are no reason to stop
	earlier := mustRun(t, runtest.Small())
	spec := runtest.Small()
	spec.Arch, spec.Seeds = nn.MLP(1, 100, 100, 1), 5
	_, err := All(spec)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "no space left", "disk space", "HW1_RUNS")
	if got := hw1test.Entries(t, dir); len(got) != 1 {
		t.Errorf("the store holds %v", got)
	}
	if again := mustRun(t, runtest.Small()); fmt.Sprint(again) != fmt.Sprint(earlier) {
		t.Error("the earlier run is another")
	}
}

// Runs in a store that can only be read are read; others end with a clear error.
func TestReadOnlyStore(t *testing.T) {
	_, freeze := mountStore(t, "size=1m")
	earlier := mustRun(t, runtest.Small())
	freeze()
	if again := mustRun(t, runtest.Small()); fmt.Sprint(again) != fmt.Sprint(earlier) {
		t.Error("the earlier run is another")
	}
	spec := runtest.Small()
	spec.Seed = 2
	_, err := All(spec)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "read-only", "HW1_RUNS")
}
