package train

import (
	"strings"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/nn"
)

// ownLabels declares n labelled examples of two inputs, in four classes by their quadrant.
func ownLabels(t *testing.T, n int) data.Task {
	t.Helper()
	var e data.Examples
	for i := range n {
		a, b := i%2, i/2%2
		e.X, e.Labels = append(e.X, float64(2*a-1), float64(2*b-1)), append(e.Labels, uint8(2*a+b))
	}
	task, err := data.Own(data.Set{Name: "quadrants", Train: e, Test: e, Shape: []int{2}, Classes: []string{"0", "1", "2", "3"}})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// What a batch leaves out of each epoch is said, once for all seeds, where it is more than 2 %.
func TestExamplesThatAreLeftOutAreNamed(t *testing.T) {
	for _, c := range []struct {
		batch int
		says  string
	}{
		{300, "1-5-1 on sinc: 200 of 500 training examples are left out of each epoch, other ones each time, since batches of 300 do not divide them."},
		{49, ""}, // 10 examples
		{50, ""},
		{0, ""},
	} {
		spec := experiment.Spec{Task: data.Sinc, Arch: nn.MLP(1, 5, 1), Epochs: 1, Batch: c.batch, Seeds: 26} // two runs
		got, printed := trainElsewhere(t, spec)
		if got.Error != "" {
			t.Fatal(got.Error)
		}
		if n := strings.Count(printed, "left out"); n > 1 || (n == 1) != (c.says != "") || !strings.Contains(printed, c.says) {
			t.Errorf("batches of %d: %s", c.batch, printed)
		}
	}
}
