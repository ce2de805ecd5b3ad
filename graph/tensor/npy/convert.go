package npy

import (
	"fmt"
	"math"
	"math/bits"

	"codeberg.org/sbinet/npyio/npy/float16"
	"github.com/seed366ff29f/chainrule/graph/tensor"
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
			single[i] = fromHalf(v.Uint16())
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

// fromHalf returns a number of IEEE 754's binary16: 1 bit of sign, 5 of exponent, 10 of fraction. The library has one for
// it, which is wrong for numbers below 2⁻¹⁴.
func fromHalf(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exponent {
	case 0:
		tiny := float32(fraction) / (1 << 24) // exact
		return math.Float32frombits(math.Float32bits(tiny) | sign)
	case 0x1f:
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}
