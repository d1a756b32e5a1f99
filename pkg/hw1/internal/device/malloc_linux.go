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

// init tells the C library to keep the memory that XLA frees for what XLA asks for
// next. XLA allocates and frees the arrays of a training step with each step; left
// to itself, the library gives them back to the system, whose fresh pages take a
// third of the step of a dense network.
func init() { C.keep_memory() }

// GiveMemoryBack gives the memory back that a training or a measurement has used. Kept for the next one,
// whose arrays have other sizes, it would grow from training to training.
func GiveMemoryBack() {
	debug.FreeOSMemory() // executions and arrays are XLA's, and go with what holds them
	C.give_memory_back()
}
