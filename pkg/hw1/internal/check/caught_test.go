package check

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// A panic is told in a line, and the place in the code of whoever wrote the function, also where a library panics that it calls.
func TestCaughtNamesTheLine(t *testing.T) {
	_, file, here, _ := runtime.Caller(0)
	for i, c := range []struct {
		do    func()
		wrong string
	}{
		{func() { panic("out of ideas\nand a second line") }, "out of ideas"},
		{func() { panic(errors.New("no way")) }, "no way"},
		{func() { _ = slices.Max([]int{}) }, "slices.Max: empty list"},
	} {
		if got, want := Caught(c.do), fmt.Sprintf("%s\n\tat %s:%d", c.wrong, file, here+5+i); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := Caught(new(sync.WaitGroup).Done); got != "sync: negative WaitGroup counter" { // the test called Caught, and is not where the mistake is
		t.Errorf("without a function of the user's: %s", got)
	}
	if got := Caught(func() {}); got != "" {
		t.Errorf("without a panic: %s", got)
	}
}
