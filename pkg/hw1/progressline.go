package hw1

import (
	"fmt"
	"html"
	"strings"
	"sync"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// refresh is the shortest time between two updates of a progress display.
const refresh = 200 * time.Millisecond

// progress is one line of a cell that shows how far some work is, updated in place. It
// ends in one line that stays: what still runs after an interrupt shows nothing more.
type progress struct {
	start time.Time

	mu     sync.Mutex
	id     string
	last   time.Time // when it was updated
	closed bool
}

func newProgress() *progress { return &progress{id: gonbui.UniqueId(), start: time.Now()} }

// elapsed returns the seconds since the start.
func (p *progress) elapsed() float64 { return time.Since(p.start).Seconds() }

// reached shows that a share of the work is done, of which another share was before the
// start, with the parts of a text, which is asked for where it is time to show it.
func (p *progress) reached(share, before float64, text func() []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || time.Since(p.last) < refresh {
		return
	}
	p.last = time.Now()
	left := p.elapsed() * (1 - share) / (share - before)
	p.update(share, strings.Join(append(text(), duration(left)+" left"), " · "))
}

// waiting shows what the work waits for.
func (p *progress) waiting(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.update(0, "Waiting for another process "+what)
	}
}

// end says how the work ended, with the keys of its results for the report.
func (p *progress) end(how string, keys []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.display(html.EscapeString(how), how, keys)
}

func (p *progress) update(share float64, text string) {
	p.display(fmt.Sprintf(`<progress max="1" value="%.3f"></progress> %s`, share, html.EscapeString(text)), text, nil)
}

func (p *progress) display(inner, text string, keys []string) {
	if !gonbui.IsNotebook {
		return
	}
	send("progress", "", output{
		data:     map[protocol.MIMEType]any{protocol.MIMETextHTML: `<div class="hw1-progress">` + inner + "</div>", protocol.MIMETextPlain: text},
		metadata: map[string]any{"hw1.runs": strings.Join(keys, ",")},
		id:       p.id,
	})
}
