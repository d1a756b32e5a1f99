package sharpness

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"hw1/pkg/hw1/analysis"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
)

// Quadrature says how the density of the eigenvalues of a Hessian that is too large to be
// decomposed is estimated.
type Quadrature struct {
	Steps    int `json:"steps"`    // products with each random vector; default 40
	Vectors  int `json:"vectors"`  // random vectors; default 3
	Examples int `json:"examples"` // the first so many training examples, or evenly spread ones of a function; default 0, all
}

// Spectrum is the density of the eigenvalues of the Hessian of a run's objective.
type Spectrum struct {
	Run      *experiment.Run
	Replicas []Density // one per seed
}

// Density has nodes in ascending order, and their weights, which sum to 1: the sum of the weights
// in an interval estimates the share of the eigenvalues there.
type Density struct{ Nodes, Weights []float64 }

// Spectra returns the spectra of runs at their final weights, by stochastic Lanczos quadrature as
// in PyHessian (Yao et al. 2020). The outermost nodes are close to the smallest and the largest
// eigenvalue.
func Spectra(q Quadrature, runs ...*experiment.Run) ([]Spectrum, error) {
	if err := cmp.Or(experiment.NeedSharedLabels("sharpness.Spectra", runs...), experiment.NeedExamples("sharpness.Spectra", q.Examples, runs...)); err != nil {
		return nil, err
	}
	q.Steps, q.Vectors = cmp.Or(q.Steps, 40), cmp.Or(q.Vectors, 3)
	if q.Steps < 2 || q.Steps > 1000 || q.Vectors < 1 || q.Vectors > 1000 {
		return nil, fmt.Errorf("sharpness.Spectra cannot take %d steps from %d vectors; give it 2 to 1000 steps and 1 to 1000 vectors", q.Steps, q.Vectors)
	}
	normalized := slices.ContainsFunc(runs, func(run *experiment.Run) bool { return run.Spec.Arch.BatchNorm }) // in version 1, running statistics counted
	question := analysis.Question{Name: "spectrum", Version: 1 + num.Int(normalized) + 2*num.Int(masked(runs)), Inputs: map[string]any{"runs": num.Map(runs, (*experiment.Run).Identity), "quadrature": q}}
	densities, err := analysis.OfReplicas(question, runs, objectivesOn(cmp.Or(q.Examples, math.MaxInt)), q.density)
	return num.Make(len(densities), func(i int) Spectrum { return Spectrum{runs[i], densities[i]} }), err
}

// density combines the results of the random vectors, which are zero except at the trained parameters.
func (q Quadrature) density(ctx context.Context, o *eval.Objective, r analysis.Replica) (Density, error) {
	var d Density
	trained := o.TrainedAt()
	for v := range q.Vectors {
		nodes, weights, err := num.SpectralDensity(len(trained), q.Steps, uint64(v+1), func(v []float64) ([]float64, error) {
			products, err := o.HessianVectors(r.Theta, num.Put(v, trained, len(r.Theta)))
			if err != nil {
				return nil, err
			}
			return num.At(products[0], trained), ctx.Err()
		})
		if err != nil {
			return d, err
		}
		floats.Scale(1/float64(q.Vectors), weights)
		d.Nodes, d.Weights = append(d.Nodes, nodes...), append(d.Weights, weights...)
	}
	order := make([]int, len(d.Nodes))
	floats.ArgsortStable(d.Nodes, order)
	d.Weights = num.At(d.Weights, order)
	return d, nil
}

// Ends returns the lowest and the highest node of each replica.
func (s Spectrum) Ends() (bottom, top []float64) {
	if s.Valid() != nil {
		return nil, nil
	}
	return num.Map(s.Replicas, func(d Density) float64 { return d.Nodes[0] }),
		num.Map(s.Replicas, func(d Density) float64 { return d.Nodes[len(d.Nodes)-1] })
}

// Valid checks that there is a density for each replica.
func (s Spectrum) Valid() error {
	if err := experiment.Complete("spectrum", "sharpness.Spectra", s.Run, len(s.Replicas)); err != nil {
		return err
	}
	for _, d := range s.Replicas {
		if len(d.Nodes) < 2 || !slices.IsSorted(d.Nodes) {
			return fmt.Errorf("the spectrum of %s does not have two nodes or more in ascending order; take one that sharpness.Spectra returned", s.Run.Label())
		}
		if err := cmp.Or(check.Numbers("the nodes of a spectrum", d.Nodes), check.Vector("the weights of a spectrum", d.Weights, len(d.Nodes))); err != nil {
			return err
		}
	}
	return nil
}

// smoothed returns the density at n points, from three widths below the lowest node to three above the highest: each node is
// spread as a normal distribution, whose standard deviation, its width, is a hundredth of the range.
func (d Density) smoothed(n int) (at, density []float64) {
	low, high := d.Nodes[0], d.Nodes[len(d.Nodes)-1]
	width := max((high-low)/100, 1e-12)
	at, density = floats.Span(make([]float64, n), low-3*width, high+3*width), make([]float64, n)
	for i, x := range at {
		for k, node := range d.Nodes {
			z := (x - node) / width
			density[i] += d.Weights[k] * math.Exp(-z*z/2) / (width * math.Sqrt(2*math.Pi))
		}
	}
	return at, density
}

// SpectrumPlot returns the densities (log) of the eigenvalues of the runs' Hessians, for the first
// replica of each, a panel per run.
func SpectrumPlot(caption string, spectra ...Spectrum) (*figure.Figure, error) {
	if err := check.Args("sharpness.SpectrumPlot", spectra...); err != nil {
		return nil, err
	}
	var row []*figure.Panel
	names := experiment.Labels(num.Map(spectra, func(s Spectrum) *experiment.Run { return s.Run })...)
	for i, s := range spectra {
		p := figure.NewPanel(names[i], "eigenvalue of the Hessian", "density")
		p.LogY()
		for r, d := range s.Replicas {
			p.Record(fmt.Sprintf("nodes and weights of seed %d", s.Run.Replicas[r].Seed), figure.Curve{X: d.Nodes, Median: d.Weights})
		}
		at, density := s.Replicas[0].smoothed(400)
		highest := slices.Max(density)
		p.Line(p.Points(at, num.Map(density, func(v float64) float64 { return max(v, 1e-7*highest) })), figure.Color(i), 1.4)
		row = append(row, p)
	}
	return figure.New(figure.Figure{Name: "spectrum", Caption: caption, Alt: "Density of the eigenvalues of the Hessian"}, row)
}
