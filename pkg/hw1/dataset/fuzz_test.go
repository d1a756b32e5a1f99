package dataset

import (
	"os"
	"path/filepath"
	"testing"

	"hw1/pkg/hw1/data"
)

// No file makes a reader panic, and what one accepts is a data set.

func checkSet(t *testing.T, set data.Set, err error) {
	t.Helper()
	if err == nil && set.Train.Len() == 0 {
		t.Error("a set without examples is accepted")
	}
	if err == nil {
		_, _ = data.Own(set)
	}
}

func FuzzTable(f *testing.F) {
	f.Add([]byte("a,b\n1,2\n3,4\n5,6\n7,8\n9,10\n"), "b", false, 0.0)
	f.Add([]byte("1,x\n2,y\n3,x\n4,y\n5,x\n6,y\n7,x\n8,y\n"), "", true, 0.5)
	f.Add([]byte("\"1\n,2"), "", false, 0.2)
	f.Fuzz(func(t *testing.T, content []byte, target string, classes bool, share float64) {
		set, err := Columns{Target: target, Classes: classes, Split: Split{Test: share}}.read("t", content)
		checkSet(t, set, err)
	})
}

func FuzzNPZ(f *testing.F) {
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, content []byte) {
		set, err := npzSet("t", content)
		checkSet(t, set, err)
	})
}

func FuzzImage(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Add([]byte("\xff\xd8\xff"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "a.png")
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		r := &folderReader{}
		if pixels, err := r.appendImage(nil, path); err == nil && len(pixels) != r.total {
			t.Errorf("%d pixels of an image of %v", len(pixels), r.shape)
		}
	})
}

func FuzzGunzip(f *testing.F) {
	f.Add([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, content []byte) {
		if unpacked, err := gunzip(content); err == nil && len(unpacked) > unpackedMost*len(content)+unpackedFree {
			t.Errorf("%d bytes of %d", len(unpacked), len(content))
		}
	})
}
