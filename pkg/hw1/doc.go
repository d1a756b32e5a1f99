// Package hw1 has the words that every notebook uses: what is asked ([Spec]), what came out
// ([Run]), training ([Train]), and what a cell shows ([Check], [Show], [ShowTable],
// [ShowReading]). What a part adds is in a package of its own.
//
// # The rooms
//
// Each package imports only what stands above it; no part imports a part, and a test holds
// these walls. The parts have their number in front.
//
//	internal/check      what arguments have to be like to be used
//	internal/env        every environment variable and path
//	internal/num        numerics that know no network
//	internal/words      numbers and names as words
//	internal/formula    functions of x as people write them
//	stats               what a verdict about a trend rests on: intervals, exact tests
//	internal/cell       what a cell displays, and how it ends
//	internal/device     the one backend, and tensors to it and back
//	internal/layer      layers that GoMLX differentiates wrongly, slowly or only once
//	internal/store      files under a key, made once; knows no Spec and no Run
//	data                what is learnt: functions, images, their readers
//	dataset             data of one's own from files: IDX, folders of images, CIFAR-10, npz, CSV
//	nn                  networks as data, and their graphs; knows no Spec
//	optim               optimizers, learning-rate schedules, the loop of steps, the order of the examples
//	experiment          what is asked and what came out: Spec, Run, and their files
//	eval                what a network does at a theta: scores, objective, Hessian
//	analysis            a result that is computed once, in parts, and kept
//	curvature           the Hessian's largest eigenvalue along a training
//	train               from Spec to Run: the loop, checkpoints, progress
//	playground          what the report's page does in a reader's browser
//	figure              the look of figures and tables; no GoMLX, no files
//	curves              what plots of runs share: learning curves, final scores
//	1-1 fit          1-2 classify     2-1 paths        2-2 gradnorm     2-3 critical
//	2-4 surface      2-5 stability    3-1 memorize     3-2 capacity     3-3 connect
//	3-4 sensitivity  3-5 sharpness    4-1 cost
//
// # Walk a Spec through the rooms
//
// A [Spec] says everything that a run depends on. [Train] looks each one up in the run store
// (experiment.Load) and trains those that are missing: train/trainer.go is the loop, train/outcome.go takes
// down what is kept, train/checkpoint.go what an interrupt leaves. The graphs that XLA compiles are those of an
// nn.Network (pass.go) and of an optim.Loop. The result is a [Run] with a [Replica] for each seed.
//
// Analyses evaluate runs: eval.Evaluator their scores, eval.Objective what they minimize, with its gradient and exact Hessian at
// any weights. Plot and table functions of the parts turn results into a [Figure] or a [Table], which [Show] and [ShowTable] display.
//
// Exported functions that cells call check what they are given (internal/check, and the method Valid of each type), so that a mistake gets a line
// that says what is wrong, and no panic. Functions that build graphs panic at shapes that do not fit, as GoMLX's do.
//
// # One flat parameter vector
//
// The parameters of R replicas are one matrix theta [R, P]. So a run of several
// seeds is one batched graph, the optimizer is one fused kernel, and what looks
// at weights is vector code. Activations are feature-major, [R, features, n].
// Functions train hundreds of epochs in one execution. On images, on a CPU, convolutional networks take an execution a step,
// as XLA's convolutions are slow inside a loop; large dense ones take one for six steps, small ones one an epoch, as their
// steps take less time than their dispatch.
//
// # Where a new thing goes
//
// An activation or a loss is a row of its table in nn, an optimizer one of optim, or what a cell gives optim.Own. A part is a
// notebook, which the export finds by its name, and mostly a package. An analysis is one exported
// function that returns a result or an error, as critical.Find does:
//
//   - It checks what it is given (check.Args, and functions such as experiment.NeedSnapshots), and
//     the type of its result says in a method Valid what a complete one is.
//   - Where it takes longer than a moment, it asks analysis.Of for its result, under a name,
//     a version, the identities of the runs and the settings; analysis.EachPart keeps the parts,
//     and analysis.OfReplicas has one for each replica.
//   - Where env.Quick says so, it takes a budget of a second.
//   - A plot and a table function take the result, and compute nothing of their own. The curves that
//     a panel draws are the data of its figure.
//   - A test holds it against an oracle; misuse_test.go calls every function that a cell calls with nonsense.
//
// # Words
//
// The source is the public report on this homework whose experiments are repeated here, a peer another
// implementation. A replica is one seed of a run, R their number, P that of the parameters, theta.
package hw1
