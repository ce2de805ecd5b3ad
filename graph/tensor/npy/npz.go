package npy

import (
	"archive/zip"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

const suffix = ".npy"

// ReadNPZ returns arrays of an archive of the given size in bytes, those with the given names, or without names all. It
// is an error if one that is named is not there, or an array cannot be read; see [Read]. It panics with a
// [*tensor.Error] if r is nil or the size is negative.
//
// Archives may be compressed, by a factor of up to 1000: name what is needed of one that is not trusted.
func ReadNPZ(r io.ReaderAt, size int64, names ...string) (map[string]*tensor.Tensor, error) {
	const op = "npy.ReadNPZ"
	if r == nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "got a nil io.ReaderAt: give one such as an *os.File"))
	}
	if size < 0 {
		panic(tensor.Errorf(op, tensor.ErrUsage, "a size of %d bytes: give that of the file, from fs.FileInfo", size))
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("npy.ReadNPZ: %w", err)
	}
	files, err := arraysOf(z, size)
	if err != nil {
		return nil, fmt.Errorf("npy.ReadNPZ: %w", err)
	}
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(files))
	}
	out := make(map[string]*tensor.Tensor, len(names))
	for _, name := range names {
		f := files[name]
		if f == nil {
			return nil, fmt.Errorf("npy.ReadNPZ: no array %.80q: there are %.400q", name, slices.Sorted(maps.Keys(files)))
		}
		if out[name], err = readEntry(f); err != nil {
			return nil, fmt.Errorf("npy.ReadNPZ: array %.80q: %w", name, err)
		}
	}
	return out, nil
}

// arraysOf returns the arrays of an archive by their names. Two of one name, and more bytes than the archive has, as
// where several share what is a terabyte when it is unpacked, are errors.
func arraysOf(z *zip.Reader, size int64) (map[string]*zip.File, error) {
	files := make(map[string]*zip.File, len(z.File))
	left := uint64(size)
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, suffix)
		if !ok {
			continue
		}
		if files[name] != nil {
			return nil, fmt.Errorf("two arrays are named %.80q", name)
		}
		if f.CompressedSize64 > left {
			return nil, fmt.Errorf("the arrays up to %.80q have more bytes than the archive", name)
		}
		left -= f.CompressedSize64
		files[name] = f
	}
	return files, nil
}

func readEntry(f *zip.File) (*tensor.Tensor, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	t, err := read(r)
	if err != nil {
		return nil, err
	}
	switch n, err := io.ReadFull(r, make([]byte, 1)); { // at the end the checksum is compared
	case n > 0:
		return nil, fmt.Errorf("there are bytes after the numbers of shape %s", tensor.FormatShape(t.Dims()))
	case err != io.EOF:
		return nil, err
	}
	return t, nil
}

// WriteNPZ writes tensors with names as an archive that is not compressed, as NumPy's savez does, sorted by their
// names. The error is that of w. It panics with a [*tensor.Error] if w is nil, a tensor is nil or zero, or a name is
// empty.
func WriteNPZ(w io.Writer, arrays map[string]*tensor.Tensor) error {
	const op = "npy.WriteNPZ"
	if w == nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "got a nil io.Writer: give one such as an *os.File"))
	}
	names := slices.Sorted(maps.Keys(arrays))
	for _, name := range names {
		mustBeMade(op, arrays[name])
		if name == "" {
			panic(tensor.Errorf(op, tensor.ErrUsage, "an array without a name: give each one"))
		}
	}
	z := zip.NewWriter(w)
	for _, name := range names {
		entry, err := z.CreateHeader(&zip.FileHeader{Name: name + suffix, Method: zip.Store})
		if err == nil {
			err = write(entry, arrays[name])
		}
		if err != nil {
			return fmt.Errorf("npy.WriteNPZ: array %.80q: %w", name, err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("npy.WriteNPZ: %w", err)
	}
	return nil
}
