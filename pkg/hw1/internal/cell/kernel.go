//go:build !js

package cell

import (
	"os"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// inNotebook reports whether the program runs as a cell of a notebook.
func inNotebook() bool { return gonbui.IsNotebook }

// newID returns the identity of a display that is updated in place.
func newID() string { return gonbui.UniqueId() }

// Sync waits until everything displayed has arrived: without it a display is sometimes lost
// as the program ends.
func Sync() { gonbui.Sync() }

func display(out Output) {
	data := make(map[protocol.MIMEType]any, len(out.Data))
	for mime, content := range out.Data {
		data[protocol.MIMEType(mime)] = content
	}
	gonbui.SendData(&protocol.DisplayData{Data: data, Metadata: out.Metadata, DisplayID: out.id})
}

// A cell whose kernel has died ends itself: nobody reads its output any more, and it
// would wait for that forever, holding its locks.
func init() {
	if gonbui.IsNotebook {
		go endWithKernel(os.Getppid())
	}
}

// kernelWatch is the time between two checks that the kernel is still there.
const kernelWatch = time.Second

func endWithKernel(kernel int) {
	for {
		if now := os.Getppid(); now != kernel || now == 1 {
			os.Exit(1)
		}
		time.Sleep(kernelWatch)
	}
}
