// Package classify is part 1-2: what networks say of labelled examples, and whether they differ by more than
// chance.
package classify

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// Classification is what a run's first replica says of labelled examples.
type Classification struct {
	Run       *experiment.Run `json:"-"`
	Set       data.Examples   `json:"-"` // with labels, also of a function's two classes
	Predicted []int           // class, [n]
	Loss      []float64       // cross-entropy of each example, [n]
}

// Images evaluates runs on the test sets of their tasks. The answers are kept in
// the run store.
func Images(runs ...*experiment.Run) ([]Classification, error) {
	if err := check.Args("classify.Images", runs...); err != nil {
		return nil, err
	}
	sets, keys := make([]data.Examples, len(runs)), make([]string, len(runs))
	for i, run := range runs {
		_, test, err := run.Spec.Shared()
		if err != nil {
			return nil, err
		}
		if sets[i], err = labelled(run, test); err != nil {
			return nil, err
		}
		keys[i] = run.Identity()[0]
	}
	question := analysis.Question{Name: "classification", Version: 1, Inputs: map[string]any{"runs": keys}}
	results, err := analysis.Of(question, func(ctx context.Context, w *analysis.Work) ([]Classification, error) {
		return analysis.EachPart(ctx, w, len(runs), func(_ context.Context, i int) (Classification, error) { return classify(runs[i], sets[i]) })
	})
	for i := range results {
		results[i].Run, results[i].Set = runs[i], sets[i]
	}
	return results, err
}

// On evaluates a run on any labelled examples: those that it was trained on, with their label
// noise (Spec.Examples) or with the true labels (Spec.CleanExamples), or others.
func On(run *experiment.Run, set data.Examples) (Classification, error) {
	if err := cmp.Or(check.Args("classify.On", run), check.Args("classify.On", set)); err != nil {
		return Classification{}, err
	}
	set, err := labelled(run, set)
	if err != nil {
		return Classification{}, err
	}
	return classify(run, set)
}

// labelled returns a set with its classes as labels, and an error where the run has no classes
// or others.
func labelled(run *experiment.Run, set data.Examples) (data.Examples, error) {
	if !curves.HasAccuracy(run) {
		return set, fmt.Errorf("package classify is for classes, and %s is a regression; package fit compares numbers", run.Spec.Describe())
	}
	last := max(2, run.Spec.Arch.Outputs()) - 1 // one logit has two classes
	if !slices.ContainsFunc(set.Y, func(y float64) bool { return y != 0 && y != 1 }) && len(set.Y) > 0 {
		set.Labels, set.Y = num.Map(set.Y, func(y float64) uint8 { return uint8(y) }), nil
	}
	if len(set.Labels) == 0 || int(slices.Max(set.Labels)) > last {
		return set, fmt.Errorf("the targets to compare %s with have to be classes from 0 to %d; give examples with such labels", run.Spec.Describe(), last)
	}
	return set, nil
}

func classify(run *experiment.Run, set data.Examples) (Classification, error) {
	c := Classification{Run: run, Set: set}
	all, err := eval.Logits(run, set)
	if err != nil {
		return c, err
	}
	width := run.Spec.Arch.Outputs()
	for j, label := range set.Labels {
		logits := all[0][j*width : (j+1)*width]
		if width == 1 { // that of the second of two classes
			logits = []float64{0, logits[0]}
		}
		c.Predicted = append(c.Predicted, floats.MaxIdx(logits))
		c.Loss = append(c.Loss, floats.LogSumExp(logits)-logits[label])
	}
	return c, nil
}

func (c Classification) right(i int) bool { return c.Predicted[i] == int(c.Set.Labels[i]) }

// Mistakes returns the number of examples that are classified wrong, and -1 where the
// predictions are not those of the examples.
func (c Classification) Mistakes() int {
	if !c.matches() {
		return -1
	}
	n := 0
	for i := range c.Predicted {
		n += num.Int(!c.right(i))
	}
	return n
}

// McNemar returns how many examples only a and only b get right, and the p-value of
// the exact test that both are equally likely (McNemar 1947).
func McNemar(a, b Classification) (onlyA, onlyB int, p float64, err error) {
	if err = check.Args("classify.McNemar", a, b); err != nil {
		return 0, 0, 0, err
	}
	if !reflect.DeepEqual(a.Set, b.Set) {
		return 0, 0, 0, fmt.Errorf("classify.McNemar compares two classifications of the same examples with the same labels")
	}
	for i := range a.Predicted {
		onlyA += num.Int(a.right(i) && !b.right(i))
		onlyB += num.Int(!a.right(i) && b.right(i))
	}
	n := onlyA + onlyB
	if n == 0 {
		return 0, 0, 1, nil
	}
	coin := distuv.Binomial{N: float64(n), P: 0.5}
	return onlyA, onlyB, min(1, 2*coin.CDF(float64(min(onlyA, onlyB)))), nil
}

// PairTable compares classifications of the same examples pair by pair.
func PairTable(caption string, cs ...Classification) (*figure.Table, error) {
	if err := check.Args("classify.PairTable", cs...); err != nil {
		return nil, err
	}
	t := figure.NewTable(caption, "mcnemar", "models", "only the first right", "only the second right", "p (McNemar, exact)")
	names := experiment.Labels(num.Map(cs, func(c Classification) *experiment.Run { return c.Run })...)
	for i, a := range cs {
		for k, b := range cs[i+1:] {
			onlyA, onlyB, p, err := McNemar(a, b)
			if err != nil {
				return nil, err
			}
			t.Add(names[i]+" and "+names[i+1+k], onlyA, onlyB, fmt.Sprintf("%.2g", p))
		}
	}
	return t, nil
}

// WorstPlot returns the images that a classification gets most wrong, by their
// loss, with label and prediction.
func WorstPlot(caption string, c Classification, rows, cols int) (*figure.Figure, error) {
	if err := check.Args("classify.WorstPlot", c); err != nil {
		return nil, err
	}
	const most = 20 // on a side
	if rows < 1 || cols < 1 || rows > most || cols > most || rows*cols > len(c.Loss) {
		return nil, fmt.Errorf("classify.WorstPlot can not show %d×%d of %d images; give it 1 to %d rows and columns", rows, cols, len(c.Loss), most)
	}
	info := c.task()
	for class, name := range info.ClassNames {
		if strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxLatin1 }) { // which the font of pixels lacks
			info.ClassNames[class] = fmt.Sprint("class ", class)
		}
	}
	if len(info.Shape) != 3 || c.Set.Features() != info.Features() {
		return nil, fmt.Errorf("classify.WorstPlot shows images, and the examples of %s are none", c.Run.Spec.Task)
	}
	order := num.Order(num.Map(c.Loss, func(loss float64) float64 { return -loss }))
	panels := make([][]*figure.Panel, rows)
	table := figure.NewData("image", "label", "prediction", "loss")
	for k, i := range order[:rows*cols] {
		p := figure.NewPanel(fmt.Sprintf("%s, seen as %s", info.ClassNames[c.Set.Labels[i]], info.ClassNames[c.Predicted[i]]), "", "")
		p.HideAxes()
		p.Add(plotter.NewImage(picture(c.Set.Numbers(i), info.Shape), 0, 0, float64(info.Shape[1]), float64(info.Shape[0])))
		panels[k/cols] = append(panels[k/cols], p)
		table.Add(i, c.Set.Labels[i], c.Predicted[i], c.Loss[i])
	}
	side := min(3.2*vg.Centimeter, 22*vg.Centimeter/vg.Length(cols)) // of an image, with what is around it
	shape := vg.Length(info.Shape[0]) / vg.Length(info.Shape[1])
	return figure.New(figure.Figure{
		Name: "worst", Caption: caption, Alt: fmt.Sprintf("The %d images with the highest loss of %s", rows*cols, c.Run.Label()),
		Raster: true, Width: vg.Length(cols) * side, Height: vg.Length(rows) * side * (0.1875 + 0.875*shape), CSV: table.CSV(),
	}, panels...)
}

// picture returns values from 0 to 1 of this shape as a picture: one channel dark on white,
// three as colours.
func picture(values []float64, shape []int) image.Image {
	height, width, channels := shape[0], shape[1], shape[2]
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range height * width {
		at := func(channel int) uint8 { return uint8(math.Round(255 * min(max(values[channels*i+channel], 0), 1))) }
		c := color.NRGBA{R: 255 - at(0), G: 255 - at(0), B: 255 - at(0), A: 255}
		if channels >= 3 {
			c = color.NRGBA{R: at(0), G: at(1), B: at(2), A: 255}
		}
		img.SetNRGBA(i%width, i/width, c)
	}
	return img
}

// task returns what there is to know of the run's task, which a valid run has, with numbers for
// classes that have no names.
func (c Classification) task() data.Info {
	info, _ := c.Run.Spec.Task.Info()
	info.ClassNames = slices.Clone(info.ClassNames)
	for class := len(info.ClassNames); class < info.Classes; class++ {
		info.ClassNames = append(info.ClassNames, fmt.Sprint(class))
	}
	return info
}

// ConfusionPlot returns how often each label was classified as each class; the
// right ones, far more than the others, are left white.
func ConfusionPlot(caption string, c Classification) (*figure.Figure, error) {
	if err := check.Args("classify.ConfusionPlot", c); err != nil {
		return nil, err
	}
	names, most := c.task().ClassNames, 1
	classes := len(names)
	counts := map[[2]int]int{} // by label and prediction
	for i, predicted := range c.Predicted {
		at := [2]int{int(c.Set.Labels[i]), predicted}
		counts[at]++
		if at[0] != predicted {
			most = max(most, counts[at])
		}
	}
	p := figure.NewPanel("", "predicted class", "label")
	end := float64(classes) - 0.5
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -0.5, end, -0.5, end
	downwards := slices.Clone(names)
	slices.Reverse(downwards)
	p.X.Tick.Marker, p.Y.Tick.Marker = figure.NamedTicks(names), figure.NamedTicks(downwards)
	longest := slices.MaxFunc(names, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	if classes*len(longest) > 60 { // side by side they would cover each other
		style := &p.X.Tick.Label
		style.Rotation, style.XAlign, style.YAlign = math.Pi/2, draw.XRight, draw.YCenter
	}
	table := figure.NewData("label", "predicted", "examples")
	for label := range classes {
		for predicted := range classes {
			n, shade := counts[[2]int{label, predicted}], color.Color(color.White)
			if label != predicted {
				shade = figure.OnWhite(figure.Color(1), 0.85*float64(n)/float64(most))
			}
			addCell(p, float64(predicted), float64(classes-1-label), n, shade)
			table.Add(names[label], names[predicted], n)
		}
	}
	return figure.New(figure.Figure{
		Name: "confusion", Caption: caption, Alt: "Confusion matrix of " + c.Run.Label(),
		Width: 15 * vg.Centimeter, Height: 13 * vg.Centimeter, CSV: table.CSV(),
	}, []*figure.Panel{p})
}

// addCell draws one count of a matrix on a shade.
func addCell(p *figure.Panel, x, y float64, n int, shade color.Color) {
	const half = 0.5
	square := p.Polygon(plotter.XYs{{X: x - half, Y: y - half}, {X: x + half, Y: y - half}, {X: x + half, Y: y + half}, {X: x - half, Y: y + half}}, shade)
	square.LineStyle.Color, square.LineStyle.Width = figure.GridColor, vg.Points(0.6)
	if n > 0 {
		p.Text(plotter.XY{X: x, Y: y}, fmt.Sprint(n))
	}
}

// Valid checks that there is a prediction for each example.
func (c Classification) Valid() error {
	if err := cmp.Or(c.Run.Valid(), c.Set.Valid()); err != nil {
		return fmt.Errorf("a classification: %w; take one that classify.Images or classify.On returned", err)
	}
	if !c.matches() {
		return fmt.Errorf("the classification by %s does not have one of the classes for each of %d examples; take one that classify.Images or classify.On returned", c.Run.Label(), c.Set.Len())
	}
	return check.Vector("the losses of a classification", c.Loss, len(c.Predicted))
}

// matches reports whether there is a prediction for each label.
func (c Classification) matches() bool {
	if c.Run == nil || len(c.Predicted) == 0 || len(c.Predicted) != len(c.Set.Labels) {
		return false
	}
	classes := c.task().Classes
	outside := func(class int) bool { return class < 0 || class >= classes }
	return !slices.ContainsFunc(c.Predicted, outside) && int(slices.Max(c.Set.Labels)) < classes
}
