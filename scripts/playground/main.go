//go:build !js

// Command playground writes the report's playground: one page that trains networks in the reader's browser.
//
//	playground -charts FOLDER [-quick] KEY… >FILE
//
// The keys are those of the report's runs; from these it takes loss curves on functions, and convolutional networks that read MNIST.
// FOLDER contains uPlot's script and style sheet.
package main

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"

	"hw1/pkg/hw1/playground"
)

//go:embed page
var page embed.FS

func main() {
	charts := flag.String("charts", "", "folder with uPlot's files")
	quick := flag.Bool("quick", false, "the runs had tiny budgets")
	flag.Parse()
	content, err := build(*charts, *quick, flag.Args())
	if err == nil {
		_, err = os.Stdout.Write(content)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// build returns the page.
func build(charts string, quick bool, keys []string) ([]byte, error) {
	report, err := playground.Collect(keys...)
	if err != nil {
		return nil, err
	}
	wasm, err := worker()
	if err != nil {
		return nil, err
	}
	return fill(report, wasm, charts, quick)
}

// worker builds the program for the browser, and returns it compressed.
func worker() ([]byte, error) {
	folder, err := os.MkdirTemp("", "playground")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "worker.wasm")
	// GoMLX builds graphs, which its backend, elsewhere, computes: without inlining it is as fast, and the page 80 kB smaller.
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-gcflags=github.com/gomlx/gomlx/...=-l", "-o", file, "hw1/scripts/playground/worker")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the program for the browser: %w: %s", err, said)
	}
	program, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var zipped bytes.Buffer
	w, err1 := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	_, err2 := w.Write(program)
	err = errors.Join(err1, err2, w.Close())
	return zipped.Bytes(), err
}

// fill puts the page together.
func fill(report playground.Report, wasm []byte, charts string, quick bool) ([]byte, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	held, err := json.Marshal(report) // it escapes what could end a script
	if err != nil {
		return nil, err
	}
	values := map[string]any{"Report": string(held), "Wasm": base64.StdEncoding.EncodeToString(wasm), "Quick": quick, "HasDigits": len(report.Networks) > 0}
	for name, path := range map[string]string{
		"Runtime":    filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"),
		"Charts":     filepath.Join(charts, "uPlot.iife.min.js"),
		"ChartStyle": filepath.Join(charts, "uPlot.min.css"),
	} {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		values[name] = string(content)
	}
	made, err := template.ParseFS(page, "page/*")
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = made.ExecuteTemplate(&text, "page.html", values)
	return text.Bytes(), err
}
