package hw1_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hw1/pkg/hw1/internal/env"
)

// docs/upstream.md was checked against the versions that are in use: who takes another one goes through its
// table again.
func TestUpstreamIsOfTheseVersions(t *testing.T) {
	read := func(name string) string {
		content, err := os.ReadFile(filepath.Join(env.Root(), name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	uses, list := read("go.mod")+read("scripts/setup/xla.sh"), read("docs/upstream.md")
	stated := regexp.MustCompile("`([^` ]+) ([^` ]+)`").FindAllStringSubmatch(strings.SplitN(list, "\n\n", 3)[1], -1)
	if len(stated) != 4 {
		t.Fatalf("docs/upstream.md states %d versions, want 4", len(stated))
	}
	for _, s := range stated {
		if !strings.Contains(uses, s[1]+" "+s[2]) && !strings.Contains(uses, s[1]+"=="+s[2]) {
			t.Errorf("docs/upstream.md is of %s %s, which is not what is used: look which of its faults are left", s[1], s[2])
		}
	}
}
