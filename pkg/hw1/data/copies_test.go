package data_test

import (
	"slices"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/internal/hw1test"
)

// What a user does to examples that were loaded, or to those of a set after its declaration, changes no task.
func TestTasksKeepTheirExamples(t *testing.T) {
	labelled := data.Examples{X: []float64{1, 2, 3, 4}, Labels: []uint8{0, 1, 0, 1}}
	images := data.Examples{Images: []uint8{1, 2, 3, 4}, Y: []float64{1, 2, 3, 4}}
	set := data.Set{Name: "points", Train: labelled, Test: labelled, Shape: []int{1}, Classes: []string{"a", "b"}}
	pixels := data.Set{Name: "pixels", Train: images, Test: images, Shape: []int{1}}
	var tasks []data.Task
	for _, s := range []data.Set{set, pixels} {
		task, err := data.Own(s)
		if err != nil {
			t.Fatal(err)
		}
		tasks = append(tasks, task)
	}
	clear(labelled.X)
	clear(labelled.Labels)
	clear(images.Images)
	clear(images.Y)
	for _, task := range append(tasks, data.Sinc) {
		before, _ := load(t, task)
		want := before.Clone()
		clear(before.X)
		clear(before.Y)
		clear(before.Images)
		clear(before.Labels)
		after, _ := load(t, task)
		if !slices.Equal(after.X, want.X) || !slices.Equal(after.Y, want.Y) || !slices.Equal(after.Images, want.Images) || !slices.Equal(after.Labels, want.Labels) {
			t.Errorf("%s has other examples: %v", task, after)
		}
		if slices.Max(append(slices.Clone(after.X), after.Y...)) == 0 {
			t.Errorf("%s has lost its examples", task)
		}
	}
}

// A function may do what it likes with its argument.
func TestFunctionMayChangeItsArgument(t *testing.T) {
	value := func(x []float64) float64 { return 2*x[0] - x[1] }
	plain := data.FunctionOf("plain", 2, value)
	for name, f := range map[string]func(x []float64) float64{
		"append": func(x []float64) float64 { return value(append(x, 1)) },
		"change": func(x []float64) float64 {
			result := value(x)
			slices.Sort(x)
			return result
		},
	} {
		if task := data.FunctionOf(name, 2, f); task != plain {
			t.Errorf("%s gives other examples", name)
		}
	}
	own := []float64{3, 1}
	if got := data.FunctionOf("sorts", 2, func(x []float64) float64 { slices.Sort(x); return x[0] }).At(own...); got != 1 || own[0] != 3 {
		t.Errorf("At gives %g and leaves %v", got, own)
	}
}

// Data that come class by class are mixed, so that a part of them is a sample; all others keep their order.
func TestClassesInBlocksAreMixed(t *testing.T) {
	n := 90
	var blocks, twice, mixed data.Examples
	for i := range n {
		twice.X, twice.Labels = append(twice.X, float64(i/15%3)), append(twice.Labels, uint8(i/15%3))
		blocks.X, blocks.Labels = append(blocks.X, float64(i/30)), append(blocks.Labels, uint8(i/30))
		mixed.X, mixed.Labels = append(mixed.X, float64(i%3)), append(mixed.Labels, uint8(i%3))
	}
	for _, examples := range []data.Examples{blocks, twice, mixed} {
		task, err := data.Own(data.Set{Name: "classes", Train: examples, Test: mixed, Shape: []int{1}, Classes: []string{"a", "b", "c"}})
		if err != nil {
			t.Fatal(err)
		}
		train, _ := load(t, task)
		for _, part := range []data.Examples{train.Slice(0, 20), train.Slice(n-20, n)} {
			if classes := slices.Compact(slices.Sorted(slices.Values(part.Labels))); len(classes) != 3 {
				t.Errorf("a part has the classes %v", classes)
			}
		}
		for i, label := range train.Labels {
			if train.X[i] != float64(label) {
				t.Fatalf("example %d has the label of another", i)
			}
		}
		if &examples.X[0] == &mixed.X[0] && !slices.Equal(train.Labels, mixed.Labels) {
			t.Error("examples that are mixed have another order")
		}
	}
}

// Pixels in one set and numbers in the other are on two scales.
func TestSetsOfTwoKinds(t *testing.T) {
	_, err := data.Own(data.Set{
		Name: "two kinds", Shape: []int{1},
		Train: data.Examples{X: []float64{1, 2}, Y: []float64{1, 2}}, Test: data.Examples{Images: []uint8{1, 2}, Y: []float64{1, 2}},
	})
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "two kinds", "both as pixels")
}
