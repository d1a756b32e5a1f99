package eval_test

import (
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

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

// A hidden unit that is 0 for all examples is dead: it no longer learns.
func ExampleHidden() {
	run := hw1.Check(hw1.TrainOne(hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 8, 6, 1), Activation: hw1.ReLU, Epochs: 10, Seed: 1, Seeds: 2}))
	_, test, err := run.Spec.Examples()
	hw1.Must(err)
	for i, layers := range hw1.Check(eval.Hidden(run, test)) {
		dead := 0
		n, units := layers[0].Dims()
		for k := range units {
			if mat.Max(layers[0].ColView(k)) == 0 {
				dead++
			}
		}
		fmt.Printf("seed %d: %d layers, the first of %d units for %d points, %d of them dead\n", run.Replicas[i].Seed, len(layers), units, n, dead)
	}
	// Output:
	// seed 1: 2 layers, the first of 8 units for 498 points, 1 of them dead
	// seed 2: 2 layers, the first of 8 units for 498 points, 2 of them dead
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
