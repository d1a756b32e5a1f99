// Package data has what is learnt: functions, images and tables, with their shapes, classes and sizes.
package data

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Task names what a network learns: a function, a set of images with labels, or a table. A
// task of your own, made by [Function] or [Own], is identified by its examples, so that the
// same examples are the same task, whatever they are called.
type Task string

// The tasks of the homework. The functions are sampled on [-1, 1]: to train at the midpoints of 500 bins, to test at
// the 498 inner edges of these other than 0.
const (
	Sinc        Task = "sinc"             // sin(5πx) / (5πx)
	SignedDecay Task = "signed decay"     // sgn(sin(5πx)) / (5πx), the source's function 2
	SquareWave  Task = "square wave"      // sgn(sin(5πx) / (5πx))
	WaveSign    Task = "square wave sign" // the square wave's sign as two classes, 0 and 1

	MNIST        Task = "MNIST"
	FashionMNIST Task = "Fashion-MNIST"
)

// Info describes a task.
type Info struct {
	Name                string
	Shape               []int // of one example: [features] or [height, width, channels]
	Classes             int   // 0 for a regression
	Outputs             int   // numbers in each target; 0 if the targets are labels
	ClassNames          []string
	Labels              bool // the targets are labels rather than numbers
	TrainSize, TestSize int

	truth   func(x []float64) []float64 // the function, without noise, [outputs]; nil if the task is none
	noisy   bool                        // the training targets have noise
	formula string
	load    func() (train, test Examples, err error)
	err     error // what is wrong with its declaration
}

// Named returns the names of the classes for a message, as in ` with the classes "cat", "dog"`; it is empty if they have none.
func (i Info) Named() string {
	names := num.Map(i.ClassNames, strconv.Quote)
	if len(names) == 0 {
		return ""
	}
	if most := 20; len(names) > most {
		names = append(names[:most], "…")
	}
	return " with the classes " + strings.Join(names, ", ")
}

// tasks holds the tasks of the homework, and those that this process has declared.
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

// lookUp returns a task's description, and whether the task is known.
func (t Task) lookUp() (Info, bool) {
	tasks.RLock()
	defer tasks.RUnlock()
	info, ok := tasks.known[t]
	return info, ok
}

// Info returns the task's description, which the caller may change, or an error if the task is unknown or was declared wrongly.
func (t Task) Info() (Info, error) {
	info, ok := t.lookUp()
	if !ok {
		known := []Task{Sinc, SignedDecay, SquareWave, WaveSign, MNIST, FashionMNIST}
		return info, fmt.Errorf("unknown task %q; the known ones are %q, and those that hw1.Function, hw1.FunctionOf and package dataset declare in this process", string(t), known)
	}
	info.Shape, info.ClassNames = slices.Clone(info.Shape), slices.Clone(info.ClassNames)
	return info, info.err
}

// String returns the task's name, as it was declared.
func (t Task) String() string {
	if info, ok := t.lookUp(); ok {
		return info.Name
	}
	return string(t)
}

// IsFunction reports whether the targets are numbers, such as a function's values, rather than
// labels. It is true of an unknown task, too.
func (t Task) IsFunction() bool {
	info, _ := t.lookUp()
	return !info.Labels
}

// Part returns n of the examples, in their order: the first n of a task with labels. The first n of a function, or
// of another regression, may lie at one end of it: with one input Part takes evenly spread
// examples, including both ends; with several inputs it draws them at random, always the same ones.
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

// Apart splits n examples off, and returns the rest and these: the last n, but for a function, or another regression, n that are
// drawn at random, always the same ones. Both sets keep their order.
func (t Task) Apart(of Examples, n int) (rest, apart Examples) {
	if first := of.Len() - n; n == 0 || !t.IsFunction() {
		return of.Slice(0, first), of.Slice(first, of.Len())
	}
	return of.Without(rand.New(rand.NewPCG(0, num.StreamSpread)).Perm(of.Len())[of.Len()-n:])
}

// Features returns the number of values of one example.
func (i Info) Features() int { return num.Product(i.Shape) }

// Load returns copies of the whole training and test sets, which the caller may change.
func (t Task) Load() (train, test Examples, err error) {
	train, test, err = t.Shared()
	return train.Clone(), test.Clone(), err
}

// Shared returns the same sets as Load, but read-only: the whole process shares them.
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

// Set is data of your own: a training set and a test set, and a description of their examples.
type Set struct {
	Name        string
	Train, Test Examples
	Shape       []int    // of one example: [features], or [height, width, channels]
	Classes     []string // names of the labels 0, 1, …; empty if the targets are numbers
}

// Valid returns an error that says what is wrong with a set, if anything is.
func (s Set) Valid() error {
	info := Info{Shape: s.Shape}
	for _, name := range append([]string{s.Name}, s.Classes...) {
		if !check.IsText(name) {
			return fmt.Errorf("the name %q has characters that no figure can show; write it, or save the file it comes from, in UTF-8", name)
		}
	}
	for i, set := range []Examples{s.Train, s.Test} {
		what := []string{"training", "test"}[i]
		if err := set.Valid(); err != nil {
			return fmt.Errorf("the %s set: %w", what, err)
		}
		switch {
		case len(s.Shape) != 1 && len(s.Shape) != 3 || slices.Min(s.Shape) < 1 || set.Features() != info.Features():
			return fmt.Errorf("the %s set has examples of %d values, but their shape is %v; give a matching shape, [features] or [height, width, channels]", what, set.Features(), s.Shape)
		case (len(set.Images) > 0) != (len(s.Train.Images) > 0):
			return errors.New("one of the training and test sets has pixels from 0 to 255 and the other has numbers, which are on another scale; give both as pixels, or both as numbers")
		case (len(set.Labels) > 0) != (len(s.Classes) > 0):
			return fmt.Errorf("the %s set has %d labels, and there are %d class names; give both or neither", what, len(set.Labels), len(s.Classes))
		case set.targetSize() != s.Train.targetSize():
			return fmt.Errorf("a target of the training set has %s and one of the test set %d; give both the same number", words.Plural(s.Train.targetSize(), "value"), set.targetSize())
		case len(set.Labels) > 0 && (len(s.Classes) < 2 || int(slices.Max(set.Labels)) >= len(s.Classes)):
			return fmt.Errorf("the %s set has the label %d, and there are %d classes; labels count from 0, and there must be at least two classes", what, slices.Max(set.Labels), len(s.Classes))
		}
	}
	return nil
}

// Reconstruction declares the task of an autoencoder: to predict the inputs of the first examples of another task, as a network sees them,
// so many to train and to test on.
func Reconstruction(of Task, train, test int) (Task, error) {
	info, err1 := of.Info()
	trained, tested, err2 := of.Shared()
	if err := cmp.Or(err1, err2); err != nil {
		return "", err
	}
	if train < 1 || train > trained.Len() || test < 1 || test > tested.Len() {
		return "", fmt.Errorf("a reconstruction of %d training and %d test examples of %s, which has %d and %d; give numbers from 1 to these", train, test, of, trained.Len(), tested.Len())
	}
	set := Set{Name: info.Name + ", reconstructed", Train: trained.Slice(0, train).itself(), Test: tested.Slice(0, test).itself(), Shape: info.Shape}
	if err := set.Valid(); err != nil {
		return "", err
	}
	return set.declared(set.Train, set.Test), nil
}

// Own declares your own data as a task, for the lifetime of this process. It
// keeps a copy. Examples sorted by class, or in long blocks of one class, are shuffled, always in the same way, so that
// the first and the last of them, which Spec's TrainSize and Validation take, are a sample of all classes.
func Own(s Set) (Task, error) {
	if err := s.Valid(); err != nil {
		return "", fmt.Errorf("data %q: %w", s.Name, err)
	}
	return s.declared(s.Train.mixed(), s.Test.mixed()), nil
}

// declared declares a set with these examples, which nobody changes any more, as a task.
func (s Set) declared(train, test Examples) Task {
	outputs := 0
	if len(s.Classes) == 0 {
		outputs = train.targetSize()
	}
	return declare(Info{
		Name: s.Name, Shape: slices.Clone(s.Shape), Classes: len(s.Classes), ClassNames: slices.Clone(s.Classes), Labels: len(s.Classes) > 0, Outputs: outputs,
		TrainSize: train.Len(), TestSize: test.Len(),
		load: func() (Examples, Examples, error) { return train, test, nil },
	})
}

// write adds numbers to a hash, a part at a time, as binary.Write makes a copy.
func write(sum hash.Hash, values []float64) {
	for part := range slices.Chunk(values, 1<<13) {
		_ = binary.Write(sum, binary.LittleEndian, part) // writing to a hash never fails
	}
}

// declare registers a task under a digest of its examples, or of what is wrong with it.
func declare(info Info) Task {
	sum := sha256.New()
	train, test, err := info.load()
	if info.err = errors.Join(info.err, err); info.err != nil {
		fmt.Fprint(sum, info.Name, info.err)
	}
	head := []any{info.Shape, info.Classes, info.Labels}
	if info.Outputs > 1 {
		head = append(head, info.Outputs)
	}
	text, _ := json.Marshal(head) // numbers and a bool always marshal
	sum.Write(text)
	for _, set := range []Examples{train, test} {
		_ = binary.Write(sum, binary.LittleEndian, int64(set.Len())) // writing to a hash never fails
		write(sum, set.X)
		sum.Write(set.Images)
		write(sum, set.Y)
		sum.Write(set.Labels)
	}
	t := Task("own " + hex.EncodeToString(sum.Sum(nil)[:16]))
	tasks.Lock()
	defer tasks.Unlock()
	tasks.known[t] = info
	return t
}
