package playground

import (
	"cmp"
	"context"
	"math"
	"time"

	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/train"
)

// Session is the training that a page shows.
type Session struct {
	live *train.Live
	grid []float64 // where the fit is drawn
	path path

	looked time.Time // when the test loss and the path were looked at, which take longer
	test   float64
}

// rarely is the time between two such looks, while the training goes on by itself.
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

// State is what is new in a training since it was last looked at.
type State struct {
	Epoch  int          `json:"epoch"`  // the last one
	Losses []float64    `json:"losses"` // of the epochs since
	Norms  []float64    `json:"norms"`  // of the gradient
	Rate   float64      `json:"rate"`   // epochs a second
	Fit    []float64    `json:"fit"`    // at the grid
	Test   float64      `json:"test"`   // loss on the test set
	Path   [][2]float64 `json:"path"`   // of the weights, on its two principal components
	Shares []float64    `json:"shares"` // of the path's variance, on these
	Ended  string       `json:"ended"`  // why it can not go on, or ""
}

// gridSize is the number of points at which the fit is drawn.
const gridSize = 401

// Open begins the training that the knobs say.
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

// bounded returns a number that JSON has: a pole of a function is far up, and what has no value 0.
func bounded(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, -1e30), 1e30)
}

// Train trains for about a span of time, or so many epochs, and returns what is new.
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
	if len(state.Losses) == most { // somebody asked for just these
		s.looked = time.Time{}
	}
	return s.look(state)
}

// look fills in where the training stands.
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
