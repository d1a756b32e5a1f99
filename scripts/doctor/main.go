// Command doctor opens the GoMLX backend that the notebooks would use and prints its name and description in one line.
package main

import (
	"fmt"
	"os"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/gomlx/backends/default"
)

func main() {
	backend, err := compute.New()
	if err != nil {
		fmt.Fprintf(os.Stderr, "no backend: %v\n", err)
		os.Exit(1)
	}
	fmt.Printf("%s: %s\n", backend.Name(), backend.Description())
}
