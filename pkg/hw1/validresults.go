package hw1

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// This file says what the results of analyses have to be like to be drawn, to be
// tabulated, or to be analyzed further.

func (f Fit) valid() error {
	if err := f.Run.valid(); err != nil {
		return fmt.Errorf("a fit: %w", err)
	}
	n := len(f.X)
	if n == 0 || len(f.TestErrors) == 0 || f.Run.Spec.Task.Formula() == "" {
		return fmt.Errorf("the fit of %s has %d points and %s; take one that Fits returned", f.Run.Label(), n, plural(len(f.TestErrors), "test error"))
	}
	return cmp.Or(validVector("the points of a fit", f.X, n), validVector("the predictions of a fit", f.Y, n), validVector("the truth of a fit", f.Truth, n))
}

func (c Classification) valid() error {
	if err := cmp.Or(c.Run.valid(), c.Test.valid()); err != nil {
		return fmt.Errorf("a classification: %w; take one that Classify returned", err)
	}
	if !c.matches() {
		return fmt.Errorf("the classification by %s does not have a class of 0 to 9 for each of %d images; take one that Classify returned", c.Run.Label(), c.Test.Len())
	}
	return validVector("the losses of a classification", c.Loss, len(c.Predicted))
}

// matches reports whether there is a prediction for each label.
func (c Classification) matches() bool {
	outside := func(class int) bool { return class < 0 || class > 9 }
	return len(c.Predicted) > 0 && len(c.Predicted) == len(c.Test.Labels) && !slices.ContainsFunc(c.Predicted, outside)
}

func (s *Sensitivity) valid() error {
	if s == nil {
		return errors.New("a sensitivity is nil; take one that MeasureSensitivity returned")
	}
	if err := s.Run.valid(); err != nil {
		return fmt.Errorf("a sensitivity: %w", err)
	}
	if n := len(s.Run.Replicas); len(s.Courses) != n || len(s.Run.Keys) != n {
		return fmt.Errorf("the sensitivity of %s has %s and %s for %s; take one that MeasureSensitivity returned",
			s.Run.Label(), plural(len(s.Courses), "course"), plural(len(s.Run.Keys), "key"), plural(n, "replica"))
	}
	for _, course := range s.Courses {
		if err := course.valid(); err != nil {
			return fmt.Errorf("the sensitivity of %s: %w; take one that MeasureSensitivity returned", s.Run.Label(), err)
		}
	}
	return nil
}

func (c SensitivityCourse) valid() error {
	n := len(c.Epoch)
	if n == 0 {
		return errors.New("a course has no epochs")
	}
	return cmp.Or(validVector("the losses of a course", c.TrainLoss, n),
		validVector("the loss gradients of a course", c.LossGradient, n), validVector("the Jacobians of a course", c.Jacobian, n))
}

func (r SensitivityGroup) valid() error {
	if len(r.Sensitivities) == 0 {
		return fmt.Errorf("the group %q has no sensitivities; give it one or more", r.Title)
	}
	for _, s := range r.Sensitivities {
		if err := s.valid(); err != nil {
			return fmt.Errorf("the group %q: %w", r.Title, err)
		}
	}
	return nil
}

func (a Ascent) valid() error {
	tooFar := func(eps float64) bool { return !isPositive(eps) || eps > 1000 }
	if len(a.Eps) == 0 || slices.ContainsFunc(a.Eps, tooFar) || !isCount(a.Steps) || a.Examples < 1 {
		return fmt.Errorf("the ascent %+v can not be taken; give it sizes of the box above 0, 1 to %d steps, and examples", a, atMost)
	}
	return nil
}

func (s *Sharpness) valid() error {
	if s == nil {
		return errors.New("a sharpness is nil; take one that MeasureSharpness returned")
	}
	if err := cmp.Or(s.Run.valid(), s.Ascent.valid()); err != nil {
		return fmt.Errorf("a sharpness: %w", err)
	}
	if len(s.Replicas) != len(s.Run.Replicas) {
		return fmt.Errorf("the sharpness of %s is that of %s, not of %d; take one that MeasureSharpness returned", s.Run.Label(), plural(len(s.Replicas), "replica"), len(s.Run.Replicas))
	}
	for _, r := range s.Replicas {
		if err := cmp.Or(validVector("the sharpness of "+s.Run.Label(), r.Keskar, len(s.Ascent.Eps)), validNumbers("loss and eigenvalue of "+s.Run.Label(), []float64{r.Loss, r.Eigenvalue})); err != nil {
			return err
		}
	}
	return nil
}

func (p Polished) valid() error {
	if err := p.Run.valid(); err != nil {
		return fmt.Errorf("a polished run: %w", err)
	}
	if len(p.Results) != len(p.Run.Replicas) {
		return fmt.Errorf("the polished run of %s has %s for %s; take one that Polish returned", p.Run.Label(), plural(len(p.Results), "result"), plural(len(p.Run.Replicas), "replica"))
	}
	return nil
}

func (c CriticalPoint) valid() error {
	if len(c.Norms) == 0 || len(c.Eigenvalues) == 0 {
		return errors.New("a critical point has no gradient norms, or no eigenvalues; take one that FindCritical returned")
	}
	return cmp.Or(validNumbers("the gradient norms of a critical point", c.Norms), validNumbers("the eigenvalues of a critical point", c.Eigenvalues),
		validNumbers("loss and ratios of a critical point", []float64{c.StartLoss, c.Loss, c.MSE, c.Kernel, c.Flatness, c.Sampled}))
}

func (c FeatureCurve) valid() error {
	n, seeds := len(c.Features), len(c.TestMSE)
	if n == 0 || seeds == 0 || c.Examples < 1 || slices.Min(c.Features) < 1 {
		return fmt.Errorf("the curve of %d examples, %s and %s of features is not complete; take one that FitRandomFeatures returned", c.Examples, plural(seeds, "seed"), plural(n, "number"))
	}
	return cmp.Or(validMatrix("the training MSE", c.TrainMSE, seeds, n), validMatrix("the test MSE", c.TestMSE, seeds, n), validMatrix("the test error", c.TestError, seeds, n))
}

func (s Surface) valid() error {
	if err := s.Run.valid(); err != nil {
		return fmt.Errorf("a surface: %w", err)
	}
	increasing := func(at []float64) bool {
		return slices.IsSorted(at) && len(slices.Compact(slices.Clone(at))) == len(at)
	}
	switch {
	case len(s.X) < 2 || len(s.Y) < 2 || !increasing(s.X) || !increasing(s.Y):
		return fmt.Errorf("the surface in %q is no grid of rising coordinates; take one that RandomSurface or PathSurface returned", s.Plane)
	case len(s.Shares) == 1:
		return fmt.Errorf("the surface in %q has a share of one direction; give both or none", s.Plane)
	}
	return cmp.Or(validNumbers("the grid of a surface", slices.Concat(s.X, s.Y)), validMatrix("the losses of a surface", s.Losses, len(s.Y), len(s.X)),
		validNumbers("the shares of a surface", s.Shares), validNumbers("the path on a surface", s.PathX), validVector("the path on a surface", s.PathY, len(s.PathX)))
}

func (f FullNorms) valid() error {
	if err := f.Run.valid(); err != nil {
		return fmt.Errorf("the norms of the whole training set: %w", err)
	}
	if len(f.Epochs) == 0 || len(f.Losses) == 0 {
		return errors.New("the norms of the whole training set have no epochs; take those that GradNorms returned")
	}
	return cmp.Or(validMatrix("the losses of the whole set", f.Losses, len(f.Losses), len(f.Epochs)),
		validMatrix("the norms of the whole set", f.Norms, len(f.Losses), len(f.Epochs)))
}

func (w Walks) valid() error {
	if len(w.Pooled) < 2 || len(w.Own) < 2 {
		return errors.New("the random walks have no two components; take those that RandomWalks returned")
	}
	return cmp.Or(w.Beside.valid(), validNumbers("the shares of random walks", w.Pooled), validNumbers("the shares of random walks", w.Own))
}

func (t Trajectories) valid() error {
	if err := t.Run.valid(); err != nil {
		return fmt.Errorf("the trajectories of the %s: %w", t.What, err)
	}
	if len(t.Shares) < 2 || len(t.Paths) == 0 {
		return fmt.Errorf("the trajectories of the %s have %s and %s; take those that FollowPaths returned", t.What, plural(len(t.Shares), "component"), plural(len(t.Paths), "path"))
	}
	for _, path := range t.Paths {
		if err := path.valid(); err != nil {
			return fmt.Errorf("the trajectories of the %s, seed %d: %w", t.What, path.Seed, err)
		}
	}
	return validNumbers("the shares of the components", t.Shares)
}

func (p Path) valid() error {
	n := len(p.Epochs)
	if n == 0 || len(p.Own) < 2 {
		return fmt.Errorf("a path of %s and %s; take one that FollowPaths returned", plural(n, "epoch"), plural(len(p.Own), "component"))
	}
	return cmp.Or(validVector("the path's first component", p.X, n), validVector("the path's second component", p.Y, n),
		validVector("the path's losses", p.Losses, n), validNumbers("the path's own shares", p.Own))
}

// valid checks that an objective was made by [NewObjective].
func (o *Objective) valid() error {
	if o == nil || len(o.parts) == 0 {
		return errors.New("the objective is empty; take one that NewObjective returned")
	}
	return nil
}

// complete reports whether all courses are.
func (s *Sensitivity) complete() bool {
	return s != nil && !slices.ContainsFunc(s.Courses, func(c SensitivityCourse) bool { return c.valid() != nil })
}

// needSameBoxes returns an error unless sharpnesses, which are valid, were measured
// in boxes of the same sizes.
func needSameBoxes(function string, ss []*Sharpness) error {
	for _, s := range ss {
		if !slices.Equal(s.Ascent.Eps, ss[0].Ascent.Eps) {
			return fmt.Errorf("%s: %s was measured in boxes of %v and %s of %v; measure all in the same", function, s.Run.Label(), s.Ascent.Eps, ss[0].Run.Label(), ss[0].Ascent.Eps)
		}
	}
	return nil
}

func (c Cost) valid() error {
	if len(c.Seconds) == 0 || slices.Min(c.Seconds) <= 0 {
		return fmt.Errorf("the cost of %s is not complete; take one that MeasureCosts returned", c.Spec.describe())
	}
	if _, err := c.Spec.resolved(); err != nil {
		return err
	}
	return validNumbers("the seconds of an epoch", c.Seconds)
}

func (s CostSeries) valid() error { return check("the series "+s.Title, s.Costs...) }
