package sensitivity

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/stats"
)

// Correlations are the rank correlations over the networks of some groups.
type Correlations struct {
	Networks                   int
	GradientTest, JacobianTest stats.Correlation // of a sensitivity with the test loss
	GradientGap, JacobianGap   stats.Correlation // and with test loss - training loss
}

// Correlate returns the rank correlations of the sensitivities with the test loss,
// over all trained networks of the groups.
func Correlate(groups ...Group) (Correlations, error) {
	if err := check.Args("sensitivity.Correlate", groups...); err != nil {
		return Correlations{}, err
	}
	var gradients, jacobians, tests, gaps []float64
	seen := map[string]bool{}
	for _, r := range groups {
		for _, s := range r.Sensitivities {
			gradient, jacobian := s.Final()
			identity := s.Run.Identity()
			for k, replica := range s.Run.Replicas {
				// A run of two rules counts once; the seeds of a function have one identity.
				network := fmt.Sprint(identity[min(k, len(identity)-1)], replica.Seed)
				if seen[network] {
					continue
				}
				seen[network] = true
				gradients, jacobians = append(gradients, gradient[k]), append(jacobians, jacobian[k])
				tests, gaps = append(tests, replica.Test.Loss), append(gaps, replica.Test.Loss-replica.Train.Loss)
			}
		}
	}
	c := Correlations{Networks: len(tests)}
	for _, pair := range []struct {
		to   *stats.Correlation
		x, y []float64
	}{{&c.GradientTest, gradients, tests}, {&c.JacobianTest, jacobians, tests}, {&c.GradientGap, gradients, gaps}, {&c.JacobianGap, jacobians, gaps}} {
		var err error
		if *pair.to, err = stats.RankCorrelation(pair.x, pair.y); err != nil {
			return c, err
		}
	}
	return c, nil
}

// CorrelationTable returns a row per group, and one for all.
func CorrelationTable(caption string, rs ...Group) (*figure.Table, error) {
	if err := check.Args("sensitivity.CorrelationTable", rs...); err != nil {
		return nil, err
	}
	t := &figure.Table{Caption: caption, Name: "correlation", Header: []string{
		"networks", "number", "loss gradient and test loss", "Jacobian and test loss", "loss gradient and gap", "Jacobian and gap",
	}}
	add := func(title string, rs ...Group) error {
		c, err := Correlate(rs...)
		t.Add(title, c.Networks, c.GradientTest, c.JacobianTest, c.GradientGap, c.JacobianGap)
		return err
	}
	for _, r := range rs {
		if err := add(r.Title, r); err != nil {
			return nil, err
		}
	}
	return t, add("all", rs...)
}

// CorrelationPlot returns the test loss of every network against its
// sensitivities, a colour for each batch size and a shape for each
// group.
func CorrelationPlot(caption string, rs ...Group) (*figure.Figure, error) {
	if err := check.Args("sensitivity.CorrelationPlot", rs...); err != nil {
		return nil, err
	}
	row := []*figure.Panel{figure.NewPanel("", gradientName, "test loss"), figure.NewPanel("", jacobianName, "test loss")}
	var batches []float64
	for k, r := range rs {
		shape := groupShapes[k%len(groupShapes)]
		for j, batch := range curves.Batches(r.runs()) {
			s, known := r.Sensitivities[j], slices.Contains(batches, batch)
			if !known {
				batches = append(batches, batch)
			}
			gradient, jacobian := s.Final()
			c := figure.Color(slices.Index(batches, batch))
			dots := row[0].Dots(figure.XYs(gradient, s.Run.TestLosses()), c, 3, shape)
			row[1].Dots(figure.XYs(jacobian, s.Run.TestLosses()), c, 3, shape)
			if !known {
				row[0].Legend.Add(fmt.Sprintf("batch %g", batch), dots)
			}
		}
		row[1].Legend.Add(r.Title, &plotter.Scatter{GlyphStyle: draw.GlyphStyle{Color: figure.TextColor, Radius: vg.Points(3), Shape: shape}})
	}
	for _, p := range row {
		p.Legend.ThumbnailWidth = 10
		figure.Headroom(&p.Y, 0.45)
	}
	return figure.New(figure.Figure{
		Name: "correlation", Caption: caption, Alt: "Test loss of every network against its sensitivities", CSV: courses(rs...),
	}, row)
}

// groupShapes are the shapes of the groups' dots.
var groupShapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.TriangleGlyph{}, draw.BoxGlyph{}}
