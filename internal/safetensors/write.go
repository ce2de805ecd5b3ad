package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// metadataName stands for the metadata among the names of a header.
const metadataName = "__metadata__"

// maxHeader is the largest header that there may be, as in the format's first implementation.
const maxHeader = 100_000_000

// maxMetadata is the largest number of entries in the metadata of a file.
const maxMetadata = 1024

// blockSize is the size of what is written at once.
const blockSize = 64 << 10

// Write writes a file of tensors and metadata, which may be nil. The same content gives the same bytes, whatever the
// order of the tensors. It returns an error if two tensors have one name, or a name or metadata cannot be written,
// before it writes anything; and the error of w.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	sorted := slices.Clone(tensors)
	slices.SortStableFunc(sorted, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(b.DType, a.DType), cmp.Compare(a.Name, b.Name))
	})
	header, err := appendHeader(make([]byte, 8), sorted, metadata)
	if err != nil {
		return err
	}
	n := len(header) - 8
	for ; n%8 != 0; n++ {
		header = append(header, ' ')
	}
	if n > maxHeader {
		return fmt.Errorf("a header of %d bytes: at most %d are possible, so write fewer tensors or less metadata", n, maxHeader)
	}
	binary.LittleEndian.PutUint64(header, uint64(n))
	if _, err := w.Write(header); err != nil {
		return err
	}
	block := make([]byte, 0, blockSize)
	for _, t := range sorted {
		if block, err = t.write(w, block); err != nil {
			return err
		}
	}
	_, err = w.Write(block)
	return err
}

// appendHeader appends the header of a file, without padding.
func appendHeader(b []byte, sorted []Tensor, metadata map[string]string) ([]byte, error) {
	b = append(b, '{')
	if len(metadata) > maxMetadata {
		return nil, fmt.Errorf("metadata of %d entries: at most %d are possible", len(metadata), maxMetadata)
	}
	if len(metadata) > 0 {
		b = append(b, `"`+metadataName+`":{`...)
		for i, key := range slices.Sorted(maps.Keys(metadata)) {
			if i > 0 {
				b = append(b, ',')
			}
			var err1, err2 error
			b, err1 = appendString(b, key)
			b, err2 = appendString(append(b, ':'), metadata[key])
			if err := errors.Join(err1, err2); err != nil {
				return nil, fmt.Errorf("metadata: %w", err)
			}
		}
		b = append(b, '}')
	}
	names := make(map[string]bool, len(sorted))
	var offset int64
	for _, t := range sorted {
		switch {
		case t.Name == metadataName:
			return nil, fmt.Errorf("a tensor is named %q, which stands for metadata: give it another name", t.Name)
		case names[t.Name]:
			return nil, fmt.Errorf("two tensors are named %q: give each a name of its own", t.Name)
		}
		names[t.Name] = true
		if len(b) > 9 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendString(b, t.Name); err != nil {
			return nil, err
		}
		size := t.size()
		b = fmt.Appendf(b, `:{"dtype":"%s","shape":[`, t.DType)
		for i, d := range t.Shape {
			if i > 0 {
				b = append(b, ',')
			}
			b = fmt.Append(b, d)
		}
		b = fmt.Appendf(b, `],"data_offsets":[%d,%d]}`, offset, offset+size)
		offset += size
	}
	return append(b, '}'), nil
}

func appendString(b []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("%q is not valid UTF-8", s)
	}
	var quoted bytes.Buffer
	e := json.NewEncoder(&quoted)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return nil, err
	}
	return append(b, bytes.TrimSuffix(quoted.Bytes(), []byte("\n"))...), nil
}

// write appends the tensor's elements to a block, and writes the block whenever it is full.
func (t Tensor) write(w io.Writer, block []byte) ([]byte, error) {
	flush := func() error {
		_, err := w.Write(block)
		block = block[:0]
		return err
	}
	switch {
	case t.numbers != nil && t.numbers.DType() == tensor.Float32:
		at, v := fileOrder(t.numbers.Dims(), t.swapped), tensor.Data[float32](t.numbers)
		for range v {
			if len(block) > blockSize-8 {
				if err := flush(); err != nil {
					return nil, err
				}
			}
			block = binary.LittleEndian.AppendUint32(block, math.Float32bits(v[at.next()]))
		}
	case t.numbers != nil:
		at, v := fileOrder(t.numbers.Dims(), t.swapped), tensor.Data[float64](t.numbers)
		for range v {
			if len(block) > blockSize-8 {
				if err := flush(); err != nil {
					return nil, err
				}
			}
			block = binary.LittleEndian.AppendUint64(block, math.Float64bits(v[at.next()]))
		}
	default:
		for _, v := range t.ints {
			if len(block) > blockSize-8 {
				if err := flush(); err != nil {
					return nil, err
				}
			}
			block = binary.LittleEndian.AppendUint64(block, uint64(v))
		}
		for _, b := range t.raw {
			for len(b) > 0 {
				n := copy(block[len(block):blockSize], b)
				block, b = block[:len(block)+n], b[n:]
				if len(block) == blockSize {
					if err := flush(); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	return block, nil
}
