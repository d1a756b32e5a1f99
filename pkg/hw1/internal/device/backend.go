// Package device has the one backend of a process, runs computations on it, and moves tensors to it and back.
package device

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/gomlx/backends/default" // registers XLA and the pure-Go backend
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/cell"
	"hw1/pkg/hw1/internal/env"
)

// Open returns the process's one backend. It is opened on first use,
// so that reading finished runs and drawing need no plugin.
//
// GOMLX_BACKEND, if it is set, names the backend; failing to open that one
// is an error. Otherwise Open takes XLA if possible, on a GPU if there is
// one and scripts/setup.sh --cuda was run, else pure Go.
var Open = sync.OnceValues(func() (compute.Backend, error) {
	if name := env.Backend(); name != "" {
		backend, err := newBackend(name)
		if err != nil {
			return nil, fmt.Errorf("%s=%s cannot be used: %w; unset it, or set it to xla:cpu, xla:cuda or go",
				compute.ConfigEnvVar, name, err)
		}
		return backend, nil
	}
	gpus, _ := filepath.Glob("/dev/nvidia[0-9]*") // the pattern is well-formed
	if len(gpus) > 0 && exists(env.Plugin("cuda")) {
		backend, err := newBackend("xla:cuda")
		if err == nil {
			return backend, nil
		}
		cell.Notice("Training on the CPU, as the GPU cannot be used: %v.", err)
	}
	backend, err := newBackend("xla:cpu")
	if err == nil {
		return backend, nil
	}
	cell.Notice("Training with the pure-Go backend, which is many times slower than XLA, as XLA cannot be used: %v. scripts/setup.sh installs XLA.", err)
	return newBackend("go")
})

// newBackend opens a backend by GoMLX's name for it. GoMLX panics on some unknown
// names; newBackend returns an error for these, too.
func newBackend(name string) (backend compute.Backend, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		if err != nil {
			line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
			err = errors.New(line)
		}
	}()
	if name == "xla" || strings.HasPrefix(name, "xla:") {
		name = xlaConfig(name)
		if err := misread(name); err != nil {
			return nil, err
		}
		setFlags(name)
	}
	return compute.NewWithConfig(name)
}

// xlaConfig completes the name of an XLA backend: with the path of the plugin that
// scripts/setup.sh installed, unless the environment says where plugins are, and,
// on a GPU, with matrix products in full single precision, as on a CPU.
func xlaConfig(name string) string {
	_, config, _ := strings.Cut(name, ":")
	plugin, options, _ := strings.Cut(config, ",")
	if isCUDA(plugin) && !strings.Contains(options, "tf32") {
		options = strings.TrimSuffix("tf32=false,"+options, ",")
	}
	if _, set := env.PluginFolders(); !set && !strings.Contains(plugin, "/") {
		if path := env.Plugin(cmp.Or(plugin, "cpu")); exists(path) {
			plugin = path
		}
	}
	return strings.TrimRight("xla:"+plugin+","+options, ",:")
}

// misread returns an error if go-xla 0.4.1 would mistake the kind of the plugin: it looks
// for "cpu" and for "cuda" or "nvidia" in the whole path, not just in the file name.
func misread(name string) error {
	plugin := pluginIn(name)
	folder, wrong := filepath.Dir(strings.ToLower(plugin)), []string{"cuda", "nvidia"}
	if isCUDA(plugin) {
		wrong = []string{"cpu"}
	}
	for _, word := range wrong {
		if strings.Contains(folder, word) {
			return fmt.Errorf("go-xla is misled by %q in the path of %s; set PJRT_PLUGIN_LIBRARY_PATH to its folder, and name the plugin cpu or cuda", word, plugin)
		}
	}
	return nil
}

// pluginIn returns the plugin in a GoMLX name for XLA, which is a name or a path.
func pluginIn(name string) string {
	_, config, _ := strings.Cut(name, ":")
	plugin, _, _ := strings.Cut(config, ",")
	return plugin
}

func isCUDA(plugin string) bool { return strings.Contains(filepath.Base(plugin), "cuda") }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// setFlags adds the flags to XLA_FLAGS that make XLA's results right. On a GPU they make
// equal trainings give equal weights, and make convolutions, whose precision go-xla 0.4.1 leaves
// to NVIDIA's libraries, run in full single precision, as matrix products do. The CPU plugin of scripts/setup.sh has the flags that
// it needs beside it, in xla_flags; a plugin in another folder has none, and must get none:
// an unknown flag ends the program.
func setFlags(name string) {
	if isCUDA(pluginIn(name)) {
		env.AddXLAFlags("--xla_gpu_deterministic_ops=true")
		if strings.Contains(name, "tf32=false") {
			env.NoTF32()
		}
		return
	}
	if flags, err := os.ReadFile(filepath.Join(filepath.Dir(pluginOf(name)), "xla_flags")); err == nil {
		env.AddXLAFlags(strings.TrimSpace(string(flags)))
	}
}

// pluginOf returns the path of the plugin that is loaded for a GoMLX name for XLA on
// the CPU: the path in the name, or the plugin in the first folder of PJRT_PLUGIN_LIBRARY_PATH that has one.
func pluginOf(name string) string {
	if plugin := pluginIn(name); filepath.IsAbs(plugin) {
		return plugin
	}
	folders, _ := env.PluginFolders()
	for _, folder := range folders {
		if plugin := filepath.Join(folder, filepath.Base(env.Plugin("cpu"))); exists(plugin) {
			return plugin
		}
	}
	return ""
}

// Computation is a graph function compiled for the backend, or the error why there is none, which each call returns.
type Computation struct {
	exec *graph.Exec
	err  error
}

// Compute returns the computation of a graph function.
func Compute[F graph.ExecGraphFn](build F) (c Computation) {
	backend, err := Open()
	if err != nil {
		return Computation{err: err}
	}
	c.exec, c.err = graph.NewExec(backend, build)
	return c
}

// Shared returns one computation for everyone who computes the same, such as the trainings of several seeds: compiling takes
// longer than training a small network. The text what must identify everything that build uses besides its operands.
func Shared[F graph.ExecGraphFn](what string, build F) Computation {
	shared.Lock()
	defer shared.Unlock()
	if c, known := shared.of[what]; known {
		return c
	}
	c := Compute(build)
	if c.err == nil {
		c.exec.SetMaxCache(-1) // of shapes
		shared.of[what] = c
	}
	return c
}

// shared holds the computations that [Shared] has made.
var shared = struct {
	sync.Mutex
	of map[string]Computation
}{of: map[string]Computation{}}

// Call returns the graph's results.
func (c Computation) Call(args ...any) ([]*tensors.Tensor, error) {
	if c.err != nil {
		return nil, c.err
	}
	return c.exec.Call(args...)
}

// Values returns the values of each of the graph's results.
func (c Computation) Values(args ...any) (all [][]float64, err error) {
	out, err := c.Call(args...)
	for _, result := range out {
		values, err := Floats(result)
		if err != nil {
			return nil, err
		}
		all = append(all, values)
	}
	return all, err
}

// Value returns the values of the graph's only result.
func (c Computation) Value(args ...any) ([]float64, error) {
	all, err := c.Values(args...)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// NameOf returns the name of a backend: "xla:cpu", "xla:cuda" or "go".
func NameOf(backend compute.Backend) string {
	if backend.Name() != "xla" { // it calls itself "Go Backend"
		return "go"
	}
	if strings.Contains(strings.ToLower(backend.DeviceDescription(0)), "cpu") {
		return "xla:cpu"
	}
	return "xla:cuda"
}
