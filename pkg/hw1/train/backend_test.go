package train

import (
	"path/filepath"
	"strings"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

func TestUnknownBackend(t *testing.T) {
	for _, name := range []string{"nonsense", "xla:nonsense", ":"} {
		got, _ := trainElsewhere(t, runtest.Small(), "GOMLX_BACKEND="+name)
		hw1test.CheckMessage(t, got.Error, "GOMLX_BACKEND="+name, "unset it", "go")
	}
}

func TestNoPlugin(t *testing.T) {
	got, printed := trainElsewhere(t, runtest.Small(), "GOMLX_BACKEND=", "PJRT_PLUGIN_LIBRARY_PATH="+t.TempDir(), "HOME="+t.TempDir(), "LD_LIBRARY_PATH=")
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
	hw1test.Slow(t)
	for name, c := range map[string]struct {
		spec      experiment.Spec
		tolerance float64
	}{
		"double precision": {experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 10, 8, 1), Activation: nn.Tanh, WeightDecay: 1e-3, Float64: true}, 1e-7},
		"single precision": {experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 10, 8, 1), Activation: nn.Tanh, WeightDecay: 1e-3}, 1e-4},
		"leaky ReLU":       {experiment.Spec{Task: data.SquareWave, Arch: nn.MLP(1, 10, 8, 1), Activation: nn.LeakyReLU}, 1e-4},
		"mini-batches":     {experiment.Spec{Task: data.WaveSign, Arch: nn.MLP(1, 10, 8, 1), Activation: nn.Tanh, Batch: 50}, 1e-4},
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
			hw1test.CheckNear(t, name, golang.Thetas[i], xla.Thetas[i], c.tolerance)
		}
	}
}

func TestGPUThatIsNotThere(t *testing.T) {
	if found, _ := filepath.Glob("/dev/nvidia[0-9]*"); len(found) > 0 {
		t.Skip("it is")
	}
	got, _ := trainElsewhere(t, runtest.Small(), "GOMLX_BACKEND=xla:cuda")
	hw1test.CheckMessage(t, got.Error, "GOMLX_BACKEND=xla:cuda", "unset it", "cuda")
	got, _ = trainElsewhere(t, runtest.Small(), "GOMLX_BACKEND=")
	if got.Backend == "xla:cuda" {
		t.Error("trained on a GPU that is not there")
	}
}
