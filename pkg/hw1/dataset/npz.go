package dataset

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/internal/device"
	"hw1/pkg/hw1/internal/store"
)

// NPZ reads the arrays x_train, y_train, x_test and y_test from a file written by numpy.savez or
// numpy.savez_compressed, the format of Keras's data sets. Inputs are bytes, [n, height,
// width] or [n, height, width, channels], or floats, which may also be [n, features]; targets are
// integers from 0 to 255, which name the classes, [n], or floats, for a regression, [n] or [n, outputs].
func NPZ(name, path string) (data.Task, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", soughtAt(path, err)
	}
	set, err := npzSet(name, content)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return data.Own(set)
}

func npzSet(name string, content []byte) (data.Set, error) {
	set := data.Set{Name: name}
	for i, to := range []*data.Examples{&set.Train, &set.Test} {
		part := []string{"train", "test"}[i]
		x, err1 := npzArray(content, "x_"+part+".npy")
		y, err2 := npzArray(content, "y_"+part+".npy")
		if err := cmp.Or(err1, err2); err != nil {
			return set, err
		}
		dims := x.Shape().Dimensions
		if len(dims) < 2 || len(dims) > 4 || y.Rank() == 0 || y.Rank() > 2 || y.Shape().Dimensions[0] != dims[0] || y.Size() == 0 || y.Size() != dims[0] && !y.DType().IsFloat() {
			return set, fmt.Errorf("x_%s has the shape %v and y_%s has %v; give them the shapes [n, …], and [n] or, for floats, [n, outputs]", part, dims, part, y.Shape().Dimensions)
		}
		if len(dims) == 4 && (dims[1] == 1 || dims[1] == 3) && dims[3] > 4 {
			return set, fmt.Errorf("x_%s has the shape %v, with the channels before height and width, as in PyTorch; put them last, with numpy.moveaxis(x, 1, -1)", part, dims)
		}
		shape := slices.Clone(dims[1:])
		if len(shape) == 2 {
			shape = append(shape, 1)
		}
		if set.Shape != nil && !slices.Equal(set.Shape, shape) {
			return set, fmt.Errorf("the examples of x_train and x_test have different shapes, %v and %v", set.Shape, shape)
		}
		set.Shape = shape
		if err := setInputs(to, x); err != nil {
			return set, fmt.Errorf("x_%s: %w", part, err)
		}
		if err := setTargets(to, y); err != nil {
			return set, fmt.Errorf("y_%s: %w", part, err)
		}
	}
	set.Classes = numbered(&set.Train, &set.Test)
	return set, nil
}

// npzArray returns one array of an archive.
func npzArray(content []byte, name string) (*tensors.Tensor, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, fmt.Errorf("it is not an npz file: %w", err)
	}
	file, err := archive.Open(name)
	if err != nil {
		return nil, fmt.Errorf("it has no array %s; save it with numpy.savez(path, x_train=…, y_train=…, x_test=…, y_test=…)", name)
	}
	defer file.Close()
	most := int64(unpackedMost*len(content) + unpackedFree)
	npy, err := io.ReadAll(io.LimitReader(file, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s is damaged: %w", name, err)
	case int64(len(npy)) > most:
		return nil, fmt.Errorf("%s unpacks to more than %d times the file's size; save it with numpy.savez, uncompressed", name, unpackedMost)
	}
	array, err := store.DecodeNpy(npy)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; save it with numpy.savez as uint8, int64, float32 or float64, in native byte order", name, err)
	}
	return array, nil
}

func setInputs(to *data.Examples, x *tensors.Tensor) (err error) {
	switch x.DType() {
	case dtypes.Uint8:
		to.Images, err = tensors.CopyFlatData[uint8](x)
	case dtypes.Float32, dtypes.Float64:
		to.X, err = device.Floats(x)
	default:
		err = fmt.Errorf("it has elements of type %s; convert them to uint8, float32 or float64", x.DType())
	}
	return err
}

func setTargets(to *data.Examples, y *tensors.Tensor) (err error) {
	switch y.DType() {
	case dtypes.Float32, dtypes.Float64:
		to.Outputs = y.Size() / y.Shape().Dimensions[0]
		to.Y, err = device.Floats(y)
	case dtypes.Uint8:
		to.Labels, err = classes[uint8](y)
	case dtypes.Int32:
		to.Labels, err = classes[int32](y)
	case dtypes.Int64:
		to.Labels, err = classes[int64](y)
	default:
		err = fmt.Errorf("it has elements of type %s; convert them to uint8, int32 or int64 (classes), or float64 (a regression)", y.DType())
	}
	return err
}

// classes returns integers as labels.
func classes[T uint8 | int32 | int64](y *tensors.Tensor) (labels []uint8, err error) {
	all, err := tensors.CopyFlatData[T](y)
	for _, class := range all {
		if class < 0 || int64(class) > math.MaxUint8 {
			return nil, fmt.Errorf("it has the class %d; classes are numbers from 0 to 255", class)
		}
		labels = append(labels, uint8(class))
	}
	return labels, err
}
