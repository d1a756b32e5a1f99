// Package dataset reads your own data from files, as tasks: IDX files, folders of images, CIFAR-10,
// NumPy's npz, and tables as CSV. Its errors name the file and, in a table, the line.
package dataset

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/internal/num"
)

// Split says how to split examples into a training and a test set if the files do not: a share of each class (for a
// regression, of all examples) is drawn at random for the test, leaving at least one of each class to train on.
// Each set keeps the files' order, unless the examples come sorted by class; see [data.Own].
type Split struct {
	Test float64 // share of the examples to test on; default 0.2
	Seed int     // seed of the random draw
}

// apart splits examples into the training and the test set, class by class if they have labels.
func (s Split) apart(all data.Examples) (train, test data.Examples, err error) {
	s.Test = cmp.Or(s.Test, 0.2)
	if !(s.Test > 0 && s.Test < 1) || s.Seed < 0 {
		return train, test, fmt.Errorf("a split with a test share of %g and seed %d; give it a share between 0 and 1, and a seed of 0 or more", s.Test, s.Seed)
	}
	groups := map[uint8][]int{}
	for i := range all.Len() {
		class := uint8(0)
		if all.Labels != nil {
			class = all.Labels[i]
		}
		groups[class] = append(groups[class], i)
	}
	rng := rand.New(rand.NewPCG(uint64(s.Seed), num.StreamSplit))
	var tested []int
	for class := range math.MaxUint8 + 1 { // in their order
		group := groups[uint8(class)]
		rng.Shuffle(len(group), func(i, j int) { group[i], group[j] = group[j], group[i] })
		count := int(math.Round(s.Test * float64(len(group))))
		if all.Labels != nil && len(group) > 0 {
			count = min(count, len(group)-1)
		}
		tested = append(tested, group[:count]...)
	}
	train, test = all.Without(tested)
	if train.Len() == 0 || test.Len() == 0 {
		return train, test, fmt.Errorf("a test share of %g leaves %d of %d examples to train on and %d to test on; change the share, or add examples", s.Test, train.Len(), all.Len(), test.Len())
	}
	return train, test, nil
}

// Bounds on what is read, so that a small file cannot use up all memory.
const (
	unpackedMost = 64      // bytes that a byte of a compressed file may become
	unpackedFree = 1 << 16 // bytes that any compressed file may become
	totalMost    = 1 << 31 // bytes of all images of a set
)

// readFile returns the content of a file, unpacked if its name ends in .gz.
func readFile(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if err != nil || !strings.HasSuffix(path, ".gz") {
		return content, soughtAt(path, err)
	}
	unpacked, err := gunzip(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return unpacked, nil
}

// soughtAt adds to a not-found error for a relative path in which folder the path was looked up.
func soughtAt(path string, err error) error {
	if err == nil || !errors.Is(err, fs.ErrNotExist) || filepath.IsAbs(path) {
		return err
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return fmt.Errorf(`%w; Go does not know ~: write os.Getenv("HOME")+%q`, err, "/"+rest)
	}
	folder, _ := os.Getwd() // without it the message only lacks the folder
	return fmt.Errorf("%w; it was looked for in %s", err, folder)
}

func gunzip(content []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("it is not a gzip file: %w", err)
	}
	most := int64(unpackedMost*len(content) + unpackedFree)
	unpacked, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("it is a damaged gzip file: %w", err)
	case int64(len(unpacked)) > most:
		return nil, fmt.Errorf("it unpacks to more than %d times its size; unpack it first", unpackedMost)
	}
	return unpacked, nil
}

// numbered renumbers the labels that occur in two sets from 0 on, and returns the class names, which are the original labels.
func numbered(train, test *data.Examples) (names []string) {
	labels := slices.Compact(slices.Sorted(slices.Values(slices.Concat(train.Labels, test.Labels))))
	train.Labels, test.Labels = numbers(train.Labels, labels), numbers(test.Labels, labels)
	return num.Map(labels, func(label uint8) string { return strconv.Itoa(int(label)) })
}

// numbers returns the index of each class in all.
func numbers[T comparable](classes, all []T) []uint8 {
	at := map[T]uint8{}
	for i, class := range all {
		at[class] = uint8(i)
	}
	return num.Map(classes, func(class T) uint8 { return at[class] })
}

// IDXFiles are the four files of a data set in MNIST's format; each may be compressed (.gz).
type IDXFiles struct{ TrainImages, TrainLabels, TestImages, TestLabels string }

// IDX reads images of bytes, [n, height, width] or [n, height, width, channels], and their
// labels in the IDX format. The classes are the labels that occur, which need not count from 0.
func IDX(name string, files IDXFiles) (data.Task, error) {
	train, shape, err1 := idxPart(files.TrainImages, files.TrainLabels)
	test, testShape, err2 := idxPart(files.TestImages, files.TestLabels)
	if err := cmp.Or(err1, err2); err != nil {
		return "", err
	}
	if !slices.Equal(testShape, shape) {
		return "", fmt.Errorf("%s has images of %v, and %s of %v; they must be equal", files.TestImages, testShape, files.TrainImages, shape)
	}
	set := data.Set{Name: name, Train: train, Test: test, Shape: shape}
	set.Classes = numbered(&set.Train, &set.Test)
	return data.Own(set)
}

func idxPart(images, labels string) (e data.Examples, shape []int, err error) {
	pixels, dims, err1 := readIDX(images)
	classes, count, err2 := readIDX(labels)
	if err := cmp.Or(err1, err2); err != nil {
		return e, nil, err
	}
	switch {
	case len(dims) != 3 && len(dims) != 4 || slices.Min(dims) == 0:
		return e, nil, fmt.Errorf("%s has the dimensions %v, but images need [n, height, width] or [n, height, width, channels]", images, dims)
	case len(count) != 1 || count[0] != dims[0]:
		return e, nil, fmt.Errorf("%s has the dimensions %v, but the labels of the %d images in %s need [%d]", labels, count, dims[0], images, dims[0])
	}
	return data.Examples{Images: pixels, Labels: classes}, append(slices.Clone(dims[1:]), 1)[:3], nil
}

func readIDX(path string) (values []uint8, dims []int, err error) {
	content, err := readFile(path)
	if err != nil {
		return nil, nil, err
	}
	if values, dims, err = data.ParseIDX(content); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return values, dims, nil
}

// CIFAR10 reads the binary version of CIFAR-10 (Krizhevsky 2009) from its folder:
// data_batch_1.bin to data_batch_5.bin and test_batch.bin, each of records of a label and a
// 32×32 image, its red, green and blue planes one after another.
func CIFAR10(folder string) (data.Task, error) {
	set := data.Set{Name: "CIFAR-10", Shape: []int{32, 32, 3}, Classes: strings.Fields("airplane automobile bird cat deer dog frog horse ship truck")}
	for i := 1; i <= 5; i++ {
		if err := cifarBatch(fmt.Sprintf("%s/data_batch_%d.bin", folder, i), &set.Train); err != nil {
			return "", err
		}
	}
	if err := cifarBatch(folder+"/test_batch.bin", &set.Test); err != nil {
		return "", err
	}
	return data.Own(set)
}

func cifarBatch(path string, to *data.Examples) error {
	const pixels, planes = 32 * 32, 3
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%w; fetch the binary version of CIFAR-10 and unpack it there", soughtAt(path, err))
	}
	if len(content) == 0 || len(content)%(1+planes*pixels) != 0 {
		return fmt.Errorf("%s has %d bytes, which is not a whole number of CIFAR-10 records of %d bytes each; fetch it again", path, len(content), 1+planes*pixels)
	}
	for i := 0; len(content) > 0; i, content = i+1, content[1+planes*pixels:] {
		if content[0] > 9 {
			return fmt.Errorf("%s, record %d: the label %d is not one of 0 to 9; fetch it again", path, i+1, content[0])
		}
		to.Labels = append(to.Labels, content[0])
		for at := range pixels {
			to.Images = append(to.Images, content[1+at], content[1+pixels+at], content[1+2*pixels+at])
		}
	}
	return nil
}
