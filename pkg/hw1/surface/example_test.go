package surface_test

import (
	"fmt"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/surface"
)

func ExampleRandom() {
	run := hw1.Check(hw1.TrainOne(hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 5, 1), Epochs: 10}))
	s := hw1.Check(surface.Random(run, surface.Grid{Points: 5, Reach: 0.5}))
	fmt.Println(s.X, len(s.Losses), "rows of", len(s.Losses[0]))
	// Output: [-0.5 -0.25 0 0.25 0.5] 5 rows of 5
}
