//go:build !js

package cell

import (
	"os"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// inNotebook reports whether the program is a cell of a notebook.
func inNotebook() bool { return gonbui.IsNotebook }

// newID returns the identity of a display that is updated in place.
func newID() string { return gonbui.UniqueId() }

// Sync waits until all that was displayed has arrived: without it a display is lost now and
// then as the program ends.
func Sync() { gonbui.Sync() }

func display(out Output) {
	data := make(map[protocol.MIMEType]any, len(out.Data))
	for mime, content := range out.Data {
		data[protocol.MIMEType(mime)] = content
	}
	gonbui.SendData(&protocol.DisplayData{Data: data, Metadata: out.Metadata, DisplayID: out.id})
}

// A cell whose kernel has died ends: nobody reads what it displays any more, and it
// would wait for that for ever, with its locks.
func init() {
	if gonbui.IsNotebook {
		go endWithKernel(os.Getppid())
	}
}

// kernelWatch is the time between two looks at whether the kernel is there.
const kernelWatch = time.Second

func endWithKernel(kernel int) {
	for {
		if now := os.Getppid(); now != kernel || now == 1 {
			os.Exit(1)
		}
		time.Sleep(kernelWatch)
	}
}
