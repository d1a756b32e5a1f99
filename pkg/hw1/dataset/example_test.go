package dataset_test

import (
	"fmt"
	"os"
	"path/filepath"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/dataset"
)

func ExampleTable() {
	dir := hw1.Check(os.MkdirTemp("", "table"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "flowers.csv")
	text := "length,width,species\n5.1,3.5,setosa\n4.9,3.0,setosa\n6.3,3.3,virginica\n5.8,2.7,virginica\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		panic(err)
	}
	flowers := hw1.Check(dataset.Table("flowers", path, dataset.Columns{Classes: true, Split: dataset.Split{Test: 0.5}}))
	info := hw1.Check(flowers.Info())
	fmt.Println(flowers, info.ClassNames, info.TrainSize, "to train on,", info.TestSize, "to test on")
	// Output: flowers [setosa virginica] 2 to train on, 2 to test on
}
