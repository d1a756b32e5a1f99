package device

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

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

// go-xla takes a plugin for the kind that its path names anywhere: a checkout in a folder of such a name
// gets a word, and no slower or wrong backend.
func TestMisreadPlugin(t *testing.T) {
	for name, word := range map[string]string{
		"xla:cpu": "", "xla:cuda,tf32=false": "",
		"xla:/hw1/.venv/pjrt/pjrt_c_api_cpu_plugin.so":                         "",
		"xla:/hw1/.venv/cuda/jax_plugins/pjrt_c_api_cuda_plugin.so,tf32=false": "",
		"xla:/CUDA-course/hw1/.venv/pjrt/pjrt_c_api_cpu_plugin.so":             "cuda",
		"xla:/nvidia/hw1/.venv/pjrt/pjrt_c_api_cpu_plugin.so":                  "nvidia",
		"xla:/cpu/.venv/cuda/jax_plugins/pjrt_c_api_cuda_plugin.so,tf32=false": "cpu",
	} {
		err := misread(name)
		if (err != nil) != (word != "") || err != nil && !strings.Contains(err.Error(), `"`+word+`"`) {
			t.Errorf("%s: %v, want a word on %q", name, err, word)
		}
	}
}

// Convolutions on a GPU are in full single precision where products are, unless the user says otherwise.
func TestPrecisionOfConvolutions(t *testing.T) {
	for _, c := range []struct {
		name, set, want string
	}{{"xla:cuda,tf32=false", "", "0"}, {"xla:cuda,tf32=true", "", ""}, {"xla:cuda,tf32=false", "1", "1"}, {"xla:cpu", "", ""}} {
		t.Setenv("XLA_FLAGS", "")
		t.Setenv("NVIDIA_TF32_OVERRIDE", c.set)
		if c.set == "" {
			os.Unsetenv("NVIDIA_TF32_OVERRIDE")
		}
		if setFlags(c.name); os.Getenv("NVIDIA_TF32_OVERRIDE") != c.want {
			t.Errorf("%s has NVIDIA_TF32_OVERRIDE=%q, want %q", c.name, os.Getenv("NVIDIA_TF32_OVERRIDE"), c.want)
		}
	}
}

// What is the same is compiled once, however many ask for it and on however many shapes.
func TestShared(t *testing.T) {
	var builds atomic.Int32
	double := func(x *graph.Node) *graph.Node {
		builds.Add(1)
		return graph.MulScalar(x, 2)
	}
	run := func(what string, size int) {
		out, err := Shared(what, double).Value(Tensor(make([]float64, size), dtypes.Float64, size))
		if err != nil || len(out) != size {
			t.Fatal(out, err)
		}
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() { run("double", 1) })
	}
	group.Wait()
	for size := range 40 {
		run("double", size+1)
	}
	if n := builds.Load(); n != 40 {
		t.Errorf("built %d times for 40 shapes", n)
	}
	run("another", 1)
	if n := builds.Load(); n != 41 {
		t.Errorf("built %d times, want 41: once more for another", n)
	}
}

// Bytes are on the device once while they are in use, and not longer.
func TestMovedBytes(t *testing.T) {
	values := make([]uint8, 6000)
	move := func(values []uint8, rows int) *tensors.Tensor {
		tensor, err := MovedBytes(values, rows)
		if err != nil {
			t.Fatal(err)
		}
		return tensor
	}
	whole := move(values, 60)
	values[0] = 1
	other := slices.Clone(values)
	if move(values, 60) != whole {
		t.Error("the same bytes are moved twice")
	}
	for _, not := range []*tensors.Tensor{move(values, 30), move(values[:3000], 60), move(values[3000:], 30), move(other, 60)} {
		if not == whole {
			t.Errorf("other bytes or rows get the same tensor, %s", not.Shape())
		}
	}
	if first := tensors.MustCopyFlatData[uint8](move(other, 60))[0]; first != 1 {
		t.Errorf("the first byte is %d, want 1", first)
	}
	runtime.KeepAlive(whole)
	for range 100 {
		runtime.GC()
		mine := move(slices.Clone(other), 60) // forgets those
		moved.Lock()
		left := len(moved.all)
		moved.Unlock()
		runtime.KeepAlive(mine)
		if left == 1 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("tensors that nobody uses are still known")
}
