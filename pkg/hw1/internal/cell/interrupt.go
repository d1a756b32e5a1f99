package cell

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// interruptGrace is the time that an interrupted cell has to put away what it has.
// It ends then in any case, so that the user is not kept waiting by a step that
// takes long: the run store holds nothing that is half written.
const interruptGrace = 1500 * time.Millisecond

// Interruptible does some work with a context that an interrupt ends. It returns
// when the work does, or soon after an interrupt, and reports whether there was one.
//
// The kernel sends an interrupt twice, to the whole process group and to the cell;
// so signals are taken for a moment longer, while the cell says how it ended.
func Interruptible(do func(ctx context.Context)) bool {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		do(ctx)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		select {
		case <-done:
		case <-time.After(interruptGrace):
		}
	}
	if ctx.Err() == nil {
		stop()
		return false
	}
	time.AfterFunc(time.Second, stop)
	return true
}
