package connect

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/combin"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

// untrained returns a run with random weights, of some seeds, and snapshots of others.
func untrained(arch nn.Arch, seed, seeds int) *experiment.Run {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: arch, Seed: seed, Seeds: seeds}, Replicas: make([]experiment.Replica, seeds)})
	for i := range run.Replicas {
		theta := func(stream int) []float64 {
			v := hw1test.RandomVector(arch.ParamCount(), uint64(10*(seed+i)+stream))
			for _, p := range arch.Params() {
				if p.Fixed { // a variance is above 0
					copy(v[p.Offset:], num.Map(v[p.Offset:p.Offset+p.Size], math.Abs))
				}
			}
			return v
		}
		run.Replicas[i].Theta, run.Replicas[i].Initial = theta(0), theta(1)
		run.Replicas[i].Best.Theta = theta(2)
		run.Replicas[i].Snapshots = []experiment.Snapshot{{Epoch: 1, Theta: theta(3)}}
	}
	return run
}

func mustMatch(t *testing.T, from, to *experiment.Run) *experiment.Run {
	t.Helper()
	matched, err := Match(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return matched
}

func TestMatchedUnitsComputeTheSame(t *testing.T) {
	residual := nn.Block{Kernel: 3, Residual: true}
	wide := nn.Block{Kernel: 3, Stride: 2, Residual: true}
	for name, arch := range map[string]nn.Arch{
		"dense":                   nn.MLP(784, 12, 9, 10),
		"dense, normalized":       nn.MLP(784, 12, 9, 10).Normalized(),
		"convolutions":            nn.CNN([]int{6, 5}, 7, 10),
		"convolution alone":       nn.CNN([]int{6}, 10).With(nn.Block{Kernel: 5, Pool: nn.AveragePool}),
		"convolution, normalized": nn.CNN([]int{6}, 8, 10).With(nn.Block{Kernel: 7, Stride: 3, Pool: nn.NoPool}).Normalized(),
		"residual":                nn.CNN([]int{6, 6, 7}, 10).With(wide, residual, wide).Padded().Normalized(),
	} {
		t.Run(name, func(t *testing.T) { checkSame(t, arch) })
	}
}

func checkSame(t *testing.T, arch nn.Arch) {
	t.Helper()
	from, to := untrained(arch, 1, 2), untrained(arch, 5, 2)
	before := slices.Clone(to.Replicas[1].Theta)
	matched := mustMatch(t, from, to)
	for i, r := range matched.Replicas {
		was := to.Replicas[i]
		for _, pair := range [][2][]float64{{r.Theta, was.Theta}, {r.Initial, was.Initial}, {r.Best.Theta, was.Best.Theta}, {r.Snapshots[0].Theta, was.Snapshots[0].Theta}} {
			if slices.Equal(pair[0], pair[1]) {
				t.Error("no unit of a random network changed its place")
			}
			x := hw1test.RandomVector(784, 7)
			hw1test.CheckNear(t, "outputs", hw1test.NetOf(arch).Forward("relu", pair[0], x), hw1test.NetOf(arch).Forward("relu", pair[1], x), 1e-10)
		}
		at := arch.TrainedAt()
		a, b := num.At(from.Replicas[i].Theta, at), num.At(was.Theta, at)
		if near, far := floats.Distance(a, num.At(r.Theta, at), 2), floats.Distance(a, b, 2); near >= far {
			t.Errorf("distance %g after matching, and %g before", near, far)
		}
	}
	if !slices.Equal(to.Replicas[1].Theta, before) {
		t.Error("the run that was matched is another now")
	}
	if slices.Equal(matched.Identity(), to.Identity()) || slices.Equal(matched.Identity(), mustMatch(t, to, to).Identity()) {
		t.Errorf("the matched run has the identity %q of another", matched.Identity())
	}
}

func TestMatchFindsACopyWithOtherPlaces(t *testing.T) {
	residual := nn.CNN([]int{8, 8, 6}, 10).With(nn.Block{Kernel: 3, Residual: true}).Padded().Normalized()
	for _, arch := range []nn.Arch{nn.MLP(784, 30, 10), nn.MLP(784, 30, 20, 10), nn.MLP(784, 20, 30, 15, 10), nn.CNN([]int{8, 16}, 12, 10), residual} {
		run, rng := untrained(arch, 1, 1), rand.New(rand.NewPCG(1, 1))
		var orders [][]int
		for _, units := range arch.HiddenUnits() {
			orders = append(orders, rng.Perm(len(units)))
		}
		shuffled := *run
		shuffled.Replicas = slices.Clone(run.Replicas)
		shuffled.Replicas[0].Theta = permuted(arch.HiddenUnits(), run.Replicas[0].Theta, orders)
		if got := mustMatch(t, run, &shuffled).Replicas[0].Theta; !slices.Equal(got, run.Replicas[0].Theta) {
			t.Errorf("%v: the copy is not matched with its original", arch)
		}
	}
}

// With one hidden layer there is one assignment, and it is the best of all.
func TestMatchIsTheNearestOfAllOrders(t *testing.T) {
	arch := nn.MLP(784, 5, 10)
	from, to := untrained(arch, 1, 1), untrained(arch, 2, 1)
	least := floats.Distance(from.Replicas[0].Theta, to.Replicas[0].Theta, 2)
	for _, order := range combin.Permutations(5, 5) {
		least = min(least, floats.Distance(from.Replicas[0].Theta, permuted(arch.HiddenUnits(), to.Replicas[0].Theta, [][]int{order}), 2))
	}
	got := floats.Distance(from.Replicas[0].Theta, mustMatch(t, from, to).Replicas[0].Theta, 2)
	hw1test.CheckNear(t, "distance", []float64{got}, []float64{least}, 1e-12)
}

// Units that are the same can be matched either way, and matching ends.
func TestMatchOfEqualUnitsEnds(t *testing.T) {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 5, 4, 10)}})
	if got := mustMatch(t, run, run).Replicas[0].Theta; floats.Norm(got, 2) != 0 {
		t.Error("zeros became others")
	}
}

func TestMatchSaysWhatItTakes(t *testing.T) {
	run := runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 10)}})
	_, err := Match(run, run)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "784-10", "cannot be matched", "dense layers")
	_, err = Match(untrained(nn.MLP(784, 5, 10), 1, 1), untrained(nn.MLP(784, 6, 10), 1, 1))
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "784-5-10", "784-6-10", "not have the same architecture")
}

// The loss 1 + (a² - a)/2 beyond the networks is 2 at -1 and 2, one distance from either.
func TestWidthsAreWhereTheLossDoubles(t *testing.T) {
	from, to := untrained(nn.MLP(784, 5, 10), 1, 2), untrained(nn.MLP(784, 5, 10), 3, 2)
	p := Connection{From: from, To: to, At: Positions(-2, 3, 501)}
	for range 2 {
		row := num.Map(p.At, func(a float64) experiment.Score { return experiment.Score{Loss: 1 + max(a*a-a, 0)/2} })
		p.Train, p.Test = append(p.Train, row), append(p.Test, row)
	}
	first, second := p.Widths()
	hw1test.CheckNear(t, "width beyond 0", first, p.distances(), 1e-4)
	hw1test.CheckNear(t, "width beyond 1", second, p.distances(), 1e-4)
	p.At = Positions(0, 1, 501)
	if first, second = p.Widths(); len(first) != 2 || first[0] == first[0] || second[0] == second[0] {
		t.Errorf("widths %g and %g of a path that ends at its networks", first, second)
	}
}
