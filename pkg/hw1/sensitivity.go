package hw1

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat"
)

// Sensitivity says how strongly the outputs of a run's networks change with their
// inputs, on the test images: a course for each replica.
type Sensitivity struct {
	Run     *Run
	Courses []SensitivityCourse
}

// SensitivityCourse holds a replica's sensitivities after the epochs of which it
// kept the weights and that were evaluated; the last entry is the trained network's.
// Both are means over the test images of a norm that each image has by itself
// (Novak et al. 2018).
type SensitivityCourse struct {
	Epoch        []int
	TrainLoss    []float64
	LossGradient []float64 // L2 norm of the loss's gradient by the input
	Jacobian     []float64 // Frobenius norm of the Jacobian of the softmax by the input
}

// MeasureSensitivity returns the sensitivities of runs on images, at the weights
// of every snapshot and at the final ones.
func MeasureSensitivity(runs ...*Run) ([]*Sensitivity, error) {
	if err := check("MeasureSensitivity", runs...); err != nil {
		return nil, err
	}
	if err := needImages("MeasureSensitivity", runs...); err != nil {
		return nil, err
	}
	keys := make([][]string, len(runs))
	for i, run := range runs {
		keys[i] = run.Keys
	}
	a := analysis{"sensitivity", 1, map[string]any{"runs": keys}}
	courses, err := analyze(a, func(ctx context.Context, w *work) ([][]SensitivityCourse, error) {
		return measureCourses(ctx, w, runs)
	})
	if err != nil {
		return nil, err
	}
	results := make([]*Sensitivity, len(runs))
	for i, run := range runs {
		results[i] = &Sensitivity{run, courses[i]}
	}
	return results, nil
}

// measureCourses measures several networks at a time. One sensor is compiled for all
// runs of an architecture.
func measureCourses(ctx context.Context, w *work, runs []*Run) ([][]SensitivityCourse, error) {
	sensors, tests := make([]*sensor, len(runs)), make([]Examples, len(runs))
	compiled := map[string]*sensor{}
	for i, run := range runs {
		network := fmt.Sprint(run.Spec.Arch, run.Spec.Activation, run.Spec.Float64)
		if compiled[network] == nil {
			s, err := newSensor(run.Spec.describe(), run.Spec.network())
			if err != nil {
				return nil, err
			}
			compiled[network] = s
		}
		sensors[i] = compiled[network]
		var err error
		if _, tests[i], err = run.Spec.examples(); err != nil {
			return nil, err
		}
	}
	return eachReplica(ctx, w, runs, func(ctx context.Context, i, r int) (SensitivityCourse, error) {
		return sensors[i].course(ctx, runs[i].Replicas[r], tests[i])
	})
}

// course measures a replica at its snapshots after the first epoch and at its end.
func (s *sensor) course(ctx context.Context, r Replica, test Examples) (SensitivityCourse, error) {
	var c SensitivityCourse
	loss := map[int]float64{}
	for i, epoch := range r.History.Epoch {
		loss[epoch] = r.History.TrainLoss[i]
	}
	points := append(r.Snapshots[:len(r.Snapshots):len(r.Snapshots)], Snapshot{r.Epochs, r.Theta})
	for i, point := range points {
		trainLoss, evaluated := loss[point.Epoch]
		if !evaluated || i > 0 && point.Epoch == points[i-1].Epoch {
			continue
		}
		if ctx.Err() != nil {
			return c, ctx.Err()
		}
		gradients, err := s.lossGradients(ctx, point.Theta, test, sensorBatch)
		if err != nil {
			return c, err
		}
		jacobians, err := s.jacobianNorms(ctx, point.Theta, test, sensorBatch)
		if err != nil {
			return c, err
		}
		c.Epoch, c.TrainLoss = append(c.Epoch, point.Epoch), append(c.TrainLoss, trainLoss)
		c.LossGradient = append(c.LossGradient, stat.Mean(gradients, nil))
		c.Jacobian = append(c.Jacobian, stat.Mean(jacobians, nil))
	}
	return c, nil
}

// sensor measures the sensitivities of one network's outputs to its inputs, whose
// pixels go from 0 to 1.
type sensor struct {
	what                string // is measured, for messages
	net                 network
	gradient, jacobians *graph.Exec // theta [1, P], inputs [n, features] and labels [n] to norms [n]
}

// sensorBatch is the number of examples in one execution; results do not depend on it.
const sensorBatch = 2500

func newSensor(what string, net network) (*sensor, error) {
	of := func(norms func(n network, theta, inputs, labels *graph.Node) *graph.Node) (*graph.Exec, error) {
		return newExec(func(theta, inputs, labels *graph.Node) *graph.Node { return norms(net, theta, inputs, labels) })
	}
	gradient, err1 := of(lossGradientNorms)
	jacobians, err2 := of(jacobianNorms)
	return &sensor{what, net, gradient, jacobians}, cmp.Or(err1, err2)
}

// lossGradientNorms returns the L2 norm of the gradient of each example's loss by
// its input, [n]. The sum of the losses is what is differentiated: an example's
// input moves its own loss alone, and a mean would divide by the batch.
func lossGradientNorms(n network, theta, inputs, labels *graph.Node) *graph.Node {
	x, y := batchOf(inputs, labels, nil, 1, theta.DType())
	losses := n.exampleLosses(n.forward(n.unpack(theta), x, nil), y)
	gradient := graph.Gradient(graph.ReduceAllSum(losses), x)[0]
	return graph.Sqrt(graph.ReduceSum(graph.Square(gradient), 1))
}

// jacobianNorms returns the Frobenius norm of the Jacobian [classes, features] of
// each example's softmax by its input, [n].
func jacobianNorms(n network, theta, inputs, labels *graph.Node) *graph.Node {
	x, _ := batchOf(inputs, labels, nil, 1, theta.DType())
	p := graph.Softmax(n.forward(n.unpack(theta), x, nil), 1)
	var squares *graph.Node
	for class := range n.arch.Outputs() {
		own := graph.Slice(p, graph.AxisRange(), graph.AxisRange(class, class+1), graph.AxisRange())
		row := graph.ReduceSum(graph.Square(graph.Gradient(graph.ReduceAllSum(own), x)[0]), 1)
		if squares == nil {
			squares = row
		} else {
			squares = graph.Add(squares, row)
		}
	}
	return graph.Sqrt(squares)
}

// lossGradients returns the norm of each example's loss gradient at theta [P].
func (s *sensor) lossGradients(ctx context.Context, theta []float64, set Examples, batch int) ([]float64, error) {
	return s.norms(ctx, s.gradient, theta, set, batch)
}

// jacobianNorms returns the norm of each example's Jacobian at theta [P].
func (s *sensor) jacobianNorms(ctx context.Context, theta []float64, set Examples, batch int) ([]float64, error) {
	return s.norms(ctx, s.jacobians, theta, set, batch)
}

func (s *sensor) norms(ctx context.Context, exec *graph.Exec, theta []float64, set Examples, batch int) ([]float64, error) {
	weights := floatTensor(theta, s.net.dtype, 1, len(theta))
	all := make([]float64, set.Len())
	err := inBatches(ctx, set, weights, batch, func(first int, part Examples) error {
		norms, err := callOne(exec, weights, part.inputTensor(s.net.dtype), part.targetTensor(s.net.dtype))
		copy(all[first:], norms)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("the sensitivity of %s: %w", s.what, err)
	}
	return all, nil
}

// Final returns the two sensitivities of the trained networks, [R]; none where the
// courses are not complete.
func (s *Sensitivity) Final() (lossGradient, jacobian []float64) {
	if !s.complete() {
		return nil, nil
	}
	for _, c := range s.Courses {
		last := len(c.Epoch) - 1
		lossGradient, jacobian = append(lossGradient, c.LossGradient[last]), append(jacobian, c.Jacobian[last])
	}
	return lossGradient, jacobian
}

// AtLoss returns the two sensitivities of the replicas at the training loss that is given, from
// the kept epochs before and after it, in between by the logarithm of the loss.
// Replicas that do not cross it between two kept epochs are left out; all are, where
// the courses are not complete.
func (s *Sensitivity) AtLoss(loss float64) (lossGradient, jacobian []float64) {
	if !s.complete() || !isPositive(loss) {
		return nil, nil
	}
	for _, c := range s.Courses {
		for i := 1; i < len(c.Epoch); i++ {
			before, after := c.TrainLoss[i-1], c.TrainLoss[i]
			if before < loss || after > loss {
				continue
			}
			share := 0.0
			if before > after {
				share = math.Log(before/loss) / math.Log(before/after)
			}
			between := func(values []float64) float64 { return values[i-1] + share*(values[i]-values[i-1]) }
			lossGradient, jacobian = append(lossGradient, between(c.LossGradient)), append(jacobian, between(c.Jacobian))
			break
		}
	}
	return lossGradient, jacobian
}

// CommonLoss returns the lowest training loss that every replica reaches: the
// highest of their lowest losses; NaN where one of the courses is not complete.
func CommonLoss(ss ...*Sensitivity) float64 {
	common := 0.0
	for _, s := range ss {
		if !s.complete() {
			return math.NaN()
		}
		for _, c := range s.Courses {
			lowest := math.Inf(1)
			for _, loss := range c.TrainLoss {
				lowest = min(lowest, loss)
			}
			common = max(common, lowest)
		}
	}
	return common
}
