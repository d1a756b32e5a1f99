package eval

import "hw1/pkg/hw1/nn"

// mixes is for custom networks, which a browser does not have.
func mixes(nn.Network) error { return nil }
