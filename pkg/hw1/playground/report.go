//go:build !js

package playground

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runstore"
	"hw1/pkg/hw1/internal/store"
)

// Report is what a playground contains of a report.
type Report struct {
	Curves   []Curve   `json:"curves"`
	Networks []Network `json:"networks"`
	Images   []Image   `json:"images"`
}

// Curve is the training loss of a run that the knobs can repeat.
type Curve struct {
	Name     string      `json:"name"`
	Knobs    Knobs       `json:"knobs"` // with the run's first seed
	Identity string      `json:"identity"`
	Epochs   []int       `json:"epochs"`
	Losses   [][]float64 `json:"losses"` // for each seed
}

// Image is an image of the test set on which the networks disagree.
type Image struct {
	Pixels []byte `json:"pixels"`
	Label  uint8  `json:"label"`
	Said   []int  `json:"said"` // the class according to each network
}

const (
	mostCurves = 5   // seeds of a run
	mostEpochs = 128 // points of a curve
	mostImages = 10
)

// Collect reads what a playground contains from the run store: of the runs with these keys, it takes the curves of those that
// learn a function with settings that the knobs can express, and the convolutional networks that read MNIST, the first with
// each name. Runs with a custom activation are left out: what a cell declares is not known in a browser.
func Collect(keys ...string) (Report, error) {
	r := Report{Curves: []Curve{}, Networks: []Network{}, Images: []Image{}}
	var readers []*experiment.Run
	for _, key := range keys {
		run, name, err := stored(key)
		if err != nil {
			return r, err
		}
		if run.Spec.Activation.IsOwn() {
			continue
		}
		knobs, identity, can := knobsOf(run.Spec)
		switch {
		case can:
			r.Curves = append(r.Curves, newCurve(Curve{Name: name, Knobs: knobs, Identity: identity}, run))
		case run.Spec.Task == data.MNIST && len(run.Spec.Arch.Conv) > 0 && !slices.ContainsFunc(r.Networks, func(n Network) bool { return n.Name == name }):
			theta, _ := binary.Append(nil, binary.LittleEndian, num.Map(run.Replicas[0].Theta, func(v float64) float32 { return float32(v) }))
			r.Networks = append(r.Networks, Network{name, run.Spec, theta})
			readers = append(readers, run)
		}
	}
	if len(readers) == 0 {
		return r, nil
	}
	var err error
	r.Images, err = disputed(readers)
	return r, err
}

// stored returns the run with a key, and its name.
func stored(key string) (*experiment.Run, string, error) {
	files, err := store.Read(store.Dir(key))
	if err != nil {
		return nil, "", fmt.Errorf("the run %s: %w", key, err)
	}
	run, err := runstore.Decode(files)
	if err != nil {
		return nil, "", fmt.Errorf("the run %s: %w", key, err)
	}
	var meta runstore.Meta
	err = json.Unmarshal(files["meta.json"], &meta)
	return run, meta.Rows[0].Model, err
}

// knobsOf returns the knobs that describe an experiment, its identity, and whether there are such knobs.
func knobsOf(s experiment.Spec) (k Knobs, identity string, can bool) {
	if _, known := homework[s.Task]; !known {
		return k, "", false
	}
	k = Knobs{
		Function: string(s.Task), Points: s.TrainSize, Hidden: s.Arch.Hidden(), Activation: s.Activation,
		Optimizer: s.Optimizer.String(), Rate: s.LearningRate, Decay: s.WeightDecay, Batch: s.Batch, Seed: s.Seed,
	}
	again, err := k.Spec()
	if err != nil {
		return k, "", false
	}
	identity, err1 := Identity(s)
	theirs, err2 := Identity(again)
	return k, identity, err1 == nil && err2 == nil && identity == theirs
}

// newCurve fills in the curves of some seeds, at epochs that are spaced about evenly on a logarithmic axis.
func newCurve(curve Curve, run *experiment.Run) Curve {
	replicas := run.Replicas[:min(len(run.Replicas), mostCurves)]
	longest := slices.MaxFunc(replicas, func(a, b experiment.Replica) int { return len(a.History.Epoch) - len(b.History.Epoch) })
	all, step := longest.History.Epoch, math.Pow(float64(run.Spec.Epochs), 1./mostEpochs)
	var rows []int
	for i, epoch := range all {
		if i == 0 || i == len(all)-1 || float64(epoch) >= step*float64(all[rows[len(rows)-1]]) {
			rows, curve.Epochs = append(rows, i), append(curve.Epochs, epoch)
		}
	}
	for _, r := range replicas {
		var losses []float64
		for _, row := range rows {
			if row < len(r.History.TrainLoss) {
				losses = append(losses, rounded(r.History.TrainLoss[row]))
			}
		}
		curve.Losses = append(curve.Losses, losses)
	}
	return curve
}

// rounded returns a number rounded to four digits.
func rounded(v float64) float64 {
	short, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	return short
}

// disputed returns the test images on which the networks disagree most: those whose largest group of agreeing
// networks is smallest, and the first of these.
func disputed(runs []*experiment.Run) ([]Image, error) {
	_, test, err := runs[0].Spec.Shared()
	if err != nil {
		return nil, err
	}
	said := make([][]int, test.Len())
	for _, run := range runs {
		all, err := eval.Logits(run, test)
		if err != nil {
			return nil, err
		}
		width := run.Spec.Arch.Outputs()
		for i := range said {
			said[i] = append(said[i], floats.MaxIdx(all[0][i*width:(i+1)*width]))
		}
	}
	images := []Image{}
	for most := 1; most < len(runs); most++ {
		for i := 0; i < len(said) && len(images) < mostImages; i++ {
			if majority(said[i]) == most {
				images = append(images, Image{test.Slice(i, i+1).Images, test.Labels[i], said[i]})
			}
		}
	}
	return images, nil
}

// majority returns the size of the largest group that says the same.
func majority(said []int) int {
	count := map[int]int{}
	for _, class := range said {
		count[class]++
	}
	return slices.Max(slices.Collect(maps.Values(count)))
}
