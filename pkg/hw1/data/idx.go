package data

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// dataSums holds the SHA-256 of every data file, in the format of sha256sum with
// paths under data/. The set-up script checks its downloads against the same file.
//
//go:embed data.sha256
var dataSums string

// imageSets holds the sets that this process has read, by path. All trainings share
// them, and none changes them.
var imageSets = struct {
	sync.Mutex
	read map[string][2]Examples
}{read: map[string][2]Examples{}}

// loadImages reads the training and test images and labels of a data set, which
// is a folder of dir.
func loadImages(dir, set string) (train, test Examples, err error) {
	imageSets.Lock()
	defer imageSets.Unlock()
	path := filepath.Join(dir, set)
	if known, ok := imageSets.read[path]; ok {
		return known[0], known[1], nil
	}
	train, err1 := loadPart(dir, set+"/train")
	test, err2 := loadPart(dir, set+"/t10k")
	if err := cmp.Or(err1, err2); err != nil {
		return train, test, err
	}
	imageSets.read[path] = [2]Examples{train, test}
	return train, test, nil
}

func loadPart(dir, part string) (Examples, error) {
	images, err1 := readData(dir, part+"-images-idx3-ubyte")
	labels, err2 := readData(dir, part+"-labels-idx1-ubyte")
	return Examples{Images: images, Labels: labels}, cmp.Or(err1, err2)
}

// readData returns the values of one data file, after checking its checksum, which leaves its dimensions no choice.
func readData(dir, name string) ([]uint8, error) {
	path := filepath.Join(dir, name)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not there; run scripts/setup.sh to fetch it", path)
	} else if err != nil {
		return nil, fmt.Errorf("%w; run scripts/setup.sh to fetch it again", err)
	}
	if want := dataSum(name); fmt.Sprintf("%x", sha256.Sum256(content)) != want {
		return nil, fmt.Errorf("%s is damaged (its SHA-256 is not %.8s…); run scripts/setup.sh to fetch it again", path, want)
	}
	values, _, err := ParseIDX(content)
	return values, err
}

// dataSum returns the SHA-256 that data.sha256 gives for a file, in hex.
func dataSum(name string) string {
	for line := range strings.Lines(dataSums) {
		if sum, file, ok := strings.Cut(strings.TrimSpace(line), "  "); ok && file == name {
			return sum
		}
	}
	return ""
}

// ParseIDX decodes the IDX format of the MNIST files: two zero bytes, the type
// (8 for unsigned bytes, the only one here), the number of dimensions, the
// dimensions as 32-bit big-endian integers, and the values. The values returned
// share the memory of content.
func ParseIDX(content []byte) (values []uint8, dims []int, err error) {
	if len(content) < 4 || !bytes.Equal(content[:3], []byte{0, 0, 8}) {
		return nil, nil, errors.New("not an IDX file of unsigned bytes")
	}
	rank, rest := int(content[3]), content[4:]
	if rank == 0 || rank > 4 || len(rest) < 4*rank {
		return nil, nil, fmt.Errorf("the IDX header announces %d dimensions; it must have 1 to 4, and hold the size of each", rank)
	}
	size := int64(1)
	for range rank {
		d := int64(binary.BigEndian.Uint32(rest))
		dims, rest = append(dims, int(d)), rest[4:]
		if size *= d; size > int64(len(content)) {
			return nil, nil, fmt.Errorf("the IDX header announces dimensions %v, and the file is too short for them", dims)
		}
	}
	if int64(len(rest)) != size {
		return nil, nil, fmt.Errorf("the IDX header announces %d values, and the file has %d", size, len(rest))
	}
	return rest, dims, nil
}
