//go:build !js

package main

import (
	"bufio"
	"fmt"
	"os"
)

// What the page would get, line by line: the tests hold the two against each other.
func main() {
	d, in := &desk{}, bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		fmt.Printf("%s\n", d.answer(line))
	}
}
