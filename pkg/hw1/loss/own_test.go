package loss_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/devicetest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/loss"
)

func ExampleRegression() {
	absolute := loss.Regression("absolute error", func(outputs, targets *graph.Node) *graph.Node {
		return graph.Abs(graph.Sub(outputs, targets))
	})
	fmt.Println(absolute, absolute.Fits(1, 0, 1))
	fmt.Println(absolute.Fits(10, 10, 0)) // ten classes
	// Output:
	// absolute error <nil>
	// the loss "absolute error" is for 1 output, and the network has 10; make them equal
}

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

func TestTitle(t *testing.T) {
	own := loss.Regression("absolute error", func(outputs, targets *graph.Node) *graph.Node { return graph.Abs(graph.Sub(outputs, targets)) })
	for l, title := range map[loss.Loss]string{loss.MSE: "Mean squared error", loss.CrossEntropy: "Cross-entropy", own: "absolute error"} {
		if l.Title() != title {
			t.Errorf("the title of %s is %q", l, l.Title())
		}
	}
}

// huber is quadratic within a width of 0, and linear beyond (Huber 1964).
func huber(width float64) loss.Fn {
	return func(outputs, targets *graph.Node) *graph.Node {
		r := graph.Abs(graph.Sub(outputs, targets))
		linear := graph.MulScalar(graph.AddScalar(r, -width/2), width)
		return graph.Where(graph.LessThan(r, graph.ConstAs(r, width)), graph.MulScalar(graph.Square(r), 0.5), linear)
	}
}

// smoothed is the cross-entropy against targets that are a share away from certainty (Szegedy et al. 2016).
func smoothed(share float64) loss.Fn {
	return func(outputs, targets *graph.Node) *graph.Node {
		classes := float64(outputs.Shape().Dimensions[1])
		soft := graph.AddScalar(graph.MulScalar(targets, 1-share), share/classes)
		return graph.Neg(graph.ReduceSum(graph.Mul(soft, graph.LogSoftmax(outputs)), 1))
	}
}

// lossesOf returns the losses of examples, for outputs [R, outputs, n] and targets [R, n].
func lossesOf(t *testing.T, l loss.Loss, outputs, targets []float64, replicas, n int) []float64 {
	t.Helper()
	width := len(outputs) / n / replicas
	form, known := l.Form(width, width > 1)
	if !known {
		t.Fatalf("%s is not known for %d outputs", l, width)
	}
	return devicetest.Call(t, func(in []*graph.Node) []*graph.Node {
		y := in[1]
		if width > 1 {
			y = graph.ConvertDType(y, dtypes.Int32)
		}
		return []*graph.Node{form.Examples(in[0], y)}
	}, device.Tensor(outputs, dtypes.Float64, replicas, width, n), device.Tensor(targets, dtypes.Float64, replicas, n))[0]
}

func TestHuberLossOfTwoNetworks(t *testing.T) {
	outputs, targets := []float64{0, 0.5, 3, -1, -0.25, 2}, []float64{0, 1, 1, 1, 0, 2}
	var want []float64
	for i, z := range outputs {
		r := math.Abs(z - targets[i])
		if r < 0.75 {
			want = append(want, r*r/2)
		} else {
			want = append(want, 0.75*(r-0.75/2))
		}
	}
	hw1test.CheckNear(t, "losses", lossesOf(t, loss.Regression("huber", huber(0.75)), outputs, targets, 2, 3), want, 1e-15)
}

func TestSmoothedLabels(t *testing.T) {
	z := [][]float64{{1, -2, 0.5}, {3, 0, -1}} // by examples
	outputs, targets := []float64{1, 3, -2, 0, 0.5, -1}, []float64{2, 0}
	var want []float64
	for i, logits := range z {
		sum, losses := 0.0, 0.0
		for _, v := range logits {
			sum += math.Exp(v)
		}
		for k, v := range logits {
			target := 0.1 / 3
			if k == int(targets[i]) {
				target += 0.9
			}
			losses -= target * (v - math.Log(sum))
		}
		want = append(want, losses)
	}
	hw1test.CheckNear(t, "losses", lossesOf(t, loss.Classification("smooth", 3, smoothed(0.1)), outputs, targets, 1, 2), want, 1e-14)
}

// A loss of one's own is known by what it computes.
func TestOwnIsKnownByWhatItComputes(t *testing.T) {
	first := loss.Regression("mine", huber(1))
	for l, want := range map[loss.Loss]string{ // in the keys of stored runs
		first: "own 51c476e45c5680440965251a9809b6bb",
		loss.Classification("smooth", 3, smoothed(0.1)): "own 59a8ab31900bc297e6761fbb245e4f5d",
		loss.Classification("hinge", 1, hinge):          "own ca608a007a0020f9d8064353c5bf1574",
	} {
		if string(l) != want {
			t.Errorf("%s is now identified as %q", l, string(l))
		}
	}
	if again := loss.Regression("mine", huber(1)); again != first {
		t.Errorf("declared twice, it is %q and %q", string(first), string(again))
	}
	if renamed := loss.Regression("yours", huber(1)); renamed != first || renamed.String() != "yours" {
		t.Errorf("renamed, it is %q, called %q", string(renamed), renamed)
	}
	wide := loss.Regression("yours", huber(1000)) // the same at the outputs that are tried
	if wide == first || wide.Label() == first.Label() || !strings.HasPrefix(wide.Label(), "yours (") || loss.MSE.Label() != "mse" {
		t.Errorf("with another width it is %q, called %q and not %q, and the squared error is called %q", string(wide), wide.Label(), first.Label(), loss.MSE.Label())
	}
}

func TestLossesFitTasks(t *testing.T) {
	numbers, classes, logit := loss.Regression("huber", huber(1)), loss.Classification("smooth", 3, smoothed(0.1)), loss.Classification("hinge", 1, hinge)
	three := loss.RegressionOf("huber of three", 3, mean(huber(1)))
	for _, c := range []struct {
		loss                      loss.Loss
		outputs, classes, numbers int
		fits                      bool
	}{
		{numbers, 1, 0, 1, true},
		{numbers, 1, 2, 1, true}, // as the squared error
		{numbers, 3, 3, 0, false},
		{numbers, 3, 0, 1, false},
		{numbers, 1, 0, 3, false},
		{three, 3, 0, 3, true},
		{three, 3, 3, 0, false},
		{three, 3, 0, 2, false},
		{classes, 3, 3, 0, true},
		{classes, 3, 0, 1, false},
		{classes, 3, 0, 3, false},
		{classes, 10, 10, 0, false},
		{logit, 1, 2, 1, true},
		{logit, 1, 0, 1, false},
		{loss.MSE, 3, 3, 0, true},
		{loss.MSE, 3, 0, 3, true},
		{loss.MSE, 2, 0, 3, false},
		{loss.MSE, 1, 0, 3, false},
		{loss.CrossEntropy, 1, 0, 1, false},
		{loss.CrossEntropy, 3, 0, 3, false},
		{"own 0123", 1, 0, 1, false},
		{"absolute", 1, 0, 1, false},
	} {
		if err := c.loss.Fits(c.outputs, c.classes, c.numbers); (err == nil) != c.fits {
			t.Errorf("%s, %d outputs, %d classes, %d numbers: %v", c.loss, c.outputs, c.classes, c.numbers, err)
		}
	}
	for _, c := range []struct {
		loss           loss.Loss
		outputs        int
		labels         bool
		known, classes bool
	}{
		{numbers, 1, false, true, false},
		{numbers, 2, false, false, false},
		{three, 3, false, true, false},
		{three, 3, true, false, false},
		{classes, 3, true, true, true},
		{classes, 3, false, false, false},
		{classes, 1, false, false, false},
		{logit, 1, false, true, true},
		{loss.MSE, 5, true, true, true},
		{loss.MSE, 5, false, true, false},
		{"absolute", 1, false, false, false},
		{loss.Regression("mine", nil), 1, false, false, false},
	} {
		form, known := c.loss.Form(c.outputs, c.labels)
		if known != c.known || known && (form.Right != nil) != c.classes {
			t.Errorf("a form of %s for %d outputs and labels %t is known: %t, and classifies: %t", c.loss, c.outputs, c.labels, known, form.Right != nil)
		}
	}
	if numbers.LeastSquares() {
		t.Error("a loss of one's own is one of least squares")
	}
	if v := numbers.Constant([]float64{1, 2}, 1); !math.IsInf(v, 1) {
		t.Errorf("a constant has the loss %g", v)
	}
	hw1test.CheckNear(t, "predictions", []float64{numbers.Prediction(2, 1), logit.Prediction(0, 1)}, []float64{2, 0.5}, 0)
	hw1test.CheckNear(t, "of several", []float64{three.Prediction(2, 3), loss.MSE.Prediction(-1, 3)}, []float64{2, -1}, 0)
}

// mean averages a loss over the outputs.
func mean(fn loss.Fn) loss.Fn {
	return func(outputs, targets *graph.Node) *graph.Node { return graph.ReduceMean(fn(outputs, targets), 1) }
}

// A loss of one's own of several numbers gets the targets of an example side by side, and says what is wrong with it.
func TestOwnLossOfSeveralNumbers(t *testing.T) {
	weighted := loss.RegressionOf("weighted", 2, func(outputs, targets *graph.Node) *graph.Node {
		weights := graph.Const(outputs.Graph(), [][]float64{{1, 10}})
		return graph.ReduceSum(graph.Mul(graph.Square(graph.Sub(outputs, targets)), graph.ConvertDType(weights, outputs.DType())), 1)
	})
	form, known := weighted.Form(2, false)
	if err := weighted.Fits(2, 0, 2); err != nil || !known {
		t.Fatalf("%v, known: %t", err, known)
	}
	got := devicetest.Call(t, func(in []*graph.Node) []*graph.Node { return []*graph.Node{form.Examples(in[0], in[1])} },
		device.Tensor([]float64{1, 2, 3, 4, 5, 6}, dtypes.Float64, 1, 2, 3), device.Tensor([]float64{0, 2, 1, 3, 5, 8}, dtypes.Float64, 1, 2, 3))[0]
	hw1test.CheckNear(t, "losses", got, []float64{1 + 10, 0, 4 + 40}, 0)
	for message, l := range map[string]loss.Loss{
		"it must return the loss of each example":       loss.RegressionOf("each", 2, huber(1)),
		"0 outputs; make it for 1 to 65536":             loss.RegressionOf("none", 0, huber(1)),
		"65537 outputs; make it for 1 to 65536":         loss.RegressionOf("too many", 1<<16+1, huber(1)),
		"257 outputs; make it for 1 to 256":             loss.Classification("too many", 257, smoothed(0)),
		"is for 2 outputs, and the network has 3; make": weighted,
		"with the target [0.25 ": loss.RegressionOf("logarithm", 2, mean(func(outputs, targets *graph.Node) *graph.Node {
			return graph.Log(graph.Sub(outputs, targets))
		})),
	} {
		hw1test.CheckMessage(t, hw1test.MessageOf(l.Fits(3-num.Int(l != weighted), 0, 2)), message)
	}
}

// hinge is that of one logit (Cortes & Vapnik 1995).
func hinge(outputs, targets *graph.Node) *graph.Node {
	side := graph.AddScalar(graph.MulScalar(targets, 2), -1)
	return graph.MaxScalar(graph.OneMinus(graph.Mul(side, outputs)), 0)
}

// A loss whose variable is another when it is used than when it was declared would be kept under the first one's key.
func TestOwnThatHasChanged(t *testing.T) {
	width := 1.0
	late := loss.Regression("late", func(outputs, targets *graph.Node) *graph.Node { return huber(width)(outputs, targets) })
	if err := late.Fits(1, 0, 1); err != nil {
		t.Fatal(err)
	}
	width = 2
	hw1test.CheckMessage(t, hw1test.MessageOf(late.Fits(1, 0, 1)), "has changed since it was declared")
}

func TestOwnMistakes(t *testing.T) {
	residual := func(o, y *graph.Node) *graph.Node { return graph.Sub(o, y) }
	for says, l := range map[string]loss.Loss{
		"needs a name":                    loss.Regression("", huber(1)),
		"is nil":                          loss.Regression("mine", nil),
		"but returned nil":                loss.Regression("mine", func(_, _ *graph.Node) *graph.Node { return nil }),
		"whose mean the training takes":   loss.Regression("mine", func(o, y *graph.Node) *graph.Node { return graph.ReduceAllMean(residual(o, y)) }),
		"but returned (Float32)[1, 3]":    loss.Regression("mine", func(o, y *graph.Node) *graph.Node { return graph.Transpose(residual(o, y), 0, 1) }),
		"but returned (Float32)[3, 1, 1]": loss.Regression("mine", func(o, y *graph.Node) *graph.Node { return graph.InsertAxes(residual(o, y), -1) }),
		"but returned (Float64)[3, 1]":    loss.Regression("mine", func(o, y *graph.Node) *graph.Node { return graph.ConvertDType(residual(o, y), dtypes.Float64) }),
		"it is 0 with":                    loss.Regression("mine", func(o, y *graph.Node) *graph.Node { return graph.Sqrt(graph.Square(residual(o, y))) }),
		"the other examples": loss.Regression("mine", func(o, y *graph.Node) *graph.Node {
			return graph.Square(graph.Sub(residual(o, y), graph.ReduceAllMean(residual(o, y))))
		}),
		"0 everywhere": loss.Regression("mine", func(o, y *graph.Node) *graph.Node { return graph.Sign(residual(o, y)) }),
		"graph.ConstAs give": loss.Regression("mine", func(o, y *graph.Node) *graph.Node {
			return graph.Mul(residual(o, y), graph.Const(o.Graph(), float32(2)))
		}),
		"own_test.go:": loss.Regression("mine", func(o, _ *graph.Node) *graph.Node { return graph.Squeeze(o, 0) }),
	} {
		hw1test.CheckMessage(t, hw1test.MessageOf(l.Fits(1, 0, 1)), says)
	}
	for says, l := range map[string]loss.Loss{"for 0 outputs": loss.Classification("mine", 0, smoothed(0.1)), "for 257 outputs": loss.Classification("mine", 257, smoothed(0.1))} {
		hw1test.CheckMessage(t, hw1test.MessageOf(l.Fits(10, 10, 0)), says)
	}
	hw1test.CheckMessage(t, hw1test.MessageOf(loss.Classification("smooth", 3, smoothed(0.1)).Fits(10, 10, 0)), "is for 3 outputs, and the network has 10")
	axis := loss.Classification("mine", 3, func(o, y *graph.Node) *graph.Node { return graph.ReduceSum(graph.Square(residual(o, y)), 0) })
	hw1test.CheckMessage(t, hw1test.MessageOf(axis.Fits(3, 3, 0)), "cannot be built for outputs and targets of shape [5, 3]: it must return the loss of each example, (Float32)[5]")
	hw1test.CheckMessage(t, hw1test.MessageOf(loss.Classification("mine", 1, hinge).Fits(1, 0, 1)), `a network with 1 output and the loss "mine" does not fit`)
	hw1test.CheckMessage(t, hw1test.MessageOf(loss.Loss("absolute").Fits(1, 0, 1)), `unknown loss "absolute"`)
}
