// Package devicetest runs graphs for tests.
package devicetest

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
)

// Call runs a graph function on tensors and returns the outputs' values.
func Call(t testing.TB, f func([]*graph.Node) []*graph.Node, args ...*tensors.Tensor) [][]float64 {
	t.Helper()
	values, err := device.Compute(f).Values(num.Map(args, func(arg *tensors.Tensor) any { return arg })...)
	if err != nil {
		t.Fatal(err)
	}
	return values
}
