package dataset_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
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

func grey(values []uint8, height, width int) image.Image {
	img := image.NewGray(image.Rect(0, 0, width, height))
	copy(img.Pix, values)
	return img
}

func encoded(t *testing.T, img image.Image, ext string) []byte {
	t.Helper()
	var b bytes.Buffer
	err := png.Encode(&b, img)
	if ext == ".jpg" {
		b.Reset()
		err = jpeg.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// MNIST as a folder of images is the same experiment as from its IDX files, bit for bit.
func TestFolderOfMNISTGivesTheSameRun(t *testing.T) {
	hw1test.NeedData(t)
	hw1test.NewStore(t)
	train, test, err := hw1.MNIST.Load()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for part, set := range map[string]data.Examples{"train": train.Slice(0, 300), "test": test.Slice(0, 200)} {
		for i, label := range set.Labels {
			path := fmt.Sprintf("%s/%s/%d/%05d.png", dir, part, label, i)
			write(t, path, encoded(t, grey(set.Images[784*i:784*(i+1)], 28, 28), ".png"))
		}
	}
	own, err := dataset.Folder("digits in a folder", dir, dataset.Split{})
	if err != nil {
		t.Fatal(err)
	}
	spec := hw1.Spec{Task: hw1.MNIST, Arch: hw1.CNN([]int{3}, 10), Epochs: 2, Batch: 30, TrainSize: 300, TestSize: 200, LabelNoise: 0.2}
	other := spec
	other.Task = own
	runs, err := hw1.Train(spec, other)
	if err != nil {
		t.Fatal(err)
	}
	a, b := runs[0].Replicas[0], runs[1].Replicas[0]
	if !slices.Equal(a.Theta, b.Theta) || a.Test != b.Test || len(a.Steps) != 20 || !slices.Equal(a.Steps, b.Steps) {
		t.Error("the two runs differ")
	}
}

func TestFolder(t *testing.T) {
	colour := image.NewNRGBA(image.Rect(0, 0, 2, 3))
	colour.Set(1, 0, color.NRGBA{10, 20, 30, 255})
	dir := t.TempDir()
	for i := range 10 {
		for k, class := range []string{"cat", "dog"} {
			ext := []string{".png", ".jpg"}[k*(i%2)]
			write(t, fmt.Sprintf("%s/%s/%d%s", dir, class, i, ext), encoded(t, colour, ext))
		}
	}
	write(t, dir+"/cat/notes.txt", []byte("no image"))
	write(t, dir+"/__MACOSX/cat/._1.png", []byte("no image"))
	task, err := dataset.Folder("pets", dir, dataset.Split{Test: 0.3, Seed: 2})
	train, test, info := load(t, task, err)
	if train.Len() != 14 || test.Len() != 6 || !slices.Equal(info.Shape, []int{3, 2, 3}) || !slices.Equal(info.ClassNames, []string{"cat", "dog"}) {
		t.Errorf("%d and %d examples, %+v", train.Len(), test.Len(), info)
	}
	if n := bytes.Count(test.Labels, []byte{1}); n != 3 || !slices.Equal(train.Images[:6], []uint8{0, 0, 0, 10, 20, 30}) {
		t.Errorf("%d dogs of 6; the first pixels are %v", n, train.Images[:6])
	}
	task, err = dataset.Folder("pets", dir, dataset.Split{Test: 0.96})
	if train, _, _ = load(t, task, err); !slices.Equal(train.Labels, []uint8{0, 1}) && !slices.Equal(train.Labels, []uint8{1, 0}) {
		t.Errorf("the training set has the labels %v", train.Labels)
	}
	for says, path := range map[string]string{
		"no such file":                 dir + "/none",
		"0 folders":                    dir + "/cat",
		"no .png":                      filepath.Dir(filepath.Dir(write(t, t.TempDir()+"/a/x.txt", nil))),
		"horse has no .png":            dir,
		"inside the folder of a class": dir,
		"convert it to PNG":            dir,
		"beside the folders":           dir,
		"it is not a PNG":              dir,
		"scale all to one":             dir,
		"at most 1024×1024":            dir,
		"damaged PNG":                  dir,
		"leaves 20 of 20":              dir,
		"share of 2 and":               dir,
		"leave the split out":          dir,
		"has the classes [\"":          dir,
	} {
		split := dataset.Split{}
		remove := func() error { return nil }
		add := func(name string, content []byte) {
			write(t, dir+"/"+name, content)
			remove = func() error {
				if folder, _, _ := strings.Cut(name, "/"); folder == "horse" {
					return os.RemoveAll(dir + "/" + folder)
				}
				return os.Remove(dir + "/" + name)
			}
		}
		switch says {
		case "no .png":
			write(t, path+"/b/y.txt", nil)
		case "horse has no .png":
			add("horse/.DS_Store", nil)
		case "inside the folder of a class":
			add("horse/brown/1.png", encoded(t, colour, ".png"))
		case "convert it to PNG":
			add("dog/z.WebP", nil)
		case "beside the folders":
			add("stray.JPG", nil)
		case "it is not a PNG":
			add("dog/z.png", []byte("GIF89a"))
		case "scale all to one":
			add("dog/z.png", encoded(t, grey(nil, 4, 4), ".png"))
		case "at most 1024×1024":
			add("dog/.0.png", nil)
			add("dog/z.png", encoded(t, grey(nil, 1, 3000), ".png"))
		case "damaged PNG":
			add("dog/z.png", encoded(t, colour, ".png")[:50])
		case "leaves 20 of 20":
			split.Test = 0.01
		case "share of 2 and":
			split.Test = 2
		case "leave the split out", "has the classes [\"":
			split.Test = 0.5
			for _, part := range []string{"train/a", "train/b", "test/a", "test/c"} {
				write(t, dir+"/"+part+"/1.png", encoded(t, colour, ".png"))
			}
			if says != "leave the split out" {
				split.Test = 0
			}
			remove = func() error { return os.RemoveAll(dir + "/train") }
		}
		_, err := dataset.Folder("pets", path, split)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says)
		if err := remove(); err != nil {
			t.Fatal(err)
		}
		_ = os.RemoveAll(dir + "/test")
	}
}

func TestCIFAR10(t *testing.T) {
	dir := t.TempDir()
	record := make([]byte, 3073)
	record[0], record[1], record[1+1024], record[1+2048+1023] = 9, 7, 8, 5
	for _, name := range []string{"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"} {
		write(t, dir+"/"+name+".bin", record)
	}
	task, err := dataset.CIFAR10(dir)
	train, test, info := load(t, task, err)
	if train.Len() != 5 || test.Len() != 1 || info.ClassNames[9] != "truck" || !slices.Equal(train.Images[:3], []uint8{7, 8, 0}) || train.Images[3071] != 5 {
		t.Errorf("%d and %d examples, %+v", train.Len(), test.Len(), info)
	}
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

func emptyZip() []byte { return append([]byte("PK\x05\x06"), make([]byte, 18)...) }

func TestTable(t *testing.T) {
	dir := t.TempDir()
	var text strings.Builder
	text.WriteString("\ufeffwidth, species ,length\n")
	for i := range 40 {
		fmt.Fprintf(&text, "%d,%s,%g\n", i, []string{"setosa", "virginica"}[i%2], 0.5*float64(i))
	}
	path := write(t, dir+"/a.csv", []byte(text.String()))
	task, err := dataset.Table("flowers", path, dataset.Columns{Target: "species ", Classes: true, Standardize: true})
	train, test, info := load(t, task, err)
	if train.Len() != 32 || test.Len() != 8 || !slices.Equal(info.ClassNames, []string{"setosa", "virginica"}) || !slices.Equal(info.Shape, []int{2}) {
		t.Errorf("%d and %d examples, %+v", train.Len(), test.Len(), info)
	}
	mean, square := 0.0, 0.0
	for i := range train.Len() {
		mean, square = mean+train.Numbers(i)[1]/32, square+train.Numbers(i)[1]*train.Numbers(i)[1]/32
	}
	hw1test.CheckNear(t, "mean and variance", []float64{mean, square}, []float64{0, 1}, 1e-12)
	numbers := write(t, dir+"/b.csv.gz", gzipped(t, []byte("1,2,3\n4,5,6\n7,8,9\n10,11,12\n13,14,15\n")))
	zero, err := dataset.Table("numbers", numbers, dataset.Columns{Scale: 2})
	if err != nil {
		t.Fatal(err)
	}
	task, err = dataset.Table("numbers", numbers, dataset.Columns{Scale: 2, Split: dataset.Split{Seed: 1}})
	if task == zero {
		t.Error("seeds 0 and 1 draw the same examples for the test")
	}
	train, test, info = load(t, task, err)
	if train.Len() != 4 || test.Len() != 1 || info.Labels || train.Y[0] != 3 || !slices.Equal(train.Numbers(0), []float64{0.5, 1}) {
		t.Errorf("%+v, %+v", train, info)
	}
	task, err = dataset.Table("numbers", numbers, dataset.Columns{StandardizeTarget: true, Split: dataset.Split{Seed: 1}})
	standard, _, _ := load(t, task, err)
	y := standard.Y
	hw1test.CheckNear(t, "mean and mean square of a standardized target", []float64{(y[0] + y[1] + y[2] + y[3]) / 4, (y[0]*y[0] + y[1]*y[1] + y[2]*y[2] + y[3]*y[3]) / 4}, []float64{0, 1}, 1e-12)
	hw1test.CheckNear(t, "its steps", []float64{(y[2] - y[0]) / (y[1] - y[0])}, []float64{(train.Y[2] - train.Y[0]) / (train.Y[1] - train.Y[0])}, 1e-12)
	for says, c := range map[string]struct {
		text string
		dataset.Columns
	}{
		`line 3, column 2: "x" is not a number`:    {"a,b\n1,2\n3,x\n", dataset.Columns{}},
		`line 2, column 1: "" is not a number`:     {"a,b\n,2\n", dataset.Columns{}},
		"or the column in all rows":                {"a,b\nmale,2\n", dataset.Columns{}},
		`"yes" is not a number; set Classes`:       {"a,b\n1,yes\n2,no\n", dataset.Columns{}},
		`column 1: "NaN" is not a number`:          {"1,1\nNaN,2\n", dataset.Columns{}},
		"line 3: wrong number of fields":           {"a,b\n1,2\n3\n", dataset.Columns{}},
		"fields, 3 where the first line has":       {"a,b\n1,2\n3,4,5\n", dataset.Columns{}},
		"semicolons, tabs or spaces; write":        {"1 2 3\n4 5 6\n", dataset.Columns{}},
		`"5;2" is not a number; write it with`:     {"1,5;2,5;3\n1,5;2,5;4\n", dataset.Columns{}},
		`no column "c"; its columns are ["a" "b"]`: {"a,b\n1,2\n", dataset.Columns{Target: "c"}},
		"no header to find":                        {"1,2\n3,4\n", dataset.Columns{Target: "c"}},
		"0 rows":                                   {"", dataset.Columns{}},
		"1 columns":                                {"a\n1\n2\n", dataset.Columns{}},
		"line 3, column 2: the class is mis":       {"a,b\n1,x\n2, \n3,y\n", dataset.Columns{Classes: true}},
		"line 1, column 3":                         {"1,2,\n3,4,5\n", dataset.Columns{}},
		"1 classes":                                {"a,b\n1,x\n2,x\n", dataset.Columns{Classes: true}},
		"choose one of the two":                    {"1,2\n3,4\n5,6\n7,8\n9,0\n", dataset.Columns{Standardize: true, Scale: 2}},
		"a class cannot be standardized":           {"1,a\n3,b\n5,a\n7,b\n9,b\n", dataset.Columns{Classes: true, StandardizeTarget: true}},
		"a scale of -1":                            {"1,2\n3,4\n5,6\n7,8\n9,0\n", dataset.Columns{Scale: -1}},
		`more than one column "y"`:                 {"y,a,y\n1,2,1\n3,4,3\n", dataset.Columns{Target: "y"}},
		"separated by semicolons":                  {"a;b\n0,5;1\n", dataset.Columns{}},
		"leave Classes out":                        {"a,b\n1,0.5\n2,0.7\n3,0.1\n", dataset.Columns{Classes: true}},
		"in UTF-8":                                 {"a,b\n1,gro\xdf\n2,klein\n3,klein\n4,gro\xdf\n5,klein\n6,gro\xdf\n", dataset.Columns{Classes: true}},
		"set Header":                               {"2019,2020,species\n1,2,a\n3,4,b\n5,6,a\n", dataset.Columns{Classes: true}},
		"like a pandas index":                      {",a,b\n0,7,1\n1,8,2\n2,9,3\n", dataset.Columns{}},
		"their shape is [2 2 1]":                   {"1,2\n3,4\n5,6\n7,8\n9,0\n", dataset.Columns{Shape: []int{2, 2, 1}}},
	} {
		_, err := dataset.Table("t", write(t, dir+"/c.csv", []byte(c.text)), c.Columns)
		hw1test.CheckMessage(t, hw1test.MessageOf(err), says)
	}
}

// A header may have numbers for names, as that of a matrix that pandas wrote.
func TestHeaderOfNumbers(t *testing.T) {
	for name, c := range map[string]struct {
		text     string
		columns  dataset.Columns
		examples int
	}{
		"numbered":          {"0,1,target\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n9,9,0\n1,1,1\n", dataset.Columns{Classes: true}, 6},
		"numbered, by name": {"y,0,1\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n9,9,0\n", dataset.Columns{Target: "y"}, 5},
		"said to be one":    {"0,1,2\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n9,9,0\n", dataset.Columns{Header: true}, 5},
		"years, and a name": {"2019,2020,species\n1,2,a\n3,4,b\n5,6,a\n7,8,b\n9,9,a\n", dataset.Columns{Target: "species", Classes: true}, 5},
		"none":              {"1,2,a\n3,4,b\n5,6,a\n7,8,b\n9,9,a\n1,1,b\n", dataset.Columns{Classes: true}, 6},
	} {
		task, err := dataset.Table(name, write(t, t.TempDir()+"/a.csv", []byte(c.text)), c.columns)
		train, test, _ := load(t, task, err)
		if n := train.Len() + test.Len(); n != c.examples {
			t.Errorf("%s: %d examples, want %d", name, n, c.examples)
		}
	}
}

// A colour's own value counts, whatever its alpha, also where all is grey.
func TestAlphaIsLeftOut(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 2, 2))
	for i := range 4 {
		clear.Set(i%2, i/2, color.NRGBA{200, 200, 200, 128})
	}
	dir := t.TempDir()
	for i := range 10 {
		first := encoded(t, grey([]uint8{200, 200, 200, 200}, 2, 2), ".png")
		for _, class := range []string{"a", "b"} {
			write(t, fmt.Sprintf("%s/%s/0.png", dir, class), first)
			write(t, fmt.Sprintf("%s/%s/%d.png", dir, class, i+1), encoded(t, clear, ".png"))
		}
	}
	task, err := dataset.Folder("clear", dir, dataset.Split{})
	train, _, info := load(t, task, err)
	if !slices.Equal(info.Shape, []int{2, 2, 1}) || slices.Min(train.Images) != 200 || slices.Max(train.Images) != 200 {
		t.Errorf("images of %v have pixels from %d to %d", info.Shape, slices.Min(train.Images), slices.Max(train.Images))
	}
}

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
