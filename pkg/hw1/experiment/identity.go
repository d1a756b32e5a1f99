package experiment

import (
	"bytes"
	"cmp"
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
	"hw1/pkg/hw1/internal/words"
	"hw1/pkg/hw1/optim"
)

// trainVersion is part of every key: raise it when a change to the code changes
// the result of training a Spec.
const trainVersion = 7

// Key returns the first half of the SHA-256 of a resolved Spec and of the training code's version.
// It marks five cases in which older versions trained differently: a function's examples are spread (they once were its first
// ones), training may stop early below 99 % of a constant prediction's loss (once only below half of it), a pool comes after the
// activation (it once came before, which is the same for rising activations), executions of a function have only a few steps, but more
// than one (they once were no loops, and rounded differently), and a custom optimizer has a mask and a weight decay (which once had a
// part in the gradients of weights that the mask leaves as they are).
func (s Spec) Key() string {
	text, err := json.Marshal(s)
	if err != nil {
		// Marshalling fails only for NaN and infinite numbers, which validate rejects.
		panic(fmt.Sprintf("hw1: spec of %v: %v", s.Arch, err))
	}
	text = fmt.Appendf(text, "\nversion %d", trainVersion)
	task, err := s.Task.Info()
	if err == nil && s.Task.IsFunction() && (s.TrainSize < task.TrainSize || s.TestSize < task.TestSize) {
		text = append(text, ", spread"...)
	}
	if err == nil && s.Patience > 0 && s.Task.IsFunction() && s.PlateauShare() > 0.5 {
		text = append(text, ", patient"...)
	}
	if len(s.Arch.Conv) > 0 && !s.Activation.Rising() {
		text = append(text, ", pooled after the activation"...)
	}
	if s.Regime().Loops && s.hasShortExecutions() {
		text = append(text, ", looped"...)
	}
	if s.Mask != "" && s.WeightDecay > 0 && s.Optimizer.IsOwn() {
		text = append(text, ", still"...)
	}
	return words.Hash(text)
}

// SameAs reports whether two resolved Specs are of one run, whatever their names. Unlike their keys, it can be asked of any Spec
// that was read, such as one that is not valid.
func (s Spec) SameAs(other Spec) bool {
	text, err := json.Marshal(s)
	otherText, _ := json.Marshal(other) // empty where it fails, as no text is
	return err == nil && bytes.Equal(text, otherText)
}

// hasShortExecutions reports whether some executions have several steps, but so few that a graph can have them unrolled,
// without a loop.
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

// The results of an analysis are stored under the identity of the run that they were computed from. A run
// as training left it is identified by the keys of its entries in the run store. A run that was
// changed, or put together by hand, is identified by a digest of its contents: a cell may average,
// prune or train weights by itself, and must not be given results of the original run.

// seal records what a run was when it was given its keys.
type seal struct {
	keys []string
	spec string // its key
	sums []uint64
}

// Seal declares that the run, as it is now, is what these keys stand for.
func (r *Run) Seal(keys ...string) {
	r.Keys, r.seal = keys, seal{slices.Clone(keys), r.Spec.Key(), num.Map(r.Replicas, Replica.checksum)}
}

// AsMade reports whether the run still is what its keys stand for: its Spec and its replicas have not been changed.
func (r *Run) AsMade() bool {
	return r.Spec.Key() == r.seal.spec && slices.Equal(num.Map(r.Replicas, Replica.checksum), r.seal.sums)
}

// Identity returns what identifies the run: its keys or, if it is no longer what they stand
// for, a digest of each replica.
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

// checksum returns the 64-bit FNV-1a hash, word by word, of what analyses read.
func (r Replica) checksum() uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	hash := uint64(offset)
	r.words(func(v uint64) { hash = (hash ^ v) * prime })
	return hash
}

// words yields what analyses read of a replica, word by word.
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

// settings returns the fields of a Spec, and of its nested structs, as words such as "batch 100".
func settings(v reflect.Value) (all []string) {
	const longestList = 40
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		value := v.Field(i)
		if labelled, is := value.Interface().(interface{ Label() string }); is { // two of one's own can have one name
			value = reflect.ValueOf(labelled.Label())
		}
		if value.Kind() == reflect.Struct {
			all = append(all, settings(value)...)
		} else if name != "-" {
			text := cmp.Or(fmt.Sprint(value), "default")
			if value.Kind() == reflect.Slice && len(text) > longestList {
				text = fmt.Sprintf("%s… (%s)", text[:longestList/2], words.Hash([]byte(text))[:6])
			}
			all = append(all, strings.ReplaceAll(name, "_", " ")+" "+text)
		}
	}
	return all
}
