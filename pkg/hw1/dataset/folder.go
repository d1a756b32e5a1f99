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

// Folder reads PNG and JPEG images from a folder: either with folders train and test in it, or
// whole, to be split. Each class has a folder of its name there. All images have one size;
// where the first is grey, all have one channel, else three, of 8 bits, also where the file has 16. A camera's note of how it was held (EXIF) is
// not read: such images have to be turned before.
//
// The examples are in the order of the files' names, and of their classes where these are the
// same, unless that has them class by class, see [data.Own]. That of the folders' names is the order of the classes.
func Folder(name, path string, split Split) (data.Task, error) {
	set := data.Set{Name: name}
	train, test := filepath.Join(path, "train"), filepath.Join(path, "test")
	r := &folderReader{}
	if _, err := os.Stat(train); err == nil {
		if split != (Split{}) {
			return "", fmt.Errorf("%s has a folder train, and there is a split, too; leave that out", path)
		}
		if set.Train, err = r.read(train); err != nil {
			return "", err
		}
		if _, err := os.Stat(test); err != nil {
			return "", fmt.Errorf("%s has a folder train, and needs a folder test beside it: %w", path, err)
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

// folderReader holds what all images of a data set share.
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
	beside := "" // an image that is in no class
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
		return nil, fmt.Errorf("%s has %s for classes; give it 2 to 256, each with the images of a class", folder, words.Plural(len(classes), "folder"))
	}
	if beside != "" {
		return nil, fmt.Errorf("%s is an image beside the folders of the classes; put it into that of its class, or elsewhere", beside)
	}
	if r.classes == nil {
		r.classes = classes
	} else if !slices.Equal(r.classes, classes) {
		return nil, fmt.Errorf("%s has the classes %q, and the training set %q", folder, classes, r.classes)
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

// imagesOf returns the files of one class, whose folder has images alone, or what is not taken for one.
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
			return nil, fmt.Errorf("%s is a folder in that of a class; put the images into the class's own", path)
		case isImage(path):
			files = append(files, path)
		case slices.Contains([]string{".gif", ".bmp", ".webp", ".tif", ".tiff", ".heic", ".avif"}, ext):
			return nil, fmt.Errorf("%s is an image of a format that is not read; convert it to PNG or JPEG", path)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s has no .png, .jpg or .jpeg; put the images of this class there, or remove the folder", folder)
	}
	return files, nil
}

// hidden reports whether an entry is none of the user's: its name begins with a dot, or it is what archives made on a Mac carry along.
func hidden(entry os.DirEntry) bool {
	return strings.HasPrefix(entry.Name(), ".") || entry.Name() == "__MACOSX"
}

// isImage reports whether a file is of a format that is read, by its name.
func isImage(name string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg"}, strings.ToLower(filepath.Ext(name)))
}

// isDir reports whether an entry is a folder, or a link to one.
func isDir(folder string, entry os.DirEntry) bool {
	info, err := os.Stat(filepath.Join(folder, entry.Name()))
	return err == nil && info.IsDir()
}

// appendImage appends an image's pixels, after its header was found to be as all others'.
func (r *folderReader) appendImage(pixels []uint8, path string) ([]uint8, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	config, format, err := image.DecodeConfig(file)
	if err != nil {
		return nil, fmt.Errorf("it is no PNG or JPEG image: %w", err)
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
		return nil, fmt.Errorf("it has %d×%d pixels; at most %d×%d are read, scale it down", config.Height, config.Width, sideMost, sideMost)
	case config.Height != r.shape[0] || config.Width != r.shape[1]:
		return nil, fmt.Errorf("it has %d×%d pixels, and %s has %d×%d; scale all to one size", config.Height, config.Width, r.first, r.shape[0], r.shape[1])
	case r.total > totalMost:
		return nil, fmt.Errorf("with it the images have more than %d bytes in all; scale them down", totalMost)
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
