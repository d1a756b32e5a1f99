package curves_test

import (
	"fmt"
	"strings"
	"testing"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/internal/hw1test"
)

func TestMain(m *testing.M) { hw1test.Main(m) }

func ExampleLossPlot() {
	runs := hw1.Check(hw1.Train(
		hw1.Spec{Name: "shallow", Task: hw1.Sinc, Arch: hw1.MLP(1, 20, 1), Epochs: 10},
		hw1.Spec{Name: "deep", Task: hw1.Sinc, Arch: hw1.MLP(1, 5, 5, 1), Epochs: 10},
	))
	f := hw1.Check(curves.LossPlot("Training loss", curves.Panel{Title: "sinc", Runs: runs}))
	header, _, _ := strings.Cut(f.CSV, "\n")
	fmt.Println(f.Name)
	fmt.Println(header)
	// Output:
	// loss-sinc
	// panel,curve,x,median,lowest,highest
}
