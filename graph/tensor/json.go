package tensor

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// header is a tensor as JSON, but for its elements.
type header struct {
	DType *string         `json:"dtype"`
	Shape *[]int          `json:"shape"`
	Data  json.RawMessage `json:"data"`
}

// MarshalJSON returns the tensor as a JSON object with its elements in row-major order:
//
//	{"dtype":"float64","shape":[2,2],"data":[1,0.5,"NaN","-Inf"]}
//
// Reading it back gives the same numbers to the last bit, with the sign of a zero; what JSON has no numbers for is written
// as "NaN", "Inf" and "-Inf". A nil tensor is null. The error is an [*Error] for the zero Tensor.
func (t *Tensor) MarshalJSON() ([]byte, error) {
	if t == nil {
		return []byte("null"), nil
	}
	if len(t.shape) == 0 && t.Len() == 0 {
		return nil, t.unusable("tensor.MarshalJSON")
	}
	b := append(make([]byte, 0, 64+8*t.Len()), `{"dtype":"`...)
	b = append(append(b, t.dtype.String()...), `","shape":[`...)
	for i, d := range t.shape {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(d), 10)
	}
	b = append(b, `],"data":[`...)
	for i := range t.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		switch v := t.AtFlat(i); {
		case math.IsNaN(v):
			b = append(b, `"NaN"`...)
		case math.IsInf(v, 1):
			b = append(b, `"Inf"`...)
		case math.IsInf(v, -1):
			b = append(b, `"-Inf"`...)
		default:
			b = strconv.AppendFloat(b, v, 'g', -1, 8*t.dtype.Bytes())
		}
	}
	return append(b, "]}"...), nil
}

// UnmarshalJSON reads what [Tensor.MarshalJSON] writes. The zero Tensor takes on the precision and the shape that it reads. A
// tensor that was made keeps its own: those that are read must be the same, and its elements change. The errors are
// [*Error]s; after one the tensor is as it was. A JSON null changes nothing.
func (t *Tensor) UnmarshalJSON(b []byte) error {
	const op = "tensor.UnmarshalJSON"
	if t == nil {
		return t.unusable(op)
	}
	if string(bytes.TrimSpace(b)) == "null" {
		return nil
	}
	read, err := parse(op, b)
	if err != nil {
		return err // not a nil *Error
	}
	return t.take(op, read)
}

func parse(op string, b []byte) (*Tensor, error) {
	var h header
	if err := json.Unmarshal(b, &h); err != nil {
		return nil, Errorf(op, ErrValue, `%v: want an object such as {"dtype":"float64","shape":[2],"data":[1,2]}`, err)
	}
	for _, field := range []struct {
		name string
		has  bool
	}{{"dtype", h.DType != nil}, {"shape", h.Shape != nil}, {"data", h.Data != nil}} {
		if !field.has {
			return nil, Errorf(op, ErrValue, `no %q: want an object such as {"dtype":"float64","shape":[2],"data":[1,2]}`, field.name)
		}
	}
	dtype := Float64
	switch *h.DType {
	case Float64.String():
	case Float32.String():
		dtype = Float32
	default:
		return nil, Errorf(op, ErrDType, `unknown "dtype" %q: want "float64" or "float32"`, *h.DType)
	}
	n, err := Size(*h.Shape)
	if err != nil {
		e := err.(*Error)
		return nil, &Error{Op: op, Kind: e.Kind, Msg: e.Msg}
	}
	words, ok := elements(h.Data)
	if !ok {
		return nil, Errorf(op, ErrValue, `"data" is no list of numbers: give the elements in row-major order, in one list`)
	}
	if len(words) != n {
		return nil, Errorf(op, ErrShape, `shape %s has %d elements, "data" has %d`, FormatShape(*h.Shape), n, len(words))
	}
	t := New(dtype, *h.Shape...)
	for i, w := range words {
		v, ok := parseNumber(string(w), 8*dtype.Bytes())
		if !ok {
			return nil, Errorf(op, ErrValue, `element %d is %.20s: want a %s number, or "NaN", "Inf" or "-Inf"`, i, w, dtype)
		}
		t.SetFlat(v, i)
	}
	return t, nil
}

// elements returns the elements of a JSON list, or false if b is something else. Only numbers and strings come out whole.
func elements(b []byte) ([][]byte, bool) {
	b = bytes.TrimSpace(b)
	if len(b) < 2 || b[0] != '[' || b[len(b)-1] != ']' {
		return nil, false
	}
	if b = bytes.TrimSpace(b[1 : len(b)-1]); len(b) == 0 {
		return nil, true
	}
	words := bytes.Split(b, []byte{','})
	for i, w := range words {
		words[i] = bytes.TrimSpace(w)
	}
	return words, true
}

// parseNumber reads an element of a list that is valid JSON.
func parseNumber(s string, bits int) (float64, bool) {
	switch s {
	case `"NaN"`:
		return math.NaN(), true
	case `"Inf"`:
		return math.Inf(1), true
	case `"-Inf"`:
		return math.Inf(-1), true
	}
	if s == "" || s[0] != '-' && (s[0] < '0' || s[0] > '9') {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, bits)
	return v, err == nil
}
