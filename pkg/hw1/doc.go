// Package hw1 trains the small networks of the homework, keeps their runs, and
// draws what they did. The notebooks call it; it is written to be read.
//
// # Walk a Spec through the package
//
// A [Spec] (spec.go) says everything that a run depends on: the [Task] (task.go,
// idx.go), the [Arch] (arch.go) and the training. [Train] (train.go) looks each
// one up in the run store (store.go, codec.go, archive.go) and trains those that
// are missing (trainer.go: the loop; batches.go: the order of the examples;
// outcome.go: what is taken down, and convergence.go: when to stop). The graphs
// that XLA compiles are in forward.go, the network and its losses, layers.go and
// convolution.go, the layers with gradients of their own, and step.go, an Adam step
// and the loop of steps. The result is a [Run] (run.go) with a [Replica] for each
// seed.
//
// Analyses evaluate runs (eval.go; tensors.go: to the device and back): [Fits]
// (fit.go) on functions, [Classify] (classify.go) on images. Plot functions
// (curves.go, fit.go, classify.go, in the theme of plot.go) turn them into a
// [Figure] or a [Table] (table.go), and [Show] (show.go) displays it in a notebook.
//
// What a run minimizes is an [Objective] (objective.go): its value, gradient and
// exact Hessian at any weights (pearlmutter.go). Critical points, surfaces,
// connections between networks and sharpness stand on it. An analysis that takes
// longer than a moment is kept in the run store as runs are (analysis.go), and its
// parts until it is done (work.go). An interrupt (interrupt.go) leaves a training its
// checkpoint (checkpoint.go), and an analysis its parts.
//
// Exported functions check what they are given (valid.go, validresults.go), so
// that a mistake gets a line that says what is wrong, and no panic.
//
// # One flat parameter vector
//
// The parameters of R replicas are one matrix theta [R, P]. So a run of several
// seeds is one batched graph, the optimizer is one fused kernel, and what looks
// at weights is vector code. Activations are feature-major, [R, features, n].
// Functions train hundreds of epochs in one execution; images take one execution
// a step on CPU, where XLA's convolutions are slow inside a loop, or an epoch for
// small dense networks, whose steps take less time than their dispatch.
//
// As many runs train side by side as there are cores: one network leaves cores
// idle between its steps, and two take no more processor time than one by one.
//
// # Add a part, or an analysis
//
// A part is a notebook; the export finds it by its name. An analysis is one exported
// function that returns a result or an error, as [FindCritical] does:
//
//   - It checks what it is given (check, and functions such as needSnapshots), and the
//     type of its result says in a method valid what a complete one is.
//   - Where it takes longer than a moment, it asks [analyze] for its result, under a name,
//     a version, and the keys of the runs and the settings; eachPart keeps the parts.
//   - Where [Quick] says so, it takes a budget of a second.
//   - A plot and a table function take the result, and compute nothing of their own.
//   - A test holds it against an oracle; misuse_test.go names every exported function
//     and calls it with nonsense.
//
// # Words
//
// The source is the public report on this homework whose experiments are repeated
// here, and a peer another public implementation of it. A replica is one seed of a run,
// R is their number, P that of the parameters, and theta the parameters themselves.
//
// # Part, notebook, functions
//
//	1-1  simulate a function   Train, FunctionPlot, LossPlot, Fits, FitPlot, SummaryTable, ErrorTable, Polish (polish.go)
//	1-2  train on MNIST        Train, CurvesPlot, AccuracyTable, Classify, McNemar, WorstPlot, ConfusionPlot
//	2-1  optimization paths    FollowPaths, RandomWalks, PathPlot, SharePlot, ShareTable (trajectory.go, pathplot.go)
//	2-2  gradient norm         GradNorms, GradNormPlot, StepPlot (normplot.go), Fits, FitPlot
//	2-3  critical points       FindCritical, MinimalRatioPlot, SearchPlot, SpectrumPlot (critical.go, levenberg.go, criticalplot.go)
//	2-4  error surface         RandomSurface, PathSurface, SurfacePlot (surface.go, heat.go)
//	3-1  fit random labels     Train (TargetAccuracy, LabelNoise), MemorizePlot, MemorizeTable, NoisePlot (memorize.go)
//	3-2  parameters            Train, CapacityPlot, DescentPlot, Threshold, Bump, FitRandomFeatures, FeaturePlot (capacity.go, randomfeatures.go)
//	3-3  interpolation         Interpolate, Connect, ConnectionPlot, BarrierTable (interpolation.go, bezier.go, connections.go)
//	3-4  sensitivity           MeasureSensitivity, SensitivityPlot, EqualLossPlot, RankCorrelation (sensitivity.go, sensitivityplot.go, correlationplot.go)
//	3-5  sharpness             MeasureSharpness, LargestEigenvalue, Rescale, SharpnessPlot (sharpness.go, lanczos.go, sharpplot.go)
//	4-1  what training costs   MeasureCosts, CostPlot (cost.go)
package hw1
