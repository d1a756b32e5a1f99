// Package custom keeps what cells declare as a function that builds a graph, such as an optimizer or a loss, and identifies it by
// what it computes.
package custom

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Trial builds and computes what is declared, on a small case.
type Trial struct {
	What   string                                                 // what the function is in a message, such as "its step"
	Case   string                                                 // the case, such as "two networks of three weights"
	Build  func(g *graph.Graph, dtype dtypes.DType) []*graph.Node // the outputs, for parameters that it adds to the graph
	Run    func() (results []float64, err error)                  // what it computes, in double precision, and what is wrong with that
	Rather string                                                 // what to do instead of using what changes, such as "keep it in the step's memory"
}

// prefix begins the identity of everything that is declared.
const prefix = "own "

// Kind holds all declarations of one kind in this process by their identity, which begins with the prefix.
type Kind[T any] struct {
	name string // such as "optimizer"
	made sync.Map
}

type declaration[T any] struct {
	value T
	name  string
	trial Trial
	graph string // as text
	err   error
}

// NewKind returns a kind of declarations, with its name in messages.
func NewKind[T any](name string) *Kind[T] { return &Kind[T]{name: name} }

// Declare keeps a value under the identity that it returns. A mistake, in the arguments or found by the trial, is kept as well: [Kind.Lookup] returns it.
func (k *Kind[T]) Declare(name string, value T, mistake error, trial Trial) (identity string) {
	d := declaration[T]{value: value, name: name, trial: trial, err: mistake}
	if name == "" || !check.IsText(name) {
		d.err = errors.New("it needs a name, in UTF-8")
	}
	if d.err == nil {
		identity, d.graph, d.err = trial.digest()
	}
	if d.err != nil {
		d.err = fmt.Errorf("the %s %q: %w", k.name, name, d.err)
		identity = words.Hash([]byte(d.err.Error()))
	}
	identity = prefix + identity
	k.made.Store(identity, d)
	return identity
}

func (k *Kind[T]) declared(identity string) (declaration[T], bool) {
	made, _ := k.made.Load(identity)
	d, known := made.(declaration[T])
	return d, known
}

// Lookup returns what is declared under an identity, if anything is, and the mistake in its declaration.
func (k *Kind[T]) Lookup(identity string) (value T, known bool, err error) {
	d, known := k.declared(identity)
	return d.value, known, d.err
}

// Differs reports whether a result alone is another than among others, beyond rounding: then what is declared mixes networks, examples or
// entries, which must not depend on each other.
func Differs(result, among float64) bool { return math.Abs(result-among) > 1e-6*(1+math.Abs(among)) }

// Is reports whether an identity is that of something declared, in this process or in another one.
func Is(identity string) bool { return strings.HasPrefix(identity, prefix) }

// Name returns the name under which something is declared, and the identity itself if nothing is.
func (k *Kind[T]) Name(identity string) string {
	if d, known := k.declared(identity); known {
		return d.name
	}
	return identity
}

// Label returns the name; to it, it adds a part of the identity's hash if something else is declared under the same name.
func (k *Kind[T]) Label(identity string) string {
	name := k.Name(identity)
	label := name
	k.made.Range(func(other, made any) bool {
		if hash, is := strings.CutPrefix(identity, prefix); is && other != identity && made.(declaration[T]).name == name {
			label = fmt.Sprintf("%s (%.4s)", name, hash)
		}
		return label == name
	})
	return label
}

// Unchanged returns the mistake in what is declared under an identity, or an error if its graph is no longer the one that was declared.
func (k *Kind[T]) Unchanged(identity string) error {
	d, known := k.declared(identity)
	if !known || d.err != nil {
		return d.err
	}
	if now, err := d.trial.written(dtypes.Float64); err != nil || now != d.graph {
		return cmp.Or(err, fmt.Errorf("the %s %q: a variable that %s uses has changed since it was declared; declare it again after the change", k.name, d.name, d.trial.What))
	}
	return nil
}

// digest returns a hash of the text of a graph and of what it computes, to six digits, as processors differ in the last ones. The graph shows
// constants that only matter later, or for other numbers; the results show settings of operations that its text leaves out.
func (t Trial) digest() (digest, text string, err error) {
	_, err1 := t.written(dtypes.Float32)
	text, err2 := t.written(dtypes.Float64)
	again, err3 := t.written(dtypes.Float64)
	if err := cmp.Or(err1, err2, err3); err != nil {
		return "", "", err
	}
	if again != text {
		return "", "", fmt.Errorf("%s differs each time that its graph is built: it uses something that changes, such as a counter or Go's random numbers; %s", t.What, t.Rather)
	}
	results, err := t.Run()
	if err != nil {
		if _, wrong, panicked := strings.Cut(err.Error(), " panicked: "); panicked { // what stands before is GoMLX's
			wrong, _, _ = strings.Cut(wrong, "\n")
			err = fmt.Errorf("%s cannot be built for other shapes than %s: %s", t.What, t.Case, wrong)
		}
		return "", "", err
	}
	var digits strings.Builder
	for _, v := range results {
		fmt.Fprintf(&digits, "%.6g ", v+0) // no -0
	}
	return words.Hash([]byte(digits.String() + text)), text, nil
}

// written builds the graph, and returns it as text, or an error that says what is wrong with it.
func (t Trial) written(dtype dtypes.DType) (text string, err error) {
	backend, err := device.Open()
	if err != nil {
		return "", err
	}
	wrong := check.Caught(func() {
		g := graph.NewGraph(backend, "trial")
		defer g.Finalize()
		outputs := t.Build(g, dtype)
		text = fmt.Sprint(g, num.Map(outputs, (*graph.Node).Id))
	})
	if wrong != "" {
		of := t.Case
		if strings.Contains(wrong, "different dtypes") || strings.Contains(wrong, "data types (DType)") { // as XLA and pure Go call it
			of += ", float32 or float64 as a Spec has them; graph.MulScalar and graph.ConstAs give numbers their type"
		}
		return "", fmt.Errorf("%s cannot be built for %s: %s", t.What, of, wrong)
	}
	if slices.ContainsFunc(strings.Split(text, "Constant(")[1:], isLarge) {
		return "", fmt.Errorf("%s has a constant of 32 numbers or more, which could not be distinguished from others; %s", t.What, t.Rather)
	}
	return text, nil
}

// isLarge reports whether GoMLX leaves the values of a constant out of the graph's text, "(Float64)[32]) -> …" and not "(Float64): 0.5) -> …".
func isLarge(constant string) bool {
	head, _, _ := strings.Cut(constant, " -> ")
	return !strings.Contains(head, ": ")
}
