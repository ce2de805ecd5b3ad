package expr

import (
	"encoding/json"
	"errors"
	"go/token"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Binding gives a name of an expression its numbers.
type Binding struct {
	Name  string
	Value *tensor.Tensor // float64; of shape () for a number
}

// ParseBinding reads name=value, where value is a number (2, 1e-3, Inf, -Inf, NaN) or a JSON array, nested to any depth
// that a tensor has, of numbers and the strings "NaN", "+Inf" and "-Inf". The error names the leaf and the place in
// text.
func ParseBinding(text string) (Binding, error) {
	name, value, ok := strings.Cut(text, "=")
	name = strings.TrimSpace(name)
	begin := len(text) - len(value)
	switch {
	case !ok:
		return Binding{}, errorAt(text, 0, "binding %q has no =: write a name and its value, such as x=2 or x=[1, 2]", clip(text))
	case name == "":
		return Binding{}, errorAt(text, 0, "binding %q has no name before =: write x=2 or x=[1, 2]", clip(text))
	case token.IsKeyword(name):
		return Binding{}, errorAt(text, 0, "%s is a keyword of Go and cannot be a name: choose another", name)
	case !token.IsIdentifier(name):
		return Binding{}, errorAt(text, 0, "%s cannot be a name: a name has letters, digits and _, and does not begin with a digit", clip(name))
	}
	r := arrayReader{name: name, text: text, begin: begin}
	var t *tensor.Tensor
	var err *Error
	if trimmed := strings.TrimSpace(value); strings.HasPrefix(trimmed, "[") {
		t, err = r.array(value)
	} else {
		t, err = r.scalar(trimmed)
	}
	if err != nil {
		return Binding{}, err
	}
	return Binding{name, t}, nil
}

// An arrayReader reads the value of a binding.
type arrayReader struct {
	name, text string
	begin      int // where the value begins in the text
}

func (r *arrayReader) errorf(offset int64, format string, args ...any) *Error {
	err := errorAt(r.text, r.begin+int(offset), format, args...)
	err.Msg = clip(r.name) + ": " + err.Msg
	return err
}

func (r *arrayReader) scalar(s string) (*tensor.Tensor, *Error) {
	v, err := strconv.ParseFloat(s, 64)
	switch {
	case s == "":
		return nil, r.errorf(0, "the value is missing: write %[1]s=2 or %[1]s=[1, 2]", clip(r.name))
	case errors.Is(err, strconv.ErrRange):
		return nil, r.errorf(0, "%s is larger than any float64: write Inf for infinity", clip(s))
	case err != nil:
		return nil, r.errorf(0, "%s is not a number: write one such as 2, 1e-3, Inf or NaN, or an array such as [1, 2]", clip(s))
	}
	return tensor.Of([]float64{v}), nil
}

// array reads a nested array. It keeps the position in every array that is open, so that nesting costs no stack.
func (r *arrayReader) array(value string) (*tensor.Tensor, *Error) {
	d := json.NewDecoder(strings.NewReader(value))
	d.UseNumber()
	var (
		data  []float64
		shape []int // lengths of the axes, -1 where no array of that axis is complete
		index []int // position in every open array
	)
	for first := true; first || len(index) > 0; first = false {
		last := d.InputOffset()
		t, err := d.Token()
		if err != nil {
			return nil, r.syntax(value, max(last, d.InputOffset()), err)
		}
		begin := last + int64(leading(value[last:], " \t\r\n,"))
		if open, ok := t.(json.Delim); ok && open == '[' {
			if len(index) == tensor.MaxRank {
				return nil, r.errorf(begin, "the array is nested deeper than %d levels: a tensor has at most %d axes", tensor.MaxRank, tensor.MaxRank)
			}
			if len(index) == len(shape) {
				if len(data) > 0 {
					return nil, r.errorf(begin, "an array stands where numbers stood before, at %s: all must be nested alike", place(index))
				}
				shape = append(shape, -1)
			}
			index = append(index, 0)
			continue
		}
		if t == json.Delim(']') {
			k := len(index) - 1
			n := index[k]
			index = index[:k]
			switch {
			case n == 0:
				return nil, r.errorf(begin-1, "%s is empty: give it at least one number", place(index))
			case shape[k] < 0:
				shape[k] = n
			case shape[k] != n:
				return nil, r.errorf(begin, "the array is ragged: %s has length %d, the arrays before it have length %d", place(index), n, shape[k])
			}
			if k > 0 {
				index[k-1]++
			}
			continue
		}
		v, msg := element(t)
		if msg != "" {
			return nil, r.errorf(begin, "%s at %s: an array has numbers and the strings \"NaN\", \"+Inf\" and \"-Inf\"", msg, place(index))
		}
		if len(index) < len(shape) {
			return nil, r.errorf(begin, "a number stands where an array stood before, at %s: all must be nested alike", place(index))
		}
		data = append(data, v)
		index[len(index)-1]++
	}
	rest := value[d.InputOffset():]
	if t := strings.TrimSpace(rest); t != "" {
		return nil, r.errorf(d.InputOffset()+int64(leading(rest, " \t\r\n")), "%s follows the array: remove it", clip(t))
	}
	return tensor.Of(data, shape...), nil
}

// element returns the number that a JSON token stands for, or what is wrong with it.
func element(t json.Token) (v float64, msg string) {
	switch t := t.(type) {
	case json.Number:
		v, err := t.Float64()
		if err != nil {
			return 0, clip(t.String()) + " is larger than any float64"
		}
		return v, ""
	case string:
		switch t {
		case "NaN":
			return math.NaN(), ""
		case "Inf", "+Inf":
			return math.Inf(1), ""
		case "-Inf":
			return math.Inf(-1), ""
		}
		return 0, clip(strconv.Quote(t)) + " is not a number"
	case bool:
		return 0, strconv.FormatBool(t) + " is not a number"
	case json.Delim:
		return 0, "an object is not a number"
	}
	return 0, "null is not a number"
}

// place returns the indices of an element as text: [1][0].
func place(index []int) string {
	if len(index) == 0 {
		return "the array"
	}
	var b strings.Builder
	for _, i := range index {
		b.WriteString("[" + strconv.Itoa(i) + "]")
	}
	return b.String()
}

// leading returns the number of bytes at the beginning of s that are in set.
func leading(s, set string) int { return len(s) - len(strings.TrimLeft(s, set)) }

// syntax returns the error for text that is not JSON from about the given offset on.
func (r *arrayReader) syntax(value string, offset int64, err error) *Error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.errorf(int64(len(value)), "the array is not closed: add ]")
	}
	var se *json.SyntaxError
	if errors.As(err, &se) {
		offset = max(offset, se.Offset-1)
	}
	offset = min(offset, int64(len(value)))
	offset += int64(leading(value[offset:], " \t\r\n,"))
	word := value[offset:]
	if k := strings.IndexAny(word, ",[] \t\r\n"); k >= 0 {
		word = word[:k]
	}
	if _, err := strconv.ParseFloat(word, 64); word == "" || json.Valid([]byte(word)) {
		return r.errorf(offset, "the array is not JSON: its elements are separated by single commas, and numbers have no leading zeros")
	} else if err == nil {
		return r.errorf(offset, "%s is not JSON: write \"NaN\", \"+Inf\" and \"-Inf\" as strings, and numbers as in 0.5 or -1e-3", clip(word))
	}
	return r.errorf(offset, "%s is not a number: an array has numbers and the strings \"NaN\", \"+Inf\" and \"-Inf\", separated by commas", clip(word))
}
