package experiment_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"hw1/pkg/hw1/experiment"
)

// The notebooks' runs, a line each: the key under which one is stored, and its Spec. A change of
// the code that gives one of them another key makes stored runs unreadable; where it changes what
// they train to, the version of the training is raised, and this list made anew.
const keysFile = "testdata/keys.txt"

func TestKeysOfTheNotebooks(t *testing.T) {
	text, err := os.ReadFile(keysFile)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		key, asked, _ := strings.Cut(line, "\t")
		var spec experiment.Spec
		if err := json.Unmarshal([]byte(asked), &spec); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		resolved, err := spec.Resolved()
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if got := resolved.Key(); got != key {
			t.Errorf("the key is %s, and was %s, of %s", got, key, asked)
		}
		n++
	}
	if n != 245 {
		t.Errorf("%s has %d runs", keysFile, n)
	}
}
