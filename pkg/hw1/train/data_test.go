package train

import (
	"os"
	"path/filepath"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/nn"
)

// A training on damaged data ends with that message.
func TestTrainingOnDamagedData(t *testing.T) {
	hw1test.NeedData(t)
	root := t.TempDir()
	hw1test.LinkData(t, root)
	path := filepath.Join(root, "data", "mnist", "t10k-labels-idx1-ubyte")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	spec := experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 5, 10), Batch: 50, Epochs: 1, TrainSize: 100, TestSize: 100}
	got, _ := trainElsewhere(t, spec, "HW1_ROOT="+root)
	hw1test.CheckMessage(t, got.Error, "is not there", "scripts/setup.sh", "t10k-labels-idx1-ubyte")
}
