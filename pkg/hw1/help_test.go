package hw1_test

import (
	"go/ast"
	"os/exec"
	"path"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"hw1/pkg/hw1"
)

// Spec is an alias, and help on one does not show the fields of the type: what everybody asks
// for has to say what each of them is all the same, and in the words that stand beside it.
func TestHelpOnSpecSaysEveryField(t *testing.T) {
	help := printed(t, exec.Command("go", "doc", "hw1/pkg/hw1.Spec"))
	comments := fieldComments(house(t)["experiment"].files, "Spec")
	for _, field := range reflect.VisibleFields(reflect.TypeFor[hw1.Spec]()) {
		comment, found := comments[field.Name]
		line := regexp.MustCompile(`(?m)^\s*` + field.Name + `\s+\S.*`).FindString(help)
		if !found || line == "" || !strings.Contains(line, comment) {
			t.Errorf("go doc hw1.Spec says %q of %s, whose comment is %q", line, field.Name, comment)
		}
	}
}

// fieldComments returns the comments beside the fields of a type.
func fieldComments(files []*ast.File, name string) map[string]string {
	comments := map[string]string{}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != name {
				return true
			}
			for _, field := range spec.Type.(*ast.StructType).Fields.List {
				for _, one := range field.Names {
					comments[one.Name] = strings.TrimSpace(field.Comment.Text())
				}
			}
			return false
		})
	}
	return comments
}

// Help on a function is all that its comment says.
func TestHelpOnFunctions(t *testing.T) {
	rooms := house(t)
	asked := 0
	for name, room := range map[string]string{"Train": self, "TrainOne": self, "Check": self, "Find": "critical", "Random": "surface"} {
		for _, file := range rooms[room].files {
			for _, decl := range file.Decls {
				f, ok := decl.(*ast.FuncDecl)
				if !ok || f.Recv != nil || f.Name.Name != name {
					continue
				}
				asked++
				help := printed(t, exec.Command("go", "doc", path.Join(inHere, room)+"."+name))
				if comment := words(f.Doc.Text()); comment == "" || !strings.Contains(words(help), comment) {
					t.Errorf("go doc %s.%s is\n%s\nand the comment is\n%s", room, name, help, f.Doc.Text())
				}
			}
		}
	}
	if asked != 5 {
		t.Errorf("%d functions were found", asked)
	}
}

// words returns the words of a text, without line breaks and the brackets of links.
func words(text string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("[", "", "]", "").Replace(text)), " ")
}
