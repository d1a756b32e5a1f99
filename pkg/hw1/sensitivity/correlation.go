package sensitivity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/stats"
)

// Correlations are the rank correlations over the networks of some groups. For the intervals,
// the seeds of a run are resampled together.
type Correlations struct {
	Networks                   int
	GradientTest, JacobianTest stats.Correlation // between a sensitivity and the test loss
	GradientGap, JacobianGap   stats.Correlation // and between a sensitivity and test loss - training loss
	JacobianGapGiven           stats.Correlation // the partial correlation, given the training loss
}

// Correlate returns the rank correlations of the sensitivities with the test loss and with the generalization gap, over
// all trained networks of the groups. Their intervals come from resamples of the runs, since the seeds of a run are not
// independent evidence. What cannot be said of too few networks is NaN, beside an error. If the networks are not trained
// equally far, the training loss influences both the Jacobian and the gap: the partial correlation is what remains without
// that influence.
func Correlate(groups ...Group) (Correlations, error) {
	if err := check.Args("sensitivity.Correlate", groups...); err != nil {
		none := stats.Correlation{Rho: math.NaN(), Low: math.NaN(), High: math.NaN()}
		return Correlations{0, none, none, none, none, none}, err
	}
	var gradients, jacobians, tests, trains, gaps []float64
	var units []string
	seen := map[string]bool{}
	for _, r := range groups {
		for _, s := range r.Sensitivities {
			gradient, jacobian := s.Final()
			identity := s.Run.Identity()
			for k, replica := range s.Run.Replicas {
				// A run in two groups counts once; the seeds of a run on a function share an identity.
				network := fmt.Sprint(identity[min(k, len(identity)-1)], replica.Seed)
				if seen[network] {
					continue
				}
				seen[network] = true
				gradients, jacobians = append(gradients, gradient[k]), append(jacobians, jacobian[k])
				tests, trains = append(tests, replica.Test.Loss), append(trains, replica.Train.Loss)
				gaps, units = append(gaps, gap(replica)), append(units, identity[0])
			}
		}
	}
	c := Correlations{Networks: len(tests)}
	var errs [4]error
	c.GradientTest, errs[0] = stats.RankCorrelation(gradients, tests, units...)
	c.JacobianTest, errs[1] = stats.RankCorrelation(jacobians, tests, units...)
	c.GradientGap, errs[2] = stats.RankCorrelation(gradients, gaps, units...)
	c.JacobianGap, errs[3] = stats.RankCorrelation(jacobians, gaps, units...)
	c.JacobianGapGiven, _ = stats.PartialCorrelation(jacobians, gaps, trains, units...) // NaN if the loss orders the networks exactly as one of the two does
	return c, cmp.Or(errs[:]...)
}

// gap returns a network's generalization gap.
func gap(r experiment.Replica) float64 { return r.Test.Loss - r.Train.Loss }

// CorrelationTable returns a row per group, and one for all if there are several groups. The interval is a dash for fewer
// than four configurations, which have none, and so is the correlation for fewer than four networks.
func CorrelationTable(caption string, rs ...Group) (*figure.Table, error) {
	if err := check.Args("sensitivity.CorrelationTable", rs...); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "correlation",
		"networks", "number (configurations)", "loss gradient and test loss", "Jacobian and test loss", "loss gradient and gap", "Jacobian and gap", "Jacobian and gap, given the training loss")
	number := func(c stats.Correlation) string {
		switch {
		case math.IsNaN(c.Rho):
			return "–"
		case math.IsNaN(c.Low):
			return fmt.Sprintf("%.2f (–)", c.Rho)
		}
		return fmt.Sprintf("%.2f (%.2f to %.2f)", c.Rho, c.Low, c.High)
	}
	add := func(title string, rs ...Group) error {
		c, err := Correlate(rs...)
		if c.Networks < 4 {
			err = nil // there are dashes
		}
		t.Add(title, fmt.Sprintf("%d (%d)", c.Networks, c.JacobianGap.Units),
			number(c.GradientTest), number(c.JacobianTest), number(c.GradientGap), number(c.JacobianGap), number(c.JacobianGapGiven))
		return err
	}
	for _, r := range rs {
		if err := add(r.Title, r); err != nil {
			return nil, err
		}
	}
	if len(rs) == 1 {
		return t, nil
	}
	return t, add("all", rs...)
}

// GapPlot returns the generalization gap (test minus training loss) of every network against its
// Jacobian, a panel for each group.
func GapPlot(caption string, rs ...Group) (*figure.Figure, error) {
	if err := check.Args("sensitivity.GapPlot", rs...); err != nil {
		return nil, err
	}
	var row []*figure.Panel
	table := figure.NewData("networks", "network", "seed", "jacobian", "train loss", "test loss")
	for i, r := range rs {
		p := figure.NewPanel(r.Title, jacobianName, "test loss − training loss")
		for _, s := range r.Sensitivities {
			_, jacobian := s.Final()
			var gaps []float64
			for k, replica := range s.Run.Replicas {
				gaps = append(gaps, gap(replica))
				table.Add(r.Title, s.Run.Label(), replica.Seed, jacobian[k], replica.Train.Loss, replica.Test.Loss)
			}
			p.Dots(figure.XYs(jacobian, gaps), figure.Color(i), 3, groupShapes[i%len(groupShapes)])
		}
		row = append(row, p)
	}
	return figure.New(figure.Figure{Name: "gap", Caption: caption, Alt: "Generalization gap of every network against its Jacobian", CSV: table.CSV()}, row)
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
