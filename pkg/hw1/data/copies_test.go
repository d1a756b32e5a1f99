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
	shape, classes := []int{1}, []string{"a", "b"}
	set := data.Set{Name: "points", Train: labelled, Test: labelled, Shape: shape, Classes: classes}
	pixels := data.Set{Name: "pixels", Train: images, Test: images, Shape: []int{1}}
	var tasks []data.Task
	for _, s := range []data.Set{set, pixels} {
		task, err := data.Own(s)
		if err != nil {
			t.Fatal(err)
		}
		tasks = append(tasks, task)
	}
	clear(shape)
	clear(classes)
	for range 2 {
		info, err := tasks[0].Info()
		if err != nil || info.Shape[0] != 1 || info.ClassNames[1] != "b" {
			t.Errorf("%+v, %v", info, err)
		}
		clear(info.Shape)
		clear(info.ClassNames)
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

// A set that is renamed is the same task, and one that is changed in any example another.
func TestSetsAreNamedByTheirExamples(t *testing.T) {
	seen := map[data.Task]string{}
	add := func(what string, set data.Set) data.Task {
		set.Name = what
		task, err := data.Own(set)
		if other, is := seen[task]; err != nil || is {
			t.Errorf("%s and %s are one task, %v", what, other, err)
		}
		seen[task] = what
		return task
	}
	pixels := data.Examples{Images: []uint8{1, 2}, Labels: []uint8{0, 1}}
	numbers := data.Examples{X: []float64{1, 2}, Y: []float64{0, 1}}
	set := data.Set{Train: pixels, Test: pixels, Shape: []int{1}, Classes: []string{"a", "b"}}
	base := add("pixels", set)
	set.Classes = []string{"a", "b", "c"}
	add("more classes", set)
	set.Classes, set.Test.Images = []string{"c", "d"}, []uint8{1, 3}
	add("another pixel", set)
	set.Test.Images, set.Train.Labels = pixels.Images, []uint8{1, 0}
	add("another label", set)
	set.Name, set.Train = "a name", pixels
	if again, err := data.Own(set); again != base {
		t.Errorf("names make another task (%v)", err)
	}
	add("numbers", data.Set{Train: numbers, Test: numbers, Shape: []int{1}})
	add("another number", data.Set{Train: numbers, Test: data.Examples{X: []float64{1, 3}, Y: numbers.Y}, Shape: []int{1}})
	add("another target", data.Set{Train: data.Examples{X: numbers.X, Y: []float64{0, 2}}, Test: numbers, Shape: []int{1}})
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

func TestSetsSayWhatIsWrong(t *testing.T) {
	numbers := data.Examples{X: []float64{1, 2, 3, 4}, Y: []float64{1, 2}}
	labels := data.Examples{X: []float64{1, 2, 3, 4}, Labels: []uint8{0, 1}}
	pixels := data.Examples{Images: []uint8{1, 2}, Y: []float64{1}}
	pixel, pixels2 := data.Examples{Images: []uint8{1}, Y: []float64{1}}, data.Examples{Images: []uint8{1, 2}, Y: []float64{1, 2}}
	one := data.Examples{X: []float64{1, 2}, Labels: []uint8{0}}
	two, classes := []int{2}, []string{"a", "b"}
	for _, c := range []struct {
		set  data.Set
		says []string // nothing if nothing is wrong
	}{
		{data.Set{Train: numbers, Test: numbers, Shape: two}, nil},
		{data.Set{Train: numbers, Test: numbers, Shape: []int{1, 2, 1}}, nil},
		{data.Set{Train: labels, Test: one, Shape: two, Classes: classes}, nil},
		{data.Set{Train: pixels, Test: pixels, Shape: two}, nil},
		{data.Set{Train: pixel, Test: pixels2, Shape: []int{1}}, nil},
		{data.Set{Train: pixels2, Test: pixel, Shape: []int{1}}, nil},
		{data.Set{Train: numbers, Test: numbers, Shape: two, Name: "\xff"}, []string{"the name", "UTF-8"}},
		{data.Set{Train: labels, Test: labels, Shape: two, Classes: []string{"a", "\x01"}}, []string{`the name "\x01"`}},
		{data.Set{Test: numbers, Shape: two}, []string{"the training set: there are no examples"}},
		{data.Set{Train: numbers, Shape: two}, []string{"the test set: there are no examples"}},
		{data.Set{Train: numbers, Test: numbers}, []string{"the training set", "2 values", "shape is []"}},
		{data.Set{Train: numbers, Test: numbers, Shape: []int{1, 2}}, []string{"shape is [1 2]"}},
		{data.Set{Train: numbers, Test: numbers, Shape: []int{1, 1, 1, 2}}, []string{"shape is [1 1 1 2]"}},
		{data.Set{Train: numbers, Test: numbers, Shape: []int{-1, -2, 1}}, []string{"shape is [-1 -2 1]"}},
		{data.Set{Train: numbers, Test: numbers, Shape: []int{3}}, []string{"shape is [3]"}},
		{data.Set{Train: numbers, Test: pixels, Shape: two}, []string{"both as pixels"}}, // on two scales
		{data.Set{Train: pixel, Test: data.Examples{X: []float64{1}, Y: []float64{1}}, Shape: []int{1}}, []string{"both as pixels"}},
		{data.Set{Train: labels, Test: labels, Shape: two}, []string{"2 labels", "0 class names; give both or neither"}},
		{data.Set{Train: numbers, Test: numbers, Shape: two, Classes: classes}, []string{"0 labels", "2 class names"}},
		{data.Set{Train: one, Test: one, Shape: two, Classes: classes[:1]}, []string{"the label 0", "1 classes", "at least two"}},
		{data.Set{Train: labels, Test: data.Examples{X: []float64{1, 2}, Labels: []uint8{2}}, Shape: two, Classes: classes}, []string{"the test set has the label 2", "2 classes"}},
	} {
		task, err := data.Own(c.set)
		if c.says != nil {
			hw1test.CheckMessage(t, hw1test.MessageOf(err), append(c.says, "data ")...)
			continue
		}
		info, err2 := task.Info()
		if err != nil || err2 != nil || info.Labels != (c.set.Classes != nil) || info.Classes != len(c.set.Classes) || info.TrainSize != c.set.Train.Len() || info.TestSize != c.set.Test.Len() {
			t.Errorf("%+v is declared as %+v (%v, %v)", c.set, info, err, err2)
		}
	}
}
