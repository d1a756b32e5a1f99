package nn

import (
	"cmp"
	"fmt"
	"slices"

	"hw1/pkg/hw1/internal/layer"
)

// Block describes a convolution block: the convolution, the activation and the pool. Its
// zero value is the homework's block.
type Block struct {
	Kernel   int  `json:"kernel,omitempty"`   // side of the square kernel, 1 to 7; default 4
	Stride   int  `json:"stride,omitempty"`   // of the convolution; default 1
	Pool     Pool `json:"pool,omitempty"`     // pooling of 2×2 windows; default MaxPool
	Residual bool `json:"residual,omitempty"` // add a second convolution, and a shortcut around both (He et al. 2016); needs Arch.Padded
}

// Pool names how a block pools each window of 2×2 values.
type Pool string

// The pools.
const (
	MaxPool     Pool = ""
	AveragePool Pool = "average"
	NoPool      Pool = "none"
)

// pools has the text for each in a network's name.
var pools = map[Pool]string{MaxPool: "", AveragePool: " averaged", NoPool: " unpooled"}

// With returns the network with these blocks: one for all convolutions, or one for each.
func (a Arch) With(blocks ...Block) Arch {
	a.Blocks = slices.Clone(blocks)
	return a
}

// block returns a block, counted from 0, with its defaults.
func (a Arch) block(i int) Block {
	var b Block
	if n := len(a.Blocks); n > 0 {
		b = a.Blocks[min(i, n-1)] // a single one is for all
	}
	b.Kernel, b.Stride = cmp.Or(b.Kernel, 4), cmp.Or(b.Stride, 1)
	return b
}

// padding returns the zeros before and after the image, in both directions.
func (b Block) padding(pad bool) (before, after int) {
	if !pad {
		return 0, 0
	}
	return (b.Kernel - 1) / 2, b.Kernel / 2
}

// convolved returns the side of an image after the block's first convolution.
func (b Block) convolved(side int, pad bool) int {
	before, after := b.padding(pad)
	if room := side + before + after - b.Kernel; room >= 0 {
		return room/b.Stride + 1
	}
	return 0
}

// pooled returns the side of an image after the block's pool, which leaves out an odd last row.
func (b Block) pooled(side int) int {
	if b.Pool == NoPool {
		return side
	}
	return side / layer.Window
}

// projects reports whether the shortcut is a 1×1 convolution, which makes its size that of the
// path it bypasses; else it is the identity.
func (b Block) projects(in, out int) bool { return in != out || b.Stride > 1 }

func (b Block) valid(pad bool) error {
	_, known := pools[b.Pool]
	switch {
	case b.Kernel < 1 || b.Kernel > 7:
		return fmt.Errorf("kernel %d; it must lie in 1 to 7", b.Kernel)
	case b.Stride < 1 || b.Stride > 7:
		return fmt.Errorf("stride %d; it must lie in 1 to 7", b.Stride)
	case !known:
		return fmt.Errorf("unknown pool %q; use one of the constants nn.MaxPool, nn.AveragePool and nn.NoPool", b.Pool)
	case b.Residual && !pad:
		return fmt.Errorf("a shortcut needs convolutions that keep the size of the image; build the network with hw1.CNN(…).Padded()")
	}
	return nil
}

// blocksString describes how blocks differ from the homework's.
func blocksString(blocks []Block) string {
	if len(blocks) == 0 {
		return ""
	}
	text := ""
	for i := range blocks {
		b := Arch{Blocks: blocks[i : i+1]}.block(0)
		text += fmt.Sprintf(" %d×%d", b.Kernel, b.Kernel)
		if b.Stride > 1 {
			text += fmt.Sprintf("/%d", b.Stride)
		}
		if b.Residual {
			text += " residual"
		}
		text += pools[b.Pool]
	}
	return " (" + text[1:] + ")"
}
