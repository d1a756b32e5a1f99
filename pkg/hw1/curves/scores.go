package curves

import (
	"fmt"

	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/figure"
	"hw1/pkg/hw1/internal/check"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/words"
)

// AccuracyTable returns a row per run on images: its size and its final scores, as
// medians over the seeds, with the 95 % interval of the test accuracy (Wilson 1927).
func AccuracyTable(caption string, runs ...*experiment.Run) (*figure.Table, error) {
	if err := check.Args("AccuracyTable", runs...); err != nil {
		return nil, err
	}
	if err := experiment.NeedImages("AccuracyTable", runs...); err != nil {
		return nil, err
	}
	t := &figure.Table{Caption: caption, Name: "accuracy", Header: []string{
		"model", "task", "parameters", "epochs", "train loss", "test loss", "train accuracy", "test accuracy", "95 % interval",
	}}
	for _, run := range runs {
		median := func(of func(experiment.Replica) float64) float64 { return num.Median(run.Values(of)) }
		accuracy := median(func(r experiment.Replica) float64 { return r.Test.Accuracy })
		low, high := num.Wilson(accuracy, run.Spec.TestSize)
		t.Rows = append(t.Rows, []string{
			run.Label(), string(run.Spec.Task), words.Thousands(run.Spec.Arch.ParamCount()), fmt.Sprint(run.Spec.Epochs),
			fmt.Sprintf("%.4f", median(func(r experiment.Replica) float64 { return r.Train.Loss })),
			fmt.Sprintf("%.4f", median(func(r experiment.Replica) float64 { return r.Test.Loss })),
			words.Percent(median(func(r experiment.Replica) float64 { return r.Train.Accuracy })), words.Percent(accuracy),
			words.Percent(low) + " – " + words.Percent(high),
		})
	}
	return t, nil
}

func Batches(runs []*experiment.Run) []float64 {
	batches := make([]float64, len(runs))
	for i, run := range runs {
		batches[i] = float64(run.Spec.Batch)
		if run.Spec.Batch == 0 {
			batches[i] = float64(run.Spec.TrainSize)
		}
	}
	return batches
}

// FinalScores returns a part of the final scores of each run, [n][R].
func FinalScores(runs []*experiment.Run, of func(experiment.Score) float64) (train, test [][]float64) {
	for _, run := range runs {
		train = append(train, run.Values(func(r experiment.Replica) float64 { return of(r.Train) }))
		test = append(test, run.Values(func(r experiment.Replica) float64 { return of(r.Test) }))
	}
	return train, test
}
