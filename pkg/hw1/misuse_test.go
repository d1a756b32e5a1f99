package hw1

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// This file calls every exported function with arguments that make no sense. It
// takes sensible ones, spoils one of them in every way that its type allows, and
// expects an error, or a result, but never a panic.

// exported are the package's functions and methods, but for those of stopsTheCell.
var exported = map[string]any{
	"Bump": Bump, "Claim": Claim, "CommonLoss": CommonLoss, "FunctionGrid": FunctionGrid,
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
	"RandomWalks": RandomWalks, "MeasureCosts": MeasureCosts, "CostPlot": CostPlot, "Cost.Median": Cost.Median,
	"CostSeries.Exponent": CostSeries.Exponent,

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
	"Task.At": Task.At, "Spec.ConstantLoss": Spec.ConstantLoss, "Task.Formula": Task.Formula, "Trajectories.OwnTwoShare": Trajectories.OwnTwoShare,
	"Trajectories.TwoShare": Trajectories.TwoShare,
	"Medians":               Medians, "Compare": Compare[float64], "CompareTable": CompareTable, "FullNorms.Medians": FullNorms.Medians,
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

// TestMisuse spoils one argument at a time, in some of the ways that there are, as
// long as the time for a function lasts: many make sense after all, and compute. A
// full test tries many more than a short one.
func TestMisuse(t *testing.T) {
	needData(t)
	newStore(t)
	t.Setenv("HW1_QUICK", "1")
	specs := []Spec{
		{Task: MNIST, Arch: MLP(784, 4, 10), Epochs: 2, Batch: 20, SnapshotEach: 1, TrainSize: 100, TestSize: 50},
		{Task: Sinc, Arch: MLP(1, 4, 3, 1), Activation: Tanh, Epochs: 4, SnapshotEach: 1, Seeds: 2},
	}
	ways, each := 200, time.Second
	if testing.Short() { // images alone
		specs, ways, each = specs[:1], 8, time.Second/10
	}
	for _, spec := range specs {
		sensible := sense(t, spec)
		for name, f := range exported {
			t.Run(fmt.Sprintf("%s of %s", name, spec.Task), func(t *testing.T) { misuse(t, name, reflect.ValueOf(f), sensible, ways, each) })
		}
	}
}

func misuse(t *testing.T, name string, f reflect.Value, sensible map[reflect.Type]reflect.Value, ways int, each time.Duration) {
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
	if !callSafely(t, name, f, args) {
		return
	}
	start, rng := time.Now(), rand.New(rand.NewPCG(7, uint64(len(name))))
	for i, arg := range args {
		bad := spoiled(arg, 6)
		rng.Shuffle(len(bad), func(a, b int) { bad[a], bad[b] = bad[b], bad[a] })
		for _, value := range bad[:min(ways, len(bad))] {
			if time.Since(start) > each*time.Duration(i+1)/time.Duration(len(args)) {
				break
			}
			changed := append([]reflect.Value{}, args...)
			changed[i] = value
			if !callSafely(t, name, f, changed) {
				return
			}
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
