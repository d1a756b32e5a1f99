package classify

import (
	"math"
	"reflect"
	"testing"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/experiment"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/runtest"
	"hw1/pkg/hw1/nn"
)

func TestMain(m *testing.M) { hw1test.MainUnoptimized(m) }

// outcome returns a classification that gets the marked images right.
func outcome(right string) Classification {
	c := Classification{
		Run:  runtest.Handmade(&experiment.Run{Spec: experiment.Spec{Task: data.MNIST, Arch: nn.MLP(784, 1, 10)}}),
		Set:  data.Examples{Images: make([]uint8, 784*len(right))},
		Loss: make([]float64, len(right)),
	}
	for _, mark := range right {
		c.Set.Labels = append(c.Set.Labels, 1)
		c.Predicted = append(c.Predicted, num.Int(mark == '+'))
	}
	return c
}

func TestMcNemarIsTheBinomialTest(t *testing.T) {
	// Seven discordant images, one of them for b: p = 2·(1+7)/2⁷.
	onlyA, onlyB, p, err := McNemar(outcome("++++++--+++-"), outcome("------+-+++-"))
	if err != nil {
		t.Fatal(err)
	}
	if onlyA != 6 || onlyB != 1 || math.Abs(p-0.125) > 1e-12 {
		t.Errorf("got %d, %d, p = %g; want 6, 1, p = 0.125", onlyA, onlyB, p)
	}
	if _, _, p, _ := McNemar(outcome("+-"), outcome("+-")); p != 1 {
		t.Errorf("equal classifications have p = %g", p)
	}
	if _, _, _, err := McNemar(outcome("+"), outcome("++")); err == nil {
		t.Error("classifications of different images were compared")
	}
}

func TestWilsonInterval(t *testing.T) {
	// Wilson's interval of 8 in 10, from Newcombe 1998: 0.4902 to 0.9433.
	low, high := num.Wilson(0.8, 10)
	if math.Abs(low-0.4902) > 5e-4 || math.Abs(high-0.9433) > 5e-4 {
		t.Errorf("8 of 10 gives %.4f to %.4f", low, high)
	}
}

// Each pair stands once in the table, in the order of the classifications.
func TestPairTable(t *testing.T) {
	named := func(name, right string) Classification {
		c := outcome(right)
		c.Run.Spec.Name = name
		return c
	}
	table, err := PairTable("", named("a", "++++++--"), named("b", "------++"), named("c", "+-----++"))
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"a and b", "6", "2", "0.29"}, {"a and c", "5", "2", "0.45"}, {"b and c", "0", "1", "1"}}
	if !reflect.DeepEqual(table.Rows, want) {
		t.Errorf("the table is %v, want %v", table.Rows, want)
	}
	_, err = PairTable("", named("a", "+"))
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "got a alone", "two classifications or more")
}

// A prediction or a label outside the classes is refused.
func TestClassesOutside(t *testing.T) {
	for name, change := range map[string]func(c *Classification){
		"as made":           func(*Classification) {},
		"last class":        func(c *Classification) { c.Predicted[1], c.Set.Labels[1] = 9, 9 },
		"below":             func(c *Classification) { c.Predicted[1] = -1 },
		"beyond":            func(c *Classification) { c.Predicted[1] = 10 },
		"label beyond":      func(c *Classification) { c.Set.Labels[1] = 10 },
		"fewer predictions": func(c *Classification) { c.Predicted = c.Predicted[:1] },
		"more predictions":  func(c *Classification) { c.Predicted = append(c.Predicted, 1) },
	} {
		c := outcome("+-")
		change(&c)
		fine := name == "as made" || name == "last class"
		if (c.Valid() == nil) != fine || (c.Mistakes() >= 0) != fine {
			t.Errorf("%s: %v, %d mistakes", name, c.Valid(), c.Mistakes())
		}
	}
}
