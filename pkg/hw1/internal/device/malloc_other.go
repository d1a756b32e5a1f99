//go:build !linux || !cgo

package device

import "runtime/debug"

// GiveMemoryBack gives the memory back that a training or a measurement has used.
func GiveMemoryBack() { debug.FreeOSMemory() }
