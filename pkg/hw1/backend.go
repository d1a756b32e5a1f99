package hw1

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/gomlx/backends/default" // registers XLA and the pure-Go backend
)

// openBackend returns the process's one backend. It is opened at the first use,
// so that reading finished runs and drawing need no plugin.
//
// GOMLX_BACKEND, where it is set, names the backend; one that can not be opened
// is an error then. Without it XLA is taken where it can be, else pure Go.
var openBackend = sync.OnceValues(func() (compute.Backend, error) {
	if name := os.Getenv(compute.ConfigEnvVar); name != "" {
		backend, err := newBackend(name)
		if err != nil {
			return nil, fmt.Errorf("%s=%s can not be used: %w; unset it, or set it to xla:cpu, xla:cuda or go",
				compute.ConfigEnvVar, name, err)
		}
		return backend, nil
	}
	backend, err := newBackend("xla")
	if err == nil {
		return backend, nil
	}
	notice("Training with the pure-Go backend, many times slower than XLA, which can not be used: %v. scripts/setup.sh installs XLA.", err)
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
			err = errors.New(firstLine(err.Error()))
		}
	}()
	setPluginFlags()
	return compute.NewWithConfig(withLocalPlugin(name))
}

// withLocalPlugin adds the path of a plugin that scripts/setup.sh installed to
// the name of an XLA backend, unless the environment says where plugins are.
func withLocalPlugin(name string) string {
	kind, config, _ := strings.Cut(name, ":")
	if _, set := os.LookupEnv("PJRT_PLUGIN_LIBRARY_PATH"); set || kind != "xla" || strings.Contains(config, "/") {
		return name
	}
	plugin, options, hasOptions := strings.Cut(config, ",")
	path := filepath.Join(Root(), ".venv", "pjrt", fmt.Sprintf("pjrt_c_api_%s_plugin.so", orDefault(plugin, "cpu")))
	if _, err := os.Stat(path); err != nil {
		return name
	}
	if hasOptions {
		path += "," + options
	}
	return kind + ":" + path
}

// setPluginFlags gives XLA the flags that the plugin of scripts/setup.sh needs to
// compute right results. They are kept beside it, in xla_flags; a plugin of another
// folder has none, and must get none: a flag that it does not know ends the program.
func setPluginFlags() {
	dir := filepath.Join(Root(), ".venv", "pjrt")
	if folders := filepath.SplitList(os.Getenv("PJRT_PLUGIN_LIBRARY_PATH")); len(folders) > 0 {
		dir = folders[0]
	}
	flags, err := os.ReadFile(filepath.Join(dir, "xla_flags"))
	if err == nil && !strings.Contains(os.Getenv("XLA_FLAGS"), "ynn_fusion_type") {
		os.Setenv("XLA_FLAGS", strings.TrimSpace(string(flags)+" "+os.Getenv("XLA_FLAGS")))
	}
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// BackendName returns the name of the backend that trains here: "xla:cpu",
// "xla:cuda" or "go". It opens it if need be.
func BackendName() (string, error) {
	backend, err := openBackend()
	if err != nil {
		return "", err
	}
	return nameOf(backend), nil
}

func nameOf(backend compute.Backend) string {
	if backend.Name() != "xla" { // it calls itself "Go Backend"
		return "go"
	}
	if strings.Contains(strings.ToLower(backend.DeviceDescription(0)), "cpu") {
		return "xla:cpu"
	}
	return "xla:cuda"
}

// canLoop reports whether the backend can run many training steps in one
// execution; the pure-Go one lacks an operation for it.
func canLoop(backend compute.Backend) bool {
	return backend.Capabilities().Operations[compute.OpTypeDynamicUpdateSlice]
}
