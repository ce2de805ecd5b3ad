package npy

import (
	"fmt"
	"math/bits"

	"codeberg.org/sbinet/npyio/npy/float16"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"golang.org/x/exp/constraints"
)

// toTensor returns numbers as a tensor, in the precision that holds them.
func toTensor(numbers any, shape []int) (*tensor.Tensor, error) {
	switch s := numbers.(type) {
	case []float64:
		return tensor.Of(s, shape...), nil
	case []float32:
		return tensor.Of(s, shape...), nil
	case []float16.Num:
		single := make([]float32, len(s))
		for i, v := range s {
			single[i] = array.Half(v.Uint16()) // that of the library is wrong below 2⁻¹⁴
		}
		return tensor.Of(single, shape...), nil
	case []bool:
		single := make([]float32, len(s))
		for i, v := range s {
			if v {
				single[i] = 1
			}
		}
		return tensor.Of(single, shape...), nil
	case []int8:
		return ofIntegers[float32](s, shape)
	case []int16:
		return ofIntegers[float32](s, shape)
	case []int32:
		return ofIntegers[float64](s, shape)
	case []int64:
		return ofIntegers[float64](s, shape)
	case []uint8:
		return ofIntegers[float32](s, shape)
	case []uint16:
		return ofIntegers[float32](s, shape)
	case []uint32:
		return ofIntegers[float64](s, shape)
	case []uint64:
		return ofIntegers[float64](s, shape)
	}
	return nil, fmt.Errorf("elements of Go's type %T", numbers)
}

// ofIntegers returns integers in a precision that holds those of up to 16 bits, or those of up to 53.
func ofIntegers[F float32 | float64, T constraints.Integer](s []T, shape []int) (*tensor.Tensor, error) {
	out := make([]F, len(s))
	for i, v := range s {
		u := uint64(v)
		if v < 0 {
			u = -u
		}
		if bits.Len64(u)-bits.TrailingZeros64(u) > 53 {
			return nil, fmt.Errorf("element %d is the integer %d, which float64 does not hold exactly", i, v)
		}
		out[i] = F(v)
	}
	return tensor.Of(out, shape...), nil
}
