package stability_test

import (
	"fmt"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
	"hw1/pkg/hw1/stability"
	"hw1/pkg/hw1/train"
)

// A line has the same curvature everywhere, 2: at the learning rate 0.3 that is 0.3 of the threshold.
func ExampleFollow() {
	run, err := train.One(experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 1), Optimizer: optim.SGD, LearningRate: 0.3, Epochs: 10, SnapshotEach: 5})
	if err != nil {
		fmt.Println(err)
		return
	}
	courses, err := stability.Follow(1, run)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("threshold %.2f, ratios %.2f\n", courses[0].Threshold(), courses[0].Ratios()[0])
	// Output: threshold 6.67, ratios [0.30 0.30 0.30]
}
