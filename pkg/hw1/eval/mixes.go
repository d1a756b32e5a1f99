//go:build !js

package eval

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/internal/custom"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/nn"
)

// unmixed holds the custom networks that mixes has seen.
var unmixed sync.Map

// mixes returns an error if the outputs of a custom network for an example depend on the other examples of a batch.
func mixes(net nn.Network) error {
	key := net.Tell("mixes")
	if _, seen := unmixed.Load(key); seen {
		return nil
	}
	rng, features := rand.New(rand.NewPCG(0, num.StreamPoints)), net.Arch.Features()
	theta := device.Tensor(net.Arch.InitTheta(0), net.DType, 1, net.Arch.ParamCount())
	exec := device.Compute(func(theta, x *graph.Node) *graph.Node { return net.Forward(net.Unpack(theta), x) })
	example, outputs := num.Normals(rng, features), [2][]float64{} // [outputs, 2], the first column for the example
	for i := range outputs {
		var err error
		if outputs[i], err = exec.Value(theta, device.Tensor(append(example, num.Normals(rng, features)...), net.DType, 2, features)); err != nil {
			return err
		}
	}
	for k := range net.Arch.Outputs() {
		if custom.Differs(outputs[0][2*k], outputs[1][2*k]) {
			return fmt.Errorf("output %d of %v for an example depends on the other examples of its batch; let its graph treat each row of x by itself", k+1, net.Arch)
		}
	}
	unmixed.Store(key, true)
	return nil
}
