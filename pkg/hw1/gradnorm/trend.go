package gradnorm

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/curvature"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// The norm at a single epoch says little if the learning rate is constant: it jumps up and down, at times by a
// factor of ten. Trends are judged by means over many epochs.

// Trend holds the gradient norm of the whole training set during a run, and the curvature beside it.
type Trend struct {
	Norms
	Curvature curvature.Course
}

// Follow returns the trend of a run, with the curvature at every n-th of its snapshots (n is
// every) and at the last.
func Follow(every int, run *experiment.Run) (Trend, error) {
	course, err := curvature.Follow(every, run)
	if err != nil {
		return Trend{}, err
	}
	norms, err := Measure(run)
	return Trend{norms, course}, err
}

// Between returns the mean norm of each replica over the snapshots after one epoch and up to
// another, [R]; NaN if there are none.
func (f Norms) Between(after, upTo int) []float64 {
	if f.Valid() != nil {
		return nil
	}
	first, _ := slices.BinarySearch(f.Epochs, after+1)
	end, _ := slices.BinarySearch(f.Epochs, upTo+1)
	return num.Map(f.Norms, func(norms []float64) float64 { return stat.Mean(norms[first:max(first, end)], nil) })
}

// Eigenvalues returns the largest eigenvalue of the Hessian of each replica, as last measured after one
// epoch and up to another, [R]; NaN if it was not measured there.
func (t Trend) Eigenvalues(after, upTo int) []float64 {
	if t.Valid() != nil {
		return nil
	}
	i, _ := slices.BinarySearch(t.Curvature.Epochs, upTo+1)
	return num.Map(t.Curvature.Eigenvalues, func(values []float64) float64 {
		if i == 0 || t.Curvature.Epochs[i-1] <= after {
			return math.NaN()
		}
		return values[i-1]
	})
}

// window is a range of epochs, and the values of the replicas there.
type window struct {
	after, upTo        int
	norms, eigenvalues []float64
}

// windows cuts a training into parts of width epochs; an incomplete last part is left out.
func (t Trend) windows(width int) ([]window, error) {
	if !check.IsCount(width) {
		return nil, fmt.Errorf("the trend of %s cannot be cut into parts of %d epochs; take 1 or more", t.Run.Label(), width)
	}
	var all []window
	for upTo := width; upTo <= t.Epochs[len(t.Epochs)-1]; upTo += width {
		w := window{upTo - width, upTo, t.Between(upTo-width, upTo), t.Eigenvalues(upTo-width, upTo)}
		if slices.ContainsFunc(w.norms, math.IsNaN) {
			return nil, fmt.Errorf("%s has no snapshot in epochs %d to %d; take wider parts, or set SnapshotEach lower", t.Run.Spec.Describe(), w.after+1, upTo)
		}
		all = append(all, w)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has fewer than %d epochs; take shorter parts", t.Run.Spec.Describe(), width)
	}
	return all, nil
}

// TrendPlot returns a column for each trend: the gradient norm of the whole training set, as means over
// parts of width epochs, above the largest eigenvalue of the Hessian. Lines are medians over the seeds, with
// their range. A vertical line marks where the learning rate falls.
func TrendPlot(caption string, width int, trends ...Trend) (*figure.Figure, error) {
	if err := check.Args("gradnorm.TrendPlot", trends...); err != nil {
		return nil, err
	}
	rows := make([][]*figure.Panel, 2)
	names := labels(trends)
	for i, t := range trends {
		windows, err := t.windows(width)
		if err != nil {
			return nil, err
		}
		norm, curve := figure.NewPanel(names[i], "", "norm of the gradient"), figure.NewPanel("", "epoch", "largest eigenvalue")
		curve.LogY()
		var ends []float64
		var columns [][]float64
		for _, w := range windows { // drawn as steps
			ends, columns = append(ends, float64(w.after), float64(w.upTo)), append(columns, w.norms, w.norms)
		}
		stroke := figure.Stroke{Color: figure.Color(i)}
		norm.Curve("mean norm of the gradient", figure.CurveOf(ends, num.Transposed(columns)), stroke)
		epochs := num.Map(t.Curvature.Epochs, func(e int) float64 { return float64(e) })
		curve.Curve(names[i], figure.CurveOf(epochs, t.Curvature.Eigenvalues), stroke)
		name := fmt.Sprintf("learning rate × %g", t.Run.Spec.Schedule.Factor)
		for _, step := range t.Run.Spec.Schedule.Steps {
			norm.Upright(float64(step), name, figure.TextColor)
			name = "" // the next line is of the same kind
			curve.Upright(float64(step), "", figure.TextColor)
		}
		norm.Y.Min = 0
		curve.X.Max = max(curve.X.Max, norm.X.Max) // the last eigenvalue may come before the last epoch
		norm.X.Max = curve.X.Max
		figure.Headroom(&norm.Y, 0.12)
		rows[0], rows[1] = append(rows[0], norm), append(rows[1], curve)
	}
	return figure.New(figure.Figure{
		Name: "norm-and-curvature", Caption: caption,
		Alt: "Norm of the gradient, and largest eigenvalue of the Hessian, against epochs",
	}, rows...)
}

// labels returns labels that tell the runs of trends apart.
func labels(trends []Trend) []string {
	return experiment.Labels(num.Map(trends, func(t Trend) *experiment.Run { return t.Run })...)
}

// TrendTable returns a row for each part of width epochs, with the mean norm of each trend over it, and the
// largest eigenvalue of the Hessian last measured in it; medians over the seeds with their range.
func TrendTable(caption string, width int, trends ...Trend) (*figure.Table, error) {
	if err := check.Args("gradnorm.TrendTable", trends...); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "norm-and-curvature", "epochs")
	names := labels(trends)
	for i, trend := range trends {
		windows, err := trend.windows(width)
		if err != nil {
			return nil, err
		}
		for k := len(t.Rows); k < len(windows); k++ { // this trend is longer than those before it, which have no values there
			part := fmt.Sprintf("%d – %d", windows[k].after+1, windows[k].upTo)
			t.Rows = append(t.Rows, append([]string{part}, slices.Repeat([]string{"–"}, len(t.Header)-1)...))
		}
		t.Header = append(t.Header, "mean norm: "+names[i], "largest eigenvalue: "+names[i])
		for k := range t.Rows {
			norms, eigenvalues := "–", "–"
			if k < len(windows) {
				norms = words.Range(3, windows[k].norms)
				if measured := windows[k].eigenvalues; !math.IsNaN(measured[0]) {
					eigenvalues = words.Range(3, measured)
				}
			}
			t.Rows[k] = append(t.Rows[k], norms, eigenvalues)
		}
	}
	return t, nil
}

// Valid checks the norms and the curvature.
func (t Trend) Valid() error {
	if err := cmp.Or(t.Norms.Valid(), t.Curvature.Valid()); err != nil {
		return err
	}
	if n := len(t.Run.Replicas); len(t.Norms.Norms) != n || len(t.Curvature.Eigenvalues) != n {
		return fmt.Errorf("the trend of %s with %s has norms of %s and eigenvalues of %d; take one that gradnorm.Follow returned", t.Run.Label(), words.Plural(n, "replica"), words.Plural(len(t.Norms.Norms), "seed"), len(t.Curvature.Eigenvalues))
	}
	return nil
}
