package data

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// Sampling says at which points a function is learnt and tested, as plain data. The zero
// value is the homework's sampling: 500 points on [-1, 1] to train on, 498 between them to test.
type Sampling struct {
	Low, High float64 // the interval of every input; default [-1, 1]
	Train     int     // training points; default 500, with two inputs 1,024, with more 2,000
	Test      int     // test points; default those between the training points; if these are random, or have none between them, as many as Train
	Random    bool    // draw points uniformly, as is always done for three or more inputs; else they are regular
	Noise     float64 // standard deviation of the normal noise added to the training targets
	Seed      int     // seed of the random points and the noise
	Classes   int     // number of classes, whose numbers 0, 1, … are the function's values; default 0, a regression
}

// Function declares a function of one variable as a task. Changing the function makes another
// task, renaming it does not. Mistakes in it are reported when the task is used.
func Function(name string, f func(x float64) float64, sampling ...Sampling) Task {
	if f == nil {
		return FunctionOf(name, 1, nil, sampling...)
	}
	return FunctionOf(name, 1, func(x []float64) float64 { return f(x[0]) }, sampling...)
}

// FunctionOf is [Function] for a function of several variables, [inputs].
func FunctionOf(name string, inputs int, f func(x []float64) float64, sampling ...Sampling) Task {
	if f == nil {
		return VectorFunction(name, inputs, 1, nil, sampling...)
	}
	return VectorFunction(name, inputs, 1, func(x []float64) []float64 { return []float64{f(x)} }, sampling...)
}

// VectorFunction is [FunctionOf] for a function with several values, [outputs], such as a curve in the plane, or a color image of two
// coordinates. Sampling.Classes does not apply.
func VectorFunction(name string, inputs, outputs int, f func(x []float64) []float64, sampling ...Sampling) Task {
	if len(sampling) > 1 || f == nil {
		return declare(Info{Name: name, err: fmt.Errorf("the function %q is nil, or has %d samplings; give a function, and at most one sampling", name, len(sampling)), load: noExamples})
	}
	own := func(x []float64) []float64 { return slices.Clone(f(slices.Clone(x))) } // f may sort x, or return the same array each time
	return declare(sampled(name, inputs, outputs, own, append(sampling, Sampling{})[0]))
}

func noExamples() (train, test Examples, err error) { return train, test, nil }

// sampled returns a function as a task.
func sampled(name string, inputs, outputs int, f func(x []float64) []float64, s Sampling) Info {
	info := Info{Name: name, Shape: []int{inputs}, Classes: s.Classes, Outputs: outputs, truth: f, load: noExamples}
	s, err := s.resolved(inputs, outputs)
	if !check.IsText(name) {
		err = errors.New("its name has characters that no figure can show; write it in UTF-8")
	}
	if err != nil {
		info.err = fmt.Errorf("the function %q: %w", name, err)
		return info
	}
	trainX, testX := s.points(inputs)
	for _, xs := range [][]float64{trainX, testX} { // so that the first examples of a task with labels are a sample of all
		rand.New(rand.NewPCG(0, num.StreamSpread)).Shuffle(num.Int(s.Classes > 2)*len(xs)/inputs, func(i, j int) {
			for k := range inputs {
				xs[i*inputs+k], xs[j*inputs+k] = xs[j*inputs+k], xs[i*inputs+k]
			}
		})
	}
	train, test, err := s.samples(info, trainX, testX)
	if err != nil {
		info.err = err
		return info
	}
	if info.noisy = s.Noise > 0; info.noisy {
		rng := rand.New(rand.NewPCG(uint64(s.Seed), num.StreamTargets))
		for i := range train.Y {
			train.Y[i] += s.Noise * rng.NormFloat64()
		}
	}
	if s.Classes > 2 {
		info.Labels, info.Outputs = true, 0
		for _, set := range []*Examples{&train, &test} {
			set.Labels, set.Y = num.Map(set.Y, func(y float64) uint8 { return uint8(y) }), nil
		}
	}
	info.TrainSize, info.TestSize = train.Len(), test.Len()
	info.load = func() (Examples, Examples, error) { return train, test, nil }
	return info
}

// samples evaluates a function at two sets of points [n, inputs]. Its error says where the function has no value, or a wrong one.
func (s Sampling) samples(info Info, trainX, testX []float64) (train, test Examples, err error) {
	var at []float64
	seen := func(x []float64) []float64 {
		at = x
		y := info.truth(x)
		if len(y) != info.Outputs && err == nil {
			err = fmt.Errorf("the function %q returns %s at %v, where %d were announced; give it as many outputs as it has values", info.Name, words.Plural(len(y), "value"), at, info.Outputs)
		}
		return y
	}
	inputs := info.Features()
	var again Examples // at the first points
	wrong := check.Caught(func() {
		train, test = info.sample(seen, trainX), info.sample(seen, testX)
		again = info.sample(seen, trainX[:min(len(trainX), 100*inputs)])
	})
	if wrong != "" {
		return train, test, fmt.Errorf("the function %q panics at %v: %s", info.Name, at, wrong)
	}
	if err != nil {
		return train, test, err
	}
	for i, y := range again.Y {
		if was := train.Y[i]; y != was && !(math.IsNaN(y) && math.IsNaN(was)) {
			return train, test, fmt.Errorf("the function %q is %g at %v, and %g when asked again; let it return the same each time, and add noise by Sampling's Noise", info.Name, was, train.X[i/info.Outputs*inputs:][:inputs], y)
		}
	}
	for _, set := range []Examples{train, test} {
		for i, y := range set.Y {
			if !check.IsFinite(y) || s.Classes > 0 && (y < 0 || y >= float64(s.Classes) || y != math.Trunc(y)) {
				example := i / info.Outputs
				return train, test, fmt.Errorf("the function %q is %g at %v, which is not %s; change the function, or its interval", info.Name, y, set.X[example*inputs:(example+1)*inputs], s.values())
			}
		}
	}
	return train, test, nil
}

// values says what each value of the function has to be.
func (s Sampling) values() string {
	if s.Classes > 0 {
		return fmt.Sprintf("a class from 0 to %d", s.Classes-1)
	}
	return "a finite number"
}

// resolved returns the sampling with its defaults filled in, or an error that says what is
// wrong with it and what to change.
func (s Sampling) resolved(inputs, outputs int) (Sampling, error) {
	if s.Low == 0 && s.High == 0 {
		s.Low, s.High = -1, 1
	}
	s.Random = s.Random || inputs > 2
	s.Train = cmp.Or(s.Train, []int{gridSize, 1024, 2000}[min(max(inputs, 1), 3)-1])
	if s.Random || s.Train < 3 || inputs == 2 && s.Train < 9 {
		s.Test = cmp.Or(s.Test, s.Train)
	}
	switch {
	case inputs < 1 || inputs > 1000:
		return s, fmt.Errorf("it has %s; give it 1 to 1000", words.Plural(inputs, "input"))
	case outputs < 1 || outputs > 1000 || outputs > 1 && s.Classes != 0:
		return s, fmt.Errorf("it has %s and %s; give it 1 to 1000 values, and classes only with one", words.Plural(outputs, "value"), words.Plural(s.Classes, "class"))
	case !(s.Low < s.High) || !check.IsFinite(s.High-s.Low):
		return s, fmt.Errorf("its interval goes from %g to %g; set Low below High, at a finite distance", s.Low, s.High)
	case !check.IsCount(s.Train) || s.Test != 0 && !check.IsCount(s.Test) || (s.Train+s.Test)*max(inputs, outputs) > 100*check.Most:
		return s, fmt.Errorf("it has %d training and %d test points with %d inputs and %d outputs; give it 1 to %d of each, fewer with many inputs or outputs", s.Train, s.Test, inputs, outputs, check.Most)
	case !s.Random && inputs == 2 && (root(s.Train)*root(s.Train) != s.Train || root(s.Test)*root(s.Test) != s.Test):
		return s, fmt.Errorf("%d training and %d test points with two inputs do not form square grids; give square numbers, such as 1024 and 900, or set Random", s.Train, s.Test)
	case !check.IsFinite(s.Noise) || s.Noise < 0 || s.Noise > 0 && s.Classes > 0:
		return s, fmt.Errorf("it has noise of %g on %s; noise cannot be negative, and is for regressions only", s.Noise, words.Plural(s.Classes, "class"))
	case s.Classes < 0 || s.Classes == 1 || s.Classes > 256:
		return s, fmt.Errorf("it has %s; give it 2 to 256, or 0 for a regression", words.Plural(s.Classes, "class"))
	case s.Seed < 0:
		return s, fmt.Errorf("its seed is %d; give it 0 or more", s.Seed)
	}
	return s, nil
}

// root returns the square root of n, rounded.
func root(n int) int { return int(math.Round(math.Sqrt(float64(n)))) }

// points returns the training and test points, [n, inputs].
func (s Sampling) points(inputs int) (train, test []float64) {
	if s.Random {
		rng := rand.New(rand.NewPCG(uint64(s.Seed), num.StreamPoints))
		draw := func(n int) []float64 {
			return num.Make(n*inputs, func(int) float64 { return s.Low + (s.High-s.Low)*rng.Float64() })
		}
		return draw(s.Train), draw(s.Test)
	}
	if inputs == 1 {
		return s.regular(s.Train, s.Test)
	}
	train, test = s.regular(root(s.Train), root(s.Test))
	return square(train), square(test)
}

// regular returns the midpoints of n bins of the interval, and m evenly spaced points apart from
// these: for m = 0 the inner edges of the bins, without the one in the middle, so that none is nearer to it than a midpoint.
func (s Sampling) regular(n, m int) (train, test []float64) {
	at := func(numerator, denominator float64) float64 { return s.Low + (s.High-s.Low)*numerator/denominator }
	train = num.Make(n, func(i int) float64 { return at(float64(2*i+1), float64(2*n)) })
	test = num.Make(m, func(i int) float64 { return at(float64(i)+1/math.Phi, float64(m)) })
	for i := 1; m == 0 && i < n; i++ {
		if 2*i != n {
			test = append(test, at(float64(i), float64(n)))
		}
	}
	return train, test
}

// square returns all pairs of some numbers, the second number varying fastest.
func square(xs []float64) []float64 {
	var pairs []float64
	for _, a := range xs {
		for _, b := range xs {
			pairs = append(pairs, a, b)
		}
	}
	return pairs
}

// sample evaluates a function at points [n, inputs].
func (i Info) sample(f func([]float64) []float64, xs []float64) Examples {
	e := Examples{X: xs}
	if i.Outputs > 1 {
		e.Outputs = i.Outputs
	}
	for inputs := max(1, i.Features()); len(xs) >= inputs; xs = xs[inputs:] {
		e.Y = append(e.Y, f(xs[:inputs])...)
	}
	return e
}

// HasTruth reports whether the task is a function, whose values between the examples are known, too.
func (t Task) HasTruth() bool {
	info, _ := t.lookUp()
	return info.truth != nil
}

// IsNoisy reports whether the task is a function whose training targets have noise added.
func (t Task) IsNoisy() bool {
	info, _ := t.lookUp()
	return info.noisy
}

// IsExact reports whether the task is a function with one value, which the training targets have without noise.
func (t Task) IsExact() bool {
	info, _ := t.lookUp()
	return info.truth != nil && info.Outputs == 1 && !info.noisy
}

// Formula returns the function's formula, or "" if it has none.
func (t Task) Formula() string {
	info, _ := t.lookUp()
	return info.formula
}

// At returns the function's value at x, [inputs], without noise, the first one of several; it is NaN if the task is not a function, or
// where that panics.
func (t Task) At(x ...float64) float64 {
	info, _ := t.lookUp()
	return info.at(x)[0]
}

func (i Info) at(x []float64) []float64 {
	if i.err != nil {
		return []float64{math.NaN()}
	}
	outputs := max(1, i.Outputs)
	if i.truth != nil && len(x) == i.Features() && check.Numbers("x", x) == nil {
		var y []float64
		if wrong := check.Caught(func() { y = i.truth(x) }); wrong == "" && len(y) == outputs { // also where it was not sampled
			return y
		}
	}
	return slices.Repeat([]float64{math.NaN()}, outputs)
}

// Truth returns the function's values at points [n, inputs], without noise, [n] or [n, outputs]; they are NaN if the
// task is not a function.
func (t Task) Truth(xs []float64) []float64 {
	info, _ := t.lookUp()
	return info.sample(info.at, xs).Y
}
