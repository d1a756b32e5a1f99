package main

import "syscall/js"

// The page's function hw1 takes a request and returns the answer.
func main() {
	d := &desk{}
	js.Global().Set("hw1", js.FuncOf(func(_ js.Value, args []js.Value) any { return string(d.answer([]byte(args[0].String()))) }))
	select {}
}
