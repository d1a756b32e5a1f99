package data

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
)

// writeIDX is the inverse of ParseIDX.
func writeIDX(values []uint8, dims ...uint32) []byte {
	content := []byte{0, 0, 8, byte(len(dims))}
	for _, d := range dims {
		content = binary.BigEndian.AppendUint32(content, d)
	}
	return append(content, values...)
}

func TestParseIDX(t *testing.T) {
	content := []uint8{1, 2, 3, 4, 5, 6}
	whole := writeIDX(content, 3, 2)
	for _, want := range [][]int{{0}, {6}, {3, 2}, {1, 2, 3}, {1, 1, 3, 2}} {
		all := content[:num.Product(want)]
		values, dims, err := ParseIDX(writeIDX(all, num.Map(want, func(d int) uint32 { return uint32(d) })...))
		if err != nil || !slices.Equal(values, all) || !slices.Equal(dims, want) {
			t.Errorf("%v: got %v, %v, %v", want, values, dims, err)
		}
	}
	for n := range whole {
		if _, _, err := ParseIDX(whole[:n]); err == nil {
			t.Errorf("the first %d bytes are accepted", n)
		}
	}
	for name, content := range map[string][]byte{
		"float32 values":  append([]byte{0, 0, 13, 1}, whole[4:]...),
		"magic":           append([]byte{1, 0, 8, 1}, whole[4:]...),
		"no dimensions":   {0, 0, 8, 0},
		"rank 5":          writeIDX([]uint8{1}, 1, 1, 1, 1, 1),
		"rank 255":        append([]byte{0, 0, 8, 255}, whole[4:]...),
		"trailing bytes":  append(slices.Clone(whole), 0),
		"huge":            writeIDX([]uint8{1}, 1<<32-1, 1<<32-1, 1<<32-1, 1<<32-1),
		"overflow to 0":   writeIDX(nil, 1<<31, 1<<31, 1<<2),
		"gzip":            {0x1f, 0x8b, 8, 0, 0, 0, 0, 0},
		"an HTML message": []byte("<html>404</html>"),
	} {
		_, _, err := ParseIDX(content)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), "IDX")
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func FuzzParseIDX(f *testing.F) {
	f.Add(writeIDX([]uint8{1, 2, 3, 4, 5, 6}, 3, 2))
	f.Add(writeIDX(nil, 0))
	f.Add(writeIDX([]uint8{7}, 1, 1, 1))
	f.Add(writeIDX(nil, 1<<32-1, 1<<32-1))
	f.Add([]byte{0, 0, 8})
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, content []byte) {
		values, dims, err := ParseIDX(content)
		if err != nil {
			return
		}
		wide := make([]uint32, len(dims))
		for i, d := range dims {
			wide[i] = uint32(d)
		}
		if !slices.Equal(writeIDX(values, wide...), content) {
			t.Errorf("%v is read as %v, %v", content, values, dims)
		}
	})
}

// The files are those of the tasks. Who loads them again gets what was kept.
func TestImageFiles(t *testing.T) {
	hw1test.NeedData(t)
	for task, want := range map[Task][2][]uint8{MNIST: {{5, 0, 4, 1, 9}, {7, 2, 1, 0, 4}}, FashionMNIST: {{9, 0, 0, 3, 0}, {9, 2, 1, 1, 6}}} {
		for range 2 {
			train, test, err := task.Shared()
			if err != nil {
				t.Fatal(err)
			}
			if train.Len() != 60_000 || test.Len() != 10_000 || train.Features() != 784 || test.Features() != 784 {
				t.Errorf("%s: %d and %d examples", task, train.Len(), test.Len())
			}
			if !slices.Equal(train.Labels[:5], want[0]) || !slices.Equal(test.Labels[:5], want[1]) {
				t.Errorf("the first labels of %s are %v and %v", task, train.Labels[:5], test.Labels[:5])
			}
		}
	}
	t.Setenv("HW1_DATA", t.TempDir())
	_, _, err := MNIST.Load()
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "loading MNIST: ", "train-images-idx3-ubyte is not there")
}

// Every data file is looked at before it is used, whatever happened to it.
func TestDamagedData(t *testing.T) {
	hw1test.NeedData(t)
	for _, c := range []struct {
		name   string
		damage func(path string, content []byte) error
		says   string
	}{
		{"missing", func(string, []byte) error { return nil }, "is not there"},
		{"truncated", func(path string, content []byte) error { return os.WriteFile(path, content[:9000], 0o644) }, "damaged"},
		{"empty", func(path string, _ []byte) error { return os.WriteFile(path, nil, 0o644) }, "damaged"},
		{"one bit", func(path string, content []byte) error {
			return os.WriteFile(path, hw1test.Flipped(content, 5000), 0o644)
		}, "damaged"},
		{"a folder", func(path string, _ []byte) error { return os.Mkdir(path, 0o755) }, "directory"},
	} {
		for _, file := range []string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"} {
			root := t.TempDir()
			path := filepath.Join(root, "data", "mnist", file)
			hw1test.LinkData(t, root)
			content, err := os.ReadFile(path)
			if err = errors.Join(err, os.Remove(path)); err == nil {
				err = c.damage(path, content)
			}
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = loadImages(filepath.Join(root, "data"), "mnist")
			hw1test.CheckMessage(t, hw1test.MessageOf(err), c.says, "scripts/setup.sh", file)
		}
	}
}
