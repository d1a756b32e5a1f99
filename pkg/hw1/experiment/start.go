package experiment

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"

	"hw1/pkg/hw1/internal/check"
)

// Weights are parameters that a training starts from. They are known by a digest of their values,
// which are those of this process.
type Weights string

var knownWeights sync.Map // thetas by their Weights

// WeightsOf returns the weights with these values, theta [P], for Spec.Start: those of another
// run's replica, of a snapshot, or an array in the layout of docs/weights.md.
func WeightsOf(theta []float64) Weights {
	sum := sha256.New()
	_ = binary.Write(sum, binary.LittleEndian, theta) // a hash takes all
	w := Weights(hex.EncodeToString(sum.Sum(nil)[:16]))
	knownWeights.Store(w, slices.Clone(theta))
	return w
}

// InitialTheta returns the parameters that the training of a resolved Spec starts from with a
// seed, [P], in its precision.
func (s Spec) InitialTheta(seed int) ([]float64, error) {
	if s.Start == "" {
		return s.Rounded(s.Arch.Draw(s.Init, cmp.Or(s.Gain, 1), uint64(seed))), nil
	}
	theta, known := knownWeights.Load(s.Start)
	if !known {
		return nil, fmt.Errorf("the weights %s that %s starts from are not known here; make them by experiment.WeightsOf in this cell", s.Start, s.Describe())
	}
	values := slices.Clone(theta.([]float64))
	if err := check.Vector(fmt.Sprintf("the weights that %s starts from", s.Describe()), values, s.Arch.ParamCount()); err != nil {
		return nil, err
	}
	return s.Rounded(values), nil
}
