package nn

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/loss"
)

// Whatever a graph of one's own does, there is one line that says so.
func TestTryNamesWhatIsWrong(t *testing.T) {
	backend, err := device.Open()
	if err != nil {
		t.Fatal(err)
	}
	for says, build := range map[string]GraphFn{
		"out of ideas\n\tat":             func([]*graph.Node, *graph.Node) *graph.Node { panic("out of ideas") },
		"own_test.go:":                   func(w []*graph.Node, x *graph.Node) *graph.Node { return graph.Mul(w[0], x) }, // GoMLX panics
		"but returned [1 2 1]":           func(_ []*graph.Node, x *graph.Node) *graph.Node { return graph.InsertAxes(x, 0) },
		"but returned Node(nil)":         func([]*graph.Node, *graph.Node) *graph.Node { return nil },
		"cannot be built for 3 examples": func(_ []*graph.Node, x *graph.Node) *graph.Node { return graph.Reshape(x, 2, 1) },
	} {
		arch := Graph("mine", 1, []int{1}, 1, []Param{{Name: "w", Shape: []int{1}, Start: 1}}, build)
		hw1test.CheckMessage(t, hw1test.MessageOf(New(arch, ReLU, loss.MSE, false, 0, dtypes.Float32).Try(backend)), "mine version 1", says)
	}
}

// A network of one's own has no layers of the package beside its graph.
func TestOwnHasNoOtherLayers(t *testing.T) {
	for _, add := range []func(a *Arch){
		func(a *Arch) { a.Conv = []int{1} },
		func(a *Arch) { a.Dense = []int{1} },
		func(a *Arch) { a.Blocks = []Block{{}} },
		func(a *Arch) { a.BatchNorm = true },
		func(a *Arch) { a.Pad = true },
	} {
		a := Graph("mine", 1, []int{1}, 1, []Param{{Name: "w", Shape: []int{1}, FanIn: 1}}, firstOf)
		if err := a.Valid(); err != nil {
			t.Fatal(err)
		}
		add(&a)
		hw1test.CheckMessage(t, hw1test.MessageOf(a.Valid()), "no other layers")
	}
}

// Each call of dropout in a training takes other values, about the share that it is told, and scales the others up; in evaluation it takes none.
func TestDropoutInAnOwnNetwork(t *testing.T) {
	const n, rate = 1000, 0.25
	arch := GraphWithDropout("mine", 1, []int{1}, 2, []Param{{Name: "w", Shape: []int{2}, Start: 1}}, func(w []*graph.Node, x *graph.Node, dropout func(*graph.Node) *graph.Node) *graph.Node {
		return graph.Mul(graph.InsertAxes(w[0], 0), graph.Concatenate([]*graph.Node{dropout(x), dropout(x)}, 1))
	})
	net := New(arch, ReLU, loss.MSE, false, rate, dtypes.Float64)
	got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
		p := &pass{Network: net, weights: net.Unpack(in[0]), key: in[2], training: true}
		return []*graph.Node{p.forward(in[1]), net.Forward(net.Unpack(in[0]), in[1])}
	}, device.Tensor([]float64{1, 1}, dtypes.Float64, 1, 2), device.Tensor(num.Make(n, func(int) float64 { return 1 }), dtypes.Float64, n, 1), tensors.FromFlatDataAndDimensions([]uint32{3, 4}, 2))
	first, second := got[0][:n], got[0][n:]
	var kept, both float64
	for i, v := range first {
		if v != 0 && v != 1/(1-rate) {
			t.Fatalf("a value is %g", v)
		}
		kept += float64(num.Int(v != 0)) / n
		both += float64(num.Int(v != 0 && second[i] != 0)) / n
	}
	hw1test.CheckNear(t, "shares that one and both calls keep", []float64{kept, both}, []float64{1 - rate, (1 - rate) * (1 - rate)}, 0.05)
	hw1test.CheckNear(t, "evaluation", got[1], num.Make(2*n, func(int) float64 { return 1 }), 0)
}

// A graph that is told to drop values but never does would train another network than its Spec says.
func TestTryOfDropout(t *testing.T) {
	backend, err := device.Open()
	if err != nil {
		t.Fatal(err)
	}
	of := func(dropping bool) Arch {
		return GraphWithDropout("mine", 1, []int{1}, 1, []Param{{Name: "w", Shape: []int{1}, Start: 1}}, func(w []*graph.Node, x *graph.Node, dropout func(*graph.Node) *graph.Node) *graph.Node {
			if dropping {
				x = dropout(x)
			}
			return graph.Mul(graph.InsertAxes(w[0], 0), x)
		})
	}
	try := func(a Arch, rate float64) string {
		return hw1test.MessageOf(New(a, ReLU, loss.MSE, false, rate, dtypes.Float32).Try(backend))
	}
	hw1test.CheckMessage(t, try(of(false), 0.25), "mine version 1", "never calls dropout", "Dropout: 0.25")
	for _, wrong := range []string{try(of(true), 0.25), try(of(true), 0), try(of(false), 0), try(MLP(1, 1), 0.25)} {
		if wrong != "" {
			t.Error(wrong)
		}
	}
}
