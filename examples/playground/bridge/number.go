package bridge

import (
	"math"
	"strconv"
)

// A number is one that JSON need not have: NaN is null, infinities are the strings "Infinity" and "-Infinity", which
// JavaScript's Number reads.
type number float64

// MarshalJSON implements [encoding/json.Marshaler].
func (n number) MarshalJSON() ([]byte, error) {
	switch v := float64(n); {
	case math.IsNaN(v):
		return []byte("null"), nil
	case math.IsInf(v, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(v, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return strconv.AppendFloat(nil, v, 'g', -1, 64), nil
	}
}
