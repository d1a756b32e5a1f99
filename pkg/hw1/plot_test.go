package hw1_test

import (
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/classify"
	"hw1/pkg/hw1/connect"
	"hw1/pkg/hw1/critical"
	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/fit"
	"hw1/pkg/hw1/gradnorm"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/surface"
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

// A loss of one's own may be below 0, where logarithmic axes end.
func TestLossesBelow0AreDrawnWhereTheyAre(t *testing.T) {
	hw1test.Slow(t)
	t.Setenv("HW1_RUNS", t.TempDir())
	bell := loss.Regression("bell", func(outputs, targets *graph.Node) *graph.Node {
		return graph.Neg(graph.Exp(graph.Neg(graph.Square(graph.Sub(outputs, targets)))))
	})
	spec := hw1.Spec{Task: hw1.Sinc, Arch: hw1.MLP(1, 4, 1), Activation: hw1.Tanh, Loss: bell, Epochs: 20, EvaluateEach: 5, SnapshotEach: 5, TrainSize: 20}
	other := spec
	other.Seed = 1
	runs := hw1.Check(hw1.Train(spec, other))
	line := hw1.Check(connect.Interpolate(runs[0], runs[1], connect.Positions(-1, 2, 7)))
	if from, to := line.Widths(); from[0] == from[0] || to[0] == to[0] {
		t.Errorf("twice a loss below 0 is reached after %g and %g", from, to)
	}
	points := hw1.Check(critical.Find(runs[0], critical.Search{Iterations: 2, Neighbours: 2}))
	plane := hw1.Check(surface.Random(runs[0], surface.Grid{Points: 3}))
	for name, f := range map[string]*figure.Figure{
		"loss":         hw1.Check(curves.LossPlot("c", curves.Panel{Runs: runs})),
		"curves":       hw1.Check(curves.CurvesPlot("c", runs...)),
		"norms":        hw1.Check(gradnorm.Plot("c", hw1.Check(gradnorm.Measure(runs[0])))),
		"path":         hw1.Check(connect.Plot("c", line)),
		"widths":       hw1.Check(connect.WidthPlot("c", line)),
		"minimalratio": hw1.Check(critical.MinimalRatioPlot("c", []string{"search"}, [][]critical.Point{points})),
	} {
		if svg := string(figuretest.CheckDrawn(t, f, "−0.")); strings.Contains(svg, "10⁻¹²") {
			t.Errorf("%s: a loss below 0 is drawn at 1e-12", name)
		}
	}
	if _, err := hw1.Check(surface.Plot("c", plane)).Render(); err != nil {
		t.Error(err)
	}
}
