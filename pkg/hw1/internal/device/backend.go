// Package device has the one backend of a process, executions on it, and tensors to it and back.
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

// Open returns the process's one backend. It is opened at the first use,
// so that reading finished runs and drawing need no plugin.
//
// GOMLX_BACKEND, where it is set, names the backend; one that cannot be opened
// is an error then. Without it XLA is taken where it can be, on a GPU if there is
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
	gpus, _ := filepath.Glob("/dev/nvidia[0-9]*") // the pattern is well formed
	if len(gpus) > 0 && exists(env.Plugin("cuda")) {
		backend, err := newBackend("xla:cuda")
		if err == nil {
			return backend, nil
		}
		cell.Notice("Training on the CPU: the GPU cannot be used: %v.", err)
	}
	backend, err := newBackend("xla:cpu")
	if err == nil {
		return backend, nil
	}
	cell.Notice("Training with the pure-Go backend, many times slower than XLA, which cannot be used: %v. scripts/setup.sh installs XLA.", err)
	return newBackend("go")
})

// newBackend opens a backend by GoMLX's name for it. GoMLX panics at some names
// it does not know; the error is the same then.
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
// on a GPU, with products of matrices in full single precision, as on a CPU.
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

// misread returns an error where go-xla 0.4.1 would take the plugin for one of another kind: it looks
// for "cpu" and "cuda" or "nvidia" in all of its path, and not in its name alone.
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

// pluginIn returns the plugin of a GoMLX name for XLA, a name or a path.
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

// setFlags gives XLA flags that make it right, in XLA_FLAGS. On a GPU they make
// equal trainings give equal weights, and convolutions, whose precision go-xla 0.4.1 leaves
// to NVIDIA's libraries, are in full single precision as products are. The plugin for the CPU of scripts/setup.sh has those that it needs
// beside it, in xla_flags; a plugin of another folder has none, and must get none:
// a flag that it does not know ends the program.
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

// pluginOf returns the path of the plugin that is loaded under a GoMLX name for XLA on
// the CPU: its own, or the one in the first folder of PJRT_PLUGIN_LIBRARY_PATH that has one.
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

// Computation is the execution of a graph function on the backend, or the error that there is none, which each call returns.
type Computation struct {
	exec *graph.Exec
	err  error
}

// Compute returns the execution of a graph function.
func Compute[F graph.ExecGraphFn](build F) (c Computation) {
	backend, err := Open()
	if err != nil {
		return Computation{err: err}
	}
	c.exec, c.err = graph.NewExec(backend, build)
	return c
}

// Shared returns the one execution that all share who compute the same: the trainings of several seeds, say. To compile one takes
// longer than training a small network. The text what has to identify all that build uses besides its operands.
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

// shared are those that [Shared] has made.
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

// Value returns the values of the graph's one result.
func (c Computation) Value(args ...any) ([]float64, error) {
	all, err := c.Values(args...)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// Name returns the name of the backend that trains here: "xla:cpu",
// "xla:cuda" or "go". It opens it if need be.
func Name() (string, error) {
	backend, err := Open()
	if err != nil {
		return "", err
	}
	return NameOf(backend), nil
}

// NameOf returns "xla:cpu", "xla:cuda" or "go".
func NameOf(backend compute.Backend) string {
	if backend.Name() != "xla" { // it calls itself "Go Backend"
		return "go"
	}
	if strings.Contains(strings.ToLower(backend.DeviceDescription(0)), "cpu") {
		return "xla:cpu"
	}
	return "xla:cuda"
}
