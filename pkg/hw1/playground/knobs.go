// Package playground is what the report's playground runs in a reader's browser: it trains a network
// according to the knobs, and reads a drawn digit with networks of the report.
package playground

import (
	"encoding/json"
	"fmt"
	"strings"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/formula"
	"hw1/pkg/hw1/nn"
	"hw1/pkg/hw1/optim"
)

// Knobs are the settings that a reader chooses. They become an experiment.Spec.
type Knobs struct {
	Function   string        `json:"function"` // a function of the homework by its name, or a formula of x
	Points     int           `json:"points"`   // to train on
	Noise      float64       `json:"noise"`    // standard deviation of the noise on the training targets
	Hidden     []int         `json:"hidden"`   // widths of the hidden layers
	Activation nn.Activation `json:"activation"`
	Optimizer  string        `json:"optimizer"` // adam, adamw or sgd
	Rate       float64       `json:"rate"`
	Decay      float64       `json:"decay"`
	Batch      int           `json:"batch"` // examples per step; 0 for all
	Seed       int           `json:"seed"`
}

// What a page can train while a reader watches.
const (
	mostPoints = 5000
	mostLayers = 12
	mostParams = 20_000
)

// epochs is the number of epochs of the cell to copy, as in part 1-1.
const epochs = 20_000

// homework maps the functions that have a name here to their names in a notebook.
var homework = map[data.Task]string{data.Sinc: "hw1.Sinc", data.SignedDecay: "hw1.SignedDecay", data.SquareWave: "hw1.SquareWave"}

// task returns what is learnt: a task of the homework if it is sampled as the knobs say, or else a custom function; with the
// code and the imports for it in a cell of a notebook.
func (k Knobs) task() (task data.Task, cell, imports string, err error) {
	named := data.Task(k.Function)
	name, known := homework[named]
	if info, err := named.Info(); known && err == nil && k.Noise == 0 && k.Points == info.TrainSize {
		return named, name, "", nil
	}
	f, body := func(x float64) float64 { return named.At(x) }, fmt.Sprintf("hw1.Task(%q).At(x)", k.Function)
	if !known {
		read, err := formula.Parse(k.Function)
		if err != nil {
			return "", "", "", err
		}
		if f, body = read.At, read.Go(); strings.Contains(body, "math.") {
			imports = "import \"math\"\n"
		}
	}
	sampling := fmt.Sprintf("Train: %d", k.Points)
	if k.Noise > 0 {
		sampling += fmt.Sprintf(", Noise: %v, Seed: %d", k.Noise, k.Seed)
	}
	cell = fmt.Sprintf("hw1.Function(%q, func(x float64) float64 { return %s }, hw1.Sampling{%s})", k.Function, body, sampling)
	task = data.Function(k.Function, f, data.Sampling{Train: k.Points, Noise: k.Noise, Seed: k.Seed})
	_, err = task.Info()
	return task, cell, imports, err
}

// Spec returns the experiment that the knobs describe, or says what is wrong with them.
func (k Knobs) Spec() (experiment.Spec, error) {
	arch := nn.MLP(append(append([]int{1}, k.Hidden...), 1)...)
	if err := arch.Valid(); err != nil {
		return experiment.Spec{}, err
	}
	switch params := arch.ParamCount(); {
	case k.Points < 2 || k.Points > mostPoints:
		return experiment.Spec{}, fmt.Errorf("%d points; a page can train on 2 to %d", k.Points, mostPoints)
	case len(k.Hidden) > mostLayers || params > mostParams:
		return experiment.Spec{}, fmt.Errorf("%d hidden layers with %d parameters; a page can train at most %d with %d", len(k.Hidden), params, mostLayers, mostParams)
	}
	task, _, _, err := k.task()
	if err != nil {
		return experiment.Spec{}, err
	}
	spec := experiment.Spec{
		Task: task, Arch: arch, Activation: k.Activation, Optimizer: k.optimizer(), LearningRate: k.Rate, WeightDecay: k.Decay,
		Batch: k.Batch, Epochs: epochs, Seed: k.Seed,
	}
	if k.Rate == 0 { // in a Spec, 0 stands for the default
		return spec, fmt.Errorf("learning rate 0; it must be above 0 and at most 10")
	}
	return spec.Resolved()
}

func (k Knobs) optimizer() optim.Optimizer {
	if k.Optimizer == optim.Adam.String() {
		return optim.Adam
	}
	return optim.Optimizer(k.Optimizer)
}

// Identity is the same for trainings that differ only in the seed and in when they end.
func Identity(s experiment.Spec) (string, error) {
	s.Seed, s.Seeds, s.Epochs, s.Patience, s.SnapshotEach = 0, 1, 1, 0, 0
	text, err := json.Marshal(s)
	return string(text), err
}

// Go returns a cell of a notebook that trains what the knobs describe, with XLA.
func (k Knobs) Go() (string, error) {
	_, task, imports, err := k.task()
	if err != nil {
		return "", err
	}
	widths := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(append(append([]int{1}, k.Hidden...), 1))), ", "), "[]")
	more := ""
	if k.Batch != 0 {
		more += fmt.Sprintf(" Batch: %d,", k.Batch)
	}
	if k.optimizer() != optim.Adam {
		more += fmt.Sprintf(" Optimizer: %q,", k.Optimizer)
	}
	if k.Decay != 0 {
		more += fmt.Sprintf(" WeightDecay: %v,", k.Decay)
	}
	return fmt.Sprintf(`%simport "hw1/pkg/hw1"
import "hw1/pkg/hw1/curves"
import "hw1/pkg/hw1/fit"

%%%%
spec := hw1.Spec{
	Task: %s,
	Arch: hw1.MLP(%s), Activation: %q,
	Epochs: 20_000, LearningRate: %v,%s Seed: %d,
}
run := hw1.Check(hw1.TrainOne(spec))
hw1.Show(curves.LossPlot("The training loss.", curves.Panel{Runs: []*hw1.Run{run}}))
hw1.Show(fit.Plot("Prediction and residual.", hw1.Check(fit.Evaluate(run))...))
`, imports, task, widths, k.Activation, k.Rate, more, k.Seed), nil
}
