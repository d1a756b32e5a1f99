package dataset_test

import (
	"bytes"
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

	"hw1/pkg/hw1"
	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/dataset"
	"hw1/pkg/hw1/internal/hw1test"
)

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
	hw1test.Slow(t)
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
