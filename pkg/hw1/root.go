package hw1

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
)

// Root returns the checkout's folder: HW1_ROOT where it is set, else the nearest
// folder at or above the working directory whose go.mod is this module's, else
// the working directory.
var Root = sync.OnceValue(func() string {
	if root := os.Getenv("HW1_ROOT"); root != "" {
		return root
	}
	here, err := os.Getwd()
	if err != nil {
		return "."
	}
	for dir := here; ; dir = filepath.Dir(dir) {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(mod, []byte("module hw1\n")) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return here
		}
	}
})

// dataDir returns the folder of the data sets: HW1_DATA, or data/ in the checkout.
func dataDir() string { return folder("HW1_DATA", "data") }

// runsDir returns the folder of the run store: HW1_RUNS, or runs/ in the checkout.
func runsDir() string { return folder("HW1_RUNS", "runs") }

// folder returns the folder that a variable names, or else one of the checkout.
func folder(variable, name string) string {
	if dir := os.Getenv(variable); dir != "" {
		return dir
	}
	return filepath.Join(Root(), name)
}
