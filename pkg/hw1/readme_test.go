package hw1_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the README shows compiles as it stands, in a cell that imports what it names.
func TestCodeOfTheReadmeCompiles(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	cells := regexp.MustCompile("(?s)\n```go\n(.*?)```\n").FindAllStringSubmatch(string(text), -1)
	if len(cells) < 2 {
		t.Fatalf("%d cells in the README", len(cells))
	}
	for i, cell := range cells {
		program := "package main\n\n"
		for _, each := range []string{"hw1", "hw1/curves", "hw1/data", "hw1/dataset", "hw1/eval", "hw1/experiment", "hw1/fit", "hw1/nn"} {
			if strings.Contains(cell[1], filepath.Base(each)+".") {
				program += fmt.Sprintf("import %q\n", "hw1/pkg/"+each)
			}
		}
		for _, each := range []string{"fmt", "math", "slices"} {
			if strings.Contains(cell[1], each+".") {
				program += fmt.Sprintf("import %q\n", each)
			}
		}
		if said := compiled(t, program+"\nfunc main() {\n"+cell[1]+"}\n"); said != "" {
			t.Errorf("cell %d of the README:\n%s", i+1, said)
		}
	}
}

// compiled returns what the compiler says of a program within the module.
func compiled(t *testing.T, program string) string {
	t.Helper()
	here, err := filepath.Abs("testdata/cell.go")
	if err != nil {
		t.Fatal(err)
	}
	file, overlay := filepath.Join(t.TempDir(), "cell.go"), filepath.Join(t.TempDir(), "overlay.json")
	replaced, err := json.Marshal(map[string]map[string]string{"Replace": {here: file}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{file: program, overlay: string(replaced)} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	said, err := exec.Command("go", "vet", "-overlay", overlay, here).CombinedOutput()
	if err != nil && len(said) == 0 {
		t.Fatal(err)
	}
	return string(said)
}
