package eval_test

import (
	"fmt"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/eval"
)

func ExamplePredict() {
	run := hw1.Check(hw1.TrainOne(hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 5, 1), Epochs: 10, Seed: 1, Seeds: 2}))
	outputs := hw1.Check(eval.Predict(run, []float64{-1, 0, 1}))
	for i, r := range run.Replicas {
		fmt.Println("seed", r.Seed, "at", len(outputs[i]), "points")
	}
	// Output:
	// seed 1 at 3 points
	// seed 2 at 3 points
}

// The mean squared error of a straight line is a parabola: one step of Newton's method leads
// from anywhere to where its gradient vanishes.
func ExampleNewObjective() {
	run := hw1.Check(hw1.TrainOne(hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 1), Epochs: 10}))
	objective := hw1.Check(eval.NewObjective(run))
	theta := run.Replicas[0].Theta
	_, gradients, _ := objective.Gradients(theta)
	hessian := hw1.Check(objective.Hessian(theta))
	for i, g := range gradients[0] {
		theta[i] -= g / hessian.At(i, i)
	}
	_, after, _ := objective.Gradients(theta)
	fmt.Printf("%d parameters; gradient %t before, %.6f after\n", len(theta), floats.Norm(gradients[0], 2) > 0.01, floats.Norm(after[0], 2))
	// Output: 2 parameters; gradient true before, 0.000000 after
}
