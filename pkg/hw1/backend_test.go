package hw1

import (
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

func TestBackendsAgree(t *testing.T) {
	spec := Spec{Task: Sinc, Arch: MLP(1, 10, 8, 1), Activation: Tanh, Epochs: 100, WeightDecay: 1e-3, Seeds: 2, Float64: true}
	xla, printed := trainElsewhere(t, spec, "GOMLX_BACKEND=")
	if xla.Backend == "go" {
		t.Skip("no XLA: ", printed)
	}
	golang, _ := trainElsewhere(t, spec, "GOMLX_BACKEND=go")
	if golang.Error != "" || xla.Error != "" || golang.Backend != "go" {
		t.Fatal(golang.Backend, golang.Error, xla.Error)
	}
	for i := range xla.Thetas {
		checkNear(t, "theta", golang.Thetas[i], xla.Thetas[i], 1e-7)
	}
}
