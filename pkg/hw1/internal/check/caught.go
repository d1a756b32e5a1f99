package check

import (
	"fmt"
	"runtime"
	"strings"
)

// Caught calls a user's function. If it panics, Caught returns the panic's message in one line, and the place in the user's code in a
// second line: next to such a place a notebook's kernel writes the cell and its line. (GoNB 0.11.4 crashes if colons precede the place.)
func Caught(do func()) (wrong string) {
	defer func() {
		if p := recover(); p != nil {
			wrong, _, _ = strings.Cut(fmt.Sprint(p), "\n")
			wrong += usersPlace()
		}
	}()
	do()
	return ""
}

// usersPlace returns the innermost line, among the callers, of a cell's code (a program's package main) or of a test.
func usersPlace() string {
	var callers [128]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers[:])])
	for {
		frame, more := frames.Next()
		if strings.HasPrefix(frame.Function, "main.") || strings.HasSuffix(frame.File, "_test.go") {
			return fmt.Sprintf("\n\tat %s:%d", frame.File, frame.Line)
		}
		if !more || strings.HasSuffix(frame.Function, "/check.Caught") {
			return ""
		}
	}
}
