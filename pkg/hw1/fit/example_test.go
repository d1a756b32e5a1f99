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
