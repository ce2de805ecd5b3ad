package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"
	"strings"
)

// A File is a file that is being read.
type File struct {
	Metadata map[string]string

	r       io.Reader
	size    int64 // of what is left to read; -1 if that is not known
	read    int64 // bytes
	header  int64 // bytes, with its length
	entries []entry
	byName  []int32 // the entries in the order of their names
	data    map[int][][]byte
}

// Open reads the header of a file. Its tensors have no content before [File.Read].
func Open(r io.Reader) (*File, error) {
	f := &File{r: r, size: sizeLeft(r), data: map[int][][]byte{}}
	var start [8]byte
	switch n, err := io.ReadFull(r, start[:]); {
	case n == 0 && err == io.EOF:
		return nil, errors.New("the file is empty")
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return nil, fmt.Errorf("the file ends after %d bytes, within the length of its header: %w", n, io.ErrUnexpectedEOF)
	case err != nil:
		return nil, err
	}
	n := binary.LittleEndian.Uint64(start[:])
	if n > maxHeader || bytes.HasPrefix(start[:], gzipped) {
		return nil, fmt.Errorf("%s: its header would have %d bytes", guess(start[:]), n)
	}
	f.read, f.header = 8, int64(n)+8
	if f.size >= 0 && f.header > f.size {
		return nil, fmt.Errorf("the file ends after %d bytes, within its header, which ends at byte %d: %w", f.size, f.header, io.ErrUnexpectedEOF)
	}
	blocks, err := f.blocks(int64(n))
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	text.Grow(int(n))
	for _, b := range blocks {
		text.Write(b)
	}
	if f.entries, f.Metadata, err = parseHeader(text.String()); err != nil {
		return nil, err
	}
	if end := f.end(); f.size >= 0 && f.size != end {
		return nil, wrongLength(f.size, end)
	}
	f.byName = make([]int32, len(f.entries))
	for i := range f.byName {
		f.byName[i] = int32(i)
	}
	slices.SortFunc(f.byName, func(a, b int32) int { return strings.Compare(f.entries[a].name, f.entries[b].name) })
	return f, nil
}

// sizeLeft returns the number of bytes that can be read, or -1 if that is not known.
func sizeLeft(r io.Reader) int64 {
	switch r := r.(type) {
	case *bytes.Buffer:
		return int64(r.Len())
	case *os.File:
		if info, err := r.Stat(); err != nil || !info.Mode().IsRegular() {
			return -1
		}
	}
	s, ok := r.(io.Seeker)
	if !ok {
		return -1
	}
	at, err := s.Seek(0, io.SeekCurrent)
	if err != nil {
		return -1
	}
	end, err := s.Seek(0, io.SeekEnd)
	if err != nil {
		return -1
	}
	if _, err := s.Seek(at, io.SeekStart); err != nil || end < at {
		return -1
	}
	return end - at
}

// gzipped is how compressed files begin. No header has such a length, which is odd.
var gzipped = []byte("\x1f\x8b\x08")

// guess says what a file could be whose first bytes are not those of this format.
func guess(start []byte) string {
	switch {
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return "this is a zip archive, which torch.save and numpy.savez make; save with safetensors.torch.save_file(model.state_dict(), name)"
	case bytes.HasPrefix(start, gzipped):
		return "this is compressed by gzip: give what gzip.NewReader reads from it"
	case bytes.HasPrefix(start, []byte("version ")):
		return "this is the pointer of Git LFS to a file: get that by git lfs pull"
	case bytes.HasPrefix(start, []byte("\x80")):
		return "this may be what Python's pickle makes; save with safetensors.torch.save_file(model.state_dict(), name)"
	}
	return "this is no safetensors file"
}

// end returns the number of bytes of the file, by its header.
func (f *File) end() int64 {
	if len(f.entries) == 0 {
		return f.header
	}
	return f.header + f.entries[len(f.entries)-1].end
}

func wrongLength(size, end int64) error {
	if size < end {
		return fmt.Errorf("the file ends after %d bytes, and its header promises %d: %w", size, end, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("the file goes on after the last tensor, which ends at byte %d", end)
}

// cut returns the error for a file that ends early, and other errors as they are.
func (f *File) cut(err error) error {
	switch {
	case err != io.EOF && err != io.ErrUnexpectedEOF:
		return err
	case f.read < f.header:
		return fmt.Errorf("the file ends after %d bytes, within its header, which ends at byte %d: %w", f.read, f.header, io.ErrUnexpectedEOF)
	}
	return wrongLength(f.read, f.end())
}

// Len returns the number of tensors.
func (f *File) Len() int { return len(f.entries) }

// Tensor returns a tensor, in the order of their data.
func (f *File) Tensor(i int) Tensor {
	e := &f.entries[i]
	return Tensor{Name: e.name, DType: e.dtype, Shape: e.appendShape([]int{}), raw: f.data[i]}
}

// Find returns the tensor of a name, and false if there is none.
func (f *File) Find(name string) (Tensor, bool) {
	k, ok := sort.Find(len(f.byName), func(k int) int { return strings.Compare(name, f.entries[f.byName[k]].name) })
	if !ok {
		return Tensor{}, false
	}
	return f.Tensor(int(f.byName[k])), true
}

// Names calls yield for the names of the tensors in alphabetical order.
func (f *File) Names(yield func(string) bool) {
	for _, i := range f.byName {
		if !yield(f.entries[i].name) {
			return
		}
	}
}

// Read reads the file to its end, and keeps the content of the tensors for whose name keep returns true; of all if it
// is nil.
func (f *File) Read(keep func(name string) bool) error {
	for i, e := range f.entries {
		n := e.end - e.begin
		if keep != nil && !keep(e.name) {
			if err := f.skip(n); err != nil {
				return err
			}
			continue
		}
		blocks, err := f.blocks(n)
		if err != nil {
			return err
		}
		f.data[i] = blocks
	}
	var more [1]byte
	switch n, err := io.ReadFull(f.r, more[:]); {
	case n > 0:
		return wrongLength(f.read+1, f.read)
	case err != io.EOF:
		return err
	}
	return nil
}

// skip passes over n bytes.
func (f *File) skip(n int64) error {
	if s, ok := f.r.(io.Seeker); ok && f.size >= 0 { // they are there
		_, err := s.Seek(n, io.SeekCurrent)
		f.read += n
		return err
	}
	m, err := io.CopyN(io.Discard, f.r, n)
	f.read += m
	if err != nil {
		return f.cut(err)
	}
	return nil
}

// blocks reads n bytes. Where the size of the file is not known, a block is no larger than what was read before it, so
// that what is taken is in proportion to what is there.
func (f *File) blocks(n int64) ([][]byte, error) {
	const least, most, largest = 4 << 10, 1 << 20, 1 << 30
	var blocks [][]byte
	for n > 0 {
		size := min(n, largest)
		if f.size < 0 {
			size = min(n, max(least, min(most, f.read))&^7) // elements stay whole
		}
		b := make([]byte, size)
		m, err := io.ReadFull(f.r, b)
		f.read += int64(m)
		if err != nil {
			return nil, f.cut(err)
		}
		blocks = append(blocks, b)
		n -= size
	}
	return blocks, nil
}

// Read reads a file with all of its tensors.
func Read(r io.Reader) (*File, error) {
	f, err := Open(r)
	if err != nil {
		return nil, err
	}
	return f, f.Read(nil)
}
