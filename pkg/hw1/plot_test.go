package hw1_test

import (
	"testing"

	"hw1/pkg/hw1/classify"
	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/fit"
	"hw1/pkg/hw1/nn"
)

func TestFiguresOfNothingAreErrors(t *testing.T) {
	if _, err := curves.LossPlot("", curves.Panel{Title: "", Runs: []*experiment.Run{{Spec: experiment.Spec{Arch: nn.MLP(1, 1)}}}}); err == nil {
		t.Error("a run without history was drawn")
	}
	if _, err := fit.Plot(""); err == nil {
		t.Error("no fit was drawn")
	}
	if _, err := fit.FunctionPlot("", data.MNIST); err == nil {
		t.Error("MNIST was drawn as a function")
	}
	if _, err := classify.WorstPlot("", classify.Classification{}, 5, 5); err == nil {
		t.Error("25 of no images were drawn")
	}
}
