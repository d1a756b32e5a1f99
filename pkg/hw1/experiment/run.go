package experiment

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// EarlyStop returns where early stopping would have ended: the index, in the history of a
// replica that was evaluated, of the lowest loss on the validation set or, without one, on the
// test set. It is -1 if that was never measured.
func (h History) EarlyStop() int {
	best, watched := -1, h.TestLoss
	if len(h.ValidationLoss) > 0 {
		watched = h.ValidationLoss
	}
	for i, loss := range watched {
		if check.IsFinite(loss) && (best < 0 || loss < watched[best]) {
			best = i
		}
	}
	return best
}

// EpochsToFit returns the number of epochs that each replica took to reach its Spec's
// TargetAccuracy, +Inf for a replica that did not reach it.
func (r *Run) EpochsToFit() []float64 {
	return r.Values(func(r Replica) float64 {
		if r.Stop != StopFitted {
			return math.Inf(1)
		}
		return float64(r.Epochs)
	})
}

// Run is the result of training a Spec: one replica per seed.
type Run struct {
	Spec     Spec // with its defaults filled in
	Replicas []Replica
	Keys     []string // keys of its entries in the run store; empty for a run made by hand
	Backend  string   // the backend that trained it, such as "xla:cpu"
	Seconds  float64  // duration of training

	label string // tells it from the other runs of one call of Train
	seal  seal
}

// Replica is the training of one seed.
type Replica struct {
	Seed      int
	Epochs    int       // number of epochs trained
	Stop      string    // why it ended: StopConverged, StopFitted, StopBudget or StopByHand
	DeadStart bool      // it has learnt nothing: its training loss and, with labels, its accuracy are hardly better than those of a constant prediction; false with a custom loss
	Theta     []float64 // final parameters, [P]
	Initial   []float64 // initial parameters, [P]
	History   History
	Snapshots []Snapshot // every Spec.SnapshotEach epochs, from epoch 0
	Steps     []Step     // every training step, on images or other labels only

	// Final scores on the whole sets, in evaluation mode; accuracies are fractions,
	// and NaN for regressions.
	Train, Test Score

	// The final score on the validation set, and the parameters after the epoch with the lowest validation loss;
	// NoScore and empty without a validation set.
	Validation Score
	Best       Snapshot
}

// Reasons why a replica ended.
const (
	StopConverged = "converged"
	StopFitted    = "fitted" // it reached the Spec's TargetAccuracy
	StopBudget    = "budget"
	StopByHand    = "made by hand" // its weights are not the final weights of a training
)

// Score is a mean loss and an accuracy: the share of examples that are classified
// correctly, NaN for a regression.
type Score struct{ Loss, Accuracy float64 }

// Step records one training step: the loss on its mini-batch before the step, and
// the L2 norm of the loss's gradient.
type Step struct{ Loss, GradNorm float64 }

// Snapshot holds the parameters after an epoch.
type Snapshot struct {
	Epoch int
	Theta []float64
}

// History holds the course of a replica's training: each column has one value per entry of Epoch, NaN if it
// was not measured. For a function of 4,000 epochs or more it keeps some 2,000 to 4,000 entries.
//
// The TrainLoss of a function is the loss of the weights before the epoch's step (with
// mini-batches, its mean over the steps). Images, and functions with EvaluateEach, are evaluated after the epoch,
// and only epochs with an evaluation have an entry.
type History struct {
	Epoch                       []int
	TrainLoss, TestLoss         []float64
	TrainAccuracy, TestAccuracy []float64
	GradNorm                    []float64 // L2 norm of the loss's gradient, averaged over the epoch's steps

	ValidationLoss, ValidationAccuracy []float64 // empty without a validation set
}

// Columns returns the columns after the epoch, in the order of the fields; with those of a validation set, or without.
func (h *History) Columns(validation bool) []*[]float64 {
	all := []*[]float64{&h.TrainLoss, &h.TestLoss, &h.TrainAccuracy, &h.TestAccuracy, &h.GradNorm}
	if validation {
		all = append(all, &h.ValidationLoss, &h.ValidationAccuracy)
	}
	return all
}

// Add appends an entry with what is known after an epoch.
func (h *History) Add(epoch int, train, test Score, gradNorm float64) {
	h.Epoch = append(h.Epoch, epoch)
	h.TrainLoss, h.TestLoss = append(h.TrainLoss, train.Loss), append(h.TestLoss, test.Loss)
	h.TrainAccuracy, h.TestAccuracy = append(h.TrainAccuracy, train.Accuracy), append(h.TestAccuracy, test.Accuracy)
	h.GradNorm = append(h.GradNorm, gradNorm)
}

// AddValidation appends the validation score of the last epoch.
func (h *History) AddValidation(score Score) {
	h.ValidationLoss, h.ValidationAccuracy = append(h.ValidationLoss, score.Loss), append(h.ValidationAccuracy, score.Accuracy)
}

// NoScore is a score that was not measured.
var NoScore = Score{math.NaN(), math.NaN()}

// Label returns the Spec's label.
func (r *Run) Label() string {
	if r == nil {
		return ""
	}
	if r.Spec.Name == "" && r.label != "" {
		return r.label
	}
	return r.Spec.Label()
}

// String describes the run, for fmt.Println and the like: its numbers are in its fields.
func (r *Run) String() string {
	if r == nil {
		return "no run"
	}
	return r.Spec.Describe()
}

// TellApart gives runs without a name labels that tell them apart.
func TellApart(runs ...*Run) {
	for i, label := range Labels(runs...) {
		if label != runs[i].Label() {
			runs[i].label = label
		}
	}
}

// Labels returns the labels of runs. To labels that runs without a name share, it adds the settings that tell
// their Specs apart, as in "784-16-10, batch 100".
func Labels(runs ...*Run) []string {
	all := num.Map(runs, func(r *Run) []string { return append([]string{r.Label()}, settings(reflect.ValueOf(r.Spec))...) })
	labels := num.Map(runs, (*Run).Label)
	for i, own := range all {
		for k, setting := range own {
			if runs[i].Spec.Name == "" && slices.ContainsFunc(all, func(other []string) bool { return other[0] == own[0] && other[k] != setting }) {
				labels[i] += ", " + setting
			}
		}
	}
	return labels
}

// Values returns one number for every replica, such as
//
//	run.Values(func(r hw1.Replica) float64 { return r.Train.Loss })
func (r *Run) Values(of func(Replica) float64) []float64 {
	if r == nil || of == nil {
		return nil
	}
	return num.Map(r.Replicas, of)
}

// Median returns the median over the replicas of one number.
func (r *Run) Median(of func(Replica) float64) float64 { return num.Median(r.Values(of)) }

// Count returns the number of replicas for which is returns true.
func (r *Run) Count(is func(Replica) bool) int {
	if r == nil || is == nil {
		return 0
	}
	n := 0
	for _, replica := range r.Replicas {
		n += num.Int(is(replica))
	}
	return n
}

// TrainLosses returns the replicas' final training losses.
func (r *Run) TrainLosses() []float64 {
	return r.Values(func(r Replica) float64 { return r.Train.Loss })
}

// TestLosses returns the replicas' final test losses.
func (r *Run) TestLosses() []float64 {
	return r.Values(func(r Replica) float64 { return r.Test.Loss })
}

// TestAccuracies returns the replicas' final test accuracies.
func (r *Run) TestAccuracies() []float64 {
	return r.Values(func(r Replica) float64 { return r.Test.Accuracy })
}

// Merge joins the runs of a Spec's seeds into one run, in their order. It copies the final weights, so that a cell may change them
// without changing those of the same Spec under another name.
func Merge(spec Spec, parts []*Run) *Run {
	merged := &Run{Spec: spec, Backend: parts[0].Backend}
	var keys []string
	for _, part := range parts {
		for _, replica := range part.Replicas {
			replica.Theta = slices.Clone(replica.Theta)
			merged.Replicas = append(merged.Replicas, replica)
		}
		keys = append(keys, part.Keys...)
		merged.Seconds += part.Seconds
	}
	merged.Seal(keys...)
	return merged
}

// Medians returns, for each run, the median over its replicas of a number, such as
//
//	hw1.Medians(runs, func(r hw1.Replica) float64 { return r.Test.Accuracy })
func Medians(runs []*Run, of func(Replica) float64) []float64 {
	return num.Map(runs, func(run *Run) float64 { return run.Median(of) })
}

// TrainAccuracies returns the replicas' final training accuracies.
func (r *Run) TrainAccuracies() []float64 {
	return r.Values(func(r Replica) float64 { return r.Train.Accuracy })
}

// AtLoss returns the run as it was when its training loss was nearest to a given loss, by their ratio, so that networks can be
// compared when they are trained equally far. Each replica has its weights and scores after one of the epochs at which both
// were kept (Spec.SnapshotEach and Spec.EvaluateEach), or at its end. TrainLosses tells how near the losses are.
func (r *Run) AtLoss(loss float64) (*Run, error) {
	if err := cmp.Or(NeedEvaluations("Run.AtLoss", r), NeedSnapshots("Run.AtLoss", 1, r)); err != nil {
		return nil, err
	}
	if !check.IsPositive(loss) {
		return nil, fmt.Errorf("Run.AtLoss got the loss %g; give it a loss above 0", loss)
	}
	then := *r
	then.Keys, then.Replicas = nil, num.Map(r.Replicas, func(replica Replica) Replica { return replica.atLoss(loss) })
	return &then, nil
}

// atLoss returns the replica at its end, or after the kept epoch, whichever has its training loss nearest to the given loss.
func (r Replica) atLoss(loss float64) Replica {
	then := Replica{Seed: r.Seed, Epochs: r.Epochs, Stop: StopByHand, Theta: r.Theta, Initial: r.Initial, Train: r.Train, Test: r.Test, Validation: r.Validation}
	distance := func(of float64) float64 { return math.Abs(math.Log(max(of, 0) / loss)) } // +Inf below 0, as of a loss of one's own
	for _, s := range r.Snapshots {
		if i := slices.Index(r.History.Epoch, s.Epoch); i >= 0 && distance(r.History.TrainLoss[i]) < distance(then.Train.Loss) {
			then.Epochs, then.Theta = s.Epoch, s.Theta
			then.Train = Score{r.History.TrainLoss[i], r.History.TrainAccuracy[i]}
			then.Test = Score{r.History.TestLoss[i], r.History.TestAccuracy[i]}
			if len(r.History.ValidationLoss) > 0 {
				then.Validation = Score{r.History.ValidationLoss[i], r.History.ValidationAccuracy[i]}
			}
		}
	}
	then.Theta = slices.Clone(then.Theta) // weights read from the store share one array, which can then be freed
	return then
}
