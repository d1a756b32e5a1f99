package hw1

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
)

// This file calls every exported function with arguments that make no sense. It
// takes sensible ones, spoils one of them in every way that its type allows, and
// expects an error, or a result, but never a panic.

// exported are the package's functions and methods, but for those of stopsTheCell.
var exported = map[string]any{
	"BackendName": BackendName, "Bump": Bump, "Claim": Claim, "CommonLoss": CommonLoss, "FunctionGrid": FunctionGrid,
	"LargestDifference": LargestDifference, "Logits": Logits, "Losses": Losses, "McNemar": McNemar, "Median": Median,
	"MinimalRatios": MinimalRatios, "Positions": Positions, "Predict": Predict, "Quick": Quick, "SeedsFromEnv": SeedsFromEnv,
	"ZeroTolerance": ZeroTolerance, "CNN": CNN, "MLP": MLP, "Classify": Classify, "Connect": Connect, "Interpolate": Interpolate,
	"RankCorrelation": RankCorrelation, "Correlate": Correlate, "FindCritical": FindCritical, "OfClass": OfClass,
	"FitRandomFeatures": FitRandomFeatures, "CapacityPlot": CapacityPlot, "ConfusionPlot": ConfusionPlot,
	"ConnectionPlot": ConnectionPlot, "CorrelationPlot": CorrelationPlot, "CurvesPlot": CurvesPlot, "DescentPlot": DescentPlot,
	"EqualLossPlot": EqualLossPlot, "FeaturePlot": FeaturePlot, "FitPlot": FitPlot, "FunctionPlot": FunctionPlot,
	"GradNormPlot": GradNormPlot, "LossPlot": LossPlot, "MemorizePlot": MemorizePlot, "MinimalRatioPlot": MinimalRatioPlot,
	"NoisePlot": NoisePlot, "PathPlot": PathPlot, "SearchPlot": SearchPlot, "SensitivityPlot": SensitivityPlot,
	"SharePlot": SharePlot, "SharpnessPlot": SharpnessPlot, "SpectrumPlot": SpectrumPlot, "StepPlot": StepPlot,
	"SurfacePlot": SurfacePlot, "WorstPlot": WorstPlot, "Fits": Fits, "GradNorms": GradNorms, "NewObjective": NewObjective,
	"Polish": Polish, "Rescale": Rescale, "Threshold": Threshold, "Train": Train, "TrainOne": TrainOne,
	"MeasureSensitivity": MeasureSensitivity, "MeasureSharpness": MeasureSharpness, "PathSurface": PathSurface,
	"RandomSurface": RandomSurface, "AccuracyTable": AccuracyTable, "BarrierTable": BarrierTable, "CapacityTable": CapacityTable,
	"ClassTable": ClassTable, "CorrelationTable": CorrelationTable, "ErrorTable": ErrorTable, "MemorizeTable": MemorizeTable,
	"PairTable": PairTable, "PolishTable": PolishTable, "SearchTable": SearchTable, "SensitivityTable": SensitivityTable,
	"ShareTable": ShareTable, "SharpnessTable": SharpnessTable, "SummaryTable": SummaryTable, "FollowPaths": FollowPaths,
	"RandomWalks": RandomWalks,

	"Arch.Outputs": Arch.Outputs, "Arch.Padded": Arch.Padded, "Arch.ParamCount": Arch.ParamCount, "Arch.Params": Arch.Params,
	"Arch.String": Arch.String, "Classification.Mistakes": Classification.Mistakes, "Connection.Barriers": (*Connection).Barriers,
	"Connection.Lowest": (*Connection).Lowest, "Correlation.String": Correlation.String, "CriticalPoint.GradNorm": CriticalPoint.GradNorm,
	"CriticalPoint.MinimalRatio": CriticalPoint.MinimalRatio, "CriticalPoint.NaiveRatio": CriticalPoint.NaiveRatio,
	"CriticalPoint.Signs": CriticalPoint.Signs, "Examples.Len": Examples.Len, "FeatureCurve.Peak": FeatureCurve.Peak,
	"History.EarlyStop": History.EarlyStop, "Objective.Gradients": (*Objective).Gradients, "Objective.Hessian": (*Objective).Hessian,
	"Objective.HessianVectors": (*Objective).HessianVectors, "Objective.LargestEigenvalue": (*Objective).LargestEigenvalue,
	"Objective.Values": (*Objective).Values, "Polished.TestLosses": Polished.TestLosses, "Polished.TrainLosses": Polished.TrainLosses,
	"Run.Count": (*Run).Count, "Run.EpochsToFit": (*Run).EpochsToFit, "Run.Label": (*Run).Label, "Run.TestAccuracies": (*Run).TestAccuracies,
	"Run.TestLosses": (*Run).TestLosses, "Run.TrainAccuracies": (*Run).TrainAccuracies, "Run.TrainLosses": (*Run).TrainLosses,
	"Run.Values": (*Run).Values, "Sensitivity.AtLoss": (*Sensitivity).AtLoss, "Sensitivity.Final": (*Sensitivity).Final,
	"Sharpness.Eigenvalues": (*Sharpness).Eigenvalues, "Sharpness.Keskar": (*Sharpness).Keskar, "Spec.Label": Spec.Label,
	"Task.At": Task.At, "Task.Formula": Task.Formula, "Task.Slug": Task.Slug, "Trajectories.OwnTwoShare": Trajectories.OwnTwoShare,
	"Trajectories.TwoShare": Trajectories.TwoShare,
}

// stopsTheCell are the functions that end the program at an error; a test of their
// own calls them in another process.
var stopsTheCell = []string{"Check", "Show", "ShowTable", "ShowReading"}

// No exported function is forgotten.
func TestExportedIsComplete(t *testing.T) {
	want := map[string]bool{}
	for _, name := range stopsTheCell {
		want[name] = true
	}
	for name := range exported {
		want[name] = true
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() {
				continue
			}
			if name := qualified(f); !want[name] && ast.IsExported(name) {
				t.Errorf("%s is not in the table of exported functions", name)
			}
		}
	}
}

// qualified returns the name of a function, or Type.Method.
func qualified(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	return fmt.Sprint(of) + "." + f.Name.Name
}

// sense returns sensible arguments by their type, of which functions take what
// they need: of a run on a function, or on images.
func sense(t *testing.T, spec Spec) map[reflect.Type]reflect.Value {
	t.Helper()
	run := mustTrain(t, spec)
	values := []any{
		run, spec, spec.Task, spec.Arch, run.Replicas[0].History, run.Spec.Arch.Params()[0], "a caption", 2, uint64(3), 0.5,
		Panel{"a panel", []*Run{run}}, []float64{0.5, 0.25, 0.75}, [][]float64{run.Replicas[0].Theta}, []string{"a", "b"}, [2]string{"a", "b"}, []int{4, 8},
		CriticalSearch{Iterations: 3, Neighbours: 4}, SurfaceGrid{Points: 3}, Bend{Epochs: 1, Batch: 20, LearningRate: 1e-3, Points: 3}, Ascent{Eps: []float64{1e-3}, Steps: 2, Examples: 20},
		RandomFeatures{Task: MNIST, Examples: 20, TestSize: 20, Seeds: 1, Features: []int{5, 20, 40}},
		func(Replica) bool { return true }, func(Replica) float64 { return 1 }, []any{1}, true, Converged, ReLU, MSE, error(nil),
		[][]Score{{{1, 0.5}, {2, 0.25}, {1, 0.75}}},
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
	train, _, err := run.Spec.examples()
	add(train, err)
	for _, made := range []func() (any, error){
		func() (any, error) { return NewObjective(run) },
		func() (any, error) { return FollowPaths(run, 1) },
		func() (any, error) { return GradNorms(run) },
		func() (any, error) { return RandomSurface(run, SurfaceGrid{Points: 3}) },
		func() (any, error) { return Interpolate(run, run, []float64{0, 0.5, 1}) },
		func() (any, error) { return FindCritical(run, CriticalSearch{Iterations: 3, Neighbours: 4}) },
		func() (any, error) { points, err := FindCritical(run, CriticalSearch{Iterations: 3, Neighbours: 4}); return first(points, err) },
		func() (any, error) { all, err := Fits(run); return first(all, err) },
		func() (any, error) { all, err := Polish(2, run); return first(all, err) },
		func() (any, error) { all, err := Classify(run); return first(all, err) },
		func() (any, error) { all, err := MeasureSensitivity(run); return first(all, err) },
		func() (any, error) { all, err := MeasureSensitivity(run); return Responses{"a rule", all}, err },
		func() (any, error) { all, err := MeasureSharpness(Ascent{Eps: []float64{1e-3}, Steps: 2, Examples: 20}, run); return first(all, err) },
		func() (any, error) {
			return FitRandomFeatures(RandomFeatures{Task: MNIST, Examples: 20, TestSize: 20, Seeds: 1, Features: []int{5, 20, 40}})
		},
	} {
		add(made())
	}
	return table
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
		out = append(out, reflect.Zero(v.Type()), reflect.MakeSlice(v.Type(), 0, 0), reflect.MakeSlice(v.Type(), 1, 1))
		if v.Len() > 0 && depth > 0 {
			out = append(out, v.Slice(0, v.Len()-1))
			for _, elem := range spoiled(v.Index(0), depth-1) {
				s := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
				reflect.Copy(s, v)
				s.Index(0).Set(elem)
				out = append(out, s)
			}
		}
	case reflect.Struct:
		out = append(out, reflect.Zero(v.Type()))
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
	}
	return out
}

// TestMisuse spoils one argument at a time. In a short test it tries some of the
// ways, in a full one many more.
func TestMisuse(t *testing.T) {
	needData(t)
	newStore(t)
	t.Setenv("HW1_QUICK", "1")
	ways := 60
	if testing.Short() {
		ways = 8
	}
	for _, spec := range []Spec{
		{Task: Sinc, Arch: MLP(1, 4, 3, 1), Activation: Tanh, Epochs: 4, SnapshotEach: 1, Seeds: 2},
		{Task: MNIST, Arch: MLP(784, 4, 10), Epochs: 2, Batch: 20, SnapshotEach: 1, TrainSize: 100, TestSize: 50},
	} {
		sensible := sense(t, spec)
		for name, f := range exported {
			t.Run(fmt.Sprintf("%s of %s", name, spec.Task), func(t *testing.T) { misuse(t, name, reflect.ValueOf(f), sensible, ways) })
		}
	}
}

func misuse(t *testing.T, name string, f reflect.Value, sensible map[reflect.Type]reflect.Value, ways int) {
	args := make([]reflect.Value, f.Type().NumIn())
	for i := range args {
		of := f.Type().In(i)
		arg, ok := sensible[of]
		if elem, has := sensibleElem(sensible, of); !ok && has {
			arg, ok = reflect.Append(reflect.MakeSlice(of, 0, 1), elem), true
		}
		if !ok {
			arg = reflect.Zero(of)
		}
		args[i] = arg
	}
	callSafely(t, name, f, args)
	rng := rand.New(rand.NewPCG(7, uint64(len(name))))
	for i, arg := range args {
		bad := spoiled(arg, 4)
		rng.Shuffle(len(bad), func(a, b int) { bad[a], bad[b] = bad[b], bad[a] })
		for _, value := range bad[:min(ways, len(bad))] {
			changed := append([]reflect.Value{}, args...)
			changed[i] = value
			callSafely(t, name, f, changed)
		}
	}
}

func sensibleElem(sensible map[reflect.Type]reflect.Value, of reflect.Type) (reflect.Value, bool) {
	if of.Kind() != reflect.Slice {
		return reflect.Value{}, false
	}
	elem, ok := sensible[of.Elem()]
	return elem, ok
}

// callSafely calls f, draws the figure that it returns, and looks at its error.
func callSafely(t *testing.T, name string, f reflect.Value, args []reflect.Value) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s(%.1500s) panics: %v", name, describeArgs(args), p)
		}
	}()
	var results []reflect.Value
	if f.Type().IsVariadic() {
		results = f.CallSlice(args)
	} else {
		results = f.Call(args)
	}
	for _, r := range results {
		switch v := r.Interface().(type) {
		case error:
			if message := v.Error(); strings.Count(message, "\n") > 1 || len(message) > 2500 || strings.Contains(message, "goroutine") {
				t.Errorf("%s(%.500s): %d bytes of error: %.600s", name, describeArgs(args), len(message), message)
			}
		case *Figure:
			if v != nil {
				if _, err := v.render(); err != nil && strings.Contains(err.Error(), "goroutine") {
					t.Errorf("%s(%.500s): %v", name, describeArgs(args), err)
				}
			}
		case *Table:
			if v != nil {
				_ = v.html() + v.text() + v.csv()
			}
		}
	}
}

func describeArgs(args []reflect.Value) string {
	var parts []string
	for _, a := range args {
		parts = append(parts, fmt.Sprintf("%+v", a.Interface()))
	}
	return strings.Join(parts, ", ")
}
