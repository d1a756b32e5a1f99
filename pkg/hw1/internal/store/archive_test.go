package store

import (
	"archive/zip"
	"bytes"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/hw1test"
)

func npz(t testing.TB) []byte {
	t.Helper()
	content, err := EncodeNpz(map[string]*tensors.Tensor{
		"matrix": device.Tensor([]float64{1, 2, 3, 4, 5, 6}, dtypes.Float32, 2, 3),
		"row":    tensors.FromFlatDataAndDimensions([]int32{7, 8}, 2),
		"scalar": device.Tensor([]float64{9}, dtypes.Float64),
	})
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestNpzRoundTrip(t *testing.T) {
	arrays, err := DecodeNpz(npz(t))
	if err != nil || len(arrays) != 3 {
		t.Fatal(len(arrays), err)
	}
	for name, want := range map[string][]float64{"matrix": {1, 2, 3, 4, 5, 6}, "scalar": {9}} {
		got, err := device.Floats(arrays[name])
		if err != nil {
			t.Fatal(err)
		}
		hw1test.CheckNear(t, name, got, want, 0)
	}
	if shape := arrays["matrix"].Shape(); shape.Dimensions[0] != 2 || shape.Dimensions[1] != 3 {
		t.Errorf("the matrix comes back as %v", shape)
	}
}

func TestMatrix(t *testing.T) {
	arrays := map[string]*tensors.Tensor{
		"matrix":   device.Tensor([]float64{1, 2, 3, 4, 5, 6}, dtypes.Float32, 2, 3),
		"row":      device.Tensor([]float64{1, 2, 3}, dtypes.Float64, 3),
		"integers": tensors.FromFlatDataAndDimensions([]int32{7, 8, 9}, 1, 3),
	}
	rows, err := Matrix(arrays, "matrix", 3)
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	hw1test.CheckNear(t, "second row", rows[1], []float64{4, 5, 6}, 0)
	if rows, err := Matrix(arrays, "another", 3); rows != nil || err != nil {
		t.Errorf("an array that is not there: %v, %v", rows, err)
	}
	for name, width := range map[string]int{"matrix": 2, "row": 3, "integers": 3} {
		_, err := Matrix(arrays, name, width)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), name, "does not have the shape [n,")
	}
}

// An archive that claims to hold more than its own size is refused before that
// is allocated.
func TestArchiveThatClaimsTooMuch(t *testing.T) {
	var bomb bytes.Buffer
	w := zip.NewWriter(&bomb)
	part, err := w.Create("zeros.npy") // compressed, a thousand to one
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(make([]byte, 10<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Unarchive(bomb.Bytes())
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "zeros.npy", "larger than the archive")

	for _, shape := range []string{"(99999999999, 3)", "(9223372036854775807, 2)", "(-1, 3)", "(0, 3)", "nothing"} {
		header := "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }"
		if err := checkNpy([]byte(header)); err == nil {
			t.Errorf("shape %s is accepted", shape)
		}
	}
}

// FuzzDecodeNpz: whatever an archive holds, it is read or refused, and what is read
// is no larger than the archive.
func FuzzDecodeNpz(f *testing.F) {
	whole := npz(f)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(bytes.ReplaceAll(whole, []byte("(2, 3)"), []byte("(9, 9)")))
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18))))
	f.Fuzz(func(t *testing.T, content []byte) {
		arrays, err := DecodeNpz(content)
		if err != nil {
			return
		}
		size := 0
		for _, array := range arrays {
			size += array.Size()
		}
		if size > len(content) {
			t.Errorf("%d values from %d bytes", size, len(content))
		}
	})
}
