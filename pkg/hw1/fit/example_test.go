package fit_test

import (
	"fmt"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/fit"
)

func ExampleEvaluate() {
	run := hw1.Check(hw1.TrainOne(hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 5, 1), Epochs: 10, Seeds: 3}))
	for _, f := range hw1.Check(fit.Evaluate(run)) {
		fmt.Println(len(f.Y), "predictions of a network,", len(f.TestErrors), "test errors")
	}
	// Output: 998 predictions of a network, 3 test errors
}

func ExampleConstruct() {
	run := hw1.Check(hw1.TrainOne(hw1.Spec{Task: hw1.SquareWave, Arch: hw1.MLP(1, 190, 1), Activation: hw1.LeakyReLU, Epochs: 10}))
	built := hw1.Check(fit.Construct(run))[0]
	fmt.Println("trained below 0.1:", run.TrainLosses()[0] < 0.1)
	fmt.Println("constructed below 1e-20:", built.TrainLosses()[0] < 1e-20)
	// Output:
	// trained below 0.1: false
	// constructed below 1e-20: true
}
