package hw1

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// The run store keeps every run as a folder that is named by the Spec's key:
//
//	spec.json      the Spec, with its defaults filled in
//	meta.json      backend, versions, time, and a row of results a replica
//	history.csv    a line per recorded epoch and replica
//	weights.npz    initial and final thetas [R, P], snapshots
//	SHA256SUMS     checksums of the others, as sha256sum writes them
//
// An entry is written under another name and renamed when it is whole; an entry
// that is not what its checksums say is a miss, with a warning, and is replaced.

const sumsFile = "SHA256SUMS"

// errMiss says that the store holds no run of this key.
var errMiss = errors.New("not in the run store")

// load returns the run of a resolved Spec under its key, errMiss, or an error that says what is
// wrong with the entry.
func load(spec Spec, key string) (*Run, error) {
	dir := entryDir(key)
	files, err := readEntry(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errMiss
	}
	var run *Run
	if err == nil {
		run, err = decodeRun(files)
	}
	if err == nil && run.Spec.key() != key {
		err = errors.New("it holds another run")
	}
	if err != nil {
		return nil, fmt.Errorf("the stored run %s is damaged: %w", dir, err)
	}
	run.Spec.Name = spec.Name
	run.Keys = []string{key}
	return run, nil
}

// save writes a run to the store. Nothing is left behind where that fails.
func save(run *Run) error {
	files, err := encodeRun(run)
	if err == nil {
		err = saveEntry(run.Keys[0], files)
	}
	if err != nil {
		return fmt.Errorf("saving the run of %s: %w", run.Spec.describe(), err)
	}
	return nil
}

// saveEntry writes the files of an entry.
func saveEntry(key string, files []namedFile) (err error) {
	defer func() { err = withAdvice(err) }()
	dir, temp := entryDir(key), filepath.Join(runsDir(), ".new-"+key)
	if err := os.RemoveAll(temp); err != nil { // of a process that was killed, if any
		return err
	}
	defer os.RemoveAll(temp)
	if err := writeEntry(temp, files); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil { // a damaged entry, if any
		return err
	}
	if err := os.Rename(temp, dir); err != nil {
		return err
	}
	return syncDir(runsDir())
}

// withAdvice adds to an error of writing to the store, if it is one, what to do.
func withAdvice(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w; free some disk space, or set HW1_RUNS to a folder that can be written", err)
}

func entryDir(key string) string { return filepath.Join(runsDir(), key) }

// readEntry returns the files of an entry, by name, after their checksums were
// found right.
func readEntry(dir string) (map[string][]byte, error) {
	sums, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err != nil {
		if _, statErr := os.Stat(dir); statErr == nil {
			return nil, fmt.Errorf("it has no readable %s", sumsFile)
		}
		return nil, err
	}
	files := map[string][]byte{}
	for line := range strings.Lines(string(sums)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || !filepath.IsLocal(name) {
			return nil, fmt.Errorf("%s is malformed", sumsFile)
		}
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("%s can not be read", name)
		}
		if sumOf(content) != sum {
			return nil, fmt.Errorf("%s does not match its checksum", name)
		}
		files[name] = content
	}
	return files, nil
}

// writeEntry writes the files and their checksums to a folder, and to the disk.
func writeEntry(dir string, files []namedFile) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var sums bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&sums, "%s  %s\n", sumOf(f.content), f.name)
	}
	for _, f := range append(files, namedFile{sumsFile, sums.Bytes()}) {
		if err := writeSynced(filepath.Join(dir, f.name), f.content); err != nil {
			return err
		}
	}
	return syncDir(dir)
}

type namedFile struct {
	name    string
	content []byte
}

func writeSynced(path string, content []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// newSuffix ends the name of a file that replaceFile is writing.
const newSuffix = ".new"

// replaceFile writes a file as a whole: whoever reads it meets the old content or
// the new one, also after a crash.
func replaceFile(path string, content []byte) error {
	temp := path + newSuffix
	err := writeSynced(temp, content)
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		_ = os.Remove(temp)
	}
	return err
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func sumOf(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }

// origin is where a value of the store came from.
type origin int

const (
	found origin = iota
	produced
)

// storeUse says how an entry of the store is read, and how it is made and saved
// where it is missing or damaged.
type storeUse[T any] struct {
	key           string
	load, produce func() (T, error)
	waiting       func() // called once when another process is at the same entry
}

// fromStore returns the value of an entry. One process at a time makes it.
func fromStore[T any](ctx context.Context, use storeUse[T]) (value T, from origin, err error) {
	if value, err = use.load(); err == nil {
		return value, found, nil
	}
	unlock, err := lock(ctx, use.key, use.waiting)
	if err != nil {
		return value, found, err
	}
	defer unlock()
	if value, err = use.load(); err == nil { // another process made it meanwhile
		return value, found, nil
	}
	if !errors.Is(err, errMiss) {
		notice("%v; it is made again.", err)
	}
	value, err = use.produce()
	return value, produced, err
}

// lock takes the lock of a key, for the process that trains its run, and waits
// while another one has it, after a call of waiting. The kernel frees the lock
// when its process ends, in whatever way.
func lock(ctx context.Context, key string, waiting func()) (unlock func(), err error) {
	if err := os.MkdirAll(runsDir(), 0o755); err != nil {
		return nil, fmt.Errorf("the run store can not be made: %w; set HW1_RUNS to a folder that can be written", err)
	}
	fl := flock.New(filepath.Join(runsDir(), ".lock-"+key))
	locked, err := fl.TryLock()
	if err == nil && !locked {
		waiting()
		_, err = fl.TryLockContext(ctx, lockRetry)
	}
	if ctx.Err() != nil {
		_ = fl.Unlock() // if it was taken all the same
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("the run store can not be locked: %w; set HW1_RUNS to a folder that can be written", err)
	}
	return func() { _ = fl.Unlock() }, nil
}

const lockRetry = 200 * time.Millisecond
