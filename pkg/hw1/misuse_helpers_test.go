package hw1_test

import (
	"fmt"
	"math"
	"reflect"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"hw1/pkg/hw1/capacity"
	"hw1/pkg/hw1/classify"
	"hw1/pkg/hw1/connect"
	"hw1/pkg/hw1/cost"
	"hw1/pkg/hw1/critical"
	"hw1/pkg/hw1/curvature"
	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/fit"
	"hw1/pkg/hw1/gradnorm"
	"hw1/pkg/hw1/internal/traintest"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/memorize"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/paths"
	"hw1/pkg/hw1/sensitivity"
	"hw1/pkg/hw1/sharpness"
	"hw1/pkg/hw1/stability"
	"hw1/pkg/hw1/surface"
)

// sense returns sensible arguments by their type, of which functions take what
// they need: of a run on a function, or on images.
func sense(t *testing.T, spec experiment.Spec) map[reflect.Type]reflect.Value {
	t.Helper()
	run := traintest.MustTrain(t, spec)
	values := []any{
		run, spec, spec.Task, spec.Arch, run.Replicas[0].History, run.Spec.Arch.Params()[0], "a caption", 2, uint64(3), 0.5,
		curves.Panel{Title: "a panel", Runs: []*experiment.Run{run}},
		[]float64{0.5, 0.25, 0.75},
		[][]float64{run.Replicas[0].Theta},
		[]string{"a"},
		[2]string{"a", "b"},
		[]int{4, 8},
		critical.Search{Iterations: 3, Neighbours: 4},
		surface.Grid{Points: 3},
		connect.Bend{Epochs: 1, Batch: 20, LearningRate: 1e-3, Points: 3},
		sharpness.Ascent{Eps: []float64{1e-3}, Steps: 2, Examples: 20},
		capacity.RandomFeatures{Task: data.MNIST, Examples: 20, TestSize: 20, Seeds: 1, Features: []int{5, 20, 40}},
		cost.Series{Title: "a series", Costs: []cost.Cost{{Spec: run.Spec, Seconds: []float64{0.5, 1}}, {Spec: run.Spec, Seconds: []float64{2}}}},
		func(experiment.Spec) float64 { return 2 },
		func(experiment.Replica) bool { return true }, func(experiment.Replica) float64 { return 1 },
		[]any{1},
		true, critical.Converged, nn.ReLU, loss.MSE, error(nil),
		[][]experiment.Score{{{Loss: 1, Accuracy: 0.5}, {Loss: 2, Accuracy: 0.25}, {Loss: 1, Accuracy: 0.75}}},
	}
	table := map[reflect.Type]reflect.Value{}
	add := func(v any, err error) {
		if err == nil && v != nil {
			table[reflect.TypeOf(v)] = reflect.ValueOf(v)
		}
	}
	for _, v := range values {
		add(v, nil)
	}
	train, _, err := run.Spec.Examples()
	add(train, err)
	for _, made := range analyses(run) {
		add(made())
	}
	return table
}

// analyses make what the analyses of a run return; some take runs on functions, and
// some runs on images.
func analyses(run *experiment.Run) []func() (any, error) {
	return []func() (any, error){
		func() (any, error) { return eval.NewObjective(run) },
		func() (any, error) { return paths.Follow(1, run) },
		func() (any, error) { return gradnorm.Measure(run) },
		func() (any, error) { return gradnorm.Follow(1, run) },
		func() (any, error) { return gradnorm.MeasureBatches(2, run) },
		func() (any, error) { return curvature.Follow(1, run) },
		func() (any, error) { all, err := stability.Follow(1, run); return first(all, err) },
		func() (any, error) { return surface.Random(run, surface.Grid{Points: 3}) },
		func() (any, error) { return connect.Interpolate(run, run, []float64{0, 0.5, 1}) },
		func() (any, error) { return critical.Find(run, critical.Search{Iterations: 3, Neighbours: 4}) },
		func() (any, error) {
			points, err := critical.Find(run, critical.Search{Iterations: 3, Neighbours: 4})
			return first(points, err)
		},
		func() (any, error) { all, err := fit.Evaluate(run); return first(all, err) },
		func() (any, error) { all, err := fit.Polish(2, run); return first(all, err) },
		func() (any, error) { all, err := classify.Images(run); return first(all, err) },
		func() (any, error) { all, err := memorize.Probe(run); return first(all, err) },
		func() (any, error) { all, err := sensitivity.Measure(run); return first(all, err) },
		func() (any, error) {
			all, err := sensitivity.Measure(run)
			return sensitivity.Group{Title: "a rule", Sensitivities: all}, err
		},
		func() (any, error) {
			all, err := sharpness.Measure(sharpness.Ascent{Eps: []float64{1e-3}, Steps: 2, Examples: 20}, run)
			return first(all, err)
		},
		func() (any, error) {
			return capacity.FitRandomFeatures(capacity.RandomFeatures{Task: data.MNIST, Examples: 20, TestSize: 20, Seeds: 1, Features: []int{5, 20, 40}})
		},
	}
}

func first[T any](all []T, err error) (any, error) {
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// spoiled returns values of v's type that make no sense, or less than v.
func spoiled(v reflect.Value, depth int) []reflect.Value {
	var out []reflect.Value
	add := func(values ...any) {
		for _, value := range values {
			out = append(out, reflect.ValueOf(value).Convert(v.Type()))
		}
	}
	switch v.Kind() {
	case reflect.String:
		add("", "nonsense", strings.Repeat("x", 1000))
	case reflect.Int:
		add(0, -1, math.MaxInt32, math.MinInt, math.MaxInt)
	case reflect.Uint64, reflect.Uint8:
		add(0)
	case reflect.Float64:
		add(0, -1, 1e308, math.NaN(), math.Inf(1), math.Inf(-1))
	case reflect.Func, reflect.Interface:
		out = append(out, reflect.Zero(v.Type()))
	case reflect.Pointer:
		out = append(out, reflect.Zero(v.Type()))
		if !v.IsNil() && depth > 0 {
			for _, elem := range spoiled(v.Elem(), depth) {
				p := reflect.New(v.Type().Elem())
				p.Elem().Set(elem)
				out = append(out, p)
			}
		}
	case reflect.Slice:
		out = append(out, spoiledSlices(v, depth)...)
	case reflect.Array:
		for _, elem := range spoiled(v.Index(0), depth) {
			a := reflect.New(v.Type()).Elem()
			reflect.Copy(a, v)
			a.Index(0).Set(elem)
			out = append(out, a)
		}
	case reflect.Struct:
		out = append(out, spoiledStructs(v, depth)...)
	}
	return out
}

func spoiledSlices(v reflect.Value, depth int) []reflect.Value {
	out := []reflect.Value{reflect.Zero(v.Type()), reflect.MakeSlice(v.Type(), 0, 0), reflect.MakeSlice(v.Type(), 1, 1)}
	if v.Len() == 0 || depth == 0 {
		return out
	}
	out = append(out, v.Slice(0, v.Len()-1))
	for _, elem := range spoiled(v.Index(0), depth-1) {
		s := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(s, v)
		s.Index(0).Set(elem)
		out = append(out, s)
	}
	return out
}

func spoiledStructs(v reflect.Value, depth int) []reflect.Value {
	out := []reflect.Value{reflect.Zero(v.Type())}
	for i := range v.NumField() {
		if depth == 0 || !v.Type().Field(i).IsExported() {
			continue
		}
		for _, field := range spoiled(v.Field(i), depth-1) {
			s := reflect.New(v.Type()).Elem()
			s.Set(v)
			s.Field(i).Set(field)
			out = append(out, s)
		}
	}
	return out
}

// A call with arguments that make no sense has to come back in this time, and
// without having asked for this memory.
const (
	misuseTime   = 20 * time.Second
	misuseMemory = 2 << 30
)

// callSafely calls f and looks at what it returns. It reports whether the function
// can be called again, as one that hangs goes on in its goroutine, and whether it returned an error.
func callSafely(t *testing.T, name string, f reflect.Value, args []reflect.Value) (back, failed bool) {
	t.Helper()
	before := allocated()
	refused := false // read only when the call is back
	finished := make(chan string, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				finished <- fmt.Sprintf("panics: %v", p)
			}
		}()
		call := f.Call
		if f.Type().IsVariadic() {
			call = f.CallSlice
		}
		results := call(args)
		refused = slices.ContainsFunc(results, func(r reflect.Value) bool { err, ok := r.Interface().(error); return ok && err != nil })
		finished <- faultOf(name, results)
	}()
	fault := "does not come back"
	select {
	case fault = <-finished:
		back, failed = true, refused
	case <-time.After(misuseTime):
	}
	if asked := allocated() - before; fault == "" && asked > misuseMemory {
		fault = fmt.Sprintf("asks for %d MiB of memory", asked>>20)
	}
	if fault != "" {
		t.Errorf("%s(%.1000s) %s", name, describeArgs(args), fault)
	}
	return back, failed
}

// allocated returns the bytes that the program has asked for so far, without stopping it.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// faultOf says what is wrong with the results of a call, if anything is. It draws
// the figures and writes the tables among them.
func faultOf(name string, results []reflect.Value) string {
	for _, r := range results {
		var err error
		switch v := r.Interface().(type) {
		case error:
			err = v
		case *figure.Figure:
			if v != nil {
				_, err = v.Render()
			}
		case *figure.Table:
			if v != nil {
				_ = v.HTML() + v.Text() + v.CSV()
			}
		}
		if err != nil && !readable(err.Error()) {
			return fmt.Sprintf("has an error of %d bytes: %.600s", len(err.Error()), err)
		}
		if bare := name[strings.LastIndex(name, ".")+1:]; err != nil && strings.HasPrefix(err.Error(), bare) {
			return fmt.Sprintf("is named without its package: %s", err)
		}
	}
	return ""
}

// readable reports whether a message is short, and about the arguments rather than
// about the code.
func readable(message string) bool {
	if strings.Count(message, "\n") > 1 || len(message) > 2500 {
		return false
	}
	for _, word := range []string{"goroutine", "runtime error", "nil pointer", "reflect"} {
		if strings.Contains(message, word) {
			return false
		}
	}
	return true
}

func describeArgs(args []reflect.Value) string {
	var parts []string
	for _, a := range args {
		parts = append(parts, fmt.Sprintf("%+v", a.Interface()))
	}
	return strings.Join(parts, ", ")
}
