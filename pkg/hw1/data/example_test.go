package data_test

import (
	"fmt"

	"hw1/pkg/hw1/data"
)

func ExampleTask_At() {
	for _, task := range []data.Task{data.Sinc, data.SquareWave, data.WaveSign} {
		fmt.Printf("%s: %.2f at 0, %.2f at 0.3\n", task.Formula(), task.At(0), task.At(0.3))
	}
	// Output:
	// sin(5πx) / (5πx): 1.00 at 0, -0.21 at 0.3
	// sgn(sin(5πx) / (5πx)): 1.00 at 0, -1.00 at 0.3
	// sgn(sin(5πx) / (5πx)) > 0: 1.00 at 0, 0.00 at 0.3
}

func ExampleTask_Load() {
	train, test, err := data.Sinc.Load()
	fmt.Println(train.Len(), "to train on, from", train.X[0], err)
	fmt.Println(test.Len(), "to test on, from", test.X[0])
	// Output:
	// 500 to train on, from -0.998 <nil>
	// 498 to test on, from -0.996
}

func ExampleExamples() {
	points := data.Examples{X: []float64{-1, 0, 1}, Y: []float64{0, 1}}
	fmt.Println(points.Len(), points.Valid())
	// Output: 2 the examples have 3 input values for 2 targets; give each example one target, or as many as Outputs says, and the same number of input values
}
