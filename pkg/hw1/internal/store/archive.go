package store

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/numpy"

	"hw1/pkg/hw1/internal/device"
)

// This file writes and reads zip archives: NumPy's npz, and checkpoints. Nothing
// is compressed, as weights hardly can be; so reading an archive takes
// no more memory than its own size, whatever its headers claim.

// Archive returns a zip archive of the files.
func Archive(files []File) ([]byte, error) {
	var content bytes.Buffer
	w := zip.NewWriter(&content)
	for _, f := range files {
		part, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store})
		if err == nil {
			_, err = part.Write(f.Content)
		}
		if err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return content.Bytes(), err
}

// Unarchive returns the files of an archive, by name, after verifying their
// checksums.
func Unarchive(content []byte) (map[string][]byte, error) {
	r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	files, size := map[string][]byte{}, uint64(0)
	for _, f := range r.File {
		size += f.UncompressedSize64
		if f.Method != zip.Store || f.UncompressedSize64 > uint64(len(content)) || size > uint64(len(content)) {
			return nil, fmt.Errorf("%q is compressed, or larger than the archive", f.Name)
		}
		part, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%q: %w", f.Name, err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", f.Name, err)
		}
		files[f.Name] = data
	}
	return files, nil
}

// EncodeNpz returns arrays in NumPy's npz format.
func EncodeNpz(arrays map[string]*tensors.Tensor) ([]byte, error) {
	var files []File
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		var npy bytes.Buffer
		if err := numpy.ToNpyWriter(arrays[name], &npy); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files = append(files, File{name + ".npy", npy.Bytes()})
	}
	return Archive(files)
}

// DecodeNpz is the inverse of EncodeNpz.
func DecodeNpz(content []byte) (map[string]*tensors.Tensor, error) {
	files, err := Unarchive(content)
	if err != nil {
		return nil, err
	}
	arrays := map[string]*tensors.Tensor{}
	for name, npy := range files {
		array, err := DecodeNpy(npy)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		arrays[strings.TrimSuffix(name, ".npy")] = array
	}
	return arrays, nil
}

// DecodeNpy returns an array of NumPy's npy format.
func DecodeNpy(content []byte) (*tensors.Tensor, error) {
	if err := checkNpy(content); err != nil {
		return nil, err
	}
	return numpy.FromNpyReader(bytes.NewReader(content))
}

var npyShape = regexp.MustCompile(`'shape'\s*:\s*\(([\d, ]*)\)`)

// checkNpy checks that an array has no more elements than its file has bytes, because
// the reader allocates whatever the header says.
func checkNpy(content []byte) error {
	shape := npyShape.FindSubmatch(content[:min(len(content), math.MaxUint16)])
	if shape == nil {
		return fmt.Errorf("no shape in its header")
	}
	size := 1
	for field := range strings.SplitSeq(string(shape[1]), ",") {
		if field = strings.TrimSpace(field); field == "" {
			continue
		}
		d, err := strconv.Atoi(field)
		if d == 0 && err == nil {
			return fmt.Errorf("an array of its shape (%s) has no elements", shape[1])
		}
		if err != nil || d < 1 || d > len(content)/size {
			return fmt.Errorf("its shape (%s) does not fit its %d bytes", shape[1], len(content))
		}
		size *= d
	}
	return nil
}

// Matrix returns the rows of an array [n, width] of floats, or nil if there is
// no such array.
func Matrix(arrays map[string]*tensors.Tensor, name string, width int) ([][]float64, error) {
	array := arrays[name]
	if array == nil {
		return nil, nil
	}
	if !array.DType().IsFloat() || array.Rank() != 2 || array.Size() == 0 || array.Shape().Dimensions[1] != width {
		return nil, fmt.Errorf("%s does not have the shape [n, %d]", name, width)
	}
	return device.Rows(array)
}
