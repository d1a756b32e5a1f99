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

func dataDir() string { return filepath.Join(Root(), "data") }

// runsDir returns the folder of the run store: HW1_RUNS, or runs/ in the checkout.
func runsDir() string {
	if dir := os.Getenv("HW1_RUNS"); dir != "" {
		return dir
	}
	return filepath.Join(Root(), "runs")
}
