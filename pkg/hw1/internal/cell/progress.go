package cell

import (
	"fmt"
	"html"
	"strings"
	"sync"
	"time"

	"hw1/pkg/hw1/internal/words"
)

// refresh is the shortest time between two updates of a progress display.
const refresh = 200 * time.Millisecond

// Progress is one line of a cell that shows how far some work is, updated in place. It
// ends in one line that stays: what still runs after an interrupt shows nothing more.
type Progress struct {
	Start time.Time

	mu     sync.Mutex
	id     string
	last   time.Time // when it was updated
	closed bool
}

func NewProgress() *Progress { return &Progress{id: newID(), Start: time.Now()} }

// Elapsed returns the seconds since the start.
func (p *Progress) Elapsed() float64 { return time.Since(p.Start).Seconds() }

// Reached shows that a share of the work is done, of which another share was before the
// start, with the parts of a text, which is asked for where it is time to show it.
func (p *Progress) Reached(share, before float64, text func() []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || time.Since(p.last) < refresh {
		return
	}
	p.last = time.Now()
	left := p.Elapsed() * (1 - share) / (share - before)
	p.update(share, strings.Join(append(text(), words.Duration(left)+" left"), " · "))
}

// Waiting shows what the work waits for.
func (p *Progress) Waiting(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.update(0, "Waiting for another process "+what)
	}
}

// End says how the work ended, with the keys of its results for the report.
func (p *Progress) End(how string, keys []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.display(html.EscapeString(how), how, keys)
}

func (p *Progress) update(share float64, text string) {
	p.display(fmt.Sprintf(`<progress max="1" value="%.3f"></progress> %s`, share, html.EscapeString(text)), text, nil)
}

func (p *Progress) display(inner, text string, keys []string) {
	if !inNotebook() {
		return
	}
	Send("progress", "", Output{
		Data:     map[string]any{HTML: `<div class="hw1-progress">` + inner + "</div>", Text: text},
		Metadata: map[string]any{"hw1.runs": strings.Join(keys, ",")},
		id:       p.id,
	})
}
