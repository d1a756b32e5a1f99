// Package hw1 trains the small networks of the homework, keeps their runs, and draws what they did.
package hw1

import (
	_ "github.com/gofrs/flock"
	_ "github.com/gomlx/compute"
	_ "github.com/gomlx/gomlx/backends/default"
	_ "github.com/gomlx/gomlx/core/graph"
	_ "github.com/janpfeifer/gonb/gonbui"
	_ "gonum.org/v1/gonum/stat"
	_ "gonum.org/v1/plot"
)
