package nn

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// Own is a custom network as plain data. Its computation is identified by its name, version and
// shapes. It has the function itself where it was declared, and none where it was read from a file.
type Own struct {
	Name    string  `json:"name"`
	Version int     `json:"version"`
	Outputs int     `json:"outputs"`
	Weights []Param `json:"weights"`
	Dropout bool    `json:"dropout,omitempty"` // the graph has places for dropout

	wrong  string // what is wrong with the arguments of Graph
	graph  DropoutGraphFn
	number int64 // among all declarations
}

// GraphFn builds the outputs [n, outputs] of a network for examples x [n, input...], from its weights in
// their shapes. It may be called any number of times, so it must not use anything that changes.
type GraphFn func(weights []*graph.Node, x *graph.Node) *graph.Node

// DropoutGraphFn is [GraphFn] with a function for dropout: in training, it sets a share of a node's values to zero, Spec.Dropout, and
// scales up the others (Srivastava et al. 2014); in evaluation it returns the node as it is.
type DropoutGraphFn func(weights []*graph.Node, x *graph.Node, dropout func(*graph.Node) *graph.Node) *graph.Node

var declarations atomic.Int64

// Graph declares a network of your own: the shape of an example, the number of outputs, the
// parameters with their names, shapes and initial values (FanIn or Start), and the graph. The last axis of a
// weight is the axis of its units. The name and the version are part of each run's key: raise the version when
// you change the graph. Mistakes are reported when the network is used.
func Graph(name string, version int, input []int, outputs int, weights []Param, build GraphFn) Arch {
	own := &Own{Name: name, Version: version, Outputs: outputs}
	if build == nil {
		return own.declare(input, weights, nil)
	}
	return own.declare(input, weights, func(weights []*graph.Node, x *graph.Node, _ func(*graph.Node) *graph.Node) *graph.Node {
		return build(weights, x)
	})
}

// GraphWithDropout is [Graph] for a network with dropout, which takes place where the graph calls for it.
func GraphWithDropout(name string, version int, input []int, outputs int, weights []Param, build DropoutGraphFn) Arch {
	own := &Own{Name: name, Version: version, Outputs: outputs, Dropout: true}
	return own.declare(input, weights, build)
}

func (o *Own) declare(input []int, weights []Param, build DropoutGraphFn) Arch {
	for _, p := range weights {
		o.Weights = append(o.Weights, Param{Name: p.Name, Shape: slices.Clone(p.Shape), FanIn: p.FanIn, Start: p.Start})
	}
	if o.graph, o.number = build, declarations.Add(1); build == nil {
		o.wrong = "the graph function is nil"
	}
	return Arch{Input: slices.Clone(input), Own: o}
}

// String describes the network for labels.
func (o *Own) String() string {
	weights := num.Map(o.Weights, func(p Param) string { return fmt.Sprint(p.Name, " ", p.Shape) })
	return o.key() + " of " + strings.Join(weights, ", ")
}

func (o *Own) key() string { return fmt.Sprintf("%s version %d", o.Name, o.Version) }

func (o *Own) layout() layout {
	var l layout
	for _, p := range o.Weights {
		if rank := len(p.Shape); rank > 1 {
			p.Units = p.Shape[rank-1]
			p.UnitStride, p.InputStride = 1, p.Units
		}
		l.add(p)
	}
	return l
}

func (o *Own) valid(a Arch) error {
	switch {
	case o.wrong != "":
		return errors.New(o.wrong)
	case o.Name == "" || o.Outputs < 1 || len(a.Input) == 0 || len(o.Weights) == 0:
		return errors.New("a network of your own needs a name, the shape of an example, at least one output, and weights; give hw1.Network all of them")
	case len(a.Conv)+len(a.Dense)+len(a.Blocks) > 0 || a.BatchNorm || a.Pad:
		return errors.New("a network of your own has no other layers; put them into its graph, without batch normalization, and declare it with nn.GraphWithDropout for dropout")
	}
	for i, p := range o.Weights {
		switch {
		case !check.IsText(o.Name) || !check.IsText(p.Name):
			return fmt.Errorf("the network's name %q or that of its weight %q has characters that no figure can show; write it in UTF-8", o.Name, p.Name)
		case len(p.Shape) == 0 || slices.ContainsFunc(p.Shape, func(d int) bool { return d < 1 || d > 1<<20 }):
			return fmt.Errorf("weight %d, %q, has the shape %v; give it one or more sizes between 1 and 2^20", i+1, p.Name, p.Shape)
		case p.Name == "" || slices.ContainsFunc(o.Weights[:i], func(q Param) bool { return q.Name == p.Name }):
			return fmt.Errorf("weight %d has the name %q; give each weight a name of its own", i+1, p.Name)
		case p.FanIn < 0 || p.FanIn == 0 && p.Start == 0 && len(p.Shape) > 1:
			return fmt.Errorf("the weight %q of shape %v has no fan-in, and would start as all zeros; set FanIn to the number of inputs of one unit", p.Name, p.Shape)
		case !check.IsFinite(p.Start):
			return fmt.Errorf("the weight %q starts at %g; give it a finite number", p.Name, p.Start)
		}
	}
	return nil
}

// build returns the outputs [1, outputs, n] for weights [1, shape...] and examples x [n, input...].
func (o *Own) build(weights []*graph.Node, x *graph.Node, dropout func(*graph.Node) *graph.Node) *graph.Node {
	if o.graph == nil {
		exceptions.Panicf("it was read from a file, without its graph; declare it in this cell, with hw1.Network")
	}
	squeezed := num.Map(weights, func(w *graph.Node) *graph.Node { return graph.Squeeze(w, 0) })
	n := x.Shape().Dimensions[0]
	y := o.graph(squeezed, x, dropout)
	if y == nil {
		exceptions.Panicf("it must return outputs [%d, %d] for %d examples, but returned %v", n, o.Outputs, n, y)
	}
	if !slices.Equal(y.Shape().Dimensions, []int{n, o.Outputs}) {
		exceptions.Panicf("it must return outputs [%d, %d] for %d examples, but returned %v", n, o.Outputs, n, y.Shape().Dimensions)
	}
	return graph.InsertAxes(graph.Transpose(graph.ConvertDType(y, x.DType()), 0, 1), 0)
}

// Try returns an error that says what is wrong with the graph of a custom network, if anything is.
func (n Network) Try(backend compute.Backend) error {
	if n.Arch.Own == nil {
		return nil
	}
	for _, examples := range []int{2, 3} { // a graph must not rely on the size of a batch
		wrong := check.Caught(func() {
			g := graph.NewGraph(backend, "trial")
			defer g.Finalize()
			weights := n.Unpack(graph.Parameter(g, "theta", shapes.Make(n.DType, 1, n.Arch.ParamCount())))
			x := graph.Parameter(g, "x", shapes.Make(n.DType, examples, n.Arch.Features()))
			n.Forward(weights, x)
			if n.Arch.Own.Dropout && n.Dropout > 0 {
				p := &pass{Network: n, weights: weights, key: graph.Parameter(g, "key", shapes.Make(dtypes.Uint32, 2)), training: true}
				if p.forward(x); p.dropped == 0 {
					exceptions.Panicf("it never calls dropout, so that Dropout: %g would have no effect", n.Dropout)
				}
			}
		})
		if wrong != "" {
			return fmt.Errorf("the network %s cannot be built for %d examples: %s", n.Arch.Own.key(), examples, wrong)
		}
	}
	return nil
}
