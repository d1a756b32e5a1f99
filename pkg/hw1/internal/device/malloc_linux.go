//go:build cgo

package device

// #include <malloc.h>
//
// static void keep_memory() {
// #ifdef __GLIBC__
// 	mallopt(M_MMAP_THRESHOLD, 1 << 30);
// 	mallopt(M_TRIM_THRESHOLD, 1 << 30);
// 	mallopt(M_TOP_PAD, 64 << 20);
// #endif
// }
//
// static void give_memory_back() {
// #ifdef __GLIBC__
// 	malloc_trim(0);
// #endif
// }
import "C"

import "runtime/debug"

// init tells the C library to keep memory that XLA frees for XLA's next
// allocations. XLA allocates and frees the arrays of a training step with each step; by
// default, the library returns them to the system, and getting fresh pages takes a
// third of a dense network's step.
func init() { C.keep_memory() }

// GiveMemoryBack returns to the system the memory that a training or a measurement has used. If it were kept for the
// next one, whose arrays have other sizes, it would grow from training to training.
func GiveMemoryBack() {
	debug.FreeOSMemory() // XLA's executables and arrays are freed with the Go values that hold them
	C.give_memory_back()
}
