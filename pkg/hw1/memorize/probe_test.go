package memorize

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/figuretest"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/nn"
)

// clouds returns rows of so many normal numbers around the corner of their class, so far from the origin.
func clouds(n, classes, width int, apart float64) (*mat.Dense, []uint8) {
	rng := rand.New(rand.NewPCG(5, 6))
	x, labels := mat.NewDense(n, width, num.Normals(rng, n*width)), make([]uint8, n)
	for i := range labels {
		labels[i] = uint8(rng.IntN(classes))
		x.Set(i, int(labels[i]), x.At(i, int(labels[i]))+apart)
	}
	return x, labels
}

// Classes far apart are read without a mistake; from noise a probe can only guess.
func TestProbeOfClouds(t *testing.T) {
	for _, c := range []struct{ apart, least, most float64 }{{30, 1, 1}, {0, 0.2, 0.3}} {
		x, labels := clouds(4000, 4, 12, c.apart)
		p, err := bestProbe(x.Slice(0, 2000, 0, 12).(*mat.Dense), labels[:2000], 4)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.accuracy(x.Slice(2000, 4000, 0, 12), labels[2000:]); got < c.least || got > c.most {
			t.Errorf("of clouds %g apart a probe reads %g", c.apart, got)
		}
	}
	if _, err := bestProbe(mat.NewDense(20, 1, slices.Repeat([]float64{math.NaN()}, 20)), make([]uint8, 20), 2); err == nil {
		t.Error("NaN was read")
	}
}

// The normal equations solve what least squares of the rows and, below them, √λ·1 solve.
func TestRidgeIsLeastSquaresOfMoreRows(t *testing.T) {
	const n, width, classes, share = 60, 7, 3, 0.05
	x, labels := clouds(n, classes, width, 1)
	p, ok := newRidge(x, labels, classes).solve(share)
	if !ok {
		t.Fatal("not solved")
	}
	rows, y := mat.NewDense(n+width, width, nil), mat.NewDense(n+width, classes, nil)
	size := 0.0
	for k := range width {
		column := mat.Col(nil, k, x)
		floats.AddConst(-floats.Sum(column)/n, column)
		size += floats.Dot(column, column) / width
		for i, v := range column {
			rows.Set(i, k, v)
		}
	}
	for k := range width {
		rows.Set(n+k, k, math.Sqrt(share*size))
	}
	for i, label := range labels {
		y.Set(i, int(label), 1)
	}
	var want mat.Dense
	if err := want.Solve(rows, y); err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "weights", p.weights.RawMatrix().Data, want.RawMatrix().Data, 1e-12)
	// The predictions at the mean of x are the shares of the classes.
	for class := range classes {
		got := p.offset[class]
		for k := range width {
			got += p.weights.At(k, class) * floats.Sum(mat.Col(nil, k, x)) / n
		}
		share := float64(len(slices.DeleteFunc(slices.Clone(labels), func(l uint8) bool { return int(l) != class }))) / n
		hw1test.CheckNear(t, "prediction at the mean", []float64{got}, []float64{share}, 1e-12)
	}
}

// The probe of a network that learned true labels reads them; that of one seed is the same in company.
func TestProbe(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	spec := experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 12, 10, 10), Epochs: 8, Batch: 20, TrainSize: 1000, TestSize: 500, LearningRate: 3e-3}
	noisy := spec
	noisy.LabelNoise, noisy.Seeds = 1, 2
	probed, err := Probe(traintest.MustTrain(t, spec), traintest.MustTrain(t, noisy))
	if err != nil {
		t.Fatal(err)
	}
	initial, learned := probed[0].Layer(2)
	if initial[0] < 0.2 || learned[0] < initial[0]+0.1 || learned[0] < 0.7 {
		t.Errorf("a probe of layer 2 reads %g before and %g after training on true labels", initial, learned)
	}
	if initial, learned = probed[1].Layer(1); len(initial) != 2 || learned[0] < 0.2 || initial[0] == initial[1] {
		t.Errorf("probes of layer 1 of two seeds read %g before and %g after training on random labels", initial, learned)
	}
	if initial, _ = probed[0].Layer(3); initial != nil {
		t.Errorf("the last layer is read: %g", initial)
	}
	noisy.Seeds = 1
	alone, err := Probe(traintest.MustTrain(t, noisy))
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "readings", alone[0].Readings[0].Learned, probed[1].Readings[0].Learned, 0)
}

// Ten images and a hidden layer are the least that a probe takes.
func TestProbesTakeTenImages(t *testing.T) {
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	spec := experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 3, 10), Batch: 5, TrainSize: 10, TestSize: 20}
	if probed, err := Probe(runtest.Handmade(&experiment.Run{Spec: spec})); err != nil || probed[0].Valid() != nil {
		t.Error(err)
	}
	fewer, flat := spec, spec
	fewer.TrainSize, flat.Arch = 9, nn.MLP(784, 10)
	for _, spec := range []experiment.Spec{fewer, flat} {
		_, err := Probe(runtest.Handmade(&experiment.Run{Spec: spec}))
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "memorize.Probe needs a hidden dense layer and at least 10 images", spec.Arch.String())
	}
}

func TestProbeFigures(t *testing.T) {
	probed := func(noise float64, reading float64) Probed {
		run := memorized("run", noise)
		r := Readings{Initial: []float64{0.5}, Learned: []float64{reading}}
		return Probed{run, []Readings{r, {Initial: []float64{0.4}, Learned: []float64{reading + 0.1}}}}
	}
	f, err := ProbePlot("", probed(0, 0.8), probed(1, 0.2))
	if err != nil {
		t.Fatal(err)
	}
	figuretest.CheckDrawn(t, f, "layer 1", "layer 1, before training", "the network itself", "linear probes of the layers", "random labels (%)")
	for _, row := range []string{"layers,layer 1,0,0.8", "layers,\"layer 1, before training\",0,0.45,0.4,0.5", "itself,test accuracy,100,0.4,0.4,0.4"} {
		if !strings.Contains(f.CSV, row) {
			t.Errorf("%s is not in %s", row, f.CSV)
		}
	}
	_, err = ProbePlot("", probed(1, 0.2), probed(0, 0.8))
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "memorize.ProbePlot", "share of random labels")
	table, err := ProbeTable("", probed(1, 0.2))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"run", "1000", "2", "1", "45.0 % (40.0 – 50.0)", "25.0 % (20.0 – 30.0)", "40.0 % (40.0 – 40.0)"}
	if !slices.Equal(table.Rows[0], want) {
		t.Errorf("the row is %q, want %q", table.Rows[0], want)
	}
	deep := probed(0, 0.8)
	deep.Run = runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 2, 2, 10)}, Replicas: deep.Run.Replicas})
	for i, readings := range []*[]float64{&deep.Readings[0].Initial, &deep.Readings[0].Learned, &deep.Readings[1].Initial, &deep.Readings[1].Learned} {
		hw1test.CheckMessage(t, hw1test.MessageOf(deep.Valid()), []string{"before", "after"}[i%2]+" training") // one stands for two
		*readings = []float64{0.3, 0.4}
	}
	if err := deep.Valid(); err != nil {
		t.Error(err)
	}
	for _, both := range [][]Probed{{deep, probed(1, 0.2)}, {probed(0, 0.2), deep}} {
		both[1].Run.Spec.LabelNoise = 1
		_, err := ProbePlot("", both...)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "same depth", "784-2-2-10")
	}
	few := probed(0, 0.8)
	few.Readings = few.Readings[:1]
	hw1test.CheckMessage(t, hw1test.MessageOf(few.Valid()), "memorize.Probe", "1 part for 2 replicas")
	if got := spread([]float64{0.25}); got != "25.0 %" {
		t.Errorf("a single share is %q", got)
	}
}

// A dead layer is the same for all images: a probe of it reads the most frequent class.
func TestProbeOfADeadLayer(t *testing.T) {
	labels := []uint8{0, 1, 1, 2, 1, 0, 1, 1, 1, 0}
	x := mat.NewDense(len(labels), 3, nil)
	p, err := bestProbe(x, labels, 3)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.accuracy(x, labels); got != 0.6 {
		t.Errorf("it reads %g right", got)
	}
	x.Set(0, 0, math.NaN())
	_, err = bestProbe(x, labels, 3)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "not finite")
}
