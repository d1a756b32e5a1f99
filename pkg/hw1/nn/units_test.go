package nn_test

import (
	"fmt"
	"testing"

	"hw1/pkg/hw1/nn"
)

func ExampleArch_HiddenUnits() {
	// Two units, of two weights, a bias and a weight to the output, which has a bias.
	fmt.Println(nn.MLP(2, 2, 1).HiddenUnits())
	// Output: [[[0 1 4 6] [2 3 5 7]]]
}

// What a residual sum ties together is one group, and what it ties to the image none: its channels cannot change places.
func TestGroupsOfHiddenUnits(t *testing.T) {
	residual := nn.Block{Kernel: 1, Residual: true}
	for _, c := range []struct {
		arch nn.Arch
		want string // for each group, its units and the weights of each: into it, its bias, its normalization, out of it
	}{
		{nn.MLP(5, 1), "[]"},
		{nn.MLP(5, 4, 3, 2), "[4×9 3×7]"},         // 5 + 1 + 3 and 4 + 1 + 2
		{nn.MLP(5, 4, 1).Normalized(), "[4×11]"},  // 5 + 1 + 4 + 1
		{nn.CNN([]int{2, 3}, 10), "[2×65 3×193]"}, // 16 + 1 + 48 and, with 16 places after the second pool, 32 + 1 + 160
		{nn.CNN([]int{2, 2}, 10).On(8, 8, 1).With(residual).Padded(), "[2×4 2×50 2×5]"}, // the second: 2 + 1, the shortcut's 1 + 1, and through the second block 2 + 2 + 1 + 40
		{nn.CNN([]int{3}, 10).On(8, 8, 3).With(residual).Padded(), "[3×7]"},
	} {
		var got []string
		for _, units := range c.arch.HiddenUnits() {
			got = append(got, fmt.Sprintf("%d×%d", len(units), len(units[0])))
			for _, u := range units {
				if len(u) != len(units[0]) {
					t.Errorf("%v has units of %d and of %d weights in one group", c.arch, len(u), len(units[0]))
				}
			}
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%v has the groups %v, want %s", c.arch, got, c.want)
		}
	}
}
