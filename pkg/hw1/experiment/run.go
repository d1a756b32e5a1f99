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

// EarlyStop returns the index, in the history of a replica that was evaluated, of the
// lowest loss on the validation set, or where there is none on the test set: where one
// who watches it would have stopped. It is -1 where that was never measured.
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

// EpochsToFit returns the epochs that each replica took to the TargetAccuracy of
// its Spec, and +Inf for one that did not reach it.
func (r *Run) EpochsToFit() []float64 {
	return r.Values(func(r Replica) float64 {
		if r.Stop != StopFitted {
			return math.Inf(1)
		}
		return float64(r.Epochs)
	})
}

// Run is what training a Spec gives: a replica a seed.
type Run struct {
	Spec     Spec // with its defaults filled in
	Replicas []Replica
	Keys     []string // entries of the run store that hold it; none of a run made by hand
	Backend  string   // that trained it, such as "xla:cpu"
	Seconds  float64  // of training

	label string // what tells it from the others that were trained with it
	seal  seal
}

// Replica is the training of one seed.
type Replica struct {
	Seed      int
	Epochs    int       // trained
	Stop      string    // why it ended: StopConverged, StopFitted, StopBudget or StopByHand
	DeadStart bool      // it ended on the plateau where the net predicts a constant, by its training loss and, of labels, accuracy
	Theta     []float64 // final parameters, [P]
	Initial   []float64 // initial parameters, [P]
	History   History
	Snapshots []Snapshot // every Spec.SnapshotEach epochs, from epoch 0
	Steps     []Step     // of a training on images or other labels

	// On the whole sets, in evaluation mode, at the end; accuracies are fractions,
	// and NaN for regression.
	Train, Test Score

	// Of a training with a validation set, and else NoScore and none: its score at the end, and the parameters after the
	// epoch with the lowest validation loss.
	Validation Score
	Best       Snapshot
}

// Why a replica ended.
const (
	StopConverged = "converged"
	StopFitted    = "fitted" // it reached the Spec's TargetAccuracy
	StopBudget    = "budget"
	StopByHand    = "made by hand" // its weights are none that training ended with
)

// Score is a mean loss, and the share of examples that are classified right (NaN
// for regression).
type Score struct{ Loss, Accuracy float64 }

// Step is what one training step saw of its mini-batch, before it: the loss, and
// the L2 norm of its gradient.
type Step struct{ Loss, GradNorm float64 }

// Snapshot is theta after some epoch.
type Snapshot struct {
	Epoch int
	Theta []float64
}

// History holds a replica's course: one value an entry of Epoch, and NaN where it
// was not measured. Of a function of 4,000 epochs or more it keeps some 2,000 to 4,000 entries.
//
// TrainLoss of a function is that of the weights before the epoch's step (its
// mean over the steps with mini-batches). Images, and functions with EvaluateEach, are evaluated after the epoch,
// and only the epochs with an evaluation have an entry.
type History struct {
	Epoch                       []int
	TrainLoss, TestLoss         []float64
	TrainAccuracy, TestAccuracy []float64
	GradNorm                    []float64 // L2 norm of the loss's gradient, mean over the epoch's steps

	ValidationLoss, ValidationAccuracy []float64 // none without a validation set
}

// withoutValidation is the number of columns of a stored history without a validation set, seed and epoch among them.
const withoutValidation = 7

// columns returns the columns behind seed and epoch.
func (h *History) columns(validation bool) []*[]float64 {
	all := []*[]float64{&h.TrainLoss, &h.TestLoss, &h.TrainAccuracy, &h.TestAccuracy, &h.GradNorm, &h.ValidationLoss, &h.ValidationAccuracy}
	if !validation {
		return all[:withoutValidation-2]
	}
	return all
}

// Add appends what is known after an epoch.
func (h *History) Add(epoch int, train, test Score, gradNorm float64) {
	h.Epoch = append(h.Epoch, epoch)
	h.TrainLoss, h.TestLoss = append(h.TrainLoss, train.Loss), append(h.TestLoss, test.Loss)
	h.TrainAccuracy, h.TestAccuracy = append(h.TrainAccuracy, train.Accuracy), append(h.TestAccuracy, test.Accuracy)
	h.GradNorm = append(h.GradNorm, gradNorm)
}

// SetLast sets the scores of the last epoch.
func (h *History) SetLast(train, test Score) {
	last := len(h.Epoch) - 1
	h.TrainLoss[last], h.TrainAccuracy[last] = train.Loss, train.Accuracy
	h.TestLoss[last], h.TestAccuracy[last] = test.Loss, test.Accuracy
}

// AddValidation appends the score on the validation set, to the last epoch.
func (h *History) AddValidation(score Score) {
	h.ValidationLoss, h.ValidationAccuracy = append(h.ValidationLoss, score.Loss), append(h.ValidationAccuracy, score.Accuracy)
}

// NoScore is one that was not measured.
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

// TellApart gives runs without a name labels that tell them apart.
func TellApart(runs ...*Run) {
	for i, label := range Labels(runs...) {
		if label != runs[i].Label() {
			runs[i].label = label
		}
	}
}

// Labels returns the labels of runs, and of those without a name that share one what tells their
// Specs apart, too, as in "784-16-10, batch 100".
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

// Values returns one number of every replica, such as
//
//	run.Values(func(r hw1.Replica) float64 { return r.Train.Loss })
func (r *Run) Values(of func(Replica) float64) []float64 {
	if r == nil || of == nil {
		return nil
	}
	return num.Map(r.Replicas, of)
}

// Median returns the median of one number of every replica.
func (r *Run) Median(of func(Replica) float64) float64 { return num.Median(r.Values(of)) }

// Count returns the number of replicas for which is holds.
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

// Merge joins the runs of one Spec's seeds, in their order, into one with final weights of its own: a cell may change them,
// and another name of the same Spec keeps its.
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

// Medians returns for each run the median of a figure over its replicas, such as
//
//	hw1.Medians(runs, func(r hw1.Replica) float64 { return r.Test.Accuracy })
func Medians(runs []*Run, of func(Replica) float64) []float64 {
	return num.Map(runs, func(run *Run) float64 { return run.Median(of) })
}

// TrainAccuracies returns the replicas' final training accuracies.
func (r *Run) TrainAccuracies() []float64 {
	return r.Values(func(r Replica) float64 { return r.Train.Accuracy })
}

// AtLoss returns the run as it was when its training loss was nearest to a loss, by their ratio: each replica has
// the weights and the scores after one of the epochs at which both were kept (Spec.SnapshotEach and Spec.EvaluateEach), or
// at its end, so that networks can be compared that are trained equally far. How near that is, TrainLosses says.
func (r *Run) AtLoss(loss float64) (*Run, error) {
	if err := cmp.Or(check.Args("Run.AtLoss", r), NeedEvaluations("Run.AtLoss", r), NeedSnapshots("Run.AtLoss", r, 1)); err != nil {
		return nil, err
	}
	if !check.IsPositive(loss) {
		return nil, fmt.Errorf("Run.AtLoss got the loss %g; give it one above 0", loss)
	}
	then := *r
	then.Keys, then.Replicas = nil, num.Map(r.Replicas, func(replica Replica) Replica { return replica.atLoss(loss) })
	return &then, nil
}

// atLoss returns the replica at its end, or after the kept epoch whose training loss is nearer to a loss than that of all others.
func (r Replica) atLoss(loss float64) Replica {
	then := Replica{Seed: r.Seed, Epochs: r.Epochs, Stop: StopByHand, Theta: r.Theta, Initial: r.Initial, Train: r.Train, Test: r.Test, Validation: r.Validation}
	distance := func(of float64) float64 { return math.Abs(math.Log(of / loss)) }
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
	then.Theta = slices.Clone(then.Theta) // those that were read share one array, which is free then
	return then
}
