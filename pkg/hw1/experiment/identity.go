package experiment

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/optim"
)

// trainVersion is part of every key: raise it when a change of the code changes
// what a Spec trains to.
const trainVersion = 7

// Key returns the first half of the SHA-256 of a resolved Spec and of the training code's version.
// It tells apart where a function's examples are spread: they were its first ones once; and where a pool
// comes after the activation: it came before, which is the same for those that rise; and where executions of a function have
// two steps or a few: they were no loops, and rounded otherwise.
func (s Spec) Key() string {
	text, err := json.Marshal(s)
	if err != nil {
		// Only NaN and infinite numbers cannot be written, and validate refuses them.
		panic(fmt.Sprintf("hw1: spec of %v: %v", s.Arch, err))
	}
	text = fmt.Appendf(text, "\nversion %d", trainVersion)
	if task, err := s.Task.Info(); err == nil && s.Task.IsFunction() && (s.TrainSize < task.TrainSize || s.TestSize < task.TestSize) {
		text = append(text, ", spread"...)
	}
	if len(s.Arch.Conv) > 0 && !s.Activation.Rising() {
		text = append(text, ", pooled after the activation"...)
	}
	if s.Regime().Loops && s.hasShortExecutions() {
		text = append(text, ", looped"...)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// hasShortExecutions reports whether some steps, more than one, are taken so few at a time that a graph can have them one
// behind the other.
func (s Spec) hasShortExecutions() bool {
	perEpoch := s.StepsPerEpoch()
	for epoch, n := 0, 0; epoch < s.Epochs; epoch += n {
		n = s.Chunk(epoch)
		if steps := n * perEpoch; steps > 1 && steps <= optim.UnrolledSteps {
			return true
		}
	}
	return false
}

// What is computed from a run is kept under what it was computed from. A run that is as
// training left it is told apart by the keys of its entries in the run store. One that was
// changed, or put together by hand, is told apart by a digest of what it holds: a cell may
// average, prune or train weights by itself, and no result of the one is given for the other.

// seal is what a run was when its keys were given to it.
type seal struct {
	keys []string
	spec string // its key
	sums []uint64
}

// Seal says that the run, as it is, is what these keys stand for.
func (r *Run) Seal(keys ...string) {
	r.Keys, r.seal = keys, seal{keys, r.Spec.Key(), num.Map(r.Replicas, Replica.checksum)}
}

// Changed returns a run of another name with replicas that were changed in a way that some words say. No entry of
// the run store has its keys, those of the run with the words, but analyses tell the two apart by them.
func (r *Run) Changed(name, how string, change func(i int, replica Replica) Replica) *Run {
	changed := *r
	changed.Spec.Name = name
	changed.Replicas = num.Make(len(r.Replicas), func(i int) Replica { return change(i, r.Replicas[i]) })
	changed.Seal(num.Map(r.Identity(), func(key string) string { return key + ", " + how })...)
	return &changed
}

// AsMade reports whether the run is what its keys stand for: nobody has changed its Spec or its replicas since.
func (r *Run) AsMade() bool {
	return r.Spec.Key() == r.seal.spec && slices.Equal(num.Map(r.Replicas, Replica.checksum), r.seal.sums)
}

// Identity returns what tells the run apart from all others: its keys, or where it is not what
// they stand for a digest of each replica.
func (r *Run) Identity() []string {
	if r.AsMade() {
		return slices.Clone(r.seal.keys)
	}
	key := r.Spec.Key()
	return num.Map(r.Replicas, func(replica Replica) string {
		sum := sha256.New()
		sum.Write([]byte(key))
		var word [8]byte
		replica.words(func(v uint64) {
			binary.LittleEndian.PutUint64(word[:], v)
			sum.Write(word[:])
		})
		return "weights " + hex.EncodeToString(sum.Sum(nil)[:16])
	})
}

// checksum returns the 64-bit FNV-1a hash of what analyses read, by words.
func (r Replica) checksum() uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	hash := uint64(offset)
	r.words(func(v uint64) { hash = (hash ^ v) * prime })
	return hash
}

// words gives what analyses read of a replica, word by word.
func (r Replica) words(write func(uint64)) {
	vector := func(values []float64) {
		write(uint64(len(values)))
		for _, v := range values {
			write(math.Float64bits(v))
		}
	}
	write(uint64(r.Seed))
	vector(r.Theta)
	vector(r.Initial)
	for _, s := range r.Snapshots {
		write(uint64(s.Epoch))
		vector(s.Theta)
	}
	vector([]float64{r.Train.Loss, r.Train.Accuracy, r.Test.Loss, r.Test.Accuracy})
	vector(r.History.TrainLoss)
}

// settings returns the fields of a Spec, and of what is in it, as words: "batch 100".
func settings(v reflect.Value) (all []string) {
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		value := v.Field(i)
		if value.Type() == reflect.TypeFor[optim.Optimizer]() { // two of one's own can have one name
			value = reflect.ValueOf(optim.Optimizer(value.String()).Label())
		}
		if value.Kind() == reflect.Struct {
			all = append(all, settings(value)...)
		} else if name != "-" {
			all = append(all, fmt.Sprint(strings.ReplaceAll(name, "_", " "), " ", value))
		}
	}
	return all
}
