package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// magic begins every file, before the two bytes of its version.
const magic = "\x93NUMPY"

// maxHeader bounds the text that describes an array, as NumPy's max_header_size does.
const maxHeader = 10000

// A header is what stands in a file before the numbers.
type header struct {
	descr   string // such as <f8
	bytes   int    // of a number
	fortran bool   // the first axis runs fastest
	shape   []int
}

// form is how NumPy writes the header of an array of numbers. It is Python, of which this is all that is read.
var form = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\{\s*'descr'\s*:\s*'([<>|]?)([a-zA-Z])(\d*)([^']*)'\s*,\s*'fortran_order'\s*:\s*(True|False)\s*,\s*'shape'\s*:\s*\(([\d\s,]*)\)\s*,?\s*\}\s*$`)
})

// kinds are the sizes in bytes that each kind of number comes in.
var kinds = map[string][]int{"b": {1}, "i": {1, 2, 4, 8}, "u": {1, 2, 4, 8}, "f": {2, 4, 8}}

func readHeader(r io.Reader) (header, error) {
	var h header
	var start [len(magic) + 2]byte
	if _, err := io.ReadFull(r, start[:]); err != nil || string(start[:len(magic)]) != magic {
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return h, err
		}
		return h, fmt.Errorf("no file of NumPy's: it begins with %q", magic)
	}
	length := make([]byte, 4)
	switch version := start[len(magic)]; version {
	case 1:
		length = length[:2]
	case 2, 3:
	default:
		return h, fmt.Errorf("version %d of the format: 1, 2 and 3 are known", version)
	}
	if _, err := io.ReadFull(r, length); err != nil {
		return h, inHeader(err)
	}
	n := uint64(length[0]) | uint64(length[1])<<8
	if len(length) == 4 {
		n = uint64(binary.LittleEndian.Uint32(length))
	}
	if n > maxHeader {
		return h, fmt.Errorf("a header of %d bytes: that of an array of numbers has at most %d", n, maxHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, inHeader(err)
	}
	return parseHeader(string(text))
}

// inHeader says that the file ends in its header, if that is what err says.
func inHeader(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("the file ends within its header")
	}
	return err
}

func parseHeader(text string) (header, error) {
	m := form().FindStringSubmatch(text)
	if m == nil {
		return header{}, fmt.Errorf("header %.200q: want one of an array of numbers, such as {'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", text)
	}
	h := header{descr: m[1] + m[2] + m[3] + m[4], fortran: m[5] == "True"}
	h.bytes, _ = strconv.Atoi(m[3])
	if !slices.Contains(kinds[m[2]], h.bytes) || m[4] != "" || h.bytes > 1 && m[1] != "<" && m[1] != ">" {
		return h, fmt.Errorf("elements of type %.20q: bool, integers, float16, float32 and float64 become numbers of a tensor", h.descr)
	}
	for _, axis := range strings.Split(m[6], ",") {
		if axis = strings.TrimSpace(axis); axis == "" && len(h.shape) > 0 {
			continue // after the last comma, as in (3,)
		} else if axis == "" {
			break
		}
		d, err := strconv.Atoi(axis)
		if err != nil {
			return h, fmt.Errorf("shape (%.80s): an axis is a number of elements, and not too large to count", m[6])
		}
		h.shape = append(h.shape, d)
	}
	return h, nil
}

// text returns the header as NumPy writes it, in version 1 with its length before it. Spaces bring the numbers to a
// multiple of 64.
func (h header) text() []byte {
	var axes strings.Builder
	for i, d := range h.shape {
		if i > 0 {
			axes.WriteString(", ")
		}
		axes.WriteString(strconv.Itoa(d))
	}
	if len(h.shape) == 1 {
		axes.WriteByte(',')
	}
	order := "False"
	if h.fortran {
		order = "True"
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", h.descr, order, axes.String())
	const before = len(magic) + 4
	padded := (before+len(text)+1+63)/64*64 - before
	text += strings.Repeat(" ", padded-len(text)-1) + "\n"
	return append([]byte{magic[0], 'N', 'U', 'M', 'P', 'Y', 1, 0, byte(padded), byte(padded >> 8)}, text...)
}
