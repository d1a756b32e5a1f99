// Package store keeps files under a key, made once, by one process at a time: with checksums, locks and
// atomic renames. It knows nothing of Spec and Run.
package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"hw1/pkg/hw1/internal/cell"
	"hw1/pkg/hw1/internal/env"
)

// EncodeResult returns the JSON of a result or of a part of it. It fails if a number is not
// finite, as JSON has no such numbers.
func EncodeResult(result any) ([]byte, error) {
	text, err := json.Marshal(result)
	if value, ok := errors.AsType[*json.UnsupportedValueError](err); ok {
		return nil, fmt.Errorf("one of its numbers is %s; take runs whose weights have not grown that large, trained with a lower learning rate", value.Str)
	}
	return text, err
}

// Marshal returns a value as JSON that people can read.
func Marshal(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	return append(text, '\n'), err
}

// The run store keeps every run in a folder named by the Spec's key:
//
//	spec.json      the Spec, with its defaults filled in
//	meta.json      backend, versions, time, and a row of results per replica
//	history.csv    a line per recorded epoch and replica
//	weights.npz    initial and final thetas [R, P], snapshots
//	SHA256SUMS     checksums of the others, as sha256sum writes them
//
// An entry is written under another name and renamed when it is complete; an entry
// that does not match its checksums is a miss, with a warning, and is replaced.

// SumsFile is the name of an entry's file with the checksums of the others.
const SumsFile = "SHA256SUMS"

// ErrMiss says that the store has no entry under this key, and ErrUnreadable that it has one that cannot be
// read at the moment, for lack of permission, say.
var (
	ErrMiss       = errors.New("not in the run store")
	ErrUnreadable = errors.New("cannot be read")
)

// Save writes the files of an entry.
func Save(key string, files []File) (err error) {
	defer func() { err = Advise(err) }()
	dir, temp := Dir(key), filepath.Join(env.RunsDir(), ".new-"+key)
	if err := os.RemoveAll(temp); err != nil { // left by a killed process, if any
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
	return syncDir(env.RunsDir())
}

// Advise adds advice on what to do to an error from writing to the store, if there is one.
func Advise(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w; free some disk space, or set HW1_RUNS to a writable folder", err)
}

// Dir returns the folder of an entry.
func Dir(key string) string { return filepath.Join(env.RunsDir(), key) }

// Read returns the files of an entry, by name, after verifying their checksums. Its error is [ErrMiss] if there is
// no entry, and otherwise says what is wrong with it.
func Read(dir string) (map[string][]byte, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrMiss
	}
	sums, err := readFile(dir, SumsFile)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for line := range strings.Lines(string(sums)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || !filepath.IsLocal(name) {
			return nil, fmt.Errorf("%s is malformed", SumsFile)
		}
		content, err := readFile(dir, name)
		if err != nil {
			return nil, err
		}
		if sumOf(content) != sum {
			return nil, fmt.Errorf("%s does not match its checksum", name)
		}
		files[name] = content
	}
	return files, nil
}

// readFile returns a file of an entry. A missing file means damage; other reasons why it cannot be read may be temporary.
func readFile(dir, name string) ([]byte, error) {
	content, err := os.ReadFile(filepath.Join(dir, name))
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EISDIR):
		return nil, fmt.Errorf("it has no file %s", name)
	case err != nil:
		return nil, fmt.Errorf("it %w: %w", ErrUnreadable, err)
	}
	return content, nil
}

// Load returns what an entry holds (what names it, as "run"): decode makes it from the files, and says which key it belongs to.
// The error is [ErrMiss], or says what is wrong with the entry.
func Load[T any](what, key string, decode func(files map[string][]byte) (value T, belongs string, err error)) (value T, err error) {
	dir := Dir(key)
	files, err := Read(dir)
	if err == nil {
		var belongs string
		if value, belongs, err = decode(files); err == nil && belongs != key {
			err = errors.New("it holds another " + what)
		}
	}
	switch {
	case err == nil || errors.Is(err, ErrMiss):
		return value, err
	case errors.Is(err, ErrUnreadable):
		return value, fmt.Errorf("the stored %s %s: %w; give yourself permission to read it, or set HW1_RUNS to another folder", what, dir, err)
	}
	return value, fmt.Errorf("the stored %s %s is damaged: %w", what, dir, err)
}

// writeEntry writes the files and their checksums to a folder, and to the disk.
func writeEntry(dir string, files []File) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var sums bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&sums, "%s  %s\n", sumOf(f.Content), f.Name)
	}
	for _, f := range append(files, File{SumsFile, sums.Bytes()}) {
		if err := writeSynced(filepath.Join(dir, f.Name), f.Content); err != nil {
			return err
		}
	}
	return syncDir(dir)
}

// File is a file of an entry or of an archive.
type File struct {
	Name    string
	Content []byte
}

func writeSynced(path string, content []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// Seal puts a checksum before content; Unseal verifies it and takes it off.
func Seal(content []byte) []byte { return append([]byte(sumOf(content)+"\n"), content...) }

// Unseal is the inverse of [Seal].
func Unseal(sealed []byte) ([]byte, error) {
	sum, content, _ := bytes.Cut(sealed, []byte("\n"))
	if string(sum) != sumOf(content) {
		return nil, errors.New("it does not match its checksum")
	}
	return content, nil
}

// NewSuffix is the end of the name of a file that [Replace] is writing.
const NewSuffix = ".new"

// Replace writes a file atomically: readers see either the old content or
// the new, even after a crash.
func Replace(path string, content []byte) error {
	temp := path + NewSuffix
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

// Entry says how an entry of the store is read, and how it is made and saved
// where it is missing or damaged.
type Entry[T any] struct {
	Key           string
	Load, Produce func() (T, error)
	Waiting       func() // called once if another process is working on the same entry
}

// Get returns the value of an entry, and whether this process has made it. Only one process at a time makes it.
func Get[T any](ctx context.Context, use Entry[T]) (value T, made bool, err error) {
	value, err = use.Load()
	if err == nil || errors.Is(err, ErrUnreadable) {
		return value, false, err
	}
	unlock, err := Lock(ctx, use.Key, use.Waiting)
	if err != nil {
		return value, false, err
	}
	defer unlock()
	value, err = use.Load() // another process may have made it meanwhile
	if err == nil || errors.Is(err, ErrUnreadable) {
		return value, false, err
	}
	if !errors.Is(err, ErrMiss) {
		cell.Notice("%v; it is made again.", err)
	}
	value, err = use.Produce()
	return value, true, err
}

// Lock takes the lock of a key, for the process that trains its run. If another
// process has it, Lock calls waiting and waits. The operating system frees the lock
// when its process ends, in whatever way.
func Lock(ctx context.Context, key string, waiting func()) (unlock func(), err error) {
	if err := os.MkdirAll(env.RunsDir(), 0o755); err != nil {
		return nil, fmt.Errorf("the run store cannot be created: %w; set HW1_RUNS to a writable folder", err)
	}
	fl := flock.New(filepath.Join(env.RunsDir(), ".lock-"+key), flock.SetPermissions(0o666)) // less the umask: users may share a store
	locked, err := fl.TryLock()
	if err == nil && !locked {
		waiting()
		_, err = fl.TryLockContext(ctx, lockRetry)
	}
	if ctx.Err() != nil {
		_ = fl.Unlock() // in case it was taken all the same
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("the run store cannot be locked: %w; set HW1_RUNS to a writable folder", err)
	}
	return func() { _ = fl.Unlock() }, nil
}

const lockRetry = 200 * time.Millisecond
