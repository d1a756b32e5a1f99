package experiment

import (
	"errors"
	"fmt"

	"hw1/pkg/hw1/internal/store"
)

// Load returns the run of a resolved Spec under its key, ErrMiss, or an error that says what is
// wrong with the entry.
func Load(spec Spec, key string) (*Run, error) {
	dir := store.Dir(key)
	files, err := store.Read(dir)
	var run *Run
	if err == nil {
		run, err = DecodeRun(files)
	}
	if err == nil && run.Spec.Key() != key {
		err = errors.New("it holds another run")
	}
	if err != nil {
		return nil, store.Wrong("run", dir, err)
	}
	run.Spec.Name = spec.Name
	run.Seal(key)
	return run, nil
}

// Save writes a run to the store. Nothing is left behind where that fails.
func Save(run *Run) error {
	files, err := EncodeRun(run)
	if err == nil {
		err = store.Save(run.Keys[0], files)
	}
	if err != nil {
		return fmt.Errorf("saving the run of %s: %w", run.Spec.Describe(), err)
	}
	return nil
}
