package critical_test

import (
	"fmt"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/critical"
)

// The objective of a straight line has one critical point, its minimum.
func ExampleFind() {
	run := hw1.Check(hw1.TrainOne(hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 1), Epochs: 10, SnapshotEach: 1, Seed: 1, Seeds: 2}))
	points := hw1.Check(critical.Find(run, critical.Search{Iterations: 50, Neighbours: 20}))
	for _, p := range points {
		fmt.Println("seed", p.Seed, p.Class, "minimal ratio", p.MinimalRatio())
	}
	down := hw1.Check(critical.Find(run, critical.Search{Iterations: 50, Neighbours: 20, Descend: true}))
	fmt.Printf("going down: %s of loss %.4f\n", down[0].Kind(), down[0].Loss)
	// Output:
	// seed 1 converged minimal ratio 1
	// seed 2 converged minimal ratio 1
	// going down: strict minimum of loss 0.0872
}
