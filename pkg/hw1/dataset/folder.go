package dataset

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // a format that image.Decode reads
	_ "image/png"  // another
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hw1/pkg/hw1/data"
	"hw1/pkg/hw1/internal/words"
)

// sideMost is the largest height and width of an image.
const sideMost = 1024

// Folder reads PNG and JPEG images from a folder, which either has subfolders train and test, or is
// split. In the folder, or in train and in test, each class has a subfolder of its name. All images must have the same size;
// if the first is grey, all are read with one channel, else with three, of 8 bits even if the file has 16. The orientation that a camera
// stores (EXIF) is ignored: turn such images first.
//
// The examples are ordered by file name, and by class if names are equal, unless that leaves
// them sorted by class; see [data.Own]. The classes are in the order of their folders' names.
func Folder(name, path string, split Split) (data.Task, error) {
	set := data.Set{Name: name}
	train, test := filepath.Join(path, "train"), filepath.Join(path, "test")
	r := &folderReader{}
	if _, err := os.Stat(train); err == nil {
		if split != (Split{}) {
			return "", fmt.Errorf("%s has a folder train, but a split is given, too; leave the split out", path)
		}
		if set.Train, err = r.read(train); err != nil {
			return "", err
		}
		if _, err := os.Stat(test); err != nil {
			return "", fmt.Errorf("%s has a folder train, but no folder test beside it: %w", path, err)
		}
		if set.Test, err = r.read(test); err != nil {
			return "", err
		}
	} else {
		all, err := r.read(path)
		if err != nil {
			return "", err
		}
		if set.Train, set.Test, err = split.apart(all); err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
	}
	set.Shape, set.Classes = r.shape, r.classes
	return data.Own(set)
}

// folderReader holds what all images of a data set have in common.
type folderReader struct {
	classes []string
	shape   []int // height, width, channels of the first image
	first   string
	total   int
}

type imageFile struct {
	path  string
	class int
}

func (r *folderReader) read(folder string) (data.Examples, error) {
	var e data.Examples
	files, err := r.list(folder)
	if err != nil {
		return e, err
	}
	for _, file := range files {
		if e.Images, err = r.appendImage(e.Images, file.path); err != nil {
			return e, fmt.Errorf("%s: %w", file.path, err)
		}
		e.Labels = append(e.Labels, uint8(file.class))
	}
	return e, nil
}

// list returns the image files of a folder in their order.
func (r *folderReader) list(folder string) ([]imageFile, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, soughtAt(folder, err)
	}
	var classes []string
	beside := "" // an image outside the folders of the classes
	for _, entry := range entries {
		switch {
		case hidden(entry):
		case isDir(folder, entry):
			classes = append(classes, entry.Name())
		case isImage(entry.Name()):
			beside = cmp.Or(beside, filepath.Join(folder, entry.Name()))
		}
	}
	if len(classes) < 2 || len(classes) > 256 {
		return nil, fmt.Errorf("%s has %s for classes; give it 2 to 256 folders, each with the images of one class", folder, words.Plural(len(classes), "folder"))
	}
	if beside != "" {
		return nil, fmt.Errorf("%s is an image beside the folders of the classes; move it into the folder of its class, or elsewhere", beside)
	}
	if r.classes == nil {
		r.classes = classes
	} else if !slices.Equal(r.classes, classes) {
		return nil, fmt.Errorf("%s has the classes %q, but the training set has %q", folder, classes, r.classes)
	}
	var files []imageFile
	for class, name := range classes {
		images, err := imagesOf(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		for _, image := range images {
			files = append(files, imageFile{image, class})
		}
	}
	slices.SortStableFunc(files, func(a, b imageFile) int { return cmp.Compare(filepath.Base(a.path), filepath.Base(b.path)) })
	return files, nil
}

// imagesOf returns the image files of one class. Other files are ignored, but folders and unsupported image formats are errors.
func imagesOf(folder string) (files []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		switch ext := strings.ToLower(filepath.Ext(path)); {
		case hidden(entry):
		case isDir(folder, entry):
			return nil, fmt.Errorf("%s is a folder inside the folder of a class; put its images directly into that", path)
		case isImage(path):
			files = append(files, path)
		case slices.Contains([]string{".gif", ".bmp", ".webp", ".tif", ".tiff", ".heic", ".avif"}, ext):
			return nil, fmt.Errorf("%s is an image in an unsupported format; convert it to PNG or JPEG", path)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s has no .png, .jpg or .jpeg; put the images of this class there, or remove the folder", folder)
	}
	return files, nil
}

// hidden reports whether an entry is not the user's: its name begins with a dot, or it is the extra folder in archives made on a Mac.
func hidden(entry os.DirEntry) bool {
	return strings.HasPrefix(entry.Name(), ".") || entry.Name() == "__MACOSX"
}

// isImage reports whether a file is in a supported format, judging by its name.
func isImage(name string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg"}, strings.ToLower(filepath.Ext(name)))
}

// isDir reports whether an entry is a folder, or a link to one.
func isDir(folder string, entry os.DirEntry) bool {
	info, err := os.Stat(filepath.Join(folder, entry.Name()))
	return err == nil && info.IsDir()
}

// appendImage appends an image's pixels, after checking that its header matches the other images'.
func (r *folderReader) appendImage(pixels []uint8, path string) ([]uint8, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	config, format, err := image.DecodeConfig(file)
	if err != nil {
		return nil, fmt.Errorf("it is not a PNG or JPEG image: %w", err)
	}
	if r.shape == nil {
		channels := 3
		if config.ColorModel == color.GrayModel || config.ColorModel == color.Gray16Model {
			channels = 1
		}
		r.shape, r.first = []int{config.Height, config.Width, channels}, path
	}
	size := config.Height * config.Width * r.shape[2]
	switch r.total += size; {
	case config.Height > sideMost || config.Width > sideMost || size == 0:
		return nil, fmt.Errorf("it has %d×%d pixels, and at most %d×%d are supported; scale it down", config.Width, config.Height, sideMost, sideMost)
	case config.Height != r.shape[0] || config.Width != r.shape[1]:
		return nil, fmt.Errorf("it is %d pixels wide and %d high, and %s is %d wide and %d high; scale all to one size", config.Width, config.Height, r.first, r.shape[1], r.shape[0])
	case r.total > totalMost:
		return nil, fmt.Errorf("with this one, the images take more than %d bytes in all; scale them down", totalMost)
	}
	if _, err = file.Seek(0, 0); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("it is a damaged %s image: %w", strings.ToUpper(format), err)
	}
	return appendPixels(pixels, img, r.shape[2]), nil
}

func appendPixels(pixels []uint8, img image.Image, channels int) []uint8 {
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA) // without the alpha that At multiplies into it
			if channels == 3 {
				pixels = append(pixels, c.R, c.G, c.B)
				continue
			}
			c.A = 255
			pixels = append(pixels, color.GrayModel.Convert(c).(color.Gray).Y)
		}
	}
	return pixels
}
