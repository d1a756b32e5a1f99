package store

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hw1/pkg/hw1/internal/hw1test"
)

// entry saves an entry in a store of the test's own, and returns its folder.
func entry(t *testing.T) (dir string) {
	t.Helper()
	hw1test.NewStore(t)
	if err := Save("key", []File{{"value", []byte("42")}, {"more", []byte("text")}}); err != nil {
		t.Fatal(err)
	}
	return Dir("key")
}

// load reads an entry that says of itself which key it belongs to.
func load(belongs string) (string, error) {
	return Load("thing", "key", func(files map[string][]byte) (string, string, error) {
		return string(files["value"]), belongs, nil
	})
}

func TestSaveAndLoad(t *testing.T) {
	dir := entry(t)
	if value, err := load("key"); err != nil || value != "42" {
		t.Errorf("%q, %v", value, err)
	}
	if err := Save("key", []File{{"value", []byte("43")}}); err != nil { // in the old one's place
		t.Fatal(err)
	}
	if value, err := load("key"); err != nil || value != "43" {
		t.Errorf("saved again: %q, %v", value, err)
	}
	names, err := filepath.Glob(filepath.Join(filepath.Dir(dir), "*", "*"))
	if err != nil || len(names) != 2 {
		t.Errorf("there are %v, %v", names, err)
	}
	_, err = load("other")
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "damaged", "it holds another thing")
	_, err = Load("thing", "missing", func(map[string][]byte) (int, string, error) { return 0, "", nil })
	if !errors.Is(err, ErrMiss) {
		t.Errorf("what is not there: %v", err)
	}
	_, err = Load("thing", "key", func(map[string][]byte) (int, string, error) { return 0, "key", errors.New("no number") })
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "damaged", "no number")
}

// Whatever happens to a file of an entry is found out, and no file outside it is read.
func TestDamageIsFoundOut(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(dir string) error
		says   string
	}{
		"changed": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "more"), []byte("texts"), 0o600) }, "more does not match its checksum"},
		"missing": {func(dir string) error { return os.Remove(filepath.Join(dir, "more")) }, "it has no file more"},
		"a folder": {func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "more")), os.Mkdir(filepath.Join(dir, "more"), 0o700))
		}, "it has no file more"},
		"no sums": {func(dir string) error { return os.Remove(filepath.Join(dir, SumsFile)) }, "it has no file SHA256SUMS"},
		"an odd sum": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, SumsFile), []byte("0123 more\n"), 0o600)
		}, "SHA256SUMS is malformed"},
		"a file outside": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, SumsFile), []byte(sumOf(nil)+"  ../outside\n"), 0o600)
		}, "SHA256SUMS is malformed"},
		"no folder": {func(dir string) error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)) }, "it has no file SHA256SUMS"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := entry(t)
			if err := errors.Join(os.WriteFile(filepath.Join(filepath.Dir(dir), "outside"), nil, 0o600), c.damage(dir)); err != nil {
				t.Fatal(err)
			}
			_, err := load("key")
			hw1test.CheckMessage(t, hw1test.MessageOf(err), "the stored thing "+dir+" is damaged", c.says)
		})
	}
}

// A store below a file can be neither made nor written, and each says what to do.
func TestStoreBelowAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HW1_RUNS", filepath.Join(file, "runs"))
	hw1test.CheckMessage(t, hw1test.MessageOf(Save("key", nil)), "not a directory", "HW1_RUNS")
	_, err := Lock(context.Background(), "key", func() {})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "cannot be created", "HW1_RUNS")
	if Advise(nil) != nil {
		t.Error("advice without an error")
	}
}

// An entry is made once: it is read where it is there, made again where it is damaged, and left where it only cannot be read.
func TestGet(t *testing.T) {
	hw1test.NewStore(t)
	for name, c := range map[string]struct {
		first, second error
		made          bool
		fails         error
	}{
		"there":                         {nil, nil, false, nil},
		"missing":                       {ErrMiss, ErrMiss, true, nil},
		"damaged":                       {errors.New("damaged"), errors.New("damaged"), true, nil},
		"made by another one meanwhile": {ErrMiss, nil, false, nil},
		"unreadable":                    {ErrUnreadable, nil, false, ErrUnreadable},
		"unreadable meanwhile":          {ErrMiss, ErrUnreadable, false, ErrUnreadable},
	} {
		loads := 0
		value, made, err := Get(context.Background(), Entry[string]{
			Key: "key",
			Load: func() (string, error) {
				loads++
				return "read", []error{c.first, c.second}[loads-1]
			},
			Produce: func() (string, error) { return "made", nil },
			Waiting: func() {},
		})
		if want := map[bool]string{true: "made", false: "read"}[c.made]; made != c.made || value != want || !errors.Is(err, c.fails) {
			t.Errorf("%s: %q, made: %v, %v", name, value, made, err)
		}
	}
}

// Who comes second to a lock is told so, waits for the first, and goes when there is nobody to wait for.
func TestLock(t *testing.T) {
	hw1test.NewStore(t)
	unlock, err := Lock(context.Background(), "key", func() { t.Error("the first one waits") })
	if err != nil {
		t.Fatal(err)
	}
	hurried, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	waits := 0
	if _, err := Lock(hurried, "key", func() { waits++ }); !errors.Is(err, context.DeadlineExceeded) || waits != 1 {
		t.Errorf("the second one was told %d times to wait, and got %v", waits, err)
	}
	other, err := Lock(context.Background(), "another key", func() { t.Error("another key is locked, too") })
	if err != nil {
		t.Fatal(err)
	}
	other()
	again, err := Lock(context.Background(), "key", func() { unlock() })
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestSealAndReplace(t *testing.T) {
	sealed := Seal([]byte("a\nb"))
	if content, err := Unseal(sealed); err != nil || string(content) != "a\nb" {
		t.Errorf("%q, %v", content, err)
	}
	for i := range sealed {
		if _, err := Unseal(hw1test.Flipped(sealed, i)); err == nil {
			t.Errorf("byte %d is another, and nobody sees it", i)
		}
	}
	path := filepath.Join(t.TempDir(), "file")
	for _, content := range []string{"old", "new"} {
		if err := Replace(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if read, err := os.ReadFile(path); err != nil || string(read) != content {
			t.Errorf("%q, %v", read, err)
		}
	}
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := Replace(path, []byte("newer")); err == nil {
		t.Error("a folder is replaced")
	}
	if _, err := os.Stat(path + NewSuffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what could not be put into its place is still there: %v", err)
	}
}

func TestResultsAreFinite(t *testing.T) {
	if text, err := EncodeResult([]float64{1, 0.1}); err != nil || string(text) != "[1,0.1]" {
		t.Errorf("%s, %v", text, err)
	}
	_, err := EncodeResult(map[string]float64{"loss": math.Inf(1)})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "one of its numbers is +Inf", "lower learning rate")
}
