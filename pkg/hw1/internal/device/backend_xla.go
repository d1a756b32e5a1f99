//go:build ((linux && (amd64 || arm64)) || (darwin && arm64) || (windows && amd64)) && !noxla

package device

import "github.com/gomlx/go-xla/compute/xla"

// Nothing is downloaded while a notebook runs: scripts/setup.sh installs the plugin.
func init() { xla.EnableAutoInstall(false) }
