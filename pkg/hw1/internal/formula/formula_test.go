package formula_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hw1/pkg/hw1/internal/formula"
	"hw1/pkg/hw1/internal/hw1test"
)

func ExampleParse() {
	f, err := formula.Parse("sin(5 pi x) / (5πx)")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f\n", f.At(0.1))
	fmt.Println(f.Go())
	// Output:
	// 0.637
	// (math.Sin(((5.0 * math.Pi) * x)) / ((5.0 * math.Pi) * x))
}

// cases are formulas, and what they are at 0.3.
var cases = map[string]float64{
	"1":                      1,
	"-x^2":                   -0.09,
	"2^3^2":                  512,
	"2x^2 + 3x - 1":          2*0.09 + 0.9 - 1,
	"1 - 2 - 3":              -4,
	"12 / 2 / 3":             2,
	"1/2x":                   0.15, // as it is read from left to right
	"2 exp(x)":               2 * math.Exp(0.3),
	"2e1x":                   6,
	"x(1 - x)(1+x)":          0.3 * 0.7 * 1.3,
	"x**2":                   0.09,
	"3·x − 1":                -0.1,
	"x²":                     0.09,
	"max(x, 1 - x)":          0.7,
	"sgn(x) + sgn(-x)":       0,
	"abs(-x) + sqrt(4)":      2.3,
	"-(-x)":                  0.3,
	"2^-x":                   math.Pow(2, -0.3),
	"e^x":                    math.Exp(0.3),
	"tanh(3 sin(x)) ln(1+x)": math.Tanh(3*math.Sin(0.3)) * math.Log(1.3),
	"sin(cos(tan(atan(x))))": math.Sin(math.Cos(0.3)),
	".5 x":                   0.15,
	"0.95 + 90.12x":          27.986,
	"10 x + 9x":              5.7,
	"5. x":                   1.5,
	"1.5e+2x + 1.5e-2":       45.015,
	"2e":                     2 * math.E,
	"2e - x":                 2*math.E - 0.3,
}

func TestParse(t *testing.T) {
	for text, want := range cases {
		f, err := formula.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.At(0.3); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %g at 0.3, want %g", text, got, want)
		}
	}
}

// So long and so deep a formula is read, and a longer or deeper one is not.
func TestParseLimits(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("(", n) + "x" + strings.Repeat(")", n) }
	for text, read := range map[string]bool{
		"x" + strings.Repeat(" ", 999): true, strings.Repeat("π", 1000): true, strings.Repeat("π", 1001): false,
		deep(99): true, deep(100): false, strings.Repeat("-", 99) + "x": true, strings.Repeat("-", 100) + "x": false,
	} {
		if _, err := formula.Parse(text); (err == nil) != read {
			t.Errorf("%.20q, of %d bytes: %v", text, len(text), err)
		}
	}
}

// The message says what to change.
func TestParseSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "ends where a number",
		"1 +":                             "ends where a number",
		"2e+":                             "ends where a number",
		"(1 + x":                          "closing bracket",
		"1 + x)":                          `character 6 of the formula: found ")"`,
		"sin x":                           "sin needs brackets",
		"foo(x)":                          `there is no "foo"; use x, pi, e, abs`,
		"y":                               `there is no "y"`,
		"xx":                              `there is no "xx"`,
		"max(x)":                          "max takes two numbers",
		"sin(x, x)":                       "closing bracket",
		"x $ 2":                           `character 3 of the formula: '$' has no meaning`,
		"1e999":                           "is not a number",
		"..5":                             "is not a number",
		"x = 1":                           "has no meaning",
		"* x":                             "instead of a number",
		strings.Repeat("(", 500):          "nested brackets",
		strings.Repeat("-", 500):          "nested brackets",
		strings.Repeat("x + ", 500) + "x": "at most 1000",
	} {
		if _, err := formula.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want something with %q", text, err, want)
		}
	}
}

// What is taken along into a notebook is the same function: the expressions are compiled and run.
func TestGoIsTheSameFunction(t *testing.T) {
	hw1test.Slow(t)
	var program, want strings.Builder
	program.WriteString("package main\n\nimport (\n\t\"fmt\"\n\t\"math\"\n)\n\nfunc main() {\n\tx, _ := 0.3, math.Pi\n")
	for text := range cases {
		f, err := formula.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&program, "\tfmt.Println(%s)\n", f.Go())
		fmt.Fprintln(&want, f.At(0.3))
	}
	path := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(path, []byte(program.String()+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := exec.Command("go", "run", path).CombinedOutput()
	if err != nil || string(got) != want.String() {
		t.Errorf("%v, and\n%s\ninstead of\n%s", err, got, want.String())
	}
}

// No text makes it panic, and what it reads has a value everywhere, or none.
func FuzzParse(f *testing.F) {
	for text := range cases {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := formula.Parse(text)
		if err != nil {
			return
		}
		read.At(-1)
		if read.Go() == "" {
			t.Errorf("%q is no expression in Go", text)
		}
	})
}
