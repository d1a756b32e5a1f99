package playground

import (
	"cmp"
	"context"
	"math"
	"time"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/train"
)

// Session is the training that a page shows.
type Session struct {
	live *train.Live
	grid []float64 // the points at which the fit is drawn
	path path

	looked time.Time // when the test loss and the path, which take longer, were last computed
	test   float64
}

// rarely is the time between two such computations while the training runs freely.
const rarely = 300 * time.Millisecond

// Opening is what a page shows of a training before its first epoch.
type Opening struct {
	Parameters int       `json:"parameters"`
	Identity   string    `json:"identity"`
	Go         string    `json:"go"`
	Grid       []float64 `json:"grid"`
	Truth      []float64 `json:"truth"` // at the grid
	X          []float64 `json:"x"`     // of the training points
	Y          []float64 `json:"y"`
	State
}

// State is what is new in a training since its last State.
type State struct {
	Epoch  int          `json:"epoch"`  // the last one
	Losses []float64    `json:"losses"` // of the epochs since
	Norms  []float64    `json:"norms"`  // of the gradient
	Rate   float64      `json:"rate"`   // epochs per second
	Fit    []float64    `json:"fit"`    // at the grid
	Test   float64      `json:"test"`   // loss on the test set
	Path   [][2]float64 `json:"path"`   // of the weights, on the path's first two principal components
	Shares []float64    `json:"shares"` // of the path's variance, on these components
	Ended  string       `json:"ended"`  // why the training cannot go on, or ""
}

// gridSize is the number of points at which the fit is drawn.
const gridSize = 401

// Open begins the training that the knobs describe.
func Open(k Knobs) (*Session, Opening, error) {
	spec, err := k.Spec()
	if err != nil {
		return nil, Opening{}, err
	}
	live, err := train.NewLive(spec)
	if err != nil {
		return nil, Opening{}, err
	}
	s := &Session{live: live, grid: num.Make(gridSize, func(i int) float64 { return -1 + 2*float64(i)/(gridSize-1) })}
	examples, _, err1 := spec.Shared()
	code, err2 := k.Go()
	identity, err3 := Identity(spec)
	if err := cmp.Or(err1, err2, err3, s.path.add(live)); err != nil {
		return nil, Opening{}, err
	}
	truth := num.Map(s.grid, func(x float64) float64 { return bounded(spec.Task.At(x)) })
	state, err := s.look(State{})
	return s, Opening{spec.Arch.ParamCount(), identity, code, s.grid, truth, examples.X, examples.Y, state}, err
}

// bounded returns a number that JSON can represent: a large one at a pole of a function, and 0
// where it has no value.
func bounded(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, -1e30), 1e30)
}

// Train trains for about a span of time, or for at most so many epochs, and returns what is new.
func (s *Session) Train(span time.Duration, most int) (State, error) {
	state, start := State{}, time.Now()
	for n := 0; n < most && (n == 0 || time.Since(start) < span); n++ {
		loss, norm, err := s.live.Train(context.Background())
		if err != nil {
			state.Ended, state.Epoch = err.Error(), s.live.Epoch()
			return state, nil
		}
		state.Losses, state.Norms = append(state.Losses, loss), append(state.Norms, norm)
		if err := s.path.add(s.live); err != nil {
			return state, err
		}
	}
	state.Rate = float64(len(state.Losses)) / time.Since(start).Seconds()
	if len(state.Losses) == most { // the caller asked for just these epochs
		s.looked = time.Time{}
	}
	return s.look(state)
}

// look fills in the state of the training.
func (s *Session) look(state State) (State, error) {
	state.Epoch = s.live.Epoch()
	fit, err := s.live.Outputs(context.Background(), s.grid)
	if err != nil {
		return state, err
	}
	if time.Since(s.looked) > rarely {
		if s.test, err = s.live.TestLoss(context.Background()); err != nil {
			return state, err
		}
		s.path.turn()
		s.looked = time.Now()
	}
	state.Fit, state.Test = num.Map(fit, bounded), bounded(s.test)
	state.Path, state.Shares = s.path.drawn, s.path.shares
	return state, nil
}

// path is the path of the weights, with a point every so many epochs; this step grows with the path.
type path struct {
	thetas [][]float64
	each   int // epochs between two points
	drawn  [][2]float64
	shares []float64
}

// mostThetas is the most points that a path has: when there are more, every second one is dropped.
const mostThetas = 80

// add records the weights if that is due.
func (p *path) add(live *train.Live) error {
	p.each = max(p.each, 1)
	if live.Epoch()%p.each != 0 {
		return nil
	}
	theta, err := live.Theta()
	if err != nil {
		return err
	}
	if p.thetas = append(p.thetas, theta); len(p.thetas) > mostThetas {
		p.thetas, p.drawn, p.each = everySecond(p.thetas), everySecond(p.drawn), 2*p.each
	}
	return nil
}

func everySecond[T any](all []T) []T {
	return num.Make((len(all)+1)/2, func(i int) T { return all[2*i] })
}

// turns is the number of iterations that turn the axes towards the principal ones at each look. They begin with the
// axes of the previous look, so that these stay steady, and a growing path is not mirrored.
const turns = 40

// turn projects the path on its first two principal components, and records the shares of its variance that they
// hold. It finds them by orthogonal iteration with the products of the points: gonum's decompositions would enlarge
// the page by a tenth.
func (p *path) turn() {
	n := len(p.thetas)
	if n < 3 || n == len(p.drawn) {
		return
	}
	products, total := p.products()
	axes := p.axes(n)
	var lengths [2]float64
	for range turns {
		for a := range axes {
			turned := num.Map(products, func(row []float64) float64 { return floats.Dot(row, axes[a]) })
			if a == 1 {
				floats.AddScaled(turned, -floats.Dot(turned, axes[0]), axes[0])
			}
			lengths[a] = floats.Norm(turned, 2)
			floats.Scale(1/max(lengths[a], math.SmallestNonzeroFloat32), turned)
			axes[a] = turned
		}
	}
	p.drawn = num.Make(n, func(i int) [2]float64 {
		return [2]float64{math.Sqrt(lengths[0]) * axes[0][i], math.Sqrt(lengths[1]) * axes[1][i]}
	})
	p.shares = []float64{lengths[0] / total, lengths[1] / total}
}

// products returns the scalar products of the points, less their mean, [n][n], and the sum of their squared norms.
func (p *path) products() (rows [][]float64, total float64) {
	mean := num.Mean(p.thetas)
	less := num.Map(p.thetas, func(theta []float64) []float64 { return floats.SubTo(make([]float64, len(theta)), theta, mean) })
	for i, a := range less {
		rows = append(rows, make([]float64, len(less)))
		for j, b := range less[:i+1] {
			rows[i][j] = floats.Dot(a, b)
			rows[j][i] = rows[i][j]
		}
		total += rows[i][i]
	}
	return rows, max(total, math.SmallestNonzeroFloat32)
}

// axes returns two initial vectors [n] of length 1: the coordinates of the path as last drawn or, the first
// time, those of a parabola.
func (p *path) axes(n int) (axes [2][]float64) {
	for i := range n {
		at := [2]float64{float64(i), float64(i * i)}
		if last := len(p.drawn) - 1; last > 0 {
			at = p.drawn[min(i, last)]
		}
		axes[0], axes[1] = append(axes[0], at[0]), append(axes[1], at[1])
	}
	floats.AddConst(-floats.Sum(axes[0])/float64(n), axes[0])
	floats.Scale(1/max(floats.Norm(axes[0], 2), math.SmallestNonzeroFloat32), axes[0])
	return axes
}
