package check

import (
	"fmt"
	"runtime"
	"strings"
)

// Caught calls a function of a user's, and returns in a line what it panicked with, if it did, and in another where in the user's
// code that was: beside such a place a notebook's kernel writes the cell and its line. (GoNB 0.11.4 dies of a place with colons before it.)
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

// usersPlace returns the innermost line of a cell's code that Caught called, which is a program's package main, or of a test's.
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
