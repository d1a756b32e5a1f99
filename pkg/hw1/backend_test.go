package hw1

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUnknownBackend(t *testing.T) {
	for _, name := range []string{"nonsense", "xla:nonsense", ":"} {
		got, _ := trainElsewhere(t, small(), "GOMLX_BACKEND="+name)
		checkMessage(t, got.Error, "GOMLX_BACKEND="+name, "unset it", "go")
	}
}

func TestNoPlugin(t *testing.T) {
	got, printed := trainElsewhere(t, small(), "GOMLX_BACKEND=", "PJRT_PLUGIN_LIBRARY_PATH="+t.TempDir(), "HOME="+t.TempDir(), "LD_LIBRARY_PATH=")
	if got.Error != "" || got.Backend != "go" || len(got.Thetas) != 1 {
		t.Errorf("trained on %q: %s", got.Backend, got.Error)
	}
	if n := strings.Count(printed, "pure-Go"); n != 1 || !strings.Contains(printed, "scripts/setup.sh") {
		t.Errorf("%d lines say that the pure-Go backend trains:\n%s", n, printed)
	}
}

// After 100 steps of Adam the parameters of both backends, which are below 1 in
// size, agree to 1e-7 in double precision and to 1e-4 in single.
func TestBackendsAgree(t *testing.T) {
	for name, c := range map[string]struct {
		spec      Spec
		tolerance float64
	}{
		"double precision": {Spec{Task: Sinc, Arch: MLP(1, 10, 8, 1), Activation: Tanh, WeightDecay: 1e-3, Float64: true}, 1e-7},
		"single precision": {Spec{Task: Sinc, Arch: MLP(1, 10, 8, 1), Activation: Tanh, WeightDecay: 1e-3}, 1e-4},
		"leaky ReLU":       {Spec{Task: SquareWave, Arch: MLP(1, 10, 8, 1), Activation: LeakyReLU}, 1e-4},
		"mini-batches":     {Spec{Task: WaveSign, Arch: MLP(1, 10, 8, 1), Activation: Tanh, Batch: 50}, 1e-4},
	} {
		spec := c.spec
		spec.Epochs, spec.Seeds = 100, 2
		if spec.Batch > 0 {
			spec.Epochs = 10
		}
		xla, printed := trainElsewhere(t, spec, "GOMLX_BACKEND=")
		if xla.Backend == "go" {
			t.Skip("no XLA: ", printed)
		}
		golang, _ := trainElsewhere(t, spec, "GOMLX_BACKEND=go")
		if golang.Error != "" || xla.Error != "" || golang.Backend != "go" {
			t.Fatal(name, golang.Backend, golang.Error, xla.Error)
		}
		for i := range xla.Thetas {
			checkNear(t, name, golang.Thetas[i], xla.Thetas[i], c.tolerance)
		}
	}
}

// The names of the backends become GoMLX's, with the plugins of scripts/setup.sh.
func TestXLAConfig(t *testing.T) {
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", t.TempDir()) // plugins are looked for there alone
	for name, want := range map[string]string{
		"xla":                           "xla",
		"xla:cpu":                       "xla:cpu",
		"xla:cuda":                      "xla:cuda,tf32=false",
		"xla:cuda,tf32=true":            "xla:cuda,tf32=true",
		"xla:cuda,preallocate=true":     "xla:cuda,tf32=false,preallocate=true",
		"xla:/a/pjrt_c_api_x_plugin.so": "xla:/a/pjrt_c_api_x_plugin.so",
	} {
		if got := xlaConfig(name); got != want {
			t.Errorf("%s becomes %s, want %s", name, got, want)
		}
	}
}

// The plugin for the CPU gets the flags that lie beside it, whichever folder has it.
func TestFlagsOfThePlugin(t *testing.T) {
	other, ours := t.TempDir(), t.TempDir()
	plugin := filepath.Join(ours, "pjrt_c_api_cpu_plugin.so")
	for path, content := range map[string]string{
		filepath.Join(other, "pjrt_c_api_cuda_plugin.so"): "", filepath.Join(other, "xla_flags"): "--of_another",
		plugin: "", filepath.Join(ours, "xla_flags"): "--needed\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ name, folders, want string }{
		{"xla:cpu", other + ":" + ours, "--needed --mine"},
		{"xla", ours, "--needed --mine"},
		{"xla:" + plugin, "", "--needed --mine"},
		{"xla:" + plugin + ",option=1", other, "--needed --mine"},
		{"xla:cpu", other, "--mine"},
		{"xla:cpu", "", "--mine"},
	} {
		t.Setenv("XLA_FLAGS", "--mine")
		t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", c.folders)
		if setFlags(c.name); os.Getenv("XLA_FLAGS") != c.want {
			t.Errorf("%s with plugins in %q has the flags %q, want %q", c.name, c.folders, os.Getenv("XLA_FLAGS"), c.want)
		}
	}
}

func TestGPUThatIsNotThere(t *testing.T) {
	if found, _ := filepath.Glob("/dev/nvidia[0-9]*"); len(found) > 0 {
		t.Skip("it is")
	}
	got, _ := trainElsewhere(t, small(), "GOMLX_BACKEND=xla:cuda")
	checkMessage(t, got.Error, "GOMLX_BACKEND=xla:cuda", "unset it", "cuda")
	got, _ = trainElsewhere(t, small(), "GOMLX_BACKEND=")
	if got.Backend == "xla:cuda" {
		t.Error("trained on a GPU that is not there")
	}
}
