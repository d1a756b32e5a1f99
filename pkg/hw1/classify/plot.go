package classify

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"unicode"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// WorstPlot returns the images with the highest cross-entropies of a classification, whatever loss was minimized, with label and
// prediction: "4, seen as 9", or in two lines if names are long.
func WorstPlot(caption string, c Classification, rows, cols int) (*figure.Figure, error) {
	if err := check.Args("classify.WorstPlot", c); err != nil {
		return nil, err
	}
	const most = 20 // on a side
	if rows < 1 || cols < 1 || rows > most || cols > most || rows*cols > len(c.Loss) {
		return nil, fmt.Errorf("classify.WorstPlot cannot show %d×%d of %d images; give it 1 to %d rows and columns", rows, cols, len(c.Loss), most)
	}
	info := c.task()
	for class, name := range info.ClassNames {
		if strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxLatin1 }) { // which the font for pixel images lacks
			info.ClassNames[class] = fmt.Sprint("class ", class)
		}
	}
	if len(info.Shape) != 3 || c.Set.Features() != info.Features() {
		return nil, fmt.Errorf("classify.WorstPlot shows images, and the examples of %s are not images", c.Run.Spec.Task)
	}
	order := num.Order(num.Map(c.Loss, func(loss float64) float64 { return -loss }))
	side := min(3.2*vg.Centimeter, 22*vg.Centimeter/vg.Length(cols)) // of an image with its margins and title
	title := func(i int, between string) string {
		return info.ClassNames[c.Set.Labels[i]] + between + info.ClassNames[c.Predicted[i]]
	}
	worst, between := order[:rows*cols], ", seen as "
	if style := figure.NewPanel("", "", "").Title.TextStyle; slices.ContainsFunc(worst, func(i int) bool { return style.Width(title(i, between)) > 0.8*side }) {
		between = "\nas "
	}
	panels := make([][]*figure.Panel, rows)
	table := figure.NewData("image", "label", "prediction", "cross-entropy")
	for k, i := range worst {
		p := figure.NewPanel(title(i, between), "", "")
		p.HideAxes()
		p.Add(plotter.NewImage(picture(c.Set.Numbers(i), info.Shape), 0, 0, float64(info.Shape[1]), float64(info.Shape[0])))
		panels[k/cols] = append(panels[k/cols], p)
		table.Add(i, c.Set.Labels[i], c.Predicted[i], c.Loss[i])
	}
	return figure.New(figure.Figure{
		Name: "worst", Caption: caption, Alt: fmt.Sprintf("The %d images with the highest cross-entropy of %s", rows*cols, c.Run.Label()),
		Raster: true, Width: vg.Length(cols) * side, Aspect: float64(info.Shape[0]) / float64(info.Shape[1]), CSV: table.CSV(),
	}, panels...)
}

// picture returns values from 0 to 1, of a shape, as a picture: one channel is drawn dark on
// white, three as colours.
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

// task describes the run's task, which a valid run has; classes without names are called by
// their numbers.
func (c Classification) task() data.Info {
	info, _ := c.Run.Spec.Task.Info()
	info.ClassNames = slices.Clone(info.ClassNames)
	for class := len(info.ClassNames); class < info.Classes; class++ {
		info.ClassNames = append(info.ClassNames, fmt.Sprint(class))
	}
	return info
}

// ConfusionPlot returns how often each label was classified as each class. The correct ones,
// far more than the others, are left white.
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

// addCell draws one count of a matrix on a shaded cell.
func addCell(p *figure.Panel, x, y float64, n int, shade color.Color) {
	const half = 0.5
	square := p.Polygon(plotter.XYs{{X: x - half, Y: y - half}, {X: x + half, Y: y - half}, {X: x + half, Y: y + half}, {X: x - half, Y: y + half}}, shade)
	square.LineStyle.Color, square.LineStyle.Width = figure.GridColor, vg.Points(0.6)
	if n > 0 {
		p.Text(plotter.XY{X: x, Y: y}, fmt.Sprint(n))
	}
}
