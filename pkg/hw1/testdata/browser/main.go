// Command browser trains one Spec and prints its final losses: what a page of a browser does.
package main

import (
	"fmt"
	"os"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/train"
)

func main() {
	run, err := train.One(experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 10, 10, 1), Activation: nn.Tanh, Epochs: 100})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(run.TrainLosses(), run.TestLosses())
}
