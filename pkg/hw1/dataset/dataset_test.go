package dataset_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/dataset"
	"hw1/pkg/hw1/internal/hw1test"
	"hw1/pkg/hw1/internal/num"
	"hw1/pkg/hw1/internal/store"
)

func TestMain(m *testing.M) { hw1test.Main(m) }

func write(t *testing.T, path string, content []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func gzipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func idx(values []uint8, dims ...uint32) []byte {
	content := []byte{0, 0, 8, byte(len(dims))}
	for _, d := range dims {
		content = binary.BigEndian.AppendUint32(content, d)
	}
	return append(content, values...)
}

// load returns the examples and what there is to know of a task.
func load(t *testing.T, task hw1.Task, err error) (train, test data.Examples, info data.Info) {
	t.Helper()
	if err == nil {
		train, test, err = task.Load()
	}
	if err == nil {
		info, err = task.Info()
	}
	if err != nil {
		t.Fatal(err)
	}
	return train, test, info
}

func TestIDX(t *testing.T) {
	dir := t.TempDir()
	files := dataset.IDXFiles{
		TrainImages: write(t, dir+"/a.gz", gzipped(t, idx([]uint8{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2, 3, 2))),
		TrainLabels: write(t, dir+"/b", idx([]uint8{0, 2}, 2)),
		TestImages:  write(t, dir+"/c", idx([]uint8{1, 2, 3, 4, 5, 6}, 1, 3, 2)),
		TestLabels:  write(t, dir+"/d.gz", gzipped(t, idx([]uint8{1}, 1))),
	}
	task, err := dataset.IDX("mine", files)
	train, test, info := load(t, task, err)
	if train.Len() != 2 || test.Len() != 1 || !slices.Equal(info.Shape, []int{3, 2, 1}) || !slices.Equal(info.ClassNames, []string{"0", "1", "2"}) || task.String() != "mine" {
		t.Errorf("%d and %d examples, %+v", train.Len(), test.Len(), info)
	}
	fromOne := files
	fromOne.TrainLabels, fromOne.TestLabels = write(t, dir+"/from1", idx([]uint8{26, 3}, 2)), write(t, dir+"/from1t", idx([]uint8{1}, 1))
	task, err = dataset.IDX("letters", fromOne)
	if train, test, info := load(t, task, err); !slices.Equal(info.ClassNames, []string{"1", "3", "26"}) || !slices.Equal(train.Labels, []uint8{2, 1}) || test.Labels[0] != 0 {
		t.Errorf("labels %v and %v of %q", train.Labels, test.Labels, info.ClassNames)
	}
	for says, change := range map[string]func(*dataset.IDXFiles){
		"no such file":               func(f *dataset.IDXFiles) { f.TrainImages = dir + "/none" },
		"not an IDX file":            func(f *dataset.IDXFiles) { f.TrainImages = write(t, dir+"/e", []byte("<html>")) },
		"labels of the 2 images":     func(f *dataset.IDXFiles) { f.TrainLabels = f.TestLabels },
		"images need [n, height":     func(f *dataset.IDXFiles) { f.TrainImages = f.TrainLabels },
		"not a gzip file":            func(f *dataset.IDXFiles) { f.TestImages = write(t, dir+"/g.gz", []byte("plain")) },
		"damaged gzip file":          func(f *dataset.IDXFiles) { f.TestImages = write(t, dir+"/h.gz", gzipped(t, make([]byte, 99))[:20]) },
		"more than 64 times":         func(f *dataset.IDXFiles) { f.TestImages = write(t, dir+"/i.gz", gzipped(t, make([]byte, 1<<20))) },
		"has images of [2 3 1], and": func(f *dataset.IDXFiles) { f.TestImages = write(t, dir+"/j", idx(make([]uint8, 6), 1, 2, 3)) },
	} {
		changed := files
		change(&changed)
		_, err := dataset.IDX("mine", changed)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says, dir)
	}
}

func TestCIFAR10(t *testing.T) {
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	records := make([][]byte, 12) // two in each file
	var images, labels []byte
	for i := range records {
		records[i] = num.Make(3073, func(int) byte { return byte(rng.UintN(256)) })
		records[i][0] = byte(9 - i%10)
		labels = append(labels, records[i][0])
		for at := range 1024 { // the pixel's red, green and blue
			images = append(images, records[i][1:][at], records[i][1+1024:][at], records[i][1+2048:][at])
		}
	}
	for i, name := range []string{"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"} {
		write(t, dir+"/"+name+".bin", slices.Concat(records[2*i], records[2*i+1]))
	}
	task, err := dataset.CIFAR10(dir)
	train, test, info := load(t, task, err)
	if !slices.Equal(slices.Concat(train.Labels, test.Labels), labels) || !slices.Equal(slices.Concat(train.Images, test.Images), images) || train.Len() != 10 {
		t.Errorf("labels %v and %v, want %v; or the pixels are others", train.Labels, test.Labels, labels)
	}
	if !slices.Equal(info.Shape, []int{32, 32, 3}) || info.ClassNames[9] != "truck" {
		t.Errorf("%+v", info)
	}
	record := records[0]
	write(t, dir+"/data_batch_3.bin", record[:3000])
	_, err = dataset.CIFAR10(dir)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "data_batch_3.bin has 3000 bytes")
	record[0] = 10
	write(t, dir+"/data_batch_3.bin", record)
	_, err = dataset.CIFAR10(dir)
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "data_batch_3.bin, record 1", "label 10")
	_, err = dataset.CIFAR10(dir + "/none")
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "no such file", "binary version")
}

// savedByNumPy is what numpy.savez_compressed (2.4) wrote of bytes 0 to 23 as x_train
// [3, 2, 4], 0 to 15 as x_test [2, 2, 4] in Fortran's order, and of classes.
const savedByNumPy = "UEsDBC0AAAAIAAAAIQDHjssV//////////8LABQAeF90cmFpbi5ucHkBABAAmAAAAAAAAABhAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6CkY6CiaaOgq1CuQBLgZGJmYWVjZ2Dk4ubh5ePn4BQSFhEVExcQBQSwMELQAAAAgAAAAhAObzVU3//////////wsAFAB5X3RyYWluLm5weQEAEACYAAAAAAAAAEwAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaxjqaOgq1ChQALgYoYILSjFAaAFBLAwQtAAAACAAAACEA5/sKTv//////////CgAUAHhfdGVzdC5ucHkBABAAkAAAAAAAAABXAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEg8pKk0FChdnJBakArkaRjoKQGSiqaNQq0Am4GLgYOFh5GTlZeJi42PmZucHAFBLAwQtAAAACAAAACEA7/uTZ///////////CgAUAHlfdGVzdC5ucHkBABAAkAAAAAAAAABJAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6mjoKtQoUAC5GBgiA0QBQSwECLQMtAAAACAAAACEAx47LFWEAAACYAAAACwAAAAAAAAAAAAAAgAEAAAAAeF90cmFpbi5ucHlQSwECLQMtAAAACAAAACEA5vNVTUwAAACYAAAACwAAAAAAAAAAAAAAgAGeAAAAeV90cmFpbi5ucHlQSwECLQMtAAAACAAAACEA5/sKTlcAAACQAAAACgAAAAAAAAAAAAAAgAEnAQAAeF90ZXN0Lm5weVBLAQItAy0AAAAIAAAAIQDv+5NnSQAAAJAAAAAKAAAAAAAAAAAAAACAAboBAAB5X3Rlc3QubnB5UEsFBgAAAAAEAAQA4gAAAD8CAAAAAA=="

func TestNPZ(t *testing.T) {
	content, err := base64.StdEncoding.DecodeString(savedByNumPy)
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, t.TempDir()+"/a.npz", content)
	task, err := dataset.NPZ("arrays", path)
	train, test, info := load(t, task, err)
	if !slices.Equal(train.Labels, []uint8{0, 2, 1}) || !slices.Equal(info.Shape, []int{2, 4, 1}) || info.Classes != 3 || test.Len() != 2 {
		t.Errorf("labels %v, %+v", train.Labels, info)
	}
	for i, v := range train.Images {
		if int(v) != i || i < 16 && int(test.Images[i]) != i {
			t.Fatalf("the pixels are %v and %v", train.Images, test.Images)
		}
	}
	for says, content := range map[string][]byte{"not an npz file": []byte("x"), "not an npz": content[:300], "no array x_train": emptyZip()} {
		_, err := dataset.NPZ("arrays", write(t, path, content))
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says, path)
	}
}

// Channels before height and width, as PyTorch has them, are found out.
func TestNPZChannelsFirst(t *testing.T) {
	arrays := map[string]*tensors.Tensor{}
	for _, part := range []string{"train", "test"} {
		arrays["x_"+part] = tensors.FromFlatDataAndDimensions(make([]float32, 2*3*8*8), 2, 3, 8, 8)
		arrays["y_"+part] = tensors.FromFlatDataAndDimensions([]int64{0, 1}, 2)
	}
	content, err := store.EncodeNpz(arrays)
	if err != nil {
		t.Fatal(err)
	}
	_, err = dataset.NPZ("torch", write(t, t.TempDir()+"/a.npz", content))
	hw1test.CheckMessage(t, hw1test.MessageOf(err), "x_train has the shape [2 3 8 8]", "moveaxis")
}

// Which shapes are taken, and which are not.
func TestNPZShapes(t *testing.T) {
	for says, c := range map[string]struct{ x, y, xTest []int }{
		"":                                  {[]int{4, 5}, []int{4}, []int{2, 5}},
		" ":                                 {[]int{4, 5, 6}, []int{4, 1}, []int{2, 5, 6}},
		"  ":                                {[]int{4, 5, 6, 3}, []int{4}, []int{2, 5, 6, 3}},
		"   ":                               {[]int{4, 3, 4, 4}, []int{4}, []int{2, 3, 4, 4}}, // three rows of four pixels of four channels
		"x_train has the shape [4]":         {[]int{4}, []int{4}, []int{2}},
		"x_train has the shape [4 1 1":      {[]int{4, 1, 1, 1, 1}, []int{4}, []int{2, 1, 1, 1, 1}},
		"y_train has [3]":                   {[]int{4, 5}, []int{3}, []int{2, 5}},
		"y_train has [1 4]":                 {[]int{4, 5}, []int{1, 4}, []int{2, 5}},
		"y_train has []":                    {[]int{1, 5}, []int{}, []int{2, 5}},
		"different shapes, [5 1 1] and [6]": {[]int{4, 5, 1}, []int{4}, []int{2, 6}},
		"[4 1 8 8], with the channels":      {[]int{4, 1, 8, 8}, []int{4}, []int{2, 1, 8, 8}},
		"[4 3 5 5], with the channels":      {[]int{4, 3, 5, 5}, []int{4}, []int{2, 3, 5, 5}},
	} {
		floats := func(dims []int) *tensors.Tensor {
			return tensors.FromFlatDataAndDimensions(num.Make(num.Product(dims), func(i int) float32 { return float32(i%7) / 7 }), dims...)
		}
		classes := func(dims []int) *tensors.Tensor {
			return tensors.FromFlatDataAndDimensions(num.Make(num.Product(dims), func(i int) int64 { return int64(i % 2) }), dims...)
		}
		content, err := store.EncodeNpz(map[string]*tensors.Tensor{"x_train": floats(c.x), "y_train": classes(c.y), "x_test": floats(c.xTest), "y_test": classes([]int{2})})
		if err != nil {
			t.Fatal(err)
		}
		_, err = dataset.NPZ("shapes", write(t, t.TempDir()+"/a.npz", content))
		if taken := strings.TrimSpace(says) == ""; taken != (err == nil) || !strings.Contains(hw1test.MessageOf(err), strings.TrimSpace(says)) {
			t.Errorf("%v, %v: %v, want %q", c.x, c.y, err, says)
		}
	}
}

// Floats may be several for each example.
func TestNPZOfSeveralTargets(t *testing.T) {
	y := []float64{1, 2, 3, 4, 5, 6}
	content, err := store.EncodeNpz(map[string]*tensors.Tensor{
		"x_train": tensors.FromFlatDataAndDimensions([]float32{1, 2}, 2, 1), "y_train": tensors.FromFlatDataAndDimensions(y, 2, 3),
		"x_test": tensors.FromFlatDataAndDimensions([]float32{3}, 1, 1), "y_test": tensors.FromFlatDataAndDimensions(y[:3], 1, 3),
	})
	if err != nil {
		t.Fatal(err)
	}
	task, err := dataset.NPZ("several", write(t, t.TempDir()+"/a.npz", content))
	train, test, info := load(t, task, err)
	if info.Outputs != 3 || train.Len() != 2 || test.Len() != 1 || !slices.Equal(train.Y, y) {
		t.Errorf("%+v: %+v and %+v", info, train, test)
	}
}

func emptyZip() []byte { return append([]byte("PK\x05\x06"), make([]byte, 18)...) }

// Where there is nothing at a path, a line says where that was looked for, and that Go knows no ~.
func TestPathsThatAreNotThere(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		"none": "; it was looked for in " + here, "": "; it was looked for in " + here,
		"~/none": `; Go does not know ~: write os.Getenv("HOME")+"/none"`, filepath.Join(here, "none"): "no such file or directory",
	} {
		_, err1 := dataset.Folder("mine", path, dataset.Split{})
		_, err2 := dataset.Table("mine", path, dataset.Columns{})
		_, err3 := dataset.NPZ("mine", path)
		_, err4 := dataset.IDX("mine", dataset.IDXFiles{TrainImages: path})
		for _, err := range []error{err1, err2, err3, err4} {
			if message := hw1test.MessageOf(err); !strings.HasSuffix(message, says) {
				t.Errorf("%q is not at the end of: %s", says, message)
			}
		}
	}
}
