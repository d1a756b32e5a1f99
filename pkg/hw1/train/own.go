//go:build !js

package train

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/nn"
)

// The key of a run has the name and the version of a custom network, but not its graph. That a run was trained with another
// graph is detected by a different loss of the same weights.

// sameGraph returns an error if a custom network's graph is not the one that a stored run was trained with, which
// the run's key cannot tell: the stored weights then have a different test loss.
func sameGraph(ctx context.Context, run *experiment.Run) error {
	if run.Spec.Arch.Own == nil {
		return nil
	}
	sweep, err := eval.NewSweep(run.Spec)
	if err != nil {
		return err
	}
	now, err := testLoss(ctx, sweep, run.Replicas[0].Theta)
	if err != nil {
		return err
	}
	if then := run.Replicas[0].Test.Loss; !sameLoss(now, then) {
		return fmt.Errorf("%s: the graph of %v is not the one that the stored run was trained with: the test loss was %.4g, and is now %.4g; raise the version, or restore the old graph",
			run.Spec.Describe(), run.Spec.Arch, then, now)
	}
	return sameDropout(run.Spec, run.Replicas[0])
}

// sameDropout returns an error if a custom network drops other values than where a replica was trained, which no evaluation shows: the
// loss of the first step is then another. That loss is not known of a function that trains on mini-batches or is evaluated meanwhile.
func sameDropout(spec experiment.Spec, r experiment.Replica) error {
	var then float64
	switch {
	case spec.Dropout == 0:
		return nil
	case len(r.Steps) > 0:
		then = r.Steps[0].Loss
	case len(r.History.TrainLoss) > 0 && !spec.Regime().Evaluated && spec.StepsPerEpoch() == 1:
		then = r.History.TrainLoss[0]
	default:
		return nil
	}
	spec.Seed, spec.Seeds = r.Seed, 1
	tr, err := newTrainer(newJob(spec))
	if err != nil {
		return err
	}
	out, err := tr.execute(1, tr.spec.Order().Streams(0, 1).Tensors(0, 1))
	if err != nil {
		return err
	}
	now, err := device.Floats(out[len(tr.state)])
	if err == nil && !sameLoss(now[0], then) {
		err = fmt.Errorf("%s: the graph of %v drops other values than the one that it was trained with: the loss of the first step was %.4g, and is now %.4g; raise the version, or restore the old graph",
			spec.Describe(), spec.Arch, then, now[0])
	}
	return err
}

// sameGraphs returns an error if two specs are one run by their keys, but have different graphs: only one of them was trained.
func (p *plan) sameGraphs(ctx context.Context) error {
	trained := map[string]*nn.Own{}
	for _, j := range p.jobs {
		trained[j.key] = j.spec.Arch.Own
	}
	for _, g := range p.groups {
		i := slices.IndexFunc(g.keys, func(key string) bool { return trained[key] != g.spec.Arch.Own })
		if i < 0 { // one declaration, or a network of this package
			continue
		}
		run := *p.runs[g.keys[i]]
		run.Spec.Name, run.Spec.Arch = g.spec.Name, g.spec.Arch
		if err := sameGraph(ctx, &run); err != nil {
			return err
		}
	}
	return nil
}

// goesOnIn returns an error if a custom network's graph is not the one that a checkpoint was made with, in which the first
// replica, as it was then, had the given test loss with its initial weights.
func (tr *trainer) goesOnIn(loss *tensors.Tensor, first experiment.Replica) error {
	if tr.spec.Arch.Own == nil || loss == nil { // as in a checkpoint of an earlier version
		return nil
	}
	then, err1 := tensors.CopyFlatData[float64](loss)
	now, err2 := tr.ownLoss()
	if err := cmp.Or(err1, err2); err != nil {
		return err
	}
	if len(then) != 1 || !sameLoss(now, then[0]) {
		return fmt.Errorf("the graph of %v is not the one that it was trained with; raise the version when you change a graph", tr.spec.Arch)
	}
	return sameDropout(tr.spec, first)
}

// ownLoss returns the test loss of the first replica's initial weights, which is computed once.
func (tr *trainer) ownLoss() (loss float64, err error) {
	if tr.firstLoss == nil {
		if loss, err = testLoss(context.Background(), &eval.Sweep{Eval: tr.eval, Test: tr.test}, tr.replicas[0].Initial); err != nil {
			return 0, err
		}
		tr.firstLoss = &loss
	}
	return *tr.firstLoss, nil
}

// testLoss returns the test loss of a replica's weights, which tells whether two custom graphs are the same.
func testLoss(ctx context.Context, sweep *eval.Sweep, theta []float64) (float64, error) {
	scores, err := sweep.Eval.Scores(ctx, sweep.Tensor(theta), sweep.Test)
	if err != nil {
		return 0, err
	}
	return scores[0].Loss, nil
}

// sameLoss reports whether two losses, of which one's own may be below 0, are equal up to rounding.
func sameLoss(now, then float64) bool { return math.Abs(now-then) <= 1e-4*math.Abs(then)+1e-9 }
