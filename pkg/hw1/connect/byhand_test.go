package connect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

// line returns a path of two seeds with these losses at its positions, whose networks are 5 and 10 apart.
func line(at []float64, losses ...float64) Connection {
	ends := func(name string, apart float64) *experiment.Run {
		run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Name: name, Task: data.Sinc, Arch: nn.MLP(1, 2, 1), Seeds: 2}, Replicas: make([]experiment.Replica, 2)})
		for i := range run.Replicas {
			run.Replicas[i].Theta[3] = apart * float64(i+1)
		}
		return run
	}
	p := Connection{Label: "line", From: ends("from", 0), To: ends("to", 5), At: at}
	row := num.Map(losses, func(loss float64) experiment.Score { return experiment.Score{Loss: loss, Accuracy: math.NaN()} })
	p.Train, p.Test = [][]experiment.Score{row, row}, [][]experiment.Score{row, row}
	return p
}

// Between two positions, the logarithm of the loss is interpolated: from 0.1 to 0.4, it has doubled half-way, and from
// 0.2 to 0.4 at the end.
func TestWidthsBetweenPositions(t *testing.T) {
	p := line([]float64{-2, -1, 0, 1, 3, 4}, 9, 0.4, 0.1, 0.2, 0.4, 9)
	first, second := p.Widths()
	hw1test.CheckNear(t, "width beyond 0", first, []float64{2.5, 5}, 1e-12)
	hw1test.CheckNear(t, "width beyond 1", second, []float64{10, 20}, 1e-12)
	table, err := WidthTable("caption", p)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"line", "0.000 / 0.000", "7.5 (5.0 – 10)", "0.0 (0.0 – 0.0)", "3.8 (2.5 – 5.0)", "15 (10 – 20)"}; !slices.Equal(table.Rows[0], want) {
		t.Errorf("the row is %q, want %q", table.Rows[0], want)
	}
	ends := line([]float64{-1, 0, 1, 2}, 0.4, 0.1, 0.2, 0.8) // the outermost positions count
	first, second = ends.Widths()
	hw1test.CheckNear(t, "widths to the ends", append(first, second...), []float64{2.5, 5, 2.5, 5}, 1e-12)
	for _, none := range []float64{0, -0.1} { // twice it is no more
		p = line(p.At, 9, 0.4, none, 0.2, 0.4, 9)
		if first, _ = p.Widths(); len(first) != 2 || !math.IsNaN(first[0]) {
			t.Errorf("a loss of %g has doubled after %g", none, first)
		}
	}
	p.Train = p.Train[:1]
	if first, second = p.Widths(); first != nil || second != nil {
		t.Errorf("without scores of all seeds the widths are %g and %g", first, second)
	}
}

// The right panels of figures are of what is between the networks, and beyond them where the loss is below 1.
func TestPartsOfLinesThatAreDrawn(t *testing.T) {
	p := line([]float64{-2, -1, 0, 0.5, 1, 2, 3}, 7, 0.4, 0.1, 5, 0.2, 0.9, 1)
	part := p.between()
	if !slices.Equal(part.At, []float64{0, 0.5, 1}) || part.Train[1][1].Loss != 5 || len(part.Test[0]) != 3 || len(p.At) != 7 {
		t.Errorf("between the networks: %+v", part)
	}
	if w := widthPanel([]Connection{p}); w.X.Min != -10 || w.X.Max != 20 || w.Y.Min != 0.1 || w.Y.Max < 5 { // of the networks that are 10 apart
		t.Errorf("distances from %g to %g are drawn, losses from %g to %g", w.X.Min, w.X.Max, w.Y.Min, w.Y.Max)
	}
	f, err := WidthPlot("caption", p)
	figuretest.CheckFigure(t, f, err, 2*2*7, "along the line", "line", "between the networks")
	for _, row := range []string{"line,train,0,0.5,5,", "line,test,0,-2,7,"} {
		if !strings.Contains(f.CSV, "\n"+row) {
			t.Errorf("%s is not in %s", row, f.CSV)
		}
	}
}

// Barriers that are written as 0 beside the chord keep two digits, and accuracies count at the networks, too.
func TestBarrierTableByHand(t *testing.T) {
	at := []float64{-1, 0, 0.5, 1, 2}
	for want, losses := range map[string][]float64{
		"0.9000 / 0.9500":   {9, 0.1, 1.1, 0.2, 9},
		"0.0000 / 0.0500":   {9, 0.1, 0.2, 0.2, 9},
		"2.0e-06 / 2.0e-06": {9, 0.1, 0.100002, 0.1, 9},
	} {
		p := line(at, losses...)
		p.Train[0][3].Accuracy, p.Train[0][4].Accuracy = 0.75, 0.5 // both seeds share the scores, and so do the sets
		table, err := BarrierTable("caption", p)
		if err != nil {
			t.Fatal(err)
		}
		if row := []string{"from → to", "line", "7.50", want, want, "75.00 %", "1.00"}; !slices.Equal(table.Rows[0], row) {
			t.Errorf("the row is %q, want %q", table.Rows[0], row)
		}
		p.Train[0][1].Accuracy = 0.6
		if lowest, where := p.Lowest(p.Test); lowest[1] != 0.6 || where[1] != 0 {
			t.Errorf("the lowest accuracy is %g at %g", lowest, where)
		}
	}
}

func TestPathsThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		first, last float64
		n, want     int
	}{{0, 1, 1, 0}, {0, 1, 2, 2}, {0, 1, check.Most, check.Most}, {0, 1, check.Most + 1, 0}, {0, math.Inf(1), 3, 0}, {math.NaN(), 1, 3, 0}} {
		if got := len(Positions(c.first, c.last, c.n)); got != c.want {
			t.Errorf("%d positions from %g to %g, asked for %d", got, c.first, c.last, c.n)
		}
	}
	p := line([]float64{0, 1}, 1, 1)
	bend := Bend{Epochs: 1, Batch: 10, LearningRate: 10, Points: 2}
	for _, spoil := range []func(b *Bend){
		func(b *Bend) { b.Epochs = 0 }, func(b *Bend) { b.Batch = 0 }, func(b *Bend) { b.Points = 1 }, func(b *Bend) { b.Points = check.Most + 1 },
		func(b *Bend) { b.LearningRate = 0 }, func(b *Bend) { b.LearningRate = 10.1 }, func(b *Bend) { b.LearningRate = math.NaN() },
	} {
		spoiled := bend
		spoil(&spoiled)
		_, err := Bezier(p.From, p.To, spoiled)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "give it epochs, a batch, a learning rate of 10 at most, and 2 to")
	}
	if _, err := Bezier(p.From, p.To, bend); err != nil { // the least and the most that it takes
		t.Error(err)
	}
	_, err := Bezier(p.From, p.To, Bend{Epochs: 1, Batch: 501, LearningRate: 1, Points: 2})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "a batch of connect.Bezier", "501")
	single := *p.To
	single.Replicas = single.Replicas[:1]
	square := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.SquareWave, Arch: nn.MLP(1, 2, 1), Seeds: 2}, Replicas: make([]experiment.Replica, 2)})
	for says, c := range map[string]struct {
		to *experiment.Run
		at []float64
	}{
		"2 seeds and 1 seed cannot": {&single, p.At},
		"same task and loss":        {square, p.At},
		"in ascending order":        {p.To, []float64{1, 0}},
		"including 0 and 1":         {p.To, []float64{0, 2}},
		"positions of a path:":      {p.To, []float64{0, 1, math.Inf(1)}},
	} {
		_, err := Interpolate(p.From, c.to, c.at)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says)
	}
	for name, scores := range map[string][][]experiment.Score{"none": nil, "one position": {p.Train[0][:1]}, "NaN": {{{Loss: 1}, {Loss: math.NaN()}}}} {
		accuracies, at := p.Lowest(scores)
		if p.Barriers(scores) != nil || p.ChordBarriers(scores) != nil || accuracies != nil || at != nil {
			t.Errorf("%s: scores that do not match have barriers", name)
		}
	}
	for _, at := range [][]float64{{0, 2}, {-1, 1}} {
		p.At = at
		if p.Barriers(p.Train) != nil {
			t.Errorf("a path at %g has barriers between its networks", at)
		}
	}
}

// The bend of a curve between two lines goes by the steps of Adam, for the gradients of the squared error at the points that are
// drawn, times the bend's weight there.
func TestBendGoesByAdam(t *testing.T) {
	hw1test.NewStore(t)
	of := func(slope, shift float64) *experiment.Run {
		run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Name: fmt.Sprint(slope), Task: data.Sinc, Arch: nn.MLP(1, 1), Float64: true}, Keys: []string{fmt.Sprint(slope)}})
		run.Replicas[0].Theta = []float64{slope, shift}
		return run
	}
	from, to, bend := of(5, 6), of(-3, 9), Bend{Epochs: 5, LearningRate: 0.5, Seed: 3, Points: 3}
	set := runtest.MustExamples(t, from.Spec)
	bend.Batch = set.Len()
	curve, err := Bezier(from, to, bend)
	if err != nil {
		t.Fatal(err)
	}
	squares := func(theta []float64) (loss float64, gradient [2]float64) {
		n := float64(set.Len())
		for i, x := range set.X {
			off := theta[0]*x + theta[1] - set.Y[i]
			loss, gradient[0], gradient[1] = loss+off*off/n, gradient[0]+2*off*x/n, gradient[1]+2*off/n
		}
		return loss, gradient
	}
	at := func(t float64, middle []float64) []float64 {
		return num.Make(2, func(i int) float64 {
			return (1-t)*(1-t)*from.Replicas[0].Theta[i] + 2*t*(1-t)*middle[i] + t*t*to.Replicas[0].Theta[i]
		})
	}
	middle, positions := []float64{1, 7.5}, rand.New(rand.NewPCG(3, num.StreamBend))
	var m, v [2]float64
	for step := 1.0; step <= 5; step++ {
		t := positions.Float64()
		_, gradient := squares(at(t, middle))
		for i, g := range gradient {
			g *= 2 * t * (1 - t)
			m[i], v[i] = 0.9*m[i]+0.1*g, 0.999*v[i]+0.001*g*g
			middle[i] -= 0.5 * m[i] / (1 - math.Pow(0.9, step)) / (math.Sqrt(v[i]/(1-math.Pow(0.999, step))) + 1e-8)
		}
	}
	var want []float64
	for _, t := range []float64{0, 0.5, 1} {
		loss, _ := squares(at(t, middle))
		want = append(want, loss)
	}
	hw1test.CheckNear(t, "losses on the curve", num.Map(curve.Train[0], func(s experiment.Score) float64 { return s.Loss }), want, 1e-6)
}
