package connect_test

import (
	"fmt"

	"hw1/pkg/hw1/connect"
)

func ExamplePositions() {
	fmt.Println(connect.Positions(-1, 2, 7))
	// Output: [-1 -0.5 0 0.5 1 1.5 2]
}
