package analysis

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// The notebooks' analyses, a line each: the key under which a result is stored, and the question.
// A change of the code that gives one of them another key makes stored results unreadable.
const keysFile = "testdata/keys.txt"

func TestKeysOfTheNotebooks(t *testing.T) {
	text, err := os.ReadFile(keysFile)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		key, asked, _ := strings.Cut(line, "\t")
		inputs := json.RawMessage{} // in the order in which they were written
		question := Question{Inputs: &inputs}
		if err := json.Unmarshal([]byte(asked), &question); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if got, err := question.key(); got != key || err != nil {
			t.Errorf("the key is %s, %v, and was %s, of %s", got, err, key, asked)
		}
		n++
	}
	if n != 59 {
		t.Errorf("%s has %d analyses", keysFile, n)
	}
}
