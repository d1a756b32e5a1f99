// Package cell handles what a cell of a notebook displays, and how it ends: figures and tables, notices, a
// line of progress, and interrupts. Outside a notebook it prints text.
package cell

import (
	"context"
	"fmt"
	"html"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"hw1/pkg/hw1/internal/env"
	"hw1/pkg/hw1/internal/words"
)

// The MIME types of outputs.
const (
	Text     = "text/plain"
	HTML     = "text/html"
	Markdown = "text/markdown"
	SVG      = "image/svg+xml"
	PNG      = "image/png"
)

// Output is one display, in several types, of which the reader's program takes the best it
// supports. Its metadata tells the report what kind of output it is.
type Output struct {
	Data     map[string]any
	Metadata map[string]any
	id       string // identity of a display that is updated in place
}

// Send displays an output and its caption.
func Send(kind, caption string, out Output) {
	if !inNotebook() {
		fmt.Println(caption)
		fmt.Println(out.Data[Text])
		return
	}
	out.Metadata["hw1.kind"] = kind
	out.Metadata["hw1.caption"] = caption
	display(out)
	if caption != "" {
		display(Output{Data: map[string]any{Markdown: "*" + caption + "*"}, Metadata: map[string]any{"hw1.kind": "caption"}})
	}
	Sync()
}

// Notice tells the user something that needs no immediate action.
func Notice(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !inNotebook() {
		fmt.Fprintln(os.Stderr, text)
		return
	}
	Send("notice", "", Output{
		Data:     map[string]any{HTML: "<p>⚠ " + html.EscapeString(text) + "</p>", Text: text},
		Metadata: map[string]any{},
	})
}

// refresh is the shortest time between two updates of a progress display.
const refresh = 200 * time.Millisecond

// Progress is one line of a cell that shows how far some work has come, updated in place, with curves of what the work
// measures below it. At the end, one line remains: work that still runs after an interrupt shows nothing more.
type Progress struct {
	Start time.Time

	mu     sync.Mutex
	chart  chart
	id     string
	last   time.Time // when it was last updated
	share  float64   // the share shown then
	begun  time.Time // when work was first reported: before that, graphs compile
	from   float64   // the share that had been done then, since the start
	text   string
	closed bool
}

// NewProgress returns a line of progress, and starts its clock.
func NewProgress() *Progress { return &Progress{id: newID(), Start: time.Now()} }

// Elapsed returns the seconds since the start.
func (p *Progress) Elapsed() float64 { return time.Since(p.Start).Seconds() }

// Took returns the time since the start in words.
func (p *Progress) Took() string { return words.Duration(p.Elapsed()) }

// Reached shows that a share of the work is done, of which the share before was done before the
// start, with the parts of a text, and the time that is left, once it can be told. It calls text only when it is time to update the display.
func (p *Progress) Reached(share, before float64, text func() []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || time.Since(p.last) < refresh {
		return
	}
	p.last = time.Now()
	parts, done := text(), share-before
	if p.begun.IsZero() {
		p.begun, p.from = p.last, done
	} else if done > p.from {
		parts = append(parts, words.Duration(time.Since(p.begun).Seconds()*(1-share)/(done-p.from))+" left")
	}
	p.update(share, strings.Join(parts, " · "))
}

// Point adds a point to a curve. The curve's number gives its colour, which is that of the run in figures. The curves are redrawn
// at most twice a second.
func (p *Progress) Point(number int, curve string, x, y float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.chart.add(number, curve, x, y); !p.closed && time.Since(p.last) >= redraw {
		p.last = time.Now()
		p.update(p.share, p.text)
	}
}

// Waiting shows that the work waits for another process, and what that does, as in "trains this".
func (p *Progress) Waiting(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.update(0, "Waiting for another process, which "+what)
	}
}

// End shows how the work ended, with the keys of its results for the report.
func (p *Progress) End(how string, keys []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.display("", how, "", keys)
}

func (p *Progress) update(share float64, text string) {
	p.share, p.text = share, text
	figure := ""
	if env.Live() {
		figure = p.chart.html(time.Now())
	}
	p.display(fmt.Sprintf(`<progress max="1" value="%.3f"></progress> `, share), text, figure, nil)
}

// display shows a text between a bar and a figure, which are given as HTML.
func (p *Progress) display(bar, text, figure string, keys []string) {
	if !inNotebook() {
		return
	}
	Send("progress", "", Output{
		Data:     map[string]any{HTML: `<div class="hw1-progress">` + bar + html.EscapeString(text) + figure + "</div>", Text: text},
		Metadata: map[string]any{"hw1.runs": strings.Join(keys, ",")},
		id:       p.id,
	})
}

// interruptGrace is the time that an interrupted cell has to save what it has.
// Then it ends in any case, so that a long step does not keep the user
// waiting: the run store never holds anything half-written.
const interruptGrace = 1500 * time.Millisecond

// Interruptible does some work with a context that an interrupt cancels. It returns
// when the work does, or soon after an interrupt, and reports whether there was one.
//
// The kernel sends an interrupt twice, to the whole process group and to the cell;
// so signals are caught for a moment longer, while the cell says how it ended.
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
