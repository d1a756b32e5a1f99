// Program plugin puts XLA for the CPU into a folder, where no wheel has it: on macOS. GoMLX's own installer fetches it, from
// releases of that project, which have no checksums.
package main

import (
	"fmt"
	"os"

	"github.com/gomlx/go-xla/installer"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: plugin FOLDER")
		os.Exit(2)
	}
	if err := installer.CPUAutoInstall(os.Args[1], false, installer.Quiet); err != nil {
		fmt.Fprintln(os.Stderr, "XLA for the CPU:", err)
		os.Exit(1)
	}
}
