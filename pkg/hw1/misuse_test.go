package hw1_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/capacity"
	"hw1/pkg/hw1/classify"
	"hw1/pkg/hw1/connect"
	"hw1/pkg/hw1/cost"
	"hw1/pkg/hw1/critical"
	"hw1/pkg/hw1/curvature"
	"hw1/pkg/hw1/curves"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/dataset"
	"hw1/pkg/hw1/eval"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/fit"
	"hw1/pkg/hw1/gradnorm"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/loss"
	"hw1/pkg/hw1/memorize"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/paths"
	"hw1/pkg/hw1/sensitivity"
	"hw1/pkg/hw1/sharpness"
	"hw1/pkg/hw1/stability"
	"hw1/pkg/hw1/stats"
	"hw1/pkg/hw1/surface"
	"hw1/pkg/hw1/train"
)

// This file calls every exported function with arguments that make no sense. It
// takes sensible ones, spoils one of them in every way that its type allows, and
// expects an error, or a result, but never a panic.

// exported are the functions and methods that cells call, but for those of stopsTheCell.
var exported = []any{
	capacity.Threshold, capacity.Bump, capacity.Bumps, capacity.Plot, capacity.DescentPlot, capacity.Table, capacity.FitRandomFeatures, capacity.FeatureCurve.Peak,
	capacity.FeaturePlot, capacity.FeatureCurve.Valid,
	classify.Images, classify.On, classify.Classification.Mistakes, classify.McNemar, classify.PairTable, classify.WorstPlot, classify.ConfusionPlot,
	classify.Classification.Valid,
	hw1.Compare[float64], hw1.CompareTable, hw1.Count,
	connect.Bezier, connect.Positions, connect.Interpolate, connect.Connection.Barriers, connect.Connection.ChordBarriers, connect.Connection.Widths,
	connect.Connection.Lowest, connect.Connection.Valid, connect.Match, connect.Plot, connect.ComparePlot, connect.BarrierTable,
	connect.WidthPlot, connect.WidthTable,
	cost.Cost.Median, cost.Measure, cost.Series.Exponent, cost.Plot, cost.Cost.Valid, cost.Series.Valid,
	critical.Point.GradNorm, critical.Point.Signs, critical.Point.MinimalRatio, critical.Point.NaiveRatio, critical.Find,
	critical.Point.Kind, critical.OfKind, critical.OfClass, critical.Losses, critical.MinimalRatios, critical.LossRange, critical.Point.Valid, critical.MinimalRatioPlot, critical.SearchPlot, critical.SpectrumPlot,
	critical.ClassTable, critical.SearchTable,
	experiment.Spec.Rule, experiment.Spec.L2,
	curvature.Follow, curvature.Course.Label, curvature.Course.Valid,
	curves.LossPlot, curves.CurvesPlot, curves.LogCurvesPlot, curves.Panel.Valid, curves.AccuracyTable,
	data.Examples.Len, data.Examples.Valid, data.Task.IsFunction, data.Info.Named, data.Task.HasTruth, data.Task.IsExact, data.Task.IsNoisy, data.Task.Formula, data.Task.At,
	data.Examples.Features, data.Function, data.FunctionOf, data.VectorFunction, data.Reconstruction, data.Task.Truth, data.Task.String, data.Info.Features, data.Set.Valid,
	data.Own, data.ParseIDX, dataset.IDX, dataset.CIFAR10, dataset.Folder, dataset.NPZ, dataset.Table, nn.Arch.On, hw1.Function, hw1.FunctionOf,
	eval.Predict, eval.Logits, eval.Hidden, eval.WithWeights, eval.UpdateBatchNorm, eval.AtBest, eval.AtEpoch, (*eval.Objective).LargestEigenvalue, (*eval.Objective).PreconditionedEigenvalue, eval.NewObjective, (*eval.Objective).Values, (*eval.Objective).Gradients,
	(*eval.Objective).HessianVectors, (*eval.Objective).Hessian, (*eval.Objective).TrainedAt, (*eval.Objective).Valid,
	experiment.History.EarlyStop, (*experiment.Run).EpochsToFit, (*experiment.Run).Label, (*experiment.Run).String, (*experiment.Run).Values, (*experiment.Run).Median, (*experiment.Run).AtLoss, (*experiment.Run).Count,
	(*experiment.Run).TrainLosses, (*experiment.Run).TestLosses, (*experiment.Run).TestAccuracies, experiment.Medians, (*experiment.Run).TrainAccuracies,
	experiment.Spec.Label, experiment.WeightsOf, experiment.Weights.Label, experiment.Spec.InitialTheta, experiment.Spec.Resolved, experiment.Spec.Describe, experiment.Spec.ConstantLoss, experiment.Spec.PlateauShare, experiment.Spec.Valid,
	(*experiment.Run).Valid, experiment.Replica.Valid, experiment.Score.Valid, experiment.History.Valid,
	fit.Evaluate, fit.FunctionPlot, fit.Plot, fit.SummaryTable, fit.ErrorTable, fit.JumpTable, fit.SeedPlot, fit.Construct, fit.Fit.Valid, fit.Polished.TrainLosses, fit.Polished.TestLosses,
	fit.Polish, fit.Polished.Label, fit.PolishTable, fit.Polished.Valid,
	gradnorm.Measure, gradnorm.Norms.Medians, gradnorm.Plot, gradnorm.StepPlot, gradnorm.Norms.Valid, gradnorm.Norms.Between, gradnorm.Follow, gradnorm.Trend.Eigenvalues,
	gradnorm.TrendPlot, gradnorm.TrendTable, gradnorm.Trend.Valid, gradnorm.MeasureBatches, gradnorm.BatchTable, gradnorm.Batches.Valid, gradnorm.Batches.Iterations,
	hw1.MLP, hw1.CNN, hw1.Network, hw1.Train, hw1.TrainOne, hw1.SeedsFromEnv, hw1.Median, hw1.Medians,
	memorize.Plot, memorize.Table, memorize.NoisePlot, memorize.Probe, memorize.Probed.Layer, memorize.ProbePlot, memorize.ProbeTable, memorize.Probed.Valid,
	nn.Activation.Valid, nn.Activation.Homogeneous, nn.Activation.Rising, nn.MLP, nn.CNN, nn.Arch.Padded, nn.Arch.SameAs, nn.Arch.String, nn.Arch.Outputs, nn.Arch.Hidden, nn.Arch.Params, nn.Arch.ParamCount,
	nn.Arch.OneAtATime, nn.Arch.Trained, nn.Arch.Normalized, nn.Arch.Weight, nn.Arch.With, nn.Arch.DenseLayer, nn.Init.Valid, nn.Graph, nn.GraphWithDropout, nn.Arch.Valid, nn.OwnActivation, nn.Activation.IsOwn, nn.Activation.String, nn.Activation.Label,
	loss.Default, loss.Loss.Fits, loss.Loss.LeastSquares, loss.Loss.ConstantOfClasses, loss.Regression, loss.RegressionOf, loss.Classification, loss.Loss.String, loss.Loss.Label, loss.Loss.Title, loss.Loss.IsOwn,
	paths.Plot, paths.SharePlot, paths.ShareTable, paths.Trajectories.OwnTwoShare, paths.Follow, paths.FollowWeight, paths.RandomWalks, paths.StraightLines,
	paths.Walks.Valid, paths.Lines.Valid, paths.Controls.Valid, paths.Trajectories.Valid, paths.Path.Valid,
	sensitivity.Correlate, sensitivity.CorrelationTable, sensitivity.CorrelationPlot, sensitivity.GapPlot, sensitivity.Plot, sensitivity.EqualLossPlot, sensitivity.Table,
	sensitivity.Measure, sensitivity.Sensitivity.Final, sensitivity.Sensitivity.AtLoss, sensitivity.CommonLoss, sensitivity.Sensitivity.Valid,
	sensitivity.Course.Valid, sensitivity.Group.Valid,
	sharpness.Plot, sharpness.Table, sharpness.Measure, sharpness.Rescale, sharpness.LargestDifference, sharpness.Sharpness.Keskar, sharpness.Sharpness.Label,
	sharpness.Sharpness.Eigenvalues, sharpness.Ascent.Valid, sharpness.Spectra, sharpness.SpectrumPlot, sharpness.Spectrum.Ends, sharpness.Spectrum.Valid, sharpness.Sharpness.Valid,
	hw1.Claim, hw1.Verdict.OpenIf, hw1.Verdict.For, hw1.Verdict.Against, hw1.Verdict.Bar, hw1.Verdict.String, hw1.NumbersOf[*hw1.Run], hw1.Numbers.String, hw1.Numbers.Values,
	stability.Follow, stability.Course.Threshold, stability.Course.Ratios, stability.Course.Start, stability.Course.End, stability.Course.Peak, stability.Course.Settled,
	stability.Course.Growth, stability.Course.Rises, stability.Course.Falls, stability.Course.Valid, stability.Plot, stability.Table,
	surface.Plot, surface.Random, surface.OfPath, surface.Surface.Valid,
	train.All, train.One,
	stats.RankCorrelation, stats.PartialCorrelation, stats.Permutation, stats.Trend, stats.MannWhitney, stats.Correlation.String, stats.RankTest.String, stats.PermutationTest.String, stats.PairedRatio, stats.MedianTest, stats.Ratio.String,
}

// stopsTheCell are the functions that end the program at an error; a test of their
// own calls them in another process.
var stopsTheCell = []string{"hw1.Check", "hw1.Must", "hw1.Show", "hw1.ShowTable", "hw1.ShowReading"}

// inner are the functions that only other packages call, with what a check has let through: a
// package, or a name in it. So are those that take graphs, plots, tensors or a context.
var inner = map[string]string{
	"analysis": "", "figure": "", "optim": "", "curvature": "Places",
	"data":       "Examples.Slice Examples.Append Examples.Numbers Task.Info Task.Part Task.Apart Examples.Without Task.Load Task.Shared Examples.Clone NoisyLabels Examples.Single",
	"eval":       "New Changed TrainedAt ObjectiveOn NewSweep Sweep.Tensor Sweep.UpdateBatchNorm",
	"experiment": "Run.Seal Run.Identity Run.AsMade TellApart History.Add History.Columns History.AddValidation Labels Merge Spec.Regime Spec.Chunk Spec.Key Spec.SameAs Spec.Order Spec.StepsPerEpoch Spec.TrainedMask Spec.Examples Spec.Shared Spec.CleanExamples Spec.ValidationSet Spec.TrainingSet Spec.Rounded Spec.Network Spec.DType Score.MarshalJSON Score.UnmarshalJSON Complete NeedImages NeedEvaluations NeedSnapshots SnapshotEpochs NeedSharedLabels NeedSameSeeds NeedOneTask NeedExamples NeedNoMask NeedScores",
	"nn":         "Network.Tell Network.EvalBatch Network.ProductsAtOnce Network.Objective Network.Classifies Network.Try Arch.InitTheta Arch.Draw Arch.Features Arch.HiddenUnits Arch.TrainedAt Own.String",
	"loss":       "Loss.Form Loss.Prediction Loss.Constant",
	"playground": "",
	"train":      "NewLive Live.Epoch Live.Theta",
	"curves":     "Of Quantities Figure Batches NeedRising HasAccuracy",
}

// nameOf returns the name of a function of the table, such as "eval.Objective.Values".
func nameOf(f any) string {
	name := path.Base(runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name())
	return strings.NewReplacer("(*", "", ")", "", "[...]", "").Replace(name)
}

// No exported function is forgotten.
func TestExportedIsComplete(t *testing.T) {
	known := slices.Clone(stopsTheCell)
	for _, f := range exported {
		known = append(known, nameOf(f))
	}
	files, err := filepath.Glob("*/*.go")
	own, err2 := filepath.Glob("*.go")
	if err = cmp.Or(err, err2); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(own, files...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		in, all := inner[file.Name.Name]
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() || takesMachinery(f) || all && in == "" {
				continue
			}
			name := qualified(f)
			if ast.IsExported(name) && !slices.Contains(strings.Fields(in), name) && !slices.Contains(known, file.Name.Name+"."+name) {
				t.Errorf("%s.%s is not in the table of exported functions", file.Name.Name, name)
			}
		}
	}
}

// takesMachinery reports whether a parameter is of a package that cells do not see.
func takesMachinery(f *ast.FuncDecl) bool {
	found := false
	ast.Inspect(f.Type.Params, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains([]string{"graph", "plot", "context", "tensors", "dtypes", "draw"}, fmt.Sprint(s.X)) {
			found = true
		}
		return true
	})
	return found
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

// TestMisuse spoils one argument at a time, in so many of the ways that there are. Some make sense after
// all: of a function that computes something, and says so where it cannot, so many results are enough.
func TestMisuse(t *testing.T) {
	hw1test.Slow(t)
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	t.Setenv("HW1_QUICK", "1")
	specs := []experiment.Spec{
		{Task: data.MNIST, Arch: nn.MLP(784, 4, 10), Epochs: 2, Batch: 20, SnapshotEach: 1, TrainSize: 100, TestSize: 50},
		{Task: data.Sinc, Arch: nn.MLP(1, 4, 3, 1), Activation: nn.Tanh, Epochs: 4, SnapshotEach: 1, Seeds: 2},
	}
	const ways, results = 200, 10
	for _, spec := range specs {
		sensible := sense(t, spec)
		for _, f := range exported {
			name := nameOf(f)
			t.Run(fmt.Sprintf("%s of %s", name, spec.Task), func(t *testing.T) { misuse(t, name, reflect.ValueOf(f), sensible, ways, results) })
		}
	}
}

func misuse(t *testing.T, name string, f reflect.Value, sensible map[reflect.Type]reflect.Value, ways, results int) {
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
	if back, _ := callSafely(t, name, f, args); !back {
		return
	}
	if f.Type().NumOut() == 1 {
		results = ways
	}
	rng := rand.New(rand.NewPCG(7, uint64(len(name))))
	for i, arg := range args {
		bad := spoiled(arg, 6)
		rng.Shuffle(len(bad), func(a, b int) { bad[a], bad[b] = bad[b], bad[a] })
		made := 0
		for _, value := range bad[:min(ways, len(bad))] {
			if made == results {
				break
			}
			changed := append([]reflect.Value{}, args...)
			changed[i] = value
			back, failed := callSafely(t, name, f, changed)
			if !back {
				return
			}
			if !failed {
				made++
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
