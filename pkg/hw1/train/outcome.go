package train

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/device"
)

// This file records the results of a training: histories, scores, snapshots, the
// final weights, and why it ended.

// historyPoints is about the number of epochs that the history of a long run keeps.
const historyPoints = 2000

// record adds the last epochs' losses and norms, [steps][R], or what evaluate returned after them, to the replicas'
// histories, and fails if a loss or a norm is not finite.
func (tr *trainer) record(losses, norms [][]float64, scores [][3]experiment.Score) error {
	perEpoch := tr.spec.StepsPerEpoch()
	every := max(1, tr.spec.Epochs/historyPoints)
	epoch := tr.epoch - len(losses)/perEpoch
	for ; len(losses) > 0; losses, norms = losses[perEpoch:], norms[perEpoch:] {
		epoch++
		for i, r := range tr.replicas {
			if r.done {
				continue
			}
			loss, norm, err := tr.means(losses[:perEpoch], norms[:perEpoch], i, epoch)
			if err != nil {
				return err
			}
			if tr.regime.KeepsSteps {
				for step := range perEpoch {
					r.Steps = append(r.Steps, experiment.Step{Loss: losses[step][i], GradNorm: norms[step][i]})
				}
			}
			r.Epochs = epoch
			if tr.spec.Validation == 0 {
				r.progress.add(epoch, loss)
			}
			switch {
			case tr.regime.Evaluated && tr.evaluates(epoch): // it is the last of these epochs
				r.History.Add(epoch, scores[i][0], scores[i][1], norm)
			case !tr.regime.Evaluated && (epoch%every == 0 || epoch == 1):
				r.History.Add(epoch, experiment.Score{Loss: loss, Accuracy: math.NaN()}, experiment.NoScore, norm)
			}
		}
	}
	return nil
}

// means returns the loss and the gradient norm of a replica in an epoch, averaged over its steps, [steps][R]. It
// fails if they are not finite.
func (tr *trainer) means(losses, norms [][]float64, replica, epoch int) (loss, norm float64, err error) {
	loss, norm = meanColumn(losses, replica), meanColumn(norms, replica)
	if !check.IsFinite(loss) || !check.IsFinite(norm) {
		err = tr.diverged(epoch, tr.replicas[replica].Seed, fmt.Sprintf("loss %g, gradient norm %g", loss, norm))
	}
	return loss, norm, err
}

// diverged returns the error for a training in which something is not finite.
func (tr *trainer) diverged(epoch, seed int, what string) error {
	of, advice := "", "lower the learning rate"
	if tr.spec.Seeds > 1 {
		of = fmt.Sprintf(" of seed %d", seed)
	}
	if tr.spec.Mask != "" || !tr.spec.Schedule.Constant() {
		advice += ", or the factors on it"
	}
	if epoch == 1 { // it may have been so from the start
		advice += ", or scale the data or the initial weights down"
		if tr.spec.Arch.Own != nil {
			advice += ", or look in the graph for an operation that gives NaN or infinity, such as a logarithm, a root or a quotient"
		}
	}
	if tr.spec.Loss.IsOwn() {
		advice += fmt.Sprintf(", or see that the loss %s has a lower bound, and a gradient that is finite for all outputs", tr.spec.Loss)
	}
	if tr.spec.Activation.IsOwn() {
		advice += fmt.Sprintf(", or see that the activation %s and its slope are finite for all inputs", tr.spec.Activation)
	}
	if tr.spec.Optimizer.IsOwn() {
		advice += fmt.Sprintf(", or see that a step of %s is what is taken off the weights, which has the learning rate and the gradient's sign in it", tr.spec.Optimizer)
	}
	return fmt.Errorf("training %s diverged in epoch %d%s: %s at learning rate %g; %s", tr.spec.Describe(), epoch, of, what, tr.spec.LearningRate, advice)
}

// evaluates reports whether the networks are evaluated after an epoch: after the first one and then every EvaluateEach epochs.
// Without a history of evaluations, that is only when training can end: after the last epoch and, with Patience, after every
// chunk of epochs.
func (tr *trainer) evaluates(epoch int) bool {
	switch {
	case epoch == tr.spec.Epochs:
		return true
	case !tr.regime.Evaluated:
		return tr.spec.Patience > 0
	}
	return epoch == 1 || epoch%max(1, tr.spec.EvaluateEach) == 0
}

// evaluate scores the networks on the whole training, test and validation sets, if that
// is due after an epoch.
func (tr *trainer) evaluate(ctx context.Context, epoch int) ([][3]experiment.Score, error) {
	if !tr.evaluates(epoch) {
		return nil, nil
	}
	return tr.eval.ScoresOn(ctx, tr.state[0], [3]data.Examples{tr.train, tr.test, tr.validation})
}

// setScores records what evaluate returned, if anything, and fails if a loss
// is not finite.
func (tr *trainer) setScores(scores [][3]experiment.Score) error {
	for i, s := range scores {
		r := tr.replicas[i]
		if r.done {
			continue
		}
		if !check.IsFinite(s[0].Loss) || !check.IsFinite(s[1].Loss) || tr.spec.Validation > 0 && !check.IsFinite(s[2].Loss) {
			return tr.diverged(tr.epoch, r.Seed, fmt.Sprintf("loss %g on the training set, %g on the test set", s[0].Loss, s[1].Loss))
		}
		r.Train, r.Test, r.Validation = s[0], s[1], s[2]
		if tr.spec.Validation > 0 {
			r.History.AddValidation(r.Validation)
			r.progress.add(tr.epoch, r.Validation.Loss)
		}
	}
	return nil
}

// keepThetas records the snapshots that are due, and the final weights of the
// replicas that converged, reached their target or used up their epochs. Only a
// network that was just evaluated can end, so that its scores are those of its final weights.
func (tr *trainer) keepThetas() error {
	due := tr.spec.SnapshotEach > 0 && tr.epoch%tr.spec.SnapshotEach == 0
	var thetas [][]float64
	for i, r := range tr.replicas {
		why := tr.stops(r)
		ends, best := why != "", tr.isBest(r)
		if r.done || !(due || ends || best) {
			continue
		}
		if thetas == nil {
			var err error
			if thetas, err = device.Rows(tr.state[0]); err != nil {
				return err
			}
		}
		if due {
			r.Snapshots = append(r.Snapshots, experiment.Snapshot{Epoch: tr.epoch, Theta: thetas[i]})
		}
		if best {
			r.Best = experiment.Snapshot{Epoch: tr.epoch, Theta: slices.Clone(thetas[i])}
		}
		if ends {
			r.done, r.Theta, r.Stop = true, slices.Clone(thetas[i]), why // cloned, as a snapshot of the same epoch has to be a separate array
			r.DeadStart = tr.isDead(r)
		}
	}
	return nil
}

// isDead reports whether a replica has learnt nothing: on numbers, if its training loss is not below the plateau; on labels, if the loss
// is not below 99 % of a constant prediction's, and the accuracy hardly exceeds the share of the largest class. With a custom loss,
// nothing is known about a constant prediction, and none is dead.
func (tr *trainer) isDead(r *replicaTraining) bool {
	if tr.spec.Task.IsFunction() {
		return r.Train.Loss >= r.progress.plateau && r.progress.plateau > 0 // a constant function has none
	}
	var shares [math.MaxUint8 + 1]float64
	for _, label := range tr.train.Labels {
		shares[label] += 1 / float64(tr.train.Len())
	}
	least := max(0.99*tr.spec.Loss.ConstantOfClasses(shares[:tr.spec.Arch.Outputs()]), 0.01) // with a single class it is 0, and no loss is below that
	return r.Train.Loss >= least && r.Train.Accuracy < min(1.5*slices.Max(shares[:]), 1)
}

// isBest reports whether the validation loss, measured after this epoch, is the lowest so far.
func (tr *trainer) isBest(r *replicaTraining) bool {
	watched := r.History.ValidationLoss
	return tr.evaluates(tr.epoch) && len(watched) > 0 && r.History.EarlyStop() == len(watched)-1
}

// stops returns why a replica ends after this epoch, or "" if it continues.
func (tr *trainer) stops(r *replicaTraining) string {
	target := tr.spec.TargetAccuracy
	switch {
	case !tr.evaluates(tr.epoch):
		return ""
	case target > 0 && r.Train.Accuracy >= target:
		return experiment.StopFitted
	case tr.epoch%tr.regime.Chunk == 0 && r.progress.converged(tr.epoch, tr.spec.Patience): // not at a snapshot in between
		return experiment.StopConverged
	case tr.epoch == tr.spec.Epochs:
		return experiment.StopBudget
	}
	return ""
}

// meanLoss returns the replicas' mean training loss, for the progress display.
func (tr *trainer) meanLoss() float64 {
	sum := 0.0
	for _, r := range tr.replicas {
		sum += r.History.TrainLoss[len(r.History.TrainLoss)-1]
	}
	return sum / float64(len(tr.replicas))
}

func (tr *trainer) run() *experiment.Run {
	took := tr.spent + time.Since(tr.start).Seconds()
	run := &experiment.Run{Spec: tr.spec, Keys: []string{tr.key}, Backend: device.NameOf(tr.backend), Seconds: took}
	for _, r := range tr.replicas {
		run.Replicas = append(run.Replicas, r.Replica)
	}
	return run
}

func meanColumn(rows [][]float64, column int) float64 {
	sum := 0.0
	for _, row := range rows {
		sum += row[column]
	}
	return sum / float64(len(rows))
}

// convergedGain is the relative improvement of the best loss below which training
// counts as making no progress.
const convergedGain = 1e-4

// convergence watches one replica's validation loss or, without a validation set, its training loss.
type convergence struct {
	plateau float64 // below the lowest loss of a constant prediction, so that no constant prediction can reach it
	best    float64 // lowest loss so far
	mark    float64 // the best loss when it last made progress, at epoch since
	since   int
}

// newConvergence watches a loss, given its plateau.
func newConvergence(plateau float64) convergence {
	return convergence{plateau: plateau, best: math.Inf(1), mark: math.Inf(1)}
}

func (c *convergence) add(epoch int, loss float64) {
	c.best = min(c.best, loss)
	if c.best < c.mark*(1-math.Copysign(convergedGain, c.mark)) { // also of losses below 0
		c.mark, c.since = c.best, epoch
	}
}

// converged reports whether the best loss improved by less than convergedGain in the
// last patience epochs. A network on the initial plateau, where it predicts a
// constant, has not converged, however long it stays there.
func (c *convergence) converged(epoch, patience int) bool {
	return patience > 0 && c.best < c.plateau && epoch-c.since >= patience
}
