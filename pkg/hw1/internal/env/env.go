// Package env reads every environment variable, and knows every path that depends on one.
package env

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Root returns the checkout's folder: HW1_ROOT if it is set, else the nearest
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

// DataDir returns the folder of the data sets: HW1_DATA, or data/ in the checkout.
func DataDir() string { return folder("HW1_DATA", "data") }

// RunsDir returns the folder of the run store: HW1_RUNS, or runs/ in the checkout.
func RunsDir() string { return folder("HW1_RUNS", "runs") }

// folder returns the folder that a variable names, or else a folder in the checkout.
func folder(variable, name string) string {
	return cmp.Or(os.Getenv(variable), filepath.Join(Root(), name))
}

// Quick reports whether HW1_QUICK asks for tiny budgets: a smoke test of the
// notebooks, whose numbers are not results.
func Quick() bool {
	v := os.Getenv("HW1_QUICK")
	return v != "" && v != "0"
}

// Live reports whether cells show curves while they work: always, unless HW1_LIVE is 0.
func Live() bool { return os.Getenv("HW1_LIVE") != "0" }

// Seeds returns HW1_SEEDS, the number of seeds in the experiments on
// images, or 1 if it is not set.
func Seeds() (int, error) {
	text := os.Getenv("HW1_SEEDS")
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("HW1_SEEDS=%s is not a number of seeds; set it to 1 or more", text)
	}
	return n, nil
}

// CheckpointInterval returns HW1_CHECKPOINT_SECONDS, the shortest time between two
// checkpoints, or 10 seconds if it is not set.
func CheckpointInterval() (time.Duration, error) {
	text := os.Getenv("HW1_CHECKPOINT_SECONDS")
	if text == "" {
		return 10 * time.Second, nil
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds >= 0 && seconds <= 1e6) {
		return 0, fmt.Errorf("HW1_CHECKPOINT_SECONDS=%s is not a time between two checkpoints; set it to a number of seconds", text)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// plugins says where the scripts put the XLA plugins, one line for each: its name and its
// path in the checkout. The scripts read the same file.
//
//go:embed plugins.tsv
var plugins string

// Plugin returns the path where scripts/setup.sh puts the plugin named cpu or cuda,
// or "" for another name.
func Plugin(name string) string {
	for line := range strings.Lines(plugins) {
		if known, path, _ := strings.Cut(strings.TrimSpace(line), "\t"); known == name {
			return filepath.Join(Root(), filepath.FromSlash(path))
		}
	}
	return ""
}

// PluginFolders returns PJRT_PLUGIN_LIBRARY_PATH, where go-xla looks for plugins, and
// whether it is set.
func PluginFolders() (folders []string, set bool) {
	list, set := os.LookupEnv("PJRT_PLUGIN_LIBRARY_PATH")
	return filepath.SplitList(list), set
}

// Backend returns GOMLX_BACKEND, the name of the requested backend, if there is one.
func Backend() string { return os.Getenv("GOMLX_BACKEND") }

// AddXLAFlags puts flags before those that the user has set in XLA_FLAGS, unless they are already there.
func AddXLAFlags(flags string) {
	if set := os.Getenv("XLA_FLAGS"); !strings.Contains(set, flags) {
		os.Setenv("XLA_FLAGS", strings.TrimSpace(flags+" "+set))
	}
}

// NoTF32 makes NVIDIA's libraries compute in full single precision, unless NVIDIA_TF32_OVERRIDE is set.
func NoTF32() {
	if _, set := os.LookupEnv("NVIDIA_TF32_OVERRIDE"); !set {
		os.Setenv("NVIDIA_TF32_OVERRIDE", "0")
	}
}
