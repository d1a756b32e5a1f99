package playground_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/playground"
	"hw1/pkg/hw1/train"
)

func TestMain(m *testing.M) { hw1test.Main(m) }

func knobs() playground.Knobs {
	return playground.Knobs{Function: "sinc", Points: 500, Hidden: []int{8, 8}, Activation: nn.Tanh, Optimizer: "adam", Rate: 1e-2, Seed: 3}
}

func ExampleKnobs_Go() {
	code, err := playground.Knobs{
		Function: "x^2", Points: 50, Noise: 0.1, Hidden: []int{20}, Activation: nn.GELU, Optimizer: "sgd", Rate: 0.1, Seed: 2,
	}.Go()
	if err != nil {
		fmt.Println(err)
		return
	}
	_, cell, _ := strings.Cut(code, "%%\n")
	fmt.Println(strings.Join(strings.Split(cell, "\n")[:5], "\n"))
	// Output:
	// spec := hw1.Spec{
	// 	Task: hw1.Function("x^2", func(x float64) float64 { return math.Pow(x, 2.0) }, hw1.Sampling{Train: 50, Noise: 0.1, Seed: 2}),
	// 	Arch: hw1.MLP(1, 20, 1), Activation: "gelu",
	// 	Epochs: 20_000, LearningRate: 0.1, Optimizer: "sgd", Seed: 2,
	// }
}

// What is shown is the training that a notebook makes, step by step.
func TestSessionTrainsAsANotebookDoes(t *testing.T) {
	hw1test.Slow(t)
	k := knobs()
	session, opening, err := playground.Open(k)
	if err != nil {
		t.Fatal(err)
	}
	if opening.Parameters != 97 || len(opening.X) != 500 || opening.Epoch != 0 || len(opening.Fit) != len(opening.Grid) {
		t.Errorf("it opens with %d parameters, %d points, at epoch %d", opening.Parameters, len(opening.X), opening.Epoch)
	}
	state, err := session.Train(time.Hour, 30)
	if err != nil || len(state.Losses) != 30 || state.Epoch != 30 || state.Ended != "" {
		t.Fatalf("%d losses up to epoch %d, %q, %v", len(state.Losses), state.Epoch, state.Ended, err)
	}
	spec, err := k.Spec()
	if err != nil {
		t.Fatal(err)
	}
	spec.Epochs = 30
	run, err := train.One(spec)
	if err != nil {
		t.Fatal(err)
	}
	r := run.Replicas[0]
	for i, epoch := range r.History.Epoch {
		if got, want := state.Losses[epoch-1], r.History.TrainLoss[i]; math.Abs(got-want) > 1e-5*want {
			t.Errorf("epoch %d has the loss %g, and %g in a notebook", epoch, got, want)
		}
	}
	if math.Abs(state.Test-r.Test.Loss) > 1e-4*r.Test.Loss {
		t.Errorf("the test loss is %g, and %g in a notebook", state.Test, r.Test.Loss)
	}
	fit, err := eval.Predict(run, opening.Grid)
	if err != nil {
		t.Fatal(err)
	}
	for i, y := range fit[0] {
		if math.Abs(state.Fit[i]-y) > 1e-4 {
			t.Fatalf("at %g the fit is %g, and %g in a notebook", opening.Grid[i], state.Fit[i], y)
		}
	}
}

// The path is drawn on its principal components, as gonum finds them, but for their signs; and it holds still while it grows.
func TestPathIsOnItsPrincipalComponents(t *testing.T) {
	k := knobs()
	session, _, err := playground.Open(k)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := k.Spec()
	if err != nil {
		t.Fatal(err)
	}
	live, err := train.NewLive(spec)
	if err != nil {
		t.Fatal(err)
	}
	var thetas []float64
	take := func() {
		theta, err := live.Theta()
		if err != nil {
			t.Fatal(err)
		}
		thetas = append(thetas, theta...)
	}
	take()
	var before playground.State
	for epoch := 1; epoch <= 60; epoch++ {
		if _, _, err := live.Train(context.Background()); err != nil {
			t.Fatal(err)
		}
		take()
		state, err := session.Train(time.Hour, 1)
		if err != nil {
			t.Fatal(err)
		}
		turned := 0.0
		for i, p := range before.Path {
			turned += p[0]*state.Path[i][0] + p[1]*state.Path[i][1]
		}
		if turned < 0 {
			t.Errorf("at epoch %d the path is mirrored", epoch)
		}
		before = state
	}
	var pc stat.PC
	if !pc.PrincipalComponents(mat.NewDense(61, len(thetas)/61, thetas), nil) {
		t.Fatal("gonum finds no components")
	}
	shares := pc.VarsTo(nil)
	total := mat.Sum(mat.NewVecDense(len(shares), shares))
	for axis, share := range before.Shares {
		if want := shares[axis] / total; math.Abs(share-want) > 1e-3 {
			t.Errorf("axis %d holds a share of %g, want %g", axis, share, want)
		}
	}
	if len(before.Path) != 61 {
		t.Errorf("the path has %d points", len(before.Path))
	}
}

// However long a training is, its path stays short.
func TestPathStaysShort(t *testing.T) {
	session, _, err := playground.Open(playground.Knobs{Function: "x", Points: 10, Hidden: []int{2}, Activation: nn.Tanh, Optimizer: "sgd", Rate: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	state, err := session.Train(time.Hour, 700)
	if err != nil || len(state.Path) > 81 || len(state.Path) < 30 {
		t.Errorf("%v, and %d points", err, len(state.Path))
	}
}

// A training that diverges says so, and what to do.
func TestTrainingThatDiverges(t *testing.T) {
	session, _, err := playground.Open(playground.Knobs{Function: "100x", Points: 20, Hidden: []int{50}, Activation: nn.ReLU, Optimizer: "sgd", Rate: 10})
	if err != nil {
		t.Fatal(err)
	}
	state, err := session.Train(time.Hour, 1000)
	if err != nil || !strings.Contains(state.Ended, "lower the learning rate") {
		t.Errorf("%v, %q", err, state.Ended)
	}
	if _, err := json.Marshal(state); err != nil {
		t.Error(err)
	}
}

func TestKnobsSayWhatIsWrong(t *testing.T) {
	for want, change := range map[string]func(k *playground.Knobs){
		"2 to 5000":                   func(k *playground.Knobs) { k.Points = 1 },
		"12 with 20000":               func(k *playground.Knobs) { k.Hidden = []int{300, 300} },
		"there is no \"foo\"":         func(k *playground.Knobs) { k.Function = "foo(x)" },
		"not a finite number":         func(k *playground.Knobs) { k.Function = "1/x"; k.Points = 3 },
		"unknown activation \"step\"": func(k *playground.Knobs) { k.Activation = "step" },
		"unknown optimizer \"lion\"":  func(k *playground.Knobs) { k.Optimizer = "lion" },
		"learning rate 0":             func(k *playground.Knobs) { k.Rate = 0 },
		"learning rate -1":            func(k *playground.Knobs) { k.Rate = -1 },
		"noise cannot be negative":    func(k *playground.Knobs) { k.Noise = -1 },
		"seed -1":                     func(k *playground.Knobs) { k.Seed = -1 },
		"width":                       func(k *playground.Knobs) { k.Hidden = []int{0} },
	} {
		k := knobs()
		change(&k)
		if _, err := k.Spec(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want something with %q", err, want)
		}
	}
}

// The cell that is taken along is the experiment that was watched: its program finds the same key.
func TestGoIsTheSameExperiment(t *testing.T) {
	hw1test.Slow(t)
	own := playground.Knobs{Function: "exp(-20 x^2) sgn(x - 0.2)", Points: 60, Noise: 0.05, Hidden: []int{7, 5}, Activation: nn.SiLU, Optimizer: "adamw", Rate: 3e-3, Decay: 1e-2, Batch: 20, Seed: 4}
	few := knobs()
	few.Points = 40
	var body, want strings.Builder
	for _, k := range []playground.Knobs{knobs(), few, own} {
		code, err := k.Go()
		if err != nil {
			t.Fatal(err)
		}
		_, cell, _ := strings.Cut(code, "%%\n")
		spec, _, _ := strings.Cut(cell, "run := ")
		fmt.Fprintf(&body, "\t{\n%s\nresolved := hw1.Check(spec.Resolved())\nfmt.Println(resolved.Key())\n}\n", spec)
		asked, err := k.Spec()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&want, asked.Key())
	}
	path := filepath.Join(t.TempDir(), "main.go")
	program := "package main\n\nimport (\n\"fmt\"\n\"math\"\n\n\"hw1/pkg/hw1\"\n)\n\nfunc main() {\n_ = math.Pi\n" + body.String() + "}\n"
	if err := os.WriteFile(path, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := exec.Command("go", "run", path).CombinedOutput()
	if err != nil || string(got) != want.String() {
		t.Errorf("%v, and\n%s\ninstead of\n%s", err, got, want.String())
	}
}

// A drawing is centred and scaled; a digit of MNIST is so already, and hardly changes.
func TestCentred(t *testing.T) {
	small := make([]float64, 28*28)
	for y := 2; y < 8; y++ {
		for x := 20; x < 23; x++ {
			small[y*28+x] = 1
		}
	}
	made := playground.Centred(small)
	left, right, top, bottom, mass, mx, my := 28, -1, 28, -1, 0.0, 0.0, 0.0
	for i, v := range made {
		if v > 0.5 {
			left, right, top, bottom = min(left, i%28), max(right, i%28), min(top, i/28), max(bottom, i/28)
		}
		mass, mx, my = mass+v, mx+v*float64(i%28), my+v*float64(i/28)
	}
	if bottom-top+1 != 20 || right-left+1 != 10 || math.Abs(mx/mass-14) > 0.51 || math.Abs(my/mass-14) > 0.51 {
		t.Errorf("a bar of 6×3 becomes one of %d×%d around (%.1f, %.1f)", bottom-top+1, right-left+1, mx/mass, my/mass)
	}
	if empty := playground.Centred(make([]float64, 28*28)); slices.Max(empty) != 0 {
		t.Error("there is something in an empty image")
	}
	hw1test.NeedData(t)
	_, test, err := experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 10), Epochs: 1, Batch: 100, TrainSize: 100, TestSize: 50}.Examples()
	if err != nil {
		t.Fatal(err)
	}
	change := 0.0
	for i := range test.Len() {
		image := test.Numbers(i)
		for j, v := range playground.Centred(image) {
			change += (v - image[j]) * (v - image[j]) / float64(test.Len())
		}
	}
	if change > 15 { // of about 100, the square of an image
		t.Errorf("images of MNIST change by %.1f", change)
	}
}

// A reader says what eval does, and its gradient is that of finite differences.
func TestReader(t *testing.T) {
	hw1test.Slow(t)
	spec, err := experiment.Spec{Task: data.MNIST, Arch: nn.CNN([]int{4, 6}, 12, 10), Activation: nn.Tanh, Epochs: 1, Batch: 100}.Resolved()
	if err != nil {
		t.Fatal(err)
	}
	theta, err := spec.InitialTheta(1)
	if err != nil {
		t.Fatal(err)
	}
	w, weights := playground.Network{Spec: spec}, make([]float32, len(theta))
	for i, v := range theta {
		weights[i] = float32(3 * v)
		w.Theta = binary.LittleEndian.AppendUint32(w.Theta, math.Float32bits(weights[i]))
	}
	reader, err := playground.NewReader(w, w)
	if err != nil {
		t.Fatal(err)
	}
	image := make([]float64, 28*28)
	for i := range image {
		image[i] = math.Abs(math.Sin(float64(i) / 7))
	}
	at := func(image []float64) playground.Answer {
		answers, err := reader.Read(image)
		if err != nil || len(answers) != 2 {
			t.Fatal(answers, err)
		}
		return answers[1]
	}
	answer := at(image)
	best := slices.Index(answer.Probabilities, slices.Max(answer.Probabilities))
	evaluator, err := eval.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	logits, err := evaluator.Outputs(context.Background(), tensors.FromFlatDataAndDimensions(weights, 1, len(weights)), data.Examples{X: image, Y: make([]float64, 1)})
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, v := range logits[0] {
		sum += math.Exp(v)
	}
	for class, p := range answer.Probabilities {
		if want := math.Exp(logits[0][class]) / sum; math.Abs(p-want) > 1e-6 {
			t.Errorf("class %d has the probability %g, want %g", class, p, want)
		}
	}
	for _, pixel := range []int{30, 200, 405, 777} {
		const h = 1e-3
		moved := slices.Clone(image)
		moved[pixel] += h
		up := math.Log(at(moved).Probabilities[best])
		moved[pixel] -= 2 * h
		down := math.Log(at(moved).Probabilities[best])
		if want := (up - down) / (2 * h); math.Abs(answer.Gradient[pixel]-want) > 2e-3 {
			t.Errorf("the gradient by pixel %d is %g, want %g", pixel, answer.Gradient[pixel], want)
		}
	}
	if _, err := reader.Read(image[:100]); err == nil || !strings.Contains(err.Error(), "28×28") {
		t.Errorf("of a part of an image it says %v", err)
	}
}

// The page holds the curves of what the knobs can repeat, and the networks that read digits.
func TestCollect(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	function, err := train.One(experiment.Spec{Name: "small", Task: data.Sinc, Arch: nn.MLP(1, 6, 1), Activation: nn.Tanh, Epochs: 300, Seed: 1, Seeds: 7})
	if err != nil {
		t.Fatal(err)
	}
	other, err := train.One(experiment.Spec{Name: "double", Task: data.Sinc, Arch: nn.MLP(1, 6, 1), Activation: nn.Tanh, Epochs: 10, Float64: true})
	if err != nil {
		t.Fatal(err)
	}
	images, err := train.All(
		experiment.Spec{Name: "one", Task: data.MNIST, Arch: nn.CNN([]int{2}, 10), Epochs: 1, Batch: 100, TrainSize: 200, TestSize: 300},
		experiment.Spec{Name: "two", Task: data.MNIST, Arch: nn.CNN([]int{3}, 10), Epochs: 1, Batch: 100, TrainSize: 200, TestSize: 300},
		experiment.Spec{Name: "declared", Task: data.MNIST, Arch: nn.CNN([]int{2}, 10), Activation: nn.OwnActivation("mine", graph.Tanh), Epochs: 1, Batch: 100, TrainSize: 200, TestSize: 300})
	if err != nil {
		t.Fatal(err)
	}
	report, err := playground.Collect(slices.Concat(function.Keys, other.Keys, images[0].Keys, images[1].Keys, images[1].Keys, images[2].Keys)...)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Curves) != 1 || len(report.Networks) != 2 || len(report.Images) != 10 {
		t.Fatalf("%d curves, %d networks, %d images", len(report.Curves), len(report.Networks), len(report.Images))
	}
	curve := report.Curves[0]
	if curve.Name != "small" || len(curve.Losses) != 5 || curve.Epochs[0] != 1 || curve.Epochs[len(curve.Epochs)-1] != 300 || len(curve.Epochs) > 170 {
		t.Errorf("%s has %d curves at %v", curve.Name, len(curve.Losses), curve.Epochs)
	}
	if _, opening, err := playground.Open(curve.Knobs); err != nil || opening.Identity != curve.Identity {
		t.Errorf("%v: the knobs' identity is %s, and the curve's %s", err, opening.Identity, curve.Identity)
	}
	first := function.Replicas[2].History.TrainLoss[0]
	if got := curve.Losses[2][0]; math.Abs(got-first) > 1e-3*first {
		t.Errorf("the third seed begins at %g, not %g", got, first)
	}
	for _, image := range report.Images {
		if image.Said[0] == image.Said[1] || len(image.Pixels) != 28*28 {
			t.Errorf("both say %v of an image of %d pixels", image.Said, len(image.Pixels))
		}
	}
	if n := len(report.Networks[0].Theta); n != 4*images[0].Spec.Arch.ParamCount() {
		t.Errorf("the first network has %d bytes", n)
	}
	if _, err := playground.Collect("0123"); err == nil || !strings.Contains(err.Error(), "0123") {
		t.Errorf("of a run that is not there it says %v", err)
	}
}
