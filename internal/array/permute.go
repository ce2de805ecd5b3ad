package array

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// Permute sets dst to src with its axes in another order: axis i of dst is axis axes[i] of src. It panics with a [*tensor.Error]
// unless axes names every axis of src once, dst has the permuted shape, and both have one precision.
func Permute(dst, src *tensor.Tensor, axes []int) { permuted("array.Permute", dst, src, axes, false) }

// PermuteAdd adds src to dst with the axes in another order, as [Permute] sets it.
func PermuteAdd(dst, src *tensor.Tensor, axes []int) {
	permuted("array.PermuteAdd", dst, src, axes, true)
}

func permuted(op string, dst, src *tensor.Tensor, axes []int, add bool) {
	samePrecision(op, dst, src)
	mustPermute(op, axes, len(src.Dims()))
	fits := len(dst.Dims()) == len(axes)
	for i := 0; fits && i < len(axes); i++ {
		fits = dst.Dims()[i] == src.Dims()[axes[i]]
	}
	if !fits {
		panic(tensor.Errorf(op, tensor.ErrShape, "shape %s with its axes in the order %s does not become %s", tensor.FormatShape(src.Dims()), tensor.FormatShape(axes), tensor.FormatShape(dst.Dims())))
	}
	if dst.DType() == tensor.Float32 {
		permute(dst.Float32s(), src.Float32s(), src.Dims(), axes, add)
	} else {
		permute(dst.Float64s(), src.Float64s(), src.Dims(), axes, add)
	}
}

// mustPermute panics with a [*tensor.Error] unless axes is a permutation of 0 up to rank-1.
func mustPermute(op string, axes []int, rank int) {
	if len(axes) > tensor.MaxRank {
		panic(tensor.Errorf(op, tensor.ErrLimit, "%d axes: at most %d are possible", len(axes), tensor.MaxRank))
	}
	if len(axes) != rank {
		panic(tensor.Errorf(op, tensor.ErrAxis, "%d axes for a tensor of %d: name each of its axes once", len(axes), rank))
	}
	for i, a := range axes {
		if a < 0 || a >= rank || slices.Contains(axes[:i], a) {
			panic(tensor.Errorf(op, tensor.ErrAxis, "axes %s are no order of the axes 0 to %d: name each of them once", tensor.FormatShape(axes), rank-1))
		}
	}
}

// permute sets dst by transposing matrices, unless the innermost axis stays the innermost one. It walks dst in order then, row
// by row, and also where it adds: else the two innermost axes in square tiles, so that both arrays are touched a cache line
// at a time.
func permute[T kernel.Float](dst, src []T, shape, axes []int, add bool) {
	if len(src) == 0 {
		return
	}
	var strides, dims, steps, index [tensor.MaxRank]int
	stride := 1
	for i := len(shape) - 1; i >= 0; i-- {
		strides[i] = stride
		stride *= shape[i]
	}
	// Neighbouring axes that stay neighbours are one axis; dims and steps run from the innermost axis outwards.
	rank := 0
	for i := len(axes) - 1; i >= 0; i-- {
		d, s := shape[axes[i]], strides[axes[i]]
		if d == 1 {
			continue
		}
		if rank > 0 && s == steps[rank-1]*dims[rank-1] {
			dims[rank-1] *= d
			continue
		}
		dims[rank], steps[rank] = d, s
		rank++
	}
	for rank < 2 {
		dims[rank], steps[rank] = 1, 0
		rank++
	}
	n0, s0, n1, s1 := dims[0], steps[0], dims[1], steps[1]
	if s0 > 1 && !add {
		transposeAll(dst, src, dims[:rank], steps[:rank])
		return
	}
	offset := 0
	for out := 0; out < len(dst); out += n0 * n1 {
		const tile = 16
		if s0 == 1 && !add {
			kernel.CopyRows(dst[out:], n0, src[offset:], s1, n0, n1)
		}
		for j1 := 0; s0 == 1 && add && j1 < n1; j1++ {
			kernel.AddTo(dst[out+j1*n0:out+j1*n0+n0], src[offset+j1*s1:offset+j1*s1+n0])
		}
		for i1 := 0; s0 != 1 && i1 < n1; i1 += tile {
			e1 := min(i1+tile, n1)
			for i0 := 0; i0 < n0; i0 += tile {
				e0 := min(i0+tile, n0)
				for j1 := i1; j1 < e1; j1++ {
					d := dst[out+j1*n0+i0 : out+j1*n0+e0]
					from := offset + j1*s1 + i0*s0
					if add {
						for k := range d {
							d[k] += src[from+k*s0]
						}
						continue
					}
					for k := range d {
						d[k] = src[from+k*s0]
					}
				}
			}
		}
		for l := 2; l < rank; l++ {
			index[l]++
			offset += steps[l]
			if index[l] < dims[l] {
				break
			}
			offset -= index[l] * steps[l]
			index[l] = 0
		}
	}
}

// transposeAll sets dst to src for axes that run from the innermost one of dst outwards, of the given lengths, with steps in
// src. One other than the first has the step 1: the two of them make matrices, and of each of these the transpose is copied.
func transposeAll[T kernel.Float](dst, src []T, dims, steps []int) {
	var index, apart [tensor.MaxRank]int // apart: steps in dst
	u, size := 0, 1
	for l, d := range dims {
		apart[l] = size
		size *= d
		if steps[l] == 1 {
			u = l
		}
	}
	for out, from := 0, 0; ; {
		kernel.TransposePart(dst[out:], apart[u], src[from:], steps[0], dims[0], dims[u])
		l := 1
		for ; l < len(dims); l++ {
			if l == u {
				continue
			}
			index[l]++
			out += apart[l]
			from += steps[l]
			if index[l] < dims[l] {
				break
			}
			out -= index[l] * apart[l]
			from -= index[l] * steps[l]
			index[l] = 0
		}
		if l == len(dims) {
			return
		}
	}
}

// InversePermutation appends to dst the permutation that undoes axes. It panics with a [*tensor.Error] if axes is none.
func InversePermutation(dst, axes []int) []int {
	mustPermute("array.InversePermutation", axes, len(axes))
	base := len(dst)
	for range axes {
		dst = append(dst, 0)
	}
	for i, a := range axes {
		dst[base+a] = i
	}
	return dst
}
