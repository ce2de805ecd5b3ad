package tensor

import "golang.org/x/exp/constraints"

// Permute sets dst to src with its axes in another order: axis i of dst is axis axes[i] of src. Both have one
// precision, and dst has the permuted shape.
func Permute(dst, src *Tensor, axes []int) {
	if dst.dtype == Float32 {
		permute(dst.f32, src.f32, src.shape, axes, false)
	} else {
		permute(dst.f64, src.f64, src.shape, axes, false)
	}
}

// PermuteAdd adds src to dst with the axes in another order, as [Permute] sets it.
func PermuteAdd(dst, src *Tensor, axes []int) {
	if dst.dtype == Float32 {
		permute(dst.f32, src.f32, src.shape, axes, true)
	} else {
		permute(dst.f64, src.f64, src.shape, axes, true)
	}
}

// permute walks dst in order. The two innermost axes are walked in square tiles, so that both arrays are touched a
// cache line at a time.
func permute[T constraints.Float](dst, src []T, shape, axes []int, add bool) {
	if len(src) == 0 {
		return
	}
	var strides, dims, steps, index [MaxRank]int
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
	offset := 0
	for out := 0; out < len(dst); out += n0 * n1 {
		const tile = 16
		for i1 := 0; i1 < n1; i1 += tile {
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

// InversePermutation appends to dst the permutation that undoes axes.
func InversePermutation(dst, axes []int) []int {
	base := len(dst)
	for range axes {
		dst = append(dst, 0)
	}
	for i, a := range axes {
		dst[base+a] = i
	}
	return dst
}
