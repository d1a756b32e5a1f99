// Package hw1 has what every notebook uses: what to train ([Spec]), what came out
// ([Run]), training ([Train]), and what a cell shows ([Check], [Show], [ShowTable],
// [ShowReading]). What only one part needs is in that part's own package.
//
// # The rooms
//
// Each package is a room: it imports only packages listed above it, no part imports another
// part, and a test holds these walls. The parts are listed with their numbers.
//
//	internal/check      checks of the arguments of exported functions
//	internal/env        every environment variable and path
//	internal/num        numerics that know nothing of networks
//	internal/words      how numbers and names are written
//	internal/formula    functions of x as people write them
//	stats               what a verdict about a trend rests on: intervals, exact tests
//	internal/cell       what a cell displays, and how it ends
//	internal/device     the one backend, and moving tensors to it and back
//	internal/custom     what cells declare as graphs, by what they compute
//	internal/layer      layers that GoMLX differentiates wrongly, slowly or only once; random numbers
//	internal/store      files under a key, made once; knows nothing of Spec and Run
//	data                what is learnt: functions, images, their readers
//	dataset             your own data from files: IDX, folders of images, CIFAR-10, npz, CSV
//	loss                what training minimizes: the losses, and those that cells declare
//	nn                  networks as data, and their graphs; knows nothing of Spec
//	optim               optimizers, learning-rate schedules, the loop of steps, the order of the examples
//	experiment          what to train and what came out: Spec and Run
//	internal/runstore   runs as files of the run store
//	eval                a network at any theta: scores, objective, Hessian
//	analysis            results that are computed once, in parts, and kept
//	curvature           the Hessian's largest eigenvalue in the course of training
//	train               from Spec to Run: the loop, checkpoints, progress
//	playground          what the report's page does in a reader's browser
//	figure              the look of figures and tables; no GoMLX, no files
//	curves              what plots of runs share: learning curves, final scores
//	1-1 fit          1-2 classify     2-1 paths        2-2 gradnorm     2-3 critical
//	2-4 surface      2-5 stability    3-1 memorize     3-2 capacity     3-3 connect
//	3-4 sensitivity  3-5 sharpness    4-1 cost
//
// # A Spec's way through the rooms
//
// A [Spec] holds everything that a run depends on. [Train] looks each one up in the run store
// (runstore.Load) and trains those that are missing: train/trainer.go is the loop, train/outcome.go records
// what is kept, and train/checkpoint.go writes and reads checkpoints. XLA compiles the graphs of an
// nn.Network (pass.go) and of an optim.Loop. The result is a [Run] with one [Replica] for each seed.
//
// Analyses evaluate runs: eval.Evaluator computes scores, and eval.Objective what training minimizes, with its gradient and exact Hessian,
// at any weights. Plot and table functions of the parts turn results into a [Figure] or a [Table], which [Show] and [ShowTable] display.
//
// Exported functions that cells call check their arguments (internal/check, and each type's method Valid), so that a mistake gives a
// one-line message of what is wrong, never a panic. Functions that build graphs panic if shapes do not fit, as GoMLX's own do.
//
// # One flat parameter vector
//
// The parameters of R replicas are one matrix theta [R, P]. A run of several
// seeds is therefore one batched graph, the optimizer is one fused kernel, and code that
// inspects weights is vector code. Activations are feature-major, [R, features, n].
// Runs on functions train hundreds of epochs in one execution. Runs on images, on a CPU: convolutional networks take one execution per step,
// as XLA's convolutions are slow inside a loop; large dense networks take one per six steps, and small ones one per epoch, as their
// steps take less time than dispatching them.
//
// # Where a new thing goes
//
// An activation, a loss or an optimizer is a row of its table in nn, loss or optim, or declared in a cell: nn.OwnActivation, loss.Regression, loss.Classification, optim.Own. A part is a
// notebook, which the export finds by its name, and usually a package. An analysis is one exported
// function that returns a result or an error, as critical.Find does:
//
//   - It checks its arguments (check.Args, and functions such as experiment.NeedSnapshots), and
//     the Valid method of its result's type says what a complete result is.
//   - If it takes longer than a moment, it gets its result from analysis.Of, under a name,
//     a version, the identities of the runs and the settings; analysis.EachPart keeps the parts,
//     and analysis.OfReplicas makes one part for each replica.
//   - If env.Quick reports true, it keeps to a budget of a second.
//   - A plot function and a table function take the result, and compute nothing themselves. The curves that
//     a panel draws are the data of its figure.
//   - A test compares it with an oracle; misuse_test.go calls every function that cells call with nonsense.
//
// # Words
//
// The source is the public report on this homework whose experiments are repeated here; a peer is another
// implementation. A replica is one seed of a run. R is the number of replicas, theta the parameters, P their number.
package hw1
