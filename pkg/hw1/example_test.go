package hw1_test

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/nn"
)

func Example() {
	run := hw1.Check(hw1.TrainOne(hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 5, 1), Epochs: 20, Seed: 1, Seeds: 3}))
	fmt.Println(run.Label(), "has", run.Spec.Arch.ParamCount(), "parameters")
	for _, r := range run.Replicas {
		fmt.Println("seed", r.Seed, "took", r.Epochs, "epochs, until its", r.Stop, "was used up")
	}
	// Output:
	// 1-5-1 has 16 parameters
	// seed 1 took 20 epochs, until its budget was used up
	// seed 2 took 20 epochs, until its budget was used up
	// seed 3 took 20 epochs, until its budget was used up
}

// Runs come in the order of their specs, however they were trained.
func ExampleTrain() {
	runs := hw1.Check(hw1.Train(
		hw1.Spec{Name: "wide", Task: hw1.SquareWave, Arch: hw1.MLP(1, 20, 1), Epochs: 20},
		hw1.Spec{Name: "deep", Task: hw1.SquareWave, Arch: hw1.MLP(1, 5, 5, 5, 1), Activation: hw1.Tanh, Epochs: 10},
	))
	for _, run := range runs {
		fmt.Println(run.Label(), run.Spec.Activation, run.Replicas[0].Epochs)
	}
	// Output:
	// wide relu 20
	// deep tanh 10
}

func ExampleTrain_mistake() {
	_, err := hw1.Train(hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 5, 1)})
	fmt.Println(err)
	// Output: spec "1-5-1": 0 epochs; set Epochs to 1 or more, at most 10 million
}

func ExampleMLP() {
	for _, arch := range []hw1.Arch{hw1.MLP(1, 190, 1), hw1.MLP(1, 5, 10, 10, 10, 10, 10, 5, 1)} {
		fmt.Println(arch, arch.ParamCount())
	}
	// Output:
	// 1-190-1 571
	// 1-5-10-10-10-10-10-5-1 571
}

func ExampleCNN() {
	arch := hw1.CNN([]int{16, 32}, 128, 10)
	fmt.Println(arch, arch.ParamCount())
	// Output: 28×28×1 conv 16-32 dense 128-10 75450
}

func ExampleClaim() {
	deep, shallow := []float64{0.018, 0.021}, []float64{0.052, 0.047}
	fmt.Println(hw1.Claim("The deep network is better", slices.Max(deep) < slices.Min(shallow), "losses %.2g against %.2g, n = %d", deep, shallow, len(deep)))
	// Output: The deep network is better: true (losses 0.018, 0.021 against 0.052, 0.047, n = 2)
}

// What the source says about random labels has a row on the report's first page.
func ExampleVerdict_Against() {
	share := 0.998
	fits := hw1.Claim("The network fits random labels", share > 0.995, "training accuracy %.3f", share)
	fits = fits.Against("A network can't fit random labels", 3, "it learns %.1f %% of them by heart", 100*share)
	fmt.Printf("%s\n%s, and here %s\n", fits, fits.Source, fits.Here)
	// Output:
	// The network fits random labels: true (training accuracy 0.998)
	// A network can't fit random labels, and here it learns 99.8 % of them by heart
}

func ExampleShowReading() {
	hw1.ShowReading(
		hw1.Claim("The deep network is better", 0.02 < 0.05, "loss %g against %g", 0.02, 0.05),
		hw1.Claim("The middle one is better still", 0.03 < 0.02, "loss %g", 0.03),
	)
	// Output:
	// ✓ The deep network is better: true (loss 0.02 against 0.05)
	// ✗ The middle one is better still: false (loss 0.03)
}

func ExampleCompareTable() {
	table := hw1.Check(hw1.CompareTable(
		"The parameters of the source and here",
		hw1.Compare("parameters", "571 / 572 / 571", "%d", 571, 572, 571),
		hw1.Compare("accuracy", "98 %", "%.1f %%", 98.7),
	))
	fmt.Print(table.Text())
	// Output:
	// figure      source           here
	// parameters  571 / 572 / 571  571 / 572 / 571
	// accuracy    98 %             98.7 %
}

func ExampleMedian() {
	fmt.Println(hw1.Median([]float64{3, 1, 10}), hw1.Median([]float64{3, 1}))
	// Output: 3 2
}

func ExampleMedians() {
	runs := hw1.Check(hw1.Train(
		hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 5, 1), Epochs: 10, Seeds: 3},
		hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 5, 1), Epochs: 20, Seeds: 3},
	))
	fmt.Println(hw1.Medians(runs, func(r hw1.Replica) float64 { return float64(r.Epochs) }))
	// Output: [10 20]
}

func ExampleNumbersOf() {
	runs := []*hw1.Run{{Spec: hw1.Spec{Name: "deep"}, Seconds: 4}, {Spec: hw1.Spec{Name: "shallow"}, Seconds: 2}}
	took := hw1.NumbersOf("%.0f s", runs, func(r *hw1.Run) float64 { return r.Seconds })
	fmt.Println(took)
	// Output: deep 4 s, shallow 2 s
}

// A network of one's own: a polynomial of degree 3, whose coefficients are learnt.
func ExampleNetwork() {
	cubic := hw1.Network("cubic", 1, []int{1}, 1, []nn.Param{{Name: "coefficients", Shape: []int{4}, FanIn: 4}}, func(w []*graph.Node, x *graph.Node) *graph.Node {
		powers := graph.Concatenate([]*graph.Node{graph.OnesLike(x), x, graph.Square(x), graph.Mul(x, graph.Square(x))}, 1)
		return graph.ReduceAndKeep(graph.Mul(powers, graph.InsertAxes(w[0], 0)), graph.ReduceSum, 1)
	})
	task := hw1.Function("cubic", func(x float64) float64 { return 1 - 2*x + 3*x*x*x })
	run := hw1.Check(hw1.TrainOne(hw1.Spec{Task: task, Arch: cubic, Epochs: 2000, LearningRate: 0.02, Float64: true}))
	fmt.Printf("%.3f\n", run.Replicas[0].Theta)
	// Output: [1.000 -2.000 0.000 3.000]
}
