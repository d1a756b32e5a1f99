package nn_test

import (
	"fmt"

	"hw1/pkg/hw1/nn"
)

func ExampleMLP() {
	arch := nn.MLP(784, 300, 10)
	fmt.Println(arch, arch.ParamCount(), arch.Outputs())
	// Output: 784-300-10 238510 10
}

// An image of 28×28 is too small for three blocks unless it is padded.
func ExampleCNN() {
	for _, arch := range []nn.Arch{nn.CNN([]int{8}, 10), nn.CNN([]int{8, 8, 8}, 10), nn.CNN([]int{8, 8, 8}, 10).Padded()} {
		fmt.Println(arch, arch.ParamCount())
	}
	// Output:
	// 28×28×1 conv 8 dense 10 11666
	// 28×28×1 conv 8-8-8 dense 10 0
	// 28×28×1 padded conv 8-8-8 dense 10 2930
}

// Where the weights of a network lie in its theta.
func ExampleArch_Params() {
	for _, p := range nn.MLP(1, 190, 1).Params() {
		fmt.Printf("%-14s %v from %d\n", p.Name, p.Shape, p.Offset)
	}
	// Output:
	// dense 1 weight [190 1] from 0
	// dense 1 bias   [190] from 190
	// dense 2 weight [1 190] from 380
	// dense 2 bias   [1] from 570
}

func ExampleArch_Valid() {
	fmt.Println(nn.Arch{Input: []int{28, 28, 1}}.Valid())
	// Output: architecture 28-28-1: give an input and at least one dense layer, as in hw1.MLP(1, 190, 1)
}

// A residual network with batch normalization for images of 32×32 in colour, whose blocks halve the
// image by their stride.
func ExampleArch_With() {
	arch := nn.CNN([]int{16, 32}, 10).On(32, 32, 3).With(nn.Block{Kernel: 3, Stride: 2, Pool: nn.NoPool, Residual: true}).Padded().Normalized()
	fmt.Println(arch)
	fmt.Println(arch.Trained(), "parameters are trained, and", arch.ParamCount()-arch.Trained(), "are running statistics")
	// Output:
	// 32×32×3 padded conv 16-32 (3×3/2 residual unpooled) dense 10, batch norm
	// 37946 parameters are trained, and 192 are running statistics
}
