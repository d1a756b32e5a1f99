//go:build !linux || !cgo

package device

import "runtime/debug"

// GiveMemoryBack returns to the system the memory that a training or a measurement has used.
func GiveMemoryBack() { debug.FreeOSMemory() }
