package critical

import (
	"encoding/json"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/train"
)

func TestMain(m *testing.M) { hw1test.Main(m) }

func TestSignsOfAKnownSpectrum(t *testing.T) {
	p := Point{Eigenvalues: []float64{-3, -1e-17, 2e-17, 1e-3, 5}}
	negative, zero, positive := p.Signs()
	hw1test.CheckNear(t, "shares", []float64{negative, zero, positive, p.MinimalRatio()}, []float64{0.2, 0.4, 0.4, 0.4}, 1e-15)
	minimum := Point{Eigenvalues: make([]float64, 61)}
	for i := range minimum.Eigenvalues {
		minimum.Eigenvalues[i] = 1 + float64(i)
	}
	if ratio := minimum.MinimalRatio(); ratio != 1 {
		t.Errorf("minimal ratio of a minimum: %v", ratio)
	}
	if naive := p.NaiveRatio(); naive != 0.6 {
		t.Errorf("naive ratio %g", naive)
	}
	if got := num.ZeroTolerance(p.Eigenvalues); got != 5*5*0x1p-52 {
		t.Errorf("tolerance %g", got)
	}
}

func searchRun(t *testing.T) *experiment.Run {
	t.Helper()
	run, err := train.One(experiment.Spec{
		Task: data.Sinc, Arch: nn.MLP(1, 3, 3, 1), Activation: nn.Tanh, Float64: true, WeightDecay: 1e-3,
		Epochs: 400, SnapshotEach: 20, Seeds: 6,
	})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestFindCritical(t *testing.T) {
	hw1test.Slow(t)
	run := searchRun(t)
	points, err := Find(run, Search{FirstEpoch: 20, Neighbours: 100})
	if err != nil {
		t.Fatal(err)
	}
	objective, err := eval.NewObjective(run)
	if err != nil {
		t.Fatal(err)
	}
	converged := OfClass(points, Converged)
	if len(points) != 6 || len(converged) < 3 {
		t.Fatalf("%d of %d searches converged", len(converged), len(points))
	}
	for _, p := range converged {
		values, gradients, err := objective.Gradients(p.Theta)
		if err != nil {
			t.Fatal(err)
		}
		if norm := floats.Norm(gradients[0], 2); norm >= 1e-8 || math.Abs(norm-p.GradNorm()) > 1e-12 {
			t.Errorf("seed %d: the gradient's norm is %g, reported %g", p.Seed, norm, p.GradNorm())
		}
		hw1test.CheckNear(t, "loss", []float64{p.Loss}, values, 1e-14)
		if p.DataLoss >= p.Loss || p.DataLoss <= 0 || len(p.Eigenvalues) != len(p.Theta) {
			t.Errorf("seed %d: data loss %g, loss %g, %d eigenvalues", p.Seed, p.DataLoss, p.Loss, len(p.Eigenvalues))
		}
	}
	again, err := Find(run, Search{FirstEpoch: 20, Neighbours: 100})
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "stored theta", again[2].Theta, points[2].Theta, 0)
}

// From the same starts the root finder ends in saddles, too, and descent in strict minima alone, each
// below its start.
func TestDescentMeetsMinima(t *testing.T) {
	hw1test.Slow(t)
	run := searchRun(t)
	search := Search{FirstEpoch: 20, Neighbours: 100}
	roots, err := Find(run, search)
	if err != nil {
		t.Fatal(err)
	}
	search.Descend = true
	points, err := Find(run, search)
	if err != nil {
		t.Fatal(err)
	}
	minima := OfKind(points, StrictMinimum)
	if len(points) != 6 || len(minima) != 6 || len(OfKind(roots, Saddle)) == 0 {
		t.Errorf("%d of %d descents end in strict minima; of %d roots %d are saddles", len(minima), len(points), len(roots), len(OfKind(roots, Saddle)))
	}
	for i, p := range points {
		if p.StartLoss != roots[i].StartLoss || p.Loss >= p.StartLoss || p.GradNorm() >= 1e-8 || p.Sampled != 1 {
			t.Errorf("seed %d: from %g (the root finder from %g) to %g, gradient %g, sampled ratio %g", p.Seed, p.StartLoss, roots[i].StartLoss, p.Loss, p.GradNorm(), p.Sampled)
		}
	}
}

// A search that does not descend has the key that it had before there was a choice.
func TestDescentIsLeftOutOfTheKey(t *testing.T) {
	text, err := json.Marshal(Search{}.resolved(1))
	if want := `{"first_epoch":1,"iterations":1500,"tolerance":1e-8,"stall":150,"neighbours":1000,"radius":0.001,"plain":false}`; string(text) != want || err != nil {
		t.Errorf("the settings are %s, %v, and were %s", text, err, want)
	}
}

func TestKinds(t *testing.T) {
	for want, eigenvalues := range map[Kind][]float64{
		StrictMinimum: {1, 2, 3}, Saddle: {-1, 0, 3}, Maximum: {-2, -1, -1}, Degenerate: {0, 1e-17, 1},
	} {
		if p := (Point{Class: Converged, Eigenvalues: eigenvalues}); p.Kind() != want || len(OfKind([]Point{p}, want)) != 1 {
			t.Errorf("eigenvalues %v are those of a %s, not %s", eigenvalues, want, p.Kind())
		}
	}
	if p := (Point{Class: Converged, Eigenvalues: []float64{-2, -1, 0}}); p.Kind() != Degenerate {
		t.Errorf("the eigenvalue of 0 is not heeded: %s", p.Kind())
	}
	// At a gradient of 1e-9, the critical point may lie as far as 0.2 away along an eigenvalue of 5e-9, whose sign says nothing.
	near := Point{Class: Converged, Norms: []float64{1, 1e-9}, Eigenvalues: []float64{-5e-9, 2e-8, 1}}
	// The minimal ratio is that of the point itself.
	if negative, zero, positive := near.Signs(); near.Kind() != Degenerate || negative != 1.0/3 || zero != 0 || positive != 2.0/3 {
		t.Errorf("near a critical point, %s, the signs are %g, %g and %g", near.Kind(), negative, zero, positive)
	}
	for _, class := range []Class{OutOfBudget, GradientFlat} {
		if end := (Point{Class: class, Norms: []float64{1, 0.5}, Eigenvalues: []float64{1, 2}}); end.Kind() != Kind(class) {
			t.Errorf("an end %s is called a %s", class, end.Kind())
		}
	}
	if flat := (Point{Class: GradientFlat, Eigenvalues: []float64{1}}); len(OfKind([]Point{flat}, StrictMinimum)) != 0 {
		t.Error("a search that did not converge has ended in a minimum")
	}
}

// At a strict minimum every neighbour is higher, at a maximum none is.
func TestSampledRatio(t *testing.T) {
	run := searchRun(t)
	points, err := Find(run, Search{FirstEpoch: 20, Neighbours: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range OfClass(points, Converged) {
		if p.MinimalRatio() == 1 && p.Sampled != 1 {
			t.Errorf("a minimum has lower neighbours: %g", p.Sampled)
		}
	}
}

func TestFindCriticalRefusesOtherRuns(t *testing.T) {
	_, err := Find(runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 2, 1)}}), Search{})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "SnapshotEach")
	_, err = Find(runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 2, 1), SnapshotEach: 1, Epochs: 10}}), Search{FirstEpoch: 11})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "epoch 11 of 10")
}

func TestEigenvaluesOfAQuadraticWithAKnownSpectrum(t *testing.T) {
	spectrum := []float64{-2, -1e-3, 0, 0.5, 3, 40}
	n := len(spectrum)
	// A reflection at a plane is orthogonal: Q = 1 - 2uuᵀ.
	u := hw1test.RandomVector(n, 6)
	length := floats.Norm(u, 2)
	q := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			q.Set(i, j, float64(num.Int(i == j))-2*u[i]*u[j]/(length*length))
		}
	}
	var a mat.Dense
	a.Product(q, mat.NewDiagDense(n, spectrum), q.T())
	quadratic := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			quadratic.SetSym(i, j, a.At(i, j))
		}
	}
	s, err := num.NewSymmetric(quadratic)
	if err != nil {
		t.Fatal(err)
	}
	hw1test.CheckNear(t, "eigenvalues", s.Values, spectrum, 1e-12)
	negative, zero, positive := Point{Eigenvalues: s.Values}.Signs()
	hw1test.CheckNear(t, "shares", []float64{negative, zero, positive}, []float64{2.0 / 6, 1.0 / 6, 3.0 / 6}, 1e-15)
}

// A network of zeros that predicts c has a known Hessian on an even function: the
// bias of the output has 2 + λ; the others have λ, but where c is not the mean of
// the targets, the weight out of each unit and its bias are coupled, which gives
// λ ± 2(c - mean): a saddle but for its slope.
func TestHessianAtANetworkOfZeros(t *testing.T) {
	const decay, units, off = 1e-3, 3, 0.25
	spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, units, 1), Activation: nn.Tanh, Epochs: 1, WeightDecay: decay}
	o, theta := traintest.Objective(t, spec)
	train := runtest.MustExamples(t, runtest.MustResolve(t, spec))
	for _, c := range []struct {
		off  float64
		want []float64
	}{
		{0, []float64{decay, decay, decay, decay, decay, decay, decay, decay, decay, 2 + decay}},
		{off, []float64{
			decay - 2*off, decay - 2*off, decay - 2*off, decay, decay, decay,
			decay + 2*off, decay + 2*off, decay + 2*off, 2 + decay,
		}},
	} {
		clear(theta)
		theta[len(theta)-1] = stat.Mean(train.Y, nil) + c.off
		h, err := o.Hessian(theta)
		if err != nil {
			t.Fatal(err)
		}
		s, err := num.NewSymmetric(h)
		if err != nil {
			t.Fatal(err)
		}
		hw1test.CheckNear(t, "eigenvalues", s.Values, c.want, 1e-12)
	}
}

// Of a network with batch normalization the Hessian is that by the parameters that are trained: its running
// statistics, in which the objective has no curvature, neither count nor move, and the L2 term is none of them.
func TestRunningStatisticsAreNoParameters(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NewStore(t)
	run := traintest.MustTrain(t, experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 3, 1).Normalized(), Activation: nn.Tanh, Epochs: 20, SnapshotEach: 10, Float64: true, WeightDecay: 0.01})
	points, err := Find(run, Search{FirstEpoch: 1, Iterations: 5, Tolerance: 1e-9, Stall: 5, Neighbours: 3, Radius: 1e-3})
	if err != nil {
		t.Fatal(err)
	}
	o, err := eval.NewObjective(run)
	if err != nil {
		t.Fatal(err)
	}
	hessian, err := o.Hessian(points[0].Theta)
	if err != nil {
		t.Fatal(err)
	}
	trained := run.Spec.Arch.TrainedAt()
	part := mat.NewSymDense(len(trained), nil)
	for i, a := range trained {
		for k, b := range trained[:i+1] {
			part.SetSym(i, k, hessian.At(a, b))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(part, false) || len(trained) != run.Spec.Arch.ParamCount()-6 {
		t.Fatalf("%d parameters are trained", len(trained))
	}
	values := eigen.Values(nil)
	hw1test.CheckNear(t, "eigenvalues", points[0].Eigenvalues, values, 1e-9*values[len(values)-1])
	train, mse := runtest.MustExamples(t, run.Spec), 0.0
	for i, y := range train.Y {
		d := hw1test.NetOf(run.Spec.Arch).Forward("tanh", points[0].Theta, train.Numbers(i))[0] - y
		mse += d * d / float64(train.Len())
	}
	hw1test.CheckNear(t, "data loss", []float64{points[0].DataLoss}, []float64{mse}, 1e-12)
}
