package paths_test

import (
	"fmt"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/paths"
)

func ExampleFollow() {
	run := hw1.Check(hw1.TrainOne(hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 5, 1), Epochs: 10, SnapshotEach: 2, Seeds: 3}))
	followed := hw1.Check(paths.Follow(paths.WholeModel, run))
	fmt.Println(followed.What, len(followed.Paths), "paths at epochs", followed.Paths[0].Epochs)
	fmt.Println(len(followed.Shares), "components, the first holds most:", followed.Shares[0] > followed.Shares[1])
	// Output:
	// whole model 3 paths at epochs [0 2 4 6 8 10]
	// 16 components, the first holds most: true
}
