package hw1_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The compiler refuses a cycle of packages, and these tests what else would make one room of
// them again: they read the source, without its tests, whatever system it is for.

// room is a package under this one.
type room struct {
	files   []*ast.File
	imports []string // rooms by their folder, such as internal/env; other packages by their path
	lines   int
}

const inHere = "hw1/pkg/hw1/"

// self is the folder of the package hw1.
const self = "."

// house returns the rooms by their folder.
func house(t *testing.T) map[string]*room {
	t.Helper()
	rooms := map[string]*room{}
	err := fs.WalkDir(os.DirFS(self), self, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "testdata":
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		r := rooms[path.Dir(name)]
		if r == nil {
			r = &room{}
			rooms[path.Dir(name)] = r
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			r.imports = append(r.imports, strings.TrimPrefix(imported, inHere))
		}
		r.files, r.lines = append(r.files, file), r.lines+bytes.Count(text, []byte("\n"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rooms
}

// forTests reports whether a room has what tests share.
func forTests(name string) bool { return strings.HasSuffix(name, "test") }

var (
	listed = regexp.MustCompile(`(?m)^\t([a-z/]+)  `)
	parts  = regexp.MustCompile(`\d-\d ([a-z]+)`)
)

// plan returns the list of doc.go: the rooms from the first on, and the parts, which come last.
func plan(t *testing.T, rooms map[string]*room) (above, last []string) {
	t.Helper()
	for _, file := range rooms[self].files {
		_, list, _ := strings.Cut(file.Doc.Text(), "# The rooms")
		list, _, _ = strings.Cut(list, "\n# ")
		for _, match := range listed.FindAllStringSubmatch(list, -1) {
			above = append(above, match[1])
		}
		for _, match := range parts.FindAllStringSubmatch(list, -1) {
			last = append(last, match[1])
		}
	}
	if len(above) == 0 || len(last) == 0 {
		t.Fatal("doc.go has no list of the rooms")
	}
	return above, last
}

// needs returns all that a room imports, and what that imports.
func needs(rooms map[string]*room, name string) []string {
	found := map[string]bool{}
	var follow func(name string)
	follow = func(name string) {
		if rooms[name] == nil {
			return
		}
		for _, imported := range rooms[name].imports {
			if !found[imported] {
				found[imported] = true
				follow(imported)
			}
		}
	}
	follow(name)
	return slices.Sorted(maps.Keys(found))
}

// Who reads a room has read all that it stands on. What notebooks import, hw1, needs no part:
// a cell compiles those alone that it uses.
func TestRoomsImportWhatStandsAboveThem(t *testing.T) {
	rooms := house(t)
	above, last := plan(t, rooms)
	place := map[string]int{self: len(above)}
	for i, name := range above {
		place[name] = i
	}
	for _, name := range last {
		place[name] = len(above)
	}
	for name := range place {
		if rooms[name] == nil {
			t.Errorf("doc.go lists %s, which there is not", name)
		}
	}
	for name, r := range rooms {
		if forTests(name) {
			continue
		}
		if _, known := place[name]; !known {
			t.Errorf("%s is not in the list of doc.go", name)
		}
		for _, imported := range r.imports {
			switch {
			case rooms[imported] != nil && forTests(imported):
				t.Errorf("%s imports %s, which is for tests", name, imported)
			case rooms[imported] != nil && place[imported] >= place[name]:
				t.Errorf("%s imports %s, which does not stand above it in doc.go", name, imported)
			}
		}
	}
}

// A part can be read, changed and taken away by itself: what two of them use belongs above.
func TestNoPartImportsAPart(t *testing.T) {
	rooms := house(t)
	_, last := plan(t, rooms)
	for _, name := range last {
		for _, imported := range needs(rooms, name) {
			if slices.Contains(last, imported) {
				t.Errorf("%s needs %s", name, imported)
			}
		}
	}
}

// What a room must not need, also by way of others.
func TestWalls(t *testing.T) {
	rooms := house(t)
	for name, wall := range map[string]struct {
		why    string
		beyond []string
	}{
		"figure":         {"it draws the numbers that it is given, wherever they are from", []string{"github.com/gomlx/", "internal/store", "internal/device"}},
		"nn":             {"a network is one without an experiment, too", []string{"experiment", "internal/store"}},
		"internal/store": {"it keeps files, whatever they are of", []string{"experiment", "train", "analysis"}},
		"internal/num":   {"it can be held against other programs, which know no networks", []string{"github.com/gomlx/", "nn"}},
	} {
		for _, needed := range needs(rooms, name) {
			for _, beyond := range wall.beyond {
				if needed == beyond || strings.HasSuffix(beyond, "/") && strings.HasPrefix(needed, beyond) {
					t.Errorf("%s needs %s, but %s", name, needed, wall.why)
				}
			}
		}
	}
}

// One file says which variables there are, and what they mean.
func TestTheEnvironmentIsReadInOnePlace(t *testing.T) {
	uses := []string{"os.Getenv", "os.LookupEnv", "os.Setenv", "os.Unsetenv", "os.Environ", "os.ExpandEnv"}
	reads := false
	for name, r := range house(t) {
		for _, file := range r.files {
			ast.Inspect(file, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				switch {
				case !ok || forTests(name) || !slices.Contains(uses, fmt.Sprintf("%s.%s", s.X, s.Sel)):
				case name == "internal/env":
					reads = true
				default:
					t.Errorf("%s calls %s.%s", name, s.X, s.Sel)
				}
				return true
			})
		}
	}
	if !reads {
		t.Error("internal/env reads no environment variables")
	}
}

// Another kernel, or none, changes one room.
func TestOneRoomKnowsTheKernel(t *testing.T) {
	for name, r := range house(t) {
		for _, imported := range r.imports {
			if strings.HasPrefix(imported, "github.com/janpfeifer/gonb/") && name != "internal/cell" {
				t.Errorf("%s imports %s", name, imported)
			}
		}
	}
}

// What trains runs where there is no kernel, no figure and no XLA, such as in a browser.
func TestTrainingNeedsNoKernelFiguresAndXLA(t *testing.T) {
	if testing.Short() {
		t.Skip("it lists the packages for another machine")
	}
	for _, name := range []string{"data", "nn", "optim", "train"} {
		cmd := exec.Command("go", "list", "-deps", "./"+name)
		cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
		needed := strings.Fields(printed(t, cmd))
		if !slices.Contains(needed, inHere+name) {
			t.Errorf("the packages that %s needs are %s", name, needed)
		}
		for _, heavy := range []string{"github.com/janpfeifer/gonb/", "gonum.org/v1/plot", "github.com/gomlx/go-xla/"} {
			if i := slices.IndexFunc(needed, func(p string) bool { return strings.HasPrefix(p, heavy) }); i >= 0 {
				t.Errorf("%s needs %s for a browser", name, needed[i])
			}
		}
	}
}

// A room is read in one go, and what notebooks import in a few minutes.
func TestSizes(t *testing.T) {
	for name, r := range house(t) {
		most := 1500
		if name == self {
			most = 450
		}
		if r.lines > most {
			t.Errorf("%s has %d lines; at most %d are read in one go", name, r.lines, most)
		}
		if names := exportedNames(r.files); name == self && (len(names) < 35 || len(names) > 50) {
			t.Errorf("hw1 exports %d names, not 35 to 50: %s", len(names), names)
		}
	}
}

// exportedNames returns the exported constants, variables, types and functions of some files.
func exportedNames(files []*ast.File) []string {
	var names []string
	add := func(name *ast.Ident) {
		if name.IsExported() {
			names = append(names, name.Name)
		}
	}
	for _, file := range files {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				if f.Recv == nil {
					add(f.Name)
				}
				continue
			}
			for _, spec := range decl.(*ast.GenDecl).Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					add(spec.Name)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						add(name)
					}
				}
			}
		}
	}
	return names
}

// printed runs a command and returns what it prints, without spaces at its ends.
func printed(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var out, problems strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, problems.String())
	}
	return strings.TrimSpace(out.String())
}
