package experiment_test

import (
	"fmt"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/nn"
)

func ExampleSpec_Resolved() {
	spec, err := experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 300, 10), Epochs: 5, Batch: 100}.Resolved()
	fmt.Println(spec.Activation, spec.Loss, spec.LearningRate, spec.TrainSize, spec.Seed, spec.Seeds, err)
	// Output: relu cross-entropy 0.001 60000 0 1 <nil>
}

func ExampleSpec_Label() {
	spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 190, 1), Seed: 1, Seeds: 25}
	fmt.Println(spec.Label())
	spec.Name = "shallow"
	fmt.Println(spec.Label())
	fmt.Println(spec.Describe())
	// Output:
	// 1-190-1
	// shallow
	// shallow, sinc, seeds 1-25
}

func ExampleRun_Values() {
	run := &experiment.Run{Replicas: []experiment.Replica{
		{Seed: 1, Test: experiment.Score{Loss: 0.25, Accuracy: 0.96}},
		{Seed: 2, Test: experiment.Score{Loss: 0.5, Accuracy: 0.97}},
	}}
	fmt.Println(run.Values(func(r experiment.Replica) float64 { return float64(r.Seed) }), run.TestLosses(), run.TestAccuracies())
	// Output: [1 2] [0.25 0.5] [0.96 0.97]
}

// Where one who watches the test loss would have stopped.
func ExampleHistory_EarlyStop() {
	h := experiment.History{Epoch: []int{1, 2, 3}, TestLoss: []float64{0.4, 0.2, 0.3}}
	fmt.Println("epoch", h.Epoch[h.EarlyStop()])
	// Output: epoch 2
}
