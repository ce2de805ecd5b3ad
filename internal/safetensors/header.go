package safetensors

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// An entry is a tensor in a header. It refers to the text of the header, so that a header of very many tensors does not
// take many times its own size.
type entry struct {
	name       string
	shape      string // the numbers between the brackets
	dtype      DType
	begin, end int64 // of the data
}

// parseHeader returns the tensors of a header in the order of their data, and the metadata.
func parseHeader(text string) ([]entry, map[string]string, error) {
	if !utf8.ValidString(text) {
		return nil, nil, errors.New("the header is not valid UTF-8")
	}
	// The first time everything is checked and counted, so that nothing grows the second time.
	tensors, strings := 0, 0
	err := scanHeader(text, func(entry) { tensors++ }, func(_, _ string) error {
		if strings++; strings > maxMetadata {
			return fmt.Errorf("there are more than %d entries", maxMetadata)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	entries, metadata := make([]entry, 0, tensors), make(map[string]string, strings)
	err = scanHeader(text, func(e entry) { entries = append(entries, e) }, func(key, value string) error {
		if _, ok := metadata[key]; ok {
			return fmt.Errorf("%s occurs twice", legible.Quote(key))
		}
		metadata[key] = value
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	for i := 1; i < len(entries); i++ {
		if entries[i].name == entries[i-1].name {
			return nil, nil, fmt.Errorf("two tensors are named %s", legible.Quote(entries[i].name))
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end)) })
	var at int64
	for _, e := range entries {
		switch {
		case e.begin > at:
			return nil, nil, fmt.Errorf("tensor %s begins at byte %d of the data, and the one before it ends at %d: there is a gap", legible.Quote(e.name), e.begin, at)
		case e.begin < at:
			return nil, nil, fmt.Errorf("tensor %s begins at byte %d of the data, and the one before it ends at %d: they overlap", legible.Quote(e.name), e.begin, at)
		}
		at = e.end
	}
	return entries, metadata, nil
}

// scanHeader calls add for every tensor in a header, each checked for itself, and note for every entry of the metadata.
func scanHeader(text string, add func(entry), note func(key, value string) error) error {
	s := &scanner{text: text}
	shape := make([]int, 0, tensor.MaxRank)
	hasMetadata := false
	if !strings.HasPrefix(text, "{") {
		return errors.New("the header does not begin with a brace")
	}
	err := s.object(func(name string) error {
		if name == metadataName {
			if hasMetadata {
				return s.errorf("the metadata occur twice")
			}
			hasMetadata = true
			return s.metadata(note)
		}
		e := entry{name: name, begin: -1}
		if err := s.entry(&e); err != nil {
			return fmt.Errorf("tensor %s: %w", legible.Quote(name), err)
		}
		shape = e.appendShape(shape[:0])
		size, err := sizeOf(e.dtype, shape)
		if err != nil {
			return fmt.Errorf("tensor %s: %w", legible.Quote(name), err)
		}
		if e.end-e.begin != size {
			return fmt.Errorf("tensor %s has %d bytes of data, from %d to %d: type %s and shape %s take %d",
				legible.Quote(name), e.end-e.begin, e.begin, e.end, e.dtype, tensor.FormatShape(shape), size)
		}
		add(e)
		return nil
	})
	if err != nil {
		return err
	}
	if s.space(); s.at < len(text) {
		return s.errorf("there is more after the object")
	}
	return nil
}

// sizeOf returns the number of bytes of a tensor's data.
func sizeOf(dtype DType, shape []int) (int64, error) {
	n, err := array.Size(shape)
	if err != nil {
		return 0, err
	}
	hi, lo := bits.Mul64(uint64(n), uint64(dtype.bits()))
	switch {
	case hi != 0 || lo/8 > math.MaxInt64/2:
		return 0, fmt.Errorf("shape %s is too large", tensor.FormatShape(shape))
	case lo%8 != 0:
		return 0, fmt.Errorf("shape %s of type %s ends within a byte", tensor.FormatShape(shape), dtype)
	}
	return int64(lo / 8), nil
}

// appendShape appends the shape of the tensor. Its text has been checked.
func (e *entry) appendShape(shape []int) []int {
	for field := range strings.SplitSeq(e.shape, ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(field)); err == nil {
			shape = append(shape, n)
		}
	}
	return shape
}

// A scanner reads the JSON of a header: what can stand there, and nothing else.
type scanner struct {
	text string
	at   int
}

func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf("byte %d of the header: %s", s.at, fmt.Sprintf(format, args...))
}

func (s *scanner) space() {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
}

// is reports whether c comes next, after spaces, and skips it.
func (s *scanner) is(c byte) bool {
	if s.space(); s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

// must returns an error unless c comes next, after spaces, and skips it.
func (s *scanner) must(c byte) error {
	switch {
	case s.is(c):
		return nil
	case s.at == len(s.text):
		return s.errorf("it ends where %q must stand", c)
	}
	return s.errorf("%q stands where %q must", s.text[s.at], c)
}

// object reads an object, and calls value to read the value of each key.
func (s *scanner) object(value func(key string) error) error {
	if err := s.must('{'); err != nil {
		return err
	}
	for first := true; !s.is('}'); first = false {
		if !first {
			if err := s.must(','); err != nil {
				return err
			}
		}
		key, err := s.string()
		if err != nil {
			return err
		}
		if err := s.must(':'); err != nil {
			return err
		}
		if err := value(key); err != nil {
			return err
		}
	}
	return nil
}

// string reads a string.
func (s *scanner) string() (string, error) {
	if err := s.must('"'); err != nil {
		return "", err
	}
	start, plain := s.at, true
	for ; s.at < len(s.text) && s.text[s.at] != '"'; s.at++ {
		switch {
		case s.text[s.at] < ' ':
			return "", s.errorf("a control character in a string")
		case s.text[s.at] == '\\':
			plain = false
			s.at++ // what is escaped, a quote perhaps
		}
	}
	if s.at >= len(s.text) {
		s.at = len(s.text)
		return "", s.errorf("it ends within a string")
	}
	s.at++
	if plain {
		return s.text[start : s.at-1], nil
	}
	var unescaped string
	if json.Unmarshal([]byte(s.text[start-1:s.at]), &unescaped) != nil {
		return "", s.errorf("a string with an escape that there is not")
	}
	return unescaped, nil
}

// entry reads the description of a tensor.
func (s *scanner) entry(e *entry) error {
	hasShape := false
	err := s.object(func(key string) error {
		switch {
		case key == "dtype" && e.dtype == 0:
			name, err := s.string()
			if err != nil {
				return err
			}
			if e.dtype = dtypeNamed(name); e.dtype == 0 {
				return s.errorf("there is no type %s", legible.Quote(name))
			}
			return nil
		case key == "shape" && !hasShape:
			hasShape = true
			start, n := s.at, 0
			err := s.numbers(func(v int64) error {
				if n++; n > tensor.MaxRank {
					return s.errorf("a shape of more than %d axes", tensor.MaxRank)
				}
				if v > math.MaxInt {
					return s.errorf("an axis of length %d is too large", v)
				}
				return nil
			})
			if err == nil {
				e.shape = strings.Trim(s.text[start:s.at], " \t\r\n[]")
			}
			return err
		case key == "data_offsets" && e.begin < 0:
			n := 0
			var v [2]int64
			err := s.numbers(func(o int64) error {
				if n < 2 {
					v[n] = o
				}
				n++
				return nil
			})
			if err != nil {
				return err
			}
			if n != 2 || v[0] > v[1] || v[1] > math.MaxInt64/2 {
				return s.errorf("the offsets must be two, where the data begin and where they end")
			}
			e.begin, e.end = v[0], v[1]
			return nil
		case key == "dtype" || key == "shape" || key == "data_offsets":
			return s.errorf("%q occurs twice", key)
		}
		return s.errorf("%s stands where only dtype, shape and data_offsets can", legible.Quote(key))
	})
	if err == nil && (e.dtype == 0 || !hasShape || e.begin < 0) {
		return s.errorf("it must have dtype, shape and data_offsets")
	}
	return err
}

// numbers reads an array of integers from 0 up, and calls add for each.
func (s *scanner) numbers(add func(int64) error) error {
	if err := s.must('['); err != nil {
		return err
	}
	for first := true; !s.is(']'); first = false {
		if !first {
			if err := s.must(','); err != nil {
				return err
			}
		}
		s.space()
		start := s.at
		for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
			s.at++
		}
		digits := s.text[start:s.at]
		v, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || len(digits) > 1 && digits[0] == '0' {
			return s.errorf("want an integer from 0 to %d", int64(math.MaxInt64))
		}
		if err := add(v); err != nil {
			return err
		}
	}
	return nil
}

// metadata reads an object of strings, and calls note for each.
func (s *scanner) metadata(note func(key, value string) error) error {
	err := s.object(func(key string) error {
		value, err := s.string()
		if err != nil {
			return err
		}
		return note(key, value)
	})
	if err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	return nil
}
