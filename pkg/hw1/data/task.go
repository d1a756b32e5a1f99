// Package data has what is learnt: functions, images and tables, with what there is to know of each.
package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/num"
)

// Task names what a network learns: a function, a set of images with labels, or a table. A
// task of one's own, made by [Function] or [Own], is named by what it holds, so that the
// same examples are the same task, whatever they are called.
type Task string

// The tasks of the homework. The functions are sampled on [-1, 1]; see [FunctionGrid].
const (
	Sinc        Task = "sinc"             // sin(5πx) / (5πx)
	SignedDecay Task = "signed decay"     // sgn(sin(5πx)) / (5πx), the source's function 2
	SquareWave  Task = "square wave"      // sgn(sin(5πx) / (5πx))
	WaveSign    Task = "square wave sign" // the square wave's sign as two classes, 0 and 1

	MNIST        Task = "MNIST"
	FashionMNIST Task = "Fashion-MNIST"
)

// Info is what there is to know of a task.
type Info struct {
	Name                string
	Shape               []int // of one example: [features] or [height, width, channels]
	Classes             int   // 0 for a regression
	ClassNames          []string
	Labels              bool // its targets are labels rather than numbers
	TrainSize, TestSize int

	truth   func(x []float64) float64 // of a function, without noise
	formula string
	load    func() (train, test Examples, err error)
	err     error // that its declaration met
}

// tasks are those of the homework, and those that this process has declared.
var tasks = struct {
	sync.RWMutex
	known map[Task]Info
}{known: map[Task]Info{
	Sinc:         homework(Sinc, "sin(5πx) / (5πx)", 0, sinc),
	SignedDecay:  homework(SignedDecay, "sgn(sin(5πx)) / (5πx)", 0, signedDecay),
	SquareWave:   homework(SquareWave, "sgn(sin(5πx) / (5πx))", 0, squareWave),
	WaveSign:     homework(WaveSign, "sgn(sin(5πx) / (5πx)) > 0", 2, func(x float64) float64 { return max(0, squareWave(x)) }),
	MNIST:        digits(MNIST, "mnist", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
	FashionMNIST: digits(FashionMNIST, "fashion-mnist", "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"),
}}

func homework(t Task, formula string, classes int, f func(float64) float64) Info {
	truth := func(x []float64) float64 { return f(x[0]) }
	sample := sync.OnceValue(func() Info { return sampled(string(t), 1, truth, Sampling{Classes: classes}) })
	return Info{
		Name: string(t), Shape: []int{1}, Classes: classes, TrainSize: gridSize, TestSize: gridSize - 2, truth: truth, formula: formula,
		load: func() (train, test Examples, err error) { return sample().load() },
	}
}

func digits(t Task, folder string, classes ...string) Info {
	return Info{
		Name: string(t), Shape: []int{28, 28, 1}, Classes: len(classes), ClassNames: classes, Labels: true, TrainSize: 60_000, TestSize: 10_000,
		load: func() (train, test Examples, err error) { return loadImages(env.DataDir(), folder) },
	}
}

// lookUp returns what is known of a task, and whether anything is.
func (t Task) lookUp() (Info, bool) {
	tasks.RLock()
	defer tasks.RUnlock()
	info, ok := tasks.known[t]
	return info, ok
}

// Info looks the task up, and returns what its declaration met where that was wrong.
func (t Task) Info() (Info, error) {
	info, ok := t.lookUp()
	if !ok {
		tasks.RLock()
		defer tasks.RUnlock()
		return info, fmt.Errorf("unknown task %q; known are %q", string(t), slices.Sorted(maps.Keys(tasks.known)))
	}
	return info, info.err
}

// String returns the task's name, as it was declared.
func (t Task) String() string {
	if info, ok := t.lookUp(); ok {
		return info.Name
	}
	return string(t)
}

// IsFunction reports whether the targets are numbers, as of a function, rather than labels, as
// also of a task that is unknown.
func (t Task) IsFunction() bool {
	info, _ := t.lookUp()
	return !info.Labels
}

// Part returns n of the examples, in their order: the first ones, but of a function, or another
// regression, these may be one end of it. Of one input it takes evenly spread ones, with both
// ends; of several it draws them, always the same.
func (t Task) Part(of Examples, n int) (part Examples) {
	if !t.IsFunction() || n == of.Len() {
		return of.Slice(0, n)
	}
	drawn := rand.New(rand.NewPCG(0, num.StreamSpread)).Perm(of.Len())[:n]
	for i := 0; of.Features() == 1 && i < n; i++ {
		drawn[i] = int(math.Round(float64(i*(of.Len()-1)) / float64(max(1, n-1))))
	}
	for _, i := range slices.Sorted(slices.Values(drawn)) {
		part.Append(of.Slice(i, i+1))
	}
	return part
}

// Apart returns the examples without n of them, and these: the last ones, but of a function, or another regression, drawn
// ones, always the same. Both keep their order.
func (t Task) Apart(of Examples, n int) (rest, apart Examples) {
	if first := of.Len() - n; n == 0 || !t.IsFunction() {
		return of.Slice(0, first), of.Slice(first, of.Len())
	}
	return of.Without(rand.New(rand.NewPCG(0, num.StreamSpread)).Perm(of.Len())[of.Len()-n:])
}

// Features returns the number of values of one example.
func (i Info) Features() int { return num.Product(i.Shape) }

// Load returns the whole training and test sets, which the caller may change: they are copies.
func (t Task) Load() (train, test Examples, err error) {
	train, test, err = t.Shared()
	return train.Clone(), test.Clone(), err
}

// Shared returns what Load does, for reading alone: all of a process share it.
func (t Task) Shared() (train, test Examples, err error) {
	info, err := t.Info()
	if err != nil {
		return train, test, err
	}
	if train, test, err = info.load(); err != nil {
		err = fmt.Errorf("loading %s: %w", t, err)
	}
	return train, test, err
}

// Set is data of one's own: a training and a test set, and what their examples are.
type Set struct {
	Name        string
	Train, Test Examples
	Shape       []int    // of one example: [features], or [height, width, channels]
	Classes     []string // names of the labels 0, 1, …; none for targets that are numbers
}

// Valid says what is wrong with a set, if anything is.
func (s Set) Valid() error {
	info := Info{Shape: s.Shape}
	for _, name := range append([]string{s.Name}, s.Classes...) {
		if !check.IsText(name) {
			return fmt.Errorf("the name %q has characters that no figure can show; give it, or save its file, in UTF-8", name)
		}
	}
	for i, set := range []Examples{s.Train, s.Test} {
		what := []string{"training", "test"}[i]
		if err := set.Valid(); err != nil {
			return fmt.Errorf("the %s set: %w", what, err)
		}
		switch {
		case len(s.Shape) != 1 && len(s.Shape) != 3 || slices.Min(s.Shape) < 1 || set.Features() != info.Features():
			return fmt.Errorf("the %s set has examples of %d values, and their shape is %v; give [features] or [height, width, channels]", what, set.Features(), s.Shape)
		case (len(set.Images) > 0) != (len(s.Train.Images) > 0):
			return errors.New("of the training and the test set one has pixels from 0 to 255 and the other has numbers, which are on another scale; give both as pixels, or both as numbers")
		case (len(set.Labels) > 0) != (len(s.Classes) > 0):
			return fmt.Errorf("the %s set has %d labels, and there are %d names of classes; give both or none", what, len(set.Labels), len(s.Classes))
		case len(set.Labels) > 0 && (len(s.Classes) < 2 || int(slices.Max(set.Labels)) >= len(s.Classes)):
			return fmt.Errorf("the %s set has a label %d, and there are %d classes; labels count from 0, and there have to be two classes or more", what, slices.Max(set.Labels), len(s.Classes))
		}
	}
	return nil
}

// Own declares data of one's own as a task, which is there as long as this process is. It
// keeps a copy. Examples that come class by class, or in long blocks of a class, are shuffled, always in the same way, so that
// the first and the last of them, which Spec's TrainSize and Validation take, are a sample of all.
func Own(s Set) (Task, error) {
	if err := s.Valid(); err != nil {
		return "", fmt.Errorf("data %q: %w", s.Name, err)
	}
	train, test := s.Train.mixed(), s.Test.mixed()
	return declare(Info{
		Name: s.Name, Shape: slices.Clone(s.Shape), Classes: len(s.Classes), ClassNames: slices.Clone(s.Classes), Labels: len(s.Classes) > 0,
		TrainSize: train.Len(), TestSize: test.Len(),
		load: func() (Examples, Examples, error) { return train, test, nil },
	}), nil
}

// declare makes a task known under a digest of its examples, or of what is wrong with it.
func declare(info Info) Task {
	sum := sha256.New()
	train, test, err := info.load()
	if info.err = errors.Join(info.err, err); info.err != nil {
		fmt.Fprint(sum, info.Name, info.err)
	}
	head, _ := json.Marshal([]any{info.Shape, info.Classes, info.Labels}) // numbers and a bool, which can be written
	sum.Write(head)
	for _, set := range []Examples{train, test} {
		_ = binary.Write(sum, binary.LittleEndian, int64(set.Len())) // a hash takes all
		_ = binary.Write(sum, binary.LittleEndian, set.X)
		sum.Write(set.Images)
		_ = binary.Write(sum, binary.LittleEndian, set.Y)
		sum.Write(set.Labels)
	}
	t := Task("own " + hex.EncodeToString(sum.Sum(nil)[:16]))
	tasks.Lock()
	defer tasks.Unlock()
	tasks.known[t] = info
	return t
}
